/*
  The rejects of a run. They are counted by kind and, if the user wants that, written to files.
*/
import { DdbError } from '../../errors.js'
import type { ColumnOffsets } from '../../parse/cells/column-offset.js'
import type { RecordShape, Batch } from '../../parse/batch.js'
import type { Files } from '../../platform/platform.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import type { JournaledRejectsSource } from '../journal/journal-record.js'
import type { InputFailure, LoadResult } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { RejectFiles, type AboutRun } from './reject-files.js'
import { reasonsFormat, type AskedFor, type RejectReading } from './reject-run.js'
import {
  newReasons,
  type AnyReject,
  limitFailure,
  located,
  moreLines,
  refusedRow,
} from './reject.js'
import { rangeAt } from '../../parse/row-places.js'
import type { ReadObserver } from '../check/read-observer.js'
import type { RowStore } from '../inputs/row-store.js'
import type { RunLog } from '../outcomes/run-log.js'
import type { Reporter } from '../reporter.js'
import type { RunEnding } from '../run-ending.js'

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
  goOn(found: JournaledRun, making: (path: string) => void): void
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

function newFirstRejects(): {
  readonly list: LoadResult['rejects']['first']
  add(reject: AnyReject): void
} {
  const list: LoadResult['rejects']['first'] = []
  const byCode = new Map<string, number>()
  return {
    list,
    add({ code, file, lineNumber, message }) {
      const known = byCode.get(code) ?? 0
      if (known === mostFirst || (known === 0 && byCode.size === mostCodes)) return
      byCode.set(code, known + 1)
      list.push({ code, file, lineNumber, message })
    },
  }
}

export interface InputRejects {
  rejected: number
  firstError: InputFailure | null
}

/**
 * Creates no file.
 * @param asked  the run's options, which are needed to load the rejects again
 */
export function newRunRejects(
  { rejectsFile, runId }: Pick<CheckedOptions, 'rejectsFile' | 'runId'>,
  platformFiles: Files,
  asked?: AskedFor,
): RunRejects {
  const readings = newReadings(asked)
  const files =
    rejectsFile === undefined ? undefined : new RejectFiles(rejectsFile, platformFiles, readings)
  const reasonOf = newReasons(runId)
  const byClass = { parse: 0, type: 0, server: 0 }
  const byCode: Record<string, number> = {}
  const first = newFirstRejects()
  const byInput = new Map<string, InputRejects>()
  /** Inputs whose rejects changed since the last record in the journal. */
  const changed = new Set<string>()
  let count = 0
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
      return {
        byClass,
        byCode,
        files: files?.kept() ?? [],
        byInput: Object.fromEntries(inputs),
      }
    },
    goOn({ rejects }, making) {
      Object.assign(byClass, rejects?.byClass)
      Object.assign(byCode, rejects?.byCode)
      for (const [name, ofInput] of Object.entries(rejects?.byInput ?? {})) {
        byInput.set(name, { ...ofInput })
      }
      files?.goOn(rejects?.files ?? [], making)
    },
    cutBack: () => files?.cutBack(),
    add(reject, shape) {
      count++
      changed.add(reject.file)
      countIn(byInput, reject)
      byClass[reject.class]++
      byCode[reject.code] = (byCode[reject.code] ?? 0) + 1
      first.add(reject)
      files?.add(reject.bytes, shape, reasonOf(reject))
    },
    ofInput: file => byInput.get(file) ?? { rejected: 0, firstError: null },
    flush: () => files?.flush(),
    close: () => files?.close(),
    result() {
      const list = files?.kept().map(({ path, rows }) => ({ path, rows })) ?? []
      return {
        file: list[0]?.path ?? null,
        files: list,
        unplaced: files?.unplaced ?? 0,
        byClass,
        byCode,
        first: first.list,
      }
    },
    equationError(rejected) {
      if (files === undefined) return undefined
      const placed = files.kept().reduce((sum, { rows }) => sum + rows, 0)
      if (placed + files.unplaced === rejected) return undefined
      return new DdbError(
        'DDB_INTERNAL',
        `the rejects do not add up: ${rejected} rejected, ${placed} in files, ${files.unplaced} without a place; ` +
          'this is a bug of ddb-ingest: please report it',
      )
    },
  }
}

interface Readings extends AboutRun {
  add(file: string, reading: RejectReading, offsets: ColumnOffsets | undefined): void
}

function newReadings(asked: AskedFor | undefined): Readings | undefined {
  if (asked === undefined) return undefined
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
      ...asked,
      format: reasonsFormat,
      path,
      reading: byFile.get(file),
      fieldNames,
    }),
  }
}

function countIn(
  byInput: Map<string, InputRejects>,
  { file, code, message, lineNumber }: AnyReject,
): void {
  const known = byInput.get(file)
  if (known !== undefined) known.rejected++
  else byInput.set(file, { rejected: 1, firstError: { code, message, lineNumber } })
}

export interface KeptRejects extends RunRejects {
  /** Counts a row that will not be sent, and adds it to the rejects. If it cannot be added, the run ends. */
  keep(this: void, reject: AnyReject, shape: RecordShape): void
  /** As `keep`, for a row that the server refused with this message. */
  keepRefused(this: void, batch: Batch, rowIndex: number, serverMessage: string): void
}

interface Keeping extends Pick<RunLog, 'emit' | 'state'> {
  readonly checked: CheckedOptions
  readonly watch: ReadObserver | undefined
  readonly rows: RowStore | undefined
  readonly reporter: Reporter
  readonly ending: Pick<RunEnding, 'fail'>
}

/** Limit of rejects that notices show. The rejects file contains all of them. */
const shownRejects = 3

export function keptRejects(rejects: RunRejects, keeping: Keeping): KeptRejects {
  const { emit, state, checked, watch, rows, reporter, ending } = keeping
  const keep = (told: AnyReject, shape: RecordShape): void => {
    const reject = rows?.explained(told) ?? told
    if (checked.onError === 'stop') emit({ kind: 'rejectsForgotten' })
    emit({ kind: 'rejected', moreLines: moreLines(reject) })
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
