/*
  The rejects files of a run: the file that the user named, and one more in the same folder for each further shape of records. A file
  can be loaded again only if all of its records have the same header.
*/
import { DdbError } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cells/column-offset.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files } from '../../platform/platform.js'
import {
  checkSize,
  createRejectFile,
  reopenTruncated,
  reopenRejectFile,
  type PairSize,
  type RejectFile,
} from './reject-file.js'
import { reasonsPath, rejectLockPath } from './reject-path.js'
import type { RejectReason } from './reject-run.js'
import { furtherPath } from './reject-path.js'
import type { RejectRun } from './reject-run.js'
import { reasonOf } from './row-file.js'

export interface RejectFiles {
  /**
   * Queues a record and its reason for the file of the record's shape. The first record of a shape creates that file.
   * @throws {DdbError} DDB_OUTPUT_CREATE if the file cannot be created; the row is then unplaced
   */
  add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void
  /** Writes all queued rows and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void
  /** @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void
  /** The files that certainly have rows, in the order of their creation. */
  files(): { path: string; rows: number }[]
  /** Number of rows that are in none of the files. */
  readonly unplaced: number
  /** The files with rows, and their sizes on the disk. Complete only after `flush`. */
  kept(): KeptFile[]
  /**
   * Continues files that an earlier process created.
   * @param making  called before each further file is created
   * @throws {DdbError} DDB_OUTPUT_CREATE if one of these files has changed
   */
  goOn(kept: readonly KeptFile[], unplaced: number, making: (path: string) => void): void
  /** Truncates each file given to `goOn` to its recorded size. @throws {DdbError} DDB_OUTPUT_CREATE */
  cutBack(): void
}

