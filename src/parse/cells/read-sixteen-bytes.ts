/*
  UUIDs, hexadecimal digits and IPv4 addresses into 16 bytes, the first one last (docs/protocol.md#sixteen-byte-values).
*/
import { hexDigit, trimmedEnd, trimmedStart } from './cell-bytes.js'

const dash = 45
const zero = 48
const point = 46

/** Where a UUID of 36 characters has its dashes. */
const uuidDashes: ReadonlySet<number> = new Set([8, 13, 18, 23])
const uuidLength = 36
const hexLength = 32
const valueBytes = 16

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
  let to = at + valueBytes
  for (let i = 0; i < uuidLength;) {
    if (uuidDashes.has(i)) {
      if (bytes[first + i] !== dash) return NaN
      i++
      continue
    }
    const value = hexByte(bytes, first + i)
    if (value < 0) return NaN
    into[--to] = value
    i += 2
  }
  return 0
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
  let to = at + valueBytes
  for (let p = first; p < first + hexLength; p += 2) {
    const value = hexByte(bytes, p)
    if (value < 0) return NaN
    into[--to] = value
  }
  return 0
}

/** The byte of two hexadecimal digits at `p`, −1 when they are not digits. */
function hexByte(bytes: Uint8Array, p: number): number {
  const high = hexDigit(bytes[p]!)
  const low = hexDigit(bytes[p + 1]!)
  return high < 0 || low < 0 ? -1 : high * 16 + low
}

/** `1.2.3.4`: whether `into` holds it. */
export function readIpv4(
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
  at: number,
): boolean {
  into.fill(0, at, at + valueBytes)
  let part = 0
  let digits = 0
  let parts = 0
  for (let p = start; p <= end; p++) {
    const digit = p === end ? point - zero : bytes[p]! - zero
    if (digit >= 0 && digit <= 9) {
      // A leading zero could mean octal: it is left to the strict parser, which refuses it.
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
