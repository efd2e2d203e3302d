import fc from 'fast-check'
import t from 'tap'
import { connectionFigures } from '../../../src/load/outcomes/by-connection.js'
import type { BatchRange, RunEvent } from '../../../src/load/outcomes/events.js'
import { fold, newRunState, type RunState } from '../../../src/load/outcomes/fold.js'
import { partRanges, wholeBatch } from '../../../src/load/outcomes/batch-part.js'
import { uncertainLines } from '../../../src/load/outcomes/projections.js'
import { readReceipt } from '../../../src/load/transport/receipts/link.js'
import type { LedgerRow } from '../../../src/load/transport/receipts/ledger.js'
import { equationError } from '../../../src/load/outcomes/row-counts.js'
import { batchOf } from '../../helpers/batches.js'
import { ended } from '../../helpers/load-run.js'
import { runs } from '../../helpers/runs.js'

function told(...events: readonly RunEvent[]): RunState {
  const state = newRunState()
  for (const event of events) fold(state, event)
  return state
}

const sums = { confirmed: 0, filtered: 0, rejected: 0, unconfirmed: 0, duplicates: 0 }
const batch1 = { lane: 0, no: 1 }
const ranges: readonly BatchRange[] = partRanges(wholeBatch(batchOf(10)))
const numbered: RunEvent = {
  ...{ kind: 'numbered', ...batch1, ranges },
  ...{ rows: 10, bytes: 100, isNew: true },
}
const sent = (sendNo: number, atMs = 5): RunEvent => ({
  kind: 'sent',
  ...batch1,
  sendNo,
  connection: 0,
  atMs,
})
const closed: RunEvent = { ...ended({ confirmed: 10 }), ...batch1 }

t.test('a new run has counted nothing', async t => {
  const state = newRunState()
  const none = {
    read: 0,
    confirmed: 0,
    filtered: 0,
    unconfirmed: 0,
    rejected: 0,
    skipped: 0,
    unsent: 0,
  }
  t.strictSame(state.rows, none)
  t.strictSame(state.batches, { sent: 0, retried: 0, failed: 0 })
  t.match(state, { sentRows: 0, openBytes: 0, inFlightCount: 0 })
})

/** What each event adds: rows confirmed, unconfirmed, rejected, unsent; rows sent; batches sent, retried, failed. */
const steps: readonly (readonly [RunEvent, number[]])[] = [
  [{ kind: 'handedOver', rows: 5 }, [0, 0, 0, 0, 5, 1, 0, 0]],
  [ended({ confirmed: 5 }), [5, 0, 0, 0, 0, 0, 0, 0]],
  [{ ...ended({ unconfirmed: 5 }), reason: 'lost' } as RunEvent, [0, 5, 0, 0, 0, 0, 0, 1]],
  [{ kind: 'rejected' }, [0, 0, 1, 0, 0, 0, 0, 0]],
  // The rejected rows do not count here, because a separate event counts each of them.
  [{ ...ended({ rejected: 5 }), reason: 'type' } as RunEvent, [0, 0, 0, 0, 0, 0, 0, 1]],
  [{ kind: 'unsent', rows: 5 }, [0, 0, 0, 5, 0, 0, 0, 0]],
  [ended({ unsent: 5 }), [0, 0, 0, 5, 0, 0, 0, 0]],
]

function seen({ rows, sentRows, batches }: RunState): number[] {
  const { confirmed, unconfirmed, rejected, unsent } = rows
  return [confirmed, unconfirmed, rejected, unsent, sentRows].concat(Object.values(batches))
}

t.test('each event is counted in exactly one place', async t => {
  for (const [event, once] of steps) {
    t.strictSame(seen(told(event)), once, event.kind)
    t.strictSame(
      seen(told(event, event)),
      once.map(count => 2 * count),
      `${event.kind}, twice`,
    )
  }
})

t.test('a withdrawn batch does not count as sent', async t => {
  const handed = (rows: number): RunEvent => ({ kind: 'handedOver', rows })
  const state = told(handed(5), handed(3), { kind: 'withdrawn', rows: 5 })
  t.strictSame(seen(state), [0, 0, 0, 0, 3, 1, 0, 0])
})

