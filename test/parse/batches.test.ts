/*
  From blocks of records to batches.
*/
import assert, { strictEqual } from 'node:assert/strict'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t from 'tap'
import { InputError } from '../../src/errors.js'
import { BatchBuilder, type BuilderInput } from '../../src/parse/batch-builder.js'
import { sourceFields } from '../../src/parse/mapped-columns.js'
import type { CellRules } from '../../src/parse/cell-rules.js'
import { BufferPool } from '../../src/parse/columns/buffer-pool.js'
import type { Batch, Fault, RecordShape, Reject, ResumePoint } from '../../src/parse/batch.js'
import type { BatchOptions, FlushClock, InputReader } from '../../src/parse/input-reader.js'
import { NullTexts } from '../../src/parse/cells/cell-words.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { RowPlaces } from '../../src/parse/row-places.js'
import { Window } from '../../src/parse/window.js'
import type { MappingRules } from '../../src/schema/cell-source.js'
import { mapColumns } from '../../src/schema/column-mapping.js'
import { schemaFromTypes } from '../../src/schema/target-schema.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import type { Encoding } from '../../src/source/encoding/encodings.js'
import { openSource } from '../../src/source/open-source.js'
import { handClock } from '../helpers/clocks.js'
import { forAll, forAllAsync } from '../helpers/runs.js'
import { utf8Source } from '../helpers/utf8-source.js'
import { cells } from '../helpers/values.js'
import { bytesOf, mappingFor, memorySource, rowsOf } from './reading.js'

// The promises of all readers: batches wait no longer than allowed, arrays are not reused too early, and a failure is
// reported only after the rows before it.

const options = { batchRows: 100, batchBytes: 1 << 20, onReject: () => undefined }

/** A source that delivers chunks when the test asks for them. */
function slowSource(): {
  source: ByteSource
  send: (text: string) => void
  end: (error?: Error) => void
} {
  const waiting: ((result: IteratorResult<Uint8Array, void> | Promise<never>) => void)[] = []
  const ready: (IteratorResult<Uint8Array, void> | Promise<never>)[] = []
  const put = (result: IteratorResult<Uint8Array, void> | Promise<never>): void => {
    const next = waiting.shift()
    if (next === undefined) ready.push(result)
    else next(result)
  }
  const iterator = {
    next: () =>
      new Promise<IteratorResult<Uint8Array, void>>(resolve => {
        const result = ready.shift()
        if (result === undefined) waiting.push(resolve)
        else resolve(result)
      }),
  }
  return {
    source: {
      ...memorySource(''),
      totalBytes: undefined,
      chunks: () => iterator as unknown as AsyncGenerator<Uint8Array, void, void>,
    },
    send: text => put({ done: false, value: bytesOf(text) }),
    end: error => {
      put(error === undefined ? { done: true, value: undefined } : Promise.reject(error))
    },
  }
}

/** A clock on which every wait ends in the next turn. */
const impatient: FlushClock = {
  nowMs: () => 0,
  afterIfAlive(_delayMs, callback) {
    const timer = setImmediate(callback)
    return { cancel: () => clearImmediate(timer) }
  },
}

/** A reader of delimited text without a header, on a source that delivers only the chunks that the test sends. */
const openSlow = (source: ByteSource): Promise<InputReader> =>
  openReader(source, { format: 'csv', header: 'no', clock: impatient })

