/*
  Lines in the usual sense: ended by LF, CRLF or a single CR.
*/
export const lineFeed = 10
export const carriageReturn = 13

/** Line ends in `bytes` from `start` to `end` (exclusive); a CR right before `end` counts. */
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

/** Position after the first line end at or after `start`, or −1 if there is none within `end`, or that is uncertain. */
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
