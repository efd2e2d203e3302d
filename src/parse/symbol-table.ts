/*
  Texts seen so far, found by their bytes: a known symbol costs no string. It outlives batches; each batch numbers
  the symbols it meets anew, because its base travels with it.
*/
import { isUtf8 } from './cell-text.js'

/** Beyond this the table starts afresh with the next batch, so that it does not grow with the input. */
const maxEntries = 65_536
const maxBytes = 4 * 1024 * 1024

/** What is no text: invalid UTF-8 or a U+0000. */
export const noSymbol: number = -1

export class SymbolTable {
  /** The text of each entry. */
  texts: string[] = []
  #slots: Int32Array = new Int32Array(1024).fill(-1)
  #hashes: Int32Array = new Int32Array(1024)
  #starts: Int32Array = new Int32Array(1024)
  #ends: Int32Array = new Int32Array(1024)
  #bytes: Uint8Array = new Uint8Array(16 * 1024)
  #length = 0

  get size(): number {
    return this.texts.length
  }

  get isFull(): boolean {
    return this.texts.length >= maxEntries || this.#length >= maxBytes
  }

  clear(): void {
    this.texts = []
    this.#slots.fill(-1)
    this.#length = 0
  }

  /** Index of the entry with these bytes, made when there is none; `noSymbol` when they are no text. */
  find(bytes: Uint8Array, start: number, end: number): number {
    let hash = end - start
    for (let p = start; p < end; p++) hash = (Math.imul(hash, 31) + bytes[p]!) | 0
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
    let q = this.#starts[entry]!
    if (this.#ends[entry]! - q !== end - start) return false
    for (let p = start; p < end; p++, q++) if (own[q] !== bytes[p]) return false
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
    this.texts.push(decoder.decode(text))
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

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })
