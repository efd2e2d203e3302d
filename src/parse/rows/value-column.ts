/*
  The interface of columns that take a program's values without converting them to text.
*/
import type { ColumnPart } from '../columns/column-part.js'

/** A column that is filled again for each piece (part of a batch). */
export interface ValueColumn {
  /** Number of nulls among the values that the last `fill` took. */
  nulls: number
  /**
   * Takes values, beginning with the first.
   * @returns the number of values taken; fewer than `count` if the column is full or cannot take the next value
   */
  fill(values: readonly unknown[], count: number): number
  /** Returns a new object each time, but its data are only valid until the next `fill`. */
  part(count: number): ColumnPart
}
