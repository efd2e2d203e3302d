/*
  Reads one input of a run: maps its columns to the target's, gives each batch and each reject its place in the journal,
  and reports what was detected.
*/
import { InputError, type DdbError, option } from '../../errors.js'
import { columnOffsets, type ColumnOffsets } from '../../parse/cells/column-offset.js'
import type { CellRules } from '../../parse/cell-rules.js'
import type { OpenedReader } from '../../parse/formats.js'
import type { Batch, ColumnCounts, InputRange, Step } from '../../parse/batch.js'
import type { BatchOptions } from '../../parse/input-reader.js'
import type { Cuts } from '../../parse/cuts.js'
import type { Feed } from '../../parse/rows/fed-rows.js'
import type { SharedRows } from '../../parse/shared-rows.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import { mapColumns } from '../../schema/column-mapping.js'
import type { ByteSource } from '../../source/byte-source.js'
import { newPathReader, type NamedTexts, type PathReader } from '../../source/path/input-texts.js'
import { defaultFlushIntervalMs } from '../option-fields.js'
import { detectedNotices, detectedOf } from './detected.js'
import { bytesError, newRecordCounter } from './input-counts.js'
import { setWithTexts } from '../rejects/reject-run.js'
import { readSizes } from '../outcomes/read-sizes.js'
import type { Detected, InputFailure, LoadResult, SourceNotes } from '../options.js'
import { shapeOf } from './reader-options.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import type { TargetDescription } from '../target/describe-target.js'

export type InputSummary = LoadResult['inputs'][number]

export interface OpenedInput {
  readonly source: ByteSource
  readonly reader: OpenedReader
  /** Filled in as the input is read. */
  readonly summary: InputSummary
  /** Returns the input's number in the journal. Call this once the input's format is known. */
  readonly number: () => number
  /** How an earlier process has read the input, which this process must repeat; undefined to detect it. */
  readonly detected?: Detected | undefined
  /** Limit for the whole input, including records that earlier processes have read. */
  readonly maxRecords: number
  /** Whether a batch is passed on after the flush interval even if the batch is not full. */
  readonly flushes: boolean
  /** Called whenever the summary has changed. */
  readonly progress: () => void
  /** Holds the last rows of an input until the next input adds to them; undefined if no rows may wait. */
  readonly shared?: SharedRows | undefined
  /** Set if batches are cut by place. */
  readonly cuts?: Cuts | undefined
  /** Makes the feed of a program's rows; left out for files and pipes. */
  readonly feed?: ((mapping: ColumnMapping, cells: CellRules) => Feed) | undefined
  /** Called before a batch is passed on. */
  readonly beforeBatch?: () => void
  /** Called after each batch that the caller has taken. */
  readonly afterBatch?: () => void
}

interface InputLook extends Pick<OpenedReader, 'dialect'>, Pick<InputSummary, 'compression'> {
  readonly detected: Detected
  readonly reading: Parameters<Run['rejects']['reading']>[1]
  /** Everything detected, as text for the journal. */
  readonly how: string
}

export interface Inputs {
  /** Batches of all inputs in order. After the run is stopped, rows already read come as a last batch. */
  batches(target: TargetDescription): AsyncGenerator<Batch, void, void>
  /** The inputs read so far, without their rejects, which the run counts. */
  summaries(): readonly InputSummary[]
  readonly sources: SourceNotes
  readonly reading: Pick<InputReading, 'bytesError' | 'columnCounts' | 'offsets'>
  /** True if earlier processes of the run have read all inputs and nothing is left to send. */
  readonly areDone: boolean
  close(): Promise<void>
}

/** Reads the inputs of a run, each with `steps`. */
export class InputReading {
  /** Set if, because of a bug, bytes of an input were lost or counted twice (`input-counts.ts`). */
  bytesError: DdbError | undefined
  /** Counts per target column, over all inputs. */
  readonly columnCounts: ColumnCounts[] = []
  readonly #run: Run
  readonly #paths: PathReader
  readonly #offsets: ColumnOffsets | undefined
  /** The mapping of the last input. */
  #mapping:
    | (Pick<OpenedReader, 'dialect'> & {
        readonly key: string
        readonly columns: ColumnMapping
        readonly names: OpenedReader['fieldNames']
        readonly parts: string
      })
    | undefined
  #look: InputLook | undefined
  #rules: { readonly key: boolean | undefined; readonly cells: CellRules } | undefined

  constructor(run: Run) {
    const { input, cells = {} } = run.options
    this.#run = run
    this.#paths = newPathReader(input)
    this.#offsets = columnOffsets(cells, run.history.found.offsets)
  }

