/*
  The bytes that a tokenizer works on: the rest of the last chunk, the new chunk, a sentinel byte that stops every scan, and room
  for unescaped fields. They share one array, so that every field is a start and an end.
*/
import type { SourceText } from '../source/encoding/text-origin.js'
import { brokenTextMessage } from './shown-text.js'

/** Initial size of the array, which grows as needed: many small inputs would waste a larger one each time. */
const initialBytes = 16

/** Room for the sentinel, and for reading and writing four bytes at a field's last byte. */
export const slackBytes = 8

/** Positions in `bytes` are valid until the next `push`, which moves the unread bytes. */
export class Window {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(initialBytes)
  /** A view of `bytes`, for reading four bytes at once at any position. Some bytes after every field can be read. */
  view: DataView = new DataView(this.bytes.buffer)
  /** Position of the first unread byte. */
  start = 0
  /** End of the data; the sentinel is there. */
  end = 0
  /** Position of `bytes[0]` in the text; also in the decompressed input, unless the text was decoded. */
  offset: number
  readonly #sentinel: number
  readonly #text: SourceText | undefined

  /** @param text  of the source; undefined if the bytes are the input's own */
  constructor(sentinel: number, offset: number, text?: SourceText) {
    this.#sentinel = sentinel
    this.#text = text
    this.offset = offset
    this.bytes[0] = sentinel
  }

  /** Moves the unread bytes to the front, and appends `chunk`. */
  push(chunk: Uint8Array): void {
    const rest = this.end - this.start
    const length = rest + chunk.length
    // Twice the data is enough, because unescaped fields are shorter than escaped ones.
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

  /** Continues with a chunk that begins at `offset` of the text. Everything before that chunk counts as read. */
  jumpTo(offset: number): void {
    this.start = this.end
    this.offset = offset - this.end
  }

  /** The position in the decompressed input that belongs to a position in `bytes`. */
  inputOffset(position: number): number {
    const textOffset = this.offset + position
    return this.#text?.origin?.inputOffset(textOffset) ?? textOffset
  }

  /** The first unread position at or after `offsetBytes` of the decompressed input; Infinity if not yet pushed. */
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

  /** Copies the bytes of the decompressed input from which the bytes between two positions were decoded. */
  inputBytes(start: number, end: number): Uint8Array {
    const { offset } = this
    const origin = this.#text?.origin
    if (origin === undefined) return this.bytes.slice(start, end)
    return origin.inputBytes(offset + start, offset + end).slice()
  }

  /** The message about bytes that are not a character, between two positions; undefined if there are no such bytes. */
  brokenMessage(start: number, end: number): string | undefined {
    const { offset } = this
    return brokenTextMessage(this.#text, this.bytes.subarray(start, end), offset + start)
  }

  /** Start of the room for unescaped fields, which reaches to the end of the array. */
  get scratchStart(): number {
    return this.end + 1
  }
}
