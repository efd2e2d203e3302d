/*
  Real threads that read pieces of an input. They run the sources, not the built program.
*/
import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { ColumnOffsets } from '../../../src/parse/cells/column-offset.js'
import type { Batch } from '../../../src/parse/batch.js'
import { openReader } from '../../../src/parse/formats.js'
import type { BatchOptions } from '../../../src/parse/input-reader.js'
import {
  startPieceThreads,
  type StartedThreads,
} from '../../../src/parse/parallel/piece-threads.js'
import { systemThreads } from '../../../src/platform/system-threads.js'
import type { Column } from '../../../src/protocol/value.js'
import { packageFile } from '../../../src/version.js'
import { mappingFor, memorySource } from '../reading.js'

const entry = packageFile('src/parse/parallel/piece-thread.ts')
const types = 'id:INT,text:STRING,symbol:SYMBOL,time:TIMESTAMP'

/** Three megabytes, with quotes across line ends and some bad rows. */
const csv = ((): string => {
  const lines = ['id,text,symbol,time\n']
  for (let row = 0; row < 60_000; row++) {
    const id = row % 997 === 0 ? 'x' : row
    const text = row % 101 === 0 ? '"two\nlines"' : `text ${row}`
    lines.push(`${id},${text},S${row % 50},2020.01.02T03:04:05.${100 + (row % 900)}\n`)
  }
  return lines.join('')
})()

interface Read {
  readonly rows: number
  readonly batches: number
  readonly rejects: string
  readonly digest: string
}

/** The bytes that are sent to the server. */
function columnBytes({ columns, rowCount }: Batch): Uint8Array[] {
  const bytesOf = ({ buffer, byteOffset }: ArrayBufferView, size: number): Uint8Array =>
    new Uint8Array(buffer, byteOffset, rowCount * size)
  const [id, text, symbol, time] = columns as [Column, Column, Column, Column]
  assert(id.form === 'vector' && id.type === 'INT')
  assert(text.form === 'vector' && text.type === 'STRING' && 'encoded' in text)
  assert(symbol.form === 'vector' && symbol.type === 'SYMBOL')
  assert(time.form === 'vector' && time.type === 'TIMESTAMP')
  return [
    bytesOf(id.data, 4),
    text.encoded,
    bytesOf(symbol.codes, 4),
    Buffer.from(symbol.base.join()),
    bytesOf(time.data, 8),
  ]
}

async function readAll(
  threads: StartedThreads | undefined,
  change: Partial<BatchOptions> = {},
): Promise<Read> {
  const reader = await openReader(memorySource(csv, { chunkBytes: 200_000 }))
  const hash = createHash('sha256')
  const rejects: number[] = []
  const found = { rows: 0, batches: 0 }
  const batches = reader.batches({
    mapping: mappingFor(reader, types),
    batchRows: 7000,
    batchBytes: 1 << 20,
    cells: { columnOffsets: new ColumnOffsets() },
    ...(threads === undefined ? {} : { readAhead: input => threads.feed(input) }),
    onReject: ({ lineNumber }) => void rejects.push(lineNumber),
    ...change,
  })
  for await (const batch of batches) {
    for (const bytes of columnBytes(batch)) hash.update(bytes)
    hash.update(JSON.stringify([batch.locate(batch.rowCount - 1), batch.ranges[0]!.endLineNumber]))
    found.rows += batch.rowCount
    found.batches++
    batch.release()
  }
  return { ...found, rejects: rejects.join(), digest: hash.digest('hex') }
}

t.test('threads give the same result as one reader, for one input after another', async t => {
  const threads = startPieceThreads(systemThreads, entry, 2)
  t.teardown(() => threads.end())
  const alone = await readAll(undefined)
  t.equal(alone.rows, 60_000 - 61)
  t.strictSame(await readAll(threads), alone)
  t.strictSame(
    await readAll(threads, { limit: 30_000 }),
    await readAll(undefined, { limit: 30_000 }),
  )
  t.strictSame(await readAll(threads), alone)
})

/** Prevents the reader from reading a piece itself before a thread gets the piece. */
function onlyForThreads({ slots }: StartedThreads): void {
  slots.take = () => false
}

t.test('a thread that dies ends reading after the earlier rows', async t => {
  const dying = fileURLToPath(new URL('dying-thread.ts', import.meta.url))
  const threads = startPieceThreads(systemThreads, dying, 1)
  t.teardown(() => threads.end())
  onlyForThreads(threads)
  let rows = 0
  const reading = readAll(threads, { onReject: () => void rows++ })
  await t.rejects(reading, { code: 'DDB_THREAD', exitCode: 71, message: /exited with code 3/ })
  t.ok(rows < 61, 'part of the input was not read')
})

t.test('a dead thread ends reading even if nothing waits for it', async t => {
  const thread = { post: () => undefined, keepAlive: () => undefined, end: () => Promise.resolve() }
  const start: typeof systemThreads.start = (_entry, _data, { onDeath }) => {
    onDeath(new Error('no memory'))
    return thread
  }
  const threads = startPieceThreads({ cores: 2, start }, entry, 1)
  await t.rejects(readAll(threads), { code: 'DDB_THREAD', message: /no memory/ })
})

t.test('a thread that cannot be started ends reading', async t => {
  const threads = startPieceThreads(systemThreads, packageFile('src/no-such-thread.ts'), 1)
  t.teardown(() => threads.end())
  onlyForThreads(threads)
  await t.rejects(readAll(threads), { code: 'DDB_THREAD', message: /`input.threads`/ })
})
