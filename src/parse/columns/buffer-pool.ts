/*
  Arrays of released batches, kept for the next ones: memory stays that of the batches in flight, and nothing is
  cleared twice.
*/
const smallestBytes = 1024
/** More than this is left to the garbage collector. */
const maxKeptBytes = 64 * 1024 * 1024
/** So little is kept whatever it is. */
const leastKeptBytes = 1024 * 1024

/** Buffers of one input's batches. What they hold is never cleared. */
export class BufferPool {
  /** By size; that which was not asked for longest comes first. */
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0

  /** At least `byteLength` bytes; what they hold is left over from earlier. */
  take(byteLength: number): ArrayBuffer {
    const size = roundedUp(byteLength)
    const list = this.#free.get(size) ?? []
    this.#free.delete(size)
    this.#free.set(size, list)
    const buffer = list.pop()
    if (buffer === undefined) {
      this.#drop(size)
      return new ArrayBuffer(size)
    }
    this.#keptBytes -= size
    return buffer
  }

  /** Where batches have become larger, the arrays of earlier ones make room for theirs. */
  #drop(bytes: number): void {
    let left = bytes
    for (const [size, list] of this.#free) {
      for (; list.length > 0; left -= size) {
        if (left <= 0 || this.#keptBytes <= leastKeptBytes) return
        freeNow(list.pop()!)
        this.#keptBytes -= size
      }
    }
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

let closed: InstanceType<typeof MessagePort> | undefined

/** Of itself the collector leaves such a buffer until there are 64 MB of them; what goes to a closed port is gone at once. */
function freeNow(buffer: ArrayBuffer): void {
  if (closed === undefined) {
    closed = new MessageChannel().port1
    closed.close()
  }
  closed.postMessage(undefined, [buffer])
}

/** A power of two or a quarter, half or three quarters more, so that growing arrays meet the same few sizes. */
function roundedUp(byteLength: number): number {
  let size = smallestBytes
  while (2 * size < byteLength) size *= 2
  const quarter = size / 4
  return size >= byteLength ? size : Math.ceil(byteLength / quarter) * quarter
}
