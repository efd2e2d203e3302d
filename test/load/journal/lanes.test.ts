/*
  Rows divided by lane (the connection that carries them), as a later process finds them in the journal. Each batch
  number must still have the rows that it was given. The test compares with a model that keeps every row separately.
*/
import fc from 'fast-check'
import t from 'tap'
import { divideByLane } from '../../../src/load/outcomes/lane-batches.js'
import { handOverLanes, laneRows } from '../../../src/load/outcomes/lane-rows.js'
import type { BatchPart } from '../../../src/load/outcomes/batch-part.js'
import type { SendQueue } from '../../../src/load/outcomes/send-queue.js'
import {
  recordLine,
  recordOf,
  type JournalRecord,
} from '../../../src/load/journal/journal-record.js'
import { resumedInput } from '../../../src/load/journal/resumed-input.js'
import type { Run } from '../../../src/load/run.js'
import type { Column } from '../../../src/protocol/value.js'
import { batchOf } from '../../helpers/batches.js'
import { inputsRecord, readRun, targetRecord } from '../../helpers/journals.js'
import { testRun } from '../../helpers/load-run.js'
import { runs } from '../../helpers/runs.js'
import { ints } from '../../helpers/values.js'

const rowBytes = 10
const by = 'digest'

type Fate = 'unknown' | 'confirmed' | 'rejected' | 'unconfirmed' | 'unsent'

interface ModelRow {
  readonly lane: number
  no: number | undefined
  fate: Fate
}

/** `ended`: the rows of a number get an outcome. `half`: half of the rows get a new number, the rest stays unsent. */
type Step =
  | { readonly kind: 'ended'; readonly which: number; readonly how: Exclude<Fate, 'unknown'> }
  | { readonly kind: 'half'; readonly which: number; readonly isLast: boolean }

const steps = fc.array(
  fc.oneof(
    fc.record({
      kind: fc.constant('ended' as const),
      which: fc.nat(1_000),
      how: fc.constantFrom('confirmed', 'rejected', 'unconfirmed', 'unsent'),
    }),
    fc.record({ kind: fc.constant('half' as const), which: fc.nat(1_000), isLast: fc.boolean() }),
  ),
  { maxLength: 30 },
)

interface Play {
  readonly batches: readonly { readonly lanes: number; readonly laneOf: readonly number[] }[]
  readonly steps: readonly Step[]
}

const plays: fc.Arbitrary<Play> = fc.record({
  batches: fc.array(
    fc.integer({ min: 1, max: 5 }).chain(lanes =>
      fc.record({
        lanes: fc.constant(lanes),
        laneOf: fc.array(fc.nat(lanes - 1), { minLength: 1, maxLength: 20 }),
      }),
    ),
    { minLength: 1, maxLength: 4 },
  ),
  steps,
})

/** The rows of each batch in the order of the lanes, and the journal. */
function journalOf({ batches, steps }: Play) {
  const records: JournalRecord[] = []
  const model: { firstNo: number; firstRow: number; rows: ModelRow[] }[] = []
  let next = 1
  let firstRow = 0
  for (const { lanes, laneOf } of batches) {
    const perLane = Array.from(
      { length: lanes },
      (_, lane) => laneOf.filter(one => one === lane).length,
    )
    const firstNo = next
    const rows: ModelRow[] = []
    for (const [lane, count] of perLane.entries()) {
      for (let i = 0; i < count; i++) rows.push({ lane, no: next, fate: 'unknown' })
      if (count > 0) next++
    }
    const end = firstRow + laneOf.length
    records.push({
      ...({ kind: 'lanes', no: firstNo, input: 0, perLane, by } as const),
      ...{ start: firstRow * rowBytes, end: end * rowBytes, rows: laneOf.length },
      ...{ endLine: end + 2, records: end },
    })
    model.push({ firstNo, firstRow, rows })
    firstRow = end
  }
  for (const step of steps) {
    const open = model.flatMap(batch =>
      [...new Set(batch.rows.map(({ no }) => no))].flatMap(no => {
        const own = batch.rows.filter(row => row.no === no)
        return no !== undefined && own[0]!.fate === 'unknown' ? [{ batch, no, own }] : []
      }),
    )
    if (open.length === 0) break
    const { batch, no, own } = open[step.which % open.length]!
    if (step.kind === 'ended') {
      for (const row of own) row.fate = step.how
      const nothing = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }
      records.push({ kind: 'ended', no, ...nothing, [step.how]: own.length })
      continue
    }
    if (own.length < 2) continue
    const middle = own.length >> 1
    const half = step.isLast ? own.slice(middle) : own.slice(0, middle)
    for (const row of own) Object.assign(row, { no: undefined, fate: 'unsent' })
    for (const row of half) Object.assign(row, { no: next, fate: 'unknown' })
    records.push({
      ...({ kind: 'lanePart', no: next++, of: batch.firstNo } as const),
      ...{ start: batch.rows.indexOf(half[0]!), rows: half.length },
    })
  }
  return { records, model, lastNo: next - 1 }
}

