/* Describes a table that can hold the inputs: its columns, and the options that `load` needs to fill it with the whole input. */
import type { CellOptions } from '../parse/cell-rules.js'
import type { DialectOptions } from '../parse/csv/csv-dialect.js'
import type { MappingRules } from '../schema/cell-source.js'
import { withOptions } from './candidate.js'
import type { ChosenType } from './choose-type.js'
import type { Findings } from './findings.js'
import type { FoundTotals } from './totals.js'

export type InferredColumn = Pick<ChosenType, 'type' | 'nulls' | 'refused' | 'warnings'> & {
  readonly name: string
  /** Name of the column in the input; undefined if the input has no such column. */
  readonly source: string | undefined
  /** Options without which `load` does not read the column. Some apply to all columns, and harm none of them. */
  readonly needs: CellOptions
  /** Position of the column's field in the input, from 1, if `load` needs it. */
  readonly fieldNumber?: number
  /** Number of different texts; undefined if there are too many to count. */
  readonly distinct: number | undefined
  /** The first text that is not null, shortened. */
  readonly sample: string | undefined
  readonly textBytes: number
  /** First and last day in the column, in days since 1970; undefined for types without a date. */
  readonly days: { readonly first: number; readonly last: number } | undefined
  /** Texts that do not suit the user's type, and options that would read them; undefined if the user gave no type. */
  readonly remedies?: readonly string[]
}

export interface UnusableMember {
  readonly source: string
  readonly reason: string
  /** True if the elements of its arrays are objects or arrays, so that they may be the rows. */
  readonly hasRecords: boolean
}

type Seen = Pick<Findings, 'inputs' | 'rows' | 'isComplete' | 'rejected' | 'firstReject'> &
  Partial<Pick<Findings, 'quotes' | 'assumedHeader'>>

export interface InferredSchema extends Readonly<Seen> {
  readonly columns: readonly InferredColumn[]
  readonly leftOut: readonly UnusableMember[]
  /** Rows of all inputs, estimated from sizes if some were not examined. For a pipe, the rows examined. */
  readonly estimatedRows: number
  /** True if columns must be matched by position, because some names are missing, empty, repeated or unprintable. */
  readonly needsPosition: boolean
  /** True for delimited text without column names; undefined for JSON. */
  readonly isHeaderless?: boolean | undefined
  /** Records that look like sums; undefined if there are none. */
  readonly totals?: FoundTotals | undefined
  /** True if some records lack members that others have. */
  readonly needsAllowMissing: boolean
}

/** Options of a run, without those that it does not need. */
export interface NeededOptions {
  readonly input: DialectOptions
  /** Answers whether the inputs have a header; a run that fills the new table finds the answer itself. */
  readonly header?: 'yes' | 'no'
  readonly mapping: Pick<MappingRules, 'match' | 'map' | 'allowMissing' | 'ignoreExtra'>
  readonly cells: CellOptions
  /** The most rejects to expect. */
  readonly rejects: number
}

/** @param isLenient  whether bad cells become null */
export function neededOptions(schema: InferredSchema, isLenient = false): NeededOptions {
  const { columns, leftOut, needsPosition, needsAllowMissing, quotes, totals } = schema
  const { isHeaderless, assumedHeader } = schema
  const { comment } = totals ?? {}
  const isOpen = isHeaderless === false && (needsPosition || assumedHeader !== undefined)
  const map = columns.flatMap(({ name, source, fieldNumber }) => {
    if (fieldNumber !== undefined) return [[name, String(fieldNumber)] as const]
    return needsPosition || source === undefined || source === name ? [] : [[name, source] as const]
  })
  return {
    ...(isHeaderless === true ? { header: 'no' } : isOpen ? { header: 'yes' } : {}),
    input: { ...quotes?.options, ...(comment === undefined ? {} : { comment }) },
    mapping: {
      ...(map.length === 0 ? {} : { map: Object.fromEntries(map) }),
      ...(needsPosition && { match: 'position' }),
      ...(needsAllowMissing && { allowMissing: true }),
      ...(leftOut.length > 0 && { ignoreExtra: true }),
    },
    cells: columns.reduce<CellOptions>((all, { needs }) => withOptions(all, needs), {}),
    rejects: columns.reduce((sum, one) => sum + (isLenient ? 0 : one.refused), schema.rejected),
  }
}
