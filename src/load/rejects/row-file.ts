/*
  A file that grows by whole rows: what is queued is written in steps, and what was not written whole can be cut off.
*/
import { DdbError } from '../../errors.js'
import type { OutputFile } from '../../platform/platform.js'
import { newRowQueue, type RowQueue } from './row-queue.js'

/** Failures are DDB_OUTPUT_WRITE and name the file. Rows of the queue count from 0. */
export interface RowFile {
  /** What is to be written. Each row has its line end. */
  readonly queue: RowQueue
  /** Writes these rows of the queue behind what is there. */
  write(fromRow: number, toRow: number): void
  /** Rows of the queue that stand whole in the file. */
  wholeRows(): number
  /** Empties the queue, of which so many rows stay in the file. */
  keep(rows: number): void
  /** Cuts off what stands behind the rows that were kept. */
  cut(): void
  /** Waits for the disk. */
  sync(): void
  /** Bytes of the rows that the disk had when `settle` was called last. */
  readonly settledBytes: number
  /** The disk has the rows that were kept. */
  settle(): void
  /** Cuts off what the disk may forget. */
  cutUnsettled(): void
  close(): void
}

/**
 * @param file  opened for writing
 * @param sizeBytes  of the rows that it holds
 */
export function newRowFile(path: string, file: OutputFile, sizeBytes = 0): RowFile {
  const queue = newRowQueue()
  /** Bytes of the rows that are on the disk, of those before the queue, and of all that was written. */
  let settledBytes = sizeBytes
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
  const cut = (): void => {
    if (keptBytes === writtenBytes) return
    guard(() => file.truncate(keptBytes))
    writtenBytes = keptBytes
  }
  return {
    queue,
    write(fromRow, toRow) {
      const bytes = queue.bytes.subarray(queue.startOf(fromRow), queue.startOf(toRow))
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
      const { rowCount } = queue
      while (rows < rowCount && keptBytes + queue.startOf(rows + 1) <= writtenBytes) rows++
      return rows
    },
    keep(rows) {
      keptBytes += queue.startOf(rows)
      queue.clear()
    },
    cut,
    sync: () => guard(() => file.sync()),
    get settledBytes() {
      return settledBytes
    },
    settle() {
      settledBytes = keptBytes
    },
    cutUnsettled() {
      keptBytes = settledBytes
      cut()
    },
    close: () => guard(() => file.close()),
  }
}

/** What the system says of a failure. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
