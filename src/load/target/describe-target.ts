/* Describes the target as the server reports it: columns in order, partition scheme, and what becomes of known keys. */
import type { Session } from '../../client/open-session.js'
import { option, usageError } from '../../errors.js'
import { member, schemaFromServer, texts } from '../../schema/server-schema.js'
import { limitedColumns, limitsTexts } from '../../schema/text-limits.js'
import {
  type PartitionScheme,
  type TargetColumn,
  type TargetSchema,
  schemaFromTypes,
  typesText,
} from '../../schema/target-schema.js'
import { nearestHint } from '../../schema/nearest.js'
import type { CheckedOptions } from '../checked-options.js'
import type { LoadOptions } from '../options.js'
import { isBefore, parseVersion } from '../../schema/server-version.js'
import { askFunction, askSchema } from '../connection/server-queries.js'
import { askTable, type TableState } from './table-state.js'
import {
  hasTransform,
  parseTableTarget,
  type TableTarget,
  type Target,
  type UpsertForm,
} from './target.js'

export interface TargetDescription {
  readonly columns: readonly TargetColumn[]
  /** The table's own columns, if a transform makes them from the columns sent. */
  readonly tableColumns?: readonly TargetColumn[]
  readonly partition?: PartitionScheme
  /**
   * True if a row whose key is already in the table does not make the table longer, so that a row written twice stays one row. This is so
   * for shared tables with a key, for PKEY tables, for DFS tables that keep only one of the rows with the same values in the sort columns,
   * and for upserts. If the target is a function: whether `confirmTable` is such a table.
   */
  readonly keyed: boolean
  /** Columns that identify a row in the table and whose values stay as they were sent; empty if there are no such columns. */
  readonly keyColumns?: readonly string[]
  /** The key columns of a shared table, even if the user names other columns for an upsert. */
  readonly tableKey?: readonly string[]
  /** Columns by which a DFS table chooses partitions. If the target is a function: those of `confirmTable`. */
  readonly partitionColumns?: readonly string[]
  /** Whether the target has partitions, at least one: a DFS table, perhaps under the name of a shared one. */
  readonly isDivided?: boolean
  /** How rows are upserted; undefined for other methods. */
  readonly upsert?: UpsertForm
  /** What the server answered about the table, or about `confirmTable`; undefined for a function without one. */
  readonly state?: TableState
}

/** The target's own columns, whatever the run sends. */
export function ownSchema({ columns, tableColumns = columns }: TargetDescription): TargetSchema {
  return { columns: tableColumns }
}

type Names = readonly string[]

interface DescribingRun {
  readonly checked: CheckedOptions
  readonly options: Pick<LoadOptions, 'target' | 'journal'>
  readonly control?: Session
}

/** @throws {ServerError} DDB_TARGET if the target does not exist @throws {TimeoutError} @throws {UsageError} DDB_USAGE for unfit options */
export async function describeTarget(run: DescribingRun): Promise<TargetDescription> {
  const { checked, options } = run
  const { target } = checked
  const { types = '' } = options.target
  const asking = { session: run.control!, timeoutMs: checked.confirmTimeoutMs }
  if (target.kind === 'function') {
    await askFunction(asking, target.name)
    const { confirmTable } = target
    const from = types.startsWith('@') ? parseTableTarget(types.slice(1)) : undefined
    // The table that a function writes to is unknown; the table named with the function is the best guess.
    const table = confirmTable ?? from
    if (table === undefined) return { columns: schemaFromTypes(types).columns, keyed: false }
    const state = await askTable(asking, table, true)
    const answer = from === table ? state.schema : from && (await askSchema(asking, from))
    const { columns } = answer === undefined ? schemaFromTypes(types) : schemaFromServer(answer)
    const { limited, keyed, keyColumns, partitionColumns } = factsOf(table, state)
    const known = { keyed, keyColumns, partitionColumns, state }
    return { columns: limited(columns), ...(confirmTable === undefined ? { keyed: false } : known) }
  }
  const state = await askTable(asking, target.table, options.journal !== undefined)
  const facts = factsOf(target.table, state, target.keyColumns)
  const { limited, isStored, hasPrimaryKey, columns, partition, ...known } = facts
  const names = columns.map(column => column.name)
  for (const key of target.keyColumns) {
    if (names.includes(key)) continue
    throw usageError(
      `${option('target.keyColumns')} names "${key}", which the target does not have${nearestHint(key, names)}`,
    )
  }
  const isUpsert = target.method === 'upsert'
  const description = {
    ...{ ...known, columns: limited(columns), ...(partition && { partition }) },
    keyed: known.keyed || isUpsert,
    ...(isUpsert ? { upsert: upsertOf(target, facts, state) } : {}),
    state,
    isDivided: isStored || known.partitionColumns.length > 0,
  }
  return hasTransform(checked) ? transformed(description, types) : description
}

