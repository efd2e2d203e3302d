/*
  Numbers the texts seen so far and finds them by their bytes, so that a known symbol needs no string. The table outlives batches.
  Codes belong to a batch, because each batch carries its own base.
*/
import { isUtf8, utf8Text } from '../cells/cell-bytes.js'

/** A larger table is cleared before the next batch, so that it does not grow with the input. */
const maxEntries = 65_536
const maxBytes = 4 * 1024 * 1024

/** Returned for bytes that are not text: invalid UTF-8 or U+0000. */
export const noSymbol: number = -1

const hashFactor = 0x9e3779b1 | 0

/** Texts by their bytes, numbered in the order of first appearance. */
export class SymbolTable {
  texts: string[] = []
  #slots: Int32Array = new Int32Array(1024).fill(-1)
  #hashes: Int32Array = new Int32Array(1024)
  #starts: Int32Array = new Int32Array(1024)
  #ends: Int32Array = new Int32Array(1024)
  #bytes: Uint8Array<ArrayBuffer> = new Uint8Array(16 * 1024)
  #length = 0

  get size(): number {
    return this.texts.length
  }

  /** True if the table must be cleared before the next batch. During the present batch, it may continue to grow. */
  get isFull(): boolean {
    return this.texts.length >= maxEntries || this.#length >= maxBytes
  }

  /** Bytes of a text in UTF-8. */
  byteLength(entry: number): number {
    return this.#ends[entry]! - this.#starts[entry]!
  }

  /** Forgets all texts; their numbers become meaningless. */
  clear(): void {
    this.texts = []
    this.#slots.fill(-1)
    this.#length = 0
  }

  /** Returns the number of the text with these bytes, and adds new texts. Returns `noSymbol` for bytes that are not text. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start
    for (let p = start; p < end; p++) hash = Math.imul(hash ^ bytes[p]!, hashFactor)
    hash ^= hash >>> 15
    const slots = this.#slots
    const mask = slots.length - 1
    let slot = hash & mask
    let entry: number
    while ((entry = slots[slot]!) >= 0) {
      if (this.#hashes[entry] === hash && this.#equals(entry, bytes, start, end)) return entry
      slot = (slot + 1) & mask
    }
    return this.#add(hash, bytes, start, end)
  }

  #equals(entry: number, bytes: Uint8Array, start: number, end: number): boolean {
    const own = this.#bytes
    let at = this.#starts[entry]!
    if (this.#ends[entry]! - at !== end - start) return false
    for (let p = start; p < end; p++, at++) if (own[at] !== bytes[p]) return false
    return true
  }

  #add(hash: number, bytes: Uint8Array, start: number, end: number): number {
    const text = bytes.subarray(start, end)
    if (text.includes(0) || !isUtf8(bytes, start, end)) return noSymbol
    const entry = this.texts.length
    if (entry === this.#hashes.length) this.#growEntries()
    if (this.#length + text.length > this.#bytes.length) this.#growBytes(text.length)
    this.#bytes.set(text, this.#length)
    this.#hashes[entry] = hash
    this.#starts[entry] = this.#length
    this.#length += text.length
    this.#ends[entry] = this.#length
    this.texts.push(utf8Text(text))
    if (2 * (entry + 1) > this.#slots.length) this.#rehash()
    else this.#place(entry)
    return entry
  }

  #place(entry: number): void {
    const mask = this.#slots.length - 1
    let slot = this.#hashes[entry]! & mask
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask
    this.#slots[slot] = entry
  }

  #rehash(): void {
    this.#slots = new Int32Array(2 * this.#slots.length).fill(-1)
    for (let entry = 0; entry < this.texts.length; entry++) this.#place(entry)
  }

  #growEntries(): void {
    const larger = (array: Int32Array): Int32Array => {
      const copy = new Int32Array(2 * array.length)
      copy.set(array)
      return copy
    }
    this.#hashes = larger(this.#hashes)
    this.#starts = larger(this.#starts)
    this.#ends = larger(this.#ends)
  }

  #growBytes(more: number): void {
    const larger = new Uint8Array(2 * (this.#bytes.length + more))
    larger.set(this.#bytes)
    this.#bytes = larger
  }
}
