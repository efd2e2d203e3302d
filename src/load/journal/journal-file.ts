/*
  The file of a journal: records are put behind those that are there, and a tail that a power cut has torn is cut off.
  Every record is with the operating system before what it announces happens, so a killed process loses none; the disk has
  it a moment later.
*/
import { DdbError } from '../../errors.js'
import type { Clock, Files, OutputFile, Timer } from '../../platform/platform.js'
import { recordLine, type JournalRecord } from './journal-record.js'
import type { FoundJournal } from './read-journal.js'
import { writeAll } from './replace-journal.js'

/** A journal that is being written. */
export interface JournalFile {
  readonly path: string
  /** Keeps a record back until the next `write`. */
  add(record: JournalRecord): void
  /**
   * Hands what was added to the operating system.
   * @throws {DdbError} DDB_OUTPUT_WRITE; the same ever after, as records that somebody counts on are missing
   */
  write(): void
  /** Writes, and waits for the disk: what comes next takes away what would tell of a loss. @throws {DdbError} DDB_OUTPUT_WRITE */
  sync(): void
  /** Set once something could not be written, or the file is not in its place any more. */
  readonly failure: DdbError | undefined
  /** Whether another process would find what was written. */
  isInPlace(): boolean
  /** Writes, waits for the disk and closes. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void
}

/** A power cut loses what was written within this time, and nothing else. */
const syncEveryMs = 500

/**
 * Opens a journal that is there for writing.
 *
 * @param lost  why this process must not write any more, once another one has the run
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
        // A sync under way still needs the file.
        if (syncing === undefined) closeQuietly(file)
        else void syncing.then(() => closeQuietly(file))
      }
    },
  }
  return journal
}

/** Nothing goes on behind the first failure. */
interface Guard {
  readonly failure: DdbError | undefined
  fail(this: void, cause: unknown): void
  /** @throws {DdbError} DDB_OUTPUT_WRITE, DDB_LOCKED */
  run(action: () => void): void
}

function newGuard(path: string, lost: () => DdbError | undefined): Guard {
  let failure: DdbError | undefined
  const fail = (cause: unknown): void => {
    // Another process has put a journal of its own in the place of this one.
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

/** A journal that was there and cannot grow. */
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

/** Half a record must not stand before a whole one; where it stays, nothing is written behind it, and readers pass it over. */
function cutQuietly(file: OutputFile, sizeBytes: number): void {
  try {
    file.truncate(sizeBytes)
  } catch {
    // Why the record could not be written says more.
  }
}

function closeQuietly(file: OutputFile): void {
  try {
    file.close()
  } catch {
    // What was written is on the disk; nobody needs the descriptor any more.
  }
}

function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}