  /** Time zone offsets of columns whose times contained one; empty if a time zone is given. */
  get offsets(): Readonly<Record<string, string>> {
    return this.#offsets?.known() ?? {}
  }

  *steps(target: TargetDescription, opened: OpenedInput): Generator<Step, void, void> {
    const run = this.#run
    const { source, reader, summary } = opened
    const { flushIntervalMs = defaultFlushIntervalMs } = run.options.input ?? {}
    const { detected, reading, how } = this.#lookOf(target, opened)
    summary.detected = detected
    const named = this.#paths.read(source.name)
    const { resumption } = run.history
    const index = opened.number()
    const resumed = resumption.resumed(index)
    if (resumption.isReadAnew(index, summary.path, how))
      run.record({ kind: 'input', input: index, detected: how })
    const recordsRead = (): number => (resumed?.records ?? 0) + reader.recordsRead
    const { among, knownReject } = newRecordCounter(run, index)
    let lastReject = -1
    let newRecords = 0
    /** Counts the records before the end of a batch. Leaves out a later reject that was already read. */
    const recordsUpTo = (endBytes: number): number => recordsRead() - Number(lastReject >= endBytes)
    const place = (range: InputRange): void =>
      void (range.place = { input: index, records: recordsUpTo(range.endOffsetBytes) })
    // Every reject and every batch causes a call, so this must be cheap.
    const update = (): void => {
      summary.rows = recordsRead()
      summary.bytes = reader.taken.bytesRead
      const toldRecords = newRecords
      newRecords = among(summary.rows)
      run.state.rows.read += newRecords - toldRecords
      opened.progress()
    }
    const mapped = (): ColumnMapping => this.#mappingOf(opened, named, reading, target)
    const looked = run.watch?.opened(summary.path, reader, mapped, named.texts)
    const { batchRows, batchBytes } = readSizes(run)
    // Uses plain properties: with getters or a spread, making this object would take longer than reading a small file.
    const settingsOf = (
      mapping = looked?.mapping ?? mapped(),
      cells = looked?.isUnfit === true ? {} : this.#cellRules(detected),
    ): BatchOptions => ({
      batchRows,
      batchBytes,
      mapping,
      texts: named.texts,
      cells,
      flushIntervalMs: opened.flushes ? flushIntervalMs : undefined,
      limit: Math.min(looked?.maxRows ?? Infinity, opened.maxRecords - (resumed?.records ?? 0)),
      from: resumed?.from,
      ends: resumed?.ends,
      shared: opened.shared,
      cuts: opened.cuts,
      feed: opened.feed?.(mapping, cells),
      keepRecords: run.checked.rejectsFile !== undefined || run.watch !== undefined,
      clock: run.platform.clock,
      stopped: () => run.ending.stopped,
      onUnreadable: error => run.ending.fail(error),
      onReject: reject => {
        lastReject = reject.offsetBytes
        const isKnown = resumption.isKnownReject(index, reject.offsetBytes)
        if (isKnown) knownReject(reject.offsetBytes)
        update()
        if (isKnown) return
        run.history.misread(index, reject)
        run.rejects.keep(reject, reader)
      },
    })
    try {
      if (!isEmpty(reader)) {
        for (const step of reader.steps(settingsOf())) {
          if (!(step instanceof Promise)) this.#beforeBatch(step, opened, update, place)
          yield step
          if (!(step instanceof Promise)) opened.afterBatch?.()
        }
      }
      if (reader.lastRange !== undefined) place(reader.lastRange)
    } finally {
      update()
      this.#end(opened, looked?.isUnfit !== true)
    }
    if (this.bytesError !== undefined) throw this.bytesError
  }

