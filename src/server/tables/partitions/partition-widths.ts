/*
  A DFS table accepts rows without its last columns, as long as no row with more columns went into the same partition (DolphinDB
  manual, page insert_data, question 3).
*/
import { ScriptError } from '../../script-error.js'

/** Remembers for each partition of a DFS table how many columns its rows have. */
export class PartitionWidths {
  readonly #columns = new Map<number, number>()

  /**
   * Notes that rows with this number of columns (`given`) go into these partitions.
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

  /** Call this when the table has lost all of its rows. */
  clear(): void {
    this.#columns.clear()
  }
}
