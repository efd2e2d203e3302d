/*
  Tables of an encoding's characters. Each entry packs a character's UTF-8 into one number, so that decoding a character takes
  one look-up and one write of four bytes.
*/

/** An encoding in which bytes below 80 (hexadecimal) are ASCII. Any other byte is a character by itself or begins one. */
export interface CharacterTable {
  /** Entry `b`: the UTF-8 of the character that is the single byte `b`; 0 if there is no such character. */
  readonly single: Int32Array
  /** Characters by first and second byte (`first << 8 | second`); undefined if all characters have one byte. */
  readonly double: Int32Array | undefined
  /** Characters by second and third byte, after a first byte 8F; undefined if no character has three bytes. */
  readonly triple: Int32Array | undefined
  /**
   * Returns the four-byte characters of Unicode's basic plane, in the order of their byte sequences. The first call
   * makes the table. Undefined if no character has four bytes.
   */
  readonly quadruple: (() => Int32Array) | undefined
}

/** The UTF-8 of a code point, with the first byte lowest. Negative if the UTF-8 has four bytes. */
export function packedUtf8(codePoint: number): number {
  if (codePoint < 0x80) return codePoint
  const last = 0x80 | (codePoint & 0x3f)
  if (codePoint < 0x800) return 0xc0 | (codePoint >> 6) | (last << 8)
  const third = 0x80 | ((codePoint >> 6) & 0x3f)
  if (codePoint < 0x10000) return 0xe0 | (codePoint >> 12) | (third << 8) | (last << 16)
  const second = 0x80 | ((codePoint >> 12) & 0x3f)
  return 0xf0 | (codePoint >> 18) | (second << 8) | (third << 16) | (last << 24)
}

/** Byte length of a result of `packedUtf8`. */
export function packedLength(packed: number): number {
  if (packed < 0) return 4
  return packed < 0x100 ? 1 : packed < 0x10000 ? 2 : 3
}

export const asciiOnly: readonly number[] = Array.from({ length: 0x80 }, (_, byte) => byte)
