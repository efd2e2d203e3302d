/*
  The rejects files of a run: the file that the user named, and one more in the same folder for each further shape of records, because a
  file can be loaded again only if all of its records have the same header. A rejects file has the header of the input and the rejected
  records byte for byte; the file of reasons next to it has a line for each. Rejects wait in memory until their batch is settled, and are
  then appended together: to both files or to neither, even if the disk fails.
*/
import { resolve } from 'node:path'
import { DdbError, messageOf, option } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/times/column-offset.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files } from '../../platform/platform.js'
import type { JournaledOptions, JournaledRejects } from '../journal/journal-record.js'
import { appendedFile, createError, failureOf, type AppendedFile } from './appended-file.js'
import {
  finishedPath,
  furtherPath,
  isFurtherPath,
  reasonsPath,
  rejectLockPath,
} from './reject-path.js'
import { rejectRun, type RejectReading, type RejectReason } from './reject-run.js'

export interface RejectFilesSetup {
  readonly files: Files
  /** Describes the run, for the first line of a file of reasons; undefined if the rejects cannot be loaded without options. */
  readonly described?: (() => { folder: string; options: JournaledOptions }) | undefined
  /** False once another process has taken the run: this process then changes no file. */
  readonly isOurs?: (() => boolean) | undefined
  /** Called before each file is created. */
  readonly making?: ((path: string) => void) | undefined
}

/** A rejects file of a run with its reasons, as the journal records it. */
export type KeptFile = JournaledRejects['files'][number]

interface Queued {
  readonly record: Uint8Array
  readonly shape: RecordShape
  readonly reason: RejectReason
}

interface Pair {
  /** Determines which records it holds. */
  readonly key: string
  rows: number
  /** Whether earlier processes have left the file: the run does not write to it any more. */
  readonly isLeft: boolean
  /** Records and reasons; empty until the files are created. */
  files: readonly AppendedFile[]
  lock: FileLock | undefined
  readonly queue: Queued[]
}

/** Each is a name in the user's folder. */
const maxFiles = 100

/** If about this many bytes wait in memory, they are appended at once. */
const mostQueuedBytes = 1024 * 1024
/** Approximate size of a reason. */
const reasonBytes = 400

export class RejectFiles {
  /** Rows that this process could not place, and rows of files that were lost while it worked. They end the run, so later ones join them. */
  unplaced = 0
  readonly #path: string
  readonly #setup: RejectFilesSetup
  /** Files that exist, in the order of their creation, also by earlier processes. */
  readonly #all: Pair[] = []
  /** The files to which this process writes, by their key. */
  readonly #current = new Map<string, Pair>()
  readonly #readings = new Map<string, RejectReading>()
  #offsets: ColumnOffsets | undefined
  /** The key of each input's shape, computed only once because headers may be long. */
  readonly #keys = new WeakMap<RecordShape, string>()
  #queuedBytes = 0
  #number = 1

  /** Creates no file. A run without rejects therefore leaves none. */
  constructor(path: string, setup: RejectFilesSetup) {
    this.#path = path
    this.#setup = setup
  }

