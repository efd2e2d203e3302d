/*
  dropPartition(): the rows of chosen partitions go, the scheme stays (docs/server-semantics.md#tables-in-databases).
*/
import type { Column } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { textsOf, voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleElements } from '../../values/vector-literal.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { storedTable } from '../../tables/dfs-database.js'
import { chunkPath } from '../../tables/partitions/chunk-path.js'
import { levelOf, maxPartitions } from '../../tables/partitions/partition-level.js'
import { placeRows, type TablePartitioning } from '../../tables/partitions/place-rows.js'
import { checkWrite } from '../../tables/privileges.js'
import { deleteRows } from '../../tables/row-changes.js'
import { databaseArgument, isAbsent, textArgument } from '../arguments.js'

/**
 * dropPartition(dbHandle, partitionPaths, tableName, [forceDelete], [deleteSchema]): partitions by path
 * (`/20240102/Key3`), or by values of the partition columns, one filter a level.
 */
export const dropPartition: Builtin = {
  name: 'dropPartition',
  parameters: ['dbHandle', 'partitionPaths', 'tableName', 'forceDelete', 'deleteSchema'],
  minArguments: 3,
  maxArguments: 5,
  call: (context, [database, paths, tableName]) => {
    const { path } = databaseArgument(context, database)
    const table = storedTable(context.node, path, textArgument(tableName, 'tableName'))
    checkWrite(context, table, 'DELETE')
    const { partitioning } = table
    if (partitioning === undefined) {
      throw new ScriptError(`The table [${table.stored!.tableName}] is not partitioned.`)
    }
    const isChosen = filterOf(partitioning, paths)
    const columns = table.columnNames.map((_, index) => table.column(index))
    const placed = placeRows(partitioning, columns, table.rows)
    const chosen = new Map<number, boolean>()
    const gone: number[] = []
    placed.forEach((partition, row) => {
      let isGone = chosen.get(partition)
      if (isGone === undefined) chosen.set(partition, (isGone = isChosen(partition)))
      if (isGone) gone.push(row)
    })
    deleteRows(table, Int32Array.from(gone))
    return voidValue
  },
}

type Filter = (partition: number) => boolean

function filterOf(partitioning: TablePartitioning, paths: ServerValue | undefined): Filter {
  const texts = paths === undefined ? undefined : textsOf(paths)
  if (texts?.every(text => text.startsWith('/')) === true) {
    const wanted = new Set(texts)
    return partition => wanted.has(chunkPath(partitioning.levels, partition))
  }
  const tuple = paths !== undefined && paths.form !== 'scalar' ? tupleElements(paths) : undefined
  const filters = tuple ?? [paths]
  if (filters.length > partitioning.levels.length) {
    throw new ScriptError('The argument [partitionPaths] has more elements than there are levels.')
  }
  const numbers = filters.map((filter, level) => numbersOf(partitioning, level, filter))
  return partition =>
    numbers.every((one, level) => one?.has(at(partitioning, partition, level)) ?? true)
}

/** The partitions of a level that hold these values; undefined where all do. */
function numbersOf(
  { levels }: TablePartitioning,
  level: number,
  filter: ServerValue | undefined,
): ReadonlySet<number> | undefined {
  if (isAbsent(filter)) return undefined
  return new Set(levelOf(levels[level]!).locate(columnArgument(filter)))
}

function columnArgument(filter: ServerValue): Column {
  if (filter.form === 'scalar') return columnOfScalar(filter)
  if (filter.form === 'vector') return filter
  throw new ScriptError('The argument [partitionPaths] must be paths or values of partitions.')
}

/** The number of a partition within one level. */
function at({ levels }: TablePartitioning, partition: number, level: number): number {
  return Math.floor(partition / maxPartitions ** (levels.length - 1 - level)) % maxPartitions
}
