/*
  The question that a user asks where the program cannot tell whether a run's rows are there.
*/
import type { DataType } from '../../protocol/data-type.js'
import { formatValue } from '../../protocol/value-text.js'
import type { Scalar } from '../../protocol/value.js'
import { watchedTable } from '../journal/target-identity.js'
import type { Plan } from '../plan.js'
import { tableExpression } from '../target/target.js'
import type { SampleRow } from './sample-rows.js'

/** Their texts are DolphinDB's literals (docs/grammar.md#literals). */
const literal: ReadonlySet<DataType> = new Set([
  ...(['INT', 'LONG', 'DATE', 'MONTH', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'] as const),
  ...(['TIME', 'MINUTE', 'SECOND', 'NANOTIME', 'SYMBOL', 'STRING'] as const),
])

/** Stands for a table that nobody has named: the one that a function writes into. */
const unnamedTable = 'TABLE'

/** Counts rows of the run, or all rows where none of them can be written down. */
export function lookScript(plan: Plan, samples: readonly SampleRow[]): string {
  const table = watchedTable(plan)
  const from = table === undefined ? unnamedTable : tableExpression(table)
  const conditions = samples.map(conditionOf)
  const isWritten = conditions.length > 0 && conditions.every(condition => condition !== '')
  const where = isWritten ? ` where ${[...new Set(conditions)].join(' or ')}` : ''
  return `exec count(*) from ${from}${where}`
}

/** '' for a row without a value that can be written down. */
function conditionOf(row: SampleRow): string {
  const parts = row.flatMap(({ column, scalar }) => {
    const text = literalOf(scalar)
    return text === undefined ? [] : [`${column} = ${text}`]
  })
  return parts.length === 0 ? '' : `(${parts.join(' and ')})`
}

function literalOf(scalar: Scalar): string | undefined {
  const { type, value } = scalar
  if (value === null || !literal.has(type)) return undefined
  if (typeof value !== 'string') return formatValue(scalar)
  return /^[\p{L}\p{N} ._:/@+-]+$/u.test(value) ? `"${value}"` : undefined
}
