/*
  Tables of encodings with one byte per character, corrected because Node's decoders return control characters for bytes that
  Windows code pages leave free. One decoder even returns different characters when bytes come in several pieces.
*/
import { asciiOnly, packedUtf8, type CharacterTable } from './character-table.js'
import type { SingleByteEncoding } from './encodings.js'
import { codePointsOf } from './platform-decoder.js'

/** Bytes 80 to 9F of windows-1252, from Microsoft's table of this code page; 0 for a byte without a character. */
const windows1252: readonly number[] = [
  0x20ac, 0, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152,
  0, 0x017d, 0, 0, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161,
  0x203a, 0x0153, 0, 0x017e, 0x0178,
]

/** Corrects bytes for which Node's tables differ from Microsoft's; 0 means that the byte is not a character. */
const corrections: Partial<Record<SingleByteEncoding, readonly [byte: number, codePoint: number]>> =
  {
    'windows-1253': [0xaa, 0],
    'windows-1255': [0xca, 0x05ba],
  }

/** True for the control and private characters that Node's tables have where the Windows code pages have none. */
const isFiller = (codePoint: number): boolean =>
  (codePoint >= 0x80 && codePoint <= 0x9f) || (codePoint >= 0xe000 && codePoint <= 0xf8ff)

/** @throws {UsageError} as `codePointsOf` */
export function singleByteTable(encoding: SingleByteEncoding): CharacterTable {
  const single = new Int32Array(256)
  for (const byte of asciiOnly) single[byte] = byte
  const upper = upperCodePoints(encoding)
  for (let i = 0; i < upper.length; i++) {
    if (upper[i] !== 0) single[0x80 + i] = packedUtf8(upper[i]!)
  }
  const corrected = corrections[encoding]
  if (corrected !== undefined) single[corrected[0]] = packedUtf8(corrected[1])
  return { single, double: undefined, triple: undefined, quadruple: undefined }
}

function upperCodePoints(encoding: SingleByteEncoding): Uint32Array {
  const bytes = Uint8Array.from({ length: 128 }, (_, i) => 0x80 + i)
  const same = Uint32Array.from(bytes)
  if (encoding === 'latin1') return same
  if (encoding === 'windows-1252') {
    same.set(windows1252)
    return same
  }
  if (encoding === 'iso-8859-9') {
    // Node reads this ISO encoding as the Windows code page, whose bytes 80 to 9F differ.
    const turkish = codePointsOf('windows-1254', bytes, 1)
    turkish.set(same.subarray(0, 32))
    return turkish
  }
  const upper = codePointsOf(encoding, bytes, 1)
  return encoding.startsWith('windows-') ? upper.map(point => (isFiller(point) ? 0 : point)) : upper
}