/** Waits until all pending callbacks have run. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('a partial batch is emitted if the input is idle for too long', async t => {
  const { source, send, end } = slowSource()
  const clock = handClock()
  send('1,a\n2,b\n3,')
  const reader = await openSlow(source)
  const mapping = mappingFor(reader, 'n:INT,s:STRING')
  const batches = reader.batches({ ...options, mapping, flushIntervalMs: 1000, clock })
  const found: string[][][] = []
  const drained = (async () => {
    for await (const batch of batches) found.push(rowsOf(batch))
  })()
  await turn()
  t.strictSame(found, [])
  t.equal(clock.timers, 1)
  clock.advance(999)
  await turn()
  t.strictSame(found, [])
  clock.advance(1)
  await turn()
  t.strictSame(found, [cells('1,a', '2,b')])
  t.equal(clock.timers, 0, 'without rows nothing waits')
  send('c\n')
  await turn()
  clock.advance(600)
  send('4,d\n')
  await turn()
  t.equal(found.length, 1, 'the first row has 400 ms left')
  clock.advance(400)
  await turn()
  t.strictSame(found[1], cells('3,c', '4,d'))
  send('5,e')
  end()
  await drained
  t.strictSame(found[2], [['5', 'e']])
  t.equal(clock.timers, 0)
})

t.test('an empty line of one column is emitted with the next row, whenever that comes', async t => {
  const { source, send, end } = slowSource()
  send('1\n\n')
  const reader = await openSlow(source)
  const mapping = mappingFor(reader, 'n:INT')
  const times = { flushIntervalMs: 1000, clock: impatient }
  const batches = reader.batches({ ...options, mapping, ...times })
  const next = async (): Promise<unknown> => {
    const { value: batch } = await batches.next()
    if (batch === undefined) return undefined
    const { endOffsetBytes: end, endLineNumber: line } = batch.ranges[0]!
    return { rows: rowsOf(batch), end, line }
  }
  t.strictSame(await next(), { rows: [['1']], end: 2, line: 2 })
  send('2\n\n')
  t.strictSame(await next(), { rows: [[''], ['2']], end: 5, line: 4 })
  end()
  t.equal(await next(), undefined)
  t.equal(reader.byteCounts.other, 1)
})

for (const [what, begun, rest, rejected] of [
  ['a comment', '#co', 'mment\n', 0],
  ['a record that is too long', '123456789', '0\n', 1],
] as const) {
  t.test(`a batch that is emitted during ${what} ends before it`, async t => {
    const { source, send, end } = slowSource()
    const clock = handClock()
    const options = { header: 'no', comment: '#', maxRecordBytes: 8, clock: impatient } as const
    send(`1\n2\n${begun}`)
    const reader = await openReader(source, { format: 'csv', ...options })
    const mapping = mappingFor(reader, 's:STRING')
    const rejects: number[] = []
    const batches = reader.batches({
      batchRows: 100,
      batchBytes: 1 << 20,
      mapping,
      flushIntervalMs: 1000,
      clock,
      onReject: ({ offsetBytes }) => void rejects.push(offsetBytes),
    })
    const early = batches.next()
    await turn()
    clock.advance(1000)
    t.match((await early).value?.ranges, [{ rowCount: 2, endOffsetBytes: 4, endLineNumber: 3 }])
    t.equal(reader.recordsRead, 2)
    send(`${rest}3`)
    end()
    const late = await batches.next()
    t.match(late.value?.ranges, [{ rowCount: 1, startOffsetBytes: 4, endLineNumber: 4 }])
    t.equal(late.value?.ranges[0]?.endOffsetBytes, 4 + begun.length + rest.length + 1)
    t.strictSame(rejects, rejected === 0 ? [] : [4])
  })
}

t.test('without a flush interval, rows wait until their batch is full', async t => {
  const { source, send, end } = slowSource()
  send('1\n2\n')
  const reader = await openSlow(source)
  const batches = reader.batches({ ...options, mapping: mappingFor(reader, 'n:INT') })
  const first = batches.next()
  send('3\n')
  end()
  t.equal((await first).value?.rowCount, 3)
})

t.test('a source that fails throws after the complete rows before the failure', async t => {
  const { source, send, end } = slowSource()
  send('1\n2\n3')
  const reader = await openSlow(source)
  const batches = reader.batches({ ...options, mapping: mappingFor(reader, 'n:INT') })
  const failure = new InputError('DDB_INPUT_READ', 'the disk is gone', { file: 'x' })
  end(failure)
  const { value } = await batches.next()
  t.strictSame(rowsOf(value!), [['1'], ['2']], 'the incomplete record is not a row')
  await t.rejects(batches.next(), failure)
})

for (const [format, what, rows, begun, told] of [
  ['csv', 'a record', '1\n2\n', '"3', true],
  ['csv', 'what may be a record', '1\n2\n', '33', true],
  ['csv', 'a record that is too long', '1\n2\n', '123456789', true],
  ['csv', 'a comment', '1\n2\n', '#co', false],
  ['ndjson', 'a record', '{"n":1}\n{"n":2}\n', '{"n":3', true],
] as const) {
  t.test(`${format}: if a source fails during ${what}, all before it counts`, async t => {
    const { source, send, end } = slowSource()
    const options = { header: 'no', comment: '#', maxRecordBytes: 8, clock: impatient } as const
    send(rows + begun)
    const reader = await openReader(source, { ...options, format })
    const rejects: number[] = []
    const batches = reader.batches({
      batchRows: 100,
      batchBytes: 1 << 20,
      mapping: mappingFor(reader, 'n:INT'),
      onReject: ({ offsetBytes }) => void rejects.push(offsetBytes),
    })
    end(new InputError('DDB_INPUT_READ', 'the disk is gone', { file: 'x' }))
    const place = { endOffsetBytes: rows.length, endLineNumber: 3 }
    t.match((await batches.next()).value, { rowCount: 2, ranges: [place] })
    t.strictSame(rejects, told ? [rows.length] : [])
    await t.rejects(batches.next(), { code: 'DDB_INPUT_READ' })
  })
}

t.test('reading waits for the promise of onReject', async t => {
  const reader = await openReader(memorySource('x\n1\n'), { header: 'no' })
  let open: () => void = () => undefined
  const gate = new Promise<void>(resolve => (open = resolve))
  const batches = reader.batches({
    ...options,
    mapping: mappingFor(reader, 'n:INT'),
    onReject: () => gate,
  })
  let done = false
  const first = batches.next().then(result => {
    done = true
    return result
  })
  await turn()
  t.notOk(done)
  open()
  t.equal((await first).value?.rowCount, 1)
})

t.test('after a stop, the rows that were read form a last batch', async t => {
  const reader = await openReader(memorySource('1\nx\n2\n', { chunkBytes: 2 }), { header: 'no' })
  let stopped = false
  const found: number[] = []
  const batches = reader.batches({
    ...options,
    mapping: mappingFor(reader, 'n:INT'),
    stopped: () => stopped,
    onReject: () => void (stopped = true),
  })
  for await (const batch of batches) found.push(batch.rowCount)
  t.strictSame(found, [1])
  t.equal(reader.recordsRead, 2)
})

const everyType =
  'a:INT,b:LONG,c:DOUBLE,d:SYMBOL,e:STRING,f:TIMESTAMP,g:BOOL,h:UUID,i:INT[],j:DECIMAL128(2),' +
  'k:BLOB,l:POINT,m:FLOAT,n:SHORT'

/** A row in which all cells depend on `i`. */
const rowText = (i: number): string =>
  [
    i,
    i * 5_000_000_000,
    i / 4,
    `s${i % 7}`,
    `"t${i}, ""q"""`,
    `2020.01.02T09:30:00.${String(i % 1000).padStart(3, '0')}`,
    i % 2,
    `a0000000-0000-0000-0000-${String(i).padStart(12, '0')}`,
    `"${i},${i + 1}"`,
    `${i}.25`,
    `b${i}`,
    `"(${i}, 0)"`,
    i / 8,
    i % 30_000,
  ].join(',')

