/*
  Two files that grow by the same rows: a row is in both of them or in none, whatever the disk does.
*/
import type { RowFile } from './row-file.js'
import { maxQueuedBytes } from './row-queue.js'

/** The rows of both files together. */
export interface RowPair {
  /** They are on the disk for certain. */
  readonly rows: number
  /** They could not be kept. */
  readonly unplaced: number
  /** Nothing more is to be put in the queues. */
  readonly hasFailed: boolean
  /** A row is in the queue of either file, with so many bytes in both; full queues are written. @throws {DdbError} DDB_OUTPUT_WRITE */
  queued(bytes: number): void
  /** A row that is in no queue has no place. */
  lose(): void
  /** Writes what is queued and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void
}

/** Rows written at a time: where the disk fills up, no more records than these lose their place for their reasons. */
const rowsAtOnce = 64

/** Of both files together: the disk is waited for then, that a failure is heard of in time. */
const mostUnsyncedBytes = 4 * 1024 * 1024

/** @param rowsBefore  stand in both files */
export function newRowPair(first: RowFile, second: RowFile, rowsBefore: number): RowPair {
  const files = [first, second]
  let rows = rowsBefore
  let unplaced = 0
  let queued = 0
  let queuedBytes = 0
  /** Rows that stand in both files, while the disk may not have them. */
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
      // What a disk could not sync once it may forget, and say nothing when asked again.
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

/** @returns how many of the queued rows stand whole in both files, and what went wrong */
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

/** What the action throws. */
export function failureOf(action: () => void): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}
