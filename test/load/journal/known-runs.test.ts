import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  holdRun,
  keptDays,
  listRuns,
  readRun,
  removeOldRuns,
  runNames,
} from '../../../src/load/journal/known-runs.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import type { Clock } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system.js'
import {
  batchRecord,
  dayMs,
  endRecord,
  inputsRecord,
  processRecord,
  runRecord,
  writeJournal,
} from '../../helpers/journals.js'

const { files } = systemPlatform
const begun = (runId: string): JournalRecord[] => [runRecord(runId), processRecord(1)]

t.test('the state of a run is that of its last process', async t => {
  const folder = t.testdir()
  const ended = {
    finished: endRecord(),
    interrupted: endRecord({ isDone: false, status: 'interrupted', exitCode: 130 }),
    failed: endRecord({ isDone: false, status: 'failed', exitCode: 74 }),
    uncertain: endRecord({ isDone: false, status: 'unconfirmed', exitCode: 4 }),
  }
  for (const [state, end] of Object.entries(ended))
    writeJournal(folder, state, [...begun(state), end])
  writeJournal(folder, 'killed', [...begun('killed'), ended.interrupted, processRecord(2)])
  const { runs, strange } = await listRuns(folder, files)
  t.strictSame(strange, [])
  t.equal(runs.length, 5)
  for (const { runId, state } of runs) t.equal(state, runId)
  const killed = await readRun(folder, 'killed', files)
  t.match(killed?.processes, [
    { startedAt: '2026-01-02T03:04:01.000Z', end: { exitCode: 130 } },
    { startedAt: '2026-01-02T03:04:02.000Z', end: undefined },
  ])
})

t.test('a run that a living process holds is running, and nobody else may hold it', async t => {
  const folder = t.testdir()
  writeJournal(folder, 'r', begun('r'))
  const known = (await readRun(folder, 'r', files))!
  t.equal(known.state, 'killed')
  const held = holdRun(known, files)
  t.match(await readRun(folder, 'r', files), { state: 'running', holder: { pid: process.pid } })
  t.throws(() => holdRun(known, files), {
    code: 'DDB_LOCKED',
    message: /"r" is under way by process/,
  })
  t.strictSame((await listRuns(folder, files)).strange, [], 'its lock is no foreign file')
  held.release()
  t.match(await readRun(folder, 'r', files), { state: 'killed', holder: undefined })
})

t.test('runs stand in the order in which they began', async t => {
  const folder = t.testdir()
  for (const [runId, startedAt] of [
    ['a', '2026-01-03T00:00:00.000Z'],
    ['b', '2026-01-01T00:00:00.000Z'],
  ] as const) {
    writeJournal(folder, runId, [runRecord(runId, { startedAt })])
  }
  t.strictSame(
    (await listRuns(folder, files)).runs.map(({ runId }) => runId),
    ['b', 'a'],
  )
})

t.test('what is no journal is named, and hinders nothing', async t => {
  const folder = t.testdir()
  writeJournal(folder, 'good', begun('good'), { tail: '0000' })
  writeJournal(folder, 'empty', [])
  writeJournal(folder, 'moved', begun('other'))
  writeJournal(folder, 'broken', [...begun('broken'), batchRecord(1)])
  writeFileSync(join(folder, 'runs', 'notes.txt'), 'x')
  mkdirSync(join(folder, 'runs', 'folder.journal'))
  const { runs, strange } = await listRuns(folder, files)
  t.match(runs, [{ runId: 'good', tornBytes: 4 }])
  t.equal(runs.length, 1)
  t.strictSame(strange.map(({ path }) => path.slice(folder.length + 6)).sort(), [
    'broken.journal',
    'empty.journal',
    'folder.journal',
    'moved.journal',
    'notes.txt',
  ])
  t.match(
    strange.find(({ path }) => path.endsWith('moved.journal')),
    { reason: /run "other"/ },
  )
  await t.rejects(readRun(folder, 'empty', files), { code: 'DDB_RUN_MISSING', exitCode: 66 })
})

t.test('where nobody kept a journal there are no runs', async t => {
  const folder = t.testdir({ file: '' })
  for (const place of [folder, join(folder, 'no'), join(folder, 'file')]) {
    t.strictSame(await listRuns(place, files), { runs: [], strange: [] })
    t.strictSame(await runNames(place, files), [])
    t.equal(await readRun(place, 'r', files), undefined)
  }
})

t.test('finished runs go after their time, and no others', async t => {
  const folder = t.testdir()
  const nowMs = Date.parse('2026-01-02T04:00:00.000Z') + keptDays * dayMs
  const clock = (ms: number): Clock => ({ ...systemPlatform.clock, wallMs: () => ms })
  // The files may be a minute older: how long this test takes must not count.
  const ageMs = Date.now() - Date.parse('2026-01-02T04:00:00.000Z') + 60_000
  const old = [inputsRecord, endRecord()]
  writeJournal(folder, 'old', [...begun('old'), ...old], { ageMs })
  writeJournal(folder, 'asked', [...begun('asked'), ...old], { ageMs })
  writeJournal(folder, 'killed', begun('killed'), { ageMs })
  writeJournal(folder, 'broken', [], { ageMs })
  t.strictSame(await removeOldRuns(folder, { files, clock: clock(nowMs) }), [], 'not yet')
  const later = { files, clock: clock(nowMs + 1) }
  t.strictSame(await removeOldRuns(folder, later, 'asked'), ['old'])
  t.strictSame(readdirSync(join(folder, 'runs')).sort(), [
    'asked.journal',
    'broken.journal',
    'killed.journal',
  ])
})
