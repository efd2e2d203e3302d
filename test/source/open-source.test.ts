/* Opens files, pipes and standard input as sources of bytes. */
import { appendFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { brotliCompressSync, gzipSync } from 'node:zlib'
import t from 'tap'
import type { Files, FileStatus, InputFile } from '../../src/platform/platform.js'
import { systemFiles } from '../../src/platform/system-files.js'
import type { ByteSource } from '../../src/source/byte-source.js'
import { newSameFiles } from '../../src/source/data-files.js'
import { chunkBytes, CountedChunks, fileChunks, type Jump } from '../../src/source/file-chunks.js'
import { openGrowing, openSource } from '../../src/source/open-source.js'
import { table, tableContent } from './compression/zstd.js'
import { pieces } from './encoding/decoding.js'
import { fileFolder } from '../helpers/file-folder.js'

// Files, pipes and gzip as chunks of text.

async function contentOf(source: ByteSource): Promise<Buffer> {
  const parts: Buffer[] = []
  try {
    // Copies the chunk, because it is lent only until the next chunk is requested.
    for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk))
  } finally {
    await source.close()
  }
  return Buffer.concat(parts)
}

const folder = fileFolder(t)
function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

/** Content of several chunks, in which no two parts are equal. */
const long = Buffer.from(Array.from({ length: 250_000 }, (_, i) => `line ${i}\n`).join(''))

t.test('a byte order mark is omitted from the text, but counts in offsets', async t => {
  for (const content of ['\ufeffa,b\n', '\ufeff']) {
    const source = await openSource(file('mark.csv', content))
    t.equal(source.startOffsetBytes, 3)
    t.equal(String(source.head), content.slice(1, 5))
    t.equal(String(await contentOf(source)), content.slice(1))
  }
  const packed = await openSource(file('mark.gz', gzipSync('\ufeffa')))
  t.equal(packed.startOffsetBytes, 3)
  t.equal(String(await contentOf(packed)), 'a')
})

t.test('the encoding is detected, or must be named', async t => {
  const little = Buffer.from('\ufeffé,b\n', 'utf16le')
  for (const [bytes, encoding] of [
    [little, 'utf-16le'],
    [Buffer.from(little).swap16(), 'utf-16be'],
  ] as const) {
    const found = await openSource(file('utf16.csv', bytes))
    t.match(found.text, { encoding, how: 'found' })
    t.equal(found.startOffsetBytes, 2)
    t.equal(Buffer.from(found.head).toString(), 'é,b\n')
    t.equal(String(await contentOf(found)), 'é,b\n')
    t.equal(found.contentBytesRead, bytes.length)
    const named = await openSource(file('named.csv', bytes.subarray(2)), { encoding })
    t.match(named.text, { encoding, how: 'given' })
    t.equal(String(await contentOf(named)), 'é,b\n')
    await t.rejects(openSource(file('no-mark.csv', bytes.subarray(2))), {
      code: 'DDB_INPUT_ENCODING',
      message: new RegExp(`${encoding} .*input\\.encoding`),
    })
  }
  const packed = await openSource(file('x.gz', gzipSync(Buffer.from('d6d0b9fa', 'hex'))), {
    encoding: 'gb18030',
  })
  t.equal(String(await contentOf(packed)), '中国')
})

t.test('Brotli is known by its name, zstd by its first bytes; archives are refused', async t => {
  const brotli = brotliCompressSync('a,b\n')
  t.equal(String(await contentOf(await openSource(file('x.csv.br', brotli)))), 'a,b\n')
  const options = { compression: 'brotli' } as const
  t.equal(String(await contentOf(await openSource(file('y', brotli), options))), 'a,b\n')
  const packed = await openSource('-', { stdin: Readable.from([table]) })
  t.equal(packed.compression, 'zstd')
  t.equal(String(await contentOf(packed)), tableContent)
  for (const bytes of [
    Buffer.from('504b0304140000000800', 'hex'),
    gzipSync(Buffer.from('PK\x03\x04')),
  ]) {
    await t.rejects(openSource(file('z', bytes)), { code: 'DDB_INPUT_FORMAT' })
    await t.rejects(openSource('-', { stdin: Readable.from([bytes]) }), {
      code: 'DDB_INPUT_FORMAT',
    })
  }
})

