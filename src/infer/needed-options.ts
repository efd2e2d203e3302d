/*
  Lists the options that `load` needs to fill the described table with the whole input.
*/
import { quotesDialect, type QuotesDialect } from '../parse/csv/find-quotes.js'
import type { InferredSchema } from './inferred-schema.js'
import type { SharedNeeds } from './settle-types.js'

/** Options of a run; empty, 0 or false if not needed. */
export interface NeededOptions extends SharedNeeds {
  /** Target column → input column. */
  readonly map: Readonly<Record<string, string>>
  readonly dateFormats: Readonly<Record<string, string>>
  readonly percentColumns: readonly string[]
  readonly comment: string
  /** Value of `input.header`; '' if the option is not needed. */
  readonly header: '' | 'yes' | 'no'
  /** Options for quotes and the blanks around them. */
  readonly reading: QuotesDialect
  /** The most rejects to expect. */
  readonly rejects: number
  readonly matchPosition: boolean
  readonly allowMissing: boolean
  readonly ignoreExtra: boolean
}

export function neededOptions(schema: InferredSchema): NeededOptions {
  const { columns, leftOut, needsPosition, needsAllowMissing, needs, quotes, totals, rejected } =
    schema
  const renamed = columns.flatMap(({ name, source, fieldNumber }) => {
    if (fieldNumber !== undefined) return [[name, String(fieldNumber)] as const]
    return needsPosition || source === undefined || source === name ? [] : [[name, source] as const]
  })
  const dated = columns.flatMap(({ name, dateFormat }) =>
    dateFormat === undefined ? [] : [[name, dateFormat] as const],
  )
  return {
    map: Object.fromEntries(renamed),
    dateFormats: Object.fromEntries(dated),
    ...needs,
    percentColumns: columns.flatMap(({ name, isPercent }) => (isPercent === true ? [name] : [])),
    comment: totals?.comment ?? '',
    header: headerToSay(schema),
    reading: quotesDialect(quotes ?? {}),
    rejects: columns.reduce((sum, { refused }) => sum + refused, rejected),
    matchPosition: needsPosition,
    allowMissing: needsAllowMissing,
    ignoreExtra: leftOut.length > 0,
  }
}

/** The value of `input.header`; '' if a run recognizes the header without the option. */
function headerToSay({
  isHeaderless,
  needsPosition,
  assumedHeader,
}: InferredSchema): '' | 'yes' | 'no' {
  if (isHeaderless === true) return 'no'
  return needsPosition || assumedHeader !== undefined ? 'yes' : ''
}
