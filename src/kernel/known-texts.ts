/* The table in which the kernel looks up symbols. The exact reader numbers new texts and adds them here. */
import type { Kernel } from './kernel.js'

/** Longer texts are the exact reader's. */
const longestText = 32
const slotBytes = 48
const firstSlots = 2048
const mostSlots = 32_768

/** The texts of one column. */
export class KnownTexts {
  readonly kernel: Kernel
  #table: number
  #slots = firstSlots
  /** For each number of a text: the address of its slot. */
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

  /** Writes the numbers of the field's texts from row `from` on to `kernel.out`. Returns the row at which the kernel gave up. */
  read(field: number, from: number): number {
    const { calls, out } = this.kernel
    return calls.symbols(field, from, out, this.#table, this.#slots - 1)
  }

  /** Adds the text at position `start` of the block, unless it is too long or the table is full. */
  add(start: number, byteLength: number, number: number): void {
    const { kernel } = this
    if (byteLength > longestText) return
    if (this.#slotOf.has(number)) return
    if (4 * this.#slotOf.size >= 3 * this.#slots && !this.#grow()) return
    this.#learn(kernel.addressOf(start), byteLength, number)
  }

  #learn(at: number, byteLength: number, number: number): void {
    const { calls } = this.kernel
    this.#slotOf.set(number, calls.learn(at, byteLength, this.#table, this.#slots - 1, number))
  }

  /** Moves the texts to a table of four times the size. */
  #grow(): boolean {
    const slots = 4 * this.#slots
    const table = slots > mostSlots ? 0 : this.kernel.allocate(slots * slotBytes)
    if (table === 0) return false
    this.#table = table
    this.#slots = slots
    for (const [number, slot] of this.#slotOf) {
      this.#learn(slot, this.kernel.words[(slot + longestText) / 4]!, number)
    }
    return true
  }

  /** Forgets all texts. */
  clear(): void {
    this.kernel.bytes.fill(0, this.#table, this.#table + this.#slots * slotBytes)
    this.#slotOf.clear()
  }
}