  /** Records how the run reads an input. @param offsets  of columns, as far as known at each reject */
  reading(file: string, reading: RejectReading, offsets: ColumnOffsets | undefined): void {
    if (this.#setup.described === undefined) return
    this.#readings.set(file, reading)
    this.#offsets = offsets
  }

  /** Queues a record and its reason for the file of the record's shape. @throws {DdbError} as `flush` */
  add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void {
    if (this.unplaced > 0) {
      this.unplaced++
      return
    }
    const key = this.#keys.get(shape) ?? shapeKey(shape, this.#readings.get(reason.file))
    this.#keys.set(shape, key)
    const pair = this.#current.get(key) ?? newPair(key)
    this.#current.set(key, pair)
    const offsets = this.#offsets?.knownCount ? { offsets: this.#offsets.known() } : {}
    pair.queue.push({ record: Buffer.from(record), shape, reason: { ...reason, ...offsets } })
    this.#queuedBytes += record.length + reasonBytes
    if (this.#queuedBytes >= mostQueuedBytes) this.flush()
  }

  /**
   * Appends all queued rows, and waits for the disk. The first record of a shape creates its files.
   * @throws {DdbError} DDB_OUTPUT_CREATE, DDB_OUTPUT_WRITE; the rows are then unplaced, and cut off again
   */
  flush(): void {
    this.#queuedBytes = 0
    this.#each(pair => this.#append(pair))
  }

  /** Appends what is queued, and checks that all files are in their place. @throws {DdbError} as `flush` */
  close(): void {
    try {
      this.#each(pair => {
        this.#append(pair)
        if (pair.rows > 0) this.#checkPlace(pair)
      })
    } finally {
      for (const { lock } of this.#all) lock?.release()
    }
  }

  /** The files that certainly have rows, in the order of their creation. Sizes on the disk; complete only after `flush`. */
  kept(pairs: readonly Pair[] = this.#all): KeptFile[] {
    return pairs.flatMap(pair => {
      const { key, rows, files } = pair
      const [records, reasons] = files as [AppendedFile, AppendedFile]
      const sizes = { sizeBytes: records.sizeBytes, reasonsBytes: reasons.sizeBytes }
      const left = this.#isCurrent(pair) ? {} : { isLeft: true }
      return rows === 0 ? [] : [{ key, path: records.path, rows, ...sizes, ...left }]
    })
  }

  /** As `kept`, without files that are no longer there. */
  present(): KeptFile[] {
    return this.kept(this.#all.filter(isWhole))
  }

  /**
   * Continues files that earlier processes created. Leaves files of a run that had ended, because the user may repair them, and files
   * of another name than the run now gives to its rejects. Changes no file.
   * @throws {DdbError} DDB_OUTPUT_CREATE if one of the files has changed
   */
  goOn(kept: readonly KeptFile[], hadEnded: boolean): void {
    const { files } = this.#setup
    const own = resolve(this.#path)
    for (const { key, path, rows, sizeBytes, reasonsBytes, isLeft = false } of kept) {
      const pair = { ...newPair(key), rows, isLeft: isLeft || hadEnded }
      pair.files = [
        appendedFile(path, files, sizeBytes),
        appendedFile(reasonsPath(path), files, reasonsBytes),
      ]
      this.#all.push(pair)
      const other = resolve(path)
      if (own !== other && !isFurtherPath(own, other)) continue
      this.#number++
      if (pair.isLeft) continue
      continuing(pair, () => {
        if (!isWhole(pair)) throw new Error('somebody has removed or cut it')
      })
      pair.lock = lockOf(path, files)
      this.#current.set(key, pair)
    }
  }

  /**
   * Removes what killed processes have written after the recorded sizes: the run reads these rows again.
   * @throws {DdbError} DDB_OUTPUT_CREATE
   */
  cutBack(): void {
    for (const pair of this.#all) {
      if (!this.#isCurrent(pair) && (pair.isLeft || !isWhole(pair))) continue
      continuing(pair, () => {
        this.#checkOurs()
        for (const file of pair.files) file.cutBack()
      })
    }
  }

  /** Calls the action for every file, even if it fails for one, so that the other files are still written. */
  #each(action: (pair: Pair) => void): void {
    const pairs = [...this.#current.values()]
    const [failure] = pairs.flatMap(pair => failureOf(() => action(pair)) ?? [])
    if (failure !== undefined) throw failure
  }

  #isCurrent(pair: Pair): boolean {
    return this.#current.get(pair.key) === pair
  }

  #append(pair: Pair): void {
    const queued = pair.queue.splice(0)
    const [first] = queued
    if (first === undefined) return
    try {
      this.#checkOurs()
      if (pair.files.length === 0) this.#create(pair, first.shape)
      this.#checkPlace(pair)
      const texts = this.#textsOf(pair, queued)
      for (const [i, file] of pair.files.entries()) file.write(texts[i]!)
      for (const [i, file] of pair.files.entries()) file.sizeBytes += texts[i]!.length
      pair.rows += queued.length
    } catch (error) {
      this.unplaced += queued.length
      // Rows that were written without an error may still be lost: after a failed sync, a second sync proves nothing.
      if (this.#isOurs) for (const file of pair.files) failureOf(() => file.cutBack())
      throw error
    }
  }

  #textsOf({ rows, files }: Pair, queued: readonly Queued[]): readonly Uint8Array[] {
    const { shape, reason } = queued[0]!
    const { encoding, mark } = shape.text
    const records = queued.map(({ record }) => ended(record, encoding))
    const reasons = queued.map(one => one.reason)
    if (rows === 0) {
      if (shape.headerBytes !== undefined) records.unshift(ended(shape.headerBytes, encoding))
      // Except for UTF-8, a reader needs the byte order mark to recognize the encoding.
      if (encoding !== 'utf-8') records.unshift(mark)
      const run = this.#setup.described?.()
      const reading = this.#readings.get(reason.file)
      const known = { path: finishedPath(files[0]!.path), fieldNames: shape.fieldNames }
      if (run !== undefined) reasons[0] = { ...reason, run: rejectRun(run, known, reading) }
    }
    const lines = reasons.map(one => `${JSON.stringify(one)}\n`)
    return [Buffer.concat(records), Buffer.from(lines.join(''))]
  }

  /** Creates both files. Two runs never share a file, because the run that creates the file of reasons owns it. */
  #create(pair: Pair, shape: RecordShape): void {
    const { files, making } = this.#setup
    if (this.#all.length === maxFiles) {
      throw createError(
        `the inputs have more than ${maxFiles} different headers or paths, each of which needs a rejects file: load them in several runs`,
      )
    }
    for (;;) {
      const isFirst = this.#number === 1
      const path = isFirst ? this.#path : furtherPath(this.#path, this.#number, shape)
      this.#number++
      // Skips the name of a file that already exists, because this run did not create that file.
      if (!isFirst && files.statusNow(path) !== undefined) continue
      making?.(path)
      const [records, reasons] = [path, reasonsPath(path)].map(one => appendedFile(one, files))
      try {
        reasons!.create()
        records!.create(isFirst)
      } catch (cause) {
        for (const file of [records!, reasons!]) file.removeEmpty()
        // If a file with this name was created in the meantime, it remains unchanged, and the next number is tried.
        if (!isFirst && (cause as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw createError(`cannot create "${path}": ${messageOf(cause)}`, cause)
      }
      pair.files = [records!, reasons!]
      pair.lock = lockOf(path, files)
      this.#all.push(pair)
      return
    }
  }

  get #isOurs(): boolean {
    return this.#setup.isOurs?.() ?? true
  }

  #checkOurs(): void {
    if (!this.#isOurs) throw new DdbError('DDB_LOCKED', 'another process continues the run')
  }

  /** Checks that the paths still lead to these files. If one is gone, all rows are unplaced. */
  #checkPlace(pair: Pair): void {
    try {
      for (const file of pair.files) file.check()
    } catch (error) {
      this.unplaced += pair.rows
      pair.rows = 0
      throw error
    }
  }
}

const newPair = (key: string): Pair => ({
  ...{ key, rows: 0, isLeft: false, files: [], lock: undefined, queue: [] },
})

function isWhole({ files }: Pair): boolean {
  return files.every(file => file.isWhole())
}

function continuing({ files }: Pair, action: () => void): void {
  try {
    action()
  } catch (cause) {
    throw createError(
      `cannot continue with "${files[0]!.path}": ${messageOf(cause)}. Put the file back as it was and repeat the command, ` +
        `or name another file with ${option('rejects.file')}: the rows of this one are then in no file`,
      cause,
    )
  }
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

const lineEnds: Readonly<Record<string, readonly string[] | undefined>> = {
  'utf-16le': ['\n\0', '\r\0'],
  'utf-16be': ['\0\n', '\0\r'],
}
const usualEnds = ['\n', '\r'] as const

/** The record with a line end, which the last record of an input may lack. */
function ended(record: Uint8Array, encoding: string): Uint8Array {
  const ends = lineEnds[encoding] ?? usualEnds
  const tail = Buffer.from(record.subarray(-ends[0]!.length)).toString('latin1')
  return ends.includes(tail) ? record : Buffer.concat([record, Buffer.from(ends[0]!, 'latin1')])
}

/** Equal for records that can share one header and are read in the same way. Quotes and line ends of the header may differ. */
function shapeKey(
  { delimiter, fieldNames, fieldCount, text }: RecordShape,
  { quote, escape, decimalComma, trailingDelimiter, set }: Partial<RejectReading> = {},
): string {
  // A file has one encoding, and a reader may need the byte order mark to recognize it.
  const mark = text.encoding === 'utf-8' ? '' : Buffer.from(text.mark).toString('hex')
  const own = [delimiter ?? null, fieldNames ?? fieldCount, text.encoding, mark]
  const known = [quote, escape, decimalComma, trailingDelimiter].map(one => one?.value)
  return JSON.stringify([...own, ...known, set])
}
