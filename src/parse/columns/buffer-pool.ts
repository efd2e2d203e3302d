/*
  Arrays of released batches, kept for the next ones: memory stays that of the batches in flight, and nothing is
  cleared twice.
*/
const smallestBytes = 1024
/** More than this is left to the garbage collector. */
const maxKeptBytes = 64 * 1024 * 1024

/** Buffers of one input's batches. What they hold is never cleared. */
export class BufferPool {
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0

  /** At least `byteLength` bytes; what they hold is left over from earlier. */
  take(byteLength: number): ArrayBuffer {
    const size = roundedUp(byteLength)
    const buffer = this.#free.get(size)?.pop()
    if (buffer === undefined) return new ArrayBuffer(size)
    this.#keptBytes -= size
    return buffer
  }

  /** Takes back a buffer that `take` gave and nobody looks at any more. */
  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (this.#keptBytes + size > maxKeptBytes) return
    this.#keptBytes += size
    const list = this.#free.get(size)
    if (list === undefined) this.#free.set(size, [buffer])
    else list.push(buffer)
  }
}

/** The next power of two or one and a half of it, so that growing arrays meet the same few sizes. */
function roundedUp(byteLength: number): number {
  let size = smallestBytes
  while (size < byteLength) size = size % 3 === 0 ? (size / 3) * 4 : size + size / 2
  return size
}
