/*
  A rejects file and its `.reasons.ndjson`. The rejects file has the header of the input and the rejected records byte for
  byte, so that it can be repaired and loaded like the input. A row that cannot be written is removed from both files and
  counted.
*/
import type { RecordShape } from '../../parse/batch.js'
import type { Files, OutputFile } from '../../platform/platform.js'
import { newReasonLines } from './reason-lines.js'
import { reasonsPath } from './reject-path.js'
import type { RejectReason } from './reject-run.js'
import { newRowFile } from './row-file.js'
import { failureOf, newRowPair } from './row-pair.js'

/** A rejects file and its file of reasons. After a few megabytes, `add` waits for the disk, to save memory. */
export interface RejectFile {
  readonly path: string
  /** Number of rows that are certainly on the disk, in both files. */
  readonly rows: number
  /** Bytes on the disk: `sizeBytes` of the rejects file, `reasonsBytes` of the file of reasons. */
  readonly sizeBytes: number
  readonly reasonsBytes: number
  /** Rows that were added but are not in the files, because writing failed. */
  readonly unplaced: number
  /**
   * Queues a record and its reason, and writes the queue if it is full. After a failure, the row counts as `unplaced`.
   * @throws {DdbError} DDB_OUTPUT_WRITE
   */
  add(record: Uint8Array, reason: RejectReason): void
  /** Writes all queued rows and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void
  /** Flushes and closes both files, and removes them if they have no rows. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void
}

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
    return pairOf(path, shape, emptyPair, records.file, reasons, removeBoth)
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
    const removeBoth = (): void => undefined
    return pairOf(path, shape, size, records, reasons, removeBoth)
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

function pairOf(
  path: string,
  { headerBytes, text }: RecordShape,
  size: PairSize,
  recordsFile: OutputFile,
  reasonsFile: OutputFile,
  removeBoth: () => void,
): RejectFile {
  const records = newRowFile(path, recordsFile, size.sizeBytes)
  const reasons = newRowFile(reasonsPath(path), reasonsFile, size.reasonsBytes)
  const pair = newRowPair(records, reasons, size.rows)
  const lines = newReasonLines()
  const ended = lineEnder(text.encoding)
  // Except for UTF-8, a reader needs the byte order mark to recognize the encoding.
  const mark = text.encoding === 'utf-8' ? new Uint8Array(0) : text.mark
  /** Byte order mark and header, written with the first record: if that record is removed, the file is empty again. */
  let start =
    size.sizeBytes > 0
      ? Buffer.alloc(0)
      : Buffer.concat([mark, headerBytes === undefined ? mark.subarray(0, 0) : ended(headerBytes)])
  return {
    path,
    get rows() {
      return pair.rows
    },
    get sizeBytes() {
      return records.settledBytes
    },
    get reasonsBytes() {
      return reasons.settledBytes
    },
    get unplaced() {
      return pair.unplaced
    },
    add(record, reason) {
      if (pair.hasFailed) {
        pair.lose()
        return
      }
      const line = ended(record)
      let bytes: number
      if (start.length === 0) bytes = records.queue.add(line)
      else {
        bytes = records.queue.add(Buffer.concat([start, line]))
        start = Buffer.alloc(0)
      }
      const at = reasons.queue.room(lines.maxBytes(reason))
      bytes += reasons.queue.end(lines.write(reason, reasons.queue.bytes, at))
      pair.queued(bytes)
    },
    flush: () => pair.flush(),
    close() {
      const steps = [() => pair.flush(), () => records.close(), () => reasons.close()]
      const failure = steps.map(failureOf).find(each => each !== undefined)
      // The files have no rows, so it does not matter if they cannot be removed.
      if (pair.rows === 0) failureOf(removeBoth)
      if (failure !== undefined) throw failure
    },
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