async function batchesOf(
  text: string,
  changes: Partial<BatchOptions>,
  see: (batch: Batch) => void,
): Promise<void> {
  const reader = await openReader(memorySource(text, { chunkBytes: 700 }), { header: 'no' })
  const mapping = mappingFor(reader, everyType)
  for await (const batch of reader.batches({ ...options, batchRows: 50, mapping, ...changes }))
    see(batch)
}

const text = Array.from({ length: 500 }, (_, i) =>
  i % 40 === 39 ? 'bad\n' : `${rowText(i)}\n`,
).join('')

t.test('arrays are reused only after their batch is released', async t => {
  const kept: { batch: Batch; rows: string[][] }[] = []
  await batchesOf(text, {}, batch => kept.push({ batch, rows: rowsOf(batch) }))
  t.equal(kept.length, 10)
  for (const { batch, rows } of kept) t.strictSame(rowsOf(batch), rows)
})

t.test('the batch size may change between two batches', async () => {
  const size = fc.integer({ min: 1, max: 120 })
  await forAllAsync(100)(fc.array(size, { minLength: 1, maxLength: 8 }), async sizes => {
    const rowCounts: number[] = []
    const sizeOf = (batch: number): number => sizes[batch % sizes.length]!
    const reader = await openReader(memorySource(text, { chunkBytes: 700 }), { header: 'no' })
    const batches = reader.batches({
      ...options,
      mapping: mappingFor(reader, everyType),
      get batchRows() {
        return sizeOf(rowCounts.length)
      },
    })
    for await (const { rowCount } of batches) rowCounts.push(rowCount)
    const expected = rowCounts.map((_, batch) => sizeOf(batch))
    // 12 of the 500 records are bad.
    const before = expected.slice(0, -1).reduce((sum, rows) => sum + rows, 0)
    assert.deepEqual(rowCounts, [...expected.slice(0, -1), 488 - before])
    assert.ok(rowCounts.at(-1)! <= expected.at(-1)!)
  })
})

t.test('later batches reuse released arrays, and their rows are correct', async t => {
  const kept: string[][] = []
  await batchesOf(text, {}, batch => kept.push(...rowsOf(batch)))
  const released: string[][] = []
  const buffers = new Set<ArrayBufferLike>()
  await batchesOf(text, {}, batch => {
    released.push(...rowsOf(batch))
    const [first] = batch.columns as unknown as { data: Int32Array }[]
    buffers.add(first!.data.buffer)
    batch.release()
    batch.release()
  })
  t.strictSame(released, kept)
  t.ok(buffers.size < 5, `${buffers.size} arrays served 10 batches`)
})

t.test('a rejected row does not change any count of bytes', async t => {
  const sizes: number[] = []
  for (const bad of ['', 'b,bad\n']) {
    const reader = await openReader(memorySource(`a,1\n${bad}c,3\n`), { header: 'no' })
    const mapping = mappingFor(reader, 's:SYMBOL,i:INT')
    for await (const batch of reader.batches({ ...options, mapping }))
      sizes.push(batch.encodedBytes)
  }
  t.equal(sizes[0], sizes[1])
})

t.test('with keepRecords each row has its bytes from the input', async t => {
  const found: string[] = []
  await batchesOf(text, { keepRecords: true }, batch => {
    for (let row = 0; row < batch.rowCount; row++)
      found.push(Buffer.from(batch.record(row)).toString())
    batch.release()
  })
  const good = text.split(/(?<=\n)/).filter(line => line !== 'bad\n')
  t.strictSame(found, good)
})

t.test('among many rejected rows, a row keeps its bytes', async t => {
  const lines = Array.from({ length: 100 }, (_, i) => (i % 10 === 0 ? `${i}` : 'x'.repeat(50)))
  const reader = await openReader(memorySource(`${lines.join('\n')}\n`), { header: 'no' })
  const found: string[] = []
  for await (const batch of reader.batches({
    ...options,
    mapping: mappingFor(reader, 'n:INT'),
    keepRecords: true,
  })) {
    for (let row = 0; row < batch.rowCount; row++)
      found.push(Buffer.from(batch.record(row)).toString())
  }
  const expected = Array.from({ length: 10 }, (_, i) => `${i * 10}\n`)
  t.strictSame(found, expected)
})

t.test('a batch gives the positions of its rows', async t => {
  await batchesOf(text, {}, batch => {
    const first = batch.locate(0)
    const last = batch.locate(batch.rowCount - 1)
    t.equal(first.file, 'input.csv')
    t.strictSame(batch.locate(0).offsetBytes, first.offsetBytes)
    t.strictSame(batch.locate(batch.rowCount - 1).lineNumber, last.lineNumber)
    for (let row = 0; row < batch.rowCount; row++) {
      const { offsetBytes, lengthBytes, lineNumber } = batch.locate(row)
      const record = text.slice(offsetBytes, offsetBytes + lengthBytes)
      t.equal(record.split(',')[0], String(lineNumber - 1))
    }
  })
})

