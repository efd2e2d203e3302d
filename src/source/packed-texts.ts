/*
  Stores texts in one buffer, each under a number, in bytes that sort like JavaScript strings. An ASCII character takes one
  byte, any other UTF-16 unit two or three, as in CESU-8. Every text comes back unchanged, even with lone surrogates.
*/

export interface PackedTexts {
  readonly count: number
  add(text: string): void
  at(no: number): string
  lengthOf(no: number): number
  /** Returns 0 after the end of the text. */
  byteAt(no: number, offset: number): number
  /** Four bytes of a text as one 32-bit number, first byte highest; bytes after the end of the text are 0. */
  fourAt(no: number, offset: number): number
}

const wide = /[\x80-\xff]/
const mostBytesOfUnit = 3

export function newPackedTexts(): PackedTexts {
  let count = 0
  let bytes = Buffer.allocUnsafeSlow(1024)
  /** The start of each text in the buffer, and the end of the last text. */
  let starts = new Float64Array(17)
  let hasWide = false
  const byteAt = (no: number, offset: number): number => {
    const at = starts[no]! + offset
    return at < starts[no + 1]! ? bytes[at]! : 0
  }
  return {
    get count() {
      return count
    },
    add(text) {
      const start = starts[count]!
      const most = start + mostBytesOfUnit * text.length
      if (most > bytes.length) bytes = longerBytes(bytes, start, most)
      let end = start + bytes.write(text, start)
      if (end - start !== text.length) {
        end = writeUnits(text, bytes, start)
        hasWide = true
      }
      if (++count === starts.length) starts = longerStarts(starts)
      starts[count] = end
    },
    at(no) {
      const text = bytes.toString('latin1', starts[no], starts[no + 1])
      return hasWide && wide.test(text) ? readUnits(text) : text
    },
    lengthOf: no => starts[no + 1]! - starts[no]!,
    byteAt,
    fourAt(no, offset) {
      const at = starts[no]! + offset
      if (at + 4 <= starts[no + 1]!) {
        return (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
      }
      return (
        (byteAt(no, offset) << 24) | (byteAt(no, offset + 1) << 16) | (byteAt(no, offset + 2) << 8)
      )
    },
  }
}

function longerBytes(bytes: Buffer, length: number, atLeast: number): Buffer<ArrayBuffer> {
  const more = Buffer.allocUnsafeSlow(Math.max(2 * bytes.length, atLeast))
  bytes.copy(more, 0, 0, length)
  return more
}

function longerStarts(starts: Float64Array): Float64Array<ArrayBuffer> {
  const more = new Float64Array(2 * starts.length)
  more.set(starts)
  return more
}

/** @returns the position after the last byte written */
function writeUnits(text: string, bytes: Buffer, start: number): number {
  let end = start
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) bytes[end++] = unit
    else if (unit < 0x800) {
      bytes[end++] = 0xc0 | (unit >> 6)
      bytes[end++] = 0x80 | (unit & 0x3f)
    } else {
      bytes[end++] = 0xe0 | (unit >> 12)
      bytes[end++] = 0x80 | ((unit >> 6) & 0x3f)
      bytes[end++] = 0x80 | (unit & 0x3f)
    }
  }
  return end
}

/** @param bytes  one character for each byte */
function readUnits(bytes: string): string {
  let text = ''
  for (let i = 0; i < bytes.length;) {
    const first = bytes.charCodeAt(i++)
    const next = (): number => bytes.charCodeAt(i++) & 0x3f
    if (first < 0x80) text += String.fromCharCode(first)
    else if (first < 0xe0) text += String.fromCharCode(((first & 0x1f) << 6) | next())
    else text += String.fromCharCode(((first & 0xf) << 12) | (next() << 6) | next())
  }
  return text
}
