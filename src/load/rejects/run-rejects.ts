/*
  The rejects of a run. They are counted by kind and, if the user wants that, written to files.
*/
import { DdbError } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cells/column-offset.js'
import type { Batch, RecordShape } from '../../parse/batch.js'
import type { InputTexts } from '../../parse/columns/template-column.js'
import { rangeAt } from '../../parse/row-places.js'
import type { Files } from '../../platform/platform.js'
import type { ColumnMapping, MappingRules } from '../../schema/cell-source.js'
import { inputTextNames } from '../../schema/set-columns.js'
import type { ReadObserver } from '../check/check-result.js'
import type { CheckedOptions } from '../checked-options.js'
import type { RowStore } from '../inputs/row-store.js'
import type { JournaledRejectsSource } from '../journal/journal.js'
import type { RecordedRun } from '../journal/recorded-run.js'
import type { InputFailure, LoadResult } from '../options.js'
import type { RunState } from '../outcomes/run-state.js'
import type { Reporter } from '../reporter.js'
import type { RunEnding } from '../run-ending.js'
import { RejectFiles, type AboutRun } from './reject-files.js'
import {
  type AnyReject,
  limitFailure,
  located,
  moreLines,
  reasonOf,
  reasonsFormat,
  refusedRow,
  type RejectReading,
  type RejectRun,
} from './reject.js'

export interface RunRejects extends Pick<RejectFiles, 'flush' | 'close'> {
  /**
   * Counts a reject and adds its record to the rejects file.
   * @throws {DdbError} DDB_OUTPUT_CREATE, DDB_OUTPUT_WRITE; the reject is counted even then
   */
  add(reject: AnyReject, shape: RecordShape): void
  /**
   * Records how the run reads an input.
   * @param offsets  time zone offsets of columns, as far as known at each reject
   */
  reading(file: string, reading: RejectReading, offsets?: ColumnOffsets): void
  /** Number of rejects that this process has added. */
  readonly count: number
  /** Number of rejects that are in no file, because a file could not be written. */
  readonly unplaced: number
  /** For the journal, after a flush. Lists only inputs whose rejects changed since the last call. */
  journaled(): ReturnType<JournaledRejectsSource['journaled']>
  /**
   * Continues the rejects of the run's earlier processes.
   * @param making  called with the path before each further rejects file is created
   * @throws {DdbError} DDB_OUTPUT_CREATE
   */
  goOn(found: RecordedRun, making: (path: string) => void): void
  /**
   * Removes rejects that the journal does not count. Call it only after the journal was proved complete.
   * @throws {DdbError}
   */
  cutBack(): void
  ofInput(file: string): InputRejects
  /** The rejects in the run's result. Must be called after the files are closed. */
  result(): LoadResult['rejects']
  /** The failure to report if a reject is neither in a file nor counted as unplaced, else undefined. */
  equationError(rejected: number): DdbError | undefined
}

/** The result shows at most this many rejects of each error code, and rejects of at most `mostCodes` codes. */
const mostFirst = 3
const mostCodes = 20

export interface InputRejects {
  rejected: number
  firstError: InputFailure | null
  /** The last line of the input that begins a rejected record; undefined without rejects. */
  lastLine?: number
}

/** Counts rejects by class, code and input, and keeps the first ones. */
function newRejectCounts() {
  const byClass = { parse: 0, type: 0, server: 0 }
  const byCode: Record<string, number> = {}
  const first: LoadResult['rejects']['first'] = []
  const byInput = new Map<string, InputRejects>()
  const shownOf = new Map<string, number>()
  const show = ({ code, file, lineNumber, message }: AnyReject): void => {
    const shown = shownOf.get(code) ?? 0
    if (shown === mostFirst || (shown === 0 && shownOf.size === mostCodes)) return
    shownOf.set(code, shown + 1)
    first.push({ code, file, lineNumber, message })
  }
  return {
    byInput,
    sums: { byClass, byCode },
    first,
    add(reject: AnyReject): void {
      const { file, code, message, lineNumber } = reject
      const known = byInput.get(file)
      if (known === undefined) {
        const firstError = { code, message, lineNumber }
        byInput.set(file, { rejected: 1, firstError, lastLine: lineNumber })
      } else {
        known.rejected++
        known.lastLine = Math.max(known.lastLine ?? 0, lineNumber)
      }
      byClass[reject.class]++
      byCode[code] = (byCode[code] ?? 0) + 1
      show(reject)
    },
    /** Adds the rejects of earlier processes. */
    goOn(rejects: RecordedRun['rejects']): void {
      Object.assign(byClass, rejects?.byClass)
      Object.assign(byCode, rejects?.byCode)
      for (const [name, ofInput] of Object.entries(rejects?.byInput ?? {})) {
        byInput.set(name, { ...ofInput })
      }
    },
  }
}

