/*
  A script for users, to check whether a run's rows are in the table if the program cannot.
*/
import type { DataType } from '../../protocol/data-type.js'
import { formatValue } from '../../protocol/element.js'
import type { Scalar } from '../../protocol/value.js'
import { watchedTable } from '../journal/target-identity.js'
import type { CheckedOptions } from '../checked-options.js'
import { tableExpression } from '../target/target.js'
import type { SampleRow } from './sample-rows.js'

/** Types whose values can be written in a script as DolphinDB literals (docs/grammar.md#literals). */
const literal: ReadonlySet<DataType> = new Set([
  ...(['INT', 'LONG', 'DATE', 'MONTH', 'DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'] as const),
  ...(['TIME', 'MINUTE', 'SECOND', 'NANOTIME', 'SYMBOL', 'STRING'] as const),
])

/** Placeholder for the table that a function writes to, if the user has not named the table. */
const unnamedTable = 'TABLE'

/** Counts the sampled rows of the run, or all rows of the table if a sample cannot be written with literals. */
export function lookScript(checked: CheckedOptions, samples: readonly SampleRow[]): string {
  const table = watchedTable(checked)
  const from = table === undefined ? unnamedTable : tableExpression(table)
  const conditions = samples.map(conditionOf)
  const isWritten = conditions.length > 0 && conditions.every(condition => condition !== '')
  const where = isWritten ? ` where ${[...new Set(conditions)].join(' or ')}` : ''
  return `exec count(*) from ${from}${where}`
}

/** A condition for the row; '' if none of its values can be written as a literal. */
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
