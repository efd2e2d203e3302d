/*
  Options and result of `check()`, a load that sends nothing, as plain data.
*/
import type { LoadOptions, LoadResult, SourceNotes } from '../options.js'
import type { CheckProblem } from '../rejects/reject.js'

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
