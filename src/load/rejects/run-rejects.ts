/* The rejects of a run. They are counted by kind and, if the user wants that, written to files: the one that the user named, and one more beside
   it for each further header, as a file that is loaded again has one. Rows wait in memory until their batch is settled. */
import { bugError, DdbError, option } from '../../errors.js'
import type { Batch, RecordShape } from '../../parse/batch.js'
import { rangeAt } from '../../parse/row-places.js'
import { runDamaged } from '../journal/changed-run.js'
import { digestOf } from '../journal/fingerprint.js'
import { failureOf, tryEach } from '../journal/journal-file.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import type { LoadResult } from '../options.js'
import type { RunBasis } from '../run-ending.js'
import {
  checkRoom,
  continuing,
  createError,
  creating,
  furtherPath,
  hiddenPath,
  isOfOtherStart,
  isOfRun,
  isOwnPlace,
  ofEarlierRun,
  partsOf,
  pathHere,
  pathThere,
  removeUncounted,
  shapeKey,
} from './reject-path.js'
import {
  type AnyReject,
  type InputRejects,
  isOpen,
  limitFailure,
  located,
  moreLines,
  placesText,
  problemOf,
  refusedRow,
  type RejectReading,
} from './reject.js'
import { drop, mayHaveMore, rejectsFile, type RejectsFile } from './rejects-file.js'
import { rejectRun, type RejectReason, type RejectRun } from './retry.js'

/** Limit of rejects that notices show. The rejects file contains all of them. */
const shownRejects = 3
/** The result shows at most this many rejects of each error code. */
const mostFirst = 3
/** Each is a name in the user's folder. */
const maxFiles = 100
/** If about this many bytes wait in memory, they are appended at once. */
const mostWaitingBytes = 1024 * 1024
/** Approximate size of a reason. */
const reasonBytes = 400

