/*
  Chunks of which the first ones may be looked at before they are given out, and which are counted.
*/
import type { Chunks } from './byte-source.js'
import type { Jump } from './file-chunks.js'

/** To be iterated once, by `rest`. */
export class CountedChunks {
  byteCount = 0
  /** The first chunks, up to the length asked for. */
  head: Uint8Array = new Uint8Array(0)
  /** All there is stands in `head`. */
  isWhole = false
  readonly #chunks: Chunks
  readonly #jump: Jump | undefined
  /** Why no more than `head` could be had; told behind it. */
  #failure: { readonly error: unknown } | undefined

  /** @param jump  of the chunks, where they can */
  constructor(chunks: Chunks, jump?: Jump) {
    this.#chunks = chunks
    this.#jump = jump
  }

  /** Reads until `head` holds `byteLength` bytes or all that can be had. */
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
    // The chunk is only lent; and a pipe may begin with less than is asked for.
    this.head = Buffer.concat([this.head, chunk])
  }

  /**
   * Has `rest` go on at `toBytes`, and counts what it passes over.
   *
   * @param fromBytes  up to which everything was taken from `rest`
   * @returns false when that cannot be done, or more was read than was taken
   */
  skipTo(fromBytes: number, toBytes: number): boolean {
    if (this.#jump === undefined || this.#failure !== undefined) return false
    if (this.byteCount !== fromBytes || this.head.length > 0) return false
    this.#jump.toBytes = toBytes
    this.byteCount = toBytes
    return true
  }

  /** Everything from `skipBytes` on. @throws what reading failed with, behind all that was read */
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
