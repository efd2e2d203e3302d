/*
  Reads UUIDs, hexadecimal digits and IP addresses into 16 bytes (docs/protocol.md#sixteen-byte-values), as four words:
  the text's first four bytes become the last word, the first byte highest.
*/
import { hexDigit, trimmedEnd, trimmedStart } from './cell-bytes.js'
import {
  colon,
  isRead,
  minus,
  noValue,
  point,
  zero,
  type NumberArray,
  type Outcome,
  type ReadCell,
} from './read-cell.js'

const uuidLength = 36
const hexLength = 32
const lastWord = 3

const ipv6Groups = 8
const groupDigits = 4

/** Reads `00112233-4455-6677-8899-aabbccddeeff`. */
export const readUuid: ReadCell = (bytes, start, end, into, at) => {
  const first = trimmedStart(bytes, start, end)
  if (trimmedEnd(bytes, first, end) - first !== uuidLength) return noValue
  for (const dash of [8, 13, 18, 23]) if (bytes[first + dash] !== minus) return noValue
  return readDigits(bytes, first, first + uuidLength, into, at)
}

/** Reads 32 hexadecimal digits. */
export const readHexDigits: ReadCell = (bytes, start, end, into, at) => {
  const first = trimmedStart(bytes, start, end)
  if (trimmedEnd(bytes, first, end) - first !== hexLength) return noValue
  return readDigits(bytes, first, first + hexLength, into, at)
}

/** Reads 32 hexadecimal digits up to `end`, and passes over signs between them. */
function readDigits(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: NumberArray,
  at: number,
): Outcome {
  let p = start
  for (let i = lastWord; i >= 0; i--) {
    let word = 0
    for (let left = 8; left > 0; left--) {
      if (bytes[p] === minus) p++
      const digit = hexDigit(bytes[p++]!)
      if (digit < 0) return noValue
      word = (word << 4) | digit
    }
    into[at + i] = word
  }
  return p === end ? isRead : noValue
}

/** The latest address that was read, as groups of 16 bits, first group first. An IPv4 address takes two groups. */
const groups = new Int32Array(ipv6Groups)

/** Reads `1.2.3.4` or any IPv6 address. */
export const readIpAddress: ReadCell = (bytes, start, end, into, at) => {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  if (readIpv4(bytes, first, last, 0)) {
    into[at] = (groups[0]! << 16) | groups[1]!
    into[at + 1] = 0
    into[at + 2] = 0
    into[at + 3] = 0
    return isRead
  }
  if (!readIpv6(bytes, first, last)) return noValue
  into[at] = (groups[6]! << 16) | groups[7]!
  into[at + 1] = (groups[4]! << 16) | groups[5]!
  into[at + 2] = (groups[2]! << 16) | groups[3]!
  into[at + 3] = (groups[0]! << 16) | groups[1]!
  return isRead
}

/** Reads an IPv4 address into `groups`, from index `at` on. Returns false for any other text. */
function readIpv4(bytes: Uint8Array, start: number, end: number, at: number): boolean {
  // A quick check, which most IPv6 addresses fail.
  if (bytes[start + 1] !== point && bytes[start + 2] !== point && bytes[start + 3] !== point) {
    return false
  }
  let part = 0
  let digits = 0
  let parts = 0
  let address = 0
  for (let p = start; p <= end; p++) {
    const digit = p === end ? point - zero : bytes[p]! - zero
    if (digit >= 0 && digit <= 9) {
      // A leading zero may mean an octal number.
      if (digits > 0 && part === 0) return false
      part = part * 10 + digit
      digits++
      if (part > 255) return false
    } else {
      if (digit !== point - zero || digits === 0 || parts === 4) return false
      address = (address << 8) | part
      parts++
      part = 0
      digits = 0
    }
  }
  if (parts !== 4) return false
  groups[at] = address >>> 16
  groups[at + 1] = address & 0xffff
  return true
}

/** Reads eight groups. `::` replaces missing zero groups, and the last two groups may be written as IPv4. */
function readIpv6(bytes: Uint8Array, start: number, end: number): boolean {
  let count = 0
  /** Number of groups before `::`; −1 without `::`. */
  let gapAt = -1
  let p = start
  if (bytes[p] === colon) {
    if (p + 1 >= end || bytes[p + 1] !== colon) return false
    gapAt = 0
    p += 2
  }
  while (p < end) {
    if (count === ipv6Groups) return false
    const first = p
    let group = 0
    for (; p < end && p - first < groupDigits; p++) {
      const digit = hexDigit(bytes[p]!)
      if (digit < 0) break
      group = (group << 4) | digit
    }
    if (p < end && bytes[p] === point) {
      if (count > ipv6Groups - 2 || !readIpv4(bytes, first, end, count)) return false
      count += 2
      break
    }
    if (p === first) return false
    groups[count++] = group
    if (p === end) break
    if (bytes[p] !== colon || ++p === end) return false
    if (bytes[p] === colon) {
      if (gapAt >= 0) return false
      gapAt = count
      p++
    }
  }
  if (gapAt < 0) return count === ipv6Groups
  if (count === ipv6Groups) return false
  let to = ipv6Groups
  for (let from = count; from > gapAt;) groups[--to] = groups[--from]!
  while (to > gapAt) groups[--to] = 0
  return true
}
