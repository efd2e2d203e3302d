/* Reuses the arrays of released batches, so that memory does not grow with the input and V8 need not clear new arrays. */
const smallestBytes = 1024
/** Limit for the total size of free buffers. */
const maxKeptBytes = 64 * 1024 * 1024
/** The pool frees no buffer while the total size of its free buffers is at most this. */
const leastKeptBytes = 1024 * 1024

/** Buffers for the batches of one input. Their content is never cleared. */
export class BufferPool {
  /** Free buffers by size, the least recently used sizes first. */
  readonly #free = new Map<number, ArrayBuffer[]>()
  #keptBytes = 0
  /** Rows that the first batch will probably have at most. */
  batchRows = 1024

  /** Returns a buffer of at least `byteLength` bytes, which may hold old content. */
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

  /**
   * Makes room when batches become larger: leaves buffers of the least recently used sizes to the garbage collector. A transfer would free
   * them at once, but after the first transfer in a process, V8 makes all code slower that reads arrays of bytes.
   */
  #drop(bytes: number): void {
    let left = bytes
    for (const [size, list] of this.#free) {
      for (; list.length > 0; left -= size) {
        if (left <= 0 || this.#keptBytes <= leastKeptBytes) return
        list.pop()
        this.#keptBytes -= size
      }
    }
  }

  /** Takes back a buffer from `take` after its last use. */
  give(buffer: ArrayBuffer): void {
    const size = buffer.byteLength
    if (this.#keptBytes + size > maxKeptBytes) return
    this.#keptBytes += size
    const list = this.#free.get(size)
    if (list === undefined) this.#free.set(size, [buffer])
    else list.push(buffer)
  }
}

/** Rounds up to 1, 1.25, 1.5 or 1.75 times a power of two, so that growing arrays use the same few sizes. */
function roundedUp(byteLength: number): number {
  let size = smallestBytes
  while (2 * size < byteLength) size *= 2
  const quarter = size / 4
  return size >= byteLength ? size : Math.ceil(byteLength / quarter) * quarter
}

/** Holds the array of a column under construction. `release` gives its buffer to the batch, which returns it to the pool. */
export class ArrayStore<View> {
  view: View
  #buffer: ArrayBuffer = new ArrayBuffer(0)
  readonly #View: new (buffer: ArrayBuffer) => View
  readonly #pool: BufferPool
  readonly #bytesPerRow: number
  /** Number of bytes that the current batch needs so far. */
  #neededBytes = 0
  /** Number of bytes that the last batch needed, because the next one will probably need as many; 0 in the first batch. */
  #expectedBytes = 0

  constructor(pool: BufferPool, bytesPerRow: number, View: new (buffer: ArrayBuffer) => View) {
    this.#pool = pool
    this.#bytesPerRow = bytesPerRow
    this.#View = View
    this.view = new View(this.#buffer)
  }

  /** Makes room for `rowCount` rows. Returns the array, another one if it has become larger. */
  reserve(rowCount: number): View {
    const needed = rowCount * this.#bytesPerRow
    this.#neededBytes = needed
    const { byteLength } = this.#buffer
    if (needed <= byteLength) return this.view
    const expected = this.#expectedBytes || this.#pool.batchRows * this.#bytesPerRow
    const larger = this.#pool.take(Math.max(needed, 2 * byteLength, expected))
    if (byteLength > 0) {
      new Uint8Array(larger).set(new Uint8Array(this.#buffer))
      this.#pool.give(this.#buffer)
    }
    this.#buffer = larger
    return (this.view = new this.#View(larger))
  }

  /** Returns the array of the batch that ends, and begins the next one with an empty array. */
  release(buffers: ArrayBuffer[]): View {
    const { view } = this
    if (this.#buffer.byteLength === 0) return view
    // Expects the next batch to need as many bytes as this one. The size of the buffer is not a measure, because small
    // batches may follow a large one.
    this.#expectedBytes = this.#neededBytes
    buffers.push(this.#buffer)
    this.#buffer = new ArrayBuffer(0)
    this.view = new this.#View(this.#buffer)
    return view
  }
}
