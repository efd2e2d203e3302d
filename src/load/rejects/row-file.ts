/*
  A file that grows by whole rows: queued rows are written in steps, and an incomplete row can be cut off.
*/
import { DdbError } from '../../errors.js'
import type { OutputFile } from '../../platform/platform.js'
import { newRowQueue, type RowQueue } from './row-queue.js'

/** Methods fail with DDB_OUTPUT_WRITE, which names the file. Rows of the queue are numbered from 0. */
export interface RowFile {
  /** Rows to be written, each with its line end. */
  readonly queue: RowQueue
  /** Appends these rows of the queue to the file. */
  write(fromRow: number, toRow: number): void
  /** How many rows of the queue are completely in the file. */
  wholeRows(): number
  /** Keeps the queue's first `rows` rows in the file, and empties the queue. */
  keep(rows: number): void
  /** Cuts off everything after the kept rows. */
  cut(): void
  sync(): void
  /** Size of the rows that the disk had at the last `settle`. */
  readonly settledBytes: number
  /** Notes that the kept rows are on the disk. */
  settle(): void
  /** Cuts off rows that the disk may lose. */
  cutUnsettled(): void
  close(): void
}

/**
 * @param file  opened for writing
 * @param sizeBytes  size of the rows in the file
 */
export function newRowFile(path: string, file: OutputFile, sizeBytes = 0): RowFile {
  const queue = newRowQueue()
  /** The file is `writtenBytes` long. Its first `keptBytes` are to stay, and its first `settledBytes` are on the disk. */
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

/** The system's message for a failure. */
export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