t.test('each transmission is counted for its connection', async t => {
  const state = told(
    numbered,
    { ...sent(1, 100), connection: 2 } as RunEvent,
    { ...sent(2, 300), connection: 0 } as RunEvent,
    { kind: 'answered', ...batch1, atMs: 400 },
    { kind: 'handedOver', rows: 5, sent: { connection: 2, bytes: 70 } },
  )
  const none = { p50: null, p95: null, p99: null }
  const since = { p50: 300, p95: 300, p99: 300 }
  const { rows, bytes } = numbered
  t.strictSame(connectionFigures(state.totalsByConnection), [
    { batches: 1, rows, bytes, latencyMs: since },
    { batches: 0, rows: 0, bytes: 0, latencyMs: none },
    { batches: 2, rows: rows + 5, bytes: bytes + 70, latencyMs: none },
  ])
})

t.test('rows that are taken back are unconfirmed, with the reason', async t => {
  const state = told(
    { kind: 'records', upTo: 3 },
    { kind: 'records', upTo: 20 },
    numbered,
    { ...closed, stored: ranges } as RunEvent,
    { kind: 'takenBack', reason: 'the server is gone', isCertain: true },
  )
  t.match(state.rows, { read: 20, confirmed: 0, unconfirmed: 10 })
  t.match(uncertainLines(state), [{ firstLine: 2, lastLine: 11, reason: 'the server is gone' }])
  t.same(state.notes, ['the server is gone'])
})

t.test('of the sent rows, the server counted some; the rest is unconfirmed', async t => {
  const handed: RunEvent = { kind: 'handedOver', rows: 5 }
  const state = told(handed, handed, { kind: 'counted', arrived: 7, note: 'short' })
  t.match(state.rows, { confirmed: 7, unconfirmed: 3 })
  t.same(state.notes, ['short'])
})

t.test('rows without an outcome are unsent at the end', async t => {
  const state = told({ kind: 'records', upTo: 10 }, ended({ confirmed: 4 }), { kind: 'rejected' })
  for (const again of ['', 'none is left', 'nor ever fewer than none']) {
    fold(state, { kind: 'restUnsent' })
    t.match(state.rows, { unsent: 5 }, again)
    if (again !== '') fold(state, ended({ confirmed: 1 }))
  }
})

t.test('the equation holds exactly if every row has one outcome', async () => {
  const row = fc.nat({ max: 1_000 })
  fc.assert(
    fc.property(
      fc.record({
        ...{ confirmed: row, filtered: row, unconfirmed: row },
        ...{ rejected: row, skipped: row, unsent: row },
      }),
      fc.integer({ min: -3, max: 3 }),
      (places, off) => {
        const sum = Object.values(places).reduce((total, count) => total + count, 0)
        const error = equationError({ read: sum + off, ...places })
        return off === 0 ? error === undefined : error?.code === 'DDB_INTERNAL'
      },
    ),
  )
})

t.test('a resumed run begins with the counts of the earlier process', async t => {
  const state = told({
    kind: 'goesOn',
    named: [],
    inputs: [],
    sums,
    skipped: 10,
    filtered: 4,
    rejected: 2,
    unconfirmed: 5,
    unsent: 3,
  })
  const expected = {
    read: 24,
    confirmed: 0,
    filtered: 4,
    unconfirmed: 5,
    rejected: 2,
    skipped: 10,
    unsent: 3,
  }
  t.strictSame(state.rows, expected)
  t.equal(state.sentRows, 0, 'this process has sent nothing')
  fold(state, { kind: 'records', upTo: 7 })
  t.equal(state.rows.read, 24, 'rows that are read again are not counted again')
  fold(state, { kind: 'records', upTo: 25 })
  t.equal(state.rows.read, 25)
})

t.test('resumed rows leave their previous count', async t => {
  const state = told(
    {
      kind: 'goesOn',
      named: [],
      inputs: [],
      sums,
      skipped: 10,
      filtered: 0,
      rejected: 0,
      unconfirmed: 5,
      unsent: 3,
    },
    { kind: 'takenUp', from: 'unconfirmed', rows: 5 },
    { kind: 'takenUp', from: 'unsent', rows: 2 },
  )
  t.match(state.rows, { unconfirmed: 0, unsent: 1, read: 18 })
  fold(state, ended({ confirmed: 7 }))
  t.equal(equationError(state.rows), undefined)
  fold(state, { kind: 'takenBack', reason: '', isCertain: false })
  t.match(
    state.rows,
    { confirmed: 0, skipped: 0, unconfirmed: 17 },
    'including rows of earlier processes',
  )
  t.equal(equationError(state.rows), undefined)
})

