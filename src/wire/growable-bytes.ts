/* Collects bytes whose announced number may be false: the array grows to at most about twice the bytes that were really sent. */

const firstCapacityBytes = 64

/** A view from `extend` is valid until the next call of `extend`, which may move all bytes to a new array. */
export class GrowableBytes {
  #bytes: Uint8Array<ArrayBuffer>
  length = 0
  readonly #maxBytes: number

  /** @param maxBytes  limit of the array's size @param expectedBytes  initial size of the array */
  constructor(maxBytes: number, expectedBytes: number = 0) {
    this.#bytes = new Uint8Array(expectedBytes)
    this.#maxBytes = maxBytes
  }

  /** Makes room for `byteLength` bytes that have arrived. The caller must fill the returned view at once. */
  extend(byteLength: number): Uint8Array {
    const start = this.length
    const end = start + byteLength
    if (end > this.#maxBytes) {
      throw new RangeError(`${end} bytes do not fit the ${this.#maxBytes} announced`)
    }
    if (end > this.#bytes.length) {
      const wanted = Math.max(end, this.#bytes.length * 2, firstCapacityBytes)
      const capacity = Math.min(this.#maxBytes, wanted)
      const grown = new Uint8Array(capacity)
      grown.set(this.#bytes.subarray(0, start))
      this.#bytes = grown
    }
    this.length = end
    return this.#bytes.subarray(start, end)
  }

  /** The collected bytes, at the start of their own buffer. Copies them if over half of the buffer is unused. */
  finish(): Uint8Array<ArrayBuffer> {
    const { length } = this
    return length * 2 < this.#bytes.length
      ? this.#bytes.slice(0, length)
      : this.#bytes.subarray(0, length)
  }
}
