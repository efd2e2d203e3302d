/*
  Memory that all threads of a run share: slots with pieces of text, and the state of each slot. The first thread that takes a
  piece reads it; this may be the main thread.
*/

/** States of a slot: empty, with text that no thread has taken, with text that a thread has taken. */
const free = 0
const ready = 1
const taken = 2

/** The first number counts how often text was put into a slot. After it, each slot has its own numbers. */
const headNumbers = 1
/** Numbers per slot: state, number of the `PieceReading`, length of the text, and number of the piece. */
const numbersPerSlot = 4

/** The shared memory that each thread receives. */
export interface SharedSlots {
  readonly control: SharedArrayBuffer
  readonly text: SharedArrayBuffer
}

export function newSharedSlots(slotCount: number, slotBytes: number): SharedSlots {
  const numbers = headNumbers + numbersPerSlot * slotCount
  return {
    control: new SharedArrayBuffer(numbers * Int32Array.BYTES_PER_ELEMENT),
    text: new SharedArrayBuffer(slotCount * slotBytes),
  }
}

/** The slots as one thread sees them; every thread has its own object over the same memory. */
export class PieceSlots {
  readonly count: number
  readonly slotBytes: number
  readonly #control: Int32Array
  readonly #text: Uint8Array

  constructor({ control, text }: SharedSlots) {
    this.#control = new Int32Array(control)
    this.#text = new Uint8Array(text)
    this.count = (this.#control.length - headNumbers) / numbersPerSlot
    this.slotBytes = this.#text.length / this.count
  }

  /** Returns an empty slot, or −1. Only the main thread puts text into slots. */
  freeSlot(): number {
    for (let slot = 0; slot < this.count; slot++) if (this.#state(slot) === free) return slot
    return -1
  }

  /** Puts text into an empty slot. The first thread that takes the slot reads it. */
  put(slot: number, reading: number, text: Uint8Array): void {
    this.#text.set(text, slot * this.slotBytes)
    const at = this.#at(slot)
    this.#control[at + 1] = reading
    this.#control[at + 2] = text.length
    this.#control[at + 3] = this.version
    Atomics.store(this.#control, at, ready)
    Atomics.add(this.#control, 0, 1)
    Atomics.notify(this.#control, 0)
  }

  text(slot: number): Uint8Array {
    const start = slot * this.slotBytes
    return this.#text.subarray(start, start + this.#control[this.#at(slot) + 2]!)
  }

  /** Identifies the `PieceReading` by which a thread reads the text in the slot. */
  reading(slot: number): number {
    return this.#control[this.#at(slot) + 1]!
  }

  /** Takes the text of a slot. Returns false if a different thread has taken it. */
  take(slot: number): boolean {
    return Atomics.compareExchange(this.#control, this.#at(slot), ready, taken) === ready
  }

  /**
   * Takes the second, in input order, of the pieces that wait for a thread. The first piece is left to the main thread,
   * which will soon need it; reading it there is cheaper than taking over a thread's result.
   * @returns −1 if there is no second piece
   */
  takeNext(): number {
    for (;;) {
      let first = -1
      let second = -1
      for (let slot = 0; slot < this.count; slot++) {
        if (this.#state(slot) !== ready) continue
        if (first < 0 || this.#piece(slot) < this.#piece(first)) {
          second = first
          first = slot
        } else if (second < 0 || this.#piece(slot) < this.#piece(second)) second = slot
      }
      if (second < 0 || this.take(second)) return second
    }
  }

  /** Frees a slot that no thread reads any more. */
  free(slot: number): void {
    Atomics.store(this.#control, this.#at(slot), free)
  }

  /** Changes whenever text is put into a slot. */
  get version(): number {
    return Atomics.load(this.#control, 0)
  }

  /** Blocks the thread until the version changes. Must not be called by the main thread. */
  wait(version: number): void {
    Atomics.wait(this.#control, 0, version)
  }

  #at(slot: number): number {
    return headNumbers + slot * numbersPerSlot
  }

  #state(slot: number): number {
    return Atomics.load(this.#control, this.#at(slot))
  }

  #piece(slot: number): number {
    return this.#control[this.#at(slot) + 3]!
  }
}

/**
 * Copies a piece out of shared memory. V8 copies from shared memory byte by byte, unless both sides are word-aligned.
 * The reader cannot align its own copy, because it puts the text after the rest of the previous piece. Two copies, an
 * aligned one and then the reader's, take a quarter of the time of one unaligned copy.
 */
export class PieceCopy {
  readonly #slots: PieceSlots
  #bytes: Uint8Array = new Uint8Array(0)

  constructor(slots: PieceSlots) {
    this.#slots = slots
  }

  /** The content of a slot, valid until the next call. */
  of(slot: number): Uint8Array {
    const text = this.#slots.text(slot)
    if (this.#bytes.length === 0) this.#bytes = new Uint8Array(this.#slots.slotBytes)
    this.#bytes.set(text)
    return this.#bytes.subarray(0, text.length)
  }
}
