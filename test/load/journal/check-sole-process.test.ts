/*
  The answers of a server decide whether a process may own a run. test/end-to-end/time-and-copies.test.ts tests the
  whole program.
*/
import { ledgersOf } from '../../../src/load/marker/marker.js'
import { ledgerName } from '../../../src/load/marker/run-tables.js'
import t, { type Test } from 'tap'
import { connect, type Session } from '../../../src/client/open-session.js'
import { ConnectionError } from '../../../src/errors.js'
import {
  checkSoleProcess,
  checkOwner,
  announceRunAgain,
  announceRun,
} from '../../../src/load/journal/check-sole-process.js'
import type { Journal } from '../../../src/load/journal/journal.js'
import { newCoveredInput, type SentRange } from '../../../src/load/outcomes/covered-range.js'
import type { JournaledRun } from '../../../src/load/outcomes/journaled-run.js'
import { askFinished, markFinished } from '../../../src/load/marker/finished-runs.js'
import { markRun } from '../../../src/load/marker/marker.js'
import { askKnown, askOwner, takeOwnership } from '../../../src/load/marker/ownership.js'
import { openLedger } from '../../../src/load/transport/receipts/ledger.js'
import type { Run } from '../../../src/load/run.js'
import { startServer } from '../../../src/server/index.js'
import { testRun } from '../../helpers/load-run.js'

const name = { runId: 'nightly', token: 0x1234n }
const timeoutMs = 60_000

interface Known {
  readonly processes?: number
  readonly owner?: number
  readonly ledgerNumber?: number
  readonly wasUnlocked?: boolean
  readonly hasEnded?: boolean
  readonly beginsAnew?: boolean
  /** Whether the user passed --restart. */
  readonly restart?: boolean
  readonly isFinished?: boolean
  /** `read`: the input was read to its end. `done`: its batch also has an outcome. By default neither is true. */
  readonly input?: 'read' | 'done'
  readonly used?: string
  readonly isAnew?: boolean
  readonly begunMs?: number
}

function runOf(known: Known = {}): Run {
  const { processes = 1, owner = 1, ledgerNumber = 2, wasUnlocked = false } = known
  const end = known.hasEnded === true ? { kind: 'end' } : undefined
  const finished = known.isFinished === true ? {} : undefined
  const { used, isAnew = false } = known
  const covered = newCoveredInput()
  const [start, end60] = [0, 60].map(offsetBytes => ({ offsetBytes, lineNumber: 1, records: 0 }))
  const ended = known.input === 'done' ? { rows: 1, unconfirmed: 0, unsent: 0 } : undefined
  const batch = { no: 1, rows: 1, inputs: [0], hasNoReceipt: false, ended, lanes: undefined }
  covered.begin(start!, 0)
  covered.extend({ startBytes: 0, endBytes: 60, rows: 1, batch } as unknown as SentRange, end60!)
  const inputs = [{ summary: known.input === undefined ? undefined : {}, covered }]
  const past = {
    ...{ processes, owner, ledgerNumber, end, finished, used, isAnew },
    inputs: inputs as unknown as JournaledRun['inputs'],
  } as JournaledRun
  let last = owner
  const journal = {
    past,
    found: known.beginsAnew === true ? {} : past,
    path: '/state/runs/nightly.journal',
    wasUnlocked,
    begunMs: known.begunMs ?? 5,
    seen: () => undefined,
    get owner() {
      return last
    },
    nextOwner: () => ++last,
  } as unknown as Journal
  const { history, ...run } = testRun({ delivery: { confirmTimeoutMs: timeoutMs } })
  const restart = known.restart ?? known.beginsAnew ?? false
  const options = { ...run.options, journal: { folder: '/state', restart } }
  return { ...run, options, history: { ...history, name, journal } }
}

function withoutJournal(run: Run): Run {
  return { ...run, history: { ...run.history, journal: undefined } }
}

async function scene(t: Test): Promise<{ first: Session; next: Session }> {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const open = async (): Promise<Session> => {
    const session = await connect({ host: server.host, port: server.port })
    t.teardown(() => session.close().catch(() => undefined))
    return session
  }
  const [first, next] = [await open(), await open()]
  await markRun(first, name, timeoutMs)
  await takeOwnership(first, name, 1, timeoutMs)
  await openLedger(first, name, 2, timeoutMs)
  return { first, next }
}

t.test('a journal that knows as much as the server is accepted', async t => {
  const { next } = await scene(t)
  await checkSoleProcess(runOf(), next, true)
  await checkSoleProcess(withoutJournal(runOf()), next, true)
  await checkSoleProcess(runOf({ processes: 0, owner: 0, ledgerNumber: 0 }), next, true)
  await checkSoleProcess(runOf({ owner: 5, ledgerNumber: 7 }), next, true)
})

t.test('without --restart, an old journal does not start a run over', async t => {
  const { next } = await scene(t)
  const begins = { beginsAnew: true, restart: false, owner: 0 }
  await t.rejects(checkSoleProcess(runOf(begins), next, false), { code: 'DDB_RUN_DAMAGED' })
  t.same(await ledgersOf(next, name.token, timeoutMs), [ledgerName(name.token, 2)])
})

t.test('a run that starts over leaves no receipts of the previous attempt', async t => {
  const { next } = await scene(t)
  await checkSoleProcess(runOf({ beginsAnew: true }), next, false)
  t.same(await ledgersOf(next, name.token, timeoutMs), [])
})