/** What the server says about a table: what identifies a row there, and which texts it takes. @param upserted  columns named for an upsert */
function factsOf(table: TableTarget, { schema, version }: TableState, upserted: Names = []) {
  const all = (key: string): Names => texts(member(schema!, key)) ?? []
  const first = (key: string): string | undefined => all(key)[0]?.toUpperCase()
  const { columns, partition } = schemaFromServer(schema!)
  const isShared = table.kind === 'shared'
  const hasPrimaryKey = !isShared && first('engineType') === 'PKEY'
  // Whether a TSDB table keeps only the first or the last of the rows with the same values in the sort columns.
  const keepsOne = ['FIRST', 'LAST'].includes(first('keepDuplicates') ?? '')
  // The server limits the length of texts in all columns of a DFS table, even if the table is shared under a plain name.
  const isStored =
    !isShared ||
    member(schema!, 'compressMethods')?.form === 'table' ||
    all('dbUrl').some(url => url.startsWith('dfs://'))
  const tableKey = all('keyColumn')
  /**
   * The columns that identify a row. An upsert into a DFS table treats the partition columns as keys, too (DolphinDB manual, page upsert!).
   * In each partition, some tables keep only one of the rows with the same values in the sort columns. If such a table has one partition
   * for each value of a column (a VALUE scheme of the same type as the column), the key includes that column.
   */
  const keyColumns = (): Names => {
    if (isShared) return upserted.length > 0 ? upserted : tableKey
    const [sorted, primary] = [all('sortColumns'), all('primaryKey')]
    if (hasPrimaryKey) return primary.length > 0 ? primary : sorted
    const dimensions = partition?.dimensions ?? []
    const ofUpsert = [...dimensions.map(({ columnName }) => columnName), ...upserted]
    if (!keepsOne) return upserted.length > 0 ? [...new Set(ofUpsert)] : []
    const exact = dimensions.filter(
      ({ kind, type, columnIndex }) => kind === 'VALUE' && type === columns[columnIndex]!.type.type,
    )
    const kept = [...new Set([...exact.map(({ columnName }) => columnName), ...sorted])]
    return upserted.length > 0 ? kept.filter(name => ofUpsert.includes(name)) : kept
  }
  return {
    ...{ columns, partition, isStored, hasPrimaryKey, tableKey, keyColumns: keyColumns() },
    // `schema()` of keyed and indexed tables has a `keyColumn` (docs/server-semantics.md#schema).
    keyed: isShared ? tableKey.some(name => name !== '') : hasPrimaryKey || keepsOne,
    partitionColumns: all('partitionColumnName').filter(name => name !== ''),
    /** The columns with the length limits of texts, if servers of this version have such limits. */
    limited: (sent: readonly TargetColumn[]) =>
      limitsTexts(version) ? limitedColumns(sent, isStored ? columns : []) : sent,
  }
}

/** Describes a target with a transform: the keys and partitions of its rows are unknown in advance. @throws {UsageError} DDB_USAGE */
function transformed(table: TargetDescription, types: string): TargetDescription {
  const { columns, partition } = table
  return {
    ...table,
    columns: types === '' ? columns : columnsOfTypes(types, columns),
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

/** @throws {UsageError} DDB_USAGE if the given key columns do not suit the table */
function upsertOf(
  { table, keyColumns }: Extract<Target, { kind: 'table' }>,
  { keyed, hasPrimaryKey: primaryKey }: ReturnType<typeof factsOf>,
  state: TableState,
): UpsertForm {
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
  return { primaryKey, counts: version === undefined || !isBefore(version, [2, 0, 10]) }
}
