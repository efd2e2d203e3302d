/* The bytes that a tokenizer works on, all in one array: the rest of the last chunk, the new chunk, a line feed that stops every scan, and
   room for unescaped fields. Any field is thus a start and an end in that array. Finds line ends: LF, CRLF or a single CR. */
import type { SourceText } from '../source/byte-source.js'
import type { Fault, Reject, ResumePoint } from './batch.js'
import { brokenTextMessage, isAt } from './cells/cell-bytes.js'

export const lineFeed = 10
export const carriageReturn = 13

/** Counts line ends in `bytes` from `start` to `end` (exclusive). A CR right before `end` counts. */
export function countLineEnds(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  for (let p = start; p < end; p++) {
    const c = bytes[p]
    if (c === lineFeed || (c === carriageReturn && (p + 1 === end || bytes[p + 1] !== lineFeed))) {
      count++
    }
  }
  return count
}

/** Position after the first line end from `start` on; −1 if there is none, or if it is a CR as the last byte. */
export function nextLine(bytes: Uint8Array, start: number, end: number): number {
  for (let p = start; p < end; p++) {
    const c = bytes[p]
    if (c === lineFeed) return p + 1
    if (c === carriageReturn) {
      if (p + 1 === end) return -1
      return bytes[p + 1] === lineFeed ? p + 2 : p + 1
    }
  }
  return -1
}

const dosEnd = 0x1a
const byteOrderMark = Uint8Array.of(0xef, 0xbb, 0xbf)
/** Bytes with which a mark begins (`afterMark`). */
export const markStarts: readonly number[] = [dosEnd, byteOrderMark[0]!]

/**
 * Position after a byte order mark, which `cat` leaves where it joins files, or after the end mark of DOS and what
 * follows it; `position` if no mark is there, −1 if more bytes must tell.
 * @param isLast  true if no more bytes follow
 */
export function afterMark(
  bytes: Uint8Array,
  position: number,
  end: number,
  isLast: boolean,
): number {
  if (bytes[position] === byteOrderMark[0]) {
    return isAt(byteOrderMark, bytes, position) ? position + byteOrderMark.length : position
  }
  if (bytes[position] !== dosEnd) return position
  const rest = bytes.subarray(position, end)
  const isEnd = rest.every(byte => byte === dosEnd || byte === lineFeed || byte === carriageReturn)
  return !isEnd ? position : isLast ? end : -1
}

/** Initial size of the array, which grows as needed. With many small inputs, a larger one would waste memory. */
const initialBytes = 16

/** Room after the data for the line feed, and for reading some bytes beyond a field. */
export const slackBytes = 8

/** The second half is for unescaped fields. All of them fit, because unescaping makes fields shorter. */
export const bytesFor = (dataBytes: number): number => 2 * (dataBytes + slackBytes)

/** Positions in `bytes` are valid until the next `push`, which moves the unread bytes. */
export class Window {
  bytes: Uint8Array<ArrayBuffer> = new Uint8Array(initialBytes)
  /** Position of the first unread byte. */
  start = 0
  /** End of the data. The byte there is a line feed, which stops every scan. */
  end = 0
  /** Position of `bytes[0]` in the text. If the text was not decoded, also its position in the decompressed input. */
  offset = 0
  hasAddedEnd = false
  /** How the text was decoded; undefined if the bytes are the input's own. */
  text: SourceText | undefined
  file = ''
  /** Rewrites a record for a rejects file; undefined if the file takes the record's own bytes. */
  showRecord: ((record: Uint8Array) => Uint8Array) | undefined

  constructor() {
    this.bytes[0] = lineFeed
  }

  /** Adds the line feed that the input lacks at its end. No place in the input counts it. */
  endLine(): void {
    this.push(Uint8Array.of(lineFeed))
    this.hasAddedEnd = true
  }

  /** The position; one byte less if it follows the line feed that `endLine` added. */
  contentEnd(position: number): number {
    return this.hasAddedEnd && position === this.end ? position - 1 : position
  }

  /** Moves the unread bytes to the front, and appends `chunk`. */
  push(chunk: Uint8Array): void {
    const rest = this.end - this.start
    const length = rest + chunk.length
    const needed = bytesFor(length)
    if (needed > this.bytes.length) {
      const larger = new Uint8Array(Math.max(needed, 2 * this.bytes.length))
      larger.set(this.bytes.subarray(this.start, this.end))
      this.bytes = larger
    } else {
      this.bytes.copyWithin(0, this.start, this.end)
    }
    this.bytes.set(chunk, rest)
    this.offset += this.start
    this.text?.origin?.release(this.offset)
    this.start = 0
    this.end = length
    this.bytes[length] = lineFeed
  }

  /** Moves all bytes to another array, at the same positions. */
  moveTo(bytes: Uint8Array<ArrayBuffer>): void {
    bytes.set(this.bytes.subarray(0, this.end + 1))
    this.bytes = bytes
  }

  /** The next chunk begins at `offset` of the text. Everything before it counts as read. */
  jumpTo(offset: number): void {
    this.start = this.end
    this.offset = offset - this.end
    this.hasAddedEnd = false
  }

  /** Converts a position in `bytes` to a position in the decompressed input. */
  inputOffset(position: number): number {
    const textOffset = this.offset + this.contentEnd(position)
    return this.text?.origin?.inputOffset(textOffset) ?? textOffset
  }

  /** First unread position at or after `offsetBytes` of the decompressed input; Infinity if the window ends earlier. */
  positionOf(offsetBytes: number): number {
    if (this.inputOffset(this.end) < offsetBytes) return Infinity
    if (this.text?.origin === undefined) return Math.max(this.start, offsetBytes - this.offset)
    let low = this.start
    let high = this.end
    while (low < high) {
      const middle = (low + high) >> 1
      if (this.inputOffset(middle) < offsetBytes) low = middle + 1
      else high = middle
    }
    return low
  }

  /** Copies the bytes from `start` to `end` as they were in the decompressed input, before decoding. */
  inputBytes(start: number, end: number): Uint8Array {
    const { offset } = this
    const origin = this.text?.origin
    const last = this.contentEnd(end)
    // Unlike `slice`, takes small arrays from a pool, which is much faster.
    if (origin === undefined) return Buffer.from(this.bytes.subarray(start, last))
    return origin.inputBytes(offset + start, offset + last).slice()
  }

  /** The reject for the record from `start` to `end`. @param explain  makes a new object to extend: spreading takes five times as long */
  rejectAt(start: number, end: number, lineNumber: number, explain: () => Fault): Reject {
    const text = this.bytes.subarray(start, this.contentEnd(end))
    const broken = brokenTextMessage(this.text, text, this.offset + start)
    // Bytes that form no character explain more than what became of them.
    const fault: Fault =
      broken === undefined ? explain() : { code: 'DDB_INPUT_ENCODING', message: broken }
    const record = this.inputBytes(start, end)
    const offsetBytes = this.inputOffset(start)
    return this.reject(fault, record, record.length, { offsetBytes, lineNumber })
  }

  /** @param fault  a new object, to which the others are added @param record  unchanged, but cut if it is too long */
  reject(fault: Fault, record: Uint8Array, lengthBytes: number, place: ResumePoint): Reject {
    const { file, showRecord } = this
    const { lineNumber, offsetBytes } = place
    const bytes = showRecord?.(record) ?? record
    const kind = fault.class ?? 'parse'
    return Object.assign(fault, { file, lineNumber, offsetBytes, lengthBytes, class: kind, bytes })
  }

  /** Start of the room for unescaped fields. The room extends to the end of the array. */
  get scratchStart(): number {
    return this.end + 1
  }
}
