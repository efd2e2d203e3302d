/*
  Columns of the server's tables, to which rows are added.
*/
import { concatColumns, takeRows } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'

/** So many small pieces become one, so that a table to which single rows are added has few pieces. */
const joinedPieces = 16
/** Longer pieces are joined only when somebody reads the column. */
const smallRows = 65_536

/** The pieces that were appended, joined when somebody reads the column. No piece ever changes. */
export class GrowingColumn {
  /** Rows are only added to this array. Everything else replaces it, because snapshots refer to it. */
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
      if (pieces === this.#pieces) this.#replace(0, count, joined)
      return joined
    }
  }

  /** Adds the rows of a column that has exactly the same type. */
  append(column: Column): void {
    this.#pieces.push(column)
    // A piece is joined with pieces of about its own length, so that each row is copied only a few times.
    for (let from = this.#firstOfLast(); from >= 0; from = this.#firstOfLast()) {
      const last = this.#pieces.slice(from)
      if (last.reduce((sum, { length }) => sum + length, 0) > smallRows) return
      this.#replace(from, joinedPieces, concatColumns(last))
    }
  }

  /** Position of the first of the last pieces, if the very last one is as long as it; otherwise negative. */
  #firstOfLast(): number {
    const from = this.#pieces.length - joinedPieces
    return from >= 0 && this.#pieces[from]!.length > this.#pieces.at(-1)!.length ? -1 : from
  }

  #replace(from: number, count: number, joined: Column): void {
    this.#pieces = this.#pieces.toSpliced(from, count, joined)
  }

  /** Sets row `rows[i]` to row `i` of `values`, which has the same type. If a row occurs twice, the last value wins. */
  assign(rows: Int32Array, values: Column): void {
    const old = this.view()
    const order = new Int32Array(old.length)
    for (let row = 0; row < order.length; row++) order[row] = row
    for (let i = 0; i < rows.length; i++) order[rows[i]!] = old.length + i
    this.#pieces = [takeRows(concatColumns([old, values]), order)]
  }
}
