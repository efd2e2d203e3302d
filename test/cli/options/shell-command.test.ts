import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  shellWord,
  repeatedWords,
  resumeCommand,
  type RunToResume,
} from '../../../src/cli/options/shell-command.js'
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

const server = { host: 'h', port: 9, user: 'u' }
const resumed = (change: Partial<RunToResume> = {}): string =>
  resumeCommand({ runId: 'r', stateDir: undefined, server, journaled: server, ...change })

t.test('options that the journal contains are not repeated', async t => {
  t.equal(resumed(), 'ddb-ingest resume r')
  const withPassword = { ...server, password: 'secret' }
  t.equal(resumed({ server: withPassword }), 'ddb-ingest resume r')
})

t.test('options that differ from the journal are repeated', async t => {
  t.equal(resumed({ server: { ...server, port: 7 } }), 'ddb-ingest resume r --host h:7')
  const otherHosts = [{ host: '::1', port: 8 }]
  t.equal(
    resumed({ server: { ...server, otherHosts, user: 'v' } }),
    "ddb-ingest resume r --host 'h:9,[::1]:8' --user v",
  )
  t.equal(resumed({ stateDir: '/a b' }), "ddb-ingest resume r --state-dir '/a b'")
})

t.test('flags that are never in a journal are repeated, with complete file names', async t => {
  const flags = new Map([
    ['insecure-login', ['true']],
    ['password-file', ['pw']],
    ['require', ['tls', 'scram']],
  ])
  t.strictSame(repeatedWords(flags), [
    '--insecure-login',
    '--password-file',
    resolve('pw'),
    '--require',
    'scram',
  ])
})
