/*
  The rejects files of a run: the file that the user named, and one more in the same folder for each further shape of records, because a
  file can be loaded again only if all of its records have the same header. Each has a file of reasons next to it. Rejects wait in memory
  until their batch is settled, and are then appended together: to both files, or to neither.
*/
import { resolve } from 'node:path'
import { DdbError, messageOf, option } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cells/column-offset.js'
import type { RecordShape } from '../../parse/batch.js'
import type { Files } from '../../platform/platform.js'
import { failureOf, RejectFile, type KeptFile } from './reject-file.js'
import { furtherPath, isFurtherPath } from './reject-path.js'
import { reasonsFormat, type RejectReading, type RejectReason, type RejectRun } from './reject.js'

export interface RejectFilesSetup {
  readonly files: Files
  /** Describes the run, for the first line of a file of reasons; undefined if the rejects cannot be loaded without options. */
  readonly described?: (() => Pick<RejectRun, 'folder' | 'options'>) | undefined
  /** False once another process has taken the run: this process then changes no file. */
  readonly isOurs?: (() => boolean) | undefined
  /** Called before each file is created. */
  readonly making?: ((path: string) => void) | undefined
}

/** Each is a name in the user's folder. */
const maxFiles = 100

/** If this many bytes wait in memory, they are appended at once. */
const mostQueuedBytes = 1024 * 1024

export class RejectFiles {
  readonly #path: string
  readonly #setup: RejectFilesSetup
  /** The files of this process and of earlier ones, in the order of their creation. */
  readonly #all: RejectFile[] = []
  /** The files to which this process writes, by the key of their shape; undefined if a file could not be created. */
  readonly #current = new Map<string, RejectFile | undefined>()
  /** How the run reads each input. */
  readonly #readings = new Map<string, RejectReading>()
  #offsets: ColumnOffsets | undefined
  /** The key of each input's shape, computed only once because headers may be long. */
  readonly #keys = new WeakMap<RecordShape, string>()
  /** Rows whose file could not be created. */
  #unplaced = 0
  #queuedBytes = 0
  /** Number of the next file. */
  #number = 1

  /** Creates no file. A run without rejects therefore leaves none. */
  constructor(path: string, setup: RejectFilesSetup) {
    this.#path = path
    this.#setup = setup
  }

  /** Rows that this process could not place, and rows of files that were lost while it worked. */
  get unplaced(): number {
    return this.#all.reduce((sum, file) => sum + file.unplaced, this.#unplaced)
  }

