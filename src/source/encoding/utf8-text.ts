/*
  UTF-8 that somebody said is UTF-8: it is given to readers as it stands, and what is none is known to them as such.
*/
import type { BrokenBytes, BrokenText } from './text-origin.js'
import { firstNotUtf8, Utf8Check } from './utf8-check.js'

/** Text and input are the same bytes. Most of the input lies in readers: nothing is kept. */
export class Utf8Text implements BrokenText {
  #check = new Utf8Check()
  #textEnd: number
  #brokenBefore = -1

  constructor(startOffsetBytes: number) {
    this.#textEnd = startOffsetBytes
  }

  /** Notes whether there is something in the chunk that is not UTF-8. */
  append(chunk: Uint8Array): void {
    this.#textEnd += chunk.length
    if (this.#check.firstBroken(chunk) !== undefined) this.#brokenBefore = this.#textEnd
  }

  /** What is appended next stands at `textOffset`, where a character begins; nobody asks for what stands before. */
  skipTo(textOffset: number): void {
    this.#check = new Utf8Check()
    this.#textEnd = textOffset
  }

  /** Notes whether the last character is whole. */
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
