/*
  The rule for rows without the last columns: a DFS table accepts them only into partitions that have no rows with more
  columns (DolphinDB manual, page insert_data, question 3).
*/
import { ScriptError } from '../../script-error.js'

/** The largest number of columns that a row had, for each partition of a DFS table. */
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
