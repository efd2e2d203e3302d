import { appendFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import {
  listRuns,
  readRun,
  removeOldRuns,
  type RemovedRun,
  lockRun,
} from '../../../src/load/journal/journals.js'
import { recordLine, type JournalRecord } from '../../../src/load/journal/journal-record.js'
import type { Files } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { closedGate } from '../../helpers/gate.js'
import { dayMs, endRecord, processRecord, runRecord, writeJournal } from '../../helpers/journals.js'

const { files } = systemPlatform
const begun = (runId: string): JournalRecord[] => [runRecord(runId), processRecord(1)]

t.test('the state of a run is the state of its last process', async t => {
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
  t.match(killed?.journal.begun, [
    { startedAt: '2026-01-02T03:04:01.000Z', end: { exitCode: 130 } },
    { startedAt: '2026-01-02T03:04:02.000Z', end: undefined },
  ])
})

t.test('a run held by a living process is running, and no other process may hold it', async t => {
  const folder = t.testdir()
  writeJournal(folder, 'r', begun('r'))
  const known = (await readRun(folder, 'r', files))!
  t.equal(known.state, 'killed')
  const held = await lockRun(folder, 'r', files)
  const asked = { holder: true }
  const expected = { state: 'running', holder: { pid: process.pid } }
  t.match(await readRun(folder, 'r', files, asked), expected)
  const error = { code: 'DDB_LOCKED', message: /"r" is in progress by process/ }
  await t.rejects(lockRun(folder, 'r', files), error)
  const listed = (await listRuns(folder, files)).strange
  t.strictSame(listed, [], 'its lock is not listed as a foreign file')
  held.lock.release()
  t.match(await readRun(folder, 'r', files, asked), { state: 'killed', holder: undefined })
})

/** The end time of the runs below. */
const endedMs = Date.parse('2026-01-02T04:00:00.000Z')
const at = (ms: number) => ({ files, clock: { ...systemPlatform.clock, wallMs: () => ms } })

t.test('a run that starts over meanwhile stays', async t => {
  const folder = t.testdir()
  const path = writeJournal(folder, 'old', [...begun('old'), endRecord()])
  const anew: Files = {
    ...files,
    lock(name) {
      appendFileSync(path, recordLine(processRecord(2)))
      return files.lock(name)
    },
  }
  const removed: RemovedRun[] = []
  await removeOldRuns(folder, { ...at(endedMs + 400 * dayMs), files: anew }, removed)
  t.strictSame(removed, [])
  t.strictSame(readdirSync(join(folder, 'runs')), ['old.journal'])
})

t.test("a run with the name of one of the program's files is a run", async t => {
  const folder = t.testdir()
  for (const runId of ['a.journal.lock', 'a.journal.new', 'a.journal']) {
    writeJournal(folder, runId, begun(runId))
    const held = await lockRun(folder, runId, files)
    t.teardown(() => held.lock.release())
  }
  const { runs, strange } = await listRuns(folder, files)
  t.strictSame(runs.map(({ runId, state }) => [runId, state]).sort(), [
    ['a.journal', 'running'],
    ['a.journal.lock', 'running'],
    ['a.journal.new', 'running'],
  ])
  t.strictSame(strange, [])
})

t.test('the processes of all runs are looked up together', async t => {
  const folder = t.testdir()
  for (let i = 0; i < 50; i++) writeJournal(folder, `r${i}`, begun(`r${i}`))
  let asked = 0
  const gate = closedGate()
  const slow: Files = {
    ...files,
    async lockHolder() {
      if (++asked === 50) gate.open()
      await gate.opened
      return undefined
    },
  }
  const { runs } = await listRuns(folder, slow)
  t.equal(runs.length, 50)
})
