/* Reads a file in chunks, counts them, and reports a file that became shorter meanwhile. Two buffers alternate: one is filled while the
   caller parses the other, so memory does not grow with the file. */
import { InputError } from '../errors.js'
import type { InputFile } from '../platform/platform.js'
import type { Chunks } from './byte-source.js'

/** Large enough that waiting for reads costs little compared with parsing; small enough for the second-level cache. */
export const chunkBytes: number = 1024 * 1024

/** Where reading continues. To skip bytes, the caller increases `toBytes` between two chunks. */
export interface Jump {
  toBytes: number
}

/**
 * Yields the bytes of an open file. Leaves out bytes that were added after reading came to the end.
 * @param openedBytes  size of the file when it was opened; undefined for pipes and the like
 * @param jump  must not lead beyond the end; ignored for a file without a size
 * @throws {InputError} DDB_INPUT_TRUNCATED, after the last chunk, if the file has become shorter
 */
export async function* fileChunks(
  file: InputFile,
  name: string,
  openedBytes: number | undefined,
  jump: Jump = { toBytes: 0 },
): Chunks {
  // With one extra byte, a single read returns a whole small file and shows that it ends there. Small files get small buffers,
  // because allocating full ones would take most of the time.
  const bufferBytes = Math.min(chunkBytes, (openedBytes ?? chunkBytes) + 1)
  let current = Buffer.allocUnsafeSlow(bufferBytes)
  let other: typeof current | undefined
  let position = 0
  let jumpedTo = 0
  /** The file's size when reading first came to the end, so that reading a growing file ends. */
  let endBytes = Infinity
  const readOn = (): Promise<number> => {
    const length = Math.min(bufferBytes, endBytes - position)
    const reading =
      jump.toBytes === 0 ? file.read(current, 0, length) : file.readAt(current, 0, length, position)
    // The next `await` throws the error of a failed read. Until then, Node must not report an unhandled rejection.
    reading.catch(() => undefined)
    return reading
  }
  let pending = readOn()
  try {
    for (;;) {
      const bytesRead = await pending
      if (jump.toBytes > jumpedTo) {
        jumpedTo = jump.toBytes
        // Keeps the chunk borders that the file would have without the jump, because some checks work per chunk.
        position = Math.max(position, jumpedTo - (jumpedTo % bufferBytes))
        pending = readOn()
        continue
      }
      if (bytesRead === 0) {
        if (openedBytes === undefined || position === endBytes) return
        const expected = Math.max(position, endBytes === Infinity ? openedBytes : endBytes)
        const { sizeBytes } = await file.status()
        const found = Math.min(position, sizeBytes)
        if (found < expected) throw cutShort(name, 'while it was read', expected, found)
        endBytes = sizeBytes
        if (position === endBytes) return
        pending = readOn()
        continue
      }
      position += bytesRead
      // A read that returns less than requested has reached the end.
      const isWhole = position === openedBytes && bytesRead < bufferBytes
      const passedOver = Math.min(bytesRead, Math.max(0, jumpedTo - (position - bytesRead)))
      const chunk = current.subarray(passedOver, bytesRead)
      if (isWhole) pending = Promise.resolve(0)
      else {
        ;[current, other] = [other ?? Buffer.allocUnsafeSlow(bufferBytes), current]
        pending = readOn()
      }
      if (chunk.length > 0) yield chunk
    }
  } finally {
    await pending.catch(() => undefined)
  }
}

/** @param when  completes the message, such as `while it was read` */
export function cutShort(name: string, when: string, before: number, after: number): InputError {
  return new InputError(
    'DDB_INPUT_TRUNCATED',
    `"${name}" was cut short ${when}: it had ${before} bytes and ends after ${after}. ` +
      'Find out what is missing before you load it again.',
    { file: name, offsetBytes: after },
  )
}

/** Bytes of a file; fewer if the file ends before. @throws the system's error */
export async function bytesAt(file: InputFile, start: number, length: number) {
  const bytes = Buffer.alloc(length)
  let done = 0
  while (done < length) {
    const count = await file.readAt(bytes, done, length - done, start + done)
    if (count === 0) break
    done += count
  }
  return bytes.subarray(0, done)
}

/** Counts the bytes of chunks, and lets a caller examine the first ones before a reader gets them once, through `rest`. */
export class CountedChunks {
  byteCount = 0
  /** The first chunks, as far as `peek` has read them. */
  head: Uint8Array = new Uint8Array(0)
  isWhole = false
  readonly #chunks: Chunks
  readonly #jump: Jump | undefined
  /** A read failure after `head`. `rest` delivers `head`, then throws this error. */
  #failure: { readonly error: unknown } | undefined

  /** @param jump  makes `chunks` skip bytes; undefined if `chunks` cannot skip */
  constructor(chunks: Chunks, jump?: Jump) {
    this.#chunks = chunks
    this.#jump = jump
  }

  /** Reads until `head` holds `byteLength` bytes, the input ends or a read fails. */
  async peek(byteLength: number): Promise<void> {
    while (this.head.length < byteLength && !this.isWhole && this.#failure === undefined) {
      try {
        const { done, value } = await this.#chunks.next()
        this.isWhole = done === true
        if (done === true) return
        this.byteCount += value.length
        // Copies the chunk, because it will be overwritten. Appends it, because a pipe may first deliver short chunks.
        this.head = Buffer.concat([this.head, value])
      } catch (error) {
        this.#failure = { error }
      }
    }
  }

  /**
   * Makes `rest` continue at `toBytes`, and counts the skipped bytes as read.
   * @param fromBytes  end of the bytes that the caller has taken from `rest`
   * @returns false, without an effect, if the chunks cannot skip or if more was read than the caller has taken
   */
  skipTo(fromBytes: number, toBytes: number): boolean {
    if (this.#jump === undefined || this.#failure !== undefined) return false
    if (this.byteCount !== fromBytes || this.head.length > 0) return false
    this.#jump.toBytes = toBytes
    this.byteCount = toBytes
    return true
  }

  /** Yields everything from `skipBytes` on. @throws the error of a failed read, after everything that was read before it */
  async *rest(skipBytes = 0): Chunks {
    const head = this.head.subarray(skipBytes)
    this.head = new Uint8Array(0)
    if (head.length > 0) yield head
    if (this.#failure !== undefined) throw this.#failure.error
    for await (const chunk of this.#chunks) {
      this.byteCount += chunk.length
      yield chunk
    }
  }
}
