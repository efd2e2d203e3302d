/*
  Finds the partition of each row. Tables do not store partitions; the scheme only decides which rows a table keeps, and
  which share a partition (docs/server-semantics.md#rows-outside-the-scheme, docs/protocol.md#routing-of-rows).
*/
import type { Column } from '../../../protocol/value.js'
import { ScriptError } from '../../script-error.js'
import type { LevelScheme } from '../server-table.js'
import {
  addValues,
  checkVisible,
  levelOf,
  maxPartitions,
  nullPartition,
  outsidePartition,
} from './partition-level.js'

/** Treatment of rows that have no partition in a VALUE scheme. */
export type NewValuePartitionPolicy = 'add' | 'skip' | 'fail'

export interface TablePartitioning {
  readonly columns: readonly number[]
  /** Shared with the database, which may add partitions. */
  readonly levels: readonly LevelScheme[]
  /** The policy for values without a VALUE partition; `memory` for in-memory tables, which drop the rows. */
  readonly newValues: () => NewValuePartitionPolicy | 'memory'
}

/**
 * A number for the partition of each row; −1 for rows outside the scheme.
 * @param columns  all columns of the table, in the types of the table
 * @throws {ScriptError} S01001, S01016 or S01018 for a value that a VALUE level refuses
 */
export function placeRows(
  partitioning: TablePartitioning,
  columns: readonly Column[],
  rows: number,
): Float64Array {
  const placed = new Float64Array(rows)
  partitioning.levels.forEach((scheme, level) => {
    const numbers = placeLevel(partitioning, scheme, columns[partitioning.columns[level]!]!)
    for (let row = 0; row < rows; row++) {
      const above = placed[row]!
      placed[row] = above < 0 || numbers[row]! < 0 ? -1 : above * maxPartitions + numbers[row]!
    }
  })
  return placed
}

function placeLevel(
  partitioning: TablePartitioning,
  scheme: LevelScheme,
  column: Column,
): Int32Array {
  const numbers = levelOf(scheme).locate(column)
  const policy = partitioning.newValues()
  if (scheme.type !== 'VALUE' || policy === 'memory') return numbers
  if (numbers.includes(nullPartition)) {
    throw new ScriptError(
      'The column used for value-partitioning cannot contain NULL values. RefId: S01001',
    )
  }
  checkVisible(column)
  if (!numbers.includes(outsidePartition)) return numbers
  switch (policy) {
    case 'skip':
      return numbers
    case 'fail':
      throw new ScriptError(
        'Some of the data being written is not defined in the partitioning scheme of the target database. RefId:S01016',
      )
    case 'add':
      addValues(scheme, column)
      return levelOf(scheme).locate(column)
  }
}

/**
 * The largest number of columns that a row had, for each partition of a DFS table. The table accepts rows without the
 * last columns only into partitions that have no rows with more columns (DolphinDB manual, page insert_data, question 3).
 */
export class PartitionWidths {
  readonly #columns = new Map<number, number>()

  /**
   * Notes that rows with `given` columns are added to these partitions.
   * @throws {ScriptError} if one of the partitions has rows with more columns; nothing is noted then
   */
  note(partitions: Float64Array, given: number): void {
    const touched = new Set<number>()
    let last = -1
    for (const partition of partitions) {
      if (partition !== last) touched.add(partition)
      last = partition
    }
    for (const partition of touched) {
      if ((this.#columns.get(partition) ?? 0) > given) {
        throw new ScriptError('The data to append contains fewer columns than the schema.')
      }
    }
    for (const partition of touched) this.#columns.set(partition, given)
  }

  /** Call this when the table has lost all its rows. */
  clear(): void {
    this.#columns.clear()
  }
}
