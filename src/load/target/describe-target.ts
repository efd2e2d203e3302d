/*
  Describes the target as the server reports it: columns in order, partition scheme, and whether rows with known keys are
  updated or added.
*/
import type { Session } from '../../client/open-session.js'
import { option, usageError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import type { PartitionScheme } from '../../schema/partition-dimension.js'
import { member, schemaFromServer, texts } from '../../schema/server-schema.js'
import { limitedColumns, limitsTexts } from '../../schema/text-limits.js'
import {
  schemaFromTypes,
  typesText,
  type TargetColumn,
  type TargetSchema,
} from '../../schema/target-schema.js'
import { nearestHint } from '../../schema/nearest.js'
import type { LoadOptions } from '../options.js'
import type { CheckedOptions } from '../checked-options.js'
import { isBefore, parseVersion } from '../../schema/server-version.js'
import { askFunction, askSchema } from '../connection/server-queries.js'
import { askTable, type TableState } from './table-state.js'
import type { NewValuePolicy } from './partition-scheme.js'
import {
  hasTransform,
  parseTableTarget,
  type TableTarget,
  type Target,
  type UpsertForm,
} from './target.js'

export interface TargetDescription {
  /** The columns that the run sends. */
  readonly columns: readonly TargetColumn[]
  /** The table's own columns, if a transform makes them from the columns sent. */
  readonly tableColumns?: readonly TargetColumn[]
  readonly partition?: PartitionScheme
  /** Undefined if unknown, or if the target has no VALUE scheme. */
  readonly newValues?: NewValuePolicy
  /**
   * True if a row whose key is already in the table does not make the table longer. This is so for shared tables with a
   * key, for PKEY tables, for DFS tables that keep only one of the rows with the same values in the sort columns, and for
   * upserts.
   * If the target is a function: whether `confirmTable` is such a table.
   */
  readonly keyed: boolean
  /** Columns that identify a row in the table and whose values stay as they were sent; empty if there are no such columns. */
  readonly keyColumns?: readonly string[]
  /** The key columns of a shared table, even if the user names other columns for an upsert. */
  readonly tableKey?: readonly string[]
  /** Columns by which a DFS table chooses partitions. If the target is a function: those of `confirmTable`. */
  readonly partitionColumns?: readonly string[]
  /** Whether the target is a DFS table under the name of a shared table. */
  readonly isHandle?: boolean
  /** How rows are upserted; undefined for other methods. */
  readonly upsert?: UpsertForm
  /** What the server answered about the table, or about `confirmTable`; undefined for a function without one. */
  readonly state?: TableState
  /**
   * Whether a row written twice stays one row: the table has a key, or keeps only one of the rows with the same values
   * in the sort columns.
   */
  readonly dropsDuplicates?: boolean
}

/** The target's own columns, whatever the run sends. */
export function ownSchema({ columns, tableColumns = columns }: TargetDescription): TargetSchema {
  return { columns: tableColumns }
}

/**
 * @throws {ServerError} DDB_TARGET if the table or function does not exist
 * @throws {TimeoutError} if the server does not answer
 * @throws {UsageError} DDB_USAGE if the options do not fit the target
 */
export async function describeTarget(
  control: Session,
  checked: CheckedOptions,
  options: LoadOptions,
): Promise<TargetDescription> {
  const { target } = checked
  const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
  if (target.kind === 'table') {
    const state = await askTable(asking, target.table, options.journal !== undefined)
    const answer = state.schema!
    const schema = schemaFromServer(answer)
    const names = schema.columns.map(column => column.name)
    for (const key of target.keyColumns) {
      if (names.includes(key)) continue
      throw usageError(
        `${option('target.keyColumns')} names "${key}", which the target does not have${nearestHint(key, names)}`,
      )
    }
    const engine = target.table.kind === 'dfs' ? textOf(answer, 'engineType') : undefined
    const keys = keysOf(target.table, answer, target.keyColumns)
    const { keyed } = keys
    const upsert = target.method === 'upsert' ? upsertOf(target, keyed, engine, state) : {}
    const stored = storedColumns(target.table, answer)
    const isHandle = target.table.kind === 'shared' && stored.length > 0
    const description = {
      ...{ ...schema, columns: limitedOn(state, schema.columns, stored) },
      ...{ ...keys, tableKey: textsOf(answer, 'keyColumn'), dropsDuplicates: keyed },
      keyed: keyed || target.method === 'upsert',
      ...{ ...upsert, ...policyOf(state), state, ...(isHandle ? { isHandle } : {}) },
    }
    return hasTransform(checked) ? transformed(description, options.target.types) : description
  }
  await askFunction(asking, target.name)
  const { types = '' } = options.target
  const { confirmTable } = target
  const from = types.startsWith('@') ? parseTableTarget(types.slice(1)) : undefined
  // The table that a function writes to is unknown; the table named with the function is the best guess.
  const table = confirmTable ?? from
  const state = table && (await askTable(asking, table, true))
  const answer = state?.schema
  const fromAnswer = from === table ? answer : from && (await askSchema(asking, from))
  const { columns } =
    fromAnswer === undefined ? schemaFromTypes(types) : schemaFromServer(fromAnswer)
  const stored = table === undefined ? [] : storedColumns(table, answer!)
  const keys = confirmTable === undefined ? { keyed: false } : keysOf(confirmTable, answer!, [])
  const known = confirmTable === undefined || state === undefined ? {} : { state }
  return { columns: limitedOn(state, columns, stored), ...keys, ...known }
}

/** The columns with the length limits of texts, if servers of this version have such limits. */
function limitedOn(
  state: TableState | undefined,
  columns: readonly TargetColumn[],
  stored: readonly TargetColumn[],
): readonly TargetColumn[] {
  return limitsTexts(state?.version) ? limitedColumns(columns, stored) : columns
}

/** @param upserted  columns named for an upsert */
function keysOf(
  table: TableTarget,
  answer: Value,
  upserted: readonly string[],
): Pick<TargetDescription, 'keyed' | 'keyColumns' | 'partitionColumns'> {
  return {
    keyed: isKeyed(table, answer),
    keyColumns: keyColumnsOf(table, answer, upserted),
    partitionColumns: textsOf(answer, 'partitionColumnName').filter(name => name !== ''),
  }
}

/**
 * Describes a target with a transform: the keys and partitions of its rows are unknown in advance.
 * @throws {UsageError} DDB_USAGE
 */
function transformed(table: TargetDescription, types: string | undefined): TargetDescription {
  const { columns, partition } = table
  return {
    ...table,
    columns: types === undefined ? columns : columnsOfTypes(types, columns),
    tableColumns: columns,
    ...(partition && { partition: { ...partition, unpredictable: true } }),
    keyColumns: [],
    tableKey: [],
  }
}

/** The named columns. A name without a type gets the type of the table's column. @throws {UsageError} DDB_USAGE */
function columnsOfTypes(types: string, known: readonly TargetColumn[]): readonly TargetColumn[] {
  const entries = types.split(',').map(entry => {
    const name = entry.trim()
    if (name.includes(':')) return entry
    const own = known.find(column => column.name === name)
    if (own !== undefined) return typesText({ columns: [own] })
    const names = known.map(column => column.name)
    throw usageError(
      `${option('target.types')} names "${name}" without a type, and the target has no such column${nearestHint(name, names)}: write ${name}:TYPE`,
    )
  })
  return schemaFromTypes(entries.join(',')).columns
}

/**
 * The columns that identify a row. An upsert into a DFS table treats the partition columns as keys, too (DolphinDB
 * manual, page upsert!). In each partition, some tables keep only one of the rows with the same values in the sort
 * columns. If such a table has one partition for each value of a column (a VALUE scheme of the same type as the
 * column), the key includes that column.
 * @param upserted  columns named for an upsert
 */
function keyColumnsOf(
  table: TableTarget,
  schema: Value,
  upserted: readonly string[],
): readonly string[] {
  if (table.kind === 'shared') return upserted.length > 0 ? upserted : textsOf(schema, 'keyColumn')
  const sorted = textsOf(schema, 'sortColumns')
  if (textOf(schema, 'engineType') === 'PKEY') {
    const primary = textsOf(schema, 'primaryKey')
    return primary.length > 0 ? primary : sorted
  }
  const { columns, partition } = schemaFromServer(schema)
  const dimensions = partition?.dimensions ?? []
  const chosenBy = dimensions.map(({ columnName }) => columnName)
  const ofUpsert = [...new Set([...chosenBy, ...upserted])]
  if (!keepsOneOfEquals(schema)) return upserted.length > 0 ? ofUpsert : []
  const exact = dimensions.filter(
    ({ kind, type, columnIndex }) => kind === 'VALUE' && type === columns[columnIndex]!.type.type,
  )
  const kept = [...new Set([...exact.map(({ columnName }) => columnName), ...sorted])]
  return upserted.length > 0 ? kept.filter(name => ofUpsert.includes(name)) : kept
}

/**
 * The columns in which the server limits the length of texts: all columns of a DFS table, even if the table is shared
 * under a plain name, and no column of any other table.
 */
function storedColumns(table: TableTarget, schema: Value): readonly TargetColumn[] {
  const isStored =
    table.kind === 'dfs' ||
    member(schema, 'compressMethods')?.form === 'table' ||
    textsOf(schema, 'dbUrl').some(url => url.startsWith('dfs://'))
  return isStored ? schemaFromServer(schema).columns : []
}

/** @throws {UsageError} DDB_USAGE if the given key columns do not suit the table */
function upsertOf(
  { table, keyColumns }: Extract<Target, { kind: 'table' }>,
  keyed: boolean,
  engine: string | undefined,
  state: TableState,
): Pick<TargetDescription, 'upsert'> {
  const primaryKey = engine === 'PKEY'
  if (table.kind === 'shared' && !keyed) {
    throw usageError('an upsert needs a keyed or indexed table or a DFS table: this one has no key')
  }
  if (primaryKey && keyColumns.length > 0) {
    throw usageError(
      `the table has a primary key of its own (PKEY engine), which identifies its rows: leave out ${option('target.keyColumns')}`,
    )
  }
  if (table.kind === 'dfs' && !primaryKey && keyColumns.length === 0) {
    throw usageError(
      `an upsert into a DFS table needs the columns that make a row unique: name them in ${option('target.keyColumns')}`,
    )
  }
  const version = parseVersion(state.version ?? '')
  return { upsert: { primaryKey, counts: version === undefined || !isBefore(version, [2, 0, 10]) } }
}

function policyOf({ newValues }: TableState): Pick<TargetDescription, 'newValues'> {
  const isKnown = newValues === 'add' || newValues === 'skip' || newValues === 'fail'
  return isKnown ? { newValues } : {}
}

/** `schema()` of keyed and indexed tables has a `keyColumn` (docs/server-semantics.md#schema). */
function isKeyed({ kind }: TableTarget, schema: Value): boolean {
  if (kind === 'shared') return textsOf(schema, 'keyColumn').some(name => name !== '')
  return textOf(schema, 'engineType') === 'PKEY' || keepsOneOfEquals(schema)
}

/**
 * Whether a TSDB table keeps only the first or the last of the rows with the same values in the sort columns
 * (`keepDuplicates`).
 */
function keepsOneOfEquals(schema: Value): boolean {
  const text = textOf(schema, 'keepDuplicates')
  return text === 'FIRST' || text === 'LAST'
}

/** The text of an entry, in capitals. */
function textOf(schema: Value, key: string): string | undefined {
  return textsOf(schema, key)[0]?.toUpperCase()
}

function textsOf(schema: Value, key: string): readonly string[] {
  return texts(member(schema, key)) ?? []
}
