/*
  Copies of records that are told one by one. Small ones share an array: one for each of a million would be most of what a
  load of rejects leaves to the collector.
*/

/** Bytes of one array that is shared. */
const sharedBytes = 16 * 1024
/** A record of more than this would waste much of it. */
const largestShared = 1024

/** Makes copies; each keeps others in memory, so none is to be kept for long. */
export class RecordCopies {
  #shared = new Uint8Array(0)
  #used = 0

  /** The bytes from `start` to `end`. */
  of(bytes: Uint8Array, start: number, end: number): Uint8Array {
    const length = end - start
    if (length > largestShared) return Uint8Array.from(bytes.subarray(start, end))
    if (this.#used + length > this.#shared.length) {
      this.#shared = new Uint8Array(sharedBytes)
      this.#used = 0
    }
    const shared = this.#shared
    const first = this.#used
    // Without a view of what is copied.
    for (let at = 0; at < length; at++) shared[first + at] = bytes[start + at]!
    this.#used += length
    return shared.subarray(first, this.#used)
  }
}
