/* Columns of texts and of arrays. */
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { BufferPool } from '../../../src/parse/columns/fixed-column.js'
import { StringColumn } from '../../../src/parse/columns/text-columns.js'
import { blobsOf, type EncodedBlobVector } from '../../../src/protocol/types/blobs.js'
import { deepTest, forAllAsync } from '../../helpers/runs.js'
import { read } from '../reading.js'
import { blockOf, field, refusedRows } from './block.js'

t.test('bytes that are not UTF-8, and U+0000, refuse their row at any position', async t => {
  const lines: Buffer[] = []
  for (const bad of [[0], [0x80], [0xff], [0xc3], [0xed, 0xa0, 0x80], [0xc0, 0x80]]) {
    for (let before = 0; before <= 8; before++) {
      for (const behind of [0, 1, 3, 4]) {
        const text = [Buffer.alloc(before, 'a'), Buffer.from(bad), Buffer.alloc(behind, 'b')]
        lines.push(Buffer.from('0,x\n1,'), ...text, Buffer.from('\n'))
      }
    }
  }
  for (const type of ['STRING', 'SYMBOL']) {
    const { rows, rejects } = await read(Buffer.concat(lines), `n:INT,a:${type}`, { header: 'no' })
    t.strictSame(rows, Array(216).fill(['0', 'x']))
    t.equal(rejects.filter(({ columnName }) => columnName === 'a').length, 216)
  }
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

deepTest(t, 'many texts stay correct, batch after batch', async t => {
  const many = Array.from({ length: 70_000 }, (_, i) => `s${i}`)
  const texts = [...many, ...many.toReversed(), 's69999', 's0', '']
  const options = { header: 'no', batch: { batchRows: 70_000 } } as const
  const { rows } = await read(texts.map(text => `1,${text}\n`).join(''), 'n:INT,s:SYMBOL', options)
  t.ok(rows.every(([, text], row) => text === texts[row]))
  t.equal(rows.length, texts.length)
})

deepTest(t, 'a value longer than the column allows refuses its row', async t => {
  const column = new StringColumn('BLOB', true, new BufferPool(), 67_108_863)
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

// Array vectors, compared with a split of the text.

const arrayRows = (lines: readonly string[], batchRows = 1000, arrayDelimiter = '|') =>
  read(lines.map(line => `1,${line}\n`).join(''), 'n:INT,l:INT[]', {
    ...{ header: 'no', delimiter: ',' },
    batch: { batchRows, cells: { arrayDelimiter } },
  })

t.test('lists are read back from their texts, over several blocks and batches', async () => {
  const int = fc.integer({ min: -(2 ** 31) + 1 })
  const list = fc.array(fc.option(int), { minLength: 2, maxLength: 9 })
  const lists = fc.array(list, { minLength: 1, maxLength: 20 })
  await forAllAsync(100)(lists, fc.nat(5), fc.boolean(), async (lists, size, brackets) => {
    const texts = lists.map(each => each.map(n => n ?? '').join(brackets ? ' | ' : '|'))
    const spelled = brackets ? texts.map(text => ` [ ${text} ] `) : texts
    const { rows } = await arrayRows(spelled, size + 1)
    const expected = lists.map(each => ['1', `[${each.map(n => n ?? '').join(',')}]`])
    deepStrictEqual(rows, expected)
  })
})

t.test('an empty list has one null; only an empty cell counts as null', async t => {
  const { rows, reader } = await arrayRows(['', '[]', ' ', '|'])
  t.strictSame(rows, [...Array<string[]>(3).fill(['1', '[]']), ['1', '[,]']])
  t.equal(reader.columnCounts[1]!.nulls, 1)
  const tabs = await arrayRows(['\t1', '1\t', '\t\t', '[1\t]', '1 \t 2'], 9, '\t')
  const lists = ['[,1]', '[1,]', '[,,]', '[1,]', '[1,2]']
  t.strictSame(
    tabs.rows.map(([, list]) => list),
    lists,
  )
  const blanks = await arrayRows(['[ 1 2 ]', ' 1 2 '], 9, ' ')
  t.strictSame(blanks.rows, Array(2).fill(['1', '[1,2]']), 'blanks at the ends divide nothing')
})

t.test('a row with a bad element is refused, and the reason names the element', async t => {
  const { rows, rejects } = await arrayRows(['1|2', '1|x|3', '4', '[5', '6|99999999999'])
  t.strictSame(
    rows.map(([, list]) => list),
    ['[1,2]', '[4]'],
  )
  const expected = (element: number): RegExp =>
    new RegExp(`expected element ${element} to be a whole number from -2147483647 to 2147483647`)
  t.match(rejects, [
    { code: 'DDB_INPUT_CELL', message: expected(2), lineNumber: 2 },
    { code: 'DDB_INPUT_CELL', message: expected(1), lineNumber: 4 },
    { code: 'DDB_INPUT_RANGE', message: expected(2), lineNumber: 5 },
  ])
})

t.test('a row may have more elements than a block has room for', async t => {
  const long = [...Array(10_000).keys()]
  const { rows } = await arrayRows([long.join('|'), '7'])
  t.strictSame(rows, [
    ['1', `[${long.join()}]`],
    ['1', '[7]'],
  ])
})
