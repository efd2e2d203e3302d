/* The file of a journal. Every record reaches the operating system before the event that it announces happens, so a killed process loses no
   record. They reach the disk later. A reader checks that it is complete, because rows whose records are missing would be sent again. */
import { DdbError, messageOf } from '../../errors.js'
import type { Files, OutputFile, Platform, Timer } from '../../platform/platform.js'
import { bytesAt } from '../../source/file-chunks.js'
import { journalFormat, recordLine, recordOf, type JournalRecord } from './journal-record.js'

/** The lock of the process that writes a journal or a rejects file. */
export const lockPath = (path: string): string => `${path}.lock`

/** Time between syncs: a power cut loses at most the records added since the last sync. */
const syncEveryMs = 500
const pieceChars = 1 << 20
/** A file is long if it has grown by this much, and at least doubled, since it was replaced. */
const longBytes = 10_000_000

export class JournalFile {
  readonly path: string
  readonly #platform: Pick<Platform, 'files' | 'clock'>
  /** DDB_LOCKED if another process has taken the run: this one must not send, write or remove anything. Cheap enough for every batch. */
  readonly lost: () => DdbError | undefined
  /** Set if a record could not be written, or if the file was moved or removed. */
  failure: DdbError | undefined
  #file: OutputFile | undefined
  #inode: bigint | undefined
  #waiting = ''
  #sizeBytes = 0
  #shortBytes = 0
  #timer: Timer | undefined
  #syncing: Promise<void> | undefined
  /** Whether nothing was written since the last sync began. */
  #isSynced = true

  /** Opens no file: `replace` creates it. */
  constructor(
    path: string,
    platform: Pick<Platform, 'files' | 'clock'>,
    lost: () => DdbError | undefined,
  ) {
    this.path = path
    this.#platform = platform
    this.lost = lost
  }

  /**
   * Replaces the whole journal in one step, so that nobody finds half of one; what another process still writes to the old file is lost.
   * Comes before any record is added. @throws {DdbError} DDB_OUTPUT_WRITE; the present file then stays as it is
   */
  replace(records: Iterable<JournalRecord>): void {
    const { path } = this
    const { files } = this.#platform
    const draft = `${path}.new`
    let next: OutputFile | undefined
    this.#check()
    try {
      this.#checkPlace()
      // No other process works on the run, so a killed process must have left this draft.
      if (files.statusNow(draft) !== undefined) files.remove(draft)
      next = files.create(draft)
      writeRecords(next, records)
      next.sync()
      files.rename(draft, path)
      this.#timer?.cancel()
      this.#timer = undefined
      this.#closeFile()
      this.#file = next
      this.#waiting = ''
      const status = files.statusNow(path)
      this.#inode = status?.inode
      this.#sizeBytes = this.#shortBytes = status?.sizeBytes ?? 0
    } catch (cause) {
      if (next !== this.#file) failureOf(() => next?.close())
      failureOf(() => files.remove(draft))
      throw cannotWrite(path, cause)
    }
  }

  /** Whether the file has grown so much that it should be replaced by the fewest records. */
  get isLong(): boolean {
    return this.#sizeBytes >= Math.max(this.#shortBytes + longBytes, 2 * this.#shortBytes)
  }

  /** Whether the file has the records of this process. One that adds none leaves the journal of a finished run unchanged. */
  get isBegun(): boolean {
    return this.#file !== undefined
  }

  /** Whether the path still leads to this file, so that other processes find the records. */
  isInPlace(): boolean {
    return this.isBegun && failureOf(() => this.#checkPlace()) === undefined
  }

  add(record: JournalRecord): void {
    this.#waiting += recordLine(record)
  }

  /** Hands added records to the operating system. @throws {DdbError} DDB_OUTPUT_WRITE, from then on at each call: records are missing */
  write(): void {
    if (this.#waiting === '' && this.failure === undefined) return
    this.#guard(() => {
      const bytes = Buffer.from(this.#waiting)
      this.#waiting = ''
      try {
        writeAll(this.#file!, bytes)
      } catch (cause) {
        // Whole records must not follow an incomplete one. If the cut fails, nothing more is written, and readers skip it.
        failureOf(() => this.#file!.truncate(this.#sizeBytes))
        throw cause
      }
      this.#sizeBytes += bytes.length
    })
    this.#syncSoon()
  }

  /** Also waits for the disk. Needed before a step that removes other evidence of sent rows. @throws {DdbError} DDB_OUTPUT_WRITE */
  sync(): void {
    this.write()
    this.#guard(() => {
      this.#file?.sync()
      this.#checkPlace()
    })
  }

  /** Writes, waits for the disk and closes. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void {
    try {
      this.sync()
    } finally {
      this.#timer?.cancel()
      this.#isSynced = true
      this.#closeFile()
    }
  }

  /** @throws {DdbError} DDB_OUTPUT_WRITE after the first failure, DDB_LOCKED */
  #check(): void {
    this.failure ??= this.lost()
    if (this.failure !== undefined) throw this.failure
  }

  #guard(action: () => void): void {
    this.#check()
    try {
      action()
    } catch (cause) {
      throw this.#fail(cause)
    }
  }

