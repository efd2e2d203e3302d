/*
  Counts chunks, and allows a look at the first ones before they are handed out.
*/
import type { Chunks } from './byte-source.js'
import type { Jump } from './file-chunks.js'

/** To be iterated once, through `rest`. */
export class CountedChunks {
  byteCount = 0
  /** The first chunks, up to the requested length. */
  head: Uint8Array = new Uint8Array(0)
  /** `head` holds everything. */
  isWhole = false
  readonly #chunks: Chunks
  readonly #jump: Jump | undefined
  /** Why nothing more than `head` could be read; thrown after it. */
  #failure: { readonly error: unknown } | undefined

  /** @param jump  of the chunks, if they support it */
  constructor(chunks: Chunks, jump?: Jump) {
    this.#chunks = chunks
    this.#jump = jump
  }

  /** Reads until `head` holds `byteLength` bytes or everything available. */
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
    // Copied, as the chunk will be overwritten; a pipe may start with less than requested.
    this.head = Buffer.concat([this.head, chunk])
  }

  /**
   * Makes `rest` continue at `toBytes`, and counts what it skips.
   * @param fromBytes  up to which everything was taken from `rest`
   * @returns false if that is impossible, or more was read than taken
   */
  skipTo(fromBytes: number, toBytes: number): boolean {
    if (this.#jump === undefined || this.#failure !== undefined) return false
    if (this.byteCount !== fromBytes || this.head.length > 0) return false
    this.#jump.toBytes = toBytes
    this.byteCount = toBytes
    return true
  }

  /**
   * Everything from `skipBytes` on.
   * @throws a read failure, after everything that was read
   */
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
