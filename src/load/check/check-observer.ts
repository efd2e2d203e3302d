/* Takes the place of a run's delivery, and watches the run's inputs: collects what a check reports about rows, without sending any. For one
   record of each input, it shows the text of every field; for this, it reads the kept record again, without converting its cells. */
import { attempt, DdbError } from '../../errors.js'
import type { Batch, RecordShape } from '../../parse/batch.js'
import type { InputTexts } from '../../source/data-files.js'
import { openReader, recordFormat, type ReaderOptions } from '../../parse/formats.js'
import type { InputReader } from '../../parse/record-reader.js'
import { clippedText } from '../../parse/cells/cell-bytes.js'
import { firstRows, formatElement, isNullAt } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import { fieldsUsed, textSources } from '../../schema/cell-source.js'
import type { CellSource, ColumnMapping } from '../../schema/cell-source.js'
import { openSource } from '../../source/open-source.js'
import { detectedOf, readAsFound } from '../inputs/detected.js'
import { widened } from '../../infer/time-range.js'
import type { LoadOptions, LoadResult, SourceNotes } from '../options.js'
import type { RunState } from '../outcomes/run-state.js'
import { problemOf, type AnyReject, type CheckProblem } from '../rejects/reject.js'
import type { TargetDescription } from '../target/describe-target.js'
import { outsideMarks } from '../target/partition-scheme.js'

/** Limit of records to read from an input that does not fit the target. */
const mostUnfitRows = 100
const shownProblems = 20
const noText = [{ kind: 'constant', text: '' }] as const

/** One input of a check: how its records become rows. */
export type CheckedInput = Pick<InputReader, 'fieldNames' | 'fieldCount' | 'recordKind'> & {
  /** What the run knows of it, as far as it is read. */
  readonly summary: LoadResult['inputs'][number]
  readonly mapping: ColumnMapping
  readonly maxRows: number
  /** True if target and input do not fit, or the target does not exist: every field is then read as text. */
  readonly isUnfit: boolean
  /** How to read a record of the input by itself. */
  readonly reading: RecordReading
  /** True if the input has no records, not even a header. */
  readonly isEmpty: boolean
  /** Why input and target do not fit; undefined if they fit. */
  readonly failure: DdbError | undefined
  isWhole: boolean
  sample: Sample | undefined
}

/** A record, and its values by target column; no values if the record did not become a row. */
interface Sample {
  readonly values: readonly string[]
  readonly record: Uint8Array
}

/** A dry run calls these functions for one input at a time. */
export type ReadObserver = Partial<Pick<CheckObserver, 'opened' | 'rejected' | 'closed'>>

export class CheckObserver {
  readonly inputs: CheckedInput[] = []
  readonly problems: CheckProblem[] = []
  readonly times: ReturnType<typeof widened>[] = []
  readonly rejectedBy = new Map<string, number>()
  /** Rows that a load would send and the target would store. */
  fitRows = 0
  unfitRows = 0
  /** Undefined if no target is known; every field is then read as text. */
  target: TargetDescription | undefined
  readonly #options: LoadOptions
  readonly #sampleRows: number

  constructor(options: LoadOptions, sampleRows: number) {
    this.#options = options
    this.#sampleRows = sampleRows
  }

