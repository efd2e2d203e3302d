/* The rejects files of a run: the file that the user named, and one more beside it for each further header, as a file that is loaded again has
   one. Each has the header and the rejected records byte for byte; the file of reasons next to it has a line for each. Rejects wait in
   memory until their batch is settled, and are then appended to both files or to neither, even if the disk fails. */
import { resolve } from 'node:path'
import { DdbError, messageOf, option } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cell-rules.js'
import type { RecordShape } from '../../parse/batch.js'
import type { FileLock, Files } from '../../platform/platform.js'
import { failureOf, lockPath, tryEach } from '../journal/journal-file.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { RunBasis } from '../run-basis.js'
import { appendedFile, hashOf } from './appended-file.js'
import {
  createError,
  finishedPath,
  furtherPath,
  isFurtherPath,
  isOfRun,
  shapeKey,
} from './reject-path.js'
import { reasonsPath } from '../../source/data-files.js'
import type { RejectReading } from './reject.js'
import { rejectRun, type RejectReason } from './retry.js'

/** A rejects file of a run with its reasons, as the journal records it. */
export type KeptFile = JournaledRejects['files'][number]

/** Rows that wait for a file, as its bytes: an object for each row would take twice the memory. */
interface Queued {
  readonly shape: RecordShape
  /** May get a description of the run. */
  readonly first: RejectReason
  readonly texts: readonly ReturnType<typeof growingBytes>[]
  rows: number
}

