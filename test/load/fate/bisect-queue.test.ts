import fc from 'fast-check'
import t from 'tap'
import { newBisectQueue } from '../../../src/load/fate/bisect-queue.js'
import { releasePart, wholeBatch, type Part } from '../../../src/load/fate/part.js'
import { batchOf } from '../../helpers/batches.js'
import { runs } from '../../helpers/runs.js'

const rowsOf = (parts: readonly Part[]): [number, number][] =>
  parts.map(({ start, end }) => [start, end])

t.test('the first half is next, and what is left comes in order', async t => {
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
  'bad rows are found one by one, every row is decided once and in order, and the batch is given back once',
  async () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 40 }), isBad => {
        const batch = batchOf(isBad.length)
        const queue = newBisectQueue()
        const found: number[] = []
        const settled: number[] = []
        let part: Part | undefined = wholeBatch(batch)
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
