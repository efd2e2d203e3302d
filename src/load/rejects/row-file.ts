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

const initialBytes = 64 * 1024
/** Of one UTF-16 unit in UTF-8, at most. */
const bytesPerUnit = 3

/**
 * @param file  opened for writing
 * @param sizeBytes  of the rows that it holds
 */
export function newRowFile(path: string, file: OutputFile, sizeBytes = 0): RowFile {
  // One array for all of them: a million small ones outlive the collector's patience.
  let queue = Buffer.allocUnsafeSlow(initialBytes)
  /** Where each row of the queue ends in it. */
  let ends: number[] = []
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
  const makeRoom = (bytes: number): number => {
    const start = endOf(ends.length)
    if (start + bytes > queue.length) {
      const larger = Buffer.allocUnsafeSlow(Math.max(start + bytes, 2 * queue.length))
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
      if (typeof row === 'string') ends.push(start + queue.write(row, start))
      else {
        queue.set(row, start)
        ends.push(start + row.length)
      }
      return endOf(ends.length) - start
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
      const cut = ends.findIndex(end => keptBytes + end > writtenBytes)
      return cut < 0 ? ends.length : cut
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
      ends = []
    },
    close: () => guard(() => file.close()),
  }
}

/** What the system says of a failure. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
