/*
  The batch under construction: a row is in all columns or in none.
*/
import t from 'tap'
import { BatchBuilder, type BuilderInput } from '../../src/parse/batch-builder.js'
import type { CellRules } from '../../src/parse/cell-rules.js'
import type { RecordShape, Reject, ResumePoint } from '../../src/parse/input-reader.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { mapColumns, type MappingRules } from '../../src/schema/column-mapping.js'
import { schemaFromTypes } from '../../src/schema/target-schema.js'
import { rowsOf } from './reading.js'
import { utf8Source } from '../helpers/utf8-source.js'

const shape: RecordShape = {
  delimiter: ',',
  fieldNames: undefined,
  fieldCount: 2,
  headerBytes: undefined,
  text: utf8Source,
}

/** Records `a,b\n` one after the other, as a tokenizer of two fields would give them from line 10, byte 100 on. */
function blockOf(records: readonly (readonly [string, string])[]): RecordBlock {
  const block = new RecordBlock(2, 8)
  const pieces: Buffer[] = []
  let at = 0
  for (const [row, record] of records.entries()) {
    block.recordStarts[row] = at
    for (const [field, text] of record.entries()) {
      const cell = Buffer.from(text, 'latin1')
      block.starts[2 * row + field] = at
      block.ends[2 * row + field] = at + cell.length
      pieces.push(cell, Buffer.from(field === 0 ? ',' : '\n'))
      at += cell.length + 1
    }
    block.recordEnds[row] = at
    block.lineNumbers[row] = 10 + row
  }
  const bytes = Uint8Array.from(Buffer.concat([...pieces, Buffer.alloc(8)]))
  block.bytes = bytes
  block.view = new DataView(bytes.buffer)
  block.bytesOffset = 100
  block.rowCount = records.length
  return block
}

interface Made {
  types?: string
  rules?: CellRules
  mapping?: MappingRules
  input?: Partial<BuilderInput>
}

function builderOf({ types = 'a:INT,b:STRING', rules = {}, mapping = {}, input }: Made = {}) {
  const target = schemaFromTypes(types)
  return new BatchBuilder({
    file: 'x.csv',
    mapping: mapColumns(target, { file: 'x.csv', kind: 'fields', fieldCount: 2 }, mapping),
    fieldOf: ({ source }) => (source.kind === 'field' ? source.index : -1),
    block: blockOf([]),
    rules,
    arrayDelimiter: undefined,
    keepRecords: false,
    showRecord: undefined,
    shape,
    text: utf8Source,
    ...input,
  })
}

/** Appends the rows of the block and returns those that were refused. */
function append(builder: BatchBuilder, block: RecordBlock): Reject[] {
  builder.read(block)
  const rows = [...block.refusedBy.subarray(0, block.rowCount).entries()]
  const rejects = rows.flatMap(([row, by]) => (by === 0 ? [] : [builder.rejectOf(block, row)]))
  builder.append(block)
  return rejects
}

/** Where a batch ends, in line 13. */
const endAt = (offsetBytes: number): ResumePoint => ({ offsetBytes, lineNumber: 13 })

t.test('rows of several blocks become one batch with their places', async t => {
  const builder = builderOf()
  t.strictSame(
    append(
      builder,
      blockOf([
        ['1', 'x'],
        ['', ''],
      ]),
    ),
    [],
  )
  append(builder, blockOf([['3', 'yy']]))
  t.equal(builder.rowCount, 3)
  t.equal(builder.recordBytes, 4 + 2 + 5)
  t.equal(builder.encodedBytes, 3 * 4 + 2 + 1 + 3)
  const batch = builder.take(90, endAt(120))
  t.strictSame(rowsOf(batch), [
    ['1', 'x'],
    ['', ''],
    ['3', 'yy'],
  ])
  t.strictSame([batch.startOffsetBytes, batch.endOffsetBytes, batch.rowCount], [90, 120, 3])
  t.equal(batch.endLineNumber, 13)
  t.strictSame(batch.locate(1), {
    file: 'x.csv',
    offsetBytes: 104,
    lengthBytes: 2,
    lineNumber: 11,
  })
  t.match(batch.last, { offsetBytes: 100, lineNumber: 10 })
  t.equal(batch.record(0).length, 0, 'records are not kept unless asked for')
  t.strictSame(builder.columnCounts, [
    { nulls: 1, coerced: 0 },
    { nulls: 1, coerced: 0 },
  ])
  t.equal(builder.rowCount, 0)
  append(builder, blockOf([['4', 'z']]))
  t.strictSame(rowsOf(builder.take(120, endAt(130))), [['4', 'z']], 'the next batch')
  t.equal(builder.recordBytes, 15, 'over all batches')
})

