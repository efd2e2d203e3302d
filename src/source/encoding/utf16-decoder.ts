/*
  Decodes UTF-16. Half a surrogate pair and a single last byte are not characters.
*/
import { brokenMark, type Bytes, type CharacterDecoder } from './character-decoder.js'
import { packedLength, packedUtf8 } from './character-table.js'

/** The bits of two UTF-16 units that are 0 in ASCII characters. */
const beyondAscii = 0xff80ff80 | 0

export class Utf16Decoder implements CharacterDecoder {
  readonly lineFeed: Uint8Array
  inputAt = 0
  textAt = 0
  readonly #littleEndian: boolean

  constructor(encoding: 'utf-16le' | 'utf-16be') {
    this.#littleEndian = encoding === 'utf-16le'
    this.lineFeed = this.#littleEndian ? Uint8Array.of(0x0a, 0) : Uint8Array.of(0, 0x0a)
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
    const { view } = input
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
