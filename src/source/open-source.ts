/* Opens one input: a file by its path, or a stream that is already open (standard input), and the content that its bytes decompress to. */
import type { Readable } from 'node:stream'
import { DdbError, InputError, messageOf } from '../errors.js'
import type { Files } from '../platform/platform.js'
import { systemFiles } from '../platform/system-files.js'
import type { ByteSource, Chunks, Compression } from './byte-source.js'
import { damagedInput, notCompressed } from './compression/damaged-input.js'
import { decompressed, gunzipped } from './compression/zlib-stream.js'
import { isZstd } from './compression/zstd-frames.js'
import type { Encoding } from './encoding/encodings.js'
import { markBytes, openText } from './encoding/open-text.js'
import { CountedChunks, fileChunks, type Jump } from './file-chunks.js'
import { foreignHeadBytes, refuseForeignFormat } from './foreign-format.js'

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
  const options: SourceOptions = { compression: 'none', encoding }
  return startSource(path, undefined, readErrors(chunks, path), options, closeFile)
}

export function missingInput(file: string, cause: unknown): InputError {
  const { code = '', message } = cause as NodeJS.ErrnoException
  const why = ['ENOENT', 'ENOTDIR'].includes(code)
    ? `there is no file "${file}"`
    : ['EACCES', 'EPERM'].includes(code)
      ? `"${file}" may not be read: check its permissions`
      : `"${file}" cannot be opened: ${message}`
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
    const { text, startOffsetBytes, head, chunks, skipTo } = opened
    return {
      name,
      compression,
      text,
      totalBytes,
      startOffsetBytes,
      head,
      get bytesRead() {
        return counted.byteCount
      },
      get contentBytesRead() {
        return content.byteCount
      },
      chunks,
      ...(skipTo === undefined ? {} : { skipTo }),
      close: closeInput,
    }
  } catch (error) {
    await closeInput()
    throw error
  } finally {
    signal?.removeEventListener('abort', giveUp)
  }
}

/** @throws {InputError} DDB_INPUT_FORMAT for content that is compressed twice */
function refuseCompressed(head: Uint8Array, file: string, outer: Compression): void {
  // Passes no name, because the file's name describes the outer compression, not the content.
  const inner = compressionOf('auto', head, '')
  if (inner === 'none') return
  throw new InputError(
    'DDB_INPUT_FORMAT',
    `"${file}" is compressed twice, with ${inner} inside of ${outer}: decompress it once before`,
    { file, offsetBytes: 0 },
  )
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
  if (head.length > 0) return 'none'
  // An empty `.gz` file is reported as damaged instead of treated as an empty input.
  if (/\.t?gz$/i.test(name)) return 'gzip'
  return /\.zst$/i.test(name) ? 'zstd' : 'none'
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
  // Loads the modules only when needed, because most runs read no Zstandard.
  const { unzstd } = await import('./compression/unzstd.js')
  return unzstd(stored.rest(), name)
}
