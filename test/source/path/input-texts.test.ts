/*
  Values for rows that come from the names of inputs.
*/
import t from 'tap'
import { InputError } from '../../../src/errors.js'
import { newPathReader, refuseOtherTexts } from '../../../src/source/path/input-texts.js'

t.test('each name is mapped to its file, whatever else is requested', t => {
  t.strictSame(newPathReader().read('a/b/c.csv'), {
    parts: [],
    texts: { filename: 'c.csv', dirname: 'a/b', path: 'a/b/c.csv' },
  })
  t.strictSame(newPathReader({ path: '{day}.csv' }).read('x/2024.csv'), {
    parts: ['day'],
    texts: { filename: '2024.csv', dirname: 'x', path: 'x/2024.csv', day: '2024' },
  })
  t.end()
})

t.test('folders in the form of Hive', t => {
  const { read } = newPathReader({ path: 'hive' })
  const { parts, texts } = read('/data/day=2024-01-02/sym=a%3Ab/x=1.csv')
  t.strictSame(parts, ['day', 'sym'], 'a file is not a folder')
  t.match(texts, { day: '2024-01-02', sym: 'a:b' })
  t.equal(read('day=__HIVE_DEFAULT_PARTITION__/a.csv').texts['day'], undefined)
  t.equal(read('day=100%/a.csv').texts['day'], '100%', 'no percent-encoding')
  t.throws(() => read('a/b.csv'), { constructor: InputError, code: 'DDB_INPUT_COLUMN' })
  t.throws(() => read('day=1/day=2/b.csv'), { message: /two folders "day=/ })
  t.end()
})

t.test('paths that do not match', t => {
  t.throws(() => newPathReader({ path: 'd{day}.csv' }).read('x.csv'), {
    code: 'DDB_INPUT_COLUMN',
    message:
      /^the path "x.csv" does not match `input.path` "d\{day\}.csv": name only files that match/,
  })
  t.throws(() => newPathReader({ path: '{a}_{b}' }).read('1_2_3'), {
    message: /matches `input.path` in more than one way, as \{a\} may be several texts/,
  })
  t.end()
})

t.test('two names of one file must give the same values', t => {
  const reader = newPathReader({ path: '{day}/*.csv' })
  t.throws(() => refuseOtherTexts(reader, '2/a.csv', '1/a.csv'), {
    code: 'DDB_INPUT_COLUMN',
    message: /is a file that is an input as "1\/a.csv", too/,
  })
  t.doesNotThrow(() => refuseOtherTexts(reader, '1/b.csv', '1/a.csv'))
  t.end()
})
