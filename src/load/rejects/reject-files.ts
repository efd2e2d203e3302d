/*
  The rejects files of a run: the file that the user named, and one more in the same folder for each further shape of records, because a
  file can be loaded again only if all of its records have the same header. Each has a file of reasons next to it. Rejects wait in memory
  until their batch is settled, and are then appended together: to both files, or to neither.
*/
import { resolve } from 'node:path'
import { DdbError, option } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cells/column-offset.js'
import type { RecordShape } from '../../parse/batch.js'
import type { Files } from '../../platform/platform.js'
import { checkOurs, emptySize, failureOf, Pair, reasonOf, type KeptFile } from './reject-pair.js'
import { furtherPath, isFurtherPath, reasonsPath } from './reject-path.js'
import { reasonsFormat, type RejectReading, type RejectReason, type RejectRun } from './reject.js'

export interface RejectFilesSetup {
  readonly files: Files
  /** Describes the run, for the first line of a file of reasons; undefined if the rejects cannot be loaded without options. */
  readonly described?: (() => Pick<RejectRun, 'folder' | 'options'>) | undefined
  /** False once another process has taken the run: this process then changes no file. */
  readonly isOurs?: (() => boolean) | undefined
}

/** Each pair is a name in the user's folder. */
const maxPairs = 100

/** If this many bytes wait in memory, they are appended at once. */
const mostQueuedBytes = 1024 * 1024

export class RejectFiles {
  readonly #path: string
  readonly #files: Files
  readonly #described: RejectFilesSetup['described']
  readonly #isOurs: () => boolean
  /** The pairs by the key of their shape, in the order of their creation; undefined if a pair could not be created. */
  readonly #pairs = new Map<string, Pair | undefined>()
  /** Files of earlier processes that this process leaves as they are. */
  #left: readonly KeptFile[] = []
  /** How the run reads each input. */
  readonly #readings = new Map<string, RejectReading>()
  #offsets: ColumnOffsets | undefined
  /** The key of each input's shape, computed only once because headers may be long. */
  readonly #keys = new WeakMap<RecordShape, string>()
  /** Rows whose pair could not be created. */
  #unplaced = 0
  #queuedBytes = 0
  /** Number of the next file. */
  #number = 1
  #tellMaking: (path: string) => void = () => undefined

  /** Creates no file. A run without rejects therefore leaves none. */
  constructor(path: string, { files, described, isOurs = () => true }: RejectFilesSetup) {
    this.#path = path
    this.#files = files
    this.#described = described
    this.#isOurs = isOurs
  }

  /** Rows that this process could not place, and rows of files that were lost while it worked. */
  get unplaced(): number {
    return this.#known().reduce((sum, pair) => sum + pair.unplaced, this.#unplaced)
  }

