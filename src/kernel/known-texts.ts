/*
  The table in which the kernel looks up symbols. The exact reader finds new texts and adds them here.
*/
import type { Kernel } from './kernel.js'

/** Rows from which on a view of them is worth its time. */
const longRun = 64
/** Longer texts are the exact reader's. */
const longestText = 32
const slotBytes = 48
const firstSlots = 2048
const mostSlots = 32_768

/** The texts of one column in one batch. */
export class KnownTexts {
  readonly kernel: Kernel
  #table: number
  #slots = firstSlots
  /** For each code: the address of its text's slot. */
  readonly #slotOf = new Map<number, number>()

  private constructor(kernel: Kernel, table: number) {
    this.kernel = kernel
    this.#table = table
  }

  /** @returns undefined if the kernel has no memory left */
  static in(kernel: Kernel): KnownTexts | undefined {
    const table = kernel.allocate(firstSlots * slotBytes)
    return table === 0 ? undefined : new KnownTexts(kernel, table)
  }

  /** Writes the codes of the field's texts from row `from` on to `kernel.out`. Returns the row at which the kernel gave up. */
  read(field: number, from: number): number {
    const { calls, out } = this.kernel
    return calls.symbols(field, from, out, this.#table, this.#slots - 1)
  }

  /** Copies the codes of the rows `from` to `to`. In a batch's first block they are few, because each new text ends a run of them. */
  copyCodes(codes: Int32Array, from: number, to: number, firstRow: number): void {
    const { words, out } = this.kernel
    const first = out / 4
    if (to - from > longRun) codes.set(words.subarray(first + from, first + to), firstRow + from)
    else for (let row = from; row < to; row++) codes[firstRow + row] = words[first + row]!
  }

  /** Adds the text at position `start` of the block, unless it is too long or the table is full. */
  add(start: number, byteLength: number, code: number): void {
    const { kernel } = this
    if (byteLength > longestText || start + byteLength > kernel.textEnd) return
    if (this.#slotOf.has(code)) return
    if (4 * this.#slotOf.size >= 3 * this.#slots && !this.#grow()) return
    this.#learn(kernel.addressOf(start), byteLength, code)
  }

  #learn(at: number, byteLength: number, code: number): void {
    const { calls } = this.kernel
    this.#slotOf.set(code, calls.learn(at, byteLength, this.#table, this.#slots - 1, code))
  }

  /** Moves the texts to a table of four times the size. */
  #grow(): boolean {
    const slots = 4 * this.#slots
    const table = slots > mostSlots ? 0 : this.kernel.allocate(slots * slotBytes)
    if (table === 0) return false
    this.#table = table
    this.#slots = slots
    for (const [code, slot] of this.#slotOf) {
      this.#learn(slot, this.kernel.words[(slot + longestText) / 4]!, code)
    }
    return true
  }

  /** Forgets all texts. */
  clear(): void {
    const { bytes, words } = this.kernel
    // With small batches, clearing the whole table would take as long as reading.
    if (8 * this.#slotOf.size > this.#slots) {
      bytes.fill(0, this.#table, this.#table + this.#slots * slotBytes)
    } else {
      for (const slot of this.#slotOf.values()) {
        const length = (slot + longestText) / 4
        // The code follows the length.
        words.fill(0, length, length + 2)
      }
    }
    this.#slotOf.clear()
  }
}
