/*
  Rows that wait to be written, in one array. A million small arrays would burden the garbage collector.
*/

/** Rows of the queue are numbered from 0. */
export interface RowQueue {
  readonly rowCount: number
  /** Bytes of all rows. Valid until a row is added. */
  readonly bytes: Buffer
  /** The offset in `bytes` at which `row` begins. */
  startOf(row: number): number
  /** @returns the size of the row in bytes */
  add(row: Uint8Array): number
  /**
   * Makes room for a row that the caller then writes to `bytes`.
   * @returns the position at which the row begins
   */
  room(maxBytes: number): number
  /**
   * Ends the row that the caller has written to `bytes`, up to `position`.
   * @returns the size of the row in bytes
   */
  end(position: number): number
  clear(): void
}

/** Both queues of a rejects file are written when they reach this size together. A larger size would not be faster. */
export const maxQueuedBytes: number = 64 * 1024

const initialBytes = 32 * 1024
/** The array grows to this size at once, because the garbage collector frees outgrown arrays late. */
const roomyBytes = maxQueuedBytes + initialBytes
const initialRows = 1024

export function newRowQueue(): RowQueue {
  let bytes = Buffer.allocUnsafeSlow(initialBytes)
  let ends = new Uint32Array(initialRows)
  let rowCount = 0
  const startOf = (row: number): number => (row === 0 ? 0 : ends[row - 1]!)
  const room = (maxBytes: number): number => {
    const start = startOf(rowCount)
    if (start + maxBytes > bytes.length) {
      const length = bytes.length < roomyBytes ? roomyBytes : 2 * bytes.length
      const larger = Buffer.allocUnsafeSlow(Math.max(start + maxBytes, length))
      larger.set(bytes.subarray(0, start))
      bytes = larger
    }
    return start
  }
  const end = (position: number): number => {
    if (rowCount === ends.length) {
      const larger = new Uint32Array(2 * ends.length)
      larger.set(ends)
      ends = larger
    }
    const start = startOf(rowCount)
    ends[rowCount++] = position
    return position - start
  }
  return {
    get rowCount() {
      return rowCount
    },
    get bytes() {
      return bytes
    },
    startOf,
    room,
    end,
    add(row) {
      const start = room(row.length)
      bytes.set(row, start)
      return end(start + row.length)
    },
    clear() {
      rowCount = 0
    },
  }
}