  /** Records how the run reads an input. @param offsets  of columns, as far as known at each reject */
  reading(file: string, reading: RejectReading, offsets: ColumnOffsets | undefined): void {
    if (this.#setup.described === undefined) return
    this.#readings.set(file, reading)
    this.#offsets = offsets
  }

  /**
   * Queues a record and its reason for the file of the record's shape. The first record of a shape creates the file.
   * @throws {DdbError} DDB_OUTPUT_CREATE if the file cannot be created; the row is then unplaced. DDB_OUTPUT_WRITE
   */
  add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void {
    let file: RejectFile | undefined
    try {
      file = this.#fileOf(shape, reason)
    } finally {
      if (file === undefined) this.#unplaced++
    }
    if (file === undefined) return
    this.#queuedBytes += file.add(record, shape, this.#withRun(file, shape, reason))
    if (this.#queuedBytes >= mostQueuedBytes) this.flush()
  }

  /** Appends all queued rows, and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void {
    this.#queuedBytes = 0
    this.#each(file => file.append())
  }

  /** Appends what is queued, and checks that all files are in their place. @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void {
    this.#each(file => file.close())
  }

  /** The files that certainly have rows, in the order of their creation. Sizes on the disk; complete only after `flush`. */
  kept(): KeptFile[] {
    return this.#all.filter(({ rows }) => rows > 0).map(({ kept }) => kept)
  }

  /** As `kept`, without files to which this process does not write and that are no longer there. */
  present(): KeptFile[] {
    const there = this.#all.filter(file => this.#current.get(file.key) === file || file.isWhole)
    return there.flatMap(({ rows, kept }) => (rows > 0 ? [kept] : []))
  }

  /**
   * Continues files that earlier processes created. Leaves files of a run that had ended, because the user may repair them, and files
   * of another name than the run now gives to its rejects.
   * @throws {DdbError} DDB_OUTPUT_CREATE if one of the files has changed
   */
  goOn(kept: readonly KeptFile[], hadEnded: boolean): void {
    const { files, isOurs = () => true } = this.#setup
    for (const one of kept) this.#all.push(new RejectFile(one, files, isOurs))
    for (const file of this.#all) {
      file.isLeft ||= hadEnded
      if (!this.#isOwn(file)) continue
      this.#number++
      if (file.isLeft) continue
      guard(file, () => file.begin())
      this.#current.set(file.key, file)
    }
  }

  /**
   * Removes what killed processes have written after the recorded sizes: the run reads these rows again.
   * @throws {DdbError} DDB_OUTPUT_CREATE
   */
  cutBack(): void {
    for (const file of this.#all) {
      const isOwn = this.#isOwn(file)
      if (!file.isLeft && (isOwn || file.isWhole)) guard(file, () => file.cutBack())
      file.isLeft ||= !isOwn
    }
  }

  /** Calls the action for every file, even if it fails for one, so that the other files are still written. */
  #each(action: (file: RejectFile) => void): void {
    const failures = [...this.#current.values()].flatMap(file => {
      return file === undefined ? [] : (failureOf(() => action(file)) ?? [])
    })
    if (failures[0] !== undefined) throw failures[0]
  }

  #isOwn({ path }: RejectFile): boolean {
    const [own, other] = [resolve(this.#path), resolve(path)]
    return own === other || isFurtherPath(own, other)
  }

  /** Adds the facts about the run, in the first line of a file, and the time zone offsets that are known by now. */
  #withRun(
    { path, isBegun }: RejectFile,
    { fieldNames }: RecordShape,
    reason: RejectReason,
  ): RejectReason {
    const described = isBegun ? undefined : this.#setup.described?.()
    const offsets = this.#offsets?.knownCount ? { offsets: this.#offsets.known() } : {}
    if (described === undefined) return { ...reason, ...offsets }
    const reading = this.#readings.get(reason.file)
    const run: RejectRun = { ...described, format: reasonsFormat, path, reading, fieldNames }
    return { ...reason, run, ...offsets }
  }

  #fileOf(shape: RecordShape, { file }: RejectReason): RejectFile | undefined {
    const key = this.#keys.get(shape) ?? shapeKey(shape, this.#readings.get(file))
    this.#keys.set(shape, key)
    if (!this.#current.has(key)) {
      // A file that cannot be created is not tried again for every row.
      this.#current.set(key, undefined)
      const made = this.#create(shape, key)
      this.#current.set(key, made)
      this.#all.push(made)
    }
    return this.#current.get(key)
  }

  #create(shape: RecordShape, key: string): RejectFile {
    if (this.#current.size > maxFiles) {
      throw new DdbError(
        'DDB_OUTPUT_CREATE',
        `the inputs have more than ${maxFiles} different headers or paths, each of which needs a rejects file: load them in several runs`,
      )
    }
    const { files, isOurs = () => true, making } = this.#setup
    for (;;) {
      const isFirst = this.#number === 1
      const path = isFirst ? this.#path : furtherPath(this.#path, this.#number, shape)
      this.#number++
      // Skips the name of a file that already exists, because this run did not create that file.
      if (!isFirst && files.statusNow(path) !== undefined) continue
      making?.(path)
      try {
        const file = new RejectFile({ key, path, ...emptySize }, files, isOurs)
        file.create(isFirst)
        return file
      } catch (cause) {
        // If a file with this name was created in the meantime, it remains unchanged, and the next number is tried.
        if (!isFirst && (cause as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw createError('cannot create', path, cause)
      }
    }
  }
}

const emptySize = { rows: 0, sizeBytes: 0, reasonsBytes: 0 } as const

function guard({ path }: RejectFile, action: () => void): void {
  try {
    action()
  } catch (cause) {
    const error = createError('cannot continue with', path, cause)
    error.message += `. Put the file back as it was and repeat the command, or name another file with ${option('rejects.file')}: the rows of this one are then in no file`
    throw error
  }
}

function createError(what: string, path: string, cause: unknown): DdbError {
  return new DdbError('DDB_OUTPUT_CREATE', `${what} "${path}": ${messageOf(cause)}`, { cause })
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
