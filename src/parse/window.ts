/*
  The bytes a tokenizer looks at: what is left of the last chunk, the new chunk behind it, a sentinel byte that stops
  every scan, and free room in which fields with escapes are written out plainly. All of it is one array, so a field
  is always a start and an end.
*/
import type { SourceText } from '../source/encoding/text-origin.js'
import { brokenTextMessage } from './shown-text.js'

/** It grows with what is pushed; of many small inputs each would throw more away. */
const initialBytes = 16

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
  /** Position of `bytes[0]` in the text; in the decompressed input, too, unless that had to be decoded. */
  offset: number
  readonly #sentinel: number
  readonly #text: SourceText | undefined

  /** @param text  of the source; undefined for bytes that are the input's own */
  constructor(sentinel: number, offset: number, text?: SourceText) {
    this.#sentinel = sentinel
    this.#text = text
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
    this.#text?.origin?.release(this.offset)
    this.start = 0
    this.end = length
    this.bytes[length] = this.#sentinel
  }

  /** The chunk pushed next stands at `offset` of the text; everything before is consumed. */
  jumpTo(offset: number): void {
    this.start = this.end
    this.offset = offset - this.end
  }

  /** Position of `position` in the decompressed input. */
  inputOffset(position: number): number {
    const textOffset = this.offset + position
    return this.#text?.origin?.inputOffset(textOffset) ?? textOffset
  }

  /**
   * The first unread position that stands at `offsetBytes` of the decompressed input or behind it; Infinity when that
   * has not come yet.
   */
  positionOf(offsetBytes: number): number {
    if (this.inputOffset(this.end) < offsetBytes) return Infinity
    if (this.#text?.origin === undefined) return Math.max(this.start, offsetBytes - this.offset)
    let low = this.start
    let high = this.end
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.inputOffset(middle) < offsetBytes) low = middle + 1
      else high = middle
    }
    return low
  }

  /** A copy of what stands between two positions, as it stands in the input. */
  inputBytes(start: number, end: number): Uint8Array {
    const { offset } = this
    const origin = this.#text?.origin
    if (origin === undefined) return this.bytes.slice(start, end)
    return origin.inputBytes(offset + start, offset + end).slice()
  }

  /** What to say of bytes between two positions that are not a character; undefined when all are. */
  brokenMessage(start: number, end: number): string | undefined {
    const { offset } = this
    return brokenTextMessage(this.#text, this.bytes.subarray(start, end), offset + start)
  }

  /** Where written-out fields may go: behind the sentinel, to the end of the array. */
  get scratchStart(): number {
    return this.end + 1
  }
}
