/*
  A file that grows by complete rows. Rows are queued and written in steps, and an incomplete row can be removed.
*/
import { DdbError } from '../../errors.js'
import type { OutputFile } from '../../platform/platform.js'
import { newRowQueue, type RowQueue } from './row-queue.js'

/** All methods may throw DDB_OUTPUT_WRITE with the name of the file. Rows of the queue are numbered from 0. */
export interface RowFile {
  /** Rows to be written, each with its line end. */
  readonly queue: RowQueue
  /** Appends queued rows `fromRow` to `toRow` (exclusive) to the file. */
  write(fromRow: number, toRow: number): void
  /** Number of queued rows that are completely in the file. */
  wholeRows(): number
  /** Decides that the first `rows` queued rows stay in the file, and empties the queue. */
  keep(rows: number): void
  /** Removes everything after the rows given to `keep`. */
  cut(): void
  sync(): void
  /** Size of the rows that are certainly on the disk: those that were kept at the last `settle`. */
  readonly settledBytes: number
  /** Must be called when the kept rows are on the disk. */
  settle(): void
  /** Removes the rows that were added since the last `settle`, because the disk may lose them. */
  cutUnsettled(): void
  close(): void
}

/**
 * @param file  opened for writing
 * @param sizeBytes  size of the rows that are already in the file
 */
export function newRowFile(path: string, file: OutputFile, sizeBytes = 0): RowFile {
  const queue = newRowQueue()
  /** The file has `writtenBytes`. The first `keptBytes` are to stay, and the first `settledBytes` are on the disk. */
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

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
