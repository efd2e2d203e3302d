/*
  The bytes a tokenizer looks at: what is left of the last chunk, the new chunk behind it, a sentinel byte that stops
  every scan, and free room in which fields with escapes are written out plainly. All of it is one array, so a field
  is always a start and an end.
*/
const initialBytes = 64 * 1024

/** Room for the sentinel, and for reads and writes of four bytes that begin in a field's last byte. */
export const slackBytes = 8

/** Positions in `bytes` hold until the next `push`, which moves what is unread. */
export class Window {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(initialBytes)
  /** The same array, for reading four bytes at once at any position; some bytes behind every field can be read. */
  view: DataView = new DataView(this.bytes.buffer)
  /** First byte not yet consumed. */
  start = 0
  /** End of the data; the sentinel stands here. */
  end = 0
  /** Position of `bytes[0]` in the decompressed input. */
  offset: number
  readonly #sentinel: number

  constructor(sentinel: number, offset: number) {
    this.#sentinel = sentinel
    this.offset = offset
    this.bytes[0] = sentinel
  }

  /** Moves the unread rest to the front and puts `chunk` behind it. */
  push(chunk: Uint8Array): void {
    const rest = this.end - this.start
    const length = rest + chunk.length
    // Twice the data: escaped fields shrink when written out, so they always fit behind it.
    const needed = 2 * (length + slackBytes)
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length))
      larger.set(this.bytes.subarray(this.start, this.end))
      this.bytes = larger
      this.view = new DataView(larger.buffer)
    } else {
      this.bytes.copyWithin(0, this.start, this.end)
    }
    this.bytes.set(chunk, rest)
    this.offset += this.start
    this.start = 0
    this.end = length
    this.bytes[length] = this.#sentinel
  }

  /** Where written-out fields may go: behind the sentinel, to the end of the array. */
  get scratchStart(): number {
    return this.end + 1
  }
}
