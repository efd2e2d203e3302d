/*
  The memory that all threads of a run share: slots with pieces of text, and their states. The first thread to take a piece
  reads it; that may be the main thread.
*/

/** State of a slot: empty, text that no thread has taken, or text that one has. */
const free = 0
const ready = 1
const taken = 2

/** Numbers at the beginning: how often text was put into a slot. */
const headNumbers = 1
/** State, reading, length, and number of the piece. */
const numbersPerSlot = 4

/** The parts of it that threads receive. */
export interface SharedSlots {
  readonly control: SharedArrayBuffer
  readonly text: SharedArrayBuffer
}

/** Memory for a number of pieces of limited size. */
export function newSharedSlots(slotCount: number, slotBytes: number): SharedSlots {
  const numbers = headNumbers + numbersPerSlot * slotCount
  return {
    control: new SharedArrayBuffer(numbers * Int32Array.BYTES_PER_ELEMENT),
    text: new SharedArrayBuffer(slotCount * slotBytes),
  }
}

/** The slots as each thread sees them. */
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

  /** An empty slot; −1 if there is none. Only the main thread puts text into slots. */
  freeSlot(): number {
    for (let slot = 0; slot < this.count; slot++) if (this.#state(slot) === free) return slot
    return -1
  }

  /** Puts text into an empty slot, for the first thread that takes it. */
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

  /** The text in a slot. */
  text(slot: number): Uint8Array {
    const start = slot * this.slotBytes
    return this.#text.subarray(start, start + this.#control[this.#at(slot) + 2]!)
  }

  /** How the text in a slot is read. */
  reading(slot: number): number {
    return this.#control[this.#at(slot) + 1]!
  }

  /** Takes the text of a slot; false if another thread has. */
  take(slot: number): boolean {
    return Atomics.compareExchange(this.#control, this.#at(slot), ready, taken) === ready
  }

  /**
   * Takes the second piece that no thread has taken: the main thread comes to the first one soon, and reading it there saves
   * taking it over.
   *
   * @returns −1 if there is none
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

  /** Changes with every text that is put into a slot. */
  get version(): number {
    return Atomics.load(this.#control, 0)
  }

  /** Blocks the thread until the version changes; not for the main thread. */
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
 * Copies a piece out of shared memory. V8 copies from there byte by byte unless both sides are word-aligned, and a reader puts
 * text after its rest: two copies are four times as fast.
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
