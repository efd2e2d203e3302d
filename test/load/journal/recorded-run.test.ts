/* The state that the records of a journal add up to, and the fewest records that lead to the same state. */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  recordLine,
  recordOf,
  type JournalRecord,
} from '../../../src/load/journal/journal-record.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import { batchRecord, inputsRecord, readRun, runRecord } from '../../helpers/journals.js'
import { forAll } from '../../helpers/runs.js'

const batchRows = 10

/** What becomes of one piece: the whole batch, or its two halves. */
interface Fate {
  readonly no: number
  readonly isHalved: boolean
  readonly confirmed: number
  readonly unsent: number
  readonly filtered: number
  readonly rejected: number
}

const fate = fc
  .record({
    no: fc.integer({ min: 1, max: 8 }),
    isHalved: fc.boolean(),
    parts: fc.array(fc.integer({ min: 0, max: 1 }), { minLength: 4, maxLength: 4 }),
  })
  .map(({ no, isHalved, parts: [confirmed = 0, unsent = 0, filtered = 0, rejected = 0] }): Fate => {
    return { no, isHalved, confirmed, unsent, filtered, rejected }
  })

/** Of a whole batch: its rows by outcome; of halves: each has half of them. */
function recordsOf({ no, isHalved, ...share }: Fate): JournalRecord[] {
  const parts = isHalved ? [2, 3] : [1]
  const rows = batchRows / parts.length
  const { confirmed, unsent, filtered, rejected } = share
  const known = confirmed + unsent + filtered + rejected
  return parts.map(part => ({
    ...{ kind: 'ended', stream: 1, no, lane: 0, part },
    ...{ confirmed, unsent, filtered, rejected, unconfirmed: rows - known },
  }))
}

const others = fc.constantFrom<JournalRecord>(
  { kind: 'facts', ledgerNumber: 1, used: 'receipts' },
  { kind: 'facts', ledgerNumber: 2 },
  { kind: 'facts', used: 'answers' },
  { kind: 'process', startedAt: '2026-01-02T03:04:05.000Z' },
  {
    ...{ kind: 'rejects', byClass: { parse: 1, type: 0, server: 0 }, byCode: { A: 1 } },
    ...{ byInput: { 'a.csv': { rejected: 1, firstError: null } }, files: [], upTo: [[0, 70]] },
  },
)

/** Everything that a process may ask. */
function stateOf(run: RecordedRun): unknown {
  const streams = [...run.streams].map(([stream, { settled, open }]) => {
    const batches = [...open.values()].map(batch => ({ ...batch, pieces: [...batch.pieces] }))
    return { stream, settled, batches }
  })
  const { inputs, rejects, hasBatches, ledgerNumber, used, begun } = run
  const more = { inputs, rejects, hasBatches, ledgerNumber, used }
  return JSON.parse(JSON.stringify({ streams, rows: run.rows(), processes: begun.length, ...more }))
}

t.test('the fewest records lead to the same state, also if the run continues', async () => {
  const first: JournalRecord[] = [runRecord('nightly'), inputsRecord]
  forAll(200)(fc.array(fc.oneof(fate, others)), fc.nat({ max: 100 }), (steps, share) => {
    let sent = 0
    const records = steps.flatMap((step): JournalRecord[] => {
      if ('kind' in step) return [step]
      // A batch is sent before it has an outcome, and the batches before it are sent first.
      const batches: JournalRecord[] = []
      while (sent < step.no) batches.push(batchRecord(++sent))
      return [...batches, ...recordsOf(step)]
    })
    const all = [...first, ...records]
    const cut = first.length + Math.round((records.length * share) / 100)
    const [before, after] = [all.slice(0, cut), all.slice(cut)]
    const short = [...readRun(...before).records()].map(one => recordOf(recordLine(one).trim())!)
    deepStrictEqual(stateOf(readRun(...short)), stateOf(readRun(...before)))
    const last = after.filter(({ kind }) => kind === 'batch' || kind === 'ended')
    const [one, other] = [readRun(...before, ...last), readRun(...short, ...last)]
    deepStrictEqual(one.rows(), other.rows())
  })
})

t.test('rows are counted by their last outcome, and by none twice', async () => {
  forAll(200)(fc.uniqueArray(fate, { selector: ({ no }) => no }), fates => {
    const sent = Array.from({ length: 8 }, (_, i) => batchRecord(i + 1))
    const run = readRun(runRecord('nightly'), inputsRecord, ...sent, ...fates.flatMap(recordsOf))
    const sumOf = (name: 'confirmed' | 'unsent' | 'filtered' | 'rejected'): number =>
      fates.reduce((sum, one) => sum + one[name] * (one.isHalved ? 2 : 1), 0)
    const [confirmed, unsent, filtered] = [sumOf('confirmed'), sumOf('unsent'), sumOf('filtered')]
    const unconfirmed = 8 * batchRows - confirmed - unsent - filtered - sumOf('rejected')
    deepStrictEqual(run.rows(), { confirmed, unsent, filtered, unconfirmed, rejected: 0 })
  })
})

t.test(
  'a batch without rows settles with those before it, and one that comes late is left out',
  async t => {
    const none = (no: number): JournalRecord => {
      const { ranges, ...batch } = batchRecord(no) as Extract<JournalRecord, { kind: 'batch' }>
      return { ...batch, ranges: ranges.map(range => ({ ...range, rows: 0 })) }
    }
    const whole = { isHalved: false, confirmed: batchRows, unsent: 0, filtered: 0, rejected: 0 }
    const ended = (no: number): JournalRecord[] => recordsOf({ no, ...whole })
    const settledOf = (...records: JournalRecord[]) => {
      const { settled, open } = readRun(runRecord('r'), inputsRecord, ...records).streams.get(1)!
      return [settled.no, [...open.keys()]]
    }
    t.strictSame(settledOf(none(1), batchRecord(2)), [1, [2]])
    t.strictSame(settledOf(batchRecord(1), none(2), batchRecord(3), ...ended(1)), [2, [3]])
    t.strictSame(settledOf(batchRecord(1), batchRecord(3), none(2), ...ended(1)), [1, [3]])
    t.strictSame(settledOf(batchRecord(1), batchRecord(3), ...ended(1), ...ended(3), none(2)), [
      3,
      [],
    ])
  },
)