interface RunRejectsSetup {
  readonly checked: Pick<CheckedOptions, 'rejectsFile' | 'runId'>
  readonly files: Files
  /** The description of the run for its rejects files; undefined if they cannot be loaded without options. */
  readonly described?: (() => Pick<RejectRun, 'folder' | 'options'>) | undefined
  /** False once another process has taken the run. */
  readonly isOurs?: (() => boolean) | undefined
}

/** Creates no file. */
export function newRunRejects({
  checked,
  files: platformFiles,
  described,
  isOurs,
}: RunRejectsSetup): RunRejects {
  const { rejectsFile, runId } = checked
  const readings = described && newReadings(described)
  const files =
    rejectsFile === undefined
      ? undefined
      : new RejectFiles(rejectsFile, { files: platformFiles, about: readings, isOurs })
  const counts = newRejectCounts()
  const { byInput, sums } = counts
  /** Inputs whose rejects changed since the last record in the journal. */
  const changed = new Set<string>()
  let count = 0
  /** Adds to a failure where the rejects are in the input. */
  const placing = (action: () => void): void => {
    try {
      action()
    } catch (error) {
      if (error instanceof DdbError) error.message += `. ${placesText(byInput)}`
      throw error
    }
  }
  return {
    get count() {
      return count
    },
    get unplaced() {
      return files?.unplaced ?? 0
    },
    reading: (file, reading, offsets) => files && readings?.add(file, reading, offsets),
    journaled() {
      const inputs = [...changed].map(name => [name, byInput.get(name)!] as const)
      changed.clear()
      return { ...sums, files: files?.kept() ?? [], byInput: Object.fromEntries(inputs) }
    },
    goOn({ rejects, end }, making) {
      counts.goOn(rejects)
      placing(() => files?.goOn(rejects?.files ?? [], end?.isDone === true, making))
    },
    cutBack: () => files?.cutBack(),
    add(reject, shape) {
      count++
      changed.add(reject.file)
      counts.add(reject)
      files?.add(reject.bytes, shape, reasonOf(runId, reject))
    },
    ofInput: file => byInput.get(file) ?? { rejected: 0, firstError: null },
    flush: () => placing(() => files?.flush()),
    close: () => placing(() => files?.close()),
    result() {
      const list = files?.present().map(({ path, rows }) => ({ path, rows })) ?? []
      const unplaced = (files?.unplaced ?? 0) + sumOf(files?.kept()) - sumOf(list)
      return { file: list[0]?.path ?? null, files: list, unplaced, ...sums, first: counts.first }
    },
    equationError(rejected) {
      if (files === undefined) return undefined
      const placed = sumOf(files.kept())
      if (placed + files.unplaced === rejected) return undefined
      return new DdbError(
        'DDB_INTERNAL',
        `the rejects do not add up: ${rejected} rejected, ${placed} in files, ${files.unplaced} without a place; ` +
          'this is a bug of ddb-ingest: please report it',
      )
    },
  }
}

function sumOf(files: readonly { readonly rows: number }[] = []): number {
  return files.reduce((sum, { rows }) => sum + rows, 0)
}

const shownInputs = 3

/** For example `Rows were rejected in trades.csv, lines 9 to 120`. */
function placesText(byInput: ReadonlyMap<string, InputRejects>): string {
  const inputs = [...byInput].filter(([, { rejected }]) => rejected > 0)
  const places = inputs.slice(0, shownInputs).map(([file, { firstError, lastLine }]) => {
    const lines = [firstError?.lineNumber, lastLine].filter(line => typeof line === 'number')
    const [first, last] = [Math.min(...lines), Math.max(...lines)]
    if (lines.length === 0) return file
    return `${file}, ${first === last ? `line ${first}` : `lines ${first} to ${last}`}`
  })
  const more = inputs.length - places.length
  return `Rows were rejected in ${places.join('; ')}${more > 0 ? `, and in ${more} other inputs` : ''}`
}

