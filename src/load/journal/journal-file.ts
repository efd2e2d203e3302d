/*
  The file of a journal. Every record reaches the operating system before the event that it announces happens, so a killed process loses
  no record. Records reach the disk a moment later.
*/
import { DdbError } from '../../errors.js'
import type { Clock, Files, OutputFile, Timer } from '../../platform/platform.js'
import { recordLine, type JournalRecord } from './journal-record.js'

export interface JournalFile {
  readonly path: string
  /**
   * Replaces the whole journal, with records not yet written, in one step, so that no process ever finds half a journal. If another
   * process still writes to the old file, its records have no effect. Must be called before any record is added.
   * @param asideTo  where to move the present file
   * @throws {DdbError} DDB_OUTPUT_WRITE; the present file then stays as it is
   */
  replace(records: Iterable<JournalRecord>, asideTo?: string): void
  /** Whether the file has grown so much that it should be replaced by the fewest records. */
  readonly isLong: boolean
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
const pieceChars = 1 << 20
const draftEnding = '.new'
/** A file is long if it has grown by this much, and at least doubled, since it was replaced. */
const longBytes = 10_000_000

/**
 * Opens no file: `replace` creates it.
 * @param lost  returns the error if another process has taken the run: this process must then no longer write
 */
export function newJournalFile(
  path: string,
  platform: { readonly files: Files; readonly clock: Clock },
  lost: () => DdbError | undefined,
): JournalFile {
  return new GuardedFile(path, platform, newGuard(path, lost))
}

class GuardedFile implements JournalFile {
  readonly path: string
  readonly #files: Files
  readonly #clock: Clock
  readonly #guard: Guard
  #file: OutputFile | undefined
  #inode: bigint | undefined
  #waiting = ''
  #sizeBytes = 0
  #shortBytes = 0
  #timer: Timer | undefined
  #syncing: Promise<void> | undefined

  constructor(
    path: string,
    { files, clock }: { readonly files: Files; readonly clock: Clock },
    guard: Guard,
  ) {
    this.path = path
    this.#files = files
    this.#clock = clock
    this.#guard = guard
  }

  replace(records: Iterable<JournalRecord>, asideTo?: string): void {
    const { path } = this
    this.#guard.check()
    try {
      this.#checkPlace()
      const next = writeDraft(path, this.#files, records, asideTo)
      this.#timer?.cancel()
      this.#timer = undefined
      this.#closeFile()
      this.#file = next
      this.#waiting = ''
      const status = this.#files.statusNow(path)
      this.#inode = status?.inode
      this.#sizeBytes = this.#shortBytes = status?.sizeBytes ?? 0
    } catch (cause) {
      throw cannotWrite(path, cause)
    }
  }

  get isLong(): boolean {
    return this.#sizeBytes >= Math.max(this.#shortBytes + longBytes, 2 * this.#shortBytes)
  }

  get failure(): DdbError | undefined {
    return this.#guard.failure
  }

  isInPlace(): boolean {
    try {
      return this.#hasPath()
    } catch {
      return false
    }
  }

  add(record: JournalRecord): void {
    this.#waiting += recordLine(record)
  }

  write(): void {
    if (this.#waiting === '' && this.failure === undefined) return
    this.#guard.run(() => {
      const bytes = Buffer.from(this.#waiting)
      this.#waiting = ''
      try {
        writeAll(this.#file!, bytes)
      } catch (cause) {
        cutQuietly(this.#file!, this.#sizeBytes)
        throw cause
      }
      this.#sizeBytes += bytes.length
    })
    this.#syncSoon()
  }

  sync(): void {
    this.write()
    this.#guard.run(() => this.#file?.sync())
    this.#guard.run(() => this.#checkPlace())
  }

  close(): void {
    try {
      this.sync()
    } finally {
      this.#timer?.cancel()
      this.#closeFile()
    }
  }

  #hasPath(): boolean {
    return this.#files.statusNow(this.path)?.inode === this.#inode
  }

  #checkPlace(): void {
    if (this.#file !== undefined && !this.#hasPath()) throw new Error('somebody has removed it')
  }

  #closeFile(): void {
    const closing = this.#file
    if (closing === undefined) return
    // A running sync still needs the file.
    if (this.#syncing === undefined) closeQuietly(closing)
    else void this.#syncing.then(() => closeQuietly(closing))
  }

  #syncSoon(): void {
    const written = this.#file
    if (this.#timer !== undefined || this.#syncing !== undefined || written === undefined) return
    this.#timer = this.#clock.afterIfAlive(syncEveryMs, () => {
      this.#timer = undefined
      this.#syncing = written
        .syncMeanwhile()
        .then(() => this.#checkPlace())
        .catch(this.#guard.fail)
      void this.#syncing.then(() => (this.#syncing = undefined))
    })
  }
}

/** Writes the records to the disk, in a new file that then gets the path. */
function writeDraft(
  path: string,
  files: Files,
  records: Iterable<JournalRecord>,
  asideTo: string | undefined,
): OutputFile {
  const draft = `${path}${draftEnding}`
  // No other process works on the run, so a killed process must have left this draft.
  if (files.statusNow(draft) !== undefined) files.remove(draft)
  const file = files.create(draft)
  try {
    let lines = ''
    for (const record of records) {
      lines += recordLine(record)
      if (lines.length < pieceChars) continue
      writeAll(file, Buffer.from(lines))
      lines = ''
    }
    writeAll(file, Buffer.from(lines))
    file.sync()
    if (asideTo !== undefined) files.rename(path, asideTo)
    files.rename(draft, path)
    return file
  } catch (error) {
    closeQuietly(file)
    removeQuietly(draft, files)
    throw error
  }
}

/** Stops all actions after the first failure. */
interface Guard {
  readonly failure: DdbError | undefined
  fail(this: void, cause: unknown): void
  /** @throws {DdbError} DDB_OUTPUT_WRITE, DDB_LOCKED */
  check(): void
  /** @throws {DdbError} DDB_OUTPUT_WRITE, DDB_LOCKED */
  run(action: () => void): void
}

function newGuard(path: string, lost: () => DdbError | undefined): Guard {
  let failure: DdbError | undefined
  const guard: Guard = {
    get failure() {
      return failure
    },
    fail(cause) {
      // The write may fail because another process has replaced the journal with its own.
      failure ??= lost() ?? cannotWrite(path, cause)
    },
    check() {
      failure ??= lost()
      if (failure !== undefined) throw failure
    },
    run(action) {
      guard.check()
      try {
        action()
      } catch (cause) {
        guard.fail(cause)
        throw failure!
      }
    },
  }
  return guard
}

function cannotWrite(path: string, cause: unknown): DdbError {
  const reason = cause instanceof Error ? cause.message : String(cause)
  const message = `cannot write the journal "${path}": ${reason}`
  return new DdbError('DDB_OUTPUT_WRITE', message, { cause })
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

function removeQuietly(path: string, files: Files): void {
  try {
    if (files.statusNow(path) !== undefined) files.remove(path)
  } catch {
    // The caller reports the failed write of the journal, which matters more than a file left behind.
  }
}

function writeAll(file: OutputFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
}