t.test('the equation holds for any resumed rows, in any order', async () => {
  const few = fc.nat({ max: 20 })
  const from = fc.constantFrom('unconfirmed', 'unsent')
  const places = ['confirmed', 'filtered', 'unconfirmed', 'unsent', 'rejected'] as const
  fc.assert(
    fc.property(
      fc.record({ skipped: few, filtered: few, rejected: few, unconfirmed: few, unsent: few }),
      fc.array(fc.tuple(from, few, fc.constantFrom(...places))),
      (before, taken) => {
        const state = told({ kind: 'goesOn', named: [], inputs: [], sums, ...before })
        for (const [earlier, most, place] of taken) {
          const rows = Math.min(most, state.rows[earlier])
          fold(state, { kind: 'takenUp', from: earlier, rows })
          fold(state, { kind: 'handedOver', rows })
          fold(state, ended({ [place]: rows }))
          if (place !== 'rejected') continue
          for (let row = 0; row < rows; row++) fold(state, { kind: 'rejected' })
        }
        return equationError(state.rows) === undefined
      },
    ),
    { numRuns: runs(100) },
  )
})

const claim = (sendNo: number, rowCount = 10, attempt = 0, batchNo = 1): LedgerRow => ({
  ...{ batchNo, attempt, phase: 0, sendNo, rowCount },
  errText: '',
})
const outcome = (sendNo: number, rowCount = 10, attempt = 0, batchNo = 1): LedgerRow => ({
  ...claim(sendNo, rowCount, attempt, batchNo),
  phase: 1,
})

/** A batch of ten rows that was sent once, and its rows in the ledger. */
function sentOne() {
  const state = told(numbered, sent(1))
  const emit = (event: RunEvent): void => fold(state, event)
  const read = (row: LedgerRow) => readReceipt({ state, emit }, row)
  return { state, emit, read, batch: state.open.get(1)! }
}

t.test('a batch is queued, sent, claimed, and closed by its end', async t => {
  const state = told(numbered)
  const batch = state.open.get(1)!
  t.match(batch, { no: 1, attempt: 0, state: 'queued', resends: 0 })
  t.match(state, { openBytes: 100, inFlightCount: 0, lastNo: 1 })
  fold(state, sent(1))
  t.match(batch, { state: 'sent', sentAtMs: 5, resends: 0 })
  t.equal(state.inFlightCount, 1)
  const emit = (event: RunEvent): void => fold(state, event)
  t.equal(readReceipt({ state, emit }, claim(1)), undefined)
  t.equal(batch.state, 'claimed')
  t.match(readReceipt({ state, emit }, outcome(1)), { batch, outcome: { rows: 10, errText: '' } })
  fold(state, { kind: 'answered', ...batch1, atMs: 12 })
  fold(state, closed)
  t.match(state, { openBytes: 0, inFlightCount: 0, rows: { confirmed: 10 } })
  t.equal(state.open.size, 0)
  t.equal(state.latencies.percentiles().p50, 7)
})

t.test('an outcome counts even if it is read before its claim', async t => {
  const { emit, read, batch } = sentOne()
  t.match(read(outcome(1)), { batch })
  emit(closed)
  t.equal(read(claim(1)), undefined)
})

t.test('a batch sent twice keeps its attempt; a claim with either send number counts', async t => {
  const { state, emit, read, batch } = sentOne()
  emit(sent(2, 50))
  t.match(batch, { attempt: 0, resends: 1, sentAtMs: 5 })
  read(claim(2))
  emit(sent(3, 60))
  t.match(batch, { state: 'claimed', resends: 2 }, 'also if the batch is already claimed')
  t.equal(state.batches.retried, 2)
})

t.test(
  'each attempt has its own send numbers, and receipts of earlier attempts do not count',
  async t => {
    const { state, emit, read, batch } = sentOne()
    read(claim(1))
    emit({ kind: 'refused', ...batch1, words: 'busy' })
    t.match(batch, { state: 'refused', refusal: 'busy' })
    t.equal(state.inFlightCount, 0)
    emit({ kind: 'again', ...batch1 })
    t.match(batch, { state: 'queued', attempt: 1, sendNos: [] })
    emit(sent(2, 90))
    t.match(batch, { state: 'sent', resends: 1, sentAtMs: 90 })
    t.equal(state.batches.retried, 1)
    t.equal(read(outcome(1)), undefined, 'the receipt is of attempt 0')
    t.match(read(outcome(2, 10, 1)), { batch })
  },
)

