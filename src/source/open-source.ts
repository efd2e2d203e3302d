/* Opens one input: a file by its path, or a stream that is already open (standard input), and the content that its bytes decompress to.
   Common files that hold no rows of text are refused by their first bytes: messages say what a file is and how to load it. */
import type { Readable } from 'node:stream'
import { DdbError, InputError, messageOf, option } from '../errors.js'
import type { Files } from '../platform/platform.js'
import { systemFiles } from '../platform/system-files.js'
import type { ByteSource, Chunks, Compression } from './byte-source.js'
import { damagedInput, notCompressed } from './compression/damaged-input.js'
import { decompressed, gunzipped } from './compression/zlib-stream.js'
import { isZstd } from './compression/zstd-frames.js'
import type { Encoding } from './encoding/encodings.js'
import { markBytes, openText } from './encoding/open-text.js'
import { CountedChunks, fileChunks, type Jump } from './file-chunks.js'

export const stdinName = '<stdin>'

export interface SourceOptions {
  /** Name of the input in messages; default its path. */
  readonly name?: string
  /** `auto` detects the compression by the first bytes, and Brotli by the file name. */
  readonly compression?: 'auto' | Compression | undefined
  /** `auto` detects the encoding by a byte order mark; an input without a mark must be UTF-8. */
  readonly encoding?: 'auto' | Encoding | undefined
  readonly stdin?: Readable | undefined
  /** Default: the machine's files. */
  readonly files?: Files
  /** All bytes of the file, if the caller has read them. They must stay valid until the source is read. */
  readonly bytes?: Uint8Array | undefined
  /** Closes standard input or a pipe whose first bytes have not come yet. */
  readonly signal?: AbortSignal | undefined
  /** Whether the file grows, so that it must be text. */
  readonly grows?: boolean
}

/**
 * Opens a file, or standard input for `-`, and reads the first bytes. @throws {InputError} DDB_INPUT_MISSING for a file that is not there
 * or may not be read, DDB_INPUT_FORMAT for anything but text, DDB_INPUT_READ, DDB_INPUT_ENCODING
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<ByteSource> {
  if (path === '-') {
    const { stdin } = options
    if (stdin === undefined) {
      throw new InputError('DDB_INPUT_MISSING', 'there is no standard input to read', { file: '-' })
    }
    const chunks = readErrors(streamChunks(stdin), stdinName)
    const close = () => Promise.resolve(void stdin.destroy())
    return startSource(stdinName, undefined, chunks, options, close)
  }
  const { name = path, bytes, files = systemFiles } = options
  if (bytes !== undefined) {
    return startSource(name, bytes.length, chunkOf(bytes), options, () => Promise.resolve())
  }
  const file = await files.open(path).catch((cause: unknown) => {
    throw missingInput(path, cause)
  })
  const status = await file.status()
  if (status.isFolder) {
    await file.close()
    throw new InputError('DDB_INPUT_MISSING', `"${path}" is a folder, not a file`, { file: path })
  }
  const size = status.isFile ? status.sizeBytes : undefined
  // Some system files report a size of 0 but have content.
  const openedBytes = size === 0 ? undefined : size
  const jump = openedBytes === undefined ? undefined : { toBytes: 0 }
  const chunks = readErrors(fileChunks(file, name, openedBytes, jump), name)
  return startSource(name, size, chunks, options, () => file.close(), jump)
}

const noMark = new Uint8Array(0)

/** Describes a file whose bytes the caller has already read as UTF-8; undefined if it must be opened. The source delivers no bytes. */
export function wholeSource(
  name: string,
  stored: Uint8Array,
  { compression: asked = 'auto', encoding = 'auto' }: SourceOptions,
) {
  const compression = compressionOf('auto', stored, name)
  const isPacked = compression === 'gzip' && asked === 'auto'
  const content = isPacked ? gunzipped(stored) : stored
  if (content === undefined || (compression !== 'none' && !isPacked)) return undefined
  if (isPacked && compressionOf('auto', content, '') !== 'none') return undefined
  const how = encoding === 'auto' ? 'found' : 'given'
  const source: ByteSource = {
    name,
    compression,
    text: { encoding: 'utf-8', how, mark: noMark, broken: undefined, origin: undefined },
    totalBytes: stored.length,
    bytesRead: stored.length,
    contentBytesRead: content.length,
    startOffsetBytes: 0,
    head: noMark,
    chunks: () => chunkOf(noMark),
    close: () => Promise.resolve(),
  }
  return { source, content }
}