  /** Called before the first row of an input is read. @param map  throws if it does not fit the target @param texts  of its path */
  opened(
    summary: CheckedInput['summary'],
    reader: InputReader,
    map: () => ColumnMapping,
    texts: InputTexts,
  ): CheckedInput {
    const { fieldNames, fieldCount, recordKind, text } = reader
    const { trim, quotes } = this.#options.input ?? {}
    const dialect = { ...readAsFound(detectedOf(reader)), header: 'no', trim, quotes } as const
    let failure: DdbError | undefined
    let mapping: ColumnMapping | undefined
    try {
      if (this.target !== undefined) mapping = map()
    } catch (error) {
      if (!(error instanceof DdbError)) throw error
      failure = error
    }
    const input: CheckedInput = {
      ...{ summary, fieldNames, fieldCount, recordKind, failure },
      // The whole record of JSON has no text.
      mapping: mapping ?? asTexts(recordKind === 'fields' ? otherFields(fieldCount, []) : noText),
      isUnfit: mapping === undefined,
      maxRows: Math.min(mapping === undefined ? mostUnfitRows : Infinity, this.#sampleRows),
      isEmpty: recordKind === 'fields' && fieldCount === 0,
      reading: {
        text: { encoding: text.encoding, mark: text.mark },
        texts,
        options: { format: recordFormat(reader.format), ...(reader.dialect && dialect) },
      },
      isWhole: false,
      sample: undefined,
    }
    this.inputs.push(input)
    return input
  }

  rejected(reject: AnyReject): void {
    const { columnName, bytes } = reject
    if (columnName !== undefined)
      this.rejectedBy.set(columnName, (this.rejectedBy.get(columnName) ?? 0) + 1)
    if (this.problems.length < shownProblems) this.problems.push(problemOf(reject))
    const input = this.inputs.at(-1)
    if (input !== undefined) input.sample ??= { values: [], record: Buffer.from(bytes) }
  }

  /** Called when nothing more will be read of the input opened last. */
  closed(reader: InputReader): void {
    const input = this.inputs.at(-1)!
    input.isWhole = reader.readToEnd || reader.recordsRead < input.maxRows
  }

  delivery(state: RunState, refuse: (batch: Batch, row: number, reason: string) => void) {
    const marksOf = this.target && outsideMarks(this.target)
    const deliver = (batch: Batch): void => {
      const input = this.inputs.at(-1)!
      const { isUnfit, sample } = input
      if (sample === undefined || sample.values.length === 0) input.sample = sampleOf(batch)
      let rows = batch.rowCount
      if (!isUnfit) {
        for (const [i, column] of batch.columns.entries()) {
          this.times[i] = widened(this.times[i], column, batch.rowCount)
        }
        const marks = marksOf?.(batch)
        for (let row = 0; marks !== undefined && row < batch.rowCount; row++) {
          if (marks[row] !== 1) continue
          rows--
          refuse(batch, row, outside)
        }
      }
      state.rows.unsent += rows
      if (isUnfit) this.unfitRows += rows
      else this.fitRows += rows
      batch.release()
    }
    return { used: 'none' as const, deliver }
  }
}

const outside = "outside the target's partition scheme: the server does not store such rows"

/** How many rows of a batch are searched for the one with the fewest nulls. */
const lookedRows = 1_000

/** A row that shows as many values as possible. */
function sampleOf(batch: Batch): Sample {
  const rows = Math.min(batch.rowCount, lookedRows)
  const columns = batch.columns.map(column => firstRows(column, rows))
  const nullsIn = (row: number): number => columns.filter(column => isNullAt(column, row)).length
  let chosen = 0
  for (let row = 1; row < rows && nullsIn(chosen) > 0; row++) {
    if (nullsIn(row) < nullsIn(chosen)) chosen = row
  }
  const values = columns.map(column => shownElement(column, chosen))
  return { values, record: Buffer.from(batch.record(chosen)) }
}

/** How each target column of an input is read, followed by fields that no column takes. */
export async function checkedFields(input: CheckedInput): Promise<CheckedField[]> {
  const { isEmpty, isUnfit, mapping, recordKind, reading, fieldNames, fieldCount } = input
  if (isEmpty) return []
  const { values, record } = input.sample ?? { values: [], record: new Uint8Array(0) }
  const columns = isUnfit ? [] : mapping.columns
  const sources = columns.map(({ source }) => source)
  if (recordKind === 'fields') sources.push(...otherFields(fieldCount, sources))
  else if (isUnfit) {
    for (const name of memberNames(record, reading.text)) sources.push({ kind: 'member', name })
  }
  const found = await recordTexts(record, reading, sources)
  return sources.map((source, i) => {
    const isField = source.kind === 'field'
    const own = isField ? fieldNames?.[source.index] : undefined
    return {
      source: (source.kind === 'member' ? source.name : own) ?? null,
      position: isField ? source.index + 1 : null,
      text: source.kind === 'constant' ? source.text : found[i]!,
      column: columns[i]?.name ?? null,
      value: (i < columns.length ? values[i] : undefined) ?? null,
    }
  })
}

function otherFields(fieldCount: number, sources: readonly CellSource[]): CellSource[] {
  const taken = fieldsUsed(sources)
  const indexes = Array.from({ length: fieldCount }, (_, index) => index)
  return indexes.filter(index => !taken.has(index)).map(index => ({ kind: 'field', index }))
}

const asTexts = (sources: readonly CellSource[]): ColumnMapping => ({
  columns: sources.map((source, i) => ({ name: `c${i}`, type: { type: 'STRING' }, source })),
  ...{ ignoreExtra: true, allowMissing: true },
})

interface RecordReading {
  readonly text: RecordShape['text']
  /** Texts taken from the path of the record's input (`input.path`). */
  readonly texts?: InputTexts
  readonly options: ReaderOptions
}

/** Longer records are not read again. */
const mostBytes = 256 * 1024

/** @returns a text for each source; null if the field has none: an object in JSON, or the line number of a record by itself */
export async function recordTexts(
  record: Uint8Array,
  { text: { encoding, mark }, texts, options }: RecordReading,
  sources: readonly CellSource[],
): Promise<(string | null)[]> {
  const none = sources.map(() => null)
  if (record.length === 0 || record.length > mostBytes) return none
  // In UTF-16, only a byte order mark shows the byte order.
  const bytes = Buffer.concat(encoding === 'utf-8' ? [record] : [mark, record])
  const source = await openSource('record', { bytes, encoding, compression: 'none' })
  try {
    const reader = await openReader(source, options)
    const batches = reader.batches({
      ...{ mapping: asTexts(sources), texts, cells: { lenient: true }, batchRows: 1 },
      ...{ batchBytes: mostBytes, onReject: () => undefined },
    })
    for await (const { columns } of batches) {
      return columns.map((column, i) => (hasLine(sources[i]!) ? null : shownElement(column, 0)))
    }
  } catch {
    // An unreadable record is already among the rejects, with its reason.
  } finally {
    await source.close()
  }
  return none
}

const hasLine = (source: CellSource): boolean =>
  textSources(source).some(({ kind }) => kind === 'line')

/** Names of the members of a JSON record; nested ones as `outer.inner`. */
export function memberNames(record: Uint8Array, { encoding }: RecordShape['text']): string[] {
  if (record.length > mostBytes) return []
  return attempt(() => namesIn(JSON.parse(new TextDecoder(encoding).decode(record)), '')) ?? []
}

function namesIn(value: unknown, before: string): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.entries(value).flatMap(([name, inner]) => {
    const names = namesIn(inner, `${before}${name}.`)
    return names.length === 0 ? [`${before}${name}`] : names
  })
}

