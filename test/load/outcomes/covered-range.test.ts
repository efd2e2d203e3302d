import t from 'tap'
import {
  isSettled,
  newCoveredInput,
  type CoveredInput,
  type SentRange,
} from '../../../src/load/outcomes/covered-range.js'
import type { EndedRows } from '../../../src/load/journal/journal-record.js'

const nothing: EndedRows = { confirmed: 0, rejected: 0, unconfirmed: 0, unsent: 0 }

function range(no: number, startBytes: number, endBytes: number, ended?: EndedRows): SentRange {
  const rows = (endBytes - startBytes) / 10
  return {
    batch: { no, rows, inputs: [0], ended, hasNoReceipt: false },
    startBytes,
    endBytes,
    rows,
  }
}
const done = (no: number, startBytes: number, endBytes: number): SentRange =>
  range(no, startBytes, endBytes, { ...nothing, confirmed: (endBytes - startBytes) / 10 })

function extend(covered: CoveredInput, sent: SentRange): void {
  const { endBytes } = sent
  covered.extend(sent, {
    offsetBytes: endBytes,
    lineNumber: endBytes / 10 + 1,
    records: endBytes / 10,
  })
}

const numbers = (covered: CoveredInput): number[] => covered.ranges.map(({ batch }) => batch.no)
const offsets = (covered: CoveredInput): number[] =>
  covered.ends.map(({ offsetBytes }) => offsetBytes)

t.test('an input begins before its first byte, in line 1', async t => {
  const covered = newCoveredInput()
  t.strictSame(covered.ends, [{ offsetBytes: 0, lineNumber: 1, records: 0 }])
  t.strictSame(covered.ranges, [])
  t.equal(covered.rows, 0)
  covered.settle()
  t.equal(covered.ends.length, 1)
})

t.test('each batch begins where the previous batch ends', async t => {
  const covered = newCoveredInput()
  extend(covered, range(1, 0, 40))
  extend(covered, range(2, 40, 100))
  t.strictSame(offsets(covered), [0, 40, 100])
  t.strictSame(numbers(covered), [1, 2])
  t.equal(covered.rows, 10)
})

t.test('a part sent under a new number replaces its range in the batch', async t => {
  const covered = newCoveredInput()
  for (const [no, start] of [0, 40, 80].entries()) extend(covered, range(no + 1, start, start + 40))
  covered.replace(range(4, 40, 60))
  t.strictSame(numbers(covered), [1, 4, 3], 'the other half is a gap')
  covered.replace(range(5, 60, 80))
  t.strictSame(numbers(covered), [1, 4, 5, 3])
  covered.replace(range(6, 70, 80))
  t.strictSame(numbers(covered), [1, 4, 6, 3])
  covered.replace(range(7, 60, 70))
  t.strictSame(numbers(covered), [1, 4, 7, 6, 3])
  covered.replace(range(8, 80, 120))
  covered.replace(range(9, 0, 40))
  t.strictSame(numbers(covered), [9, 4, 7, 6, 8])
  covered.replace(range(10, 40, 80))
  t.strictSame(numbers(covered), [9, 10, 8], 'ranges inside the new one are removed')
  t.equal(covered.rows, 12, 'no row is counted twice')
  t.strictSame(offsets(covered), [0, 40, 80, 120])
})

t.test('batches are settled from the first one up to the first gap', async t => {
  const covered = newCoveredInput()
  extend(covered, done(1, 0, 40))
  extend(covered, range(2, 40, 80))
  extend(covered, done(3, 80, 120))
  covered.settle()
  t.strictSame(offsets(covered), [40, 80, 120])
  t.strictSame(numbers(covered), [2, 3])
  covered.replace(done(4, 40, 60))
  covered.settle()
  t.strictSame(numbers(covered), [4, 3], 'half a batch is not a batch')
  covered.replace(done(5, 60, 80))
  covered.settle()
  t.strictSame([offsets(covered), numbers(covered)], [[120], []])
  t.equal(covered.rows, 12, 'settled ones included')
  covered.settle()
  extend(covered, range(6, 120, 160))
  covered.settle()
  t.strictSame([offsets(covered), numbers(covered)], [[120, 160], [6]])
})

t.test('a batch is settled if its outcome is final', async t => {
  const of = (ended: Partial<EndedRows> | undefined): boolean =>
    isSettled({ rows: 4, ended: ended && { ...nothing, ...ended } })
  t.equal(of(undefined), false)
  t.equal(of({ confirmed: 4 }), true)
  t.equal(of({ rejected: 4 }), true)
  t.equal(of({ confirmed: 3, rejected: 1 }), true)
  t.equal(of({ unconfirmed: 4 }), false, 'the ledger may know the outcome')
  t.equal(of({ unsent: 4 }), false, 'these rows still have to be sent')
  t.equal(of({ confirmed: 3, unconfirmed: 1 }), true, 'their rows can no longer be told apart')
})

t.test('if there are very many batches, only those not yet settled are kept', async t => {
  const covered = newCoveredInput()
  let most = 0
  for (let no = 1; no <= 20_000; no++) {
    extend(covered, done(no, 10 * (no - 1), 10 * no))
    most = Math.max(most, covered.ranges.length)
  }
  t.ok(most < 5_000, `${most} at a time`)
  t.equal(covered.rows, 20_000)
})