interface Readings extends AboutRun {
  add(file: string, reading: RejectReading, offsets: ColumnOffsets | undefined): void
}

function newReadings(described: () => Pick<RejectRun, 'folder' | 'options'>): Readings {
  const byFile = new Map<string, RejectReading>()
  /** Inputs with equal readings share one object. */
  const byText = new Map<string, RejectReading>()
  let columnOffsets: ColumnOffsets | undefined
  return {
    get offsets() {
      return columnOffsets
    },
    add(file, reading, offsets) {
      columnOffsets = offsets
      const text = JSON.stringify(reading)
      const known = byText.get(text) ?? reading
      byText.set(text, known)
      byFile.set(file, known)
    },
    keyOf(file) {
      const { quote, escape, decimalComma, texts } = byFile.get(file) ?? {}
      const own = texts === undefined ? '' : JSON.stringify(texts)
      return quote ? JSON.stringify([quote.value, escape?.value, decimalComma?.value]) + own : own
    },
    first: (path, { fieldNames }, { file }) => ({
      ...described(),
      format: reasonsFormat,
      path,
      reading: byFile.get(file),
      fieldNames,
    }),
  }
}

export interface KeptRejects extends RunRejects {
  /** Counts a row that will not be sent, and adds it to the rejects. If it cannot be added, the run ends. */
  keep(this: void, reject: AnyReject, shape: RecordShape): void
  /** As `keep`, for a row that the server refused with this message. */
  keepRefused(this: void, batch: Batch, rowIndex: number, serverMessage: string): void
}

interface Keeping {
  readonly state: RunState
  readonly checked: CheckedOptions
  readonly watch: ReadObserver | undefined
  readonly rows: RowStore | undefined
  readonly reporter: Reporter
  readonly ending: Pick<RunEnding, 'fail'>
}

/** Limit of rejects that notices show. The rejects file contains all of them. */
const shownRejects = 3

export function keptRejects(rejects: RunRejects, keeping: Keeping): KeptRejects {
  const { state, checked, watch, rows, reporter, ending } = keeping
  const keep = (told: AnyReject, shape: RecordShape): void => {
    const reject = rows?.explained(told) ?? told
    state.rows.rejected++
    state.moreRejectedLines += moreLines(reject)
    if (watch !== undefined) watch.rejected(reject)
    else if (state.rows.rejected <= shownRejects) reporter.notice(`rejected: ${located(reject)}`)
    try {
      rows?.reject(reject)
      rejects.add(reject, shape)
    } catch (error) {
      ending.fail(error)
    }
    const limit = limitFailure({ checked, state }, reject)
    if (limit !== undefined) ending.fail(limit)
  }
  return Object.assign(rejects, {
    keep,
    keepRefused(batch: Batch, row: number, words: string) {
      keep(refusedRow(batch, row, reporter.secrets.hide(words)), rangeAt(batch.ranges, row).shape)
    },
  })
}

/** Cached, because thousands of inputs may share a mapping. Most lists are empty: few columns use the input's name. */
const known = new WeakMap<ColumnMapping, readonly string[]>()

function namesIn(mapping: ColumnMapping): readonly string[] {
  const names = known.get(mapping) ?? inputTextNames(mapping)
  known.set(mapping, names)
  return names
}

/** The texts from the input's name that a rejects file must record; undefined if no column contains one. */
export function heldTexts(
  mapping: ColumnMapping,
  texts: InputTexts,
  set: MappingRules['set'] = {},
): Pick<RejectReading, 'texts' | 'parts'> | undefined {
  const names = namesIn(mapping)
  if (names.length === 0) return undefined
  const parts = mapping.columns.filter(
    ({ name, source }) => source.kind === 'template' && !Object.hasOwn(set, name),
  )
  return {
    texts: Object.fromEntries(names.map(name => [name, texts[name] ?? null])),
    parts: parts.map(({ name }) => name),
  }
}
