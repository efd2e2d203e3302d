/*
  A DFS table takes rows that lack its last columns, as long as no row of more columns went into the same partition
  (DolphinDB manual, page insert_data, question 3).
*/
import { ScriptError } from '../../script-error.js'

/** Kept for DFS tables only. */
export class PartitionWidths {
  /** Most columns that rows of a partition came with. */
  readonly #columns = new Map<number, number>()

  /**
   * Remembers that rows of `given` columns go into these partitions.
   * @throws {ScriptError} when one of them has rows of more columns; nothing is remembered then
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

  /** For a table that has no rows left. */
  clear(): void {
    this.#columns.clear()
  }
}