t.test('a journal is refused if only the server knows that the run has finished', async t => {
  const { next } = await scene(t)
  await checkSoleProcess(runOf(), next, false)
  await markFinished(next, name, { target: 'target', rows: 1, begunMs: 5, processNo: 1 }, timeoutMs)
  await t.rejects(checkSoleProcess(runOf(), next, false), { code: 'DDB_RUN_DAMAGED' })
  const hasOpenBatches = runOf({ input: 'read' })
  await t.rejects(checkSoleProcess(hasOpenBatches, next, false), { code: 'DDB_RUN_DAMAGED' })
  await checkSoleProcess(runOf({ input: 'done' }), next, false)
  await checkSoleProcess(runOf(), next, true)
  await checkSoleProcess(runOf({ isFinished: true }), next, false)
  await checkSoleProcess(runOf({ used: 'count' }), next, false)
  await checkSoleProcess(runOf({ beginsAnew: true }), next, false)
  await checkSoleProcess(runOf(), next, false)
})

t.test(
  'a journal of a finished run is refused if a later process has finished the run again',
  async t => {
    const { next } = await scene(t)
    const mark = (process: number): Promise<boolean> =>
      markFinished(
        next,
        name,
        { target: 'target', rows: 1, begunMs: 5, processNo: process },
        timeoutMs,
      )
    await mark(1)
    await checkSoleProcess(runOf({ isFinished: true }), next, false)
    await mark(2)
    const isRefused = { code: 'DDB_RUN_DAMAGED' }
    await t.rejects(checkSoleProcess(runOf({ isFinished: true }), next, false), isRefused)
    await t.rejects(
      checkSoleProcess(runOf({ isFinished: true, used: 'count' }), next, false),
      isRefused,
    )
    await checkSoleProcess(runOf({ isFinished: true, owner: 2 }), next, false)
    await checkSoleProcess(runOf({ isFinished: true }), next, true)
    await checkSoleProcess(runOf({ isFinished: true, restart: true }), next, false)
  },
)

t.test('a journal restored from the moment of a restart is refused', async t => {
  const { next } = await scene(t)
  const anew = { isAnew: true, begunMs: 6 }
  await markFinished(next, name, { target: 'target', rows: 1, begunMs: 6, processNo: 1 }, timeoutMs)
  await t.rejects(checkSoleProcess(runOf(anew), next, false), { code: 'DDB_RUN_DAMAGED' })
  await t.rejects(checkSoleProcess(runOf({ ...anew, owner: 0 }), next, false), {
    code: 'DDB_RUN_DAMAGED',
  })
  await checkSoleProcess(runOf({ ...anew, begunMs: 7 }), next, false)
  await checkSoleProcess(runOf(anew), next, false)
  t.equal(
    await askFinished(next, name, timeoutMs),
    false,
    'records before the restart are forgotten',
  )
})

t.test('a journal that knows less than the server is refused', async t => {
  const refused = { code: 'DDB_RUN_DAMAGED', message: /earlier time/ }
  for (const less of [{ owner: 0 }, { ledgerNumber: 1 }]) {
    const { next } = await scene(t)
    await t.rejects(checkSoleProcess(runOf(less), next, true), refused)
    await checkSoleProcess(runOf({ ...less, beginsAnew: true }), next, true)
  }
})

t.test('a lock without a holder, and a process that did not record its end', async t => {
  const { first, next } = await scene(t)
  const elsewhere = { code: 'DDB_LOCKED', message: /session of another process/ }
  await t.rejects(checkSoleProcess(runOf({ wasUnlocked: true }), next, true), elsewhere)
  await t.rejects(
    checkSoleProcess(runOf({ wasUnlocked: true, beginsAnew: true }), next, true),
    elsewhere,
  )
  await checkSoleProcess(runOf({ wasUnlocked: true, hasEnded: true }), next, true)
  await checkSoleProcess(runOf(), next, true)
  await first.close()
  while ((await askKnown(next, name, timeoutMs)).isConnected === true);
  await checkSoleProcess(runOf({ wasUnlocked: true }), next, true)
})

t.test('only one process at a time has the run', async t => {
  const { first, next } = await scene(t)
  const [one, other] = [runOf(), runOf()]
  await announceRun(one, first)
  t.equal(await askOwner(first, name, timeoutMs), 2)
  await t.rejects(announceRun(other, next), { code: 'DDB_LOCKED' })
  await announceRunAgain(one, first)
  await checkOwner(one, first, timeoutMs)
  await takeOwnership(next, name, 9, timeoutMs)
  await t.rejects(checkOwner(one, first, timeoutMs), {
    code: 'DDB_LOCKED',
    message: /another process has told the server/,
  })
  await checkOwner(withoutJournal(one), first, timeoutMs)
})

t.test('if the server refuses to answer or is gone, the lock decides', async t => {
  const { first } = await scene(t)
  const refusing = {
    id: first.id,
    run: (script: string) => first.run(`throw "not allowed"\n${script}`),
  } as Session
  await checkSoleProcess(runOf({ owner: 0 }), refusing, true)
  await announceRun(runOf(), refusing)
  await checkOwner(runOf(), refusing, timeoutMs)
  first.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'gone'))
  await announceRunAgain(runOf(), first)
  await checkOwner(runOf(), first, timeoutMs)
})
