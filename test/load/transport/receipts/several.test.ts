/*
  A model of receipts. Several sessions write into one table at the same time while another user replaces the table. The
  ledger (table of receipts) reports in the order of its rows. For any order of events, confirmed rows must be in the
  table.
*/
import fc from 'fast-check'
import t from 'tap'
import { retryRules } from '../../../../src/load/connection/retry.js'
import {
  rowsGoneMessage,
  newEvidence,
  type Evidence,
} from '../../../../src/load/evidence/evidence.js'
import type { TargetIdentity } from '../../../../src/load/journal/target-identity.js'
import { wholeBatch } from '../../../../src/load/outcomes/batch-part.js'
import { newRecorder } from '../../../../src/load/outcomes/recorder.js'
import { noEarlierReceipts } from '../../../../src/load/transport/receipts/earlier-receipts.js'
import type { LedgerRow } from '../../../../src/load/transport/receipts/ledger.js'
import type { ReceiptNode } from '../../../../src/load/transport/receipts/receipt-node.js'
import { ReceiptWatcher } from '../../../../src/load/transport/receipts/watcher.js'
import type { Column } from '../../../../src/protocol/value.js'
import { batchOf } from '../../../helpers/batches.js'
import { testRun } from '../../../helpers/load-run.js'
import { deepTest, runs } from '../../../helpers/runs.js'
import { ints } from '../../../helpers/values.js'

const batchRows = 8

/** Evidence for a table that had two rows. */
function evidenceOf(total: 'rows' | 'kept'): Evidence {
  const identity = { rows: 2, total, adds: true, inMemory: true } as TargetIdentity
  const columns = [{ name: 'id', type: { type: 'INT' } }] as const
  return newEvidence(testRun(), { columns, keyed: false }, identity, {
    samples: [],
    leastRows: undefined,
  })
}

/** The watcher of a run on a node that is never lost. @param send  takes a batch and the number of its connection */
function watchedRun(
  connections: number,
  evidence: Evidence,
  send: (no: number, connection: number) => void,
) {
  const run = testRun({
    delivery: { retries: 3, connections, unordered: true },
    rejects: { onError: 'skip' },
  })
  const node: Partial<ReceiptNode> = {
    isLost: false,
    isControlLost: false,
    bufferedBytes: 0,
    send: ({ no }, _part, _sendNo, connection) => {
      send(no, connection)
      return true
    },
    carries: () => false,
    drained: () => Promise.resolve(),
  }
  const recorder = newRecorder(run, {
    description: { columns: [], keyed: false },
    kind: 'table',
    allOrNothing: true,
    retries: 3,
    keyed: false,
    inMemory: true,
    evidence,
  })
  const { link } = new ReceiptWatcher({
    run,
    node: node as ReceiptNode,
    recorder,
    rules: retryRules(run),
    earlier: noEarlierReceipts,
    follow: () => Promise.reject(new Error('no other node was expected')),
  })
  return { run, recorder, link }
}

/** A ledger row about the only attempt to send a batch. */
const row = (batchNo: number, phase: 0 | 1): LedgerRow => ({
  batchNo,
  attempt: 0,
  phase,
  sendNo: batchNo,
  rowCount: batchRows,
  errText: '',
})

/** A job of the server. Its steps: claim the batch, find the table, insert, count, write the outcome. */
interface Job {
  readonly no: number
  step: number
  table: { rows: number; readonly batches: Set<number> }
  had: number
}

interface Play {
  readonly connections: number
  readonly batches: number
  readonly total: 'rows' | 'kept'
  /** The order of events: each number selects a step of a job, or a reading of the ledger. */
  readonly steps: readonly number[]
  /** What another user does before step `at`: replaces the table (`isMade`), inserts `fill` batches, or both. */
  readonly deeds: readonly {
    readonly at: number
    readonly isMade: boolean
    readonly fill: number
  }[]
}

