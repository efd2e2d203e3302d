/*
  STRING columns in wire form, against Buffer and TextDecoder.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import { explainText, StringColumn } from '../../../src/parse/columns/string-column.js'
import type { Column } from '../../../src/protocol/value.js'
import { runs } from '../../helpers/runs.js'
import { blockOf, field, refusedRows } from './block.js'

const make = (maxBytes = Infinity): StringColumn =>
  new StringColumn(
    (encoded, length) => ({ form: 'vector', type: 'STRING', length, encoded }),
    3,
    new BufferPool(),
    maxBytes,
  )

const encodedOf = (column: Column): Buffer =>
  Buffer.from((column as unknown as { encoded: Uint8Array }).encoded)

t.test('texts are kept one after the other, each ended by 00', async t => {
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter(s => !s.includes('\0'))
  fc.assert(
    fc.property(fc.array(fc.array(text), { maxLength: 4 }), blocks => {
      const column = make()
      let rows = 0
      for (const texts of blocks) {
        const block = blockOf(texts)
        deepStrictEqual(column.read(block, field), texts.filter(each => each === '').length)
        deepStrictEqual(refusedRows(block), [])
        rows += texts.length
      }
      const expected = Buffer.from(
        blocks
          .flat()
          .map(each => `${each}\0`)
          .join(''),
      )
      deepStrictEqual(column.encodedBytes(), expected.length)
      deepStrictEqual(encodedOf(column.take(rows, [])), expected)
    }),
    { numRuns: runs(200) },
  )
  t.pass()
})

t.test('what is not UTF-8 without U+0000 refuses its row, wherever it stands', async t => {
  for (const bad of [[0], [0x80], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    for (let before = 0; before <= 8; before++) {
      for (const behind of [0, 1, 3, 4]) {
        const text = Uint8Array.from([
          ...Buffer.alloc(before, 'a'),
          ...bad,
          ...Buffer.alloc(behind, 'b'),
        ])
        const column = make()
        const block = blockOf(['x', text, 'y'])
        deepStrictEqual(column.read(block, field), 1)
        deepStrictEqual(refusedRows(block), [1])
        deepStrictEqual(block.refusedBy[1], 4)
        deepStrictEqual(encodedOf(column.take(3, [])), Buffer.from('x\0\0y\0'))
      }
    }
  }
  t.pass()
})

t.test('the last block can be undone, and a batch starts empty', async t => {
  const column = make()
  column.read(blockOf(['a', 'bc']), field)
  column.read(blockOf(['ddd']), field)
  column.undo()
  t.equal(column.encodedBytes(), 5)
  column.read(blockOf(['e']), field)
  const buffers: ArrayBuffer[] = []
  t.equal(encodedOf(column.take(3, buffers)).toString(), 'a\0bc\0e\0')
  t.equal(buffers.length, 1)
  t.equal(column.encodedBytes(), 0)
  column.read(blockOf(['f']), field)
  t.equal(encodedOf(column.take(1, [])).toString(), 'f\0')
})

t.test('a refusal tells the encoding from a U+0000', async t => {
  for (const [text, code] of [
    [Uint8Array.of(0x61, 0xff), 'DDB_INPUT_ENCODING'],
    [Uint8Array.of(0, 0xff), 'DDB_INPUT_ENCODING'],
    [Uint8Array.of(0x61, 0), 'DDB_STRING_HAS_NUL'],
  ] as const) {
    t.equal(explainText(text, 0, text.length, Infinity).code, code)
    t.equal(make().explain(text, 0, text.length).code, code)
  }
})

t.test('a text of more bytes than the column takes refuses its row', async t => {
  const column = make(65_535)
  const longest = 'é'.repeat(32_767) + 'a'
  const block = blockOf([longest, `${longest}b`, 'é'.repeat(32_768), 'c'])
  t.equal(column.read(block, field), 2)
  t.strictSame(refusedRows(block), [1, 2])
  t.equal(encodedOf(column.take(4, [])).toString(), `${longest}\0\0\0c\0`)
  t.match(column.explain(new Uint8Array(65_536), 0, 65_536), {
    code: 'DDB_INPUT_RANGE',
    expected:
      /^at most 65535 bytes, .* STRING column \(a BLOB column would take the 65536 bytes\)$/,
  })
})