function shownElement(column: Column, row: number): string {
  const bytes = Buffer.from(formatElement(column, row))
  return clippedText(bytes, 0, bytes.length)
}

export type { CheckProblem }

/** Options about sending, journals and rejects files have no effect on a check. */
export interface CheckOptions extends LoadOptions {
  /** The most records to read from each input; default all. */
  sampleRows?: number
}

/** The source of one target column's cells, or a field of the input that no column takes. */
export interface CheckedField {
  /** Name in the header, or of the JSON member; null without a header, or if the column takes nothing from the input. */
  source: string | null
  /** Position of the field, from 1; null for JSON, or if the column takes nothing from the input. */
  position: number | null
  /** The field's text in one record, clipped; for a column filled by `mapping.set`, the text it sets. */
  text: string | null
  /** Target column; null if none takes the field, or none is known. */
  column: string | null
  /** The value read from the text, in DolphinDB's notation; '' if it is null; null if there is no column or no row. */
  value: string | null
}

/** Options that spell out everything the run detected or assumed, so that a load with them detects nothing itself. */
export interface FrozenLoad extends Required<Pick<LoadOptions, 'input' | 'mapping' | 'cells'>> {
  inputs: string[]
}

/** What a load would do, as the command line prints it in JSON. Every field is present; unknown values are null. */
export interface CheckResult {
  schema: 'ddb-ingest/check/1'
  version: string
  /** `fits`: all rows read would load. `rejects`: some would not. `failed`: none would, or the check failed (`error`). */
  status: 'fits' | 'rejects' | 'failed' | 'interrupted'
  exitCode: number
  target: LoadResult['target']
  /** One per input that the check opened or tried to open. */
  inputs: (Omit<LoadResult['inputs'][number], 'contentBytes' | 'ragged'> & {
    isWhole: boolean
    /** Fields in the order of the target's columns, followed by those that no column takes. */
    fields: CheckedField[]
  })[]
  sources: SourceNotes
  /** read = fit + rejected + unfit: rows that would load, rows that would not, rows of inputs that do not fit the target. */
  rows: { read: number; fit: number; rejected: number; unfit: number }
  /**
   * One per target column; empty if the target is unknown. `rejected` counts rows that this column rejected; `first` and
   * `last` are the earliest and the latest date or time, null for other types.
   */
  columns: (LoadResult['columns'][number] & {
    rejected: number
    first: string | null
    last: string | null
  })[]
  problems: CheckProblem[]
  /** For each problem, a sentence: which texts do not suit their column, and which options make them readable. */
  remedies: string[]
  rejects: Pick<LoadResult['rejects'], 'byClass' | 'byCode'>
  /** One per group of inputs that are read with the same options. */
  frozen: FrozenLoad[]
  /** `load` commands, one for each entry of `frozen`. Only `ddb-ingest check` lists commands; otherwise empty. */
  commands: string[]
  /** Sentences about assumptions that may be wrong. */
  notices: string[]
  error: LoadResult['error']
}

/** A check that has found nothing. @param result  of a run that sent nothing */
export function newCheckResult(result: LoadResult): CheckResult {
  const { version, status, exitCode, target, sources, rows, rejects, error } = result
  return {
    ...{ schema: 'ddb-ingest/check/1', version, exitCode },
    status: status === 'loaded' ? 'fits' : status === 'unconfirmed' ? 'failed' : status,
    ...{ target, inputs: [], sources },
    rows: { read: rows.read, fit: 0, rejected: rows.rejected, unfit: 0 },
    ...{ columns: [], problems: [], remedies: [] },
    rejects: { byClass: rejects.byClass, byCode: rejects.byCode },
    ...{ frozen: [], commands: [], notices: [], error },
  }
}