/** Ends the run if there are too many. Creates no file before the first reject. */
export class RunRejects {
  /** Rows that this process could not place, and rows of files that were lost. Except in shards they end the run, so later ones join them. */
  unplaced = 0
  isUnfinished: RejectRun['isUnfinished']
  readonly #run: RunBasis
  readonly #making: (path: string) => void
  /** The first file; undefined if the user wants none. */
  #path: string | undefined
  /**
   * Of a run that shards load. `mark`: of this process, hides files until the stream has ended. `from`: index of its first file. `firstKey`:
   * the shape of its first input.
   */
  #stream: { readonly mark: string; readonly from: number; firstKey?: string } | undefined
  /** Of the run's record on the server, which tells its files from those of earlier runs of this name. */
  #token: string | undefined
  /** In the order of their creation, also by earlier processes. */
  readonly #files: RejectsFile[] = []
  /** Their keys may be long. */
  #ofShape = new WeakMap<RecordShape, RejectsFile>()
  /** Of the last file. */
  #number = 0
  readonly #readings = new Map<string, RejectReading>()
  #hadEnded = false
  #waitingBytes = 0
  /** Rows in files of other processes, and rows that a later process will reject again. */
  #elsewhere = 0
  readonly #sums: Pick<JournaledRejects, 'byClass' | 'byCode'> = {
    ...{ byClass: { parse: 0, type: 0, server: 0 }, byCode: {} },
  }
  readonly #byInput = new Map<string, InputRejects>()
  /** Inputs whose rejects changed since the last record in the journal. */
  readonly #changed = new Set<string>()
  readonly #first: LoadResult['rejects']['first'] = []

  /** @param making  called before each file */
  constructor(run: RunBasis, making: (path: string) => void) {
    this.#run = run
    this.#making = making
    this.#path = run.checked.rejectsFile
  }

  /** Records how the run reads an input. */
  reading(input: string, reading: RejectReading, shape: RecordShape): void {
    this.#readings.set(input, reading)
    if (this.#stream !== undefined) this.#stream.firstKey ??= shapeKey(shape, reading)
  }

  /** Counts a row that will not be sent, and adds it to the rejects. If it cannot be added, the run ends. */
  keep(told: AnyReject, shape: RecordShape): void {
    const { state, watch, rows, reporter, ending } = this.#run
    const reject = rows?.rejected(told) ?? told
    state.rows.rejected++
    state.moreRejectedLines += moreLines(reject)
    if (watch !== undefined) watch.rejected?.(reject)
    else if (state.rows.rejected <= shownRejects) {
      const { file, lineNumber, message } = reject
      reporter.notice(`rejected: ${located(file, lineNumber, message)}`)
    }
    this.#count(reject)
    try {
      if (watch === undefined) this.place(reject, shape)
    } catch (error) {
      ending.fail(error)
    }
    ending.fail(limitFailure(this.#run, reject))
  }

  /** As `keep`, for a row that the target does not take, with the reason. */
  keepRefused(batch: Batch, row: number, reason: string): void {
    const message = this.#run.reporter.secrets.hide(reason)
    this.keep(refusedRow(batch, row, message), rangeAt(batch.ranges, row).shape)
  }

  #count({ file, code, message, lineNumber, class: kind }: AnyReject): void {
    this.#changed.add(file)
    const { byClass, byCode } = this.#sums
    byClass[kind]++
    byCode[code] = (byCode[code] ?? 0) + 1
    // One object for all: the garbage collector keeps those for single rejects.
    const ofInput = this.ofInput(file)
    this.#byInput.set(file, ofInput)
    ofInput.rejected++
    ofInput.firstError ??= { code, message, lineNumber }
    ofInput.lastLine = Math.max(ofInput.lastLine ?? 0, lineNumber)
    let alike = 0
    for (const one of this.#first) if (one.code === code) alike++
    if (alike < mostFirst) this.#first.push({ code, file, lineNumber, message })
  }

  /** Queues a row for the file of its shape, and does not count it. @throws {DdbError} as `flush` */
  place(reject: AnyReject, shape: RecordShape): void {
    if (this.#path === undefined) return
    if (this.unplaced > 0 && this.#stream === undefined) return void this.unplaced++
    const file = (!isOpen(reject) && this.#ofShape.get(shape)) || this.#find(shape, reject)
    const { runId } = this.#run.checked
    const reading = this.#readings.get(reject.file)
    const reason: RejectReason = { runId, token: undefined, ...problemOf(reject) }
    const known = reading?.offsets?.known
    // A copy of the reason would cost a hidden class for each row.
    if (known !== undefined) reason.offsets = known
    if (file.isEmpty()) {
      reason.token = this.#token
      reason.run = this.#described(file.path, shape, reading)
    }
    file.add(reject.bytes, shape, reason)
    this.#waitingBytes += reject.bytes.length + reasonBytes
    if (this.#waitingBytes >= mostWaitingBytes) this.flush()
  }

  #find(shape: RecordShape, reject: AnyReject): RejectsFile {
    try {
      // A quote that is never closed would take in the records after it, so the input has a file for that record alone.
      const own = isOpen(reject) ? reject.file : ''
      const key = shapeKey(shape, this.#readings.get(reject.file)) + own
      const found = this.#files.find(one => one.key === key && !one.isLeft)
      const file =
        found ?? this.#placing(() => creating(this.#path!, () => this.#create(key, shape)))
      if (own === '') this.#ofShape.set(shape, file)
      return file
    } catch (error) {
      this.#lose(1)
      throw error
    }
  }

  /** Counts rows that are in no file of this process. Another one that has the run rejects them again. */
  #lose(rows: number): void {
    if (this.#run.ending.maySend()) this.unplaced += rows
    else this.#elsewhere += rows
  }

  #create(key: string, shape: RecordShape): RejectsFile {
    const { files } = this.#run.platform
    this.#checkOurs()
    if (this.#files.filter(({ isLeft }) => !isLeft).length === maxFiles) {
      // Loaded in several runs, rows that this run has stored would be stored twice.
      const goesOn = this.#token !== undefined && this.#stream === undefined
      const advice = goesOn
        ? `go on with the run, and name another file with ${option('rejects.file')}`
        : 'load them in several runs'
      throw createError(
        `the inputs have more than ${maxFiles} different headers or paths, each of which needs a rejects file: ${advice}`,
      )
    }
    for (;;) {
      const number = ++this.#number
      // Every process of a stream must give the same names, and rejects come in any order.
      const isFirst =
        this.#stream === undefined ? number === 1 : key === (this.#stream.firstKey ??= key)
      const mark = this.#stream === undefined ? number : digestOf(Buffer.from(key)).slice(0, 8)
      const path = isFirst ? this.#path! : furtherPath(this.#path!, mark, shape)
      const place = this.#stream === undefined ? path : hiddenPath(path, this.#stream.mark)
      // Skips the name of a file that already exists, because this run did not create that file.
      const isFixed = isFirst || this.#stream !== undefined
      if (!isFixed && files.statusNow(place) !== undefined) continue
      this.#making(place)
      const none = { rows: 0, sizeBytes: 0, reasonsBytes: 0 }
      const file = rejectsFile({ key, path, ...none }, files, true, place)
      const cause = failureOf(() => file.create(isFirst)) as NodeJS.ErrnoException | undefined
      if (cause === undefined) {
        this.#files.push(file)
        return file
      }
      // If a file with this name was created in the meantime, it remains unchanged, and the next number is tried.
      if (isFixed || cause.code !== 'EEXIST') throw cause
    }
  }

  /** The first line of a file's reasons describes the run. */
  #described(own: string, shape: RecordShape, reading?: RejectReading): RejectRun {
    // Another machine may name the rejects of a stream otherwise, and the rows must not be loaded twice.
    const { stem } = partsOf(this.#run.checked.rejectsFile!)
    const path = this.#stream === undefined ? own : `${this.#token}${own.slice(stem.length)}`
    const known = { path, fieldNames: shape.fieldNames, isUnfinished: this.isUnfinished }
    return rejectRun(this.#run, known, reading, shape.fieldCount)
  }

  /** Appends queued rows, and waits for the disk. @throws {DdbError} DDB_OUTPUT_CREATE, DDB_OUTPUT_WRITE; the rows are then unplaced */
  flush(): void {
    if (this.#waitingBytes === 0) return
    this.#waitingBytes = 0
    const append = (file: RejectsFile): void => {
      const { waiting } = file
      const failure = failureOf(() => {
        this.#checkOurs()
        file.append()
      })
      if (failure === undefined) return
      this.#lose(waiting)
      // They are still there if another process has the run, and must not be counted again with later ones.
      file.waiting = 0
      // Rows that were written without an error may still be lost: after a failed sync, a second sync proves nothing.
      if (this.#run.ending.maySend()) failureOf(() => file.cutBack())
      throw failure
    }
    const waiting = this.#files.filter(file => file.waiting > 0)
    this.#placing(() => tryEach(waiting, append))
  }

  /** Once another process has taken the run, this one changes no file. */
  #checkOurs(): void {
    if (!this.#run.ending.maySend())
      throw new DdbError('DDB_LOCKED', 'another process continues the run')
  }

  /** Whether there are rejects that `journaled` has not returned. */
  get hasNews(): boolean {
    return this.#changed.size > 0
  }

  /** What the journal records; call `flush` first. Lists only inputs whose rejects changed since the last call. */
  journaled(): Omit<JournaledRejects, 'upTo'> {
    const inputs = [...this.#changed].map(name => [name, this.ofInput(name)] as const)
    this.#changed.clear()
    // Those that certainly have rows.
    const files = this.#files.filter(({ rows }) => rows > 0).map(file => file.kept())
    return { ...this.#sums, files, byInput: Object.fromEntries(inputs) }
  }

  /**
   * Continues the rejects of earlier processes, and changes no file. Leaves files of a run that had ended, because the user may repair them, and
   * files of another name than the run now gives to its rejects. @throws {DdbError} DDB_OUTPUT_CREATE if one of the others has changed; DDB_RUN_DAMAGED
   * if one is of another start of the run than its journal
   */
  goOn(found: RecordedRun, token: string, journal: string): void {
    const { rejects, end, run } = found
    this.#token = token
    const { byClass, byCode, byInput = {}, files = [] } = rejects ?? {}
    Object.assign(this.#sums.byClass, byClass)
    Object.assign(this.#sums.byCode, byCode)
    for (const [name, ofInput] of Object.entries(byInput)) this.#byInput.set(name, { ...ofInput })
    if (this.#path === undefined) return
    const { files: disk } = this.#run.platform
    const own = this.#path
    // Paths in the journal are of the folder in which the run began.
    this.#path = pathThere(run, this.#path)
    this.#hadEnded = end?.isDone === true
    for (const kept of files) {
      const path = pathHere(run, kept.path)
      const file = rejectsFile({ ...kept, path }, disk, !mayHaveMore(found, path, kept, disk))
      this.#files.push(file)
      const isOwn = isOwnPlace(own, path, disk)
      if (isOwn) this.#number++
      file.isTorn = !file.isLeft && !this.#hadEnded
      file.isLeft = !file.isTorn || !isOwn
      if (file.isLeft) continue
      if (isOfOtherStart(path, this.#run.checked.runId, disk, token)) {
        const damage = `"${path}" has rejects of another start of the run, so one of the two files was restored from another time`
        throw runDamaged(journal, damage)
      }
      this.#placing(() => continuing(file, () => file.check()))
      file.begin()
    }
  }

  /**
   * Removes rejects that a killed process left and the journal does not count: they are read again. What the user has repaired, and given
   * up by naming another file, stays. Comes after all checks that may refuse the run, because the journal of a refused run may record fewer
   * rejects than the files hold. @throws {DdbError} DDB_OUTPUT_CREATE
   */
  removeLeft({ found, now }: Readonly<Record<'found' | 'now', RecordedRun>>): void {
    for (const file of this.#files) {
      if (!file.isTorn || (file.isLeft && failureOf(() => file.check()) !== undefined)) continue
      continuing(file, () => {
        this.#checkOurs()
        file.cutBack()
      })
    }
    if (this.#path !== undefined) removeUncounted({ found, now }, this.#path, this.#run)
  }

  /** Adds rows that another process has read, and rejects that it has written to its files. */
  addElsewhere(read: number, rejected: number): void {
    const { rows, elsewhere } = this.#run.state
    for (const counts of [rows, elsewhere]) {
      counts.read += read
      counts.rejected += rejected
    }
    this.#elsewhere += rejected
  }

  /** Further rejects go to the files of a stream that several processes may load: under other names until `endStream`. */
  beginStream(path: string, token: string): void {
    this.close()
    const { files, random } = this.#run.platform
    const mark = Buffer.from(random.bytes(4)).toString('hex')
    creating(path, () => checkRoom(hiddenPath(path, mark), files))
    this.#token = token
    this.#stream = { mark, from: this.#files.length }
    this.#path = path
    this.#ofShape = new WeakMap()
  }

  /**
   * Gives the files of a stream their names. Never replaces one of an earlier run of this name, which the user may be repairing.
   * @throws {DdbError} DDB_OUTPUT_CREATE, DDB_OUTPUT_WRITE
   */
  endStream(): void {
    this.#closeFiles()
    const { platform, checked } = this.#run
    const made = this.#files.filter(({ isLeft }) => !isLeft)
    for (const file of made) {
      const isThere = platform.files.statusNow(file.path) !== undefined
      if (isThere && !isOfRun(file.path, checked.runId, platform.files, this.#token))
        throw ofEarlierRun(file.path)
      file.rename()
    }
    for (const file of made) file.isLeft = true
  }

  /** Removes the files of a stream that another process has ended, but not those of others in their place. */
  dropStream(): void {
    this.#elsewhere += drop(this.#files.slice(this.#stream?.from))
  }

  /** Removes the files of a stream that has not ended, which the next process reads again, and those of a failed audit, which lack rows. */
  close(): void {
    try {
      this.#closeFiles()
    } finally {
      const { options, watch, ending } = this.#run
      const isPartial = options.shard !== undefined || (watch && ending.failure) !== undefined
      if (isPartial) this.unplaced += drop(this.#files.filter(({ isLeft }) => !isLeft))
    }
  }

  /** Appends what is queued, and checks that all files are in their place. If one is not, all of its rows are unplaced. */
  #closeFiles(): void {
    const close = (file: RejectsFile): void => {
      const isOurs = file.rows > 0 && !file.isLeft
      const failure = isOurs ? failureOf(() => file.check()) : undefined
      file.lock?.release()
      if (failure === undefined) return
      this.#lose(file.rows)
      file.rows = 0
      throw failure
    }
    const closeAll = (): void => this.#placing(() => tryEach(this.#files, close))
    tryEach([() => this.flush(), closeAll], act => act())
  }

  /** Adds to a failure where the rejects are in the input. */
  #placing<T>(action: () => T): T {
    try {
      return action()
    } catch (error) {
      const isOfRun = error instanceof DdbError && this.#run.watch === undefined
      if (isOfRun) error.message += `. ${placesText(this.#byInput)}`
      throw error
    }
  }

  ofInput(file: string): InputRejects {
    return this.#byInput.get(file) ?? { rejected: 0, firstError: null }
  }

  /** The rejects in the run's result. Must be called after the files are closed. */
  result(): LoadResult['rejects'] {
    // Not those that are no longer there. Users repair the files of a run that had ended, and of a stream.
    const isListed = (file: RejectsFile): boolean =>
      file.rows > 0 && (this.#stream !== undefined || file.isThere(this.#hadEnded))
    const files = this.#files.filter(isListed).map(({ path, rows }) => ({ path, rows }))
    const unplaced = this.unplaced + sumOf(this.#files) - sumOf(files)
    return { file: files[0]?.path ?? null, files, unplaced, ...this.#sums, first: this.#first }
  }

  /** The failure to report if a reject is neither in a file nor counted as unplaced, else undefined. */
  equationError(rejected: number): DdbError | undefined {
    const placed = sumOf(this.#files)
    const isFiled = this.#run.checked.rejectsFile !== undefined && this.#run.watch === undefined
    if (!isFiled || placed + this.unplaced + this.#elsewhere === rejected) return undefined
    return bugError(
      `the rejects do not add up: ${rejected} rejected, ${placed} in files, ${this.unplaced} without a place`,
    )
  }
}

function sumOf(files: readonly { readonly rows: number }[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0)
}
