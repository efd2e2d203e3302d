/*
  What every reader shares: batches that wait no longer than they may, arrays that are not reused too early, failures
  behind the rows before them.
*/
import t from 'tap'
import { InputError } from '../../src/errors.js'
import { openReader } from '../../src/parse/open-reader.js'
import type { Batch, BatchOptions, FlushClock, InputReader } from '../../src/parse/input-reader.js'
import { handClock } from '../helpers/clocks.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import { bytesOf, mappingFor, memorySource, rowsOf } from './reading.js'

const options = { batchRows: 100, batchBytes: 1 << 20, onReject: () => undefined }

/** A source whose chunks come when the test says so. */
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

/** A clock by which every wait is over in the next turn. */
const impatient: FlushClock = {
  nowMs: () => 0,
  afterIfAlive(_delayMs, callback) {
    const timer = setImmediate(callback)
    return { cancel: () => clearImmediate(timer) }
  },
}

/** Delimited text without a header, of which no more has come than was sent. */
const openSlow = (source: ByteSource): Promise<InputReader> =>
  openReader(source, { format: 'csv', header: 'no', clock: impatient })

/** Lets everything run that waits for nothing but its turn. */
const turn = (): Promise<void> => new Promise(resolve => setImmediate(resolve))

t.test('a partial batch goes out when the input is idle for too long', async t => {
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
  t.strictSame(found, [
    [
      ['1', 'a'],
      ['2', 'b'],
    ],
  ])
  t.equal(clock.timers, 0, 'without rows nothing waits')
  send('c\n')
  await turn()
  clock.advance(600)
  send('4,d\n')
  await turn()
  t.equal(found.length, 1, 'the first row has 400 ms left')
  clock.advance(400)
  await turn()
  t.strictSame(found[1], [
    ['3', 'c'],
    ['4', 'd'],
  ])
  send('5,e')
  end()
  await drained
  t.strictSame(found[2], [['5', 'e']])
  t.equal(clock.timers, 0)
})

t.test(
  'an empty line of one column goes out with the row that follows, whenever that comes',
  async t => {
    const { source, send, end } = slowSource()
    send('1\n\n')
    const reader = await openSlow(source)
    const mapping = mappingFor(reader, 'n:INT')
    const times = { flushIntervalMs: 1000, clock: impatient }
    const batches = reader.batches({ ...options, mapping, ...times })
    const next = async (): Promise<unknown> => {
      const { value: batch } = await batches.next()
      return batch && { rows: rowsOf(batch), end: batch.endOffsetBytes, line: batch.endLineNumber }
    }
    t.strictSame(await next(), { rows: [['1']], end: 2, line: 2 })
    send('2\n\n')
    t.strictSame(await next(), { rows: [[''], ['2']], end: 5, line: 4 })
    end()
    t.equal(await next(), undefined)
    t.equal(reader.byteCounts.other, 1)
  },
)

for (const [what, begun, rest, rejected] of [
  ['a comment', '#co', 'mment\n', 0],
  ['a record that is too long', '123456789', '0\n', 1],
] as const) {
  t.test(`a batch that goes out inside of ${what} ends before it`, async t => {
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
    t.match((await early).value, { rowCount: 2, endOffsetBytes: 4, endLineNumber: 3 })
    t.equal(reader.recordsRead, 2)
    send(`${rest}3`)
    end()
    const late = await batches.next()
    t.match(late.value, { rowCount: 1, startOffsetBytes: 4, endLineNumber: 4 })
    t.equal(late.value?.endOffsetBytes, 4 + begun.length + rest.length + 1)
    t.strictSame(rejects, rejected === 0 ? [] : [4])
  })
}

t.test('without a flush interval rows wait for their batch', async t => {
  const { source, send, end } = slowSource()
  send('1\n2\n')
  const reader = await openSlow(source)
  const batches = reader.batches({ ...options, mapping: mappingFor(reader, 'n:INT') })
  const first = batches.next()
  send('3\n')
  end()
  t.equal((await first).value?.rowCount, 3)
})

