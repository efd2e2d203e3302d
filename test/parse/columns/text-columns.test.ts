/*
  Columns of texts and of arrays, and the memory for their elements.
*/
import fc from 'fast-check'
import t from 'tap'
import { deepStrictEqual } from 'node:assert/strict'
import { ArrayColumn, elementSeparator } from '../../../src/parse/columns/array-column.js'
import { ArrayStore, BufferPool } from '../../../src/parse/columns/buffer-pool.js'
import type { ColumnBuilder } from '../../../src/parse/columns/column-builder.js'
import { StringColumn, SymbolColumn } from '../../../src/parse/columns/text-columns.js'
import { columnBuilder } from '../../../src/parse/types/column-types.js'
import { blobsOf, type EncodedBlobVector } from '../../../src/protocol/types/blobs.js'
import type { Column, SymbolVector } from '../../../src/protocol/value.js'
import { deepTest, forAll } from '../../helpers/runs.js'
import { read } from '../reading.js'
import { blockOf, field, refusedRows } from './block.js'

const wholeNumber = 'a whole number from -2147483647 to 2147483647'

const intColumn = (pool: BufferPool): ColumnBuilder =>
  columnBuilder({ name: 'c', type: { type: 'INT' } }, 0, pool, {})

// STRING columns in wire form, compared with Buffer and TextDecoder.

const make = (maxBytes = Infinity): StringColumn =>
  new StringColumn('STRING', false, 3, new BufferPool(), maxBytes)

const encodedOf = (column: Column): Buffer =>
  Buffer.from((column as unknown as { encoded: Uint8Array }).encoded)

deepTest(t, 'texts follow one another, each followed by 00', async () => {
  const text = fc.string({ unit: 'binary', maxLength: 12 }).filter(s => !s.includes('\0'))
  forAll(200)(fc.array(fc.array(text), { maxLength: 4 }), blocks => {
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
  })
})

