/*
  Finds line ends: LF, CRLF or a single CR.
*/
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
