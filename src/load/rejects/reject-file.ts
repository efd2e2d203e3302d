/*
  A rejects file and its file of reasons: each row is in both files or in neither, even if the disk fails. The rejects file has the header
  of the input and the rejected records byte for byte, so that it can be repaired and loaded like the input.
*/
import { DdbError, messageOf } from '../../errors.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files } from '../../platform/platform.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import { reasonsPath, rejectLockPath } from './reject-path.js'
import type { RejectReason } from './reject.js'

/** A file of a run, as the journal records it. */
export type KeptFile = JournaledRejects['files'][number]

const lineFeed = 0x0a
const carriageReturn = 0x0d

/** One file of the two. It is open only while it is written. */
interface Half {
  readonly path: string
  /** Size of the rows that are certainly on the disk. */
  sizeBytes: number
  inode: bigint | undefined
  queue: Uint8Array[]
}

export class RejectFile {
  readonly path: string
  /** Determines which records the file holds. */
  readonly key: string
  rows: number
  /** Rows that were added and are in no file. */
  unplaced = 0
  /** Whether the run does not write to the file any more. */
  isLeft: boolean
  readonly #files: Files
  readonly #isOurs: () => boolean
  /** Records and reasons. */
  readonly #halves: readonly Half[]
  /** Files to remove at the end if they have no rows. */
  #made: string[] = []
  #lock: FileLock | undefined
  #lineEnd: number = lineFeed
  #queued = 0
  #hasFailed = false