async function* chunkOf(bytes: Uint8Array): Chunks {
  if (bytes.length > 0) yield await Promise.resolve(bytes)
}

/** Opens a growing file, which must not be compressed. @param chunks  of the file, from its start @throws {InputError} as `openSource` */
export function openGrowing(
  path: string,
  chunks: Chunks,
  encoding: 'auto' | Encoding,
  closeFile: () => Promise<void>,
): Promise<ByteSource> {
  const options: SourceOptions = { compression: 'none', encoding, grows: true }
  return startSource(path, undefined, readErrors(chunks, path), options, closeFile)
}

export function missingInput(file: string, cause: unknown): InputError {
  if (cause instanceof InputError) return cause
  const { code = '' } = cause as NodeJS.ErrnoException
  const why = ['ENOENT', 'ENOTDIR'].includes(code)
    ? `there is no file "${file}"`
    : ['EACCES', 'EPERM'].includes(code)
      ? `"${file}" may not be read: check its permissions`
      : `"${file}" cannot be opened: ${messageOf(cause)}`
  return new InputError('DDB_INPUT_MISSING', why, { file }, { cause })
}

async function startSource(
  name: string,
  totalBytes: number | undefined,
  stored: Chunks,
  options: SourceOptions,
  closeInput: () => Promise<void>,
  jump?: Jump,
): Promise<ByteSource> {
  const counted = new CountedChunks(stored, jump)
  const isFile = totalBytes !== undefined
  const signal = isFile ? undefined : options.signal
  const giveUp = (): void => void closeInput()
  signal?.addEventListener('abort', giveUp)
  if (signal?.aborted === true) giveUp()
  try {
    await counted.peek(isFile ? foreignHeadBytes : markBytes)
    const compression = compressionOf(options.compression ?? 'auto', counted.head, name)
    if (options.grows === true) refuseCompressed(counted.head, name)
    if (compression !== 'brotli') refuseForeignFormat(counted.head, name)
    const content =
      compression === 'none'
        ? counted
        : new CountedChunks(readErrors(await contentOf(counted, compression, name), name))
    await content.peek(isFile ? foreignHeadBytes : markBytes)
    if (compression !== 'none') {
      refuseForeignFormat(content.head, name)
      refuseCompressed(content.head, name, compression)
    }
    const opened = await openText(content, name, options.encoding ?? 'auto', isFile)
    return {
      ...opened,
      ...{ name, compression, totalBytes },
      get bytesRead() {
        return counted.byteCount
      },
      get contentBytesRead() {
        return content.byteCount
      },
      close: closeInput,
    }
  } catch (error) {
    await closeInput()
    throw error
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

/** @param outer  of this content; undefined for a growing file @throws {InputError} DDB_INPUT_FORMAT for content that is compressed */
function refuseCompressed(head: Uint8Array, file: string, outer?: Compression): void {
  // Passes no name, because the file's name describes the outer compression, not the content.
  const inner = compressionOf('auto', head, '')
  if (inner === 'none') return
  const why =
    outer === undefined
      ? `is compressed with ${inner}, and ${option('input.follow')} follows text as it is written: load it without`
      : `is compressed twice, with ${inner} inside of ${outer}: decompress it once before`
  throw new InputError('DDB_INPUT_FORMAT', `"${file}" ${why}`, { file, offsetBytes: 0 })
}

/** A program may pass a stream of strings, such as Readable.from(lines). */
async function* streamChunks(stream: Readable): Chunks {
  for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
    yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
  }
}

/** Adds the input's name to errors that occur while the input is read. */
async function* readErrors(chunks: AsyncIterable<Uint8Array>, name: string): Chunks {
  try {
    yield* chunks
  } catch (cause) {
    if (cause instanceof DdbError) throw cause
    const message = `reading "${name}" failed: ${messageOf(cause)}`
    throw new InputError('DDB_INPUT_READ', message, { file: name }, { cause })
  }
}

/** Detects the compression by the first bytes; Brotli is detected by the file name. @param asked  the user's choice */
export function compressionOf(
  asked: 'auto' | Compression,
  head: Uint8Array,
  name: string,
): Compression {
  if (asked !== 'auto') return asked
  if (isGzip(head)) return 'gzip'
  if (isZstd(head)) return 'zstd'
  if (/\.br$/i.test(name)) return 'brotli'
  // A `.gz` file that is empty, or cut within its signature, is reported as damaged instead of read as text.
  if (head.length < 2 && /\.t?gz$/i.test(name)) return 'gzip'
  return head.length < 4 && /\.zst$/i.test(name) ? 'zstd' : 'none'
}

const isGzip = (head: Uint8Array): boolean => head[0] === 0x1f && head[1] === 0x8b

/** @throws {InputError} DDB_INPUT_READ for an empty file, or if `gzip` is wrong; other errors occur when chunks are read */
export async function contentOf(
  stored: CountedChunks,
  compression: Exclude<Compression, 'none'>,
  name: string,
): Promise<Chunks> {
  const { head, isWhole } = stored
  if (head.length === 0 && isWhole) {
    // Every compression program writes some bytes, even for empty content.
    const why = `the file is empty, but ${compression} has bytes even without content`
    throw damagedInput(name, `are missing: ${why}; write or copy it again`)
  }
  if (compression === 'gzip' && head.length > 1 && !isGzip(head)) throw notCompressed(name, 'gzip')
  if (compression !== 'zstd') return decompressed(stored.rest(), name, compression)
  const { unzstd } = await loadZstd()
  return unzstd(stored.rest(), name)
}

/** Loads the modules only when needed, because most runs read no Zstandard. */
export const loadZstd = () => import('./compression/unzstd.js')

/** What a file is, how to load it, and whether its first bytes show this format. */
type ForeignFormat = readonly [what: string, advice: string, isAt: (head: Uint8Array) => boolean]

const unpack = 'unpack it and load the files in it'
const toCsv = 'turn it into CSV first'

/** @param command  decompresses a file to standard output */
const compressedWith = (tool: string, command: string, isAt: ForeignFormat[2]): ForeignFormat => [
  `compressed with ${tool}`,
  `decompress it on the way: ${command} FILE | ddb-ingest load -`,
  isAt,
]

const latin1 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('latin1')

/** Compares the first bytes with a signature. A text may begin with a signature of letters, so such formats check further bytes. */
const beginsWith =
  (signature: string, at = 0) =>
  (head: Uint8Array): boolean =>
    latin1(head.subarray(at, at + signature.length)) === signature

const isBinary = (head: Uint8Array): boolean =>
  head.subarray(0, 64).some(byte => byte < 32 && byte !== 9 && byte !== 10 && byte !== 13)

const isAll =
  (...tests: readonly ForeignFormat[2][]): ForeignFormat[2] =>
  head =>
    tests.every(test => test(head))

const zip = beginsWith('PK\x03\x04')
const matches =
  (text: RegExp): ForeignFormat[2] =>
  head =>
    text.test(latin1(head))

/** True for a block of bzip2 after its header, or the end of an empty archive. */
const isBzip2Data = (head: Uint8Array): boolean =>
  beginsWith('1AY&SY', 4)(head) || beginsWith('\x17rE8P\x90', 4)(head)

/** No text in any encoding begins with this many zero bytes. */
const fewestZeros = 4

/** The order matters: if several formats fit, the first one is taken. */
const formats: readonly ForeignFormat[] = [
  [
    'full of zeros, like a file whose content never reached the disk',
    'write or copy it again',
    head => head.length >= fewestZeros && head.every(byte => byte === 0),
  ],
  [
    'an Excel workbook (xlsx)',
    'save the sheet as CSV UTF-8',
    isAll(zip, matches(/\[Content_Types\]\.xml|xl\//)),
  ],
  [
    'a zip archive',
    'its directory is at its end, so give its name, which ends with .zip; or: unzip -p FILE | ddb-ingest load -',
    zip,
  ],
  ['an empty zip archive', unpack, beginsWith('PK\x05\x06')],
  [
    'an old Excel workbook (xls)',
    'save the sheet as CSV UTF-8',
    beginsWith('\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1'),
  ],
  [
    'a Parquet file',
    "turn it into CSV, for example with DuckDB: COPY (FROM 'FILE') TO '/dev/stdout' (HEADER)",
    isAll(beginsWith('PAR1'), isBinary),
  ],
  compressedWith('bzip2', 'bzip2 -dc', isAll(beginsWith('BZh'), isBzip2Data)),
  compressedWith('xz', 'xz -dc', beginsWith('\xfd7zXZ\x00')),
  compressedWith('lz4', 'lz4 -dc', beginsWith('\x04\x22\x4d\x18')),
  compressedWith('lzip', 'lzip -dc', isAll(beginsWith('LZIP'), isBinary)),
  compressedWith('snappy', 'snzip -dc', beginsWith('\xff\x06\x00\x00sNaPpY')),
  compressedWith('compress', 'uncompress -c', beginsWith('\x1f\x9d')),
  ['a 7-Zip archive', unpack, beginsWith('7z\xbc\xaf\x27\x1c')],
  ['a RAR archive', unpack, beginsWith('Rar!\x1a\x07')],
  ['a tar archive', `${unpack}, or: tar -xOf FILE | ddb-ingest load -`, beginsWith('ustar', 257)],
  ['an ORC file', toCsv, isAll(beginsWith('ORC'), isBinary)],
  ['an Avro file', 'turn it into NDJSON: avro-tools tojson FILE', beginsWith('Obj\x01')],
  ['an Arrow file', toCsv, beginsWith('ARROW1\x00\x00')],
  ['an HDF5 file', toCsv, beginsWith('\x89HDF\r\n\x1a\n')],
  [
    'a SQLite database',
    'export its tables: sqlite3 -csv -header FILE "select * from TABLE"',
    beginsWith('SQLite format 3\x00'),
  ],
  ['a PDF', 'load the data that it was made from', beginsWith('%PDF-')],
  [
    'a web page (HTML), perhaps the error page of a download',
    'read it, and download the data again',
    matches(/^(?:\xef\xbb\xbf)?\s*<(?:!doctype html|html|head|table)[\s>]/i),
  ],
  [
    'an XML document',
    'turn its rows into CSV or JSON first',
    matches(/^(?:\xef\xbb\xbf)?\s*<\?xml[\s?]/i),
  ],
  [
    'a pointer of Git LFS, not the data itself',
    'get the data: git lfs pull',
    beginsWith('version https://git-lfs.github.com/spec/'),
  ],
]

const foreignHeadBytes = 512

export function refuseForeignFormat(head: Uint8Array, file: string): void {
  const format = formats.find(([, , isAt]) => isAt(head))
  if (format === undefined) return
  const [what, advice] = format
  throw new InputError('DDB_INPUT_FORMAT', `"${file}" is ${what}: ${advice}`, {
    file,
    offsetBytes: 0,
  })
}
