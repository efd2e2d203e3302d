/*
  The columns that a table would have, for a person: a line for each, and below them what is to be known of them.
*/
import type { InferredColumn, InferredSchema } from '../../../infer/inferred-schema.js'
import { columnTypeText } from '../../../protocol/data-type.js'
import { withFlags } from '../../options/reading/field-flags.js'
import type { Paint } from '../../output/output.js'
import { clean, clip, counted, grouped, tableLines } from '../../output/terminal-text.js'

const sampleWidth = 40
const heads = ['column', 'type', 'nulls', 'different', 'sample']

/** The table, with its line ends. */
export function schemaText(schema: InferredSchema, paint: Paint): string {
  const isCount = (column: number): boolean => column === 2 || column === 3
  const [head, ...rows] = tableLines([heads, ...schema.columns.map(cellsOf)], isCount)
  return [paint('bold', head!), ...rows, ...noteLines(schema)].map(line => `${line}\n`).join('')
}

function cellsOf({ name, type, nulls, distinct, sample }: InferredColumn): string[] {
  return [
    clean(name),
    columnTypeText(type),
    grouped(nulls),
    distinct === undefined ? 'many' : grouped(distinct),
    clip(clean(sample ?? ''), sampleWidth),
  ]
}

/** Sentences: how much was looked at, and every warning. */
export function noteLines(schema: InferredSchema): string[] {
  const { columns, leftOut, rows, isComplete, estimatedRows, rejected, firstReject } = schema
  const seen = isComplete
    ? `${counted(rows, 'record')}, all of them`
    : `the first ${counted(rows, 'record')}${estimatedRows > rows ? ` of about ${grouped(estimatedRows)}` : ''}`
  const warnings = columns.flatMap(({ name, warnings }) =>
    warnings.map(warning => `${name}: ${withFlags(warning)}`),
  )
  return [
    `looked at ${seen}`,
    ...(rejected === 0
      ? []
      : [`${counted(rejected, 'record')} cannot be read; the first: ${withFlags(firstReject!)}`]),
    ...warnings,
    ...leftOut.map(({ source, reason }) => `${source}: left out, ${reason}`),
  ].map(clean)
}