  /**
   * Changes no file.
   * @param kept  the file as earlier processes left it; without rows if this process creates it
   * @param isOurs  false once another process has taken the run: this process then changes no file
   */
  constructor(kept: KeptFile, files: Files, isOurs: () => boolean) {
    const { path, key, rows, sizeBytes, reasonsBytes, isLeft = false } = kept
    this.path = path
    this.key = key
    this.rows = rows
    this.isLeft = isLeft
    this.#files = files
    this.#isOurs = isOurs
    const names = [
      [path, sizeBytes],
      [reasonsPath(path), reasonsBytes],
    ] as const
    this.#halves = names.map(([name, bytes]) => {
      return { path: name, sizeBytes: bytes, inode: files.statusNow(name)?.inode, queue: [] }
    })
  }

  get kept(): KeptFile {
    const { key, path, rows, isLeft } = this
    const [sizeBytes, reasonsBytes] = this.#halves.map(half => half.sizeBytes)
    const left = isLeft ? { isLeft } : {}
    return { key, path, rows, sizeBytes: sizeBytes!, reasonsBytes: reasonsBytes!, ...left }
  }

  /** Whether both files are there with all of their rows. */
  get isWhole(): boolean {
    return this.#halves.every(half => sizeOf(half, this.#files) >= half.sizeBytes)
  }

  /** Whether a row was added, by this process or an earlier one. */
  get isBegun(): boolean {
    return this.#hasFailed || this.rows + this.#queued > 0
  }

  /**
   * Creates both files. Two runs never share a file, because the run that creates the file of reasons owns it.
   * @param mayTakeEmpty  whether the rejects file may exist if it is empty
   * @throws {Error} the system's error; then neither file was created
   */
  create(mayTakeEmpty: boolean): void {
    this.#checkOurs()
    const [records, reasons] = this.#halves
    try {
      this.#make(reasons!.path)
      try {
        this.#make(records!.path)
      } catch (error) {
        if (!mayTakeEmpty || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        this.#files.openEmpty(records!.path).close()
      }
      this.#hold()
    } catch (error) {
      for (const name of this.#made.splice(0)) this.#files.remove(name)
      throw error
    }
  }

  #make(name: string): void {
    const file = this.#files.create(name)
    this.#made.push(name)
    file.close()
  }

  /** Must be called before rows are added to earlier ones. @throws {Error} if one of the files cannot be written or has lost rows */
  begin(): void {
    for (const { path } of this.#halves) this.#files.reopen(path).close()
    this.#hold()
  }

  #hold(): void {
    for (const half of this.#halves) half.inode = this.#files.statusNow(half.path)?.inode
    if (!this.isWhole) throw new Error('somebody has cut it')
    this.#lock = lockOf(this.path, this.#files)
  }

  /** Queues a row. After a failure, the row is unplaced instead. @returns the bytes that were queued */
  add(record: Uint8Array, { headerBytes, text }: RecordShape, reason: RejectReason): number {
    if (this.#hasFailed) {
      this.unplaced++
      return 0
    }
    const parts = [this.#ended(record, text.encoding)]
    if (!this.isBegun) {
      if (headerBytes !== undefined) parts.unshift(this.#ended(headerBytes, text.encoding))
      // Except for UTF-8, a reader needs the byte order mark to recognize the encoding.
      if (text.encoding !== 'utf-8') parts.unshift(text.mark)
    }
    const line = Buffer.from(`${JSON.stringify(reason)}\n`)
    this.#queued++
    const [records, reasons] = this.#halves
    records!.queue.push(...parts)
    reasons!.queue.push(line)
    return bytesOf(parts) + line.length
  }

  /** Appends the queued rows to both files. If they do not fit, they are cut off again. @throws {DdbError} DDB_OUTPUT_WRITE */
  append(): void {
    if (this.#queued === 0) return
    try {
      this.#checkOurs()
      this.#checkPlace()
      for (const half of this.#halves) this.#write(half, Buffer.concat(half.queue))
      for (const half of this.#halves) half.sizeBytes += bytesOf(half.queue)
      this.rows += this.#queued
    } catch (error) {
      this.#hasFailed = true
      this.unplaced += this.#queued
      // Rows that were written without an error may still be lost: after a failed sync, a second sync proves nothing.
      if (this.#isOurs()) for (const half of this.#halves) failureOf(() => this.#write(half))
      throw error
    } finally {
      this.#queued = 0
      for (const half of this.#halves) half.queue = []
    }
  }

  /** Removes everything after the last row. */
  cutBack(): void {
    this.#checkOurs()
    for (const half of this.#halves) this.#write(half)
  }

  close(): void {
    try {
      const failure = failureOf(() => this.append())
      if (this.rows > 0) this.#checkPlace()
      if (failure !== undefined) throw failure
    } finally {
      // The files have no rows, so it does not matter if they cannot be removed.
      const isEmpty = this.#halves[0]!.sizeBytes === 0 && this.#isOurs()
      for (const name of isEmpty ? this.#made : []) failureOf(() => this.#files.remove(name))
      this.#lock?.release()
    }
  }

  #checkOurs(): void {
    if (!this.#isOurs()) throw new Error('another process continues the run')
  }

  /** Checks that the paths still lead to these files. If one is gone, all rows are unplaced. */
  #checkPlace(): void {
    try {
      for (const half of this.#halves) this.#guard(half, () => this.#check(half))
    } catch (error) {
      this.unplaced += this.rows
      this.rows = 0
      throw error
    }
  }

  #check(half: Half): void {
    const isSame = this.#files.statusNow(half.path)?.inode === half.inode
    if (isSame && sizeOf(half, this.#files) >= half.sizeBytes) return
    throw new Error('somebody has removed, cut or replaced it while the run wrote it')
  }

  /** Replaces everything after the last row by these bytes, and waits for the disk. */
  #write(half: Half, bytes: Uint8Array = nothing): void {
    this.#guard(half, () => {
      this.#check(half)
      const file = this.#files.reopen(half.path)
      try {
        if (sizeOf(half, this.#files) !== half.sizeBytes) file.truncate(half.sizeBytes)
        for (let done = 0; done < bytes.length;) done += file.write(bytes.subarray(done))
        if (bytes.length > 0) file.sync()
      } finally {
        file.close()
      }
    })
  }

  #guard({ path }: Half, action: () => void): void {
    try {
      action()
    } catch (cause) {
      const message = `cannot write "${path}": ${messageOf(cause)}`
      throw new DdbError('DDB_OUTPUT_WRITE', message, { cause })
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

const nothing = new Uint8Array(0)

const bytesOf = (parts: readonly Uint8Array[]): number =>
  parts.reduce((sum, { length }) => sum + length, 0)

/** −1 if the file does not exist. */
function sizeOf({ path }: Half, files: Files): number {
  return files.statusNow(path)?.sizeBytes ?? -1
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