t.test('the rows of each block are shown after bad rows are removed', async t => {
  const reader = await openReader(memorySource('1,a\nx,b\n3,\n4\n5,NA\n'), { header: 'no' })
  const shown: string[] = []
  const batches = reader.batches({
    ...options,
    mapping: mappingFor(reader, 'a:INT,b:STRING'),
    cells: { nullTexts: ['NA'] },
    onBlock({ bytes, starts, ends, rowCount, fieldCount, lineNumbers }) {
      for (let row = 0; row < rowCount; row++) {
        const [a, b] = [0, 1].map(field => {
          const cell = row * fieldCount + field
          return Buffer.from(bytes.subarray(starts[cell], ends[cell])).toString()
        })
        shown.push(`${lineNumbers[row]}: ${a}|${b}`)
      }
    },
  })
  for await (const batch of batches) batch.release()
  t.strictSame(shown, ['1: 1|a', '3: 3|', '5: 5|'])
})

// Building a batch: a row is in all columns or in none.

const shape: RecordShape = {
  format: 'csv',
  delimiter: ',',
  fieldNames: undefined,
  fieldCount: 2,
  headerBytes: undefined,
  text: utf8Source,
}

/** Consecutive records `a,b\n` in the form of a tokenizer of two fields. The first is in line 10 at byte 100. */
function blockOf(...records: readonly string[]): RecordBlock {
  const block = new RecordBlock(2, 8)
  const pieces: Buffer[] = []
  let at = 0
  for (const [row, record] of records.entries()) {
    block.recordStarts[row] = at
    for (const [field, text] of record.split(',').entries()) {
      const cell = Buffer.from(text, 'latin1')
      block.starts[2 * row + field] = at
      block.ends[2 * row + field] = at + cell.length
      pieces.push(cell, Buffer.from(field === 0 ? ',' : '\n'))
      at += cell.length + 1
    }
    block.recordEnds[row] = at
    block.lineNumbers[row] = 10 + row
  }
  const window = new Window()
  window.jumpTo(100)
  window.push(Buffer.concat(pieces))
  block.showWindow(window)
  block.rowCount = records.length
  return block
}

interface Made {
  types?: string
  rules?: CellRules
  mapping?: MappingRules
  keepRecords?: boolean
  startBytes?: number
  input?: Partial<BuilderInput>
}

function builderOf({
  types = 'a:INT,b:STRING',
  rules = {},
  mapping = {},
  keepRecords = false,
  startBytes = 0,
  input,
}: Made = {}) {
  const target = schemaFromTypes(types)
  const columns = mapColumns(target, { file: 'x.csv', kind: 'fields', fieldCount: 2 }, mapping)
  const builder = new BatchBuilder({
    mapping: columns,
    fields: sourceFields(columns),
    rowCapacity: blockOf().rowCapacity,
    rules,
    keepRecords,
  })
  builder.beginInput({ file: 'x.csv', showRecord: undefined, shape, ...input }, startBytes)
  return builder
}

/** Appends the rows of the block and returns the rejected rows. */
function append(builder: BatchBuilder, block: RecordBlock): Reject[] {
  builder.read(block)
  const rows = [...block.refusedBy.subarray(0, block.rowCount).entries()]
  const { recordStarts, recordEnds, lineNumbers } = block
  const rejects = rows.flatMap(([row, by]) => {
    if (by === 0) return []
    const explain = (): Fault => builder.columns.faultOf(block, row)
    const place = [recordStarts[row]!, recordEnds[row]!, lineNumbers[row]!] as const
    return [block.window!.rejectAt(...place, explain)]
  })
  builder.append(block)
  return rejects
}

/** The end of a batch, in line 13. */
const endAt = (offsetBytes: number): ResumePoint => ({ offsetBytes, lineNumber: 13 })

t.test('rows of finished inputs stay in the batch, each once', async t => {
  const builder = builderOf({ startBytes: 90 })
  append(builder, blockOf('1,x'))
  const first = builder.endInput(endAt(95))
  builder.beginInput({ file: 'y.csv', showRecord: undefined, shape }, 7)
  t.equal(builder.endInput(endAt(8)), undefined, 'the input has no rows')
  builder.beginInput({ file: 'z.csv', showRecord: undefined, shape }, 5)
  append(builder, blockOf('2,y', '3,z'))
  const last = builder.endInput(endAt(20))
  const batch = builder.take({ offsetBytes: 0, lineNumber: 1 }, 'full')
  t.strictSame(batch.ranges, [first, last])
  t.match(first, {
    file: 'x.csv',
    firstRow: 0,
    rowCount: 1,
    startOffsetBytes: 90,
    endOffsetBytes: 95,
  })
  t.match(last, {
    file: 'z.csv',
    firstRow: 1,
    rowCount: 2,
    startOffsetBytes: 5,
    endOffsetBytes: 20,
  })
  const files = [0, 1, 2].map(row => batch.locate(row).file)
  t.strictSame(files, ['x.csv', 'z.csv', 'z.csv'])
})

t.test('rows of several blocks become one batch with their positions', async t => {
  const builder = builderOf({ startBytes: 90 })
  t.strictSame(append(builder, blockOf('1,x', ',')), [])
  append(builder, blockOf('3,yy'))
  t.equal(builder.rowCount, 3)
  t.equal(builder.recordBytes, 4 + 2 + 5)
  t.equal(builder.encodedBytes, 3 * 4 + 2 + 1 + 3)
  const batch = builder.take(endAt(120), 'full')
  t.strictSame(rowsOf(batch), cells('1,x', ',', '3,yy'))
  const [range] = batch.ranges
  t.strictSame([range?.startOffsetBytes, range?.endOffsetBytes, batch.rowCount], [90, 120, 3])
  t.equal(range?.endLineNumber, 13)
  t.strictSame(batch.locate(1), { file: 'x.csv', offsetBytes: 104, lengthBytes: 2, lineNumber: 11 })
  t.match(batch.locate(2), { offsetBytes: 100, lineNumber: 10 })
  t.equal(batch.record(0).length, 0, 'records are kept only on request')
  t.strictSame(builder.columns.counts, [
    { nulls: 1, coerced: 0 },
    { nulls: 1, coerced: 0 },
  ])
  t.equal(builder.rowCount, 0)
  append(builder, blockOf('4,z'))
  t.strictSame(rowsOf(builder.take(endAt(130), 'full')), [['4', 'z']], 'the next batch')
  t.equal(builder.recordBytes, 15, 'over all batches')
})

