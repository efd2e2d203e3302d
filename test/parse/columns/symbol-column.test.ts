/*
  SYMBOL columns: codes and base of each batch, against a Map.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { SymbolColumn } from '../../../src/parse/columns/symbol-column.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

interface Symbols {
  codes: number[]
  base: string[]
}

function make(maxBytes = Infinity): { column: SymbolColumn; take: (rowCount: number) => Symbols } {
  let taken: Symbols = { codes: [], base: [] }
  const column = new SymbolColumn(
    (codes, base, length) => {
      taken = { codes: Array.from(codes.subarray(0, length)), base: [...base] }
      return { form: 'vector', type: 'SYMBOL', length, codes, base }
    },
    1,
    new BufferPool(),
    maxBytes,
  )
  return {
    column,
    take(rowCount) {
      column.take(rowCount, [])
      return taken
    },
  }
}

/** Codes count from 1 in order of first appearance; 0 is the empty text. */
function numbered(texts: readonly string[]): Symbols {
  const codes = new Map([['', 0]])
  for (const text of texts) if (!codes.has(text)) codes.set(text, codes.size)
  return { codes: texts.map(text => codes.get(text)!), base: [...codes.keys()] }
}

t.test('each batch numbers its texts anew', async t => {
  const text = fc.oneof(fc.constantFrom('', 'a', 'bb', '数据'), fc.stringMatching(/^[a-d]{1,6}$/))
  fc.assert(
    fc.property(fc.array(fc.array(text, { minLength: 1 }), { maxLength: 5 }), batches => {
      const { column, take } = make()
      for (const texts of batches) {
        const half = texts.length >> 1
        const nulls =
          column.read(blockOf(texts.slice(0, half)), field, 0) +
          column.read(blockOf(texts.slice(half)), field, half)
        deepStrictEqual(nulls, texts.filter(each => each === '').length)
        const expected = numbered(texts)
        const baseBytes = Buffer.from(expected.base.map(each => `${each}\0`).join('')).length
        deepStrictEqual(column.encodedBytes(texts.length), 4 * texts.length + baseBytes)
        deepStrictEqual(take(texts.length), expected)
      }
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('texts of a block that is undone leave the base', async t => {
  const { column, take } = make()
  column.read(blockOf(['a', 'b']), field, 0)
  const before = column.encodedBytes(2)
  column.read(blockOf(['c', 'b', 'd']), field, 2)
  column.undo()
  t.equal(column.encodedBytes(2), before)
  column.read(blockOf(['d', 'c']), field, 2)
  t.strictSame(take(4), { codes: [1, 2, 3, 4], base: ['', 'a', 'b', 'd', 'c'] })
})

t.test('what is not text refuses its row', async t => {
  const { column, take } = make()
  const block = blockOf(['a', Uint8Array.of(0xff), 'b\0', 'a'])
  t.equal(column.read(block, field, 0), 2)
  t.strictSame(refusedRows(block), [1, 2])
  t.equal(block.refusedBy[1], 2)
  t.strictSame(take(4), { codes: [1, 0, 0, 1], base: ['', 'a'] })
  t.equal(column.explain(Uint8Array.of(0xff), 0, 1).code, 'DDB_INPUT_ENCODING')
})

t.test('more texts than the table remembers stay right, batch after batch', async t => {
  const { column, take } = make()
  const many = Array.from({ length: 70_000 }, (_, i) => `s${i}`)
  for (const texts of [many, many.toReversed(), ['s69999', 's0', '']]) {
    column.read(blockOf(texts), field, 0)
    deepStrictEqual(take(texts.length), numbered(texts))
  }
  t.pass()
})

t.test('a text of more bytes than the column takes refuses its row, and is no symbol', async t => {
  const { column, take } = make(255)
  const longest = `${'é'.repeat(127)}a`
  const block = blockOf([longest, 'b'.repeat(256), '', longest])
  t.equal(column.read(block, field, 0), 2)
  t.strictSame(refusedRows(block), [1])
  t.strictSame(take(4), { codes: [1, 0, 0, 1], base: ['', longest] })
  const text = Buffer.from('b'.repeat(256))
  t.match(column.explain(text, 0, text.length), {
    code: 'DDB_INPUT_RANGE',
    expected: /^at most 255 bytes, .* SYMBOL column \(a STRING column would take the 256 bytes\)$/,
  })
})