t.test('ledger rows about no open batch are ignored', async t => {
  const { emit, read } = sentOne()
  t.equal(read(outcome(1, 10, 0, 7)), undefined, 'no such batch')
  t.equal(read({ ...claim(0, 10, 0, 0), phase: 8 }), undefined, 'the probe')
  t.equal(read({ ...claim(1), phase: 5 }), undefined, 'no such phase')
  emit(closed)
  t.equal(read(outcome(1)), undefined, 'the batch is closed')
})

t.test('a receipt for a batch never sent, or for other rows, means a broken server', async t => {
  const { read } = sentOne()
  t.throws(() => read(claim(2)), { code: 'DDB_PROTOCOL' })
  t.throws(() => read(outcome(999)), { code: 'DDB_PROTOCOL' })
  t.throws(() => read(claim(1, 9)), { code: 'DDB_PROTOCOL', message: /9 rows/ })
})

t.test('events in an impossible order are an internal error', async t => {
  const again: RunEvent = { kind: 'again', ...batch1 }
  t.throws(() => fold(told(numbered), again), { code: 'DDB_INTERNAL' })
  const { state } = sentOne()
  fold(state, closed)
  for (const event of [
    closed,
    sent(2),
    again,
    { kind: 'refused', ...batch1, words: '' } as const,
  ]) {
    t.throws(() => fold(state, event), { code: 'DDB_INTERNAL' }, event.kind)
  }
  t.match(state.rows, { confirmed: 10 }, 'each row is counted once')
})

t.test(
  'a batch that is being read back is no longer open, and counts when its end is known',
  async t => {
    const { state, emit } = sentOne()
    emit({ kind: 'taken', ...batch1 })
    t.match(state, { openBytes: 0, inFlightCount: 0, rows: { confirmed: 0 } })
    emit({ ...closed, unconfirmed: 1, confirmed: 9, stored: ranges, different: ranges } as RunEvent)
    t.match(state.rows, { confirmed: 9, unconfirmed: 1 })
    t.match(uncertainLines(state), [{ reason: 'not in the table as it was sent' }])
  },
)

t.test('a batch sent by an earlier process is resumed in its old state', async t => {
  const inherited = { kind: 'inherited', lane: 0, ranges, rows: 10, atMs: 7 } as const
  const state = told(
    { kind: 'numbersGiven', lastNo: 9, lastSendNo: 999 },
    { ...inherited, no: 4, bytes: 100, attempt: 2, isSent: true },
    { ...inherited, no: 5, bytes: 50, attempt: 0, isSent: false },
  )
  const [known, queued] = [state.open.get(4)!, state.open.get(5)!]
  t.match(known, { attempt: 2, state: 'sent', sentAtMs: 7, resends: 0, sendNos: [] })
  t.match(queued, { state: 'queued' })
  t.match(state, { openBytes: 150, inFlightCount: 1, lastNo: 9, lastSendNo: 999 })
  const emit = (event: RunEvent): void => fold(state, event)
  const read = (row: LedgerRow) => readReceipt({ state, emit }, row)
  t.equal(read(claim(17, 10, 1, 4)), undefined, 'the claim is of an earlier attempt')
  t.equal(known.state, 'sent')
  read(claim(999, 10, 2, 4))
  t.equal(known.state, 'claimed')
  t.match(read(outcome(999, 10, 2, 4)), { batch: known, outcome: { rows: 10 } })
  t.throws(() => read(outcome(1_000, 10, 2, 4)), { code: 'DDB_PROTOCOL' })
  t.throws(() => read(claim(999, 9, 2, 4)), { code: 'DDB_PROTOCOL' }, 'other rows')
  emit({ kind: 'refused', lane: 0, no: 4, words: 'busy' })
  emit({ kind: 'again', lane: 0, no: 4 })
  emit({ kind: 'sent', lane: 0, no: 4, sendNo: 1_000, connection: 0, atMs: 9 })
  t.match(known, { attempt: 3, resends: 1 }, 'the batch continues like any other')
})

t.test('duplicates are counted until the target stops reporting them', async t => {
  const state = told({ kind: 'duplicatesKnown', rows: 2 }, ended({ confirmed: 5, duplicates: 3 }))
  t.equal(state.duplicates, 5)
  fold(state, { ...ended({ confirmed: 5 }), hidesDuplicates: true } as RunEvent)
  fold(state, ended({ confirmed: 5, duplicates: 3 }))
  t.equal(state.duplicates, null)
})