t.test('a refused row is in no column, and has the reason of the first to refuse it', async t => {
  const builder = builderOf()
  const rejects = append(builder, blockOf('1,x', 'no,\xff', '2,\xff', '2147483648,y', ',z'))
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
  t.equal(builder.recordBytes, 4 + 3, 'of rows only')
  t.strictSame(builder.columns.counts, [
    { nulls: 1, coerced: 0 },
    { nulls: 0, coerced: 0 },
  ])
  const batch = builder.take(endAt(0), 'full')
  t.strictSame(rowsOf(batch), cells('1,x', ',z'))
  t.equal(batch.locate(1).lineNumber, 14)
})

t.test('with lenient, such a cell becomes null and is counted', async t => {
  const builder = builderOf({ rules: { lenient: true } })
  t.strictSame(append(builder, blockOf('no,x', '2,\xff')), [])
  t.strictSame(builder.columns.counts, [
    { nulls: 1, coerced: 1 },
    { nulls: 1, coerced: 1 },
  ])
  t.strictSame(rowsOf(builder.take(endAt(0), 'full')), cells(',x', '2,'))
})

t.test('texts that mean null are null in every column', async t => {
  const builder = builderOf({ rules: { nullTexts: ['NA', '-'] } })
  t.strictSame(append(builder, blockOf('NA,-')), [])
  t.strictSame(rowsOf(builder.take(endAt(0), 'full')), [['', '']])
})

t.test('columns without a field have one text in every row', async t => {
  const builder = builderOf({ types: 'a:INT,b:STRING,c:DOUBLE', mapping: { set: { c: '1.5' } } })
  append(builder, blockOf('1,x', 'no,y', '3,z'))
  t.strictSame(rowsOf(builder.take(endAt(0), 'full')), cells('1,x,1.5', '3,z,1.5'))
})

t.test('requested records are kept, and shown in their format', async t => {
  const show = (record: Uint8Array): Uint8Array => Buffer.concat([Buffer.from('> '), record])
  const builder = builderOf({ keepRecords: true, input: { showRecord: show } })
  const block = blockOf('no,x', '1,y')
  block.window!.showRecord = show
  const rejects = append(builder, block)
  t.equal(Buffer.from(rejects[0]!.bytes).toString(), '> no,x\n')
  t.equal(rejects[0]!.lengthBytes, 5, 'as in the input')
  t.equal(Buffer.from(builder.take(endAt(0), 'full').record(0)).toString(), '> 1,y\n')
})

t.test('a later batch uses the arrays of a released batch', async t => {
  const builder = builderOf()
  append(builder, blockOf('1,x'))
  const first = builder.take(endAt(0), 'full')
  const { buffer } = (first.columns[0] as { data: Int32Array }).data
  first.release()
  first.release()
  append(builder, blockOf('2,y'))
  const second = builder.take(endAt(0), 'full')
  append(builder, blockOf('3,z'))
  const third = builder.take(endAt(0), 'full')
  t.notOk(
    [second, third].every(
      batch => (batch.columns[0] as { data: Int32Array }).data.buffer === buffer,
    ),
    'releasing twice does not give one array to two batches',
  )
  t.strictSame([rowsOf(second), rowsOf(third)], [[['2', 'y']], [['3', 'z']]])
})

t.test('a type without a column is refused before the first row', async t => {
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
    [{ types: 'a:ANY,b:STRING' }, /column "a" is ANY, which cannot be read from text/],
    [{ types: 'a:INT[],b:INT', rules: { arrayDelimiter: ';;' } }, /one ASCII character/],
  ] satisfies [Made, RegExp][]) {
    t.throws(() => builderOf(made), { code: 'DDB_USAGE', message })
  }
})

// The block of records between tokenizer and columns. Columns may refuse rows of the block; the block keeps the rest.

const blockOfRecordBlock = (rowCount: number): RecordBlock => {
  const block = new RecordBlock(2, 8)
  for (let row = 0; row < rowCount; row++) {
    for (const field of [0, 1]) {
      block.starts[2 * row + field] = 10 * row + field
      block.ends[2 * row + field] = 10 * row + field + 1
    }
    block.recordStarts[row] = 10 * row
    block.recordEnds[row] = 10 * row + 10
    block.lineNumbers[row] = row + 1
  }
  block.rowCount = rowCount
  return block
}

t.test('the first column that refuses a row is recorded', async t => {
  const block = blockOfRecordBlock(3)
  block.refuse(1, 4)
  block.refuse(1, 2)
  block.refuse(2, 0)
  t.strictSame([...block.refusedBy.subarray(0, 3)], [0, 5, 1])
  t.equal(block.refusedCount, 2)
})

t.test('without its rejected rows, a block contains the remaining rows in order', async t => {
  const block = blockOfRecordBlock(5)
  for (const row of [0, 3]) block.refuse(row, 0)
  block.dropRefused()
  t.strictSame([...block.lineNumbers.subarray(0, block.rowCount)], [2, 3, 5])
  t.strictSame([...block.starts.subarray(0, 6)], [10, 11, 20, 21, 40, 41])
  t.strictSame([...block.recordEnds.subarray(0, 3)], [20, 30, 50])
  t.equal(block.refusedCount, 0)
})