/** The sizes of a rejects file and its file of reasons. `key`: shape of the records. */
export interface KeptFile extends PairSize {
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

/**
 * Creates no file. A run without rejects therefore leaves none.
 * @param about  describes the run
 */
export function openRejectFiles(path: string, files: Files, about?: AboutRun): RejectFiles {
  /** The files by the key of their shape, in the order of their creation. */
  const byShape = new Map<string, ShapeFile>()
  /** The key of each input's shape, computed only once because headers may be long. */
  const keys = new WeakMap<RecordShape, string>()
  const made: RejectFile[] = []
  const maker = newFileMaker(path, files)
  const locks = newLocks(files)
  let unplaced = 0

  const placeOf = (shape: RecordShape, { file }: RejectReason): ShapeFile => {
    const key = keys.get(shape) ?? shapeKey(shape) + (about?.keyOf(file) ?? '')
    keys.set(shape, key)
    const place = byShape.get(key) ?? {
      isTried: false,
      earlier: undefined,
      file: undefined,
      isTold: false,
      toldOffsets: 0,
    }
    const { earlier } = place
    if (place.isTried) return place
    place.isTried = true
    byShape.set(key, place)
    place.file =
      earlier === undefined
        ? maker.create(shape, byShape.size)
        : guard(earlier.path, () => reopenRejectFile(earlier.path, shape, earlier, files))
    made.push(place.file)
    locks.take(place.file.path)
    return place
  }

  return {
    add(record, shape, reason) {
      let place: ShapeFile | undefined
      try {
        place = placeOf(shape, reason)
      } finally {
        if (place?.file === undefined) unplaced++
      }
      const { file } = place
      if (file === undefined) return
      file.add(record, about ? withRun(about, place, shape, reason) : reason)
    },
    flush: () => forEach(made, file => file.flush()),
    close() {
      try {
        forEach(made, file => file.close())
      } finally {
        locks.release()
      }
    },
    files: () => keptFiles(byShape).map(({ path: name, rows }) => ({ path: name, rows })),
    kept: () => keptFiles(byShape),
    goOn(earlier, unplacedBefore, making) {
      maker.goOn(earlier.length, making)
      unplaced = unplacedBefore
      for (const one of earlier) {
        byShape.set(one.key, {
          isTried: false,
          earlier: one,
          file: undefined,
          isTold: true,
          toldOffsets: 0,
        })
      }
      for (const one of earlier) {
        guard(one.path, () => {
          for (const [path, sizeBytes] of sizesOf(one)) {
            files.reopen(path).close()
            checkSize(path, sizeBytes, files)
          }
        })
      }
    },
    cutBack: () => cutBack(byShape.values(), files),
    get unplaced() {
      return made.reduce((sum, file) => sum + file.unplaced, unplaced)
    },
  }
}

function cutBack(places: Iterable<ShapeFile>, files: Files): void {
  for (const { earlier } of places) {
    if (earlier === undefined) continue
    guard(earlier.path, () => {
      for (const [path, sizeBytes] of sizesOf(earlier))
        reopenTruncated(path, sizeBytes, files).close()
    })
  }
}

const sizesOf = ({ path, sizeBytes, reasonsBytes }: KeptFile): readonly [string, number][] => [
  [path, sizeBytes],
  [reasonsPath(path), reasonsBytes],
]

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

interface FileMaker {
  /** @throws {DdbError} DDB_OUTPUT_CREATE */
  create(shape: RecordShape, shapes: number): RejectFile
  /** Continues the numbers of files after the `made` files of earlier processes. `making` is called before each new file. */
  goOn(made: number, making: (path: string) => void): void
}

function newFileMaker(path: string, files: Files): FileMaker {
  let tellMaking: (path: string) => void = () => undefined
  let number = 1
  return {
    goOn(made, making) {
      number += made
      tellMaking = making
    },
    create(shape, shapes) {
      if (shapes > maxFiles) {
        throw new DdbError(
          'DDB_OUTPUT_CREATE',
          `the inputs have more than ${maxFiles} different headers or paths, each of which needs a rejects file: load them in several runs`,
        )
      }
      for (;;) {
        const isFirst = number === 1
        const name = isFirst ? path : furtherPath(path, number, shape)
        number++
        // Skips the name of a file that already exists, because this run did not create that file.
        if (!isFirst && files.statusNow(name) !== undefined) continue
        tellMaking(name)
        try {
          return createRejectFile(name, shape, files, isFirst)
        } catch (cause) {
          // If a file with this name was created in the meantime, it remains unchanged, and the next number is tried.
          if (!isFirst && (cause as NodeJS.ErrnoException).code === 'EEXIST') continue
          throw new DdbError('DDB_OUTPUT_CREATE', `cannot create "${name}": ${reasonOf(cause)}`, {
            cause,
          })
        }
      }
    },
  }
}

/** Locks that stop other commands from loading a file while the run writes it. */
function newLocks(files: Files): { take(path: string): void; release(): void } {
  const held: FileLock[] = []
  return {
    take(path) {
      try {
        const answer = files.lockNow(rejectLockPath(path))
        if (answer.kind === 'held') held.push(answer.lock)
      } catch {
        // In some folders, locks cannot be created. The run does not need them.
      }
    },
    release() {
      for (const lock of held) lock.release()
    },
  }
}

function keptFiles(byShape: ReadonlyMap<string, ShapeFile>): KeptFile[] {
  return [...byShape].flatMap(([key, { file, earlier }]) => {
    const kept = file ?? earlier
    if (kept === undefined || kept.rows === 0) return []
    const { path, rows, sizeBytes, reasonsBytes } = kept
    return [{ key, path, rows, sizeBytes, reasonsBytes }]
  })
}

function guard<T>(path: string, action: () => T): T {
  try {
    return action()
  } catch (cause) {
    throw new DdbError('DDB_OUTPUT_CREATE', `cannot continue with "${path}": ${reasonOf(cause)}`, {
      cause,
    })
  }
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
  const failures: unknown[] = []
  for (const file of made) {
    try {
      action(file)
    } catch (error) {
      failures.push(error)
    }
  }
  if (failures.length > 0) throw failures[0]
}
