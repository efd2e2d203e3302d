/* From blocks of records to batches. */
import assert from 'node:assert/strict'
import { Readable } from 'node:stream'
import fc from 'fast-check'
import iconv from 'iconv-lite'
import t from 'tap'
import { InputError } from '../../src/errors.js'
import { BufferPool } from '../../src/parse/columns/fixed-column.js'
import type { Batch, Reject } from '../../src/parse/batch.js'
import type { BatchOptions, FlushClock } from '../../src/parse/input-reader.js'
import type { InputReader } from '../../src/parse/record-reader.js'
import { openReader, type ReaderOptions } from '../../src/parse/formats.js'
import { RecordBlock } from '../../src/parse/record-block.js'
import { RowPlaces } from '../../src/parse/row-places.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import type { Encoding } from '../../src/source/encoding/encodings.js'
import { openSource } from '../../src/source/open-source.js'
import { handClock } from '../helpers/clocks.js'
import { forAllAsync } from '../helpers/runs.js'
import { cells } from '../helpers/values.js'
import {
  batchesFrom,
  bytesOf,
  mappingFor,
  memorySource,
  read,
  rowsOf,
  type ReadOptions,
} from './reading.js'

// The promises of all readers: batches wait no longer than allowed, arrays are not reused too early, and a failure is
// reported only after the rows before it.

