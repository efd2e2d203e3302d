/*
  Which files of a folder are data, and how the others are counted.
*/
import t from 'tap'
import { formats } from '../../src/parse/formats.js'
import { dataFiles, newPassedOver, passedOverNotice } from '../../src/source/data-files.js'

const isTaken = (include: string[] | undefined, path: string): boolean =>
  dataFiles(include)(path.slice(path.lastIndexOf('/') + 1), () => path)

t.test('data files have the extension of a format, compressed or not', async t => {
  for (const extension of Object.values(formats).flatMap(({ extensions }) => extensions)) {
    for (const ending of ['', '.gz', '.zst', '.br', '.GZ']) {
      t.ok(isTaken(undefined, `a.${extension}${ending}`), `${extension}${ending}`)
    }
  }
  for (const name of ['a.txt', '.a.csv', 'csv', '.csv', 'a.csv.bz2', 'a.csv~', 'a.zip', 'a']) {
    t.notOk(isTaken(undefined, name), name)
  }
})

t.test('patterns take the place of extensions', async t => {
  for (const [include, taken, passed] of [
    [['*.txt'], ['a.txt', 'd/a.txt'], ['a.csv', '.a.txt']],
    [['*.txt', 'x*'], ['a.txt', 'x', 'd/e/x.csv'], ['a.csv']],
    [['d/*.csv'], ['d/a.csv'], ['a.csv', 'e/d/a.csv', 'd/e/a.csv']],
    [
      ['./d/**/*.csv', '/e/?'],
      ['d/a.csv', 'd/x/y/a.csv', 'e/1'],
      ['a.csv', 'e/12', 'd/.x/a.csv'],
    ],
    [['d/**'], ['d/a', 'd/e/f.bin'], ['a', 'd/.a']],
    [['[!a]*'], ['b.csv', 'a/b.csv'], ['a.csv']],
    [['.*'], ['.a'], ['a']],
  ] as const) {
    for (const path of taken) t.ok(isTaken([...include], path), `${include.join(' ')}: ${path}`)
    for (const path of passed) t.notOk(isTaken([...include], path), `${include.join(' ')}: ${path}`)
  }
  for (const pattern of ['', '/', 'd/']) {
    t.throws(() => dataFiles([pattern]), { code: 'DDB_USAGE', message: /`input.include`/ }, pattern)
  }
})

t.test('what is passed over is counted by kind, and named as far as it is short', async t => {
  const passed = newPassedOver()
  t.equal(passedOverNotice(passed), undefined)
  for (const name of ['b.TXT', 'c.txt', '.d', 'e']) passed.add(`x/${name}`, name)
  passed.add('x/f.csv', 'f.csv', true)
  t.strictSame(passed.byKind, { '.txt': 2, hidden: 1, 'no extension': 1, special: 1 })
  t.equal(
    passedOverNotice(passed),
    'passed over 5 files in folders (.txt 2, hidden 1, no extension 1, special 1), such as "x/b.TXT": ' +
      '`input.include` says which files of a folder are data',
  )
  for (let i = 0; i < 100; i++) passed.add(`x/g.${i}`, `g.${i}`)
  passed.add('x/c.txt', 'c.txt')
  t.equal(passed.files, 106)
  t.equal(passed.first.length, 20)
  t.match(passed.byKind, { '.txt': 3, '.15': 1, others: 84 })
})
