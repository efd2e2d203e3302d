import fc from 'fast-check'
import t from 'tap'
import {
  halvesOf,
  LineRanges,
  linesOf,
  type LinesOfRows,
  rangeText,
  wholePiece,
} from '../../../src/load/outcomes/pieces.js'
import { batchOf } from '../../helpers/batches.js'
import { forAll } from '../../helpers/runs.js'

const rows = (count: number, first: number, file?: string): LinesOfRows =>
  linesOf(batchOf(count, first, file))[0]!

/** File, first and last line, number of batches and reason of each range. */
const shown = (ranges: LineRanges): string[] =>
  ranges.ranges.map(({ file, firstLine, lastLine, batches, reason }) =>
    [file, firstLine, lastLine, batches, reason].join(' '),
  )

const lane = (firstLine: number, lastLine: number): LinesOfRows => ({
  ...{ file: 'in.csv', firstLine, lastLine },
  ...{ startBytes: 0, endBytes: 100 },
})

/** Parts with their reasons, then the resulting ranges. */
const cases: readonly [string, [LinesOfRows, string][], string[]][] = [
  ['nothing', [], []],
  ['one', [[rows(10, 0), 'lost']], ['in.csv 2 11 1 lost']],
  [
    'other reasons',
    [
      [rows(10, 0), 'lost'],
      [rows(10, 10), 'refused'],
      [rows(10, 20), 'lost'],
    ],
    ['in.csv 2 11 1 lost', 'in.csv 12 21 1 refused', 'in.csv 22 31 1 lost'],
  ],
  [
    'other files',
    [
      [rows(10, 0, 'A.csv'), 'lost'],
      [rows(10, 10, 'B.csv'), 'lost'],
    ],
    ['A.csv 2 11 1 lost', 'B.csv 12 21 1 lost'],
  ],
  [
    'lanes of one batch',
    [
      [lane(5, 20), 'lost'],
      [lane(2, 19), 'lost'],
      [lane(3, 21), 'lost'],
    ],
    ['in.csv 2 21 3 lost'],
  ],
]

for (const [name, parts, expected] of cases) {
  t.test(`ranges of ${name}`, async t => {
    const ranges = new LineRanges()
    for (const [part, reason] of parts) ranges.add(part, reason)
    t.same(shown(ranges), expected)
    const others = new LineRanges()
    others.addAll(ranges, 'all the same')
    const batchCount = others.ranges.reduce((sum, { batches }) => sum + batches, 0)
    t.equal(batchCount, parts.length, 'adding ranges to others loses none')
  })
}

t.test('ranges added for one reason merge, whatever their earlier reasons were', async t => {
  const ranges = new LineRanges()
  ranges.add(rows(10, 10), 'in doubt')
  const others = new LineRanges()
  others.add(rows(10, 0), '')
  others.add(rows(10, 20), '')
  ranges.addAll(others, 'in doubt')
  t.same(shown(ranges), ['in.csv 2 31 3 in doubt'])
  others.clear()
  t.same(others.ranges, [])
  others.add(rows(10, 10), '')
  t.same(shown(others), ['in.csv 12 21 1 '], 'nothing remains after clear')
})

t.test('parts that touch become one range, in any order', async () => {
  const holes = fc.array(fc.boolean(), { minLength: 1, maxLength: 40 })
  const order = fc.array(fc.nat(), { minLength: 40, maxLength: 40 })
  forAll(200)(holes, order, (isThere, keys) => {
    const ranges = new LineRanges()
    const added = isThere.flatMap((is, i) => (is ? [i] : []))
    added.sort((a, b) => keys[a]! - keys[b]!)
    for (const i of added) ranges.add(rows(3, 3 * i), 'lost')
    const text = isThere.map(is => (is ? 'x' : ' ')).join('')
    const expected = [...text.matchAll(/x+/g)].map(({ index, 0: { length } }) =>
      ['in.csv', 3 * index + 2, 3 * (index + length) + 1, length, 'lost'].join(' '),
    )
    return JSON.stringify(shown(ranges).sort()) === JSON.stringify(expected.sort())
  })
})

t.test('the first thousand ranges are listed, the batches after them are counted', async t => {
  const ranges = new LineRanges()
  for (let i = 0; i < 1_005; i++) ranges.add(rows(1, 2 * i), 'lost')
  t.equal(ranges.ranges.length, 1_000)
  t.equal(ranges.batches, 1_005)
  ranges.add(rows(1, 1), 'lost')
  t.equal(ranges.ranges.length, 999, 'a part that joins two ranges makes room')
  const batchCount = ranges.ranges.reduce((sum, { batches }) => sum + batches, 0)
  t.equal(batchCount, 1_001)
  ranges.clear()
  t.equal(ranges.batches, 0)
})

t.test('a range is printed as lines of its file', async t => {
  const range = { file: 'A.csv', firstLine: 2, batches: 1, reason: '' }
  t.equal(rangeText({ ...range, lastLine: 5_001 }), 'A.csv, lines 2 to 5001')
  t.equal(rangeText({ ...range, lastLine: 2 }), 'A.csv, line 2')
})

t.test('an earlier process may have sent the halves of a piece if its copy was refused', t => {
  const piece = wholePiece(batchOf(5), 0)
  t.notOk(halvesOf(piece).some(half => half.isEarlier))
  piece.ofEarlier = true
  t.ok(halvesOf(piece).every(half => half.isEarlier && halvesOf(half)[1]!.isEarlier))
  t.end()
})