t.test('tolerated rows are counted once', async t => {
  const block = blockOfRecordBlock(2)
  block.refuse(0, 0)
  t.equal(block.forgive(), 1)
  t.equal(block.forgive(), 0)
  block.dropRefused()
  t.equal(block.rowCount, 2)
})

// Positions of rows deep inside an input.

type Place = readonly [start: number, end: number, line: number]

function blockOfRowPlaces(bytesOffset: number, records: readonly Place[]): RecordBlock {
  const block = new RecordBlock(1, Math.max(1, records.length))
  block.bytesOffset = bytesOffset
  for (const [row, [start, end, line]] of records.entries()) {
    block.recordStarts[row] = start
    block.recordEnds[row] = end
    block.lineNumbers[row] = line
  }
  block.rowCount = records.length
  return block
}

const far = 2 ** 40

t.test('each row has the position of its record in the whole input', async t => {
  const places = new RowPlaces(new BufferPool(), false)
  const first = blockOfRowPlaces(100, [
    [5, 15, 2],
    [15, 40, 4],
  ])
  t.equal(places.append(first, 0), 35, 'bytes of the records')
  t.equal(places.append(blockOfRowPlaces(500, []), 2), 0)
  t.equal(places.append(blockOfRowPlaces(far, [[0, 7, far]]), 2), 7)
  const buffers: ArrayBuffer[] = []
  const { place } = places.take(buffers)
  t.equal(buffers.length, 1)
  t.strictSame(
    [0, 1, 2].map(row => place(row)),
    [
      { offsetBytes: 105, lengthBytes: 10, lineNumber: 2 },
      { offsetBytes: 115, lengthBytes: 25, lineNumber: 4 },
      { offsetBytes: far, lengthBytes: 7, lineNumber: far },
    ],
  )
})

// Records that a batch keeps unchanged.

/** A block of records. Before each record there are some bytes that belong to no record. */
function blockOfKeptRecords(records: readonly { gap: number; text: string }[]): RecordBlock {
  const block = new RecordBlock(1, Math.max(1, records.length))
  const pieces: Buffer[] = []
  let at = 0
  for (const [row, { gap, text }] of records.entries()) {
    const record = Buffer.from(text)
    pieces.push(Buffer.alloc(gap, '#'), record)
    block.recordStarts[row] = at + gap
    at += gap + record.length
    block.recordEnds[row] = at
  }
  block.bytes = Uint8Array.from(Buffer.concat(pieces))
  block.rowCount = records.length
  return block
}

t.test('every record is returned, with any gaps between records', async () => {
  const record = fc.record({
    gap: fc.oneof(fc.constant(0), fc.nat(5), fc.nat(500)),
    text: fc.string({ minLength: 1 }),
  })
  forAll(150)(fc.array(fc.array(fc.array(record), { maxLength: 4 }), { maxLength: 3 }), batches => {
    const kept = new RowPlaces(new BufferPool(), true)
    for (const blocks of batches) {
      let rows = 0
      for (const records of blocks) {
        const block = blockOfKeptRecords(records)
        kept.append(block, rows)
        // Overwrites the bytes, because the window of a reader also moves on.
        block.bytes.fill(0x23)
        rows += records.length
      }
      const taken = kept.take([])
      for (const [row, { text }] of blocks.flat().entries()) {
        strictEqual(Buffer.from(taken.record(row)).toString(), text)
      }
    }
  })
})

t.test('a batch keeps its records until its buffers are released', async t => {
  const pool = new BufferPool()
  const kept = new RowPlaces(pool, true)
  kept.append(blockOfKeptRecords([{ gap: 0, text: 'a,b\n' }]), 0)
  const buffers: ArrayBuffer[] = []
  const first = kept.take(buffers)
  t.equal(buffers.length, 2, 'bytes and places')
  kept.append(blockOfKeptRecords([{ gap: 0, text: 'c,d\n' }]), 0)
  const second = kept.take([])
  t.equal(Buffer.from(first.record(0)).toString(), 'a,b\n')
  t.equal(Buffer.from(second.record(0)).toString(), 'c,d\n')
})

// Readers of text that must be decoded. Values must equal the written values, positions and bytes must refer to the
// input. iconv-lite encodes the input; a few lines of this test quote fields in the way of csv-stringify.

/** Characters of each encoding. The second bytes of some characters equal `|`, `\\`, `{` or `"`. */
const alphabets: Partial<Record<Encoding, string>> = {
  gb18030: '股票代码丂億儃凘㐀é😀',
  gbk: '股票丂億',
  big5: '股票功許蓋',
  shift_jis: 'ソ表能ｱ',
  'euc-kr': '종목',
  'utf-16le': '股票é😀ਊ',
  'utf-16be': '股票é😀ਊ',
  'windows-1252': 'é€ß',
  'utf-8': '股票é😀',
}
const cases = Object.entries(alphabets) as [Encoding, string][]

interface Read {
  readonly rows: string[][]
  readonly records: Buffer[]
  readonly places: { lineNumber: number; offsetBytes: number; lengthBytes: number }[]
  readonly rejects: Reject[]
  readonly header: Buffer
  readonly sum: number
}

interface Reading extends ReaderOptions {
  readonly encoding: 'auto' | Encoding
  readonly size?: number
  readonly types?: string
  readonly lenient?: boolean
  readonly ignoreExtra?: boolean
}