  /** Records how the run reads an input. @param offsets  of columns, as far as known at each reject */
  reading(file: string, reading: RejectReading, offsets: ColumnOffsets | undefined): void {
    if (this.#described === undefined) return
    this.#readings.set(file, reading)
    this.#offsets = offsets
  }

  /**
   * Queues a record and its reason for the pair of the record's shape. The first record of a shape creates the pair.
   * @throws {DdbError} DDB_OUTPUT_CREATE if the pair cannot be created; the row is then unplaced. DDB_OUTPUT_WRITE
   */
  add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void {
    let pair: Pair | undefined
    try {
      pair = this.#pairOf(shape, reason)
    } finally {
      if (pair === undefined) this.#unplaced++
    }
    if (pair === undefined) return
    this.#queuedBytes += pair.add(record, shape, this.#withRun(pair, shape, reason))
    if (this.#queuedBytes >= mostQueuedBytes) this.flush()
  }

  /** Appends all queued rows, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void {
    this.#queuedBytes = 0
    this.#each(pair => pair.append())
  }

  /** Appends what is queued, and checks that all files are in their place. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void {
    this.#each(pair => pair.close())
  }

  /** The files that certainly have rows, in the order of their creation. Sizes on the disk; complete only after `flush`. */
  kept(): KeptFile[] {
    const own = [...this.#pairs].flatMap(([key, pair]) => (pair ? [{ key, ...pair.size }] : []))
    return [...this.#left, ...own.filter(({ rows }) => rows > 0)]
  }

  /** As `kept`, without files that were left and are no longer there. */
  present(): KeptFile[] {
    return this.kept().filter(one => !this.#left.includes(one) || hasAll(one, this.#files))
  }

  /**
   * Continues files that earlier processes created. Leaves files of a run that had ended, because the user may repair them, and files
   * of another name than the run now gives to its rejects.
   * @param making  called before each further file is created
   * @throws {DdbError} DDB_OUTPUT_CREATE if one of the files has changed
   */
  goOn(kept: readonly KeptFile[], hadEnded: boolean, making: (path: string) => void): void {
    this.#tellMaking = making
    const own = kept.filter(({ path }) => this.#isOwn(path))
    this.#number += own.length
    const continued = hadEnded ? [] : own.filter(({ isLeft }) => isLeft !== true)
    this.#left = kept
    const pairs = continued.map(one => {
      const { path } = one
      const pair = guard(path, () => {
        for (const name of bothOf(path)) this.#files.reopen(name).close()
        return new Pair(path, this.#files, this.#isOurs, one)
      })
      return [one.key, pair] as const
    })
    this.#left = kept
      .filter(one => !continued.includes(one))
      .map(one => (hadEnded ? { ...one, isLeft: true } : one))
    for (const [key, pair] of pairs) this.#pairs.set(key, pair)
  }

  /**
   * Removes what killed processes have written after the recorded sizes: the run reads these rows again.
   * @throws {DdbError} DDB_OUTPUT_CREATE
   */
  cutBack(): void {
    for (const pair of this.#known()) guard(pair.path, () => pair.cutBack())
    this.#left = this.#left.map(one => {
      if (one.isLeft !== true && hasAll(one, this.#files)) {
        guard(one.path, () => new Pair(one.path, this.#files, this.#isOurs, one).cutBack())
      }
      return { ...one, isLeft: true }
    })
  }

  #known(): Pair[] {
    return [...this.#pairs.values()].filter(pair => pair !== undefined)
  }

  /** Calls the action for every pair, even if it fails for one, so that the other files are still written. */
  #each(action: (pair: Pair) => void): void {
    const failures = this.#known().flatMap(pair => failureOf(() => action(pair)) ?? [])
    if (failures[0] !== undefined) throw failures[0]
  }

  #isOwn(path: string): boolean {
    const [own, other] = [resolve(this.#path), resolve(path)]
    return own === other || isFurtherPath(own, other)
  }

  /** Adds the facts about the run, in the first line of a file, and the time zone offsets that are known by now. */
  #withRun(pair: Pair, { fieldNames }: RecordShape, reason: RejectReason): RejectReason {
    const described = pair.isTold ? undefined : this.#described?.()
    pair.isTold = true
    const offsets = this.#offsets?.knownCount ? { offsets: this.#offsets.known() } : {}
    if (described === undefined) return { ...reason, ...offsets }
    const { path } = pair
    const reading = this.#readings.get(reason.file)
    const run: RejectRun = { ...described, format: reasonsFormat, path, reading, fieldNames }
    return { ...reason, run, ...offsets }
  }

  #pairOf(shape: RecordShape, { file }: RejectReason): Pair | undefined {
    const key = this.#keys.get(shape) ?? shapeKey(shape, this.#readings.get(file))
    this.#keys.set(shape, key)
    if (!this.#pairs.has(key)) {
      // A pair that cannot be created is not tried again for every row.
      this.#pairs.set(key, undefined)
      this.#pairs.set(key, this.#create(shape))
    }
    return this.#pairs.get(key)
  }

  #create(shape: RecordShape): Pair {
    if (this.#pairs.size > maxPairs) {
      throw new DdbError(
        'DDB_OUTPUT_CREATE',
        `the inputs have more than ${maxPairs} different headers or paths, each of which needs a rejects file: load them in several runs`,
      )
    }
    for (;;) {
      const isFirst = this.#number === 1
      const path = isFirst ? this.#path : furtherPath(this.#path, this.#number, shape)
      this.#number++
      // Skips the name of a file that already exists, because this run did not create that file.
      if (!isFirst && this.#files.statusNow(path) !== undefined) continue
      this.#tellMaking(path)
      try {
        return this.#createPair(path, isFirst)
      } catch (cause) {
        // If a file with this name was created in the meantime, it remains unchanged, and the next number is tried.
        if (!isFirst && (cause as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw createError('cannot create', path, cause)
      }
    }
  }

  /** Two runs never share a pair, because the run that creates the file of reasons owns the pair. */
  #createPair(path: string, mayTakeEmpty: boolean): Pair {
    const files = this.#files
    checkOurs(this.#isOurs)
    const made: string[] = []
    const make = (name: string): void => {
      const file = files.create(name)
      made.push(name)
      file.close()
    }
    try {
      make(reasonsPath(path))
      try {
        make(path)
      } catch (error) {
        if (!mayTakeEmpty || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
        files.openEmpty(path).close()
      }
      return new Pair(path, files, this.#isOurs, emptySize, made)
    } catch (error) {
      for (const name of made) files.remove(name)
      throw error
    }
  }
}

/** Whether a file of an earlier process and its file of reasons are there with all of their rows. */
function hasAll({ path, sizeBytes, reasonsBytes }: KeptFile, files: Files): boolean {
  const sizes = bothOf(path).map(name => files.statusNow(name)?.sizeBytes ?? -1)
  return sizes[0]! >= sizeBytes && sizes[1]! >= reasonsBytes
}

function bothOf(path: string): [string, string] {
  return [path, reasonsPath(path)]
}

function guard<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    const error = createError('cannot continue with', path, cause)
    error.message += `. Put the file back as it was and repeat the command, or name another file with ${option('rejects.file')}: the rows of this one are then in no file`
    throw error
  }
}

function createError(what: string, path: string, cause: unknown): DdbError {
  return new DdbError('DDB_OUTPUT_CREATE', `${what} "${path}": ${reasonOf(cause)}`, { cause })
}

/** Equal for records that can share one header and are read in the same way. Quotes and line ends of the header may differ. */
function shapeKey(
  { delimiter, fieldNames, fieldCount, text }: RecordShape,
  { quote, escape, decimalComma, texts }: Partial<RejectReading> = {},
): string {
  // A file has one encoding, and a reader may need the byte order mark to recognize it.
  const mark = text.encoding === 'utf-8' ? '' : Buffer.from(text.mark).toString('hex')
  const own = [delimiter ?? null, fieldNames ?? fieldCount, text.encoding, mark]
  return JSON.stringify([...own, quote?.value, escape?.value, decimalComma?.value, texts])
}