  #fail(cause: unknown): DdbError {
    // The write may fail because another process has replaced the journal with its own.
    return (this.failure ??= this.lost() ?? cannotWrite(this.path, cause))
  }

  #checkPlace(): void {
    if (this.#file === undefined) return
    const { inode } = this.#platform.files.statusNow(this.path) ?? {}
    if (inode !== this.#inode) throw new Error('somebody has removed it')
  }

  #closeFile(): void {
    const closing = this.#file
    if (closing === undefined) return
    const close = (): unknown => failureOf(() => closing.close())
    // A running sync still needs the file.
    if (this.#syncing === undefined) close()
    else void this.#syncing.then(close)
  }

  #syncSoon(): void {
    const written = this.#file!
    this.#isSynced = false
    if (this.#timer !== undefined || this.#syncing !== undefined) return
    this.#timer = this.#platform.clock.afterIfAlive(syncEveryMs, () => {
      this.#timer = undefined
      this.#isSynced = true
      this.#syncing = written
        .syncMeanwhile()
        .then(() => this.#checkPlace())
        .catch((cause: unknown) => void this.#fail(cause))
      void this.#syncing.then(() => {
        this.#syncing = undefined
        if (!this.#isSynced) this.#syncSoon()
      })
    })
  }
}

function writeRecords(file: OutputFile, records: Iterable<JournalRecord>): void {
  let lines = ''
  for (const record of records) {
    lines += recordLine(record)
    if (lines.length < pieceChars) continue
    writeAll(file, Buffer.from(lines))
    lines = ''
  }
  writeAll(file, Buffer.from(lines))
}

function cannotWrite(path: string, cause: unknown): DdbError {
  const message = `cannot write the journal "${path}": ${messageOf(cause)}`
  return new DdbError('DDB_OUTPUT_WRITE', message, { cause })
}

/** What `action` throws. For the caller to judge, or to leave alone, because something else is reported that matters more. */
export function failureOf(action: () => void): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Acts on all, even if that fails for one. @throws the first failure */
export function tryEach<T>(all: Iterable<T>, action: (one: T) => void): void {
  const [failure] = [...all].flatMap(one => failureOf(() => action(one)) ?? [])
  if (failure !== undefined) throw failure
}

export function writeAll(file: OutputFile, bytes: Uint8Array): void {
  for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
}

export interface FoundJournal {
  /** Bytes after the last whole record, as a power cut leaves them. */
  readonly tornBytes: number
  /** Why the run must not be resumed; completes a sentence. The caller receives the records before the damage. */
  readonly damage: string | undefined
}

const lineFeed = 0x0a

/** @returns undefined without a journal */
export async function readJournal(
  path: string,
  runId: string,
  files: Files,
  take: (record: JournalRecord) => void,
): Promise<FoundJournal | undefined> {
  try {
    const status = files.statusNow(path)
    if (status === undefined) return undefined
    // Opening a pipe would wait for a writer.
    if (!status.isFile) return { tornBytes: 0, damage: 'it is not a file' }
    const file = await files.open(path)
    const bytes = await bytesAt(file, 0, status.sizeBytes).finally(() => file.close())
    return readRecords(bytes, runId, take)
  } catch (error) {
    if (['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return undefined
    return { tornBytes: 0, damage: `it cannot be read (${messageOf(error)})` }
  }
}

function readRecords(bytes: Buffer, runId: string, take: (record: JournalRecord) => void) {
  let [lines, start] = [0, 0]
  let torn: number | undefined
  let damage: string | undefined
  for (
    let end;
    damage === undefined && (end = bytes.indexOf(lineFeed, start)) >= 0;
    start = end + 1
  ) {
    const record = recordOf(bytes.toString('utf8', start, end))
    lines++
    if (record === undefined && lines > 1) torn ??= start
    else if (torn !== undefined) damage = 'something in its middle is not a record'
    else damage = damageOf(record, lines, runId, take)
  }
  if (lines === 0) damage = bytes.length === 0 ? 'it is empty' : noRecord
  return { tornBytes: bytes.length - (torn ?? start), damage }
}

/** Why a record must not follow those before it, after the caller has received it. */
function damageOf(
  record: JournalRecord | undefined,
  line: number,
  runId: string,
  take: (record: JournalRecord) => void,
): string | undefined {
  if (record === undefined) return noRecord
  if (line === 1 && record.kind !== 'run') return 'its first line is not that of a run'
  if (record.kind === 'run' && record.runId !== runId) return `it is that of run "${record.runId}"`
  try {
    take(record)
  } catch {
    return `its line ${line} does not fit the lines before it`
  }
  // A run that starts over keeps the token of a journal of another format, because the server knows the run by it.
  return record.kind === 'run' && record.format !== journalFormat
    ? `another version of the program wrote it (format ${JSON.stringify(record.format)}; this version reads format ${journalFormat}): use that version`
    : undefined
}

const noRecord = 'its first line is not a record'