t.test('doubly compressed input is reported', async t => {
  const text = Buffer.from('a,b\n1,2\n')
  const once = gzipSync(text)
  for (const twice of [gzipSync(once), gzipSync(table)]) {
    await t.rejects(openSource(file('twice.csv.gz', twice)), {
      code: 'DDB_INPUT_FORMAT',
      message: /compressed twice, with (?:gzip|zstd) inside of gzip/,
    })
  }
})

t.test('a growing file whose content is compressed is reported as that', async t => {
  for (const bytes of [gzipSync(tableContent), table]) {
    const growing = openGrowing('b.csv', pieces(bytes, 99), 'auto', () => Promise.resolve())
    await t.rejects(growing, {
      code: 'DDB_INPUT_FORMAT',
      message: /is compressed with (?:gzip|zstd), and/,
    })
  }
})

t.test('a missing path and a path that is not a file are reported', async t => {
  const error = { code: 'DDB_INPUT_MISSING', message: /there is no file/, exitCode: 66 }
  await t.rejects(openSource(join(folder, 'nowhere.csv')), error)
  await t.rejects(openSource(folder), { code: 'DDB_INPUT_MISSING', message: /folder/ })
  await t.rejects(openSource('-'), { code: 'DDB_INPUT_MISSING' })
})

t.test('standard input can be any stream', async t => {
  const source = await openSource('-', {
    stdin: Readable.from([Buffer.from('a'), Buffer.from(',b\n1,'), Buffer.from('2\n')]),
  })
  t.equal(source.name, '<stdin>')
  t.equal(source.totalBytes, undefined)
  t.equal(String(source.head).slice(0, 4), 'a,b\n')
  t.equal(String(await contentOf(source)), 'a,b\n1,2\n')
  t.equal(source.bytesRead, 8)
  const packed = await openSource('-', { stdin: Readable.from([gzipSync('x\n')]) })
  t.equal(String(await contentOf(packed)), 'x\n')
})

t.test('a stream that fails is an error that names the input', async t => {
  const failing = new Readable({
    read() {
      this.push('a,b\n')
      this.destroy(new Error('gone'))
    },
  })
  const reading = openSource('-', { stdin: failing }).then(contentOf)
  await t.rejects(reading, { code: 'DDB_INPUT_READ', message: /<stdin>.*gone/ })
})

t.test('a file that grows while it is read is read to its new end', async t => {
  const path = file('growing.csv', long)
  const source = await openSource(path)
  const chunks = source.chunks()
  await chunks.next()
  appendFileSync(path, 'more\n')
  let bytes = 0
  for await (const chunk of chunks) bytes += chunk.length
  t.ok(bytes > 0)
  t.equal(source.bytesRead, long.length + 5)
  await source.close()
})

async function contentAndError(source: ByteSource) {
  const parts: Buffer[] = []
  try {
    for await (const chunk of source.chunks()) parts.push(Buffer.from(chunk))
  } catch (error) {
    return { content: Buffer.concat(parts), error: error as Record<string, unknown> }
  } finally {
    await source.close()
  }
  return { content: Buffer.concat(parts), error: {} }
}

t.test('a file that is truncated while it is read is an error with both sizes', async t => {
  for (const keptBytes of [0, 200_001, chunkBytes, 2 * chunkBytes + 1]) {
    const path = file('cut.csv', long)
    const source = await openSource(path)
    truncateSync(path, keptBytes)
    const { content, error } = await contentAndError(source)
    t.match(error, {
      code: 'DDB_INPUT_TRUNCATED',
      exitCode: 65,
      message: `it had ${long.length} bytes and ends after ${keptBytes}.`,
      position: { file: path, offsetBytes: keptBytes },
    })
    t.ok(content.equals(long.subarray(0, content.length)), 'what was read before is delivered')
    t.ok(content.length >= keptBytes, `${content.length} of ${keptBytes} bytes`)
  }
})

