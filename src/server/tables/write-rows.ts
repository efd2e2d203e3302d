/* Makes rows of values, and writes, changes and deletes them. Writes into DFS tables are transactions, one at a time for a partition
   (docs/server-semantics.md#transactions): a second one is refused (atomic='TRANS') or waits (atomic='CHUNK'). */
import { type ColumnType, columnTypeText } from '../../protocol/data-type.js'
import type { Column } from '../../protocol/value.js'
import { ScriptError, check } from '../script-error.js'
import type { CallContext, Evaluation, ServerValue } from '../values/server-value.js'
import { tupleElements, tupleOf } from '../values/values.js'
import { nullColumn } from '../columns/column-layout.js'
import { columnOfScalar } from '../columns/convert-column.js'
import { placeRows } from './partitions/partition-level.js'
import { checkWritable, countError, isStream, prepareColumn, prepareColumns } from './prepare.js'
import {
  type ServerTable,
  type UpsertCount,
  type UpsertOptions,
  columnIndex,
} from './server-table.js'

/** The rows of `tableInsert(table, args…)`. @throws {ScriptError} with the texts of docs/server-semantics.md#error-texts */
export function rowsOfArguments(
  table: ServerTable,
  args: readonly ServerValue[],
): readonly Column[] {
  const only = args.length === 1 ? args[0] : undefined
  // The columns match those of the target by position, whatever their names.
  if (only?.form === 'serverTable') return only.columns
  const isPlain = table.partitioning === undefined && table.kind !== 'dfs'
  check(isPlain, 'Only a table can be inserted into a partitioned or DFS table.')
  return rowsOfValues(table, (only && tupleElements(only)) ?? args)
}

/**
 * The rows of one value per column: all scalars, or all vectors of one length. For a column of arrays, a vector is one row.
 * @param names  the columns of the values; all others become null @throws {ScriptError} `Inconsistent length of values to insert.`
 */
export function rowsOfValues(
  table: ServerTable,
  values: readonly ServerValue[],
  names?: readonly string[],
): readonly Column[] {
  const twice = names?.find((name, index) => names.indexOf(name) !== index)
  check(twice === undefined, `The column ${twice} is named twice.`)
  const positions = names?.map(name => columnIndex(table, name))
  if (values.length !== (positions ?? table.columnNames).length) throw countError(table, true)
  const given = values.map((value, index) =>
    columnOfValue(value, table.columnTypes[positions?.[index] ?? index]!),
  )
  const rows = given[0]?.length ?? 0
  const isEven = given.every(column => column.length === rows)
  check(isEven, 'Inconsistent length of values to insert.')
  if (positions === undefined) return given
  return table.columnTypes.map((type, at) => given[positions.indexOf(at)] ?? nullColumn(type, rows))
}

function columnOfValue(value: ServerValue, target: ColumnType): Column {
  if (value.form === 'arrayVector') return value
  if (value.form === 'scalar') {
    return target.type === 'ANY' ? tupleOf([value]) : columnOfScalar(value)
  }
  check(
    value.form === 'vector',
    `Incompatible type. Expected: ${columnTypeText(target)}, Actual: ${value.form.toUpperCase()}`,
  )
  const isRow = target.array === true && value.type !== 'ANY' && value.type !== 'VOID'
  return isRow ? tupleOf([value]) : value
}

/** Removes rows at distinct, ascending positions. @throws {ScriptError} for stream tables and dropped tables */
export function deleteRows(table: ServerTable, rows: Int32Array): void {
  checkChangeable(table)
  let next = 0
  const all = Int32Array.from({ length: table.rows }, (_, row) => row)
  table.keepRows(all.filter(row => row !== rows[next] || ++next === 0))
}

export interface ColumnChange {
  readonly name: string
  readonly rows: Int32Array
  readonly values: Column
}

/** Converts all values first. @throws {ScriptError} for stream tables, key and partition columns, and types that do not convert */
export function updateColumns(table: ServerTable, changes: readonly ColumnChange[]): void {
  checkChangeable(table)
  const prepared = changes.map(({ name, rows, values }) => {
    const index = columnIndex(table, name)
    const isPartitioning = table.partitioning?.columns.includes(index)
    check(!isPartitioning, `Can't update a partitioning column [${name}].`)
    table.checkNoKey(index)
    return { index, rows, values: prepareColumn(table, index, values, rows.length) }
  })
  for (const { index, rows, values } of prepared) table.update(index, rows, values)
}

