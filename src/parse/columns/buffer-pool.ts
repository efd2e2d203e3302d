/*
  Keeps arrays of released batches for the next ones: memory stays that of the batches in flight, and nothing is cleared again.
*/
const smallestBytes = 1024
/** Anything above this is left to the garbage collector. */
const maxKeptBytes = 64 * 1024 * 1024
/** This little is always kept. */
const leastKeptBytes = 1024 * 1024

/** Buffers of one input's batches. Their content is never cleared. */
export class BufferPool {
  /** By size; within a size the longest unused ones come first. */
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0

  /** At least `byteLength` bytes, with old content. */
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

  /** When batches become larger, drops arrays of earlier sizes to make room. */
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

  /** Takes back an unused buffer that came from `take`. */
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

/**
 * The garbage collector would leave such buffers until there are 64 MB of them; transferring to a closed port frees them at
 * once.
 */
function freeNow(buffer: ArrayBuffer): void {
  if (closed === undefined) {
    closed = new MessageChannel().port1
    closed.close()
  }
  closed.postMessage(undefined, [buffer])
}

/** A power of two or a quarter, half or three quarters more, so that growing arrays use the same few sizes. */
function roundedUp(byteLength: number): number {
  let size = smallestBytes
  while (2 * size < byteLength) size *= 2
  const quarter = size / 4
  return size >= byteLength ? size : Math.ceil(byteLength / quarter) * quarter
}
