/*
  Text that the user declares to be UTF-8: passed to readers unchanged, which are told of invalid bytes.
*/
import type { BrokenBytes, BrokenText } from './text-origin.js'
import { firstNotUtf8, Utf8Check } from './utf8-check.js'

/** Text and input are the same bytes, which readers hold already, so nothing is kept. */
export class Utf8Text implements BrokenText {
  #check = new Utf8Check()
  #textEnd: number
  #brokenBefore = -1

  constructor(startOffsetBytes: number) {
    this.#textEnd = startOffsetBytes
  }

  /** Notes whether the chunk contains invalid bytes. */
  append(chunk: Uint8Array): void {
    this.#textEnd += chunk.length
    if (this.#check.firstBroken(chunk) !== undefined) this.#brokenBefore = this.#textEnd
  }

  /** What is appended next lies at `textOffset`, where a character begins; nothing before it will be requested. */
  skipTo(textOffset: number): void {
    this.#check = new Utf8Check()
    this.#textEnd = textOffset
  }

  /** Notes whether the last character is complete. */
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
