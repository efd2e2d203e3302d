/*
  Text that the user has declared to be UTF-8. Readers get the text unchanged, and the positions of invalid bytes.
*/
import type { BrokenBytes, BrokenText } from './text-origin.js'
import { firstNotUtf8, Utf8Check } from './utf8-check.js'

/** Keeps no bytes, because text and input have the same bytes, which readers already hold. */
export class Utf8Text implements BrokenText {
  #check = new Utf8Check()
  #textEnd: number
  #brokenBefore = -1

  constructor(startOffsetBytes: number) {
    this.#textEnd = startOffsetBytes
  }

  append(chunk: Uint8Array): void {
    this.#textEnd += chunk.length
    if (this.#check.firstBroken(chunk) !== undefined) this.#brokenBefore = this.#textEnd
  }

  /** Skips to `textOffset`, where a character and the next chunk begin. Do not request earlier text afterwards. */
  skipTo(textOffset: number): void {
    this.#check = new Utf8Check()
    this.#textEnd = textOffset
  }

  /** Counts an incomplete last character as broken bytes. */
  end(): void {
    if (this.#check.begunBytes > 0) this.#brokenBefore = this.#textEnd
  }

  mayBeBroken(textStart: number): boolean {
    return textStart < this.#brokenBefore
  }

  brokenBytes(text: Uint8Array, textStart: number): BrokenBytes | undefined {
    const at = firstNotUtf8(text)
    return at < 0 ? undefined : { offsetBytes: textStart + at, bytes: Uint8Array.of(text[at]!) }
  }
}
