/*
  Counts the different texts of a column in bounded memory, by 52-bit hashes. With 65,536 texts, two texts share a hash
  in about one of two million columns; the count is then too small.
*/

const initialSlots = 256
/** The start value, and the factor for each byte, of the 32-bit FNV-1a hash. */
const offsetBasis = 0x811c9dc5
const prime = 0x01000193
/** Start of a second hash of the same bytes. */
const otherBasis = 0x9747b28c
const upperBits = 20
const free = -1

const emptySlots = (length: number): Float64Array => new Float64Array(length).fill(free)

export class DistinctCount {
  readonly #limit: number
  #slots = emptySlots(initialSlots)
  #count = 0

  constructor(limit: number) {
    this.#limit = limit
  }

  /** Undefined once the count exceeds the limit. */
  get count(): number | undefined {
    return this.#count > this.#limit ? undefined : this.#count
  }

  /** Returns true if the text is new; always false once the count exceeds the limit. */
  add(bytes: Uint8Array, start: number, end: number): boolean {
    if (this.#count > this.#limit) return false
    let low = offsetBasis
    let high = otherBasis
    for (let p = start; p < end; p++) {
      const byte = bytes[p]!
      low = Math.imul(low ^ byte, prime)
      high = Math.imul(high ^ (byte + p - start), prime)
    }
    high ^= high >>> 15
    if (!this.#insert((low >>> 0) + ((high >>> (32 - upperBits)) >>> 0) * 2 ** 32)) return false
    const slots = this.#slots
    if (++this.#count > this.#limit) this.#slots = emptySlots(0)
    else if (2 * this.#count > slots.length) {
      this.#slots = emptySlots(2 * slots.length)
      for (const hash of slots) if (hash !== free) this.#insert(hash)
    }
    return true
  }

  #insert(hash: number): boolean {
    const slots = this.#slots
    const mask = slots.length - 1
    let at = (hash ^ (hash >>> 15)) & mask
    while (slots[at] !== free) {
      if (slots[at] === hash) return false
      at = (at + 1) & mask
    }
    slots[at] = hash
    return true
  }
}