t.test('batch numbers keep the rows that they were given', async t => {
  let taken = 0
  fc.assert(
    fc.property(plays, play => {
      const { records, model, lastNo } = journalOf(play)
      const read = records.map(record => recordOf(recordLine(record).trimEnd())!)
      const reading: JournalRecord = { kind: 'reading', input: 0, detected: 'csv' }
      const found = readRun(inputsRecord, targetRecord, reading, ...read)
      if (found.lastNo !== lastNo) throw new Error(`last number ${found.lastNo}`)
      const all = model.flatMap(({ rows }) => rows)
      const count = (fate: Fate): number => all.filter(row => row.fate === fate).length
      const rows = found.rows()
      const wanted = [count('confirmed'), count('unconfirmed') + count('unknown'), count('unsent')]
      if ([rows.confirmed, rows.unconfirmed, rows.unsent].join() !== wanted.join()) {
        throw new Error(`${JSON.stringify(rows)}, not ${wanted.join()}`)
      }
      const input = resumedInput(found.inputs[0]!, 0)
      for (const [index, { rows: ofBatch, firstRow, firstNo }] of model.entries()) {
        const { laneOf } = play.batches[index]!
        const isSettled = ofBatch.every(({ fate }) => fate === 'confirmed' || fate === 'rejected')
        const columns = [ints(...laneOf.keys()) as Column]
        const batch = Object.assign(batchOf(laneOf.length, firstRow), { columns })
        if (batch.ranges[0]!.startOffsetBytes < input.from.offsetBytes) {
          if (!isSettled) throw new Error('rows without a place are not read again')
          continue
        }
        const known = input.knownOf(batch.ranges[0]!)
        if (isSettled) {
          if (known?.kind !== 'settled') throw new Error(`${known?.kind}, though all has its place`)
          continue
        }
        const lanesOf = (): Uint8Array => Uint8Array.from(laneOf)
        const run: Run = {
          ...testRun(),
          lanes: { digest: by, mostLanes: Infinity, isOrdered: false, lanesOf },
        }
        const divided = laneRows(run, batch, known)
        if (divided === undefined || divided === 'changed') throw new Error('not divided again')
        const numbers = new Map<number, number | undefined>()
        const note = (part: BatchPart, no: number | undefined): void => {
          const [ids] = part.batch.columns as unknown as { data: Int32Array }[]
          for (let row = part.start; row < part.end; row++) numbers.set(ids!.data[row]!, no)
          if (part.lane?.firstNo !== firstNo) throw new Error('of another batch')
        }
        const queue = {
          add: (part: BatchPart) => note(part, undefined),
          node: { bufferedBytes: 0 },
        }
        const emit = (): void => undefined
        handOverLanes(
          { plan: run.plan, emit },
          batch,
          divided,
          queue as unknown as SendQueue,
          (part, { no }) => note(part, no),
        )
        const order = divideByLane(batch, Uint8Array.from(laneOf), play.batches[index]!.lanes).lanes
        const ids = order.flatMap(
          ({
            batch: {
              columns: [first],
              rowCount,
            },
          }) => [...(first as { data: Int32Array }).data.subarray(0, rowCount)],
        )
        for (const [at, { no, fate }] of ofBatch.entries()) {
          const isOpen = fate !== 'confirmed' && fate !== 'rejected'
          const id = ids[at]!
          if (numbers.has(id) !== isOpen) throw new Error(`row ${at} is ${fate}`)
          const expected = fate === 'unsent' ? undefined : no
          if (isOpen && numbers.get(id) !== expected)
            throw new Error(`row ${at} has another number`)
          taken += Number(isOpen)
        }
      }
    }),
    { numRuns: runs(2_000) },
  )
  t.ok(taken > 100)
})

t.test('if rows are divided differently now, no row is sent', async t => {
  const { records } = journalOf({ batches: [{ lanes: 2, laneOf: [0, 1, 1, 0] }], steps: [] })
  const reading: JournalRecord = { kind: 'reading', input: 0, detected: 'csv' }
  const [input] = readRun(inputsRecord, targetRecord, reading, ...records).inputs
  const batch = batchOf(4)
  const known = resumedInput(input!, 0).knownOf(batch.ranges[0]!)
  const scheme = (digest: string, lanes: number[]) => ({
    ...{ digest, mostLanes: Infinity, isOrdered: false, lanesOf: () => Uint8Array.from(lanes) },
  })
  const rowsBy = (lanes: Run['lanes']) => laneRows({ ...testRun(), lanes }, batch, known)
  t.equal(rowsBy(scheme('another', [0, 1, 1, 0])), 'changed')
  t.equal(rowsBy(scheme(by, [0, 0, 1, 0])), 'changed', 'other rows')
  t.equal(rowsBy(undefined), 'changed', 'no lanes at all')
  t.match(rowsBy(scheme(by, [0, 1, 1, 0])), { rowCounts: [2, 2] })
})

t.test('impossible records count as damage', async t => {
  const { records } = journalOf({ batches: [{ lanes: 2, laneOf: [0, 1, 1] }], steps: [] })
  const [lanes] = records as [Extract<JournalRecord, { kind: 'lanes' }>]
  const read = (record: JournalRecord) => () =>
    readRun(inputsRecord, targetRecord, ...records, record)
  t.throws(read({ ...lanes, no: 9, perLane: [1, 1] }), /other rows than it has/)
  t.throws(read({ kind: 'lanePart', no: 9, of: 7, start: 0, rows: 1 }), /not divided by lane/)
  for (const [start, rows] of [
    [0, 2],
    [1, 3],
    [3, 1],
  ] as const) {
    t.throws(read({ kind: 'lanePart', no: 9, of: 1, start, rows }), /no lane of batch 1 has/)
  }
  t.doesNotThrow(read({ kind: 'lanePart', no: 9, of: 1, start: 1, rows: 2 }))
})
