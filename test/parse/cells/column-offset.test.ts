/*
  One offset for all times of a column: whatever the columns' ways of reading and the blocks in which rows come.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  ColumnOffset,
  columnOffsets,
  ColumnOffsets,
} from '../../../src/parse/cells/column-offset.js'
import { runs } from '../../helpers/runs.js'
import { read } from '../reading.js'

t.test('the first time decides, and is told as it can be said', async t => {
  for (const [isGiven, seconds, text, words] of [
    [false, 0, 'none', 'no offset'],
    [true, 0, '+00:00', 'the offset +00:00'],
    [true, 28_800, '+08:00', 'the offset +08:00'],
    [true, -12_600, '-03:30', 'the offset -03:30'],
    [true, -86_340, '-23:59', 'the offset -23:59'],
  ] as const) {
    let told = 0
    const offset = new ColumnOffset(undefined, () => told++)
    t.equal(offset.text, undefined)
    t.notOk(offset.takesPlain || offset.takesUtc)
    t.ok(offset.takes(isGiven, seconds))
    t.ok(offset.takes(isGiven, seconds))
    t.match(offset, { text, words, hasOthers: false })
    t.equal(offset.takesPlain, text === 'none')
    t.equal(offset.takesUtc, text === '+00:00')
    t.notOk(offset.takes(!isGiven, 3600))
    t.match(offset, { text, hasOthers: true })
    t.equal(told, 1)
    t.strictSame(new ColumnOffsets({ a: text }).known(), { a: text })
  }
})

t.test('what was said goes before what is known, and not with a time zone', async t => {
  const found = columnOffsets({ offsets: { a: 'Z' } }, { a: '+01:00', b: 'none' })
  t.strictSame(found?.known(), { a: '+00:00', b: 'none' })
  t.equal(found?.knownCount, 2)
  found?.of('c').takes(true, 60)
  t.equal(found?.knownCount, 3)
  t.equal(columnOffsets({ timeZone: 'none' }, { a: 'Z' }), undefined)
  t.throws(() => columnOffsets({ timeZone: 'none', offsets: { a: 'Z' } }), { code: 'DDB_USAGE' })
  for (const text of ['', '8', '+8', '+24:00', 'UTC+8', 'Asia/Shanghai']) {
    t.throws(() => new ColumnOffsets({ a: text }), {
      code: 'DDB_USAGE',
      message: /`cells.offsets` a=/,
    })
  }
})

/** Ways to write an offset, those of one line the same. */
const offsets = [
  [''],
  ['Z', 'z', '+00:00', ' UTC', '-00'],
  ['+08:00', ' +0800', '+08'],
  ['-05:30', '-0530'],
]
const kindOf = (suffix: string): number => offsets.findIndex(ways => ways.includes(suffix))

const fractions: Record<string, readonly string[]> = {
  TIMESTAMP: ['', '.1', '.123'],
  NANOTIMESTAMP: ['', '.123', '.123456', '.123456789'],
  DATETIME: ['', '.000'],
  'TIMESTAMP[]': ['', '.123'],
}

t.test('rows with another offset are rejected, all others are read', async () => {
  for (const [type, endings] of Object.entries(fractions)) {
    const time = fc.tuple(
      fc.constantFrom('2024-01-02T03:04:05', '2024.01.02 03:04:05'),
      fc.constantFrom(...endings),
      fc.constantFrom(...offsets.flat(), ...offsets.map(ways => ways[0]!)),
    )
    const cell = fc.oneof(
      { weight: 8, arbitrary: time },
      { weight: 1, arbitrary: fc.constantFrom('', '2024.01.02', 'x') },
    )
    await fc.assert(
      fc.asyncProperty(
        fc.array(cell, { maxLength: 60 }),
        fc.integer({ min: 1, max: 300 }),
        async (cells, chunkBytes) => {
          const first = cells.find(one => typeof one !== 'string')?.[2]
          const isRead = (one: (typeof cells)[number]): boolean =>
            typeof one === 'string' ? one !== 'x' : kindOf(one[2]) === kindOf(first!)
          const lines = cells.map(
            (one, i) => `${i},${typeof one === 'string' ? one : one.join('')}`,
          )
          const { rows, rejects } = await read(
            ['i,c', ...lines, ''].join('\n'),
            `i:INT,c:${type}`,
            { header: 'yes', delimiter: ',', chunkBytes },
          )
          const expected = cells.flatMap((one, i) => (isRead(one) ? [String(i)] : []))
          deepStrictEqual(
            rows.map(([i]) => i),
            expected,
          )
          deepStrictEqual(rejects.length, cells.length - expected.length)
        },
      ),
      { numRuns: runs(60) },
    )
  }
})
