/*
  The script that makes a table for the columns: shared stream table, keyed stream table, or DFS table. Names come into it
  only when they are DolphinDB's identifiers; the names of files stand in comments, without line breaks.
*/
import { InputError, UsageError } from '../errors.js'
import { columnTypeText } from '../protocol/data-type.js'
import { isIdentifier } from '../schema/identifier.js'
import { nearestHint } from '../schema/nearest.js'
import type { InferredSchema } from './inferred-schema.js'
import { bytesText, planPartitions, tableBytes, type PartitionPlan } from './partition-plan.js'

/** What is to be made; its names were checked. */
export type NewTable =
  | { readonly kind: 'shared'; readonly name: string }
  | { readonly kind: 'dfs'; readonly database: string; readonly table: string }

const streamCapacity = 10_000

/**
 * @param keyColumns  make a keyed stream table: rows whose key is known are dropped
 * @throws {UsageError} DDB_USAGE for keys that are not columns, DDB_NAME for columns that cannot be in a script
 * @throws {InputError} DDB_INPUT_COLUMN when nothing is there to partition a DFS table by
 */
export function createScript(
  schema: InferredSchema,
  table: NewTable,
  keyColumns: readonly string[] = [],
): string {
  checkNames(schema, keyColumns)
  const lines = table.kind === 'shared' ? streamLines(schema, table.name, keyColumns) : []
  if (table.kind === 'dfs') {
    if (keyColumns.length > 0) {
      throw new UsageError('DDB_USAGE', 'keys are for stream tables: a DFS table has none')
    }
    lines.push(...dfsLines(schema, table.database, table.table))
  }
  return `${[...headLines(schema), ...lines].join('\n')}\n`
}

function checkNames({ columns }: InferredSchema, keyColumns: readonly string[]): void {
  const names = columns.map(({ name }) => name)
  const wrong = names.find(name => !isIdentifier(name))
  if (wrong !== undefined) {
    throw new UsageError('DDB_NAME', `"${wrong}" is not a name that a column can have`)
  }
  const unknown = keyColumns.find(name => !names.includes(name))
  if (unknown === undefined) return
  throw new UsageError(
    'DDB_USAGE',
    `the key names "${unknown}", which the table would not have${nearestHint(unknown, names)}`,
  )
}

function headLines(schema: InferredSchema): string[] {
  const { inputs, rows, isComplete, estimatedRows, columns, rejected, firstReject } = schema
  const [first, ...others] = inputs
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const about = estimatedRows > rows ? ` of about ${estimatedRows}` : ''
  const noun = rows === 1 && about === '' ? 'row' : 'rows'
  const seen = isComplete ? `${rows} ${noun}` : `the first ${rows}${about} ${noun}`
  return [
    `// For ${commented(first?.path ?? '')}${more}: ${seen}, ${bytesText(tableBytes(schema))} in memory.`,
    ...(rejected === 0
      ? []
      : [
          `// ${rejected === 1 ? '1 record' : `${rejected} records`} cannot be read; the first: ${withoutBreaks(firstReject ?? '')}`,
        ]),
    ...columns.flatMap(({ name, warnings }) =>
      warnings.map(warning => `// ${name}: ${withoutBreaks(warning)}`),
    ),
  ]
}

/** A text that stays on its line. */
function withoutBreaks(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g, ' ')
}

function commented(path: string): string {
  return withoutBreaks(path === '-' ? 'standard input' : path)
}

function namesAndTypes({ columns }: InferredSchema): string {
  const names = columns.map(({ name }) => `\`${name}`).join('')
  const types = columns.map(({ type }) => columnTypeText(type)).join(', ')
  // One name alone would be a scalar.
  return columns.length === 1 ? `[${names}], [${types}]` : `${names}, [${types}]`
}

function streamLines(
  schema: InferredSchema,
  name: string,
  keyColumns: readonly string[],
): string[] {
  const columns = `${streamCapacity}:0, ${namesAndTypes(schema)}`
  const keys = keyColumns.map(key => `\`${key}`).join('')
  const made =
    keyColumns.length === 0 ? `streamTable(${columns})` : `keyedStreamTable(${keys}, ${columns})`
  return [
    '// In memory alone; enableTableShareAndPersistence keeps it on disk where the server has a persistenceDir.',
    // Sharing under a name that is taken would put the new table in the place of the one that has rows.
    `if(defined("${name}", SHARED))`,
    `    throw "${name} is there already"`,
    `share ${made} as ${name}`,
  ]
}

function dfsLines(schema: InferredSchema, database: string, table: string): string[] {
  const plan = planPartitions(schema)
  if (plan === undefined) {
    const file = schema.inputs[0]?.path ?? ''
    throw new InputError(
      'DDB_INPUT_COLUMN',
      `a DFS table needs a column without nulls to be partitioned by, and ${file} has none: make a stream table, or write the script by hand`,
      { file },
    )
  }
  const { levels, engine, sortColumns, engineReason } = plan
  const partitionColumns = levels.map(({ columnName }) => `\`${columnName}`).join('')
  const sorted = sortColumns.map(name => `\`${name}`).join('')
  return [
    ...levels.map(({ columnName, kind, reason }) => `// ${kind} by ${columnName}: ${reason}.`),
    `// ${engineReason}.`,
    `if(existsDatabase("${database}"))`,
    `    throw "${database} is there already, with partitions of its own: create the table in it by hand"`,
    ...databaseLines(plan, database),
    `emptyTable = table(1:0, ${namesAndTypes(schema)})`,
    `db.createPartitionedTable(emptyTable, \`${table}, ${partitionColumns}` +
      `${engine === 'TSDB' ? `, sortColumns=${sorted}` : ''})`,
  ]
}

function databaseLines({ levels, engine }: PartitionPlan, database: string): string[] {
  const ending = `engine="${engine}")`
  const [first, second] = levels
  if (second === undefined) {
    return [`db = database("${database}", ${first!.kind}, ${first!.scheme}, ${ending}`]
  }
  return [
    `level1 = database("", ${first!.kind}, ${first!.scheme})`,
    `level2 = database("", ${second.kind}, ${second.scheme})`,
    `db = database("${database}", COMPO, [level1, level2], ${ending}`,
  ]
}
