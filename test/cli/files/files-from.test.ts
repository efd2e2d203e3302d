import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import t from 'tap'
import { readFilesFrom } from '../../../src/cli/files/files-from.js'

const nothing = Readable.from([])

t.test('one name a line, or NULs between names that may hold line ends', async t => {
  const path = join(t.testdir(), 'list')
  const cases: [content: string, names: string[]][] = [
    ['a.csv\nb c.csv\n', ['a.csv', 'b c.csv']],
    ['\na.csv\r\n\r\nb.csv', ['a.csv', 'b.csv']],
    ['a\nb.csv\0c.csv\0', ['a\nb.csv', 'c.csv']],
    ['\ufeffa.csv\r\n\ufeffb.csv\r\n', ['a.csv', '\ufeffb.csv']],
    ['股票.csv\n', ['股票.csv']],
  ]
  for (const [content, names] of cases) {
    writeFileSync(path, content)
    t.strictSame(await readFilesFrom(path, nothing), names)
    const stdin = Readable.from([...content].map(character => Buffer.from(character)))
    t.strictSame(await readFilesFrom('-', stdin), names)
  }
})

t.test('what is no list is refused', async t => {
  const path = join(t.testdir(), 'list')
  for (const content of ['', '\n\n', 'a.csv\n-\n']) {
    writeFileSync(path, content)
    await t.rejects(readFilesFrom(path, nothing), { code: 'DDB_USAGE' }, JSON.stringify(content))
  }
  writeFileSync(path, Buffer.from('\ufeffa.csv\n', 'utf16le'))
  await t.rejects(readFilesFrom(path, nothing), { code: 'DDB_USAGE', message: /UTF-8/ })
  await t.rejects(readFilesFrom(join(path, 'no'), nothing), { code: 'DDB_INPUT_MISSING' })
  const endless = function* (): Generator<Buffer> {
    for (;;) yield Buffer.alloc(1024 * 1024, 0x61)
  }
  await t.rejects(readFilesFrom('-', Readable.from(endless())), { code: 'DDB_USAGE' })
})

t.test('names are the bytes of the list, UTF-8 or not', async t => {
  const path = join(t.testdir(), 'list')
  writeFileSync(path, Buffer.from('caf\xe9.csv\n\xb9\xc9\n', 'latin1'))
  t.strictSame(await readFilesFrom(path, nothing), ['caf\udce9.csv', '\udcb9\udcc9'])
})
