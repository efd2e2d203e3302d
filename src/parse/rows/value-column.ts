/*
  The face of a column that takes values of a program as they are.
*/
import type { ColumnPart } from '../columns/column-part.js'

/** One column, filled anew for each piece. */
export interface ValueColumn {
  /** Of those that `fill` took. */
  nulls: number
  /**
   * Takes values, from the first on.
   * @returns how many; fewer than `count` before one that it cannot take, or where there is no room
   */
  fill(values: readonly unknown[], count: number): number
  /** Lent until `fill` is called again; the object itself is another one for each piece. */
  part(count: number): ColumnPart
}