/** Files, one of which changes its size each time its size is queried and each time it is read. */
function changing(content: Buffer, size: { looked: number[]; read?: number[] }): Files {
  let [sizeBytes = 0] = size.looked
  let position = 0
  const opened: InputFile = {
    status() {
      sizeBytes = size.looked.shift() ?? sizeBytes
      const ids = { device: 0n, inode: 0n, modifiedMs: 0, bornNs: 0n, changedNs: 0n }
      return Promise.resolve({ isFile: true, isFolder: false, sizeBytes, ...ids })
    },
    read(buffer, offset, length) {
      sizeBytes = size.read?.shift() ?? sizeBytes
      const bytesRead = Math.max(0, Math.min(length, sizeBytes - position))
      content.copy(buffer, offset, position, position + bytesRead)
      position += bytesRead
      return Promise.resolve(bytesRead)
    },
    readAt: () => Promise.reject(new Error('nobody goes back')),
    close: () => Promise.resolve(),
  }
  return { ...systemFiles, open: () => Promise.resolve(opened) }
}

t.test('a compressed file that is truncated meanwhile gives what can be decompressed', async t => {
  const members = Array.from({ length: 40 }, (_, i) =>
    gzipSync(long.subarray(i * 70_000, (i + 1) * 70_000)),
  )
  const packed = Buffer.concat(members)
  for (const [keptBytes, leastBytes] of [
    [packed.length - 10, 40 * 70_000 - 1000],
    [packed.length - members.at(-1)!.length, 39 * 70_000],
  ] as const) {
    const files = changing(packed, { looked: [packed.length, keptBytes], read: [keptBytes] })
    const source = await openSource('cut.csv.gz', { files })
    const { content, error } = await contentAndError(source)
    t.match(error, {
      code: 'DDB_INPUT_TRUNCATED',
      message: `it had ${packed.length} bytes and ends after ${keptBytes}.`,
    })
    t.ok(content.equals(long.subarray(0, content.length)))
    t.ok(content.length >= leastBytes, `${content.length} of ${leastBytes}`)
    t.equal(source.contentBytesRead, content.length)
  }
})

t.test('a file that keeps growing is read to its size when the reader reaches the end', async t => {
  const files = changing(long, { looked: [10, 15, 1000, 1000] })
  const { content, error } = await contentAndError(await openSource('x.csv', { files }))
  t.same(error, {})
  t.equal(String(content), String(long.subarray(0, 15)))
})

t.test('a file that grew and was then truncated is also an error', async t => {
  // The file is truncated before the growth is read, or afterwards.
  for (const size of [
    { looked: [10, 20], read: [10, 12] },
    { looked: [10, 20, 12], read: [10, 15, 15] },
  ]) {
    const files = changing(long, size)
    const { error } = await contentAndError(await openSource('x.csv', { files }))
    t.match(error, { code: 'DDB_INPUT_TRUNCATED', message: 'bytes and ends after 12.' })
  }
})

t.test('a file that claims to be empty but is not, as in /proc, is read', async t => {
  const files = changing(Buffer.from('a,b\n'), { looked: [0], read: [4] })
  t.equal(String(await contentOf(await openSource('x', { files }))), 'a,b\n')
})

t.test('content bytes are counted after decompression, with the byte order mark', async t => {
  const marked = Buffer.concat([Buffer.from('\ufeff'), long])
  for (const path of [file('c.csv', marked), file('c.gz', gzipSync(marked))]) {
    const source = await openSource(path)
    t.ok((await contentOf(source)).equals(long))
    t.equal(source.contentBytesRead, marked.length)
  }
})

// The loop that reads a file, on a file in memory that changes its size during the loop.

interface MemoryFile extends InputFile {
  content: Buffer
  /** The largest number of bytes that a read returns. */
  pieceBytes: number
  fails: boolean
}

function memoryFile(content: string | Buffer, pieceBytes = Infinity): MemoryFile {
  let position = 0
  return {
    content: Buffer.from(content),
    pieceBytes,
    fails: false,
    async status() {
      const sizeBytes = this.content.length
      const times = { modifiedMs: 0, bornNs: 0n, changedNs: 0n }
      return { isFile: true, isFolder: false, sizeBytes, device: 0n, inode: 0n, ...times }
    },
    readAt: () => Promise.reject(new Error('nobody goes back')),
    async read(buffer, offset, length) {
      if (this.fails) throw new Error('the disk is gone')
      const end = Math.min(position + Math.min(length, this.pieceBytes), this.content.length)
      const piece = this.content.subarray(position, Math.max(position, end))
      buffer.set(piece, offset)
      position += piece.length
      return piece.length
    },
    close: async () => undefined,
  }
}

