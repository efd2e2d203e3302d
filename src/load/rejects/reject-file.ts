/*
  A rejects file and its `.reasons.ndjson`. The rejects file has the header of the input and the rejected records byte for
  byte, so that it can be repaired and loaded like the input. A row that cannot be written is removed from both files and
  counted.
*/
import { DdbError } from '../../errors.js'
import type { RecordShape } from '../../parse/batch.js'
import type { Files, OutputFile } from '../../platform/platform.js'
import { newReasonLines } from './reason-lines.js'
import { reasonsPath } from './reject-path.js'
import type { RejectReason } from './reject-run.js'

const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Creates both files. Two runs never share a pair, because the run that creates the file of reasons owns the pair.
 * @param shape  shape of all records that will be added
 * @param mayTakeEmpty  whether an empty file at `path` may be used
 * @throws the error of the operating system; EEXIST if one of the names is taken
 */
export function createRejectFile(
  path: string,
  shape: RecordShape,
  files: Files,
  mayTakeEmpty: boolean,
): RejectFile {
  const reasons = files.create(reasonsPath(path))
  try {
    const records = openRecords(path, files, mayTakeEmpty)
    const removeBoth = (): void => {
      files.remove(reasonsPath(path))
      if (records.isMade) files.remove(path)
    }
    return new RejectFile(files, path, shape, emptyPair, [records.file, reasons], removeBoth)
  } catch (error) {
    reasons.close()
    files.remove(reasonsPath(path))
    throw error
  }
}

export interface PairSize {
  readonly rows: number
  readonly sizeBytes: number
  readonly reasonsBytes: number
}

const emptyPair: PairSize = { rows: 0, sizeBytes: 0, reasonsBytes: 0 }

/**
 * Continues a rejects file and its file of reasons at the given sizes, and removes everything after them.
 * @throws the error of the operating system; EINVAL if a file is shorter
 */
export function reopenRejectFile(
  path: string,
  shape: RecordShape,
  size: PairSize,
  files: Files,
): RejectFile {
  const records = reopenTruncated(path, size.sizeBytes, files)
  try {
    const reasons = reopenTruncated(reasonsPath(path), size.reasonsBytes, files)
    return new RejectFile(files, path, shape, size, [records, reasons], () => undefined)
  } catch (error) {
    records.close()
    throw error
  }
}

/**
 * @returns the file's current size in bytes
 * @throws the error of the operating system; EINVAL if the file has fewer than `sizeBytes`
 */
export function checkSize(path: string, sizeBytes: number, files: Files): number {
  const found = files.statusNow(path)?.sizeBytes ?? 0
  if (found >= sizeBytes) return found
  const message = `it has ${found} bytes and had ${sizeBytes}: somebody has changed it`
  throw Object.assign(new Error(message), { code: 'EINVAL' })
}

/**
 * Truncates a file to the size that was recorded earlier, which restores its content.
 * @throws the error of the operating system; EINVAL if the file is shorter
 */
export function reopenTruncated(path: string, sizeBytes: number, files: Files): OutputFile {
  const file = files.reopen(path)
  try {
    const found = checkSize(path, sizeBytes, files)
    if (found > sizeBytes) file.truncate(sizeBytes)
    return file
  } catch (error) {
    file.close()
    throw error
  }
}

