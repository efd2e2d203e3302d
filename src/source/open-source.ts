/*
  Opens one input: a file by its path, or a stream that somebody else opened (standard input). Gzip is recognised by
  its first two bytes.
*/
import type { Readable } from 'node:stream'
import { DdbError, InputError } from '../errors.js'
import type { Files, InputFile } from '../platform/platform.js'
import { systemFiles } from '../platform/system-files.js'
import type { ByteSource, Compression } from './byte-source.js'
import { fileChunks } from './file-chunks.js'
import { gunzipped } from './gunzip.js'
import { textStart } from './text-start.js'

/** How an input is opened. */
export interface SourceOptions {
  /** `auto` looks at the first bytes. */
  readonly compression?: 'auto' | Compression
  /** What `-` stands for. */
  readonly stdin?: Readable
  /** The machine's when left out. */
  readonly files?: Files
}

/** Enough to know gzip and byte order marks. */
const headBytes = 4

/**
 * Opens a file, or standard input for `-`, and reads its first bytes.
 *
 * @throws {InputError} DDB_INPUT_MISSING for a file that does not exist or may not be read, DDB_INPUT_READ
 */
export async function openSource(path: string, options: SourceOptions = {}): Promise<ByteSource> {
  if (path === '-') {
    const { stdin } = options
    if (stdin === undefined) {
      throw new InputError('DDB_INPUT_MISSING', 'there is no standard input to read', { file: '-' })
    }
    const chunks = streamChunks(stdin, '<stdin>')
    return startSource('<stdin>', undefined, undefined, chunks, options, async () => {
      stdin.destroy()
      await Promise.resolve()
    })
  }
  const { file, size } = await openFile(path, options.files ?? systemFiles)
  // Some files of the system say that they are empty and are not.
  const openedBytes = size === 0 ? undefined : size
  const chunks = readErrors(fileChunks(file, path, openedBytes), path)
  return startSource(path, path, size, chunks, options, () => file.close())
}

/** Size of a regular file as it lies on disk; undefined for pipes and devices. */
export async function fileBytes(path: string, files: Files): Promise<number | undefined> {
  const status = await files.status(path)
  return status.isFile ? status.sizeBytes : undefined
}

async function openFile(
  path: string,
  files: Files,
): Promise<{ file: InputFile; size: number | undefined }> {
  let file: InputFile
  try {
    file = await files.open(path)
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_MISSING',
      missingMessage(path, cause),
      { file: path },
      { cause },
    )
  }
  const status = await file.status()
  if (status.isFolder) {
    await file.close()
    throw new InputError('DDB_INPUT_MISSING', `"${path}" is a folder, not a file`, { file: path })
  }
  return { file, size: status.isFile ? status.sizeBytes : undefined }
}

/** Why a file cannot be opened, as a sentence. */
export function missingMessage(path: string, cause: unknown): string {
  const { code, message } = cause as NodeJS.ErrnoException
  if (code === 'ENOENT' || code === 'ENOTDIR') return `there is no file "${path}"`
  if (code === 'EACCES' || code === 'EPERM')
    return `"${path}" may not be read: check its permissions`
  return `"${path}" cannot be opened: ${message}`
}

async function startSource(
  name: string,
  path: string | undefined,
  totalBytes: number | undefined,
  stored: AsyncGenerator<Uint8Array, void, void>,
  options: SourceOptions,
  closeInput: () => Promise<void>,
): Promise<ByteSource> {
  const counted = new CountedChunks(stored)
  try {
    await counted.peek(headBytes)
    const compression = chosenCompression(options.compression ?? 'auto', counted.head)
    const content =
      compression === 'gzip'
        ? new CountedChunks(readErrors(gunzipped(counted.rest(), name), name))
        : counted
    await content.peek(headBytes)
    const startOffsetBytes = textStart(content.head, name)
    return {
      name,
      path,
      compression,
      totalBytes,
      startOffsetBytes,
      head: content.head.subarray(startOffsetBytes),
      get bytesRead() {
        return counted.byteCount
      },
      get contentBytesRead() {
        return content.byteCount
      },
      chunks: () => content.rest(startOffsetBytes),
      close: closeInput,
    }
  } catch (error) {
    await closeInput()
    throw error
  }
}

function chosenCompression(asked: 'auto' | Compression, head: Uint8Array): Compression {
  if (asked !== 'auto') return asked
  return head[0] === 0x1f && head[1] === 0x8b ? 'gzip' : 'none'
}

/** Chunks of which the first ones may be looked at before they are given out. */
class CountedChunks {
  byteCount = 0
  /** The first chunks, up to the length asked for. */
  head: Uint8Array = new Uint8Array(0)
  readonly #chunks: AsyncGenerator<Uint8Array, void, void>

  constructor(chunks: AsyncGenerator<Uint8Array, void, void>) {
    this.#chunks = chunks
  }

  /** Reads until `head` holds `byteLength` bytes or all there are. */
  async peek(byteLength: number): Promise<void> {
    while (this.head.length < byteLength) {
      const { done, value } = await this.#chunks.next()
      if (done === true) return
      this.byteCount += value.length
      // The chunk is only lent; and a pipe may begin with less than is asked for.
      this.head = Buffer.concat([this.head, value])
    }
  }

  async *rest(skipBytes = 0): AsyncGenerator<Uint8Array, void, void> {
    const head = this.head.subarray(skipBytes)
    this.head = new Uint8Array(0)
    if (head.length > 0) yield head
    for await (const chunk of this.#chunks) {
      this.byteCount += chunk.length
      yield chunk
    }
  }
}

async function* streamChunks(
  stream: Readable,
  name: string,
): AsyncGenerator<Uint8Array, void, void> {
  // A program may hand over a stream of text, such as Readable.from(lines).
  const toBytes = async function* (): AsyncGenerator<Uint8Array, void, void> {
    for await (const chunk of stream as AsyncIterable<Uint8Array | string>) {
      yield typeof chunk === 'string' ? Buffer.from(chunk) : chunk
    }
  }
  yield* readErrors(toBytes(), name)
}

/** Names the input in what goes wrong while reading it. */
async function* readErrors(
  chunks: AsyncIterable<Uint8Array>,
  name: string,
): AsyncGenerator<Uint8Array, void, void> {
  try {
    yield* chunks
  } catch (cause) {
    if (cause instanceof DdbError) throw cause
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new InputError(
      'DDB_INPUT_READ',
      `reading "${name}" failed: ${reason}`,
      { file: name },
      { cause },
    )
  }
}
