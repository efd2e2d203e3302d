/*
  A rejects file and its file of reasons: each row is in both files or in neither, even if the disk fails. The rejects file has the header
  of the input and the rejected records byte for byte, so that it can be repaired and loaded like the input.
*/
import { DdbError } from '../../errors.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files } from '../../platform/platform.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import { reasonsPath, rejectLockPath } from './reject-path.js'
import type { RejectReason } from './reject.js'

export type KeptFile = JournaledRejects['files'][number]

const lineFeed = 0x0a
const carriageReturn = 0x0d

export const emptySize = { rows: 0, sizeBytes: 0, reasonsBytes: 0 } as const

export class Pair {
  rows: number
  /** Rows that were added and are in no file. */
  unplaced = 0
  /** Whether the file of reasons describes the run. */
  isTold: boolean
  readonly path: string
  readonly #files: Files
  readonly #isOurs: () => boolean
  readonly #records: RowFile
  readonly #reasons: RowFile
  /** Files to remove at the end if they have no rows. */
  readonly #made: readonly string[]
  readonly #lock: FileLock | undefined
  #lineEnd: number = lineFeed
  #queued = 0
  #hasFailed = false

  /** @throws {Error} if a file has fewer bytes than `size` says */
  constructor(
    path: string,
    files: Files,
    isOurs: () => boolean,
    { rows, sizeBytes, reasonsBytes }: Pick<KeptFile, 'rows' | 'sizeBytes' | 'reasonsBytes'>,
    made: readonly string[] = [],
  ) {
    this.path = path
    this.#files = files
    this.#isOurs = isOurs
    this.rows = rows
    this.isTold = rows > 0
    this.#records = new RowFile(path, files, sizeBytes)
    this.#reasons = new RowFile(reasonsPath(path), files, reasonsBytes)
    this.#made = made
    this.#lock = lockOf(path, files)
  }