/** Copies the chunks, because the source reuses their memory. Calls `then` after each chunk. */
async function chunksOf(
  file: InputFile,
  openedBytes: number | undefined,
  then: (chunks: number) => void = () => undefined,
): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  for await (const chunk of fileChunks(file, 'x.csv', openedBytes)) {
    chunks.push(Buffer.from(chunk))
    then(chunks.length)
  }
  return chunks
}

t.test('reads may return less than requested', async t => {
  const chunks = await chunksOf(memoryFile('abcdefg', 3), 7)
  t.strictSame(chunks.map(String), ['abc', 'def', 'g'])
})

t.test('an empty file, and a pipe that ends at once, have no chunks', async t => {
  t.strictSame(await chunksOf(memoryFile(''), 0), [])
  t.strictSame(await chunksOf(memoryFile(''), undefined), [])
  t.strictSame((await chunksOf(memoryFile('ab', 1), undefined)).map(String), ['a', 'b'])
})

t.test('an error of a read is thrown in its turn', async t => {
  const file = memoryFile('abcdef', 2)
  const seen: string[] = []
  const reading = async (): Promise<void> => {
    for await (const chunk of fileChunks(file, 'x.csv', 6)) {
      seen.push(String(chunk))
      file.fails = true
    }
  }
  await t.rejects(reading(), { message: 'the disk is gone' })
  t.strictSame(seen, ['ab', 'cd'], 'the second read was already running')
})

t.test('bytes before the start position are not read; chunk boundaries stay', async t => {
  const content = Buffer.from(Array.from({ length: 500_000 }, (_, i) => `${i}\n`).join(''))
  for (const toBytes of [chunkBytes + 1, 2 * chunkBytes, 3 * chunkBytes + 7, content.length]) {
    const jump: Jump = { toBytes: 0 }
    const chunks: Buffer[] = []
    const file = memoryFile(content)
    file.readAt = async (buffer, offset, length, positionBytes) => {
      t.ok(positionBytes + chunkBytes >= toBytes, `read at ${positionBytes}`)
      return content.copy(buffer, offset, positionBytes, positionBytes + length)
    }
    for await (const chunk of fileChunks(file, 'x.csv', content.length, jump)) {
      chunks.push(Buffer.from(chunk))
      jump.toBytes = toBytes
    }
    t.ok(chunks[0]!.equals(content.subarray(0, chunkBytes)))
    t.ok(Buffer.concat(chunks.slice(1)).equals(content.subarray(toBytes)), `from ${toBytes}`)
    const rest = chunks.slice(1, -1).map(chunk => chunk.length)
    t.ok(rest.slice(1).every(size => size === chunkBytes))
    if (rest.length > 0) t.equal((toBytes + rest[0]!) % chunkBytes, 0)
  }
})

const content = Buffer.from('abcdefghij')

async function all(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = ''
  for await (const chunk of chunks) text += Buffer.from(chunk).toString()
  return text
}

t.test('peeked bytes come again, and every byte is counted once', async t => {
  const counted = new CountedChunks(pieces(content, 3))
  await counted.peek(4)
  t.equal(counted.head.toString(), 'abcdef')
  t.equal(counted.byteCount, 6)
  t.notOk(counted.isWhole)
  t.equal(await all(counted.rest(2)), 'cdefghij')
  t.equal(counted.byteCount, 10)
})

t.test('an error comes after the bytes before it', async t => {
  const failing = async function* (): AsyncGenerator<Uint8Array, void, void> {
    yield* pieces(content, 5)
    throw new Error('gone')
  }
  const counted = new CountedChunks(failing())
  await counted.peek(100)
  t.notOk(counted.isWhole)
  let read = ''
  await t.rejects(async () => {
    for await (const chunk of counted.rest()) read += Buffer.from(chunk).toString()
  }, /gone/)
  t.equal(read, 'abcdefghij')
})

const fileSameFiles = (inode: bigint, isFile = true): FileStatus => ({
  isFile,
  isFolder: false,
  sizeBytes: 1,
  device: 1n,
  inode,
})

t.test('of a million names, only a few examples are kept', async t => {
  const names = newSameFiles()
  for (let i = 0; i < 100; i++) names.isFirst(`a${i}`, fileSameFiles(1n))
  t.equal(names.found.count, 99)
  t.equal(names.found.first.length, 20)
})