t.test('a row that some column refuses is in none, and told by the first of them', async t => {
  const builder = builderOf()
  const rejects = append(
    builder,
    blockOf([
      ['1', 'x'],
      ['no', '\xff'],
      ['2', '\xff'],
      ['2147483648', 'y'],
      ['', 'z'],
    ]),
  )
  const text = (reject: Reject): string => Buffer.from(reject.bytes).toString('latin1')
  t.match(rejects, [
    {
      columnName: 'a',
      code: 'DDB_INPUT_CELL',
      class: 'type',
      message: 'INT column "a": expected a whole number from -2147483647 to 2147483647, got "no"',
      value: 'no',
      lineNumber: 11,
      offsetBytes: 104,
      lengthBytes: 5,
    },
    { columnName: 'b', code: 'DDB_INPUT_ENCODING', class: 'parse', lineNumber: 12 },
    { columnName: 'a', code: 'DDB_INPUT_RANGE', class: 'type', lineNumber: 13 },
  ])
  t.strictSame(rejects.map(text), ['no,\xff\n', '2,\xff\n', '2147483648,y\n'])
  t.equal(builder.recordBytes, 4 + 3, 'of rows alone')
  t.strictSame(builder.columnCounts, [
    { nulls: 1, coerced: 0 },
    { nulls: 0, coerced: 0 },
  ])
  const batch = builder.take(0, endAt(0))
  t.strictSame(rowsOf(batch), [
    ['1', 'x'],
    ['', 'z'],
  ])
  t.equal(batch.locate(1).lineNumber, 14)
})

t.test('lenient makes such a cell null, and counts it', async t => {
  const builder = builderOf({ rules: { lenient: true } })
  t.strictSame(
    append(
      builder,
      blockOf([
        ['no', 'x'],
        ['2', '\xff'],
      ]),
    ),
    [],
  )
  t.strictSame(builder.columnCounts, [
    { nulls: 1, coerced: 1 },
    { nulls: 1, coerced: 1 },
  ])
  t.strictSame(rowsOf(builder.take(0, endAt(0))), [
    ['', 'x'],
    ['2', ''],
  ])
})

t.test('texts that mean null are null in every column', async t => {
  const builder = builderOf({ rules: { nullTexts: ['NA', '-'] } })
  t.strictSame(append(builder, blockOf([['NA', '-']])), [])
  t.strictSame(rowsOf(builder.take(0, endAt(0))), [['', '']])
})

t.test('columns without a field have one text in every row', async t => {
  const builder = builderOf({ types: 'a:INT,b:STRING,c:DOUBLE', mapping: { set: { c: '1.5' } } })
  append(
    builder,
    blockOf([
      ['1', 'x'],
      ['no', 'y'],
      ['3', 'z'],
    ]),
  )
  t.strictSame(rowsOf(builder.take(0, endAt(0))), [
    ['1', 'x', '1.5'],
    ['3', 'z', '1.5'],
  ])
})

t.test('records are kept when asked for, and shown as the format wants them', async t => {
  const show = (record: Uint8Array): Uint8Array => Buffer.concat([Buffer.from('> '), record])
  const builder = builderOf({ input: { keepRecords: true, showRecord: show } })
  const rejects = append(
    builder,
    blockOf([
      ['no', 'x'],
      ['1', 'y'],
    ]),
  )
  t.equal(Buffer.from(rejects[0]!.bytes).toString(), '> no,x\n')
  t.equal(rejects[0]!.lengthBytes, 5, 'as it stands in the input')
  t.equal(Buffer.from(builder.take(0, endAt(0)).record(0)).toString(), '> 1,y\n')
})

t.test('arrays of a released batch serve a later one', async t => {
  const builder = builderOf()
  append(builder, blockOf([['1', 'x']]))
  const first = builder.take(0, endAt(0))
  const { buffer } = (first.columns[0] as { data: Int32Array }).data
  first.release()
  first.release()
  append(builder, blockOf([['2', 'y']]))
  const second = builder.take(0, endAt(0))
  append(builder, blockOf([['3', 'z']]))
  const third = builder.take(0, endAt(0))
  t.notOk(
    [second, third].every(
      batch => (batch.columns[0] as { data: Int32Array }).data.buffer === buffer,
    ),
    'releasing twice does not give one array to two batches',
  )
  t.strictSame([rowsOf(second), rowsOf(third)], [[['2', 'y']], [['3', 'z']]])
})

t.test('what no column can be made of is refused before the first row', async t => {
  for (const [made, message] of [
    [
      { rules: { dateFormats: { aa: 'yyyy' } } },
      /`cells.dateFormats` names a column "aa".*nearest: a/,
    ],
    [{ rules: { dateFormats: { a: 'yyyy' } } }, /`cells.dateFormats` a=yyyy: .*INT holds no dates/],
    [
      { types: 'a:INT,b:STRING,c:INT', mapping: { set: { c: 'x' } } },
      /`mapping.set` c=x: INT column "c": expected a whole number/,
    ],
    [{ types: 'a:ANY,b:STRING' }, /column "a" is ANY, which no text stands for/],
    [{ types: 'a:INT[],b:INT', rules: { arrayDelimiter: ';;' } }, /one ASCII character/],
  ] satisfies [Made, RegExp][]) {
    t.throws(() => builderOf(made), { code: 'DDB_USAGE', message })
  }
})
