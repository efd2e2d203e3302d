/*
  A column builder reads rows, and the rows go into the batch of a second builder. The column must equal the column that
  the second builder would have read itself.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import type { ColumnBuilder } from '../../../src/parse/columns/column-builder.js'
import { ConstantColumn } from '../../../src/parse/columns/constant-column.js'
import { columnBuilder } from '../../../src/parse/types/column-types.js'
import { formatElement } from '../../../src/protocol/value-text.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field } from './block.js'

const whole = fc.integer({ min: -99, max: 99 }).map(String)
const few = fc.constantFrom('', 'a', 'bb', 'ccc', 'é')
const times = fc.constantFrom('', '2020.01.02T03:04:05.678', '2021-02-03 04:05:06')

const kinds: Record<string, fc.Arbitrary<string>> = {
  INT: fc.oneof(whole, fc.constant('')),
  SHORT: whole,
  CHAR: whole,
  LONG: whole,
  DOUBLE: fc.constantFrom('', '-0', '1.5', '1e300'),
  FLOAT: fc.constantFrom('', '0.1'),
  DATE: fc.constantFrom('', '2020.01.02'),
  TIMESTAMP: times,
  NANOTIMESTAMP: times,
  UUID: fc.constantFrom('', '5d212a78-cc48-e3b1-4235-b4d91473ee87'),
  'DECIMAL128(3)': whole,
  POINT: fc.constantFrom('', '(1, 2)'),
  STRING: fc.oneof(few, fc.string()),
  BLOB: few,
  SYMBOL: fc.oneof(few, whole),
  'INT[]': fc.array(whole, { maxLength: 4 }).map(list => list.join()),
  'TIMESTAMP[]': fc.array(times, { maxLength: 3 }).map(list => list.join()),
}

const builderOf = (types: string): ColumnBuilder =>
  columnBuilder(schemaFromTypes(`c:${types}`).columns[0]!, 0, new BufferPool(), {})

/** The rows of a column, its symbols in the order of their numbers, and its bytes on the wire. */
function taken(builder: ColumnBuilder, rowCount: number): unknown {
  const encodedBytes = builder.encodedBytes(rowCount)
  const column = builder.take(rowCount, [])
  const texts = Array.from({ length: rowCount }, (_, row) => formatElement(column, row))
  const isSymbol = column.form === 'vector' && column.type === 'SYMBOL'
  return { texts, encodedBytes, base: isSymbol && column.base, codes: isSymbol && codes(column) }
  function codes({ codes }: { codes: Int32Array }): number[] {
    return Array.from(codes.subarray(0, rowCount))
  }
}

/** Batches of these sizes, built from the parts. The remaining rows make a last batch. */
function* slices(total: number, sizes: readonly number[]): Generator<[number, number]> {
  let from = 0
  for (const size of sizes) {
    const to = Math.min(total, from + size)
    if (to > from) yield [from, to]
    from = to
  }
  if (from < total) yield [from, total]
}

const sizes = fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 8 })

for (const [type, text] of Object.entries(kinds)) {
  t.test(`${type}: rows read by a different builder`, async () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), sizes, sizes, (texts, parts, batches) => {
        const other = builderOf(type)
        const own = builderOf(type)
        const alone = builderOf(type)
        const expected: unknown[] = []
        for (const [from, to] of slices(texts.length, batches)) {
          alone.read(blockOf(texts.slice(from, to)), field, 0)
          expected.push(taken(alone, to - from))
        }
        const found: unknown[] = []
        const ends = [...slices(texts.length, batches)].map(([, to]) => to)
        let inHand = 0
        for (const [first, last] of slices(texts.length, parts)) {
          // Two reads, because the second read adds to the rows of the first.
          const middle = (first + last) >> 1
          other.read(blockOf(texts.slice(first, middle)), field, 0)
          other.read(blockOf(texts.slice(middle, last)), field, middle - first)
          const buffers: ArrayBuffer[] = []
          const given = other.give(last - first, buffers)
          const part = structuredClone(given, { transfer: [...new Set(buffers)] })
          for (let from = first; from < last;) {
            const to = Math.min(last, ends[0]!)
            own.append(part, from - first, to - first, inHand)
            inHand += to - from
            from = to
            if (to !== ends[0]) continue
            found.push(taken(own, inHand))
            ends.shift()
            inHand = 0
          }
        }
        deepStrictEqual(found, expected)
      }),
      { numRuns: runs(200) },
    )
  })
}

t.test('the builder of the batch writes a constant', async t => {
  const constant = (): ConstantColumn => new ConstantColumn(builderOf('STRING'), 'day', 2)
  const other = constant()
  other.read(blockOf(['', '']), field, 0)
  const own = constant()
  own.append(other.give(2), 0, 5, 0)
  t.strictSame(taken(own, 5), {
    texts: ['day', 'day', 'day', 'day', 'day'],
    encodedBytes: 20,
    base: false,
    codes: false,
  })
})
