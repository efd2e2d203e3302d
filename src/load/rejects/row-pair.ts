/*
  Two files that grow by the same rows: a row is in both or in none, even if the disk fails.
*/
import type { RowFile } from './row-file.js'
import { maxQueuedBytes } from './row-queue.js'

export interface RowPair {
  /** Rows certainly on the disk. */
  readonly rows: number
  /** Rows that are not in the files, because writing failed. */
  readonly unplaced: number
  /** True if nothing more may be added to the queues. */
  readonly hasFailed: boolean
  /**
   * Must be called after one row was added to each queue. `bytes` is the size of both rows together. Writes full
   * queues.
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  queued(bytes: number): void
  /** Counts a row that is in no queue as unplaced. */
  lose(): void
  /** Writes all queued rows and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void
}

/** Rows written to one file before the other gets them: if the disk fills up, no more than these have to be removed. */
const rowsAtOnce = 64

/** At this many unsynced bytes in both files, the pair waits for the disk, so that failures are noticed in time. */
const mostUnsyncedBytes = 4 * 1024 * 1024

/** @param rowsBefore  rows already in both files */
export function newRowPair(first: RowFile, second: RowFile, rowsBefore: number): RowPair {
  const files = [first, second]
  let rows = rowsBefore
  let unplaced = 0
  let queued = 0
  let queuedBytes = 0
  /** Rows in both files that the disk may not have yet. */
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
      // After a failed sync, the disk may lose the data and report no failure when asked again. So these rows are cut
      // off.
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

/** The error that the action throws, if any. */
export function failureOf(action: () => void): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}
