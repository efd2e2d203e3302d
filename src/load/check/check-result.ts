/*
  What `check()` is asked and what it finds out: a load that sends nothing, as plain data.
*/
import type {
  CellOptions,
  Detected,
  InputFailure,
  InputOptions,
  LoadOptions,
  LoadResult,
  MappingOptions,
  SourceNotes,
} from '../options.js'

/** A load, and how much of its inputs is looked at. What concerns sending, journals and rejects files is only handed on. */
export interface CheckOptions extends LoadOptions {
  /** Most records of each input; all when left out. */
  sampleRows?: number
}

/**
 * `fits`: every row that was looked at would load. `rejects`: some would not. `failed`: none would, or something was in
 * the way (`error`).
 */
export type CheckStatus = 'fits' | 'rejects' | 'failed' | 'interrupted'

/** Where one target column takes its cells from, or one field of the input that no column takes. */
export interface CheckedField {
  /** Name in the header, or of the JSON member; null without a header, and where nothing of the input is taken. */
  source: string | null
  /** Of the field, from 1; null for JSON, and where nothing of the input is taken. */
  position: number | null
  /** What stands there in a record of the input, clipped; of a column that is set, that text. */
  text: string | null
  /** Target column; null where none takes the field, or none is known. */
  column: string | null
  /** What the text is read as, in DolphinDB's words; '' for null. */
  value: string | null
}

/** A row that would not load, and why. */
export interface CheckProblem {
  file: string
  /** From 1. */
  lineNumber: number
  /** Of the record, from 0, in the decompressed input. */
  offsetBytes: number
  columnName: string | null
  code: string
  class: 'parse' | 'type' | 'server'
  message: string
  /** The offending text, clipped; null when the whole record is at fault. */
  value: string | null
}

/** How the rows fall into a partitioned target. */
export interface CheckedPartitions {
  /** Outermost first. */
  dimensions: { column: string; kind: 'SEQ' | 'VALUE' | 'RANGE' | 'LIST' | 'HASH' }[]
  /** Different partitions; null where the scheme does not tell. Those of a hash count as one. */
  count: number | null
  /** Of them, values that the server adds a partition for. */
  added: number
  /** Those with most rows first, at most 20; one key a dimension, null where it does not tell. */
  largest: { keys: (string | null)[]; rows: number }[]
  /** Rows that the server would drop or refuse; null where the scheme does not tell. They are among the rejected ones. */
  outside: number | null
}

/** Options that say what the run has found out or taken for granted: a load with them depends on nothing else. */
export interface FrozenLoad {
  inputs: string[]
  input: InputOptions
  mapping: MappingOptions
  cells: CellOptions
  /** Undefined where the target is not known. */
  expectTypes?: string
}

/** What a load would do; every field is always there, unknown is null. The command line prints exactly this as JSON. */
export interface CheckResult {
  schema: 'ddb-ingest/check/1'
  version: string
  status: CheckStatus
  exitCode: number
  target: LoadResult['target']
  /** One per input that was opened, or should have been. */
  inputs: {
    path: string
    format: string | null
    compression: string | null
    /** As stored, read so far. */
    bytes: number
    rows: number
    rejected: number
    firstError: InputFailure | null
    detected: Detected | null
    /** Every record was looked at. */
    isWhole: boolean
    /** In the order of the target's columns, then fields that no column takes. */
    fields: CheckedField[]
  }[]
  sources: SourceNotes
  /** read = fit + rejected + unfit: rows that would load, rows that would not, rows of inputs that do not fit the target. */
  rows: { read: number; fit: number; rejected: number; unfit: number }
  /** One per target column; empty where the target is not known. `rejected` counts rows for its sake. */
  columns: { name: string; type: string; nulls: number; coerced: number; rejected: number }[]
  /** null where the target is not partitioned, or not known. */
  partitions: CheckedPartitions | null
  /** The first twenty. */
  problems: CheckProblem[]
  rejects: Pick<LoadResult['rejects'], 'byClass' | 'byCode'>
  /** Requests for the rows that were looked at, and for everything; null where nobody knows. */
  batches: { looked: number; expected: number | null }
  /** One per group of inputs that are read alike. */
  frozen: FrozenLoad[]
  /** Filled in by the command line: a `load` for each of `frozen`. */
  commands: string[]
  /** Sentences about what may be otherwise than it seems. */
  notices: string[]
  error: { code: string; message: string } | null
}
