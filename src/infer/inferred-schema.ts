/*
  What was found out about inputs: the columns that a table for them would have, and what `load` has to be told to fill it.
*/
import type { InputFormat } from '../parse/formats.js'
import type { FoundTable } from '../parse/csv/find-table.js'
import type { ColumnType } from '../protocol/data-type.js'

import type { SharedNeeds } from './settle-types.js'

/** One column that a table would have. */
export interface InferredColumn {
  /** In the table. */
  readonly name: string
  /** In the input; undefined where it has no names. */
  readonly source: string | undefined
  readonly type: ColumnType
  /** Format of its dates that `load` has to be told. */
  readonly dateFormat: string | undefined
  /** Its texts have a percent sign, which `load` has to be told. */
  readonly isPercent?: boolean
  /** Number of its field, from 1, where `load` has to be told. */
  readonly fieldNumber?: number
  readonly nulls: number
  /** Different texts; undefined where they are too many to count. */
  readonly distinct: number | undefined
  /** The first text that is not null, clipped. */
  readonly sample: string | undefined
  /** Bytes of its texts that are not null. */
  readonly textBytes: number
  /** First and last day, from 1970 on, of types that have days. */
  readonly days: { readonly first: number; readonly last: number } | undefined
  readonly warnings: readonly string[]
}

/** A member of JSON that no column can take. */
export interface LeftOut {
  readonly source: string
  readonly reason: string
}

/** One input that was looked at. */
export interface InferredInput {
  readonly path: string
  readonly format: InputFormat
  readonly compression: string
  readonly encoding: string
  readonly rows: number
}

/** What all inputs have in common. */
export interface InferredSchema {
  readonly columns: readonly InferredColumn[]
  readonly leftOut: readonly LeftOut[]
  readonly inputs: readonly InferredInput[]
  /** Rows looked at. */
  readonly rows: number
  /** False when there are more. */
  readonly isComplete: boolean
  /** Rows of all inputs, as far as can be told from their sizes; of a pipe those that were seen. */
  readonly estimatedRows: number
  /** Records that no table could take, and why the first of them cannot be read. */
  readonly rejected: number
  readonly firstReject: string | undefined
  /** Columns have to be matched by position: some names of the input are empty or stand there twice. */
  readonly needsPosition: boolean
  /** Options that hold for all columns alike, and fit all. */
  readonly needs: SharedNeeds
  /** What stands above and below the table; undefined where nothing does. */
  readonly table?: FoundTable | undefined
  /** Some records lack members that others have. */
  readonly needsAllowMissing: boolean
}
