/*
  The rejects files of a run: the file that the user named, and one more in the same folder for each further shape of records. A file
  can be loaded again only if all of its records have the same header.
*/
import { DdbError, option } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cells/column-offset.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files, OutputFile } from '../../platform/platform.js'
import {
  checkSize,
  createRejectFile,
  failureOf,
  reasonOf,
  reopenTruncated,
  reopenRejectFile,
  type PairSize,
  type RejectFile,
} from './reject-file.js'
import { furtherPath, reasonsPath, rejectLockPath } from './reject-path.js'
import type { RejectReason, RejectRun } from './reject-run.js'

/** The sizes of a rejects file and its file of reasons. `key`: shape of the records. */
interface KeptFile extends PairSize {
  readonly key: string
  readonly path: string
}

interface ShapeFile {
  /** undefined if the run has not tried to create the file, or could not create it. */
  file: RejectFile | undefined
  isTried: boolean
  readonly earlier: KeptFile | undefined
  /** Whether the file of reasons already describes the run. */
  isTold: boolean
  /** Number of columns whose time zone offsets are already in the file of reasons. */
  toldOffsets: number
}

/** Facts that are needed to load a rejects file later. */
export interface AboutRun {
  /** A key that is equal for inputs whose records are read in the same way. */
  keyOf(inputFile: string): string
  /** Describes the run, for the first line of the file of reasons. */
  first(path: string, shape: RecordShape, reason: RejectReason): RejectRun
  readonly offsets: ColumnOffsets | undefined
}

/** Every rejects file and every file of reasons stays open, and a process may have about a thousand open files. */
const maxFiles = 100

export class RejectFiles {
  readonly #path: string
  readonly #files: Files
  readonly #about: AboutRun | undefined
  /** The files by the key of their shape, in the order of their creation. */
  readonly #byShape = new Map<string, ShapeFile>()
  /** The key of each input's shape, computed only once because headers may be long. */
  readonly #keys = new WeakMap<RecordShape, string>()
  readonly #made: RejectFile[] = []
  /** Stop other commands from loading a file while the run writes it. */
  readonly #locks: FileLock[] = []
  #unplaced = 0
  /** Number of the next file. */
  #number = 1
  #tellMaking: (path: string) => void = () => undefined

  /**
   * Creates no file. A run without rejects therefore leaves none.
   * @param about  describes the run
   */
  constructor(path: string, files: Files, about?: AboutRun) {
    this.#path = path
    this.#files = files
    this.#about = about
  }

  /** Number of rows that are in none of the files. */
  get unplaced(): number {
    return this.#made.reduce((sum, file) => sum + file.unplaced, this.#unplaced)
  }

  /**
   * Queues a record and its reason for the file of the record's shape. The first record of a shape creates that file.
   * @throws {DdbError} DDB_OUTPUT_CREATE if the file cannot be created; the row is then unplaced
   */
  add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void {
    const about = this.#about
    let place: ShapeFile | undefined
    try {
      place = this.#placeOf(shape, reason)
    } finally {
      if (place?.file === undefined) this.#unplaced++
    }
    place.file?.add(record, about ? withRun(about, place, shape, reason) : reason)
  }

