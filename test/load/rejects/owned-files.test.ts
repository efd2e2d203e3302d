import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { filesWhileOwned } from '../../../src/load/rejects/reject-files.js'
import { systemFiles } from '../../../src/platform/system-files.js'

t.test('once a different process has the run, its files are left unchanged', async t => {
  const dir = t.testdir({ kept: 'kept' })
  let isOurs = true
  const files = filesWhileOwned(systemFiles, () => isOurs)
  const path = join(dir, 'r.csv')
  const file = files.create(path)
  file.write(Buffer.from('ours'))
  isOurs = false
  const another = /another process continues/
  t.throws(() => file.write(Buffer.from('late')), another)
  t.throws(() => file.truncate(0), another)
  for (const name of ['create', 'openEmpty', 'reopen', 'remove'] as const) {
    t.throws(() => files[name](join(dir, 'kept')), another, name)
  }
  file.sync()
  file.close()
  t.equal(readFileSync(path, 'utf8'), 'ours')
  t.ok(existsSync(join(dir, 'kept')))
  isOurs = true
  writeFileSync(join(dir, 'empty'), '')
  files.openEmpty(join(dir, 'empty')).close()
  files.reopen(path).close()
  files.remove(path)
  t.notOk(existsSync(path))
})