function openRecords(
  path: string,
  files: Files,
  mayTakeEmpty: boolean,
): { file: OutputFile; isMade: boolean } {
  try {
    return { file: files.create(path), isMade: true }
  } catch (error) {
    if (!mayTakeEmpty || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    return { file: files.openEmpty(path), isMade: false }
  }
}

/** Limits of the rows that wait in memory. A full disk loses no more than these. */
const mostQueuedRows = 64
const mostQueuedBytes = 64 * 1024

/** If this many bytes may not be on the disk yet, the run waits for the disk, so that failures are noticed soon. */
const mostUnsyncedBytes = 4 * 1024 * 1024

/** A rejects file and its file of reasons. Each row is in both files or in neither, even if the disk fails. */
export class RejectFile {
  readonly path: string
  /** Number of rows that are certainly on the disk, in both files. */
  rows: number
  /** Rows that were added but are not in the files, because writing failed. */
  unplaced = 0
  readonly #records: RowFile
  readonly #reasons: RowFile
  readonly #both: readonly RowFile[]
  readonly #lines = newReasonLines()
  readonly #ended: ReturnType<typeof lineEnder>
  readonly #removeBoth: () => void
  #queued = 0
  /** Rows in both files that may not be on the disk yet. */
  #unsynced = 0
  #hasFailed = false
  /** Whether somebody has removed, cut or replaced one of the files. */
  #isGone = false

  /** @param removeBoth  called at the end if there are no rows */
  constructor(
    files: Files,
    path: string,
    { headerBytes, text }: RecordShape,
    size: PairSize,
    [records, reasons]: readonly [OutputFile, OutputFile],
    removeBoth: () => void,
  ) {
    this.path = path
    this.rows = size.rows
    this.#records = new RowFile(files, path, records, size.sizeBytes)
    this.#reasons = new RowFile(files, reasonsPath(path), reasons, size.reasonsBytes)
    this.#both = [this.#records, this.#reasons]
    this.#ended = lineEnder(text.encoding)
    this.#removeBoth = removeBoth
    if (size.sizeBytes > 0) return
    // Written with the first record: if that record is removed, the file is empty again. Except for UTF-8, a reader
    // needs the byte order mark to recognize the encoding.
    if (text.encoding !== 'utf-8') this.#records.add(text.mark)
    if (headerBytes !== undefined) this.#records.add(this.#ended(headerBytes))
  }

  /** Bytes of the rejects file on the disk. */
  get sizeBytes(): number {
    return this.#records.settledBytes
  }

  /** Bytes of the file of reasons on the disk. */
  get reasonsBytes(): number {
    return this.#reasons.settledBytes
  }

  /**
   * Queues a record and its reason, and writes the queue if it is full. After some megabytes, waits for the disk. After a
   * failure, the row counts as `unplaced`.
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  add(record: Uint8Array, reason: RejectReason): void {
    if (this.#hasFailed) {
      this.unplaced++
      return
    }
    const [records, reasons, lines] = [this.#records, this.#reasons, this.#lines]
    records.add(this.#ended(record))
    const at = reasons.room(lines.maxBytes(reason))
    reasons.queuedBytes = lines.write(reason, reasons.queue, at)
    this.#queued++
    const bytes = records.queuedBytes + reasons.queuedBytes
    if (this.#queued < mostQueuedRows && bytes < mostQueuedBytes) return
    const failure = this.#write()
    const unsyncedBytes = records.unsettledBytes + reasons.unsettledBytes
    if (failure !== undefined || unsyncedBytes >= mostUnsyncedBytes) this.#settle(failure)
  }

  /** Writes all queued rows and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void {
    if (this.#queued + this.#unsynced > 0) this.#settle(this.#write())
  }

  /** Flushes and closes both files, and removes them if they have no rows. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void {
    const steps = [
      () => this.flush(),
      () => this.#checkPlace(),
      () => this.#records.close(),
      () => this.#reasons.close(),
    ]
    const failure = steps.map(failureOf).find(each => each !== undefined)
    // The files have no rows, so it does not matter if they cannot be removed.
    if (this.rows === 0 && !this.#isGone) failureOf(this.#removeBoth)
    if (failure !== undefined) throw failure
  }

  /** If the files are gone, all of their rows are unplaced. @throws {DdbError} DDB_OUTPUT_WRITE */
  #checkPlace(): void {
    try {
      for (const file of this.#both) file.checkPlace()
    } catch (error) {
      this.#isGone = true
      this.unplaced += this.rows
      this.rows = 0
      throw error
    }
  }

  /** Writes the queued rows to both files. If they do not fit, they are cut off again. */
  #write(): Error | undefined {
    const failure = failureOf(() => {
      for (const file of this.#both) file.write()
    })
    for (const file of this.#both) file.clear(failure === undefined)
    if (failure === undefined) this.#unsynced += this.#queued
    else this.unplaced += this.#queued
    this.#queued = 0
    return failure
  }

  #settle(writeFailure: Error | undefined): void {
    const syncFailure = failureOf(() => {
      this.#checkPlace()
      for (const file of this.#both) file.cut()
      for (const file of this.#both) file.sync()
    })
    if (syncFailure === undefined) {
      for (const file of this.#both) file.settledBytes = file.keptBytes
      this.rows += this.#unsynced
    } else {
      // After a failed sync, the disk may lose the rows that it should have written, even if a second sync succeeds. So
      // these rows are removed from the files.
      if (!this.#isGone) for (const file of this.#both) failureOf(() => file.cut(file.settledBytes))
      this.unplaced += this.#unsynced
    }
    this.#unsynced = 0
    const failure = writeFailure ?? syncFailure
    this.#hasFailed = failure !== undefined
    if (failure !== undefined) throw failure
  }
}

/** A file that grows by complete rows. Its methods may throw DDB_OUTPUT_WRITE with the name of the file. */
class RowFile {
  /** Rows to be written, in one array: a million small arrays would burden the garbage collector. */
  queue: Buffer = Buffer.allocUnsafeSlow(mostQueuedBytes)
  queuedBytes = 0
  /** Size of the rows that are to stay, and of those that are certainly on the disk. */
  keptBytes: number
  settledBytes: number
  #writtenBytes: number
  readonly #files: Files
  readonly #path: string
  readonly #file: OutputFile
  readonly #inode: bigint | undefined

  constructor(files: Files, path: string, file: OutputFile, sizeBytes: number) {
    this.#files = files
    this.#path = path
    this.#file = file
    this.#inode = files.statusNow(path)?.inode
    this.keptBytes = this.settledBytes = this.#writtenBytes = sizeBytes
  }

  get unsettledBytes(): number {
    return this.keptBytes - this.settledBytes
  }

  /** Makes room for more bytes in the queue; returns the position of the first. */
  room(bytes: number): number {
    const { queue, queuedBytes } = this
    if (queuedBytes + bytes > queue.length) {
      this.queue = Buffer.allocUnsafeSlow(2 * (queuedBytes + bytes))
      this.queue.set(queue.subarray(0, queuedBytes))
    }
    return queuedBytes
  }

  add(bytes: Uint8Array): void {
    const at = this.room(bytes.length)
    this.queue.set(bytes, at)
    this.queuedBytes = at + bytes.length
  }

  write(): void {
    this.#guard(() => {
      for (let done = 0; done < this.queuedBytes;) {
        const written = this.#file.write(this.queue.subarray(done, this.queuedBytes))
        done += written
        this.#writtenBytes += written
      }
    })
  }

  /** Empties the queue. */
  clear(isKept: boolean): void {
    if (isKept) this.keptBytes += this.queuedBytes
    this.queuedBytes = 0
  }

  /** Removes everything after the rows that are to stay. */
  cut(keptBytes = this.keptBytes): void {
    this.keptBytes = keptBytes
    if (keptBytes === this.#writtenBytes) return
    this.#guard(() => this.#file.truncate(keptBytes))
    this.#writtenBytes = keptBytes
  }

  sync(): void {
    this.#guard(() => this.#file.sync())
  }

  /** Checks that the path still leads to this file with all of its bytes. */
  checkPlace(): void {
    this.#guard(() => {
      const { inode, sizeBytes = 0 } = this.#files.statusNow(this.#path) ?? {}
      if (inode === this.#inode && sizeBytes >= this.#writtenBytes) return
      throw new Error('somebody has removed, cut or replaced it while the run wrote it')
    })
  }

  close(): void {
    this.#guard(() => this.#file.close())
  }

  #guard(action: () => void): void {
    try {
      action()
    } catch (cause) {
      const message = `cannot write "${this.#path}": ${reasonOf(cause)}`
      throw new DdbError('DDB_OUTPUT_WRITE', message, { cause })
    }
  }
}

export function reasonOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause)
}