t.test('a source that fails does so behind the complete rows before it', async t => {
  const { source, send, end } = slowSource()
  send('1\n2\n3')
  const reader = await openSlow(source)
  const batches = reader.batches({ ...options, mapping: mappingFor(reader, 'n:INT') })
  const failure = new InputError('DDB_INPUT_READ', 'the disk is gone', { file: 'x' })
  end(failure)
  const { value } = await batches.next()
  t.strictSame(rowsOf(value!), [['1'], ['2']], 'the record that was cut off is not a row')
  await t.rejects(batches.next(), failure)
})

for (const [format, what, rows, begun, told] of [
  ['csv', 'a record', '1\n2\n', '"3', true],
  ['csv', 'what may be a record', '1\n2\n', '33', true],
  ['csv', 'a record that is too long', '1\n2\n', '123456789', true],
  ['csv', 'a comment', '1\n2\n', '#co', false],
  ['ndjson', 'a record', '{"n":1}\n{"n":2}\n', '{"n":3', true],
] as const) {
  t.test(`${format}: a source that fails inside of ${what} was read up to there`, async t => {
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
    t.match((await batches.next()).value, { rowCount: 2, ...place })
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

t.test('once stopped, the rows in hand come as a last batch', async t => {
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

const everyType = [
  'a:INT',
  'b:LONG',
  'c:DOUBLE',
  'd:SYMBOL',
  'e:STRING',
  'f:TIMESTAMP',
  'g:BOOL',
  'h:UUID',
  'i:INT[]',
  'j:DECIMAL128(2)',
  'k:BLOB',
  'l:POINT',
  'm:FLOAT',
  'n:SHORT',
].join(',')

/** One row whose every cell depends on `i`. */
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

t.test('arrays are not written to before their batch is released', async t => {
  const kept: { batch: Batch; rows: string[][] }[] = []
  await batchesOf(text, {}, batch => kept.push({ batch, rows: rowsOf(batch) }))
  t.equal(kept.length, 10)
  for (const { batch, rows } of kept) t.strictSame(rowsOf(batch), rows)
})

t.test('released arrays carry later batches, with the same rows', async t => {
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
  t.ok(buffers.size < 5, `${buffers.size} arrays carried 10 batches`)
})

t.test('encodedBytes is close to what the columns need', async t => {
  await batchesOf(text, {}, batch => {
    t.ok(batch.encodedBytes > batch.rowCount * 100 && batch.encodedBytes < batch.rowCount * 200)
  })
})

t.test('a refused row counts no more than if it had not been there', async t => {
  const sizes: number[] = []
  for (const bad of ['', 'b,bad\n']) {
    const reader = await openReader(memorySource(`a,1\n${bad}c,3\n`), { header: 'no' })
    const mapping = mappingFor(reader, 's:SYMBOL,i:INT')
    for await (const batch of reader.batches({ ...options, mapping }))
      sizes.push(batch.encodedBytes)
  }
  t.equal(sizes[0], sizes[1])
})

t.test('with keepRecords each row has the bytes it came from', async t => {
  const found: string[] = []
  await batchesOf(text, { keepRecords: true }, batch => {
    for (let row = 0; row < batch.rowCount; row++)
      found.push(Buffer.from(batch.record(row)).toString())
    batch.release()
  })
  t.strictSame(
    found,
    text.split(/(?<=\n)/).filter(line => line !== 'bad\n'),
  )
})

t.test('a row keeps its bytes among many that were rejected', async t => {
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
  t.strictSame(
    found,
    Array.from({ length: 10 }, (_, i) => `${i * 10}\n`),
  )
})

t.test('a batch tells where its rows came from', async t => {
  await batchesOf(text, {}, batch => {
    const { first, last } = batch
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

t.test('the rows of each block are shown once those that cannot be read are out of it', async t => {
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
