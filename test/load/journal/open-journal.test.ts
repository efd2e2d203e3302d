/*
  Journals in a folder: made, taken up, refused.
*/
import {
  appendFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import {
  journalLockPath,
  journalPath,
  openJournal,
  type OpenedJournal,
} from '../../../src/load/journal/open-journal.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { recordOf } from '../../../src/load/journal/journal-record.js'
import { load } from '../../../src/load/load.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { makePlan } from '../../../src/load/plan.js'
import { systemPlatform } from '../../../src/platform/system.js'
import type { Platform } from '../../../src/platform/platform.js'
import { platformOn } from '../../helpers/failing-files.js'

const password = 'S3CRET-password'

function scene(t: Test, platform: Platform = systemPlatform) {
  const dir = t.testdir({ 'a.csv': 'id\n1\n', 'b.csv': 'id\n2\n' })
  const folder = join(dir, 'state')
  const [a, b] = [join(dir, 'a.csv'), join(dir, 'b.csv')]
  const path = journalPath(folder, 'nightly')
  const open = async (
    paths: readonly string[] = [a],
    change: Partial<LoadOptions> = {},
  ): Promise<OpenedJournal | undefined> => {
    const options: LoadOptions = {
      inputs: paths,
      server: { host: 'h', port: 1, user: 'u', password },
      target: { table: 'trades' },
      runId: 'nightly',
      journal: { folder },
      ...change,
    }
    return openJournal(platform, options, makePlan(options, platform.random), paths)
  }
  /** Opens it, and lets the process end. */
  const once = async (...given: Parameters<typeof open>): Promise<readonly string[]> => {
    const opened = await open(...given)
    opened!.journal.close()
    return opened!.notices
  }
  const records = (): JournalRecord[] =>
    readFileSync(path, 'utf8')
      .split('\n')
      .slice(0, -1)
      .map(line => recordOf(line)!)
  return { dir, folder, a, b, path, open, once, records }
}

const restart = (folder: string): Partial<LoadOptions> => ({ journal: { folder, restart: true } })

t.test('a journal begins with the run, its process and its inputs', async t => {
  const { path, a, b, open, records, folder } = scene(t)
  const { journal, notices } = (await open([a, b]))!
  t.strictSame(notices, [])
  t.match(records(), [
    {
      kind: 'run',
      format: 1,
      runId: 'nightly',
      token: journal.token.toString(16),
      options: { target: { table: 'trades' } },
    },
    { kind: 'process', number: 1 },
    { kind: 'inputs', inputs: [{ path: a, fingerprint: { sizeBytes: 5 } }, { path: b }] },
  ])
  t.match(journal, { isResumed: false, processNumber: 1, paths: [a, b] })
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(join(folder, 'runs')).mode & 0o777, 0o700)
  t.ok(existsSync(journalLockPath(path)))
  journal.close()
  t.strictSame(readdirSync(join(folder, 'runs')), ['nightly.journal'], 'the lock is given back')
})

t.test('no password gets into a journal', async t => {
  const { path, once, folder, a } = scene(t)
  await once()
  await once()
  await once([a], restart(folder))
  t.notMatch(readFileSync(path, 'utf8'), password)
})

t.test('the next process goes on, under the same token', async t => {
  const { open, once, records, a } = scene(t)
  await once()
  const { token } = records()[0] as Extract<JournalRecord, { kind: 'run' }>
  const { journal } = (await open())!
  t.match(journal, { isResumed: true, processNumber: 2, paths: [a] })
  t.equal(journal.token, BigInt(`0x${token}`))
  t.match(records().slice(3), [{ kind: 'process', number: 2 }])
  journal.close()
})

t.test('while one process is at it others are turned away, and change nothing', async t => {
  const { open, path, once } = scene(t)
  const { journal } = (await open())!
  const before = readFileSync(path, 'utf8')
  await t.rejects(open(), { code: 'DDB_LOCKED', message: /nightly.*process \d+ since/ })
  t.equal(readFileSync(path, 'utf8'), before)
  journal.close()
  await once()
  writeFileSync(journalLockPath(path), 'of somebody else\n')
  await t.rejects(open(), { code: 'DDB_LOCKED', message: /nightly\.journal\.lock/ })
})

t.test('other options are another run', async t => {
  const { open, once, folder, a } = scene(t)
  await once()
  await t.rejects(open([a], { target: { table: 'other' } }), {
    code: 'DDB_RUN_CHANGED',
    message: /`target\.table`/,
  })
  await once([a], { target: { table: 'other' }, ...restart(folder) })
  await once([a], { target: { table: 'other' } })
  await t.rejects(open(), { code: 'DDB_RUN_CHANGED' })
})

