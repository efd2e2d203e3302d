/*
  Counts the bytes of chunks, and lets a caller examine the first chunks before a reader gets them.
*/
import type { Chunks } from './byte-source.js'
import type { Jump } from './file-chunks.js'

/** Readable once, through `rest`. */
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
        if (done === true) this.isWhole = true
        else this.#add(value)
      } catch (error) {
        this.#failure = { error }
      }
    }
  }

  #add(chunk: Uint8Array): void {
    this.byteCount += chunk.length
    // Copies the chunk, because it will be overwritten. Appends it, because a pipe may first deliver short chunks.
    this.head = Buffer.concat([this.head, chunk])
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
