/* Journals in a folder: how the program creates, resumes and refuses them. */
import { execFileSync } from 'node:child_process'
import {
  appendFileSync,
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { journalPath, openJournal, listRuns, readRun } from '../../../src/load/journal/journals.js'
import { lockPath } from '../../../src/load/journal/journal-file.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import { recordLine, recordOf } from '../../../src/load/journal/journal-record.js'
import { load } from '../../../src/load/load-rows.js'
import type { LoadOptions } from '../../../src/load/options.js'
import { checkedOptions } from '../../../src/load/checked-options.js'
import { newRun } from '../../../src/load/run.js'
import { FileLocks, thisProcess } from '../../../src/platform/file-lock.js'
import type { Clock, Files, Platform } from '../../../src/platform/platform.js'
import { systemClock } from '../../../src/platform/clocks.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { leapingClock } from '../../helpers/clocks.js'
import { platformOn } from '../../helpers/failing-files.js'
import { batchRecord, endRecord } from '../../helpers/journals.js'

const password = 'S3CRET-password'

function scene(t: Test, platform: Platform = systemPlatform) {
  const dir = t.testdir({ 'a.csv': 'id\n1\n', 'b.csv': 'id\n2\n' })
  const folder = join(dir, 'state')
  const [a, b] = [join(dir, 'a.csv'), join(dir, 'b.csv')]
  const path = journalPath(folder, 'nightly')
  const open = async (paths: readonly string[] = [a], change: Partial<LoadOptions> = {}) => {
    const options: LoadOptions = {
      inputs: paths,
      server: { host: 'h', port: 1, user: 'u', password },
      target: { table: 'trades' },
      runId: 'nightly',
      journal: { folder },
      ...change,
    }
    const run = newRun(options, checkedOptions(options, platform.random), platform)
    const opened = await openJournal(run, paths, (_, error) => error)
    if (opened === undefined) return undefined
    const { history: journal } = run
    journal.goOn(opened)
    return { journal, notices: opened.notices }
  }
  /** Opens the journal and then ends the process. */
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

type RunRecord = Extract<JournalRecord, { kind: 'run' }>

const done = endRecord()

/** A clock for watching a lock: its waits end at once. */
const watcherClock = (): Clock => ({
  ...leapingClock(),
  afterIfAlive: () => ({ cancel: () => undefined }),
})

const restart = (folder: string): Partial<LoadOptions> => ({ journal: { folder, restart: true } })

t.test('a journal begins with the run, its process and its inputs', async t => {
  const { path, a, b, open, records, folder } = scene(t)
  const { journal, notices } = (await open([a, b]))!
  t.strictSame(notices, [])
  t.match(records(), [
    {
      kind: 'run',
      format: 15,
      runId: 'nightly',
      token: journal.name.token.toString(16),
      options: { target: { table: 'trades' } },
    },
    { kind: 'process' },
    { kind: 'input', input: 0, path: a, fingerprint: { sizeBytes: 5 } },
    { kind: 'input', input: 1, path: b },
    { kind: 'facts' },
  ])
  t.match(journal, { found: { begun: { length: 0 } }, now: { inputs: [{ path: a }, { path: b }] } })
  t.equal(statSync(path).mode & 0o777, 0o600)
  t.equal(statSync(join(folder, 'runs')).mode & 0o777, 0o700)
  t.ok(existsSync(lockPath(path)))
  journal.close()
  t.strictSame(readdirSync(join(folder, 'runs')), ['nightly.journal'], 'the lock was released')
})

t.test('the next process resumes the run with the same token', async t => {
  const { open, once, records, a } = scene(t)
  await once()
  const { token } = records()[0] as Extract<JournalRecord, { kind: 'run' }>
  const { journal } = (await open())!
  t.match(journal, {
    found: { begun: { length: 1 } },
    now: { begun: { length: 2 }, inputs: [{ path: a }] },
  })
  t.equal(journal.name.token, BigInt(`0x${token}`))
  t.equal(records().filter(({ kind }) => kind === 'process').length, 2)
  journal.close()
})

t.test('while a process has the run, other processes are refused and change nothing', async t => {
  const { open, path, once } = scene(t)
  const { journal } = (await open())!
  const before = readFileSync(path, 'utf8')
  await t.rejects(open(), { code: 'DDB_LOCKED', message: /nightly.*process \d+ since/ })
  t.equal(readFileSync(path, 'utf8'), before)
  journal.close()
  await once()
  writeFileSync(lockPath(path), 'of somebody else\n')
  await t.rejects(open(), { code: 'DDB_LOCKED', message: /nightly\.journal\.lock/ })
})

t.test('with different options it is a different run', async t => {
  const { open, once, folder, a } = scene(t)
  await once()
  const error = { code: 'DDB_RUN_CHANGED', message: /`target\.table`/ }
  await t.rejects(open([a], { target: { table: 'other' } }), error)
  await once([a], { target: { table: 'other' }, ...restart(folder) })
  await once([a], { target: { table: 'other' } })
  await t.rejects(open(), { code: 'DDB_RUN_CHANGED' })
})

t.test('changed or missing inputs end the run, and the lock is released', async t => {
  const { open, once, a, b, path } = scene(t)
  // In whole milliseconds, because utimes cannot set finer times.
  const [atime, mtime] = [1, 1]
  utimesSync(a, atime, mtime)
  const { journal } = (await open([a, b]))!
  for (const input of [0, 1]) journal.record({ kind: 'input', input, detected: 'csv' })
  journal.close()
  await t.rejects(open([a]), { code: 'DDB_RUN_CHANGED', message: /b\.csv" is no longer among/ })
  writeFileSync(a, 'id\n9\n')
  utimesSync(a, atime, mtime)
  const error = { code: 'DDB_RUN_CHANGED', message: /a\.csv" has changed.*5 bytes/ }
  await t.rejects(open([a, b]), error)
  writeFileSync(a, 'id\n1\n')
  utimesSync(a, atime, mtime)
  t.notOk(existsSync(lockPath(path)))
  await once([a, b])
  rmSync(b)
  await t.rejects(open([a, b]), { code: 'DDB_INPUT_READ' })
})

t.test('the order of inputs does not matter, and new inputs are appended', async t => {
  const { open, once, a, b, dir } = scene(t)
  await once([b])
  const { journal, notices } = (await open([a, b]))!
  const foundPaths = journal.now.inputs.map(({ path }) => path)
  t.strictSame(foundPaths, [b, a])
  t.match(notices, [a])
  journal.close()
  t.strictSame(await once([a, b]), [], 'known by now')
  const more = join(dir, 'c.csv')
  writeFileSync(more, '')
  t.match(await once([more, a, b]), [more])
})

t.test('sources that can be read only once have no journal', async t => {
  const { open, folder, a } = scene(t)
  t.equal(await open([a, '/dev/null']), undefined)
  t.notOk(existsSync(folder), 'nothing was created')
})

t.test('a torn journal continues after its last complete record, with a notice', async t => {
  const { once, path, records } = scene(t)
  await once()
  appendFileSync(path, '12345678 {"kind":"batch","no":1,')
  const notices = await once()
  t.match(notices, ['32 bytes that are an incomplete record'])
  const kinds = records().map(({ kind }) => kind)
  t.match(kinds, ['run', 'process', 'process', 'input', 'facts'])
})

/** Damage to a whole journal, and the reason for the refusal that follows. */
const damages: readonly (readonly [
  what: string,
  change: (whole: string, path: string) => string | Buffer,
  why: RegExp,
])[] = [
  ['empty', () => '', /it is empty/],
  ['zeros', whole => Buffer.alloc(whole.length), /first line is not a record/],
  ['CRLF', whole => whole.replaceAll('\n', '\r\n'), /first line is not a record/],
  ['cut in its first line', whole => whole.slice(0, 20), /first line is not a record/],
  ['its first line gone', whole => whole.slice(whole.indexOf('\n') + 1), /not that of a run/],
  ['a mark of UTF-8 before it', whole => `\ufeff${whole}`, /first line is not a record/],
  ['a bit in its middle', whole => whole.replace('"kind":"process"', '"kind":"proceSs"'), /middle/],
  [
    'another format',
    whole => changed(whole, 0, { format: 4 }),
    /another version .* wrote it \(format 4; this/,
  ],
  [
    'no format',
    whole => changed(whole, 0, { format: undefined }),
    /another version .*format undefined/,
  ],
  ['an unknown kind', whole => changed(whole, 1, { kind: 'lane' }), /line 2 does not fit/],
  [
    'a kind of every object',
    whole => changed(whole, 1, { kind: 'constructor' }),
    /line 2 does not fit/,
  ],
  ['no kind', whole => changed(whole, 2, { kind: undefined }), /line 3 does not fit/],
  ['of an input not named', whole => changed(whole, 2, batchRecord(1)), /line 3 does not fit/],
  ['another run', whole => changed(whole, 0, { runId: 'weekly' }), /it is that of run "weekly"/],
]

/** Changes members of a record and corrects the checksum. */
function changed(whole: string, line: number, change: object): string {
  const lines = whole.split('\n')
  lines[line] = recordLine({ ...recordOf(lines[line]!)!, ...change }).trimEnd()
  return lines.join('\n')
}

for (const [what, change, why] of damages) {
  t.test(`an unreliable journal is refused: ${what}`, async t => {
    const { a, open, once, path, folder, dir } = scene(t)
    await once()
    const content = change(readFileSync(path, 'utf8'), path)
    writeFileSync(path, content)
    const refused = { code: 'DDB_RUN_DAMAGED', exitCode: 66, message: why }
    await t.rejects(open(), refused)
    t.strictSame(readFileSync(path), Buffer.from(content), 'it is left unchanged')
    await t.rejects(readRun(folder, 'nightly', systemPlatform.files), refused)
    t.match(await listRuns(folder, systemPlatform.files), { runs: [], strange: [{ path }] })
    t.match(await once([a], restart(folder)), [/could not be relied on/])
    t.strictSame(await once(), [], 'and the run continues from there')
    t.strictSame(readdirSync(join(dir, 'state', 'runs')), ['nightly.journal'])
  })
}

t.test('a path that is not a file is refused at once', async t => {
  for (const make of [(path: string) => execFileSync('mkfifo', [path]), mkdirSync]) {
    const { a, open, once, path, folder } = scene(t)
    mkdirSync(join(folder, 'runs'), { recursive: true })
    make(path)
    await t.rejects(open(), { code: 'DDB_RUN_DAMAGED', message: /it is not a file/ })
    t.match(await listRuns(folder, systemPlatform.files), { strange: [{ path }] })
    if (make === mkdirSync) {
      await t.rejects(open([a], restart(folder)), { code: 'DDB_OUTPUT_WRITE' })
      continue
    }
    t.match(await once([a], restart(folder)), [/not a file/])
    t.strictSame(await once(), [])
  }
})

t.test('a journal without read permission is refused', async t => {
  const files: Files = {
    ...systemPlatform.files,
    open: name =>
      name.endsWith('.journal')
        ? Promise.reject(Object.assign(new Error('EACCES: not allowed'), { code: 'EACCES' }))
        : systemPlatform.files.open(name),
  }
  const { open, once, a, folder } = scene(t, { ...systemPlatform, files })
  await once()
  await t.rejects(open(), { code: 'DDB_RUN_DAMAGED', message: /EACCES/ })
  t.match(await once([a], restart(folder)), [/EACCES/])
})

t.test('if a damaged journal starts over, its run is known', async t => {
  const { once, path, folder, a, records } = scene(t)
  await once()
  const { token } = records()[0] as RunRecord
  writeFileSync(
    path,
    readFileSync(path, 'utf8') + recordLine({ kind: 'facts', ledgerNumber: 3 }) + 'x\n',
  )
  appendFileSync(path, recordLine({ kind: 'facts', isForgotten: true }))
  await once([a], restart(folder))
  t.match(records(), [
    { kind: 'run', replaces: { tokens: [token] } },
    { kind: 'process' },
    { kind: 'input' },
    { kind: 'facts', ledgerNumber: 0, isForgotten: false },
  ])
})

/** Writes a lock that a different container holds but does not renew. */
function abandonedLock(path: string): void {
  const holder = { ...thisProcess(), place: 'another' }
  writeFileSync(lockPath(path), JSON.stringify(holder))
}

t.test('a run whose holder may wake is taken over with a new journal file', async t => {
  const watching: Platform = {
    ...systemPlatform,
    files: { ...systemPlatform.files, lock: path => new FileLocks(watcherClock()).take(path) },
  }
  const { open, once, path } = scene(t, watching)
  await once()
  const asleep = openSync(path, 'a')
  t.teardown(() => closeSync(asleep))
  abandonedLock(path)
  const { journal } = (await open())!
  const before = readFileSync(path, 'utf8')
  // The old process wakes, and writes into the journal file that it has open.
  writeSync(asleep, recordLine(batchRecord(1)))
  t.equal(readFileSync(path, 'utf8'), before)
  journal.record({ kind: 'facts', isForgotten: true })
  journal.commit()
  t.match(readFileSync(path, 'utf8'), before)
  journal.close()
})

t.test(
  'a process that is interrupted while it waits for the run leaves it to its holder',
  async t => {
    for (const name of ['signal', 'leave'] as const) {
      const ending = new AbortController()
      const clock = watcherClock()
      const after: Clock['after'] = (delayMs, callback) => {
        if (clock.nowMs() > 0) ending.abort()
        return clock.after(delayMs, callback)
      }
      const locks = new FileLocks({ ...clock, after })
      const files = { ...systemPlatform.files, lock: locks.take }
      const { open, once, path, folder, a } = scene(t, { ...systemPlatform, files })
      await once()
      abandonedLock(path)
      const change = { journal: { folder }, [name]: ending.signal }
      const before = readFileSync(lockPath(path), 'utf8')
      await t.rejects(open([a], change), { code: 'DDB_LOCKED' })
      t.equal(readFileSync(lockPath(path), 'utf8'), before)
      t.ok(clock.nowMs() < 1_000)
    }
  },
)

t.test('a process whose run was taken over writes no more', async t => {
  const { open, path, folder, a } = scene(t)
  const { journal } = (await open([a], { journal: { folder } }))!
  const before = readFileSync(path, 'utf8')
  rmSync(lockPath(path))
  t.equal(journal.file!.lost(), undefined, 'the lock was checked a moment ago')
  const wallMs = (): number => Date.now()
  t.teardown(() => Object.assign(systemClock, { wallMs }))
  // Simulates a suspended machine.
  Object.assign(systemClock, { wallMs: () => wallMs() + 60_000 })
  const lost = { code: 'DDB_LOCKED', exitCode: 75, message: /"nightly".*\.lock" was removed/ }
  t.match(journal.file!.lost(), lost)
  journal.record({ kind: 'facts', isForgotten: true })
  t.throws(() => journal.commit(), lost)
  t.throws(() => journal.record({ kind: 'facts', ledgerNumber: 1 }), lost)
  t.throws(() => journal.close(), lost)
  t.equal(readFileSync(path, 'utf8'), before)
})

t.test('a draft left by a killed process does no harm', async t => {
  const { once, path, folder } = scene(t)
  mkdirSync(join(folder, 'runs'), { recursive: true })
  writeFileSync(`${path}.new`, 'half of a')
  await once()
  t.strictSame(readdirSync(join(folder, 'runs')), ['nightly.journal'])
  writeFileSync(`${path}.new`, 'half of a')
  t.match(await listRuns(folder, systemPlatform.files), { runs: [{}], strange: [] })
})

t.test('opening the journal of a finished run again does not change it', async t => {
  const { open, once, path, b, a, records } = scene(t)
  const { journal } = (await open())!
  journal.end(done)
  journal.close()
  const before = readFileSync(path, 'utf8')
  const again = (await open())!.journal
  again.commit()
  again.end(done)
  again.close()
  t.equal(readFileSync(path, 'utf8'), before)
  await once([a, b])
  t.match(
    records().map(({ kind }) => kind),
    ['run', 'process', 'end', 'process', 'input', 'input', 'facts'],
    'with more inputs the run continues',
  )
})

t.test('a journal that has become long is replaced by a short, complete one', async t => {
  const { open, path } = scene(t)
  const { journal } = (await open())!
  journal.record({ kind: 'input', input: 0, detected: 'csv' })
  const count = 50_000
  let longest = 0
  for (let no = 1; no <= count; no++) {
    journal.record(batchRecord(no))
    // Two outcomes are missing, and one piece is divided.
    const place = { stream: 1, no, lane: 0, part: 1 }
    const rows = { confirmed: 10, rejected: 0, unconfirmed: 0, unsent: 0, filtered: 0 }
    if (no === 49_990) journal.ended({ ...place, part: 2 }, { ...rows, confirmed: 5 })
    else if (no !== 49_980) journal.ended(place, rows)
    if (no % 1_000 > 0) continue
    journal.commit()
    longest = Math.max(longest, statSync(path).size)
  }
  journal.close()
  t.ok(longest > 9e6, 'it was long')
  t.ok(statSync(path).size < 5e6, `it has ${statSync(path).size} bytes`)
  const { found } = (await open())!.journal
  t.match(found.rows(), { confirmed: 10 * count - 15, unconfirmed: 15, unsent: 0, filtered: 0 })
  t.match(found.streams.get(1), { settled: { no: 49_979 } })
  t.strictSame([...found.streams.get(1)!.open.get(49_990)!.pieces.keys()], ['0 2'])
})

t.test('rows that are sent again are unconfirmed until the journal has their outcome', async t => {
  const { open } = scene(t)
  const first = (await open())!.journal
  const place = { stream: 1, no: 1, lane: 0, part: 1 }
  first.record(batchRecord(1))
  first.ended(place, { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 10, filtered: 0 })
  first.commit()
  first.close()
  const second = (await open())!.journal
  t.match(second.found.rows(), { unconfirmed: 0, unsent: 10, filtered: 0 })
  second.ended(place, { confirmed: 0, rejected: 0, unconfirmed: 10, unsent: 0, filtered: 0 })
  second.commit()
  // The process is killed before it learns the outcome.
  second.close()
  const { found } = (await open())!.journal
  t.match(found.rows(), { unconfirmed: 10, unsent: 0, filtered: 0 })
})

t.test('a run that starts over is a new one that knows those before it', async t => {
  const { open, once, folder, a, records } = scene(t)
  await once()
  const before = records().find(({ kind }) => kind === 'run') as { token: string }
  for (const times of [1, 2]) {
    const { journal } = (await open([a], restart(folder)))!
    t.match(journal, { found: { begun: { length: 0 } }, now: { begun: { length: 1 } } })
    journal.close()
    const [run] = records() as unknown as [{ token: string; replaces: { tokens: string[] } }]
    t.not(run.token, before.token)
    t.equal(run.replaces.tokens.length, times, 'none of them has begun a ledger')
    t.equal(run.replaces.tokens.at(-1), before.token)
  }
})

t.test('a run that starts over takes over only the rejects that it will find again', async t => {
  for (const [what, change, isDone, kept] of [
    ['killed', {}, false, ['/r.csv']],
    ['killed, with rejects that the journal lacks', {}, false, []],
    ['killed, and now of another table', { target: { table: 'other' } }, false, []],
    ['finished', {}, true, []],
  ] as const) {
    const { open, folder, a, dir } = scene(t)
    const { journal: first } = (await open())!
    const path = what.includes('lacks') ? join(dir, 'r.csv') : '/r.csv'
    writeFileSync(join(dir, 'r.csv'), 'x')
    first.note({ rejectsFiles: [path] })
    if (isDone) first.end(done)
    first.close()
    const { journal } = (await open([a], { ...change, ...restart(folder) }))!
    t.strictSame(journal.now.rejectsFiles, kept, what)
    journal.close()
  }
})

t.test('an unusable folder is an error, and nothing stays open', async t => {
  const { open, folder } = scene(t)
  writeFileSync(folder, '')
  await t.rejects(open(), { code: 'DDB_OUTPUT_CREATE', message: /cannot keep a journal/ })
  rmSync(folder)
  mkdirSync(journalPath(folder, 'nightly'), { recursive: true })
  await t.rejects(open(), { code: 'DDB_RUN_DAMAGED', message: /nightly\.journal/ })
  t.notOk(existsSync(lockPath(journalPath(folder, 'nightly'))))
  const platform = platformOn({ capacityBytes: 10 })
  const full = scene(t, platform)
  await t.rejects(full.open(), { code: 'DDB_OUTPUT_WRITE', message: /ENOSPC/ })
  t.equal((platform.files as unknown as { openCount: number }).openCount, 0)
  t.notOk(existsSync(lockPath(full.path)))
})

t.test('if options are refused after the journal was opened, the run does not change', async t => {
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
  t.notOk(existsSync(lockPath(path)), 'the lock is released')
  t.strictSame(readdirSync(dir).sort(), ['a.csv', 'b.csv', 'state'])
})