function play({ connections, batches, total, steps, deeds }: Play) {
  const evidence = evidenceOf(total)
  const sessions: Job[][] = Array.from({ length: connections }, () => [])
  let table = { rows: 2, batches: new Set<number>() }
  const { run, recorder, link } = watchedRun(connections, evidence, (no, connection) => {
    sessions[connection]!.push({ no, step: 0, table, had: 0 })
  })
  let isMade = false
  let handed = 0
  const ledger: (readonly [what: 'claim' | 'outcome', no: number, had: number])[] = []
  const send = (): void => {
    while (handed < batches && link.queue.hasRoom) {
      const first = handed++ * batchRows
      const ids = ints(...Array.from({ length: batchRows }, (_, i) => first + i)) as Column
      run.emit({ kind: 'records', upTo: handed * batchRows })
      run.emit({ kind: 'handedOver', rows: batchRows })
      link.queue.add(wholeBatch({ ...batchOf(batchRows, first), columns: [ids] }))
    }
  }
  const work = (session: Job[]): void => {
    const job = session[0]
    if (job === undefined) return
    switch (job.step++) {
      case 0:
        ledger.push(['claim', job.no, 0])
        return
      case 1:
        job.table = table
        return
      case 2:
        job.table.rows += batchRows
        job.table.batches.add(job.no)
        return
      case 3:
        job.had = table.rows
        return
      default:
        ledger.push(['outcome', job.no, job.had])
        session.shift()
    }
  }
  const read = (): void => {
    for (const [what, no, had] of ledger.splice(0)) {
      link.take(what === 'claim' ? row(no, 0) : { ...row(no, 1), had })
    }
  }
  for (const [index, step] of steps.entries()) {
    for (const deed of deeds) {
      if (deed.at !== index) continue
      isMade ||= deed.isMade
      if (deed.isMade) table = { rows: 0, batches: new Set<number>() }
      table.rows += deed.fill * batchRows
    }
    send()
    if (step < connections) work(sessions[step]!)
    else read()
  }
  for (let busy = true; busy;) {
    send()
    for (const session of sessions) while (session.length > 0) work(session)
    read()
    busy = handed < batches || sessions.some(({ length }) => length > 0)
  }
  // The final check: the table must have as many rows as it ever had, and must contain the first row of the run.
  const [first] = evidence.samples.rows
  const firstId = Number(first?.[0]?.scalar.value)
  const isFound = first === undefined || table.batches.has(Math.floor(firstId / batchRows) + 1)
  const isShort = table.rows < (evidence.leastRows ?? 0)
  if (isShort || !isFound) recorder.replaced(rowsGoneMessage('the last look'), true)
  return { run, isMade, there: table.batches.size * batchRows }
}

const plays = (deeds: number): fc.Arbitrary<Play> =>
  fc.integer({ min: 1, max: 5 }).chain(connections =>
    fc.record({
      connections: fc.constant(connections),
      batches: fc.integer({ min: 1, max: 6 }),
      total: fc.constantFrom('rows' as const, 'kept' as const),
      steps: fc.array(fc.nat(connections), { minLength: 20, maxLength: 60 }),
      deeds: fc.array(fc.record({ at: fc.nat(40), isMade: fc.boolean(), fill: fc.nat(8) }), {
        minLength: deeds,
        maxLength: deeds,
      }),
    }),
  )

t.test('for any order of writes and receipts, rows are taken back only for a reason', t => {
  fc.assert(
    fc.property(plays(0), one => {
      const { run, there } = play(one)
      const { confirmed, unconfirmed } = run.state.rows
      return confirmed === one.batches * batchRows && unconfirmed === 0 && there === confirmed
    }),
    { numRuns: runs(2_000) },
  )
  t.end()
})

deepTest(t, 'rows of a table that another user replaced and filled do not count', t => {
  let isFilled = 0
  fc.assert(
    fc.property(plays(3), one => {
      const { run, there, isMade } = play(one)
      const { confirmed, unconfirmed } = run.state.rows
      isFilled += Number(isMade && confirmed > 0)
      return confirmed <= there && confirmed + unconfirmed === one.batches * batchRows
    }),
    { numRuns: runs(5_000) },
  )
  t.ok(isFilled > 0, 'some runs continue in the new table')
  t.end()
})
