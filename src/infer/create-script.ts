/* Writes the script that creates a table for the columns: a shared stream table, a keyed stream table or a DFS table. The script contains
   only valid DolphinDB identifiers as names, and file names only in comments, without line breaks. What servers accept:
   docs/server-semantics.md#tables-in-databases. */
import { Buffer } from 'node:buffer'
import { UsageError, usageError } from '../errors.js'
import { controlCharacters } from '../platform/control-characters.js'
import { bytesText } from '../parse/cells/cell-bytes.js'
import { columnTypeText, isDecimal, type ColumnType } from '../protocol/data-type.js'
import { isIdentifier } from '../schema/field-names.js'
import { nearestHint } from '../schema/nearest.js'
import { isBefore } from '../schema/target-schema.js'
import { checkReserved } from './column-names.js'
import type { InferredSchema } from './inferred-schema.js'
import { columnError, planPartitions, tableBytes, type DfsOptions } from './partition-plan.js'

/** The table to create, with checked names. */
export type NewTable =
  | { readonly kind: 'shared'; readonly name: string }
  | { readonly kind: 'dfs'; readonly database: string; readonly table: string }

/** Initial capacity of a stream table in rows. Wide tables get less, because the server allocates it at once. */
const streamCapacity = 10_000
const streamCells = 4_000_000
/** Limits the number and length of comments, because a server limits the code in a message (S00020). */
const mostWarnings = 50
const longestComment = 300
const mostCodeBytes = 1_000_000

/** Kinds of types, each with the first server version that supports it, as numbers like `[2, 0, 10]`. */
const firstVersions: readonly (readonly [
  string,
  (type: ColumnType, isStored: boolean) => boolean,
  readonly [number, number, number],
])[] = [
  // OLAP, the only engine before, takes neither.
  ['BLOBs in DFS tables', ({ type }, isStored) => isStored && type === 'BLOB', [2, 0, 0]],
  ['arrays', ({ array }) => array === true, [2, 0, 0]],
  ['DECIMAL128', ({ type }) => type === 'DECIMAL128', [2, 0, 10]],
  ['arrays of decimals', ({ type, array }) => array === true && isDecimal(type), [2, 0, 9]],
  ['decimals', ({ type }) => isDecimal(type), [2, 0, 8]],
]

/**
 * @param keyColumns  make the table a keyed stream table, which drops rows with a known key
 * @param server  version of the server, as numbers, if known
 * @param dfsOptions  the user's requirements for a DFS table; the program chooses the rest
 * @throws {UsageError} DDB_USAGE for unknown keys, and for requirements that no table can meet; DDB_NAME for names that no script can have
 * @throws {InputError} DDB_INPUT_COLUMN for too many columns, and for types that the server does not know; for a DFS table also
 *   if no column is fit to partition by, or to sort arrays by
 */
export function createScript(
  schema: InferredSchema,
  table: NewTable,
  keyColumns: readonly string[] = [],
  server?: readonly number[],
  dfsOptions: DfsOptions = {},
): string {
  const names = schema.columns.map(({ name }) => name)
  const wrong = names.find(name => !isIdentifier(name))
  if (wrong !== undefined) {
    throw new UsageError('DDB_NAME', `"${wrong}" is not a name that a column can have`)
  }
  checkReserved([table.kind === 'shared' ? table.name : table.table, ...names])
  const unknown = keyColumns.find(name => !names.includes(name))
  if (unknown !== undefined) {
    throw usageError(
      `the key names "${unknown}", which the table would not have${nearestHint(unknown, names)}`,
    )
  }
  for (const [what, needs, version] of firstVersions) {
    const found = schema.columns.find(({ type }) => needs(type, table.kind === 'dfs'))
    if (found === undefined || server === undefined || !isBefore(server, version)) continue
    const [major, minor, patch] = version
    throw columnError(
      schema,
      `column "${found.name}" would be ${columnTypeText(found.type)}: ${what} are known to servers from ${major}.0${minor}.${patch} on, and this one has version ${server.join('.')}. Make the table by hand, with columns that it knows`,
    )
  }
  checkDfsOnly(table, dfsOptions)
  if (table.kind === 'dfs' && keyColumns.length > 0) {
    throw usageError('keys are for stream tables: a DFS table has none')
  }
  const lines =
    table.kind === 'shared'
      ? streamLines(schema, table.name, keyColumns)
      : dfsLines(schema, table, server, dfsOptions)
  const script = `${[...headLines(schema), ...lines].join('\n')}\n`
  if (Buffer.byteLength(script) <= mostCodeBytes) return script
  throw columnError(
    schema,
    `the script for ${names.length} columns is longer than the ${bytesText(mostCodeBytes)} that a server takes: load the rows in another shape, or leave columns out`,
  )
}

/** @throws {UsageError} DDB_USAGE for requirements that a stream table cannot meet */
export function checkDfsOnly(table: NewTable, dfsOptions: DfsOptions): void {
  const [requested] = Object.keys(dfsOptions)
  if (table.kind === 'dfs' || requested === undefined) return
  const flag = `--${requested.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)}`
  throw usageError(`${flag} is for DFS tables: name one, dfs://DATABASE/TABLE`)
}

