/* Decoders that turn an encoding into UTF-8. */
import { characterTable, packedLength, packedUtf8, isUtf16 } from './encodings.js'
import type { CharacterTable, TableEncoding, Encoding, Utf16Encoding } from './encodings.js'

/**
 * Bytes, and a view of the same memory that reads or writes four bytes at once. A decoder may also read or write up to
 * `decoderSlackBytes` bytes after the end of the data, so the array must be longer than the data.
 */
export interface Bytes {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly view: DataView
}

export function bytesOfLength(length: number): Bytes {
  const bytes = new Uint8Array(length)
  return { bytes, view: new DataView(bytes.buffer) }
}

/** A byte that UTF-8 never contains. Decoders write it in place of bytes that are not a character. */
export const brokenMark = 0xff

/** A decoder reads or writes at most this many bytes after the end of an array's data. */
export const decoderSlackBytes = 8

/** Decodes piece by piece. After each call, `inputAt` and `textAt` show how far the call came. */
export abstract class CharacterDecoder {
  /** Position after the last input byte that was decoded. */
  inputAt = 0
  /** Position after the last byte written to the text. */
  textAt = 0
  /** The bytes up to `end`. */
  input: Bytes = bytesOfLength(0)
  end = 0
  /** True if the input ends at `end`: then an incomplete character there is written as `brokenMark`. */
  ended = false

  /**
   * Decodes the characters of `input` that begin from `start` on and before `stop`. Stops at the first character whose text would end after
   * `textLimit`, or that is incomplete at `end`. Writes `brokenMark` for bytes that are not a character.
   */
  abstract decode(
    start: number,
    stop: number,
    text: Bytes,
    textStart: number,
    textLimit: number,
  ): void
}

export type DecodedEncoding = Exclude<Encoding, 'utf-8'>

/** @throws {UsageError} DDB_USAGE if this Node was built without the encoding */
export function openDecoder(encoding: DecodedEncoding): CharacterDecoder {
  return isUtf16(encoding) ? new Utf16Decoder(encoding) : new TableDecoder(encoding)
}

const highBits = 0x80808080 | 0
const firstOfThree = 0x8f
const zero = 0x30
const nine = 0x39

/** Returned for an incomplete character. No table contains this number. */
const unfinished = 1

/**
 * Decodes encodings in which bytes below 80 (hexadecimal) are ASCII, by tables. As in the Encoding Standard, an ASCII byte
 * after an invalid byte is decoded as ASCII, so delimiters and line ends survive.
 */
class TableDecoder extends CharacterDecoder {
  readonly #table: CharacterTable
  /** Byte length of the last character that `#rare` read, or of the bytes to skip. */
  #length = 0

  /** @throws {UsageError} DDB_USAGE if this Node was built without the encoding */
  constructor(encoding: TableEncoding) {
    super()
    this.#table = characterTable(encoding)
  }

  decode(start: number, stop: number, text: Bytes, textStart: number, textLimit: number): void {
    const { end, input } = this
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
          packed = this.#rare(bytes, p)
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
  #rare(bytes: Uint8Array, p: number): number {
    const { end, ended } = this
    const { mostBytes, long } = this.#table
    const first = bytes[p]!
    const second = bytes[p + 1]!
    const third = bytes[p + 2]!
    const fourth = bytes[p + 3]!
    const left = end - p
    this.#length = 1
    if (!ended && left < 2) return unfinished
    if (mostBytes === 3 && first === firstOfThree && left > 1 && second > 0xa0) {
      if (!ended && left < 3) return unfinished
      const packed = left > 2 ? long(bytes.subarray(p, p + 3)) : 0
      this.#length = packed !== 0 || (left > 2 && third >= 0x80) ? 3 : 2
      return packed
    }
    if (mostBytes === 4 && left > 1 && second >= zero && second <= nine) {
      if (first < 0x81 || first > 0xfe) return 0
      if (!ended && left < 4 && (left < 3 || third >= 0x81)) return unfinished
      if (left < 4 || third < 0x81 || third > 0xfe || fourth < zero || fourth > nine) return 0
      const packed = long(bytes.subarray(p, p + 4))
      this.#length = packed === 0 ? 1 : 4
      return packed
    }
    // Does not skip an ASCII second byte together with the first byte, because it may be a delimiter.
    if (left > 1 && second >= 0x80 && first > 0x80 && first < 0xff) this.#length = 2
    return 0
  }
}

/** The bits of two UTF-16 units that are 0 in ASCII characters. */
const beyondAscii = 0xff80ff80 | 0

/** Decodes UTF-16. Half a surrogate pair and a single last byte are not characters. */
class Utf16Decoder extends CharacterDecoder {
  readonly #littleEndian: boolean

  constructor(encoding: Utf16Encoding) {
    super()
    this.#littleEndian = encoding === 'utf-16le'
  }

  decode(start: number, stop: number, text: Bytes, textStart: number, textLimit: number): void {
    const { view } = this.input
    const { end, ended } = this
    const { view: textView } = text
    const littleEndian = this.#littleEndian
    let p = start
    let to = textStart
    while (p < stop && to < textLimit) {
      if (p + 4 <= stop && to + 2 <= textLimit) {
        const word = view.getInt32(p, littleEndian)
        if ((word & beyondAscii) === 0) {
          const [first, second] = littleEndian ? [word, word >>> 16] : [word >>> 16, word]
          textView.setInt16(to, (first & 0x7f) | ((second & 0x7f) << 8), true)
          p += 4
          to += 2
          continue
        }
      }
      let length = 2
      let packed: number
      if (p + 2 > end) {
        if (!ended) break
        length = 1
        packed = brokenMark
      } else {
        const unit = view.getUint16(p, littleEndian)
        if (unit < 0x80) {
          textView.setUint8(to++, unit)
          p += 2
          continue
        }
        if (unit < 0xd800 || unit > 0xdfff) packed = packedUtf8(unit)
        else {
          packed = brokenMark
          if (unit < 0xdc00) {
            if (p + 4 > end && !ended) break
            const low = p + 4 <= end ? view.getUint16(p + 2, littleEndian) : 0
            if (low >= 0xdc00 && low <= 0xdfff) {
              length = 4
              packed = packedUtf8(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00))
            }
          }
        }
      }
      const textLength = packedLength(packed)
      if (to + textLength > textLimit) break
      textView.setInt32(to, packed, true)
      to += textLength
      p += length
    }
    this.inputAt = p
    this.textAt = to
  }
}
