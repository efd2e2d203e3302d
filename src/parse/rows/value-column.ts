/*
  The interface of columns that take a program's values without converting them to text.
*/
import type { ColumnPart } from '../columns/column-part.js'

/** One column, which is filled anew for each piece. */
export interface ValueColumn {
  /** Number of nulls among the values that `fill` took. */
  nulls: number
  /**
   * Takes values, beginning with the first.
   * @returns the number of values taken; fewer than `count` if there is no room, or the column cannot take the next value
   */
  fill(values: readonly unknown[], count: number): number
  /** The part's data are valid until the next `fill`; the part itself is a new object for each piece. */
  part(count: number): ColumnPart
}