export function failureOf(action: () => void): Error | undefined {
  try {
    action()
    return undefined
  } catch (error) {
    return error as Error
  }
}

/** Adds the line end of earlier records to a record that has none, such as the last record of an input. */
function lineEnder(encoding: RecordShape['text']['encoding']): (record: Uint8Array) => Uint8Array {
  let lineEnd = lineFeed
  return record => {
    const last = lastCharacter(record, encoding)
    if (last !== lineFeed && last !== carriageReturn) {
      return Buffer.concat([record, asciiCharacter(lineEnd, encoding)])
    }
    lineEnd = last
    return record
  }
}

/** The last character, if it is ASCII. Except in UTF-16, no other character ends with the byte of a line end. */
function lastCharacter(
  record: Uint8Array,
  encoding: RecordShape['text']['encoding'],
): number | undefined {
  const last = record[record.length - 1]
  if (encoding === 'utf-8') return last
  const before = record[record.length - 2]
  if (encoding === 'utf-16le') return last === 0 && record.length % 2 === 0 ? before : undefined
  if (encoding === 'utf-16be') return before === 0 && record.length % 2 === 0 ? last : undefined
  return last
}

function asciiCharacter(code: number, encoding: RecordShape['text']['encoding']): Uint8Array {
  if (encoding === 'utf-16le') return Uint8Array.of(code, 0)
  return encoding === 'utf-16be' ? Uint8Array.of(0, code) : Uint8Array.of(code)
}
