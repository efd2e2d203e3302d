/* Decodes an input to UTF-8. Keeps the input bytes that readers still use, and marks that map text positions to the input. */
import {
  brokenMark,
  bytesOfLength,
  decoderSlackBytes,
  openDecoder,
  type Bytes,
  type CharacterDecoder,
  type DecodedEncoding,
} from './character-decoder.js'
import type { BrokenBytes, BrokenText, TextOrigin } from '../byte-source.js'

/** Input bytes between two marks (known pairs of positions in input and text): fewer marks save memory, but a search decodes more bytes. */
const bytesPerMark = 512

/** One input byte becomes at most this many bytes of text: 3 in windows-1252 and encodings with two-byte characters. */
const growth = 3

const noLimit = 2 ** 30

export class DecodedText implements TextOrigin, BrokenText {
  readonly #decoder: CharacterDecoder
  /** A second decoder, which decodes the text between two marks again to find a position there. */
  readonly #seeker: CharacterDecoder
  readonly #found: Bytes = bytesOfLength(growth * bytesPerMark + 64)
  /** The kept bytes of the input; `#inputOffset` is their start in the whole input. */
  #input: Bytes = bytesOfLength(0)
  #inputLength = 0
  #inputOffset: number
  /** How many of the kept bytes are decoded. */
  #decoded = 0
  /** Text positions: `#textOffset` of the first kept byte, `#textEnd` after the last decoded one. */
  #textOffset: number
  #textEnd: number
  #ended = false
  /** Each mark is a pair of positions: one in the kept input, one in the text after `#textOffset`. */
  #inputMarks: number[] = []
  #textMarks: number[] = []
  /** The pair of positions found last, because readers look for the ends of rows one after the other. */
  readonly #sought = { input: 0, text: 0 }
  /** Text position after the last bytes that were not a character. */
  #brokenBefore = -1
  #text: Bytes = bytesOfLength(0)

  /** @throws {UsageError} DDB_USAGE if this Node was built without the encoding */
  constructor(encoding: DecodedEncoding, startOffsetBytes: number) {
    this.#decoder = openDecoder(encoding)
    this.#seeker = openDecoder(encoding)
    this.#seeker.ended = true
    this.#inputOffset = startOffsetBytes
    this.#textOffset = startOffsetBytes
    this.#textEnd = startOffsetBytes
  }

  /** Returns the text of a further chunk, valid until the next call. An incomplete last character waits for the next chunk. */
  append(chunk: Uint8Array): Uint8Array {
    this.#keep(chunk)
    return this.#decode()
  }

  end(): Uint8Array {
    this.#ended = true
    return this.#decode()
  }

  inputOffset(textOffset: number): number {
    return this.#inputOffset + this.#seek(textOffset)
  }

  inputBytes(textStart: number, textEnd: number): Uint8Array {
    const start = this.#seek(textStart)
    return this.#input.bytes.subarray(start, this.#seek(textEnd))
  }

  brokenBytes(text: Uint8Array, textStart: number): BrokenBytes | undefined {
    const at = text.indexOf(brokenMark)
    if (at < 0) return undefined
    const bytes = this.inputBytes(textStart + at, textStart + at + 1).slice()
    return { offsetBytes: this.inputOffset(textStart + at), bytes }
  }

  mayBeBroken(textStart: number): boolean {
    return textStart < this.#brokenBefore
  }

  release(textOffset: number): void {
    const mark = this.#markBefore(textOffset)
    const input = this.#inputMarks[mark] ?? 0
    const text = this.#textMarks[mark]!
    if (input === 0) return
    this.#input.bytes.copyWithin(0, input, this.#inputLength)
    this.#inputLength -= input
    this.#decoded -= input
    this.#inputOffset += input
    this.#textOffset += text
    this.#inputMarks = this.#inputMarks.slice(mark).map(position => position - input)
    this.#textMarks = this.#textMarks.slice(mark).map(position => position - text)
  }

  #keep(chunk: Uint8Array): void {
    const length = this.#inputLength + chunk.length
    if (length + decoderSlackBytes > this.#input.bytes.length) {
      const larger = bytesOfLength(
        Math.max(length + decoderSlackBytes, 2 * this.#input.bytes.length),
      )
      larger.bytes.set(this.#input.bytes.subarray(0, this.#inputLength))
      this.#input = larger
    }
    this.#input.bytes.set(chunk, this.#inputLength)
    this.#inputLength = length
  }

  #decode(): Uint8Array {
    const decoder = this.#decoder
    const end = this.#inputLength
    const needed = growth * (end - this.#decoded) + decoderSlackBytes
    decoder.input = this.#input
    decoder.end = end
    decoder.ended = this.#ended
    if (needed > this.#text.bytes.length) this.#text = bytesOfLength(needed)
    let p = this.#decoded
    let to = 0
    const textBefore = this.#textEnd - this.#textOffset
    while (p < end) {
      const stop = Math.min(end, p + bytesPerMark)
      decoder.decode(p, stop, this.#text, to, noLimit)
      if (decoder.inputAt === p) break
      this.#inputMarks.push(p)
      this.#textMarks.push(textBefore + to)
      p = decoder.inputAt
      to = decoder.textAt
    }
    this.#decoded = p
    const text = this.#text.bytes.subarray(0, to)
    const broken = Buffer.from(text.buffer, 0, to).lastIndexOf(brokenMark)
    if (broken >= 0) this.#brokenBefore = this.#textEnd + broken + 1
    this.#textEnd += to
    return text
  }

  /** Finds the position in the kept input that belongs to `textOffset` in the text. */
  #seek(textOffset: number): number {
    if (textOffset >= this.#textEnd) return this.#decoded
    const mark = this.#markBefore(textOffset)
    let start = this.#inputMarks[mark]!
    let text = this.#textOffset + this.#textMarks[mark]!
    if (text < this.#sought.text && this.#sought.text <= textOffset) {
      start = this.#sought.input - this.#inputOffset
      ;({ text } = this.#sought)
    }
    if (text >= textOffset) return start
    const rest = textOffset - text
    const seeker = this.#seeker
    seeker.input = this.#input
    seeker.end = this.#decoded
    seeker.decode(start, this.#decoded, this.#found, 0, rest)
    this.#sought.input = this.#inputOffset + seeker.inputAt
    this.#sought.text = text + seeker.textAt
    return seeker.inputAt
  }

  /** Finds the last mark at or before `textOffset`. */
  #markBefore(textOffset: number): number {
    const text = textOffset - this.#textOffset
    const marks = this.#textMarks
    let low = 0
    let high = marks.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if (marks[middle]! <= text) low = middle
      else high = middle - 1
    }
    return low
  }
}
