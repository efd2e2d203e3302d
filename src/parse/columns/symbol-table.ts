/*
  The base of a batch's symbols: numbers texts in the order of first appearance, and finds them by their bytes, so that a known symbol
  needs no string.
*/
import { isUtf8 } from '../cells/cell-bytes.js'

/** Returned for bytes that are not text: invalid UTF-8 or U+0000. */
export const noSymbol: number = -1

const hashFactor = 0x9e3779b1 | 0

/** Codes of texts. Code 0 is the empty text, which means null. */
export class SymbolTable {
  texts: string[] = ['']
  /** Where each text ends in `#bytes`; it begins where the one before it ends. */
  readonly #ends: number[] = [0]
  #bytes = Buffer.allocUnsafe(1024)
  readonly #hashes: number[] = [0]
  /** For each hash: the text added last; and for each text: the one added before it with the same hash, or 0. */
  readonly #last = new Map<number, number>()
  readonly #before: number[] = [0]

  /** Bytes of all texts in UTF-8. */
  get textBytes(): number {
    return this.#ends.at(-1)!
  }

  /** Returns the code of the text with these bytes, and adds new texts. Returns `noSymbol` for bytes that are not text. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start
    for (let p = start; p < end; p++) hash = Math.imul(hash ^ bytes[p]!, hashFactor)
    let code = this.#last.get(hash) ?? 0
    while (code > 0 && !this.#equals(code, bytes, start, end)) code = this.#before[code]!
    return code > 0 ? code : this.#add(hash, bytes, start, end)
  }

  #equals(code: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes
    let at = this.#ends[code - 1]!
    if (this.#ends[code]! - at !== end - start) return false
    for (let p = start; p < end; p++, at++) if (own[at] !== bytes[p]) return false
    return true
  }

  #add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const at = this.textBytes
    const after = at + end - start
    if (after > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(2 * after)
      larger.set(this.#bytes)
      this.#bytes = larger
    }
    const own = this.#bytes
    let isText = isUtf8(bytes, start, end)
    for (let p = start; p < end; p++) {
      own[at + p - start] = bytes[p]!
      if (bytes[p] === 0) isText = false
    }
    if (!isText) return noSymbol
    const code = this.texts.push(own.toString('utf8', at, after)) - 1
    this.#ends.push(after)
    this.#hashes.push(hash)
    this.#before.push(this.#last.get(hash) ?? 0)
    this.#last.set(hash, code)
    return code
  }

  /** Removes all texts and returns them. */
  take(): readonly string[] {
    const { texts } = this
    this.texts = ['']
    this.#ends.length = this.#hashes.length = this.#before.length = 1
    this.#last.clear()
    return texts
  }

  /** Removes the texts with codes from `size` on. */
  shorten(size: number): void {
    while (this.texts.length > size) {
      this.texts.pop()
      this.#ends.pop()
      this.#last.set(this.#hashes.pop()!, this.#before.pop()!)
    }
  }
}
