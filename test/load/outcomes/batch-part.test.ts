import fc from 'fast-check'
import t from 'tap'
import {
  halves,
  newBisectQueue,
  partRanges,
  partTable,
  partText,
  releasePart,
  wholeBatch,
  type BatchPart,
} from '../../../src/load/outcomes/batch-part.js'
import { batchOf } from '../../helpers/batches.js'
import { runs } from '../../helpers/runs.js'
import { ints } from '../../helpers/values.js'
import type { Column } from '../../../src/protocol/value.js'

const partOf = (batch: BatchPart['batch'], start: number, end: number): BatchPart => ({
  ...wholeBatch(batch),
  start,
  end,
})

t.test(
  'a batch is one part; halves take the place of a part, and only the last half closes the batch',
  async t => {
    const whole = wholeBatch(batchOf(5))
    t.match(whole, { start: 0, end: 5, encodedBytes: 50, open: { parts: 1 } })
    const [left, right] = halves(whole)
    t.match(left, { start: 0, end: 2, encodedBytes: 25 })
    t.match(right, { start: 2, end: 5, encodedBytes: 25 })
    t.match(halves(right), [
      { start: 2, end: 3 },
      { start: 3, end: 5 },
    ])
  },
)

t.test('a batch is released with the last of its parts', async t => {
  const batch = batchOf(4)
  const [left, right] = halves(wholeBatch(batch))
  const [first, second] = halves(right)
  for (const part of [first, left]) {
    releasePart(part)
    t.equal(batch.releases, 0)
  }
  releasePart(second)
  t.equal(batch.releases, 1)
})

t.test('if a batch may be stored, both halves may be stored, too', async t => {
  const whole: BatchPart = { ...wholeBatch(batchOf(2)), mayBeStored: true }
  t.match(halves(whole), [{ mayBeStored: true }, { mayBeStored: true }])
})

t.test(
  'the table of a part has its rows; the table of a whole batch shares its columns',
  async t => {
    const id = ints(10, 11, 12, 13) as Column
    const batch = { ...batchOf(4), columns: [id] }
    const all = partTable(wholeBatch(batch), ['id'])
    t.equal(all.columns[0], id, 'no copy')
    t.match(all, { form: 'table', rows: 4, columnNames: ['id'] })
    const some = partTable(partOf(batch, 1, 3), ['id'])
    t.match(some, { form: 'table', rows: 2 })
    t.strictSame(some.columns, [ints(11, 12)])
  },
)

t.test('the text of a part names its lines and its input', async t => {
  const batch = batchOf(10, 10, 'a.csv')
  // Row 10 is in line 12, because a header and ten rows precede it.
  t.equal(partText(wholeBatch(batch)), 'a.csv, lines 12 to 21')
  t.equal(partText(partOf(batch, 2, 4)), 'a.csv, lines 14 to 15')
  t.equal(partText(partOf(batch, 9, 10)), 'a.csv, line 21')
})

t.test('ranges of neighbouring parts touch, whatever bytes are between their rows', async t => {
  // The batch begins 5 bytes before its first row and ends 7 bytes after its last row.
  const rows = batchOf(4, 10)
  const ranges = [{ ...rows.ranges[0]!, startOffsetBytes: 95, endOffsetBytes: 147 }]
  const batch = { ...rows, ranges }
  t.match(partRanges(wholeBatch(batch)), [{ startBytes: 95, endBytes: 147 }])
  t.match(partRanges(partOf(batch, 0, 2)), [{ startBytes: 95, endBytes: 120 }])
  t.match(partRanges(partOf(batch, 2, 3)), [{ startBytes: 120, endBytes: 130 }])
  t.match(partRanges(partOf(batch, 3, 4)), [{ startBytes: 130, endBytes: 147 }])
})

const rowsOf = (parts: readonly BatchPart[]): [number, number][] =>
  parts.map(({ start, end }) => [start, end])

t.test('the first half is next, and the rest follows in order', async t => {
  const queue = newBisectQueue()
  t.equal(queue.next(), undefined)
  queue.divide(wholeBatch(batchOf(7)))
  const first = queue.next()!
  t.same(rowsOf([first]), [[0, 3]])
  queue.divide(first)
  t.same(rowsOf(queue.rest()), [
    [0, 1],
    [1, 3],
    [3, 7],
  ])
  t.same(queue.rest(), [])
  t.equal(queue.next(), undefined)
})

t.test(
  'bad rows are found one by one, each row is decided once and in order, and the batch is released once',
  async () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), isBad => {
        const batch = batchOf(isBad.length)
        const queue = newBisectQueue()
        const found: number[] = []
        const settled: number[] = []
        let part: BatchPart | undefined = wholeBatch(batch)
        while (part !== undefined) {
          const { start, end } = part
          if (isBad.slice(start, end).includes(true) && end - start > 1) {
            queue.divide(part)
          } else {
            if (isBad[start]) found.push(start)
            for (let row = start; row < end; row++) settled.push(row)
            if (batch.releases !== 0) return false
            releasePart(part)
          }
          part = queue.next()
        }
        const bad = isBad.flatMap((is, row) => (is ? [row] : []))
        return (
          found.join() === bad.join() &&
          settled.join() === isBad.map((_, row) => row).join() &&
          batch.releases === 1
        )
      }),
      { numRuns: runs(100) },
    )
  },
)
