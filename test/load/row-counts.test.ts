import fc from 'fast-check'
import t from 'tap'
import { equationError, newRunCounts, type RunCounts } from '../../src/load/row-counts.js'
import { runs } from '../helpers/runs.js'

t.test('nothing has happened yet', async t => {
  const counts = newRunCounts()
  t.strictSame(counts.rows, {
    read: 0,
    confirmed: 0,
    unconfirmed: 0,
    rejected: 0,
    skipped: 0,
    unsent: 0,
  })
  t.strictSame(counts.batches, { sent: 0, retried: 0, failed: 0 })
  t.equal(counts.sentRows, 0)
})

/** What each step adds: rows confirmed, unconfirmed, rejected, unsent; rows sent; batches sent, retried, failed. */
const steps: [string, (counts: RunCounts) => void, number[]][] = [
  ['sent', counts => counts.sent(5), [0, 0, 0, 0, 5, 1, 0, 0]],
  ['sent again', counts => counts.sentAgain(), [0, 0, 0, 0, 0, 0, 1, 0]],
  ['confirmed', counts => counts.confirmed(5), [5, 0, 0, 0, 0, 0, 0, 0]],
  ['unconfirmed', counts => counts.unconfirmed(5), [0, 5, 0, 0, 0, 0, 0, 0]],
  ['rejected', counts => counts.rejected(), [0, 0, 1, 0, 0, 0, 0, 0]],
  ['unsent', counts => counts.unsent(5), [0, 0, 0, 5, 0, 0, 0, 0]],
  ['batch failed', counts => counts.batchFailed(), [0, 0, 0, 0, 0, 0, 0, 1]],
]

function seen({ rows, sentRows, batches }: RunCounts): number[] {
  const { confirmed, unconfirmed, rejected, unsent } = rows
  return [confirmed, unconfirmed, rejected, unsent, sentRows].concat(Object.values(batches))
}

t.test('each step counts in one place', async t => {
  for (const [name, step, once] of steps) {
    const counts = newRunCounts()
    step(counts)
    t.strictSame(seen(counts), once, name)
    step(counts)
    t.strictSame(
      seen(counts),
      once.map(count => 2 * count),
      `${name}, twice`,
    )
  }
})

t.test('a batch that was not sent after all was never sent', async t => {
  const counts = newRunCounts()
  counts.sent(5)
  counts.sent(3)
  counts.notSent(5)
  t.strictSame(seen(counts), [0, 0, 0, 0, 3, 1, 0, 0])
})

t.test(
  'what is confirmed may become unconfirmed, and what is read is what the readers say',
  async t => {
    const counts = newRunCounts()
    counts.readUpTo(3)
    counts.readUpTo(9)
    counts.confirmed(4)
    counts.unconfirmed(2)
    counts.allUnconfirmed()
    t.match(counts.rows, { read: 9, confirmed: 0, unconfirmed: 6 })
  },
)

t.test('of the rows that were sent so many arrived, of the others nothing is known', async t => {
  const counts = newRunCounts()
  counts.sent(5)
  counts.sent(5)
  counts.arrived(7)
  t.match(counts.rows, { confirmed: 7, unconfirmed: 3 })
})

t.test('rows without a place are unsent in the end', async t => {
  const counts = newRunCounts()
  counts.readUpTo(10)
  counts.confirmed(4)
  counts.rejected()
  counts.restIsUnsent()
  t.match(counts.rows, { unsent: 5 })
  counts.restIsUnsent()
  t.match(counts.rows, { unsent: 5 }, 'none is left')
  counts.confirmed(1)
  counts.restIsUnsent()
  t.match(counts.rows, { unsent: 5 }, 'nor ever fewer than none')
})

t.test('the equation holds when every row has one place, and only then', async () => {
  const row = fc.nat({ max: 1_000 })
  fc.assert(
    fc.property(
      fc.record({ confirmed: row, unconfirmed: row, rejected: row, skipped: row, unsent: row }),
      fc.integer({ min: -3, max: 3 }),
      (places, off) => {
        const sum = Object.values(places).reduce((total, count) => total + count, 0)
        const error = equationError({ read: sum + off, ...places })
        return off === 0 ? error === undefined : error?.code === 'DDB_INTERNAL'
      },
    ),
  )
})

t.test('a run that goes on begins where the earlier process stopped', async t => {
  const counts = newRunCounts()
  counts.goOn({ skipped: 10, rejected: 2, unconfirmed: 5, unsent: 3 })
  t.strictSame(counts.rows, {
    read: 20,
    confirmed: 0,
    unconfirmed: 5,
    rejected: 2,
    skipped: 10,
    unsent: 3,
  })
  t.equal(counts.sentRows, 0, 'this process has sent nothing')
  counts.readUpTo(7)
  t.equal(counts.rows.read, 20, 'what is read again is not read')
  counts.readUpTo(21)
  t.equal(counts.rows.read, 21)
})

t.test('rows that are taken up leave the place where they stood', async t => {
  const counts = newRunCounts()
  counts.goOn({ skipped: 10, rejected: 0, unconfirmed: 5, unsent: 3 })
  counts.takenUp('unconfirmed', 5)
  counts.takenUp('unsent', 2)
  t.match(counts.rows, { unconfirmed: 0, unsent: 1, read: 18 })
  counts.confirmed(7)
  t.equal(equationError(counts.rows), undefined)
  counts.allUnconfirmed()
  t.match(counts.rows, { confirmed: 0, skipped: 0, unconfirmed: 17 }, 'those of before, too')
  t.equal(equationError(counts.rows), undefined)
})

t.test('the equation holds whatever is taken up, and in whichever order', async () => {
  const few = fc.nat({ max: 20 })
  fc.assert(
    fc.property(
      fc.record({ skipped: few, rejected: few, unconfirmed: few, unsent: few }),
      fc.array(fc.tuple(fc.constantFrom('unconfirmed', 'unsent'), few, fc.nat({ max: 3 }))),
      (before, taken) => {
        const counts = newRunCounts()
        counts.goOn(before)
        for (const [from, most, place] of taken) {
          const rows = Math.min(most, counts.rows[from])
          counts.takenUp(from, rows)
          counts.sent(rows)
          if (place === 0) counts.confirmed(rows)
          else if (place === 1) counts.unconfirmed(rows)
          else if (place === 2) counts.unsent(rows)
          else for (let row = 0; row < rows; row++) counts.rejected()
        }
        return equationError(counts.rows) === undefined
      },
    ),
    { numRuns: runs(100) },
  )
})