  get size(): Omit<KeptFile, 'key'> {
    const [{ sizeBytes }, { sizeBytes: reasonsBytes }] = [this.#records, this.#reasons]
    return { path: this.path, rows: this.rows, sizeBytes, reasonsBytes }
  }

  /** Queues a row. After a failure, the row is unplaced instead. @returns the bytes that were queued */
  add(record: Uint8Array, { headerBytes, text }: RecordShape, reason: RejectReason): number {
    if (this.#hasFailed) {
      this.unplaced++
      return 0
    }
    const parts = [this.#ended(record, text.encoding)]
    if (this.#records.sizeBytes === 0 && this.#queued === 0) {
      if (headerBytes !== undefined) parts.unshift(this.#ended(headerBytes, text.encoding))
      // Except for UTF-8, a reader needs the byte order mark to recognize the encoding.
      if (text.encoding !== 'utf-8') parts.unshift(text.mark)
    }
    const line = Buffer.from(`${JSON.stringify(reason)}\n`)
    this.#queued++
    return this.#records.queue(parts) + this.#reasons.queue([line])
  }

  /** Appends the queued rows to both files. If they do not fit, they are cut off again. @throws {DdbError} DDB_OUTPUT_WRITE */
  append(): void {
    if (this.#queued === 0) return
    const both = [this.#records, this.#reasons]
    const failure = failureOf(() => {
      checkOurs(this.#isOurs)
      this.#checkPlace()
      for (const file of both) file.append()
    })
    if (failure === undefined) {
      this.rows += this.#queued
      for (const file of both) file.keep()
    } else {
      this.#hasFailed = true
      this.unplaced += this.#queued
      // Rows that were written without an error may still be lost: after a failed sync, a second sync proves nothing.
      if (this.#isOurs()) for (const file of both) failureOf(() => file.cutBack())
    }
    this.#queued = 0
    if (failure !== undefined) throw failure
  }

  /** Removes everything after the last row. */
  cutBack(): void {
    checkOurs(this.#isOurs)
    for (const file of [this.#records, this.#reasons]) file.cutBack()
  }

  close(): void {
    try {
      const failure = failureOf(() => this.append())
      if (this.rows > 0) this.#checkPlace()
      if (failure !== undefined) throw failure
    } finally {
      const isEmpty = this.#records.sizeBytes === 0 && this.#isOurs()
      // The files have no rows, so it does not matter if they cannot be removed.
      for (const name of isEmpty ? this.#made : []) failureOf(() => this.#files.remove(name))
      this.#lock?.release()
    }
  }

  /** If a file is gone, all rows of the pair are unplaced. */
  #checkPlace(): void {
    try {
      for (const file of [this.#records, this.#reasons]) file.checkPlace()
    } catch (error) {
      this.unplaced += this.rows
      this.rows = 0
      throw error
    }
  }

  /** Adds the line end of earlier records to a record that has none, such as the last record of an input. */
  #ended(record: Uint8Array, encoding: RecordShape['text']['encoding']): Uint8Array {
    const last = lastCharacter(record, encoding)
    if (last !== lineFeed && last !== carriageReturn) {
      return Buffer.concat([record, asciiCharacter(this.#lineEnd, encoding)])
    }
    this.#lineEnd = last
    return Buffer.from(record)
  }
}

/** One file of a pair. It is open only while it is written. */
class RowFile {
  /** Size of the rows that are certainly on the disk. */
  sizeBytes: number
  readonly #path: string
  readonly #files: Files
  readonly #inode: bigint | undefined
  #queue: Uint8Array[] = []

  constructor(path: string, files: Files, sizeBytes: number) {
    this.#path = path
    this.#files = files
    this.sizeBytes = sizeBytes
    const found = files.statusNow(path)
    this.#inode = found?.inode
    if ((found?.sizeBytes ?? 0) >= sizeBytes) return
    throw new Error(
      `it has ${found?.sizeBytes} bytes and had ${sizeBytes}: somebody has changed it`,
    )
  }

  queue(parts: readonly Uint8Array[]): number {
    this.#queue.push(...parts)
    return bytesOf(parts)
  }

  /** Writes the queue after the last row, and waits for the disk. `keep` or `cutBack` must follow. */
  append(): void {
    this.#write(Buffer.concat(this.#queue))
  }

  keep(): void {
    this.sizeBytes += bytesOf(this.#queue)
    this.#queue = []
  }

  cutBack(): void {
    this.#queue = []
    this.#write(nothing)
  }

  /** Checks that the path still leads to this file with all of its rows. */
  checkPlace(): void {
    this.#guard(() => {
      const { inode, sizeBytes = 0 } = this.#files.statusNow(this.#path) ?? {}
      if (inode === this.#inode && sizeBytes >= this.sizeBytes) return
      throw new Error('somebody has removed, cut or replaced it while the run wrote it')
    })
  }

  /** Replaces everything after the last row by these bytes. */
  #write(bytes: Uint8Array): void {
    this.checkPlace()
    this.#guard(() => {
      const file = this.#files.reopen(this.#path)
      try {
        if (this.#files.statusNow(this.#path)?.sizeBytes !== this.sizeBytes) {
          file.truncate(this.sizeBytes)
        }
        for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
        if (bytes.length > 0) file.sync()
      } finally {
        file.close()
      }
    })
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

const nothing = new Uint8Array(0)

const bytesOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, { length }) => sum + length, 0)

export function checkOurs(isOurs: () => boolean): void {
  if (!isOurs()) throw new Error('another process continues the run')
}

/** Stops other commands from loading a file while the run writes it. */
function lockOf(path: string, files: Files): FileLock | undefined {
  try {
    const answer = files.lockNow(rejectLockPath(path))
    return answer.kind === 'held' ? answer.lock : undefined
  } catch {
    // In some folders, locks cannot be created. The run does not need them.
    return undefined
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
