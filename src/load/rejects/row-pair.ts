/*
  Two files that grow by the same rows. Each row is in both files or in neither, even if the disk fails.
*/
import type { RowFile } from './row-file.js'
import { maxQueuedBytes } from './row-queue.js'

export interface RowPair {
  /** Number of rows that are certainly on the disk. */
  readonly rows: number
  /** Number of rows that are not in the files, because writing failed. */
  readonly unplaced: number
  /** If true, no row may be added to the queues. */
  readonly hasFailed: boolean
  /**
   * Must be called after a row was added to each queue. Writes the queues if they are full.
   * @param bytes  size of both rows together
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  queued(bytes: number): void
  /** Counts a row that is in no queue as unplaced. */
  lose(): void
  /** Writes all queued rows and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void
}

/**
 * Number of rows to write to the first file, and then to the second. If the disk becomes full between the two, only
 * these rows must be removed.
 */
const rowsAtOnce = 64

/** If this many bytes may not be on the disk yet, the pair waits for the disk, so that failures are noticed soon. */
const mostUnsyncedBytes = 4 * 1024 * 1024

/** @param rowsBefore  rows that are already in both files */
export function newRowPair(first: RowFile, second: RowFile, rowsBefore: number): RowPair {
  const files = [first, second]
  let rows = rowsBefore
  let unplaced = 0
  let queued = 0
  let queuedBytes = 0
  /** Number of rows in both files that may not be on the disk yet. */
  let unsynced = 0
  let unsyncedBytes = 0
  let hasFailed = false
  const write = (): Error | undefined => {
    const { whole, failure } = writeQueues(first, second, queued)
    for (const file of files) file.keep(whole)
    unplaced += queued - whole
    unsynced += whole
    unsyncedBytes += queuedBytes
    queued = 0
    queuedBytes = 0
    return failure
  }
  const sync = (): void => {
    for (const file of files) file.cut()
    for (const file of files) file.sync()
  }
  const settle = (writeFailure: Error | undefined): void => {
    const syncFailure = failureOf(sync)
    if (syncFailure === undefined) {
      for (const file of files) file.settle()
      rows += unsynced
    } else {
      // After a failed sync, the disk may lose the rows that it should have written, even if a second sync succeeds. So
      // these rows are removed from the files.
      for (const file of files) failureOf(() => file.cutUnsettled())
      unplaced += unsynced
    }
    unsynced = 0
    unsyncedBytes = 0
    const failure = writeFailure ?? syncFailure
    hasFailed = failure !== undefined
    if (failure !== undefined) throw failure
  }
  return {
    get rows() {
      return rows
    },
    get unplaced() {
      return unplaced
    },
    get hasFailed() {
      return hasFailed
    },
    queued(bytes) {
      queued++
      queuedBytes += bytes
      if (queuedBytes < maxQueuedBytes) return
      const failure = write()
      if (failure !== undefined || unsyncedBytes >= mostUnsyncedBytes) settle(failure)
    },
    lose: () => void unplaced++,
    flush() {
      if (queued + unsynced > 0) settle(write())
    },
  }
}

/** @returns how many of the queued rows are completely in both files, and the failure, if any */
function writeQueues(
  first: RowFile,
  second: RowFile,
  queued: number,
): { whole: number; failure: Error | undefined } {
  const failure = failureOf(() => {
    for (let row = 0; row < queued; row += rowsAtOnce) {
      const end = Math.min(row + rowsAtOnce, queued)
      first.write(row, end)
      second.write(row, end)
    }
  })
  if (failure === undefined) return { whole: queued, failure }
  return { whole: Math.min(first.wholeRows(), second.wholeRows()), failure }
}

export function failureOf(action: () => void): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}
