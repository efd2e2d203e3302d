/* Finds line ends: LF, CRLF or a single CR. */
import { isAt } from './cells/cell-bytes.js'

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
