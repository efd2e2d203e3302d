/*
  The file of a journal. Appends records, and cuts off an incomplete record left by a power cut. Every record reaches the operating system
  before the event that it announces happens, so a killed process loses no record. Records reach the disk a moment later.
*/
import { DdbError } from '../../errors.js'
import type { Clock, Files, OutputFile, Timer } from '../../platform/platform.js'
import { recordLine, type JournalRecord } from './journal-record.js'
import type { FoundJournal } from './read-journal.js'
import { writeAll } from './replace-journal.js'

export interface JournalFile {
  readonly path: string
  /** Holds a record back until the next `write`. */
  add(record: JournalRecord): void
  /**
   * Hands added records to the operating system.
   * @throws {DdbError} DDB_OUTPUT_WRITE, also on every later call, because records are then missing
   */
  write(): void
  /**
   * Writes, and waits until the records are on the disk. Needed before a step that removes other evidence of sent rows.
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  sync(): void
  /** Set if a record could not be written, or if the file was moved or removed. */
  readonly failure: DdbError | undefined
  /** Whether the path still leads to this file, so that other processes find the records. */
  isInPlace(): boolean
  /** Writes, waits for the disk and closes. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void
}

/** Time between syncs: a power cut loses at most the records added since the last sync. */
const syncEveryMs = 500

/**
 * @param lost  returns the error if another process has taken the run: this process must then no longer write
 * @throws {DdbError} DDB_OUTPUT_CREATE
 */
export function openJournalFile(
  path: string,
  found: Pick<FoundJournal, 'sizeBytes' | 'tornBytes'>,
  { files, clock }: { readonly files: Files; readonly clock: Clock },
  lost: () => DdbError | undefined,
): JournalFile {
  const file = openFile(path, found, files)
  const inode = files.statusNow(path)?.inode
  const guard = newGuard(path, lost)
  let waiting = ''
  let { sizeBytes } = found
  let timer: Timer | undefined
  let syncing: Promise<void> | undefined

  const isInPlace = (): boolean => files.statusNow(path)?.inode === inode
  const checkPlace = (): void => {
    if (!isInPlace()) throw new Error('somebody has removed it')
  }
  const syncSoon = (): void => {
    if (timer !== undefined || syncing !== undefined) return
    timer = clock.afterIfAlive(syncEveryMs, () => {
      timer = undefined
      syncing = file.syncMeanwhile().then(checkPlace).catch(guard.fail)
      void syncing.then(() => (syncing = undefined))
    })
  }
  const journal: JournalFile = {
    path,
    get failure() {
      return guard.failure
    },
    isInPlace() {
      try {
        return isInPlace()
      } catch {
        return false
      }
    },
    add(record) {
      waiting += recordLine(record)
    },
    write() {
      if (waiting === '' && guard.failure === undefined) return
      guard.run(() => {
        const bytes = Buffer.from(waiting)
        waiting = ''
        try {
          writeAll(file, bytes)
        } catch (cause) {
          cutQuietly(file, sizeBytes)
          throw cause
        }
        sizeBytes += bytes.length
      })
      syncSoon()
    },
    sync() {
      journal.write()
      guard.run(() => file.sync())
      guard.run(checkPlace)
    },
    close() {
      try {
        journal.sync()
      } finally {
        timer?.cancel()
        // A running sync still needs the file.
        if (syncing === undefined) closeQuietly(file)
        else void syncing.then(() => closeQuietly(file))
      }
    },
  }
  return journal
}

/** Stops all actions after the first failure. */
interface Guard {
  readonly failure: DdbError | undefined
  fail(this: void, cause: unknown): void
  /** @throws {DdbError} DDB_OUTPUT_WRITE, DDB_LOCKED */
  run(action: () => void): void
}

function newGuard(path: string, lost: () => DdbError | undefined): Guard {
  let failure: DdbError | undefined
  const fail = (cause: unknown): void => {
    // The write may fail because another process has replaced the journal with its own.
    failure ??= lost() ?? cannotWrite(path, cause)
  }
  return {
    get failure() {
      return failure
    },
    fail,
    run(action) {
      failure ??= lost()
      if (failure !== undefined) throw failure
      try {
        action()
      } catch (cause) {
        fail(cause)
        throw failure!
      }
    },
  }
}

export function cannotWrite(path: string, cause: unknown): DdbError {
  const message = `cannot write the journal "${path}": ${reasonOf(cause)}`
  return new DdbError('DDB_OUTPUT_WRITE', message, { cause })
}

function openFile(
  path: string,
  { sizeBytes, tornBytes }: Pick<FoundJournal, 'sizeBytes' | 'tornBytes'>,
  files: Files,
): OutputFile {
  try {
    const file = files.reopen(path)
    if (tornBytes > 0) file.truncate(sizeBytes)
    return file
  } catch (cause) {
    throw new DdbError(
      'DDB_OUTPUT_CREATE',
      `cannot open the journal "${path}": ${reasonOf(cause)}`,
      {
        cause,
      },
    )
  }
}

/**
 * Cuts off an incomplete record, because whole records must not follow it. If the cut fails, nothing more is written,
 * and readers skip the incomplete record.
 */
function cutQuietly(file: OutputFile, sizeBytes: number): void {
  try {
    file.truncate(sizeBytes)
  } catch {
    // The caller reports the failed write, which matters more than the failed cut.
  }
}

function closeQuietly(file: OutputFile): void {
  try {
    file.close()
  } catch {
    // The data is on the disk, so a failure to close the file loses nothing.
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
