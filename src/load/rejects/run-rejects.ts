/* The rejects of a run. They are counted by kind and, if the user wants that, written to files. */
import { resolve } from 'node:path'
import { bugError, DdbError } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cell-rules.js'
import type { Batch, RecordShape } from '../../parse/batch.js'
import { rangeAt } from '../../parse/row-places.js'
import type { JournaledRejects } from '../journal/journal-record.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import type { LoadResult } from '../options.js'
import { rangeText } from '../outcomes/pieces.js'
import type { RunBasis } from '../run-basis.js'
import { RejectFiles } from './reject-files.js'
import { finishedPath, isOfRun, pathHere } from './reject-path.js'
import { reasonsPath } from '../../source/data-files.js'
import {
  type AnyReject,
  limitFailure,
  located,
  moreLines,
  problemOf,
  refusedRow,
  type RejectReading,
} from './reject.js'

/** The result shows at most this many rejects of each error code, and rejects of at most `mostCodes` codes. */
const mostFirst = 3
const mostCodes = 20

type InputRejects = JournaledRejects['byInput'][string]

/** Limit of rejects that notices show. The rejects file contains all of them. */
const shownRejects = 3

/** Ends the run if there are too many. Creates no file before the first reject. */
export class RunRejects {
  readonly #run: RunBasis
  readonly #making: (path: string) => void
  /** undefined if the user wants no file, and outside the streams of a run that shards load. */
  #files: RejectFiles | undefined
  /** Files of streams that have ended. */
  readonly #finished: { readonly path: string; readonly rows: number }[] = []
  /** Rows in files of other processes, and rows that a later process will reject again. */
  #elsewhere = 0
  readonly #sums: Pick<JournaledRejects, 'byClass' | 'byCode'> = {
    ...{ byClass: { parse: 0, type: 0, server: 0 }, byCode: {} },
  }
  readonly #byInput = new Map<string, InputRejects>()
  /** Inputs whose rejects changed since the last record in the journal. */
  readonly #changed = new Set<string>()
  readonly #first: LoadResult['rejects']['first'] = []
  /** Error code → how many of `#first` have it. */
  readonly #shown = new Map<string, number>()

  constructor(run: RunBasis, making: (path: string) => void) {
    const { checked, options } = run
    this.#run = run
    this.#making = making
    if (checked.rejectsFile === undefined || options.shard !== undefined) return
    this.#files = new RejectFiles(checked.rejectsFile, run, making)
  }

  /** Number of rejects that are in no file, because a file could not be written. */
  get unplaced(): number {
    return this.#files?.unplaced ?? 0
  }

  reading(file: string, reading: RejectReading, offsets?: ColumnOffsets): void {
    this.#files?.reading(file, reading, offsets)
  }

  /** Counts a row that will not be sent, and adds it to the rejects. If it cannot be added, the run ends. */
  keep(told: AnyReject, shape: RecordShape): void {
    const { state, watch, rows, reporter, ending } = this.#run
    const reject = rows?.rejected(told) ?? told
    state.rows.rejected++
    state.moreRejectedLines += moreLines(reject)
    if (watch !== undefined) watch.rejected?.(reject)
    else if (state.rows.rejected <= shownRejects) reporter.notice(`rejected: ${located(reject)}`)
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

  /** Adds a row to the files, and does not count it. @throws {DdbError} as `RejectFiles.flush` */
  place(reject: AnyReject, shape: RecordShape): void {
    const { runId } = this.#run.checked
    this.#files?.add(reject.bytes, shape, { runId, ...problemOf(reject) })
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
    const shown = this.#shown.get(code) ?? (this.#shown.size === mostCodes ? mostFirst : 0)
    if (shown === mostFirst) return
    this.#shown.set(code, shown + 1)
    this.#first.push({ code, file, lineNumber, message })
  }

  /** Whether there are rejects that `journaled` has not returned. */
  get hasNews(): boolean {
    return this.#changed.size > 0
  }

  /** What the journal records; call `flush` first. Lists only inputs whose rejects changed since the last call. */
  journaled(): Omit<JournaledRejects, 'upTo'> {
    const inputs = [...this.#changed].map(name => [name, this.ofInput(name)] as const)
    this.#changed.clear()
    return { ...this.#sums, files: this.#files?.kept() ?? [], byInput: Object.fromEntries(inputs) }
  }

  /** Continues the rejects of the run's earlier processes. @throws {DdbError} DDB_OUTPUT_CREATE */
  goOn({ rejects, end, run }: RecordedRun): void {
    const { byClass, byCode } = this.#sums
    Object.assign(byClass, rejects?.byClass)
    Object.assign(byCode, rejects?.byCode)
    for (const [name, ofInput] of Object.entries(rejects?.byInput ?? {})) {
      this.#byInput.set(name, { ...ofInput })
    }
    const { rejectsFile: own } = this.#run.checked
    if (this.#files !== undefined && pathHere(run, own!) !== own) {
      this.#files = new RejectFiles(resolve(own!), this.#run, this.#making)
    }
    const kept = (rejects?.files ?? []).map(one => ({ ...one, path: pathHere(run, one.path) }))
    this.#placing(() => this.#files?.goOn(kept, end?.isDone === true))
  }

  /**
   * Removes rejects that a killed process left and the journal does not count: they are read again. Comes after all checks that may refuse
   * the run, because the journal of a refused run may record fewer rejects than the files hold. @throws the system's error
   */
  removeLeft({ found, now }: Readonly<Record<'found' | 'now', RecordedRun>>): void {
    this.#files?.cutBack()
    const { runId } = this.#run.checked
    const { files } = this.#run.platform
    const placeOf = (path: string): string => resolve(pathHere(now.run, path))
    const counted = new Set(found.rejects?.files.map(({ path }) => placeOf(path)))
    for (const path of new Set(now.rejectsFiles.map(placeOf))) {
      if (counted.has(path) || !isOfRun(reasonsPath(path), runId, files)) continue
      for (const name of [path, reasonsPath(path)]) {
        if (files.statusNow(name) !== undefined) files.remove(name)
      }
    }
  }

  /** Adds rejects that another process has written to its files. */
  addElsewhere(rows: number): void {
    this.#run.state.rows.rejected += rows
    this.#elsewhere += rows
  }

  /** Further rejects go to the files of a stream that several processes may load: under other names until `endStream`. */
  beginStream(path: string, token: bigint): void {
    this.close()
    this.#files = new RejectFiles(path, this.#run, this.#making, String(token))
  }

  /** Gives the files of a stream their names. @throws {DdbError} as `RejectFiles.rename` */
  endStream(): void {
    this.#placing(() => this.#files?.close())
    const kept = this.#files?.kept() ?? []
    this.#files?.rename()
    this.#finished.push(...kept.map(({ path, rows }) => ({ path: finishedPath(path), rows })))
    this.#files = undefined
  }

  flush(): void {
    this.#placing(() => this.#files?.flush())
  }

  /** Removes the files of a stream that has not ended: the next process reads it again. */
  close(): void {
    const files = this.#files
    try {
      this.#placing(() => files?.close())
    } finally {
      if (files !== undefined && this.#run.options.shard !== undefined) {
        this.#elsewhere += sumOf(files.kept()) + files.unplaced
        files.discard()
        this.#files = undefined
      }
    }
  }

  /** Adds to a failure where the rejects are in the input. */
  #placing(action: () => void): void {
    try {
      action()
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
    const present = this.#files?.present() ?? []
    const files = [...this.#finished, ...present].map(({ path, rows }) => ({ path, rows }))
    const unplaced = this.unplaced + this.#keptRows - sumOf(files)
    return { file: files[0]?.path ?? null, files, unplaced, ...this.#sums, first: this.#first }
  }

  get #keptRows(): number {
    return sumOf([...this.#finished, ...(this.#files?.kept() ?? [])])
  }

  /** The failure to report if a reject is neither in a file nor counted as unplaced, else undefined. */
  equationError(rejected: number): DdbError | undefined {
    const { unplaced } = this
    const placed = this.#keptRows
    const { checked, watch } = this.#run
    const isFiled = checked.rejectsFile !== undefined && watch === undefined
    if (!isFiled || placed + unplaced + this.#elsewhere === rejected) return undefined
    return bugError(
      `the rejects do not add up: ${rejected} rejected, ${placed} in files, ${unplaced} without a place`,
    )
  }
}

function sumOf(files: readonly { readonly rows: number }[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0)
}

const shownInputs = 3

/** For example `Rows were rejected in trades.csv, lines 9 to 120`. */
function placesText(byInput: ReadonlyMap<string, InputRejects>): string {
  const places = [...byInput].slice(0, shownInputs).map(([file, { firstError, lastLine }]) => {
    return rangeText({ file, firstLine: firstError!.lineNumber!, lastLine: lastLine! })
  })
  const more = byInput.size - places.length
  return `Rows were rejected in ${places.join('; ')}${more > 0 ? `, and in ${more} other inputs` : ''}`
}
