/*
  Lists the options that `load` needs to fill the described table with the whole input.
*/
import type { CellOptions } from '../parse/cell-rules.js'
import type { DialectOptions } from '../parse/csv/csv-dialect.js'
import { quotesDialect } from '../parse/csv/csv-dialect.js'
import type { MappingRules } from '../schema/cell-source.js'
import { withOptions } from './candidate.js'
import type { InferredSchema } from './inferred-schema.js'

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

export function neededOptions(schema: InferredSchema): NeededOptions {
  const { columns, leftOut, needsPosition, needsAllowMissing, quotes, totals } = schema
  const map = columns.flatMap(({ name, source, fieldNumber }) => {
    if (fieldNumber !== undefined) return [[name, String(fieldNumber)] as const]
    return needsPosition || source === undefined || source === name ? [] : [[name, source] as const]
  })
  return {
    ...headerOf(schema),
    input: {
      ...quotesDialect(quotes ?? {}),
      ...(totals?.comment === undefined ? {} : { comment: totals.comment }),
    },
    mapping: {
      ...(map.length === 0 ? {} : { map: Object.fromEntries(map) }),
      ...(needsPosition ? { match: 'position' } : {}),
      ...(needsAllowMissing ? { allowMissing: true } : {}),
      ...(leftOut.length > 0 ? { ignoreExtra: true } : {}),
    },
    cells: columns.reduce<CellOptions>((all, { needs }) => withOptions(all, needs), {}),
    rejects: columns.reduce((sum, { refused }) => sum + refused, schema.rejected),
  }
}

function headerOf({
  isHeaderless,
  needsPosition,
  assumedHeader,
}: InferredSchema): Pick<NeededOptions, 'header'> {
  if (isHeaderless === undefined) return {}
  if (isHeaderless) return { header: 'no' }
  return needsPosition || assumedHeader !== undefined ? { header: 'yes' } : {}
}
