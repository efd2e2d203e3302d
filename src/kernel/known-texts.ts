/*
  The table in which the kernel looks up symbols. The exact reader finds new texts and adds them here.
*/
import type { Kernel } from './kernel.js'

/** Longer texts are the exact reader's. */
const longestText = 32
const slotBytes = 48
const firstSlots = 2048
const mostSlots = 32_768
const batchAt = 40
const codeAt = 44
/** New texts of one block: at most its rows. */
const newsBytes = 4 * 2048

export class KnownTexts {
  readonly kernel: Kernel
  readonly #news: Int32Array
  #table: number
  #slots = firstSlots
  #count = 0
  /** Marks the codes of the present batch. */
  #batch = 1
  /** For each number of a text: the address of its slot, or 0. */
  #slotOf: Int32Array = new Int32Array(firstSlots)

  /** @throws {RangeError} if the kernel has no memory left */
  private constructor(kernel: Kernel, table: number, news: number) {
    this.kernel = kernel
    this.#table = table
    this.#news = new Int32Array(kernel.buffer, news, newsBytes / 4)
  }

  /** @returns undefined if the kernel has no memory left */
  static in(kernel: Kernel): KnownTexts | undefined {
    const table = kernel.allocate(firstSlots * slotBytes)
    const news = table === 0 ? 0 : kernel.allocate(newsBytes)
    return news === 0 ? undefined : new KnownTexts(kernel, table, news)
  }

  /**
   * Writes the codes of the field's texts from row `from` on to `kernel.out`. Texts without a code in this batch get the next ones.
   * @param nextCode  the first code to give
   * @param onNew  gets the number of each text that got a code, in the order of the codes
   * @returns the row at which the kernel gave up
   */
  read(field: number, from: number, nextCode: number, onNew: (entry: number) => void): number {
    const { calls, out } = this.kernel
    const { byteOffset } = this.#news
    const table = [this.#table, this.#slots - 1, this.#batch]
    const row = calls.symbols(
      field,
      from,
      out,
      table[0]!,
      table[1]!,
      table[2]!,
      nextCode,
      byteOffset,
    )
    const given = calls.codeCount() - nextCode
    for (let i = 0; i < given; i++) onNew(this.#news[i]!)
    return row
  }

  /** Adds the text at position `start` of the block, unless it is too long or the table is full. */
  add(start: number, byteLength: number, entry: number, code: number): void {
    const { kernel } = this
    if (byteLength > longestText || start + byteLength > kernel.textEnd) return
    if ((this.#slotOf[entry] ?? 0) !== 0) return
    if (4 * this.#count >= 3 * this.#slots && !this.#grow()) return
    if (entry >= this.#slotOf.length) {
      const larger = new Int32Array(Math.max(2 * this.#slotOf.length, entry + 1))
      larger.set(this.#slotOf)
      this.#slotOf = larger
    }
    this.#count++
    const place = [kernel.addressOf(start), byteLength, this.#table, this.#slots - 1]
    this.#slotOf[entry] = kernel.calls.learn(...place, entry, this.#batch, code)
  }

  /** Moves the texts to a table of four times the size. */
  #grow(): boolean {
    const slots = 4 * this.#slots
    const table = slots > mostSlots ? 0 : this.kernel.allocate(slots * slotBytes)
    if (table === 0) return false
    this.#table = table
    this.#slots = slots
    const { bytes, calls } = this.kernel
    const words = new Int32Array(bytes.buffer)
    for (const [entry, slot] of this.#slotOf.entries()) {
      if (slot === 0) continue
      const [length, , batch, code] = words.subarray((slot + longestText) / 4)
      this.#slotOf[entry] = calls.learn(slot, length!, table, slots - 1, entry, batch!, code!)
    }
    return true
  }

  /** Gives a text the code that the exact reader has given it. */
  setCode(entry: number, code: number): void {
    const slot = this.#slotOf[entry] ?? 0
    if (slot === 0) return
    const view = new DataView(this.kernel.buffer)
    view.setInt32(slot + batchAt, this.#batch, true)
    view.setInt32(slot + codeAt, code, true)
  }

  /** Takes the code of a text back. */
  forget(entry: number): void {
    const slot = this.#slotOf[entry] ?? 0
    if (slot !== 0) new DataView(this.kernel.buffer).setInt32(slot + batchAt, 0, true)
  }

  /** Begins a batch, in which no text has a code. */
  beginBatch(): void {
    this.#batch++
  }

  /** Forgets all texts. */
  clear(): void {
    this.#count = 0
    this.#slotOf.fill(0)
    this.kernel.bytes.fill(0, this.#table, this.#table + this.#slots * slotBytes)
  }
}
