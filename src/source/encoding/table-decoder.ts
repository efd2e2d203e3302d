/*
  Decodes bytes by tables. As in the Encoding Standard, an ASCII byte after an invalid byte is decoded as ASCII, so
  delimiters and line ends survive.
*/
import { brokenMark, type Bytes, type CharacterDecoder } from './character-decoder.js'
import { packedLength, packedUtf8, type CharacterTable } from './character-table.js'

const highBits = 0x80808080 | 0
const firstOfThree = 0x8f
const zero = 0x30
const nine = 0x39

/** The sequence number of U+10000 in GB18030. */
const supplementary = 189_000
const lastSupplementary = supplementary + 0xfffff

/** Returned for an incomplete character. No table contains this number. */
const unfinished = 1

/** Decodes encodings in which bytes below 80 (hexadecimal) are ASCII. */
export class TableDecoder implements CharacterDecoder {
  readonly lineFeed: Uint8Array = Uint8Array.of(0x0a)
  inputAt = 0
  textAt = 0
  readonly #table: CharacterTable
  /** Byte length of the last character that `#rare` read, or of the bytes to skip. */
  #length = 0

  constructor(table: CharacterTable) {
    this.#table = table
  }

  decode(
    input: Bytes,
    start: number,
    stop: number,
    end: number,
    ended: boolean,
    text: Bytes,
    textStart: number,
    textLimit: number,
  ): void {
    const { bytes, view } = input
    const { view: textView, bytes: textBytes } = text
    const { single, double } = this.#table
    let p = start
    let to = textStart
    while (p < stop && to < textLimit) {
      const first = bytes[p]!
      if (first < 0x80) {
        const runEnd = Math.min(stop, p + textLimit - to)
        while (p + 4 <= runEnd) {
          const word = view.getInt32(p, true)
          if ((word & highBits) !== 0) break
          textView.setInt32(to, word, true)
          p += 4
          to += 4
        }
        while (p < runEnd && bytes[p]! < 0x80) textBytes[to++] = bytes[p++]!
        continue
      }
      let length = 1
      let packed = single[first]!
      if (packed === 0 && double !== undefined) {
        length = 2
        packed = p + 1 < end ? double[(first << 8) | bytes[p + 1]!]! : 0
        if (packed === 0) {
          packed = this.#rare(bytes, p, end, ended)
          if (packed === unfinished) break
          length = this.#length
        }
      }
      if (packed === 0) packed = brokenMark
      const textLength = packedLength(packed)
      if (to + textLength > textLimit) break
      textView.setInt32(to, packed, true)
      to += textLength
      p += length
    }
    this.inputAt = p
    this.textAt = to
  }

  /** Reads a character of three or four bytes. Returns `unfinished` for an incomplete character and 0 for an invalid one. */
  #rare(bytes: Uint8Array, p: number, end: number, ended: boolean): number {
    const { triple, quadruple } = this.#table
    const first = bytes[p]!
    const second = bytes[p + 1]!
    const third = bytes[p + 2]!
    const fourth = bytes[p + 3]!
    const left = end - p
    this.#length = 1
    if (!ended && left < 2) return unfinished
    if (triple !== undefined && first === firstOfThree && left > 1 && second > 0xa0) {
      if (!ended && left < 3) return unfinished
      const packed = left > 2 ? triple[(second << 8) | third]! : 0
      this.#length = packed !== 0 || (left > 2 && third >= 0x80) ? 3 : 2
      return packed
    }
    if (quadruple !== undefined && left > 1 && second >= zero && second <= nine) {
      if (first < 0x81 || first > 0xfe) return 0
      if (!ended && left < 4 && (left < 3 || third >= 0x81)) return unfinished
      if (left < 4 || third < 0x81 || third > 0xfe || fourth < zero || fourth > nine) return 0
      const index =
        ((first - 0x81) * 10 + second - zero) * 1260 + (third - 0x81) * 10 + fourth - zero
      const packed = packedQuadruple(index, quadruple)
      this.#length = packed === 0 ? 1 : 4
      return packed
    }
    // Does not skip an ASCII second byte together with the first byte, because it may be a delimiter.
    if (left > 1 && second >= 0x80 && first > 0x80 && first < 0xff) this.#length = 2
    return 0
  }
}

function packedQuadruple(index: number, table: () => Int32Array): number {
  if (index >= supplementary && index <= lastSupplementary) {
    return packedUtf8(index - supplementary + 0x10000)
  }
  return table()[index] ?? 0
}