async function readAll(
  bytes: Buffer,
  {
    encoding,
    size = 1 << 16,
    types = 'id:INT,名:STRING',
    lenient = false,
    ignoreExtra = false,
    ...options
  }: Reading,
): Promise<Read> {
  const chunks: Buffer[] = []
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size))
  const source = await openSource('-', {
    stdin: Readable.from(chunks, { objectMode: true }),
    encoding,
  })
  const reader = await openReader(source, options)
  const rejects: Reject[] = []
  const rows: string[][] = []
  const records: Buffer[] = []
  const places: Read['places'] = []
  const batches = reader.batches({
    mapping: mappingFor(reader, types, ignoreExtra ? { ignoreExtra } : {}),
    cells: { lenient },
    batchRows: 7,
    batchBytes: 1 << 20,
    keepRecords: true,
    onReject: reject => void rejects.push(reject),
  })
  for await (const batch of batches) {
    rows.push(...rowsOf(batch))
    for (let row = 0; row < batch.rowCount; row++) {
      const { lineNumber, offsetBytes, lengthBytes } = batch.locate(row)
      places.push({ lineNumber, offsetBytes, lengthBytes })
      records.push(Buffer.from(batch.record(row)))
    }
    batch.release()
  }
  const { rows: rowBytes, rejected, header, other } = reader.byteCounts
  return {
    rows,
    records,
    places,
    rejects,
    header: Buffer.from(reader.headerBytes ?? []),
    sum: rowBytes + rejected + header + other,
  }
}

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`

t.test('CSV: values, positions and records of any table in any encoding and chunks', async () => {
  for (const [encoding, alphabet] of cases) {
    const name = fc
      .array(fc.constantFrom(...alphabet, ...'a|\\{,"\n'), { minLength: 1, maxLength: 12 })
      .map(characters => characters.join(''))
    await forAllAsync(60)(
      fc.array(name, { maxLength: 30 }),
      fc.constantFrom('\n', '\r\n'),
      fc.integer({ min: 1, max: 90 }),
      fc.boolean(),
      async (names, lineEnd, size, blank) => {
        const column = encoding === 'windows-1252' ? 'é' : encoding === 'euc-kr' ? '종' : '股'
        const header = iconv.encode(`id,${column}${lineEnd}${blank ? lineEnd : ''}`, encoding)
        const records = names.map((text, i) =>
          iconv.encode(`${i},${quoted(text)}${lineEnd}`, encoding),
        )
        const bytes = Buffer.concat([header, ...records])
        if (bytes.length < 4) return true
        const read = await readAll(bytes, {
          encoding,
          size,
          types: `id:INT,${column}:STRING`,
          header: 'yes',
          delimiter: ',',
        })
        let offsetBytes = header.length
        return (
          read.sum === bytes.length &&
          read.rejects.length === 0 &&
          read.rows.length === names.length &&
          read.rows.every(([id, text], i) => id === String(i) && text === names[i]) &&
          read.records.every((record, i) => record.equals(records[i]!)) &&
          read.places.every((place, i) => {
            const isRight =
              place.offsetBytes === offsetBytes && place.lengthBytes === records[i]!.length
            offsetBytes += records[i]!.length
            return isRight
          })
        )
      },
    )
  }
})

t.test('both kinds of JSON', async () => {
  for (const [encoding, alphabet] of cases) {
    const text = fc
      .array(fc.constantFrom(...alphabet, ...'a|\\{"'), { maxLength: 12 })
      .map(all => all.join(''))
    await forAllAsync(40)(
      fc.array(text, { minLength: 1, maxLength: 20 }),
      fc.integer({ min: 4, max: 90 }),
      fc.constantFrom('ndjson', 'json'),
      async (texts, size, format) => {
        const records = texts.map((each, id) =>
          JSON.stringify({ id, n: each }, null, format === 'json' ? '\n' : ''),
        )
        const whole = format === 'json' ? `[${records.join(' ,\n')}]\n` : `${records.join('\n')}\n`
        const bytes = iconv.encode(whole, encoding)
        const read = await readAll(bytes, { encoding, size, format, types: 'id:INT,n:STRING' })
        return (
          read.sum === bytes.length &&
          read.rejects.length === 0 &&
          read.rows.every(([id, n], i) => id === String(i) && n === texts[i]) &&
          read.rows.length === texts.length &&
          read.records.every(record => {
            const line = iconv.decode(record, encoding)
            return line.indexOf('\n') === line.length - 1 && read.rows.length > 0
          })
        )
      },
    )
  }
})

t.test('bytes that are not a character reject their row, in any column', async t => {
  const gb = (text: string): Buffer => iconv.encode(text, 'gb18030')
  const broken = Buffer.concat([gb('2,'), Buffer.of(0x81), gb(',股\r\n')])
  const bytes = Buffer.concat([
    gb('id,名,注\r\n1,股,x\r\n'),
    broken,
    gb('3,"票\n",y\r\n'),
    gb('4,股,'),
    Buffer.of(0xff),
    gb('\r\n'),
  ])
  for (const size of [1, 4, 100]) {
    const read = await readAll(bytes, { encoding: 'gb18030', size, ignoreExtra: true })
    t.strictSame(read.rows, cells('1,股', '3,票\n'))
    t.equal(read.sum, bytes.length)
    t.match(read.rejects, [
      {
        code: 'DDB_INPUT_ENCODING',
        class: 'parse',
        lineNumber: 3,
        offsetBytes: 18,
        message: /81 at byte 20/,
      },
      { code: 'DDB_INPUT_ENCODING', class: 'parse', lineNumber: 6, message: /FF at byte/ },
    ])
    const isWhole = Buffer.from(read.rejects[0]!.bytes).equals(broken)
    t.ok(isWhole, 'the reject has the bytes of the input')
    const lenient = await readAll(bytes, {
      encoding: 'gb18030',
      size,
      ignoreExtra: true,
      lenient: true,
    })
    const texts = lenient.rows.map(row => row[1])
    t.strictSame(texts, ['股', '', '票\n', '股'])
  }
})

t.test('given UTF-8 is checked as strictly as detected UTF-8', async t => {
  const bytes = Buffer.concat([
    Buffer.from('id,名,注\n1,股,'),
    Buffer.of(0xe9),
    Buffer.from('\n2,票,\n'),
  ])
  const read = await readAll(bytes, { encoding: 'utf-8', ignoreExtra: true, size: 5 })
  t.strictSame(read.rows, [['2', '票']])
  t.match(read.rejects, [{ code: 'DDB_INPUT_ENCODING', message: /utf-8: E9 at byte/ }])
})

t.test('records that are not rows keep their bytes and positions', async t => {
  const gb = (text: string): Buffer => iconv.encode(text, 'gb18030')
  const bytes = gb('id,名\n股,票\n2,股,票\n3,"股"票\n4,股\n')
  const read = await readAll(bytes, { encoding: 'gb18030', size: 3 })
  t.strictSame(read.rows, [['4', '股']])
  t.match(read.rejects, [
    { code: 'DDB_INPUT_CELL', columnName: 'id', value: '股', offsetBytes: 6 },
    { code: 'DDB_INPUT_FIELD_COUNT', offsetBytes: 12 },
    { code: 'DDB_INPUT_QUOTE' },
  ])
  const bytesOfRejects = Buffer.concat(
    read.rejects.map(reject => Buffer.from(reject.bytes)),
  ).equals(gb('股,票\n2,股,票\n3,"股"票\n'))
  t.ok(bytesOfRejects)
  t.ok(read.header.equals(gb('id,名\n')))
})

t.test('a record that is too long keeps its beginning', async t => {
  const long = `2,${'股'.repeat(100)}\n`
  const bytes = iconv.encode(`id,名\n1,票\n${long}3,票\n`, 'gb18030')
  const read = await readAll(bytes, { encoding: 'gb18030', size: 16, maxRecordBytes: 50 })
  const ids = read.rows.map(row => row[0])
  t.strictSame(ids, ['1', '3'])
  t.match(read.rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG', lengthBytes: 203, offsetBytes: 11 }])
  t.equal(iconv.decode(Buffer.from(read.rejects[0]!.bytes), 'gb18030'), `2,${'股'.repeat(16)}`)
  t.equal(read.sum, bytes.length)
})

// Texts that mean null.

/** A block of two fields with these cells. Quotes around a cell are not part of the field. */
function blockOfNullTexts(cells: readonly string[]): RecordBlock {
  const block = new RecordBlock(2, cells.length / 2)
  block.bytes = Uint8Array.from(Buffer.from(`${cells.join(',')},`))
  block.writtenFrom = block.bytes.length
  let at = 0
  for (const [cell, text] of cells.entries()) {
    if (cell % 2 === 0) block.recordStarts[cell / 2] = at
    const { length } = Buffer.from(text)
    const quotes = text.startsWith('"') ? 1 : 0
    block.starts[cell] = at + quotes
    block.ends[cell] = at + length - quotes
    at += length + 1
  }
  block.rowCount = cells.length / 2
  return block
}

const emptied = (block: RecordBlock): number[] =>
  [...block.starts.keys()].filter(cell => block.ends[cell] === block.starts[cell])

t.test('cells with one of the null texts are emptied, only in their column', async t => {
  const block = blockOfNullTexts(['NA', 'NA', 'N', 'NA', 'NAN', 'x', 'ñ', 'ñ'])
  new NullTexts(['NA', 'ñ', '']).apply(block, 0, false)
  t.strictSame(emptied(block), [0, 6])
})

t.test('blanks around the null text count if they are part of values', async t => {
  const cells = [' NA ', 'x', '\tNA', 'x', 'N A', 'x', '  ', 'x', 'NA', 'x']
  for (const [trims, expected] of [
    [true, [0, 2, 8]],
    [false, [8]],
  ] as const) {
    const block = blockOfNullTexts(cells)
    new NullTexts(['NA']).apply(block, 0, trims)
    t.strictSame(emptied(block), expected)
  }
})

t.test('if values are trimmed, so are null texts, also one of blanks', async t => {
  const cells = [' ', 'x', '   ', 'x', '\t', 'x', 'NA', 'x', ' NA', 'x', '0', 'x']
  for (const [texts, trims, expected] of [
    [[' '], true, [0, 2, 4]],
    [[' '], false, [0]],
    [[' NA'], true, [6, 8]],
    [[' NA'], false, [8]],
    [['NA', '  '], true, [0, 2, 4, 6, 8]],
  ] as const) {
    const block = blockOfNullTexts(cells)
    new NullTexts(texts).apply(block, 0, trims)
    t.strictSame(emptied(block), expected, JSON.stringify({ texts, trims }))
  }
  const quoted = blockOfNullTexts(['" "', 'x', '""', 'x'])
  quoted.quote = 34
  new NullTexts([' ']).apply(quoted, 0, true)
  t.strictSame(emptied(quoted), [2])
})

t.test('a quoted text is no null text, if the format has quotes', async t => {
  const cells = ['"NA"', 'x', 'NA', '"NA"', '"NA"', '"NA"']
  for (const [quote, expected] of [
    [34, [2]],
    [-1, [0, 2, 4]],
  ] as const) {
    const block = blockOfNullTexts(cells)
    block.quote = quote
    new NullTexts(['NA']).apply(block, 0, true)
    t.strictSame(emptied(block), expected)
  }
})
