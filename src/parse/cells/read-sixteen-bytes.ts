/*
  UUIDs, hexadecimal digits and IP addresses into 16 bytes, the first one last (docs/protocol.md#sixteen-byte-values).
*/
import { hexDigit, trimmedEnd, trimmedStart } from './cell-bytes.js'

const dash = 45
const zero = 48
const point = 46
const colon = 58

/** Where a UUID of 36 characters has its dashes, and where its bytes begin. */
const uuidDashes = [8, 13, 18, 23]
const uuidBytes = Uint8Array.of(0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34)
const uuidLength = 36
const hexLength = 32
const valueBytes = 16

const ipv4Bytes = 4
const ipv6Groups = 8
const groupDigits = 4

/** The value of a hexadecimal digit by its byte, below 0 for all others. */
const hexValues = Int8Array.from({ length: 256 }, (_, byte) => hexDigit(byte))

/** `00112233-4455-6677-8899-aabbccddeeff`: 0 or NaN. */
export function readUuid(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  const first = trimmedStart(bytes, start, end)
  if (trimmedEnd(bytes, first, end) - first !== uuidLength) return NaN
  for (let i = 0; i < uuidDashes.length; i++) {
    if (bytes[first + uuidDashes[i]!] !== dash) return NaN
  }
  let all = 0
  for (let i = 0; i < valueBytes; i++) {
    const value = hexByte(bytes, first + uuidBytes[i]!)
    all |= value
    into[at + valueBytes - 1 - i] = value
  }
  return all < 0 ? NaN : 0
}

/** 32 hexadecimal digits: 0 or NaN. */
export function readHexDigits(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  const first = trimmedStart(bytes, start, end)
  if (trimmedEnd(bytes, first, end) - first !== hexLength) return NaN
  let all = 0
  for (let i = 0; i < valueBytes; i++) {
    const value = hexByte(bytes, first + 2 * i)
    all |= value
    into[at + valueBytes - 1 - i] = value
  }
  return all < 0 ? NaN : 0
}

/** The byte of two hexadecimal digits at `p`, below 0 when one is not a digit. */
function hexByte(bytes: Uint8Array, p: number): number {
  return (hexValues[bytes[p]!]! << 4) | hexValues[bytes[p + 1]!]!
}

/** `1.2.3.4`, or IPv6 in any of its spellings: 0 or NaN. */
export function readIpAddress(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): number {
  const first = trimmedStart(bytes, start, end)
  const last = trimmedEnd(bytes, first, end)
  if (!readIpv4(bytes, first, last, into, at)) {
    return readIpv6(bytes, first, last, into, at) ? 0 : NaN
  }
  // No call for so few bytes.
  for (let i = at + ipv4Bytes; i < at + valueBytes; i++) into[i] = 0
  return 0
}

/** Whether the four bytes from `at` on hold the address. */
function readIpv4(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): boolean {
  let part = 0
  let digits = 0
  let parts = 0
  for (let p = start; p <= end; p++) {
    const digit = p === end ? point - zero : bytes[p]! - zero
    if (digit >= 0 && digit <= 9) {
      // A leading zero could mean octal.
      if (digits > 0 && part === 0) return false
      part = part * 10 + digit
      digits++
      if (part > 255) return false
    } else {
      if (digit !== point - zero || digits === 0 || parts === 4) return false
      into[at + 3 - parts++] = part
      part = 0
      digits = 0
    }
  }
  return parts === 4
}

/** Eight groups; `::` stands for the zero groups that are missing, and the last two may be written as IPv4. */
function readIpv6(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): boolean {
  let groups = 0
  /** Groups in front of `::`. */
  let gapAt = -1
  let p = start
  if (bytes[p] === colon) {
    if (p + 1 >= end || bytes[p + 1] !== colon) return false
    gapAt = 0
    p += 2
  }
  while (p < end) {
    if (groups === ipv6Groups) return false
    const first = p
    let group = 0
    for (; p < end && hexValues[bytes[p]!]! >= 0; p++) group = (group << 4) | hexValues[bytes[p]!]!
    // Where the group has its first byte, if it is the next one.
    const high = at + valueBytes - 1 - 2 * groups
    if (p < end && bytes[p] === point) {
      if (groups > ipv6Groups - 2 || !readIpv4(bytes, first, end, into, high - 3)) return false
      groups += 2
      break
    }
    if (p === first || p - first > groupDigits) return false
    into[high] = group >> 8
    into[high - 1] = group & 255
    groups++
    if (p === end) break
    if (bytes[p] !== colon || ++p === end) return false
    if (bytes[p] === colon) {
      if (gapAt >= 0) return false
      gapAt = groups
      p++
    }
  }
  if (gapAt < 0) return groups === ipv6Groups
  if (groups === ipv6Groups) return false
  let to = at
  for (let from = at + valueBytes - 2 * groups; from < at + valueBytes - 2 * gapAt; from++) {
    into[to++] = into[from]!
  }
  while (to < at + valueBytes - 2 * gapAt) into[to++] = 0
  return true
}
