/*
  Makes many texts at a time from strings that each end with 00. Making a string costs more than looking at its bytes,
  and columns of short texts often repeat a few texts. Short texts are looked up by their bytes, so each is made once.
*/
import type { Buffer } from 'node:buffer'

/** Kept small, because a text keeps its whole block in memory, and a block should fit into the processor's cache. */
const blockBytes = 16_384
/** V8 copies texts up to this length. Longer texts in `#slots` would keep their blocks in memory. */
const maxRepeatedBytes = 12
const slotBits = 12
/** With fewer texts, or fewer bytes of text, the table of short texts costs more time than it saves. */
const minRepeatedTexts = 1024
/** After this many texts it is clear whether they repeat. */
const minJudgedTexts = 4096
/** V8 makes longer arrays slow if they are allocated at once. */
const maxPreparedTexts = 1 << 24

export class StringCollector {
  readonly texts: string[]
  /** How many entries of `texts` are filled. */
  length = 0
  /** Short texts by a hash of their bytes; allocated once enough bytes have arrived. */
  #slots: string[] | undefined
  #mayRepeat: boolean
  #newTexts = 0

  /**
   * @param wanted  how many texts the sender announced
   * @param availableBytes  bytes that have arrived; room is made only for as many texts as these can hold
   */
  constructor(wanted: number, availableBytes: number) {
    const isSure = wanted <= availableBytes && wanted <= maxPreparedTexts
    this.texts = isSure ? new Array<string>(wanted) : []
    this.#mayRepeat = wanted >= minRepeatedTexts
  }

  add(text: string): void {
    this.texts[this.length++] = text
  }

  /**
   * Adds up to `count` texts of the strings that end within the next block of `bytes`.
   * @returns the position after the last added string, or `start` if no string ends there
   */
  collect(bytes: Buffer, start: number, count: number): number {
    const end = Math.min(bytes.length, start + blockBytes)
    if (this.#mayRepeat && end - start >= minRepeatedTexts) {
      this.#slots ??= new Array<string>(1 << slotBits).fill('')
      const position = this.#collectRepeated(this.#slots, bytes, start, end, count)
      if (position > start) return position
    }
    return this.#collectNew(bytes, start, end, count)
  }

  #collectNew(bytes: Buffer, start: number, end: number, count: number): number {
    let found = 0
    let last = start - 1
    for (let at = start; at < end && found < count; at++) {
      if (bytes[at] === 0) {
        found += 1
        last = at
      }
    }
    if (found === 0) return start
    // One decoding and one split are several times faster than a call for each string.
    const texts = bytes.toString('utf8', start, last).split('\0')
    for (let index = 0; index < found; index++) this.texts[this.length++] = texts[index]!
    return last + 1
  }

  #collectRepeated(
    slots: string[],
    bytes: Buffer,
    start: number,
    end: number,
    count: number,
  ): number {
    const { texts } = this
    const block = bytes.toString('latin1', start, end)
    const lastIndex = this.length + count
    let index = this.length
    let from = start
    let hash = 0
    for (let at = start; at < end && index < lastIndex; at++) {
      const byte = bytes[at]!
      if (byte >= 0x80) {
        this.#mayRepeat = false
        break
      }
      if (byte !== 0) {
        hash = Math.imul(hash ^ byte, 0x0100_0193)
        continue
      }
      const slot = Math.imul(hash ^ (at - from), 0x9e37_79b1) >>> (32 - slotBits)
      let text = slots[slot]!
      if (!isTextOf(text, bytes, from, at)) {
        text = block.slice(from - start, at - start)
        if (text.length <= maxRepeatedBytes) slots[slot] = text
        this.#newTexts += 1
      }
      texts[index++] = text
      from = at + 1
      hash = 0
    }
    this.length = index
    if (index >= minJudgedTexts && this.#newTexts * 2 > index) this.#mayRepeat = false
    return from
  }
}

function isTextOf(text: string, bytes: Buffer, from: number, to: number): boolean {
  if (text.length !== to - from) return false
  for (let at = from; at < to; at++) if (text.charCodeAt(at - from) !== bytes[at]) return false
  return true
}
