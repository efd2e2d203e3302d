import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import t from 'tap'
import { main } from '../../../src/cli/main.js'
import { allChecks } from '../../../src/selftest/selftest.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { namesOn } from '../../selftest/run-selftest.js'
import { fakeProcess, runMain } from '../../cli/run-cli.js'
import { fileFolder } from '../../helpers/file-folder.js'
import { startServerFor } from '../../helpers/load-server.js'

useTurnClock()

const server = await startServerFor(t)
const state = fileFolder(t)
const asAdmin = {
  environment: {
    DDB_USER: 'admin',
    DDB_PASSWORD: '123456',
    DDB_INGEST_INSECURE_LOGIN: 'true',
    XDG_STATE_HOME: state,
  },
}

interface Printed {
  counts: Record<string, number>
  checks: { name: string; status: string; reason: string }[]
}

const printed = (stdout: string): Printed => JSON.parse(stdout) as Printed

t.test('the embedded server passes; an object and a text for an issue are written', async t => {
  const issue = join(t.testdir(), 'issue.md')
  const argv = ['selftest', '--host', `127.0.0.1:${server.port}`, '--json', '--issue-text', issue]
  const { code, stdout, stderr } = await runMain(argv, asAdmin)
  t.equal(code, 0, stdout)
  t.equal(stderr, '')
  const passed = { exitCode: 0, serverVersion: /^3\./, left: [], error: null }
  t.match(JSON.parse(stdout), { schema: 'ddb-ingest/selftest/1', ...passed })
  const { checks, counts } = printed(stdout)
  const names = checks.map(({ name }) => name)
  const expected = allChecks.map(({ name }) => name)
  t.strictSame(names, expected)
  t.equal(counts['fail'], 0)
  t.equal(counts['pass']! + counts['skipped']!, allChecks.length)
  const text = await readFile(issue, 'utf8')
  t.match(text, /^ddb-ingest \d.* selftest\n\n\* server: 3\./)
  t.equal(text.split('\n').filter(line => line.startsWith('| pass')).length, counts['pass'])
  t.notMatch(text, /127\.0\.0\.1|123456|\badmin\b/)
  t.strictSame(namesOn(server), [])
})

t.test('a difference gives exit code 1 and its consequences; the rest is counted', async t => {
  const other = await startServerFor(t, { faults: { before: () => ({ insert: () => 'drop' }) } })
  const argv = ['selftest', '--host', `127.0.0.1:${other.port}`, '--time-limit', '10s']
  const { code, stdout, stderr } = await runMain(argv, asAdmin)
  t.equal(code, 1)
  t.match(
    stdout,
    /^fail {5}types: BOOL column: tableInsert answered 0 rows, not 3\n {9}depends on it: /m,
  )
  t.notMatch(stdout, /^(pass|skipped) /m)
  t.match(
    stdout,
    /\n\d+ checks on server 3\.[^\n]*: \d+ passed, \d+ failed, \d+ skipped \(--json shows each\)\.\n$/,
  )
  for (const stdoutColumns of [60, 80]) {
    const narrow = await runMain([...argv, '--no-color'], { ...asAdmin, stdoutColumns })
    const wide = narrow.stdout.split('\n').filter(line => line.length > stdoutColumns)
    // A word longer than the screen is not divided.
    const isOneWord = wide.every(line => /^ *\S*$/.test(line))
    t.ok(isOneWord, wide.join().slice(0, 200))
  }
  t.equal(stderr, '')
})

t.test('a signal ends selftest cleanly: known results printed, objects removed', async t => {
  for (const [signal, exitCode, beginning, ended, last] of [
    ['SIGINT', 130, 'upsert!', 'types: INT column', 'insert: upsert!'],
    ['SIGTERM', 143, '1..1000000', 'connection: a large script', 'connection: a large answer'],
  ] as const) {
    const fake = fakeProcess(asAdmin)
    const other = await startServerFor(t, {
      faults: {
        before({ text }) {
          if (text.startsWith(beginning)) fake.signals.emit(signal, signal)
          return undefined
        },
      },
    })
    const argv = ['selftest', '--host', `127.0.0.1:${other.port}`, '--json']
    t.equal(await main(argv, fake.processEnvironment), exitCode, signal)
    await new Promise(resolve => setImmediate(resolve))
    const { checks } = printed(fake.stdout())
    t.match(JSON.parse(fake.stdout()), { exitCode, error: null })
    const lastCheck = checks.find(({ name }) => name === last)
    t.match(lastCheck, { status: 'skipped', reason: 'the run was interrupted' })
    t.equal(checks.find(({ name }) => name === ended)?.status, 'pass')
    t.match(fake.stderr(), /interrupted/)
    t.strictSame(namesOn(other), [])
  }
})

t.test('an issue text that cannot be written stops selftest before anything is sent', async t => {
  const before = server.counters.requests
  const host = `127.0.0.1:${server.port}`
  const argv = ['selftest', '--host', host, '--issue-text', '/no/such/folder/i.md']
  t.equal((await runMain(argv)).code, 73)
  t.equal(server.counters.requests, before)
})