  /** Writes all queued rows and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void {
    forEach(this.#made, file => file.flush())
  }

  /** @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void {
    try {
      forEach(this.#made, file => file.close())
    } finally {
      for (const lock of this.#locks) lock.release()
    }
  }

  /** The files that certainly have rows, in the order of their creation. Sizes on the disk; complete only after `flush`. */
  kept(): KeptFile[] {
    return [...this.#byShape].flatMap(([key, { file, earlier }]) => {
      const kept = file ?? earlier
      if (kept === undefined || kept.rows === 0) return []
      const { path, rows, sizeBytes, reasonsBytes } = kept
      return [{ key, path, rows, sizeBytes, reasonsBytes }]
    })
  }

  /**
   * Continues files that an earlier process created.
   * @param making  called before each further file is created
   * @throws {DdbError} DDB_OUTPUT_CREATE if one of these files has changed
   */
  goOn(kept: readonly KeptFile[], making: (path: string) => void): void {
    const files = this.#files
    this.#number += kept.length
    this.#tellMaking = making
    this.#unplaced = kept.reduce((sum, { rows }) => sum + rows, 0)
    forEachFile(kept, (path, sizeBytes) => {
      files.reopen(path).close()
      checkSize(path, sizeBytes, files)
    })
    this.#unplaced = 0
    for (const one of kept) this.#byShape.set(one.key, newPlace(one))
  }

  /** Truncates each file given to `goOn` to its recorded size. @throws {DdbError} DDB_OUTPUT_CREATE */
  cutBack(): void {
    const earlier = [...this.#byShape.values()].flatMap(place => place.earlier ?? [])
    forEachFile(earlier, (path, size) => reopenTruncated(path, size, this.#files).close())
  }

  #placeOf(shape: RecordShape, { file }: RejectReason): ShapeFile {
    const key = this.#keys.get(shape) ?? shapeKey(shape) + (this.#about?.keyOf(file) ?? '')
    this.#keys.set(shape, key)
    const place = this.#byShape.get(key) ?? newPlace(undefined)
    if (place.isTried) return place
    const { earlier } = place
    place.isTried = true
    this.#byShape.set(key, place)
    place.file =
      earlier === undefined
        ? this.#create(shape)
        : guard(earlier.path, () => reopenRejectFile(earlier.path, shape, earlier, this.#files))
    this.#made.push(place.file)
    this.#lock(place.file.path)
    return place
  }

  #create(shape: RecordShape): RejectFile {
    if (this.#byShape.size > maxFiles) {
      throw new DdbError(
        'DDB_OUTPUT_CREATE',
        `the inputs have more than ${maxFiles} different headers or paths, each of which needs a rejects file: load them in several runs`,
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
        return createRejectFile(path, shape, this.#files, isFirst)
      } catch (cause) {
        // If a file with this name was created in the meantime, it remains unchanged, and the next number is tried.
        if (!isFirst && (cause as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw createError('cannot create', path, cause)
      }
    }
  }

  #lock(path: string): void {
    try {
      const answer = this.#files.lockNow(rejectLockPath(path))
      if (answer.kind === 'held') this.#locks.push(answer.lock)
    } catch {
      // In some folders, locks cannot be created. The run does not need them.
    }
  }
}

function newPlace(earlier: KeptFile | undefined): ShapeFile {
  const isTold = earlier !== undefined
  return { isTried: false, earlier, file: undefined, isTold, toldOffsets: 0 }
}

function forEachFile(
  kept: readonly KeptFile[],
  action: (path: string, sizeBytes: number) => void,
): void {
  for (const { path, sizeBytes, reasonsBytes } of kept) {
    guard(path, () => {
      action(path, sizeBytes)
      action(reasonsPath(path), reasonsBytes)
    })
  }
}

/**
 * Adds the facts about the run and the time zone offsets that a later load of the rejects file needs, unless an earlier
 * reason in the file has them.
 */
function withRun(
  about: AboutRun,
  place: ShapeFile,
  shape: RecordShape,
  reason: RejectReason,
): RejectReason {
  const { offsets } = about
  const { isTold, toldOffsets, file } = place
  const hasMore = offsets !== undefined && offsets.knownCount > toldOffsets
  if (isTold && !hasMore) return reason
  place.isTold = true
  place.toldOffsets = offsets?.knownCount ?? 0
  return {
    ...reason,
    ...(isTold ? {} : { run: about.first(file!.path, shape, reason) }),
    ...(hasMore ? { offsets: offsets.known() } : {}),
  }
}

function guard<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    const error = createError('cannot continue with', path, cause)
    error.message += `. Put the file back as it was and continue, or start over with ${option('journal.restart')}`
    throw error
  }
}

function createError(what: string, path: string, cause: unknown): DdbError {
  return new DdbError('DDB_OUTPUT_CREATE', `${what} "${path}": ${reasonOf(cause)}`, { cause })
}

/** Equal for shapes whose records can share one header. Quotes and line ends of the header may differ. */
function shapeKey({ delimiter, fieldNames, fieldCount, text }: RecordShape): string {
  // A file has one encoding, and a reader may need the byte order mark to recognize it.
  return JSON.stringify([delimiter ?? null, fieldNames ?? fieldCount, text.encoding, markOf(text)])
}

function markOf({ encoding, mark }: RecordShape['text']): string {
  return encoding === 'utf-8' ? '' : Buffer.from(mark).toString('hex')
}

/** Calls the action for every file, even if it fails for one, so that the other files are still written. */
function forEach(made: readonly RejectFile[], action: (file: RejectFile) => void): void {
  const failures = made.flatMap(file => failureOf(() => action(file)) ?? [])
  if (failures[0] !== undefined) throw failures[0]
}

/** @param isOurs  called before every change. If it returns false, the change fails as if the disk could not be written */
export function filesWhileOwned(files: Files, isOurs: () => boolean): Files {
  const checked = <Arguments extends unknown[], Result>(action: (...args: Arguments) => Result) => {
    return (...args: Arguments): Result => {
      if (isOurs()) return action(...args)
      throw new Error('another process continues the run')
    }
  }
  const whileOurs = (file: OutputFile): OutputFile => ({
    ...file,
    write: checked(bytes => file.write(bytes)),
    truncate: checked(sizeBytes => file.truncate(sizeBytes)),
  })
  return {
    ...files,
    create: checked(path => whileOurs(files.create(path))),
    openEmpty: checked(path => whileOurs(files.openEmpty(path))),
    reopen: checked(path => whileOurs(files.reopen(path))),
    remove: checked(path => files.remove(path)),
  }
}
