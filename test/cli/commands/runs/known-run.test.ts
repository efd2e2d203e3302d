/* Runs with a journal: which options a command takes from the journal, and the command with which a run goes on. */
import { resolve } from 'node:path'
import t from 'tap'
import {
  journalOf,
  otherServerWords,
  repeatedWords,
  withJournaled,
} from '../../../../src/cli/commands/runs/known-run.js'
import { resolveOptions } from '../../../../src/cli/options/definition.js'
import { journaledServerOptions } from '../../../../src/cli/options/options.js'
import type { JournaledServer } from '../../../../src/load/journal/journal-record.js'
import type { ServerTarget } from '../../../../src/load/options.js'
import { fakeProcess } from '../../run-cli.js'

const here = fakeProcess({ environment: { XDG_STATE_HOME: '/state' } }).processEnvironment
const workingFolder = process.cwd()

t.test('only a run with an ID has a journal', async t => {
  const folder = '/state/ddb-ingest'
  t.strictSame(journalOf({ runId: 'r' }, here), { folder, workingFolder })
  const expected = { folder, workingFolder, restart: true }
  t.strictSame(journalOf({ runId: 'r', restart: true }, here), expected)
  t.equal(journalOf({}, here), undefined)
  t.equal(journalOf({ stateDir: 'x' }, here), undefined)
  t.throws(() => journalOf({ restart: true }, here), { code: 'DDB_USAGE', message: /--run-id/ })
})

t.test('a removed working folder stays undefined', async t => {
  const nowhere = { ...here, workingFolder: () => undefined }
  t.strictSame(journalOf({ runId: 'r' }, nowhere), { folder: '/state/ddb-ingest' })
})

const journaled = { host: 'h', port: 9, user: 'u' }

const serverIn = (
  flags: Record<string, string> = {},
  environment = {},
  server: JournaledServer = journaled,
  folder = '',
) => {
  const sources = {
    flags: new Map(Object.entries(flags).map(([name, text]) => [name, [text]])),
    environment,
  }
  const settings = resolveOptions(journaledServerOptions, sources)
  return withJournaled(settings, sources, server, folder).options.server
}

t.test('a resumed run takes missing options from the journal', async t => {
  t.match(serverIn(), { host: 'h', port: 9, user: 'u' })
  t.notOk('user' in serverIn({}, {}, { host: 'h', port: 9 }))
  const protectedBy = {
    tls: true,
    compress: 'lz4' as const,
    caFile: 'ca.pem',
    certFile: '/own.pem',
  }
  const kept = { ...protectedBy, caFile: '/begun/ca.pem' }
  t.match(serverIn({}, {}, { ...journaled, ...protectedBy }, '/begun'), kept)
})

t.test('flags override the journal, the environment only adds what it lacks', async t => {
  const otherHosts = [{ host: 'f', port: 8848 }]
  t.match(serverIn({ host: 'g:7,f' }), { host: 'g', port: 7, otherHosts, user: 'u' })
  t.match(serverIn({ user: 'v' }), { host: 'h', port: 9, user: 'v' })
  const cluster = { ...journaled, otherHosts }
  t.match(serverIn({ user: 'v' }, {}, cluster), { otherHosts })
  const environment = { DDB_HOST: 'e', DDB_PORT: '7' }
  t.match(serverIn({}, environment, cluster), { host: 'h', port: 9, otherHosts })
  t.strictSame(serverIn({}, { DDB_HOST: 'e,f' }).otherHosts, [])
  const more = { DDB_USER: 'v', DDB_INGEST_COMPRESS: 'none' }
  t.match(serverIn({}, more), { user: 'u', compress: 'none' })
  t.match(serverIn({}, more, { host: 'h', port: 9 }), { user: 'v' })
  t.match(serverIn({ 'ca-file': 'mine' }, {}, { ...journaled, caFile: 'ca' }), { caFile: 'mine' })
})

t.test('a server that differs from that of the journal is named, without its password', async t => {
  const words = (change: Partial<ServerTarget>): string[] =>
    otherServerWords({ ...journaled, ...change }, journaled)
  t.strictSame(words({ password: 'secret' }), [])
  t.strictSame(words({ port: 7 }), ['--host', 'h:7'])
  const otherHosts = [{ host: '::1', port: 8 }]
  t.strictSame(words({ otherHosts, user: 'v' }), ['--host', 'h:9,[::1]:8', '--user', 'v'])
})

t.test('flags that are never in a journal are repeated, with complete file names', async t => {
  const flags = new Map([
    ['insecure-login', ['true']],
    ['password-file', ['pw']],
    ['require', ['tls', 'scram']],
  ])
  const expected = ['--insecure-login', '--password-file', resolve('pw'), '--require', 'scram']
  t.strictSame(repeatedWords(flags), expected)
})