function headLines(schema: InferredSchema): string[] {
  const { inputs, rows, isComplete, estimatedRows, columns, rejected, firstReject } = schema
  const [{ path } = { path: '' }, ...others] = inputs
  const file = commentText(path === '-' ? 'standard input' : path)
  const more = others.length === 0 ? '' : ` and ${others.length} more`
  const about = estimatedRows > rows ? ` of about ${estimatedRows}` : ''
  const noun = rows === 1 && about === '' ? 'row' : 'rows'
  const seen = isComplete ? `${rows} ${noun}` : `the first ${rows}${about} ${noun}`
  const lines = [`For ${file}${more}: ${seen}, ${bytesText(tableBytes(schema))} in memory.`]
  if (rejected > 0) {
    const count = rejected === 1 ? '1 record' : `${rejected} records`
    lines.push(`${count} cannot be read; the first: ${commentText(firstReject ?? '')}`)
  }
  const warnings = columns.flatMap(({ name, warnings }) =>
    warnings.map(warning => commentText(`${name}: ${warning}`)),
  )
  lines.push(...warnings.slice(0, mostWarnings))
  const left = warnings.length - mostWarnings
  if (left > 0) lines.push(`… and ${left} more: \`ddb-ingest schema\` lists all of them.`)
  return lines.map(line => `// ${line}`)
}

/** The text on one line, without control characters, and cut if it is long. */
function commentText(text: string): string {
  const line = text.replace(controlCharacters, ' ')
  return line.length <= longestComment ? line : `${line.slice(0, longestComment)}…`
}

function namesAndTypes({ columns }: InferredSchema): string {
  const names = columns.map(({ name }) => `\`${name}`).join('')
  const types = columns.map(({ type }) => columnTypeText(type)).join(', ')
  // DolphinDB reads a single name without brackets as a scalar.
  return columns.length === 1 ? `[${names}], [${types}]` : `${names}, [${types}]`
}

function streamLines(
  schema: InferredSchema,
  name: string,
  keyColumns: readonly string[],
): string[] {
  const roomRows = Math.max(1, Math.floor(streamCells / schema.columns.length))
  const columns = `${Math.min(streamCapacity, roomRows)}:0, ${namesAndTypes(schema)}`
  const keys = keyColumns.map(key => `\`${key}`).join('')
  const made =
    keyColumns.length === 0 ? `streamTable(${columns})` : `keyedStreamTable(${keys}, ${columns})`
  return [
    '// Only in memory; enableTableShareAndPersistence keeps it on disk if the server has a persistenceDir.',
    // `share` would replace a table of this name, with all its rows.
    `if(defined("${name}", SHARED))`,
    `    throw "${name} is there already"`,
    `share(${made}, "${name}")`,
  ]
}

/** Statement that creates the table in a database with partitions; the user replaces `COLUMN` by partition columns. */
export function tableInDatabase(schema: InferredSchema, database: string, table: string): string {
  return `database("${database}").createPartitionedTable(table(1:0, ${namesAndTypes(schema)}), \`${table}, \`COLUMN)`
}

/** Makes the script fail if the database exists, because its partitions may differ. */
export function databaseGuard(database: string): string {
  return `if(existsDatabase("${database}"))
    throw "${database} is there already, with partitions of its own: create the table in it by hand"`
}

function dfsLines(
  schema: InferredSchema,
  { database, table }: Extract<NewTable, { kind: 'dfs' }>,
  server: readonly number[] | undefined,
  dfsOptions: DfsOptions,
): string[] {
  const hasEngines = server === undefined || !isBefore(server, [2, 0, 0])
  const plan = planPartitions(schema, dfsOptions, hasEngines)
  const { levels, engine, sortColumns, engineReason } = plan
  const { keepDuplicates, atomic } = dfsOptions
  const partitionColumns = levels.map(({ columnName }) => `\`${columnName}`).join('')
  const sorted = sortColumns.map(name => `\`${name}`).join('')
  // The default engine, OLAP, is left out, because servers before 2.00 refuse the parameter.
  const named =
    (engine === 'OLAP' ? '' : `, engine="${engine}"`) +
    (atomic === undefined ? '' : `, atomic="${atomic.toUpperCase()}"`)
  const [first, second] = levels
  const numbers = levels.map((_, i) => `level${i + 1}`)
  return [
    ...levels.map(({ columnName, kind, reason }) => `// ${kind} by ${columnName}: ${reason}.`),
    `// ${engineReason}.`,
    databaseGuard(database),
    ...(second === undefined
      ? [`db = database("${database}", ${first!.kind}, ${first!.scheme}${named})`]
      : [
          ...levels.map(
            ({ kind, scheme }, i) => `${numbers[i]} = database("", ${kind}, ${scheme})`,
          ),
          `db = database("${database}", COMPO, [${numbers.join(', ')}]${named})`,
        ]),
    `emptyTable = table(1:0, ${namesAndTypes(schema)})`,
    'try {',
    `    db.createPartitionedTable(emptyTable, \`${table}, ${partitionColumns}` +
      `${engine === 'TSDB' ? `, sortColumns=${sorted}` : ''}` +
      `${keepDuplicates === undefined ? '' : `, keepDuplicates=${keepDuplicates.toUpperCase()}`})`,
    '} catch(ex) {',
    '    // The next attempt then starts clean; a database that has tables was not made by this script.',
    `    try { if(count(getTables(db)) == 0) dropDatabase("${database}") } catch(ex2) { print(ex2) }`,
    '    throw ex[1]',
    '}',
  ]
}
