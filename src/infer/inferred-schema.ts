/*
  The result for some inputs: the columns that a table for them would have, and the options that `load` needs to fill it.
*/
import type { InputFormat } from '../parse/formats.js'
import type { FoundTable } from '../parse/csv/find-table.js'
import type { ColumnType } from '../protocol/data-type.js'

import type { SharedNeeds } from './settle-types.js'
import type { FoundTotals } from './totals.js'

/** One column that a table would have. */
export interface InferredColumn {
  /** Name in the table. */
  readonly name: string
  /** Name in the input; undefined if it has none. */
  readonly source: string | undefined
  readonly type: ColumnType
  /** Format of its dates, if `load` needs it. */
  readonly dateFormat: string | undefined
  /** Its texts have a percent sign, which `load` needs to know. */
  readonly isPercent?: boolean
  /** Number of its field, from 1, if `load` needs it. */
  readonly fieldNumber?: number
  readonly nulls: number
  /** Texts that its type does not take: their rows are rejects. */
  readonly refused: number
  /** Number of different texts; undefined if there are too many to count. */
  readonly distinct: number | undefined
  /** The first text that is not null, clipped. */
  readonly sample: string | undefined
  /** Bytes of its non-null texts. */
  readonly textBytes: number
  /** First and last day, counted from 1970, for types with days. */
  readonly days: { readonly first: number; readonly last: number } | undefined
  readonly warnings: readonly string[]
  /** If its type was given: which texts do not suit it, and the options that read them. */
  readonly mends?: readonly string[]
}

/** A member of JSON that no column can take. */
export interface LeftOut {
  readonly source: string
  readonly reason: string
}

/** One input that was examined. */
export interface InferredInput {
  readonly path: string
  readonly format: InputFormat
  readonly compression: string
  readonly encoding: string
  readonly rows: number
}

/** What was found over all inputs. */
export interface InferredSchema {
  readonly columns: readonly InferredColumn[]
  readonly leftOut: readonly LeftOut[]
  readonly inputs: readonly InferredInput[]
  /** Rows examined. */
  readonly rows: number
  /** False if the inputs have rows that were not examined. */
  readonly isComplete: boolean
  /** Rows of all inputs, estimated from their sizes; for a pipe those that were seen. */
  readonly estimatedRows: number
  /** Records that no table could hold, and why the first of them cannot be read. */
  readonly rejected: number
  readonly firstReject: string | undefined
  /** Columns have to be matched by position, as some names of the input are empty or repeated. */
  readonly needsPosition: boolean
  /** Delimited text without names of columns. */
  readonly isHeaderless?: boolean
  /** Options that apply to all columns and fit them all. */
  readonly needs: SharedNeeds
  /** Text above and below the table; undefined if there is none. */
  readonly table?: FoundTable | undefined
  /** Undefined if no record looks like sums. */
  readonly totals?: FoundTotals | undefined
  /** Some records lack members that others have. */
  readonly needsAllowMissing: boolean
}
