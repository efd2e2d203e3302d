import t, { type Test } from 'tap'
import { checkMemory } from '../../../src/load/journal/check-memory.js'
import type { Journal } from '../../../src/load/journal/journal.js'
import type { JournalRecord } from '../../../src/load/journal/journal-record.js'
import type { JournaledRun } from '../../../src/load/outcomes/journaled-run.js'
import { readRun } from '../../helpers/journals.js'
import { dropLedger, openLedger } from '../../../src/load/transport/receipts/ledger.js'
import { targetRecord } from '../../helpers/journals.js'
import { testRun } from '../../helpers/load-run.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { RunModel } from '../outcomes/run-model.js'

const timeoutMs = 60_000
const model = new RunModel()
/** A run that has sent three rows and confirmed them. */
const begun: JournalRecord[] = [...model.first, targetRecord]
const sent: JournalRecord[] = [...begun, ...model.step({ kind: 'batch', input: 0, rows: 3 })]
const confirmed: JournalRecord[] = [
  ...sent,
  ...model.step({ kind: 'ended', which: 0, how: 'confirmed' }),
]

/** A resumed run on a server that has nothing left of the run. */
async function scene(t: Test) {
  const { session } = await startLoadServer(t, '1')
  const run = testRun()
  return {
    session,
    run: { ...run.history.name },
    ask: (records: readonly JournalRecord[], inMemory: boolean) => {
      const process: JournalRecord = { kind: 'process', number: 1, startedAt: '' }
      const found: JournaledRun = records.length === 0 ? readRun() : readRun(process, ...records)
      const journal = { found, ledgerNumber: 1 } as Journal
      return checkMemory({ ...run, history: { ...run.history, found, journal } }, session, inMemory)
    },
  }
}

t.test('a new run has left nothing on the server, whatever the server has', async t => {
  const { session, run, ask } = await scene(t)
  await openLedger(session, run, 1, timeoutMs)
  t.strictSame(await ask([], true), { marker: false, ledger: false, ledgerVersion: 2 })
})

t.test('marker and ledger are distinguished', async t => {
  const { session, run, ask } = await scene(t)
  const ledger = await openLedger(session, run, 1, timeoutMs)
  t.strictSame(await ask(confirmed, true), { marker: true, ledger: true, ledgerVersion: 2 })
  await dropLedger(session, ledger, timeoutMs)
  t.strictSame(await ask(confirmed, true), { marker: true, ledger: false, ledgerVersion: 2 })
  await openLedger(session, run, 1, timeoutMs)
  await session.run(`undef("ddbIngest_${run.runId}", SHARED)`)
  t.strictSame(await ask(confirmed, false), { marker: false, ledger: true, ledgerVersion: 2 })
})

t.test('if the server has lost the marker, rows in memory are lost', async t => {
  const { ask } = await scene(t)
  const gone = { code: 'DDB_TARGET_CHANGED', message: /restarted/ }
  await t.rejects(ask(confirmed, true), gone)
  await t.rejects(ask(sent, true), gone, 'including rows with an unknown outcome')
  const nothing = { marker: false, ledger: false, ledgerVersion: 2 }
  t.strictSame(await ask(confirmed, false), nothing, 'rows on disk are not')
  t.strictSame(
    await ask([...confirmed, { kind: 'leaving' }], true),
    nothing,
    'the marker was removed',
  )
  t.strictSame(await ask(begun, true), nothing, 'nothing was sent')
})