type Pair = ReturnType<typeof pairOf>

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
  readonly #run: RunBasis
  readonly #making: (path: string) => void
  readonly #token: string | undefined
  /** Files that exist, in the order of their creation, also by earlier processes. */
  readonly #all: Pair[] = []
  /** By key. */
  readonly #queued = new Map<string, Queued>()
  /** Files that killed processes may have written to after the recorded sizes. */
  readonly #toCutBack: Pair[] = []
  readonly #readings = new Map<string, RejectReading>()
  #offsets: ColumnOffsets | undefined
  #hadEnded = false
  /** The key of each input's shape, computed only once because headers may be long. */
  readonly #keys = new WeakMap<RecordShape, string>()
  #queuedBytes = 0
  /** Memory for the next rows that wait. */
  #spare: Queued['texts'][] = []
  #number = 1

  /** Creates no file. A run without rejects therefore leaves none. @param making  called before each file @param token  as in `RejectReason` */
  constructor(path: string, run: RunBasis, making: (path: string) => void, token?: string) {
    this.#path = path
    this.#run = run
    this.#making = making
    this.#token = token
  }

  /** Records how the run reads an input. @param offsets  of columns, as far as known at each reject */
  reading(file: string, reading: RejectReading, offsets: ColumnOffsets | undefined): void {
    this.#readings.set(file, reading)
    this.#offsets = offsets
  }

  /** Queues a record and its reason, which gets the offsets, for the file of the record's shape. @throws {DdbError} as `flush` */
  add(record: Uint8Array, shape: RecordShape, reason: RejectReason): void {
    if (this.unplaced > 0) {
      this.unplaced++
      return
    }
    const key = this.#keys.get(shape) ?? shapeKey(shape, this.#readings.get(reason.file))
    this.#keys.set(shape, key)
    const { known } = this.#offsets ?? {}
    // A copy of the reason would cost a hidden class for each row.
    if (known !== undefined) reason.offsets = known
    let queued = this.#queued.get(key)
    if (queued === undefined) {
      const [texts = [growingBytes(), growingBytes()]] = this.#spare.splice(0)
      queued = { shape, first: reason, texts, rows: 0 }
      this.#queued.set(key, queued)
    }
    queued.texts[0]!.add(ended(record, shape.text.encoding))
    queued.texts[1]!.add(lineOf(reason))
    queued.rows++
    this.#queuedBytes += record.length + reasonBytes
    if (this.#queuedBytes >= mostQueuedBytes) this.flush()
  }

  /** Appends queued rows, and waits for the disk. @throws {DdbError} DDB_OUTPUT_CREATE, DDB_OUTPUT_WRITE; the rows are then unplaced */
  flush(): void {
    this.#queuedBytes = 0
    const queued = [...this.#queued]
    this.#queued.clear()
    tryEach(queued, ([key, one]) => this.#append(key, one))
  }

  /** Appends what is queued, and checks that all files are in their place. @throws {DdbError} as `flush` */
  close(): void {
    const failure = failureOf(() => this.flush())
    try {
      tryEach(this.#all, pair => this.#checkPlace(pair))
    } finally {
      for (const { lock } of this.#all) lock?.release()
    }
    if (failure !== undefined) throw failure
  }

  /**
   * Gives the files, which are closed, their names. Never replaces one with other rows that an earlier run of this name has left, and the user
   * may be repairing. @throws {DdbError} DDB_OUTPUT_CREATE, DDB_OUTPUT_WRITE
   */
  rename(): void {
    const { platform, checked } = this.#run
    const { files } = platform
    for (const { path, parts, rows } of this.#all) {
      if (rows === 0) continue
      const to = finishedPath(path)
      const isOwn = isOfRun(reasonsPath(to), checked.runId, files, this.#token)
      const status = isOwn ? undefined : files.statusNow(to)
      if (
        status !== undefined &&
        hashOf(to, files, status.sizeBytes).digest('hex') !== parts[0]!.digest()
      )
        throw createError(
          `"${to}" has rejects of an earlier run: load or move it first, and repeat the shard`,
        )
      for (const [from, name] of [
        [reasonsPath(path), reasonsPath(to)],
        [path, to],
      ] as const) {
        const cause = failureOf(() => files.rename(from, name))
        if (cause === undefined) continue
        const message = `cannot rename "${from}": ${messageOf(cause)}`
        throw new DdbError('DDB_OUTPUT_WRITE', message, { cause })
      }
    }
  }

  /** Removes the files, which are closed; not those of another process in their place. */
  discard(): void {
    for (const { parts } of this.#all) for (const part of parts) failureOf(() => part.remove())
  }

  /** The files that certainly have rows, in the order of their creation. Sizes on the disk; complete only after `flush`. */
  kept(pairs: readonly Pair[] = this.#all): KeptFile[] {
    return pairs.flatMap(({ key, path, rows, isLeft, parts: [records, reasons] }) => {
      const sizes = { sizeBytes: records!.sizeBytes, reasonsBytes: reasons!.sizeBytes }
      const digest = records!.digest()
      return rows === 0 ? [] : [{ key, path, rows, ...sizes, digest, ...(isLeft && { isLeft }) }]
    })
  }

  /** As `kept`, without files that are no longer there. Those of a run that had ended may have become shorter: users repair them. */
  present(): KeptFile[] {
    const isThere = ({ parts }: Pair): boolean => parts.every(part => part.has(0))
    return this.kept(this.#all.filter(this.#hadEnded ? isThere : isWhole))
  }

  /**
   * Continues files that earlier processes created. Leaves files of a run that had ended, because the user may repair them, and files
   * of another name than the run now gives to its rejects. Changes no file.
   * @throws {DdbError} DDB_OUTPUT_CREATE if one of the files has changed
   */
  goOn(kept: readonly KeptFile[], hadEnded: boolean): void {
    const own = resolve(this.#path)
    this.#hadEnded = hadEnded
    for (const one of kept) {
      const pair = pairOf(one, this.#run.platform.files)
      this.#all.push(pair)
      pair.isLeft ||= hadEnded
      if (!pair.isLeft) this.#toCutBack.push(pair)
      const other = resolve(one.path)
      if (own !== other && !isFurtherPath(own, other)) pair.isLeft = true
      else this.#number++
      if (pair.isLeft) continue
      if (!isWhole(pair) || !pair.parts.every(part => part.isUnchanged()))
        throw cannotContinue(pair, new Error('somebody has removed or changed it'))
      this.#lock(pair)
    }
  }

  /** Removes what killed processes have written after the recorded sizes: it is read again. @throws {DdbError} DDB_OUTPUT_CREATE */
  cutBack(): void {
    for (const pair of this.#toCutBack.splice(0)) {
      if (pair.isLeft && !isWhole(pair)) continue
      try {
        this.#checkOurs()
        for (const part of pair.parts) part.cutBack()
      } catch (cause) {
        throw cannotContinue(pair, cause)
      }
    }
  }

  /** Stops other commands from loading the files while this process writes them. */
  #lock(pair: Pair): void {
    // In some folders, locks cannot be created. The run does not need them.
    failureOf(() => {
      const answer = this.#run.platform.files.lockNow(lockPath(pair.path))
      if (answer.kind === 'held') pair.lock = answer.lock
    })
  }

  #append(key: string, queued: Queued): void {
    let pair = this.#all.find(one => one.key === key && !one.isLeft)
    try {
      this.#checkOurs()
      pair ??= this.#create(key, queued.shape)
      const texts = this.#textsOf(pair, queued)
      for (const [i, part] of pair.parts.entries()) part.write(texts[i]!)
      for (const [i, part] of pair.parts.entries()) part.wrote(texts[i]!)
      pair.rows += queued.rows
    } catch (error) {
      this.unplaced += queued.rows
      const { parts = [] } = pair ?? {}
      // Rows that were written without an error may still be lost: after a failed sync, a second sync proves nothing.
      if (this.#run.ending.maySend()) for (const part of parts) failureOf(() => part.cutBack())
      throw error
    }
  }

  #textsOf({ rows, path }: Pair, { shape, first, texts }: Queued): readonly Buffer[] {
    const [records, reasons] = texts.map(text => text.take()) as [Buffer, Buffer]
    this.#spare = [texts]
    if (rows > 0) return [records, reasons]
    const { encoding, mark } = shape.text
    // Except for UTF-8, a reader needs the byte order mark to recognize the encoding.
    const head = encoding === 'utf-8' ? [] : [mark]
    if (shape.headerBytes !== undefined) head.push(ended(shape.headerBytes, encoding))
    const known = { path: finishedPath(path), fieldNames: shape.fieldNames }
    const run = rejectRun(this.#run, known, this.#readings.get(first.file))
    const others = reasons.subarray(lineOf(first).length)
    const start = { runId: first.runId, token: this.#token }
    const described = lineOf({ ...start, ...first, run })
    return [Buffer.concat([...head, records]), Buffer.concat([described, others])]
  }

  /** Creates both files. Two runs never share a file, because the run that creates the file of reasons owns it. */
  #create(key: string, shape: RecordShape): Pair {
    const { files } = this.#run.platform
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
      this.#making(path)
      const pair = pairOf({ key, path, rows: 0, sizeBytes: 0, reasonsBytes: 0 }, files)
      const [records, reasons] = pair.parts
      try {
        reasons!.create()
        records!.create(isFirst)
      } catch (cause) {
        for (const part of pair.parts) part.removeEmpty()
        // If a file with this name was created in the meantime, it remains unchanged, and the next number is tried.
        if (!isFirst && (cause as NodeJS.ErrnoException).code === 'EEXIST') continue
        throw createError(`cannot create "${path}": ${messageOf(cause)}`, cause)
      }
      this.#all.push(pair)
      this.#lock(pair)
      return pair
    }
  }

  /** Once another process has taken the run, this one changes no file. */
  #checkOurs(): void {
    if (!this.#run.ending.maySend())
      throw new DdbError('DDB_LOCKED', 'another process continues the run')
  }

  /** If one of the files with rows is gone, all of them are unplaced. */
  #checkPlace(pair: Pair): void {
    try {
      if (pair.rows > 0 && !pair.isLeft) for (const part of pair.parts) part.check(true)
    } catch (error) {
      this.unplaced += pair.rows
      pair.rows = 0
      throw error
    }
  }
}

/** @param kept  what is certainly on the disk */
function pairOf(
  { isLeft = false, sizeBytes, reasonsBytes, digest, ...kept }: KeptFile,
  files: Files,
) {
  return {
    ...kept,
    /** Whether earlier processes have left the files: the run does not write to them any more. */
    isLeft,
    lock: undefined as FileLock | undefined,
    parts: [
      appendedFile(kept.path, files, sizeBytes, digest),
      appendedFile(reasonsPath(kept.path), files, reasonsBytes),
    ],
  }
}

const isWhole = ({ parts }: Pair): boolean => parts.every(part => part.isWhole())

function cannotContinue({ path }: Pair, cause: unknown): DdbError {
  return createError(
    `cannot continue with "${path}": ${messageOf(cause)}. Put the file back as it was and repeat the command, ` +
      `or name another file with ${option('rejects.file')}: rows that are no longer in this one are then in no file`,
    cause,
  )
}

const lineOf = (reason: RejectReason): Buffer => Buffer.from(`${JSON.stringify(reason)}\n`)

function growingBytes() {
  let bytes = Buffer.alloc(0)
  let length = 0
  return {
    add(part: Uint8Array): void {
      const all = length + part.length
      if (all > bytes.length) bytes = Buffer.concat([bytes], all + bytes.length)
      bytes.set(part, length)
      length = all
    },
    /** The bytes so far, which the next ones overwrite. */
    take(): Buffer {
      const taken = bytes.subarray(0, length)
      length = 0
      return taken
    },
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
  // A record that is cut inside a character would shift those after it. With half a surrogate pair it stays bad.
  if (ends !== usualEnds && record.length % 2 === 1) {
    const rest = encoding === 'utf-16le' ? [0xd8] : [0, 0xd8, 0]
    return ended(Buffer.concat([record, Buffer.from(rest)]), encoding)
  }
  const tail = Buffer.from(record.subarray(-ends[0]!.length)).toString('latin1')
  return ends.includes(tail) ? record : Buffer.concat([record, Buffer.from(ends[0]!, 'latin1')])
}
