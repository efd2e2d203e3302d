/*
  The rejects files of a run: the one that the user named, and one beside it for each further shape of records, since
  a file can be loaded again only when its records have one header.
*/
import { DdbError } from '../../errors.js'
import type { RecordShape } from '../../parse/input-reader.js'
import type { Files } from '../../platform/platform.js'
import {
  createRejectFile,
  cutTo,
  reasonsPath,
  reopenRejectFile,
  type PairSize,
  type RejectFile,
  type RejectReason,
} from './reject-file.js'
import { furtherPath } from './reject-path.js'
import { reasonOf } from './row-file.js'

/** All rejects of a run. */
export interface RejectFiles {
  /**
   * Puts the record and its reason in the queue of the file of its shape, which is made for the first one.
   * @throws {DdbError} DDB_OUTPUT_CREATE when it cannot be; the row is unplaced
   */
  add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void
  /** Writes what is queued and waits for the disk. @throws {DdbError} DDB_OUTPUT_WRITE */
  flush(): void
  /** @throws {DdbError} DDB_OUTPUT_WRITE */
  close(): void
  /** Files that hold rows for certain, the first one made first. */
  files(): { path: string; rows: number }[]
  /** Rows that are in none of them. */
  readonly unplaced: number
  /** The files and their sizes, once flushed. `key` tells the shape of their records. */
  kept(): KeptFile[]
  /**
   * Goes on with files that an earlier process has made; what it wrote behind these sizes is cut off.
   * @param making  told of each further file before it is made
   * @throws {DdbError} DDB_OUTPUT_CREATE when one of them is not what it was
   */
  goOn(kept: readonly KeptFile[], unplaced: number, making: (path: string) => void): void
}

/** A pair of files, and the records that go there. */
export interface KeptFile extends PairSize {
  readonly key: string
  readonly path: string
}

/** Where the records of one shape go. */
interface ShapeFile {
  /** undefined where it was not tried, or could not be made. */
  file: RejectFile | undefined
  isTried: boolean
  readonly earlier: KeptFile | undefined
}

/** Each keeps two files open, and a process may have about a thousand. */
const maxFiles = 100

/** Creates nothing yet: a run without rejects leaves no file. */
export function openRejectFiles(path: string, files: Files): RejectFiles {
  /** In the order in which the files were made. */
  const byShape = new Map<string, ShapeFile>()
  /** Of each input; headers may be long. */
  const keys = new WeakMap<RecordShape, string>()
  const made: RejectFile[] = []
  let tellMaking: (path: string) => void = () => undefined
  let number = 1
  let unplaced = 0

  const create = (shape: RecordShape): RejectFile => {
    if (byShape.size > maxFiles) {
      throw new DdbError(
        'DDB_OUTPUT_CREATE',
        `the inputs have more than ${maxFiles} different headers: load them in several runs`,
      )
    }
    for (;;) {
      const isFirst = number === 1
      const name = isFirst ? path : furtherPath(path, number, shape)
      number++
      // What is somebody else's must never look like ours.
      if (!isFirst && files.statusNow(name) !== undefined) continue
      tellMaking(name)
      try {
        return createRejectFile(name, shape, files, isFirst)
      } catch (cause) {
        // What has a further name already is left as it is: the next number does as well.
        if (!isFirst && (cause as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw new DdbError('DDB_OUTPUT_CREATE', `cannot create "${name}": ${reasonOf(cause)}`, {
          cause,
        })
      }
    }
  }

  const fileOf = (shape: RecordShape): RejectFile | undefined => {
    const key = keys.get(shape) ?? shapeKey(shape)
    keys.set(shape, key)
    const place = byShape.get(key) ?? { isTried: false, earlier: undefined, file: undefined }
    const { earlier } = place
    if (place.isTried) return place.file
    place.isTried = true
    byShape.set(key, place)
    place.file =
      earlier === undefined
        ? create(shape)
        : guard(earlier.path, () => reopenRejectFile(earlier.path, shape, earlier, files))
    made.push(place.file)
    return place.file
  }

  return {
    add(record, shape, reason) {
      let file: RejectFile | undefined
      try {
        file = fileOf(shape)
      } finally {
        if (file === undefined) unplaced++
      }
      file?.add(record, reason)
    },
    flush: () => forEach(made, file => file.flush()),
    close: () => forEach(made, file => file.close()),
    files: () => keptFiles(byShape).map(({ path: name, rows }) => ({ path: name, rows })),
    kept: () => keptFiles(byShape),
    goOn(earlier, unplacedBefore, making) {
      tellMaking = making
      unplaced = unplacedBefore
      for (const one of earlier) {
        guard(one.path, () => {
          cutTo(one.path, one.sizeBytes, files).close()
          cutTo(reasonsPath(one.path), one.reasonsBytes, files).close()
        })
        byShape.set(one.key, { isTried: false, earlier: one, file: undefined })
        number++
      }
    },
    get unplaced() {
      return made.reduce((sum, file) => sum + file.unplaced, unplaced)
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
    throw new DdbError('DDB_OUTPUT_CREATE', `cannot go on with "${path}": ${reasonOf(cause)}`, {
      cause,
    })
  }
}

/** Equal for shapes whose records can stand behind one header, whatever its quotes and line ends. */
function shapeKey({ delimiter, fieldNames, fieldCount, text }: RecordShape): string {
  // A file has one encoding, which its mark may be needed to tell.
  return JSON.stringify([delimiter ?? null, fieldNames ?? fieldCount, text.encoding, markOf(text)])
}

function markOf({ encoding, mark }: RecordShape['text']): string {
  return encoding === 'utf-8' ? '' : Buffer.from(mark).toString('hex')
}

/** One file that fails does not keep the others from the disk. */
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
