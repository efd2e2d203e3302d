import { spawnSync } from 'node:child_process'
import { resolve } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import {
  shellWord,
  otherServerWords,
  repeatedWords,
  resumeCommand,
} from '../../../src/cli/options/shell-command.js'
import type { ServerTarget } from '../../../src/load/options.js'
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

t.test('a server that differs from that of the journal is named, without its password', async t => {
  const words = (change: Partial<ServerTarget>): string[] =>
    otherServerWords({ ...server, ...change }, server)
  t.strictSame(words({ password: 'secret' }), [])
  t.strictSame(words({ port: 7 }), ['--host', 'h:7'])
  const otherHosts = [{ host: '::1', port: 8 }]
  t.strictSame(words({ otherHosts, user: 'v' }), ['--host', 'h:9,[::1]:8', '--user', 'v'])
})

t.test('the command to resume a run names the state folder that the user gave', async t => {
  t.equal(resumeCommand('r', undefined, []), 'ddb-ingest resume r')
  t.equal(
    resumeCommand('r', '/a b', ['--tls-insecure'], 'audit'),
    "ddb-ingest audit r --state-dir '/a b' --tls-insecure",
  )
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
