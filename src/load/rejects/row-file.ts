/*
  A file that grows by whole rows: what is queued is written in steps, and what was not written whole can be cut off.
*/
import { DdbError } from '../../errors.js'
import type { OutputFile } from '../../platform/platform.js'

/** Failures are DDB_OUTPUT_WRITE and name the file. Rows of the queue count from 0. */
export interface RowFile {
  /** Puts a row with its line end in the queue, as bytes or as text for UTF-8. @returns its bytes */
  add(row: Uint8Array | string): number
  /** Writes these rows of the queue behind what is there. */
  write(fromRow: number, toRow: number): void
  /** Rows of the queue that stand whole in the file. */
  wholeRows(): number
  /** Cuts the file behind so many rows of the queue. */
  cut(rows: number): void
  /** Bytes of the rows that stay in the file. */
  readonly keptBytes: number
  /** Waits for the disk. */
  sync(): void
  /** Empties the queue, of which so many rows stay in the file. */
  keep(rows: number): void
  close(): void
}

/** Of the queues of a pair of files together, in bytes: then they are to be written. */
export const maxQueuedBytes: number = 4 * 1024 * 1024

const initialBytes = 64 * 1024
/** In one step, since arrays that were too small wait long for the collector; what is not used takes no memory. */
const roomyBytes = maxQueuedBytes + initialBytes
const initialRows = 1024
/** Of one UTF-16 unit in UTF-8, at most. */
const bytesPerUnit = 3

/**
 * @param file  opened for writing
 * @param sizeBytes  of the rows that it holds
 */
export function newRowFile(path: string, file: OutputFile, sizeBytes = 0): RowFile {
  // One array for all of them: a million small ones outlive the collector's patience.
  let queue = Buffer.allocUnsafeSlow(initialBytes)
  /** Where each row of the queue ends in it; as one array, for the same reason. */
  let ends = new Uint32Array(initialRows)
  let rowCount = 0
  /** Bytes of the rows before the queue, and of all that was written. */
  let keptBytes = sizeBytes
  let writtenBytes = sizeBytes
  const guard = (action: () => void): void => {
    try {
      action()
    } catch (cause) {
      throw new DdbError('DDB_OUTPUT_WRITE', `cannot write "${path}": ${reasonOf(cause)}`, {
        cause,
      })
    }
  }
  const endOf = (rows: number): number => (rows === 0 ? 0 : ends[rows - 1]!)
  const addEnd = (end: number): void => {
    if (rowCount === ends.length) {
      const larger = new Uint32Array(2 * ends.length)
      larger.set(ends)
      ends = larger
    }
    ends[rowCount++] = end
  }
  const makeRoom = (bytes: number): number => {
    const start = endOf(rowCount)
    if (start + bytes > queue.length) {
      const length = queue.length < roomyBytes ? roomyBytes : 2 * queue.length
      const larger = Buffer.allocUnsafeSlow(Math.max(start + bytes, length))
      larger.set(queue.subarray(0, start))
      queue = larger
    }
    return start
  }
  return {
    get keptBytes() {
      return keptBytes
    },
    add(row) {
      const start = makeRoom(typeof row === 'string' ? bytesPerUnit * row.length : row.length)
      if (typeof row === 'string') addEnd(start + queue.write(row, start))
      else {
        queue.set(row, start)
        addEnd(start + row.length)
      }
      return endOf(rowCount) - start
    },
    write(fromRow, toRow) {
      const bytes = queue.subarray(endOf(fromRow), endOf(toRow))
      guard(() => {
        for (let done = 0; done < bytes.length;) {
          const written = file.write(bytes.subarray(done))
          done += written
          writtenBytes += written
        }
      })
    },
    wholeRows() {
      let rows = 0
      while (rows < rowCount && keptBytes + ends[rows]! <= writtenBytes) rows++
      return rows
    },
    cut(rows) {
      const end = keptBytes + endOf(rows)
      if (end === writtenBytes) return
      guard(() => file.truncate(end))
      writtenBytes = end
    },
    sync: () => guard(() => file.sync()),
    keep(rows) {
      keptBytes += endOf(rows)
      rowCount = 0
    },
    close: () => guard(() => file.close()),
  }
}

/** What the system says of a failure. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
