/*
  The interface of a column that takes a program's values directly.
*/
import type { ColumnPart } from '../columns/column-part.js'

/** One column, filled anew for each piece. */
export interface ValueColumn {
  /** Nulls among the values taken by `fill`. */
  nulls: number
  /**
   * Takes values, beginning with the first.
   * @returns how many; fewer than `count` before one that it cannot take, or without room
   */
  fill(values: readonly unknown[], count: number): number
  /** Valid until the next `fill`; the object itself is new for each piece. */
  part(count: number): ColumnPart
}
