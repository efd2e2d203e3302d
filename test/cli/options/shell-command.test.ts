import { spawnSync } from 'node:child_process'
import fc from 'fast-check'
import t from 'tap'
import { shellWord } from '../../../src/cli/options/shell-command.js'
import { systemName } from '../../../src/platform/file-name.js'
import { runs } from '../../helpers/runs.js'

t.test('words that need no quotes get none', async t => {
  t.equal(shellWord('a/b-c.csv'), 'a/b-c.csv')
  t.equal(shellWord('a b'), "'a b'")
  t.equal(shellWord("it's"), "'it'\\''s'")
  t.equal(shellWord(''), "''")
})

t.test('a shell reads the words unchanged', async t => {
  const text = fc.string({ unit: 'binary', maxLength: 20 }).map(one => one.replaceAll('\0', ''))
  fc.assert(
    fc.property(fc.array(text, { minLength: 1, maxLength: 20 }), words => {
      const script = `printf '%s\\0' ${words.map(shellWord).join(' ')}`
      const { stdout } = spawnSync('sh', ['-c', script], { encoding: 'utf8' })
      return stdout === words.map(word => `${word}\0`).join('')
    }),
    { numRuns: runs(20) },
  )
  t.pass()
})

t.test('a shell reads bytes that are not UTF-8 unchanged', async t => {
  const name = `it's \\ \udcff7 \udc80é`
  const { stdout } = spawnSync('bash', ['-c', `printf '%s' ${shellWord(name)}`])
  t.strictSame(stdout, Buffer.from(systemName(name)))
})
