/* Rows with equal values have equal hashes in every encoding; different rows of structured data have different hashes in each half. */
import fc from 'fast-check'
import t from 'tap'
import { RowHasher } from '../../../src/load/target/row-hash.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Column } from '../../../src/protocol/value.js'
import { forAll } from '../../helpers/runs.js'

const hashOf = (columns: readonly Column[], rows: number, hasher = newHasher()): string[] => {
  hasher.hash(columns, rows)
  const { a, b } = hasher
  return Array.from({ length: rows }, (_, row) => [a[row], b[row]].join())
}

const newHasher = (): RowHasher => new RowHasher(Int32Array.of(7, -3))

function encoded(texts: readonly string[]): Column {
  const bytes = new TextEncoder().encode(texts.map(text => `${text}\0`).join(''))
  return { form: 'vector', type: 'STRING', length: texts.length, encoded: bytes }
}

t.test('texts have the same hash as STRING, in wire form and as SYMBOL', async () => {
  const text = fc.string({ unit: 'grapheme' }).filter(one => !one.includes('\0'))
  forAll(400)(fc.array(text, { minLength: 1 }), texts => {
    const columns = [vectorOf({ type: 'STRING' }, texts), encoded(texts)]
    const [first, second] = columns.map(column => hashOf([column], texts.length))
    const symbols = hashOf([vectorOf({ type: 'SYMBOL' }, texts)], texts.length)
    return String(first) === String(second) && String(first) === String(symbols)
  })
})

t.test('what a server may store alike is alike', async t => {
  const doubles = hashOf([vectorOf({ type: 'DOUBLE' }, [0, -0, NaN, null, 1])], 5)
  t.equal(doubles[0], doubles[1])
  t.equal(doubles[2], doubles[3])
  t.not(doubles[0], doubles[2])
  const floats = hashOf([vectorOf({ type: 'FLOAT' }, [0, -0, NaN, null])], 4)
  t.equal(floats[0], floats[1])
  t.equal(floats[2], floats[3])
  const cells = vectorOf({ type: 'INT' }, [null, 5]) as Extract<Column, { form: 'vector' }>
  const offsets = Uint32Array.of(0, 0, 1, 2)
  const arrays = hashOf([{ form: 'arrayVector', length: 3, offsets, cells }], 3)
  t.equal(arrays[0], arrays[1], 'a row without cells is one null cell')
  t.not(arrays[1], arrays[2])
})

t.test('a cell has a length and a place', async t => {
  const [left, right] = [
    [encoded(['ab', 'a']), encoded(['c', 'bc'])],
    [vectorOf({ type: 'INT' }, [1, 2]), vectorOf({ type: 'INT' }, [2, 1])],
  ].map(columns => hashOf(columns, 2))
  t.not(left![0], left![1])
  t.not(right![0], right![1])
  const nested = [[1], [2, 3]].map(row => vectorOf({ type: 'INT', array: true }, [row]))
  const other = [[1, 2], [3]].map(row => vectorOf({ type: 'INT', array: true }, [row]))
  t.not(hashOf(nested, 1)[0], hashOf(other, 1)[0])
})

t.test('every bit of every cell counts', async t => {
  const rows = 64
  const bits = BigInt64Array.from({ length: rows + 1 }, (_, bit) =>
    bit < rows ? 1n << BigInt(bit) : 0n,
  )
  const column = { form: 'vector', type: 'LONG', length: rows + 1, data: bits } as const
  t.equal(new Set(hashOf([column], rows + 1)).size, rows + 1)
})

t.test('half a hash collides no more often than chance on structured rows', async t => {
  const side = 300
  const count = side * side
  const grid = [
    vectorOf(
      { type: 'INT' },
      Array.from({ length: count }, (_, i) => i % side),
    ),
    vectorOf(
      { type: 'DOUBLE' },
      Array.from({ length: count }, (_, i) => Math.floor(i / side) / 4),
    ),
    encoded(Array.from({ length: count }, (_, i) => `S${i % 7}`)),
  ]
  const hasher = newHasher()
  hasher.hash(grid, count)
  // Chance gives count² / 2³³, about one.
  for (const half of [hasher.a, hasher.b]) t.ok(count - new Set(half.subarray(0, count)).size < 12)
})