  #beforeBatch(
    { ranges }: Batch,
    { beforeBatch }: OpenedInput,
    update: () => void,
    place: (range: InputRange) => void,
  ): void {
    update()
    beforeBatch?.()
    this.#tellOffsets()
    const range = ranges.at(-1)!
    // If a batch holds only rows of earlier inputs, its place is known already.
    if (range.place === undefined) place(range)
  }

  /**
   * Maps columns. Also records, for the rejects files, which parts of the input's name the columns contain.
   * @returns the same object for the same fields, so that rows of several inputs can share a batch
   */
  #mappingOf(
    { reader, source: { name } }: OpenedInput,
    { parts: partNames, texts }: NamedTexts,
    reading: InputLook['reading'],
    target: TargetDescription,
  ): ColumnMapping {
    const { options, rejects } = this.#run
    const { mapping = {} } = options
    const { fieldNames: names, dialect } = reader
    const parts = partNames.join('/')
    const last = this.#mapping
    // An input that looks like the previous one has the same objects.
    const isAlike = names !== undefined && last?.names === names && last.dialect === dialect
    let columns = isAlike && last.parts === parts ? last.columns : undefined
    if (columns === undefined) {
      const shape = shapeOf(reader, name)
      const key = JSON.stringify({ ...shape, file: '', parts })
      columns =
        last?.key === key
          ? last.columns
          : mapColumns(target, shape, { ...mapping, parts: partNames })
      this.#mapping = { key, columns, names, dialect, parts }
    }
    const set = setWithTexts(columns, texts, mapping.set)
    rejects.reading(name, set === undefined ? reading : { ...reading, set }, this.#offsets)
    return columns
  }

  #end({ reader, summary }: OpenedInput, isFit: boolean): void {
    const { reporter, watch } = this.#run
    this.#tellOffsets()
    summary.ragged = reader.raggedRecords
    const { droppedMarks } = reader
    if (droppedMarks > 0) {
      const marks = droppedMarks === 1 ? 'a byte order mark' : `${droppedMarks} byte order marks`
      reporter.notice(`${summary.path}: dropped ${marks} at the start of records`)
    }
    summary.contentBytes = { read: reader.taken.contentBytesRead, ...reader.byteCounts }
    watch?.closed(reader)
    if (isFit) this.#addCounts(reader.columnCounts)
    this.bytesError ??= bytesError(summary.path, summary.contentBytes, reader.readToEnd)
  }

  /** Decides how to read an input, and reports what was detected. Keeps the last decision if format, dialect, encoding and compression are equal. */
  #lookOf(target: TargetDescription, opened: OpenedInput): InputLook {
    const { reader, summary } = opened
    const { dialect, text, format } = reader
    const { compression } = summary
    summary.format = format
    const last = this.#look
    const isSame =
      last?.dialect === dialect &&
      last?.compression === compression &&
      last?.reading.format === format &&
      last?.detected.encoding.value === text.encoding
    if (last !== undefined && isSame && opened.detected === undefined) return last
    const { options, reporter } = this.#run
    const { cells, mapping } = options
    const detected = opened.detected ?? detectedOf(reader, { cells, columns: target.columns })
    const isByPosition = mapping?.match === 'position'
    for (const notice of detectedNotices(reader, detected, isByPosition)) {
      reporter.noticeOnce(`${summary.path}: ${notice}`, notice)
    }
    const how = JSON.stringify({ format, compression, ...detected })
    this.#look = { dialect, compression, detected, reading: { format, ...detected }, how }
    return this.#look
  }

  /** Returns the same object for the same rules. */
  #cellRules({ decimalComma }: Detected): CellRules {
    const key = decimalComma?.value
    if (this.#rules === undefined || this.#rules.key !== key) {
      const { options, reporter } = this.#run
      const { cells = {}, input = {} } = options
      const { arrayDelimiter } = input
      const own: CellRules = {
        ...cells,
        ...(key === undefined ? {} : { decimalComma: key }),
        ...(arrayDelimiter === undefined ? {} : { arrayDelimiter }),
        columnOffsets: this.#offsets,
        onOffset: column =>
          reporter.noticeOnce(
            `times of column "${column}" have time zone offsets, which are not applied: ${option('cells.timeZone')} converts them`,
          ),
      }
      this.#rules = { key, cells: own }
    }
    return this.#rules.cells
  }

  /** Records the columns' time zone offsets, because a process that resumes needs them wherever it begins to read. */
  #tellOffsets(): void {
    const { note, history } = this.#run
    const { knownCount = 0 } = this.#offsets ?? {}
    if (knownCount > Object.keys(history.now.offsets).length) note({ offsets: this.offsets })
  }

  #addCounts(counts: readonly ColumnCounts[]): void {
    for (let column = 0; column < counts.length; column++) {
      const { nulls, coerced } = counts[column]!
      const sum = (this.columnCounts[column] ??= { nulls: 0, coerced: 0 })
      sum.nulls += nulls
      sum.coerced += coerced
    }
  }
}

export function newSummary(path: string): InputSummary {
  return {
    path,
    format: null,
    compression: null,
    bytes: 0,
    rows: 0,
    rejected: 0,
    firstError: null,
    contentBytes: { read: 0, rows: 0, rejected: 0, header: 0, other: 0, skipped: 0 },
    detected: null,
    ragged: 0,
  }
}

export function failureOf(error: unknown): InputFailure {
  const { code, message } = asDdbError(error)
  const lineNumber = error instanceof InputError ? error.position.lineNumber : undefined
  return { code, message, lineNumber: lineNumber ?? null }
}

/** An input without any record has no columns to map. */
function isEmpty(reader: OpenedReader): boolean {
  return reader.recordKind === 'fields' && reader.fieldCount === 0
}
