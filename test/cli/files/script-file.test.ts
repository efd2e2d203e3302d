import { join } from 'node:path'
import t from 'tap'
import { readScriptFile } from '../../../src/cli/files/script-file.js'

t.test('a script is the text of its file', async t => {
  const path = join(t.testdir({ 'a.dos': '// 价格\n1+2\n' }), 'a.dos')
  t.equal(await readScriptFile(path), '// 价格\n1+2\n')
})

t.test('one that is not there, or cannot be read, is told with its path', async t => {
  const dir = t.testdir()
  const missing = join(dir, 'no\u0007such.dos')
  await t.rejects(readScriptFile(missing), {
    name: 'InputError',
    code: 'DDB_INPUT_MISSING',
    message: /nosuch\.dos \(ENOENT\)/,
    position: { file: missing },
  })
  await t.rejects(readScriptFile(dir), { code: 'DDB_INPUT_READ', message: /EISDIR/ })
})