function checkChangeable(table: ServerTable): void {
  checkWritable(table)
  check(!isStream(table), "Can't update or delete rows of a stream table.")
}

interface Transaction {
  readonly id: number
  readonly table: ServerTable
  /** Numbers of the partitions. An unpartitioned table has one partition, 0. Computed when first needed. */
  readonly partitions: () => ReadonlySet<number>
  readonly ended: Promise<void>
}

/** The open transactions of a node, and how many the node has begun. */
export interface Transactions {
  readonly open: Set<Transaction>
  count: number
}

/**
 * Rows for a DFS table lock their partitions and are written in the next turn of the event loop, so that writes of several sessions can
 * conflict. `serve --discard` drops rows, except those for keyed stream tables that are not a table: receipts are inserted so.
 * @param isTable  true if the caller gave the rows as a table @param answer  makes the result from the counts
 * @throws {ScriptError} if the table refuses the rows; `<ChunkInTransaction>… RefId:S00002` with atomic='TRANS'
 */
export function writeRows<T>(
  context: CallContext,
  table: ServerTable,
  written: readonly Column[],
  isTable: boolean,
  answer: (count: UpsertCount) => T,
  upsert?: UpsertOptions,
): T | Evaluation<T> {
  const { discarded } = context.node
  const isVisible = table.sharedName !== '' || table.stored !== undefined
  if (discarded !== undefined && isVisible && (table.kind !== 'keyedStream' || isTable)) {
    table.drop(written)
    const inserted = written[0]!.length
    discarded.inserts += 1
    discarded.rows += inserted
    return answer({ inserted, updated: 0 })
  }
  const write = (): T =>
    answer(
      upsert === undefined
        ? { inserted: table.append(written), updated: 0 }
        : table.upsert(written, upsert),
    )
  return table.kind === 'dfs' ? writeAlone(context, table, written, write) : write()
}

function* writeAlone<T>(
  { node }: CallContext,
  table: ServerTable,
  written: readonly Column[],
  write: () => T,
): Evaluation<T> {
  const { transactions, clock } = node
  let known: ReadonlySet<number> | undefined
  const partitions = (): ReadonlySet<number> => (known ??= partitionsOf(table, written))
  for (;;) {
    const holder = holderOf(transactions, table, partitions)
    if (holder === undefined) break
    const { databasePath, tableName } = table.stored!
    if (node.databases.get(databasePath)?.atomic !== 'CHUNK') {
      // A real server names the partition, too; clients look only at the tag in front.
      throw new ScriptError(
        `<ChunkInTransaction>The openChunks operation failed because the chunk '${databasePath.slice('dfs:/'.length)}/${tableName}' is currently locked and in use by transaction ${holder.id}. RefId:S00002`,
      )
    }
    yield { until: holder.ended }
  }
  let end = (): void => undefined
  const ended = new Promise<void>(resolve => (end = resolve))
  const transaction = { id: (transactions.count += 1), table, partitions, ended }
  transactions.open.add(transaction)
  try {
    yield { until: new Promise<void>(resolve => clock.nextTurn(resolve)) }
    return write()
  } finally {
    transactions.open.delete(transaction)
    end()
  }
}

/** An open transaction that has locked one of the partitions. */
function holderOf(
  { open }: Transactions,
  table: ServerTable,
  partitions: Transaction['partitions'],
): Transaction | undefined {
  for (const transaction of open) {
    if (transaction.table !== table) continue
    const held = transaction.partitions()
    for (const partition of partitions()) if (held.has(partition)) return transaction
  }
  return undefined
}

/** The partitions of the rows; none if the table will refuse the rows. */
function partitionsOf(table: ServerTable, written: readonly Column[]): ReadonlySet<number> {
  const { partitioning } = table
  if (partitioning === undefined) return new Set([0])
  try {
    const placed = placeRows(partitioning, prepareColumns(table, written))
    return new Set(placed.filter(partition => partition >= 0))
  } catch (error) {
    if (error instanceof ScriptError) return new Set()
    throw error
  }
}