t.test('bytes that are not UTF-8, and U+0000, refuse their row at any position', async () => {
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

t.test('a refusal distinguishes a wrong encoding from a U+0000', async t => {
  for (const [text, code] of [
    [Uint8Array.of(0x61, 0xff), 'DDB_INPUT_ENCODING'],
    [Uint8Array.of(0, 0xff), 'DDB_INPUT_ENCODING'],
    [Uint8Array.of(0x61, 0), 'DDB_STRING_HAS_NUL'],
  ] as const) {
    for (const type of ['STRING', 'SYMBOL']) {
      const record = Buffer.concat([text, Buffer.from('\n')])
      const { rows, rejects } = await read(record, `a:${type}`, { header: 'no' })
      t.strictSame(rows, [])
      const reasons = rejects.map(reject => [reject.code, reject.columnName])
      t.strictSame(reasons, [[code, 'a']])
    }
  }
})

t.test('a text longer than the column allows refuses its row', async t => {
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

// SYMBOL columns: codes and base of each batch, compared with a Map.

interface Symbols {
  codes: number[]
  base: string[]
}

function makeSymbolColumn(maxBytes = Infinity): {
  column: SymbolColumn
  take: (rowCount: number) => Symbols
} {
  const column = new SymbolColumn('SYMBOL', 1, new BufferPool(), maxBytes)
  return {
    column,
    take(rowCount) {
      const { codes, base } = column.take(rowCount, []) as SymbolVector
      return { codes: Array.from(codes.subarray(0, rowCount)), base: [...base] }
    },
  }
}

/** Codes count from 1 in the order of first appearance; 0 is the empty text. */
function numbered(texts: readonly string[]): Symbols {
  const codes = new Map([['', 0]])
  for (const text of texts) if (!codes.has(text)) codes.set(text, codes.size)
  return { codes: texts.map(text => codes.get(text)!), base: [...codes.keys()] }
}

t.test(
  'each batch numbers its texts from the start, without those of an undone block',
  async () => {
    const text = fc.oneof(fc.constantFrom('', 'a', 'bb', '数据'), fc.stringMatching(/^[a-d]{1,6}$/))
    const batch = fc.array(text, { minLength: 1 })
    forAll(200)(fc.array(fc.tuple(batch, fc.option(batch)), { maxLength: 5 }), batches => {
      const { column, take } = makeSymbolColumn()
      for (const [texts, undone] of batches) {
        const half = texts.length >> 1
        let nulls = column.read(blockOf(texts.slice(0, half)), field, 0)
        if (undone) {
          column.read(blockOf(undone), field, half)
          column.undo()
        }
        nulls += column.read(blockOf(texts.slice(half)), field, half)
        deepStrictEqual(nulls, texts.filter(each => each === '').length)
        const expected = numbered(texts)
        const baseBytes = Buffer.from(expected.base.map(each => `${each}\0`).join('')).length
        deepStrictEqual(column.encodedBytes(texts.length), 4 * texts.length + baseBytes)
        deepStrictEqual(take(texts.length), expected)
      }
    })
  },
)

t.test('bytes that are not text refuse their row', async t => {
  const { column, take } = makeSymbolColumn()
  const block = blockOf(['a', Uint8Array.of(0xff), 'b\0', 'a'])
  t.equal(column.read(block, field, 0), 2)
  t.strictSame(refusedRows(block), [1, 2])
  t.equal(block.refusedBy[1], 2)
  t.strictSame(take(4), { codes: [1, 0, 0, 1], base: ['', 'a'] })
})

deepTest(t, 'many texts stay correct, batch after batch', async () => {
  const { column, take } = makeSymbolColumn()
  const many = Array.from({ length: 70_000 }, (_, i) => `s${i}`)
  for (const texts of [many, many.toReversed(), ['s69999', 's0', '']]) {
    column.read(blockOf(texts), field, 0)
    deepStrictEqual(take(texts.length), numbered(texts))
  }
})

t.test('a text longer than the column allows refuses its row and is not a symbol', async t => {
  const { column, take } = makeSymbolColumn(255)
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

// BLOB columns: any bytes, unchanged.

const makeBlobColumn = (maxBytes = Infinity): StringColumn =>
  new StringColumn('BLOB', true, 2, new BufferPool(), maxBytes)

const valuesOf = (column: StringColumn, rowCount: number): string[] =>
  blobsOf(column.take(rowCount, []) as EncodedBlobVector).map(value =>
    Buffer.from(value).toString('hex'),
  )

t.test('every cell is stored as its bytes, an empty cell is null', async t => {
  const column = makeBlobColumn()
  const block = blockOf([Uint8Array.of(0, 0xff), '', 'a'])
  t.equal(column.read(block, field), 1)
  t.strictSame(refusedRows(block), [])
  t.equal(column.encodedBytes(), 3 + 3 * 4, 'each preceded by four bytes of length')
  block.bytes.fill(0x23)
  t.strictSame(valuesOf(column, 3), ['00ff', '', '61'], 'a copy, because the input moves on')
})

t.test('a value of any length is sent as an int32 and its bytes', async () => {
  forAll(200)(fc.array(fc.uint8Array({ maxLength: 40 })), values => {
    const column = makeBlobColumn()
    column.read(blockOf(values), field)
    const { encoded } = column.take(values.length, []) as EncodedBlobVector
    const expected = values.flatMap(value => {
      const count = Buffer.alloc(4)
      count.writeInt32LE(value.length)
      return [count, value]
    })
    deepStrictEqual(Buffer.from(encoded), Buffer.concat(expected))
  })
})

t.test('the last block can be undone, and a batch starts empty', async t => {
  const column = makeBlobColumn()
  column.read(blockOf(['a']), field)
  column.read(blockOf(['bb', 'ccc']), field)
  column.undo()
  t.equal(column.encodedBytes(), 5)
  column.read(blockOf(['d']), field)
  t.strictSame(valuesOf(column, 2), ['61', '64'])
  t.equal(column.encodedBytes(), 0)
  column.read(blockOf(['e']), field)
  t.strictSame(valuesOf(column, 1), ['65'])
})

deepTest(t, 'a value longer than the column allows refuses its row', async t => {
  const column = makeBlobColumn(67_108_863)
  const block = blockOf(['a', Buffer.alloc(67_108_864, 'b'), Buffer.alloc(67_108_863, 'c')])
  t.equal(column.read(block, field), 1)
  t.strictSame(refusedRows(block), [1])
  const lengths = blobsOf(column.take(3, []) as EncodedBlobVector).map(({ length }) => length)
  t.strictSame(lengths, [1, 0, 67_108_863])
  t.match(column.explain(new Uint8Array(0), 0, 67_108_864), {
    code: 'DDB_INPUT_RANGE',
    expected: /^at most 67108863 bytes, .*\(no column takes the 67108864 bytes\)$/,
  })
})

// Array vectors: elements and offsets, compared with a split of the text.

const nullInt = -2_147_483_648
const columnIndex = 3
const comma = 0x2c

function makeArrayColumn(delimiter = comma): ArrayColumn {
  const pool = new BufferPool()
  const elements = intColumn(pool)
  return new ArrayColumn(elements, columnIndex, delimiter, pool)
}

/** The rows of the batch as lists. */
function rowsOf(column: ArrayColumn, rowCount: number): number[][] {
  const taken = column.take(rowCount, []) as unknown as {
    offsets: Uint32Array
    cells: { data: Int32Array }
  }
  return Array.from({ length: rowCount }, (_, row) =>
    Array.from(taken.cells.data.subarray(taken.offsets[row], taken.offsets[row + 1])),
  )
}

t.test('lists are read back from their texts, over several blocks and batches', async () => {
  const list = fc.array(fc.option(fc.integer({ min: nullInt + 1 })), { minLength: 1, maxLength: 9 })
  forAll(200)(
    fc.array(fc.array(list, { minLength: 1, maxLength: 6 }), { maxLength: 4 }),
    fc.boolean(),
    (batches, brackets) => {
      const column = makeArrayColumn()
      for (const lists of batches) {
        const texts = lists.map(each => each.map(n => n ?? '').join(brackets ? ' , ' : ','))
        const spelled = brackets ? texts.map(text => ` [ ${text} ] `) : texts
        const half = spelled.length >> 1
        column.read(blockOf(spelled.slice(0, half)), field, 0)
        column.read(blockOf(spelled.slice(half)), field, half)
        const expected = lists.map(each => each.map(n => n ?? nullInt))
        deepStrictEqual(rowsOf(column, lists.length), expected)
      }
    },
  )
})

t.test('an empty list has one null; only an empty cell counts as null', async t => {
  const column = makeArrayColumn()
  t.equal(column.read(blockOf(['', '[]', ' ', ',']), field, 0), 1)
  t.strictSame(rowsOf(column, 4), [[nullInt], [nullInt], [nullInt], [nullInt, nullInt]])
})

t.test('a row with a bad element is refused, and the reason names the element', async t => {
  const column = makeArrayColumn()
  const block = blockOf(['1,2', '1,x,3', '4', '[5', '6,99999999999'])
  column.read(block, field, 0)
  t.strictSame(refusedRows(block), [1, 3, 4])
  t.equal(block.refusedBy[1], columnIndex + 1)
  column.undo()
  for (const [row, code, element] of [
    [1, 'DDB_INPUT_CELL', 2],
    [3, 'DDB_INPUT_CELL', 1],
    [4, 'DDB_INPUT_RANGE', 2],
  ] as const) {
    const cell = 2 * row + field
    const fault = column.explain(block.bytes, block.starts[cell]!, block.ends[cell]!)
    t.strictSame(fault, { code, expected: `element ${element} to be ${wholeNumber}` })
  }
  const good = blockOf(['1,2', '4'])
  column.read(good, field, 0)
  t.strictSame(refusedRows(good), [])
  t.strictSame(rowsOf(column, 2), [[1, 2], [4]])
})

t.test('elements written by a format have no brackets', async t => {
  const column = makeArrayColumn(elementSeparator)
  const block = blockOf(['1\x1f2', '[3]'])
  column.read(block, field, 0)
  t.strictSame(refusedRows(block), [1])
})

t.test('a row may have more elements than a block has room for', async t => {
  const column = makeArrayColumn()
  const long = Array.from({ length: 10_000 }, (_, i) => i)
  column.read(blockOf([long.join(','), '7']), field, 0)
  t.equal(column.encodedBytes(2), 4 * 10_001 + 2)
  t.strictSame(rowsOf(column, 2), [long, [7]])
})

// Memory for the elements of one column.

t.test('elements move when the store grows, and the pool gets the old buffer', async t => {
  const pool = new BufferPool()
  const store = new ArrayStore(pool, 1, Uint8Array)
  const small = store.reserve(1024)
  small.set([1, 2, 3])
  t.equal(store.reserve(1000), small)
  const larger = store.reserve(1025)
  t.equal(larger.length, 2048, 'at least twice the size')
  t.strictSame([...larger.subarray(0, 3)], [1, 2, 3])
  t.equal(pool.take(1024), small.buffer)
})

t.test('a batch takes its buffer along; the next begins with the size that it needed', async t => {
  const pool = new BufferPool()
  const store = new ArrayStore(pool, 1, Uint8Array)
  const { buffer } = store.reserve(5000)
  const buffers: ArrayBuffer[] = []
  t.equal(store.release(buffers).buffer, buffer)
  t.strictSame(buffers, [buffer])
  t.equal(store.view.length, 0)
  const next = store.reserve(1)
  t.not(next.buffer, buffer)
  t.equal(next.length, buffer.byteLength)
  store.release(buffers)
  t.equal(store.reserve(1).length, 1024, 'a small batch makes room for small ones')
})