/** A source that delivers chunks when the test asks for them. */
function slowSource() {
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
    send: (text: string) => put({ done: false, value: bytesOf(text) }),
    end: (error?: Error) => {
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
  const batches = batchesFrom(reader, 'n:INT,s:STRING', { flushIntervalMs: 1000, clock })
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
  const batches = batchesFrom(reader, 'n:INT', { flushIntervalMs: 1000, clock: impatient })
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
    const rejects: number[] = []
    const batches = batchesFrom(reader, 's:STRING', {
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

for (const [format, types, line] of [
  ['csv', 'n:INT,s:STRING', (n: number, text: string) => `${n},${text}\n`],
  ['ndjson', 'n:INT,s:STRING', (n: number, text: string) => `{"n":${n},"s":"${text}"}\n`],
] as const) {
  t.test(
    `a long line of ${format} that came in pieces is read when nothing more comes`,
    async t => {
      const { source, send, end } = slowSource()
      const long = line(2, 'x'.repeat(70_000))
      send(line(1, 'a'))
      const rules = format === 'csv' ? { header: 'no' as const } : {}
      const reader = await openReader(source, { format, ...rules, clock: impatient })
      const batches = batchesFrom(reader, types, { flushIntervalMs: 1000, clock: impatient })
      const next = async () => rowsOf((await batches.next()).value!)
      t.strictSame(await next(), cells('1,a'))
      send(long.slice(0, -5))
      const rest = next()
      for (let turns = 0; turns < 9; turns++) await turn()
      send(`${long.slice(-5)}${line(3, 'b')}`)
      t.strictSame(await rest, [
        ['2', 'x'.repeat(70_000)],
        ['3', 'b'],
      ])
      end()
      t.equal((await batches.next()).done, true)
    },
  )
}

t.test('without a flush interval, rows wait until their batch is full', async t => {
  const { source, send, end } = slowSource()
  send('1\n2\n')
  const reader = await openSlow(source)
  const batches = batchesFrom(reader, 'n:INT')
  const first = batches.next()
  send('3\n')
  end()
  t.equal((await first).value?.rowCount, 3)
})

t.test('a source that fails throws after the complete rows before the failure', async t => {
  const { source, send, end } = slowSource()
  send('1\n2\n3')
  const reader = await openSlow(source)
  const batches = batchesFrom(reader, 'n:INT')
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
    const batches = batchesFrom(reader, 'n:INT', {
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
  const batches = batchesFrom(reader, 'n:INT', { onReject: () => gate })
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
  const batches = batchesFrom(reader, 'n:INT', {
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
  const batches = batchesFrom(reader, everyType, { batchRows: 50, ...changes })
  for await (const batch of batches) see(batch)
}

const text = Array.from({ length: 500 }, (_, i) =>
  i % 40 === 39 ? 'bad\n' : `${rowText(i)}\n`,
).join('')

t.test('arrays are reused only after their batch is released', async t => {
  const kept: { batch: Batch; rows: string[][]; last: string }[] = []
  const lastOf = (batch: Batch): string => Buffer.from(batch.record(batch.rowCount - 1)).toString()
  await batchesOf(text, { keepRecords: true }, batch =>
    kept.push({ batch, rows: rowsOf(batch), last: lastOf(batch) }),
  )
  t.equal(kept.length, 10)
  for (const { batch, rows, last } of kept) {
    t.strictSame(rowsOf(batch), rows)
    t.equal(lastOf(batch), last)
  }
})

t.test('the batch size may change between two batches', async () => {
  const size = fc.integer({ min: 1, max: 120 })
  await forAllAsync(100)(fc.array(size, { minLength: 1, maxLength: 8 }), async sizes => {
    const rowCounts: number[] = []
    const sizeOf = (batch: number): number => sizes[batch % sizes.length]!
    const reader = await openReader(memorySource(text, { chunkBytes: 700 }), { header: 'no' })
    const batches = reader.batches({
      mapping: mappingFor(reader, everyType),
      batchBytes: 1 << 20,
      onReject: () => undefined,
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
    const batches = batchesFrom(reader, 's:SYMBOL,i:INT')
    for await (const batch of batches) sizes.push(batch.encodedBytes)
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
  for await (const batch of batchesFrom(reader, 'n:INT', { keepRecords: true })) {
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
  const batches = batchesFrom(reader, 'a:INT,b:STRING', {
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

t.test('a refused row is in no column, and has the reason of the first to refuse it', async t => {
  const text = '1,x\nno,\xff\n2,\xff\n2147483648,y\n,z\n'
  const bytes = Buffer.from(text, 'latin1')
  const { rows, rejects, reader } = await read(bytes, 'a:INT,b:STRING', { header: 'no' })
  t.strictSame(rows, cells('1,x', ',z'))
  t.match(rejects, [
    {
      columnName: 'a',
      code: 'DDB_INPUT_CELL',
      class: 'type',
      message: 'INT column "a": expected a whole number from -2147483647 to 2147483647, got "no"',
      value: 'no',
      lineNumber: 2,
      offsetBytes: 4,
      lengthBytes: 5,
    },
    { columnName: 'b', code: 'DDB_INPUT_ENCODING', class: 'parse', lineNumber: 3 },
    { columnName: 'a', code: 'DDB_INPUT_RANGE', class: 'type', lineNumber: 4 },
  ])
  const records = rejects.map(reject => Buffer.from(reject.bytes).toString('latin1'))
  t.strictSame(records, ['no,\xff\n', '2,\xff\n', '2147483648,y\n'])
  t.strictSame(reader.columnCounts, [
    { nulls: 1, coerced: 0 },
    { nulls: 0, coerced: 0 },
  ])
})

t.test('with lenient, such a cell becomes null and is counted', async t => {
  const batch = { cells: { lenient: true } }
  const bytes = Buffer.from('no,x\n2,\xff\nno,\xff\n', 'latin1')
  const { rows, rejects, reader } = await read(bytes, 'a:INT,b:STRING', { header: 'no', batch })
  t.strictSame([rows, rejects], [cells(',x', '2,', ','), []])
  t.strictSame(reader.columnCounts, [
    { nulls: 2, coerced: 2 },
    { nulls: 2, coerced: 2 },
  ])
})

t.test('columns without a field have one text in every row', async t => {
  const options = { header: 'no', set: { c: '1.5' } } as const
  const { rows } = await read('1,x\nno,y\n3,z\n', 'a:INT,b:STRING,c:DOUBLE', options)
  t.strictSame(rows, cells('1,x,1.5', '3,z,1.5'))
  const wrong = read('1,x\n', 'a:INT,b:STRING,c:INT', { header: 'no', set: { c: 'x' } })
  const message = /`mapping.set` c=x: INT column "c": expected a whole number/
  await t.rejects(wrong, { code: 'DDB_USAGE', message })
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
) {
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
  const places: { lineNumber: number; offsetBytes: number; lengthBytes: number }[] = []
  const mapping = mappingFor(reader, types, ignoreExtra ? { ignoreExtra } : {})
  const batches = batchesFrom(reader, mapping, {
    cells: { lenient },
    batchRows: 7,
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
    const options = { encoding: 'gb18030', size, ignoreExtra: true, lenient: true } as const
    const lenient = await readAll(bytes, options)
    const texts = lenient.rows.map(row => row[1])
    t.strictSame(texts, ['股', '', '票\n', '股'])
  }
})

t.test('given UTF-8 is checked as strictly as detected UTF-8', async t => {
  const bytes = Buffer.concat([bytesOf('id,名,注\n1,股,'), Buffer.of(0xe9), bytesOf('\n2,票,\n')])
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

t.test('a record that is too long keeps a beginning that is too long as well', async t => {
  const long = `2,${'股'.repeat(100)}\n`
  const bytes = iconv.encode(`id,名\n1,票\n${long}3,票\n`, 'gb18030')
  const read = await readAll(bytes, { encoding: 'gb18030', size: 16, maxRecordBytes: 50 })
  const ids = read.rows.map(row => row[0])
  t.strictSame(ids, ['1', '3'])
  t.match(read.rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG', lengthBytes: 203, offsetBytes: 11 }])
  const kept = Buffer.from(read.rejects[0]!.bytes)
  t.equal(iconv.decode(kept, 'gb18030'), `2,${'股'.repeat(17)}`)
  t.equal(read.sum, bytes.length)
  const again = Buffer.concat([iconv.encode('id,名\n1,票\n', 'gb18030'), kept])
  const retried = await readAll(again, { encoding: 'gb18030', size: 16, maxRecordBytes: 50 })
  t.match(retried.rejects, [{ code: 'DDB_INPUT_RECORD_TOO_LONG' }])
})

// Texts that mean null.

/** The numbers of the rows whose first cell is null. Cells that are not of the type are rejected. */
const nullsOf = async (text: string, type: string, nullTexts: string[], more: ReadOptions = {}) => {
  const batch = { cells: { nullTexts } }
  const { rows, places } = await read(text, `a:${type},b:STRING`, { header: 'no', batch, ...more })
  return rows.flatMap(([a], row) => (a === '' ? [places[row]!.lineNumber - 1] : []))
}

t.test('blanks around the null text count if they are part of values, as in texts', async t => {
  const blanks = ' ,x\n   ,x\n\t,x\nNA,x\n NA ,x\n0,x\nN A,x\n" ",x\n"",x\n'
  for (const [nullText, type, expected] of [
    ['NA', 'DOUBLE', [3, 4]],
    ['NA', 'STRING', [3]],
    [' ', 'DOUBLE', [0, 1, 2]],
    [' ', 'STRING', [0]],
    [' NA', 'DOUBLE', [3, 4]],
    [' NA ', 'STRING', [4]],
  ] as const) {
    t.strictSame(await nullsOf(blanks, type, [nullText]), [...expected, 8], `${type} ${nullText}`)
  }
})

t.test('a quoted text is no null text, if the format has quotes', async t => {
  const text = '"NA",x\nNA,"NA"\n"NA","NA"\nñ,ñ\n'
  t.strictSame(await nullsOf(text, 'STRING', ['NA', 'ñ', '']), [1, 3])
  t.strictSame(await nullsOf(text, 'STRING', ['"NA"'], { quote: '' }), [0, 2])
})
