/*
  Columns of the server's tables, to which rows are added.
*/
import { concatColumns, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'

/** More pieces are joined even if nobody reads the column. */
const maxPieces = 1_024

/** The pieces that were appended, joined when somebody reads the column. No piece ever changes. */
export class GrowingColumn {
  #pieces: Column[]

  constructor(first: Column) {
    this.#pieces = [first]
  }

  /** The rows so far. Later changes do not affect the returned column. */
  view(): Column {
    return this.snapshot()()
  }

  /** The rows so far, joined only if the caller reads them. */
  snapshot(): () => Column {
    const pieces = this.#pieces
    const count = pieces.length
    return () => {
      if (count === 1) return pieces[0]!
      const joined = concatColumns(pieces.slice(0, count))
      if (pieces === this.#pieces) this.#pieces = [joined, ...pieces.slice(count)]
      return joined
    }
  }

  /** Adds the rows of a column that has exactly the same type. */
  append(column: Column): void {
    if (this.#pieces.length === 1 && this.#pieces[0]!.length === 0) this.#pieces = [column]
    else if (column.length > 0) this.#pieces.push(column)
    if (this.#pieces.length > maxPieces) this.view()
  }

  /** Sets row `rows[i]` to row `i` of `values`, which has the same type. If a row occurs twice, the last value wins. */
  assign(rows: Int32Array, values: Column): void {
    const old = this.view()
    const order = Int32Array.from({ length: old.length }, (_, row) => row)
    for (let i = 0; i < rows.length; i++) order[rows[i]!] = old.length + i
    this.#pieces = [takeRows(concatColumns([old, values]), order)]
  }
}