t.test('inputs that have changed or are gone end the run, and the lock is given back', async t => {
  const { open, once, a, b, path } = scene(t)
  // Times that are set are whole milliseconds.
  const [atime, mtime] = [1, 1]
  utimesSync(a, atime, mtime)
  await once([a, b])
  await t.rejects(open([a]), { code: 'DDB_RUN_CHANGED', message: /b\.csv" is not among/ })
  writeFileSync(a, 'id\n9\n')
  utimesSync(a, atime, mtime)
  await t.rejects(open([a, b]), {
    code: 'DDB_RUN_CHANGED',
    message: /a\.csv" has changed.*5 bytes/,
  })
  writeFileSync(a, 'id\n1\n')
  utimesSync(a, atime, mtime)
  t.notOk(existsSync(journalLockPath(path)))
  await once([a, b])
  rmSync(b)
  await t.rejects(open([a, b]), { code: 'DDB_INPUT_READ' })
})

t.test('inputs in another order are the same, new ones come behind', async t => {
  const { open, once, a, b, dir } = scene(t)
  await once([b])
  const { journal, notices } = (await open([a, b]))!
  t.strictSame(journal.paths, [b, a])
  t.match(notices, [a])
  journal.close()
  t.strictSame(await once([a, b]), [], 'known by now')
  const more = join(dir, 'c.csv')
  writeFileSync(more, '')
  t.match(await once([more, a, b]), [more])
})

t.test('what cannot be read twice has no journal', async t => {
  const { open, folder, a } = scene(t)
  t.equal(await open([a, '/dev/null']), undefined)
  t.notOk(existsSync(folder), 'nothing is made')
})

t.test('a torn journal goes on where it is whole, and says so', async t => {
  const { once, path, records } = scene(t)
  await once()
  appendFileSync(path, '12345678 {"kind":"batch","no":1,')
  const notices = await once()
  t.match(notices, ['32 bytes that are no whole record'])
  t.match(
    records().map(({ kind }) => kind),
    ['run', 'process', 'inputs', 'process'],
  )
})

t.test('a journal whose first record was torn belongs to a run that never began', async t => {
  const { open, path, once, records } = scene(t)
  await once()
  truncateSync(path, 20)
  const { journal } = (await open())!
  t.match(journal, { isResumed: false, processNumber: 1 })
  journal.close()
  t.match(records()[0], { kind: 'run' })
})

t.test('a damaged journal is not gone on with, nor is its run begun anew unasked', async t => {
  for (const at of [15, 2_000]) {
    const { open, once, path, folder, a } = scene(t)
    await once()
    // The second place is in what a later process wrote.
    while (statSync(path).size < 3_000) await once()
    const bytes = readFileSync(path)
    bytes[at]! ^= 1
    writeFileSync(path, bytes)
    await t.rejects(open(), { code: 'DDB_RUN_CHANGED', message: /damaged/ })
    t.strictSame(readFileSync(path), bytes, 'it is left as it is')
    await once([a], restart(folder))
    await once()
  }
})

t.test('a run that begins anew counts on, and keeps its token', async t => {
  const { open, once, folder, a, records } = scene(t)
  await once()
  await once()
  const { journal } = (await open([a], restart(folder)))!
  t.match(journal, { isResumed: false, processNumber: 3 })
  t.equal(journal.past.processes, 2)
  journal.close()
  const runs = records().filter(({ kind }) => kind === 'run')
  t.equal(runs.length, 2)
  t.equal(
    ...(runs.map(record => (record as Extract<JournalRecord, { kind: 'run' }>).token) as [
      string,
      string,
    ]),
  )
})

t.test('a folder that cannot be used is said, and nothing stays open', async t => {
  const { open, folder } = scene(t)
  writeFileSync(folder, '')
  await t.rejects(open(), { code: 'DDB_OUTPUT_CREATE', message: /cannot keep a journal/ })
  rmSync(folder)
  mkdirSync(journalPath(folder, 'nightly'), { recursive: true })
  await t.rejects(open(), { code: 'DDB_OUTPUT_CREATE', message: /nightly\.journal/ })
  t.notOk(existsSync(journalLockPath(journalPath(folder, 'nightly'))))
  const platform = platformOn({ capacityBytes: 10 })
  const full = scene(t, platform)
  await t.rejects(full.open(), { code: 'DDB_OUTPUT_WRITE', message: /ENOSPC/ })
  t.equal((platform.files as unknown as { openCount: number }).openCount, 0)
  t.notOk(existsSync(journalLockPath(full.path)))
})

t.test(
  'options that are refused behind the journal leave the run to whoever repairs them',
  async t => {
    const { a, folder, path, dir } = scene(t)
    const options: LoadOptions = {
      inputs: [a],
      server: { host: '127.0.0.1', port: 1 },
      target: { table: 'trades' },
      runId: 'nightly',
      journal: { folder },
      rejects: { file: a },
    }
    await t.rejects(load(options), { code: 'DDB_USAGE', message: /is an input/ })
    t.notOk(existsSync(journalLockPath(path)), 'the lock is given back')
    t.strictSame(readdirSync(dir).sort(), ['a.csv', 'b.csv', 'state'])
  },
)
