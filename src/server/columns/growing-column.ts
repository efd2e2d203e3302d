/*
  Columns of the server's tables, to which rows are added.
*/
import { type FixedVector, columnTypeOf, concatColumns, takeRows } from '../../protocol/element.js'
import { dataTypes } from '../../protocol/data-type.js'
import { type SymbolVector, isSymbolVector } from '../../protocol/types/symbols.js'
import type { Column, Vector } from '../../protocol/value.js'
import { isFixedVector, zeroColumn } from './column-layout.js'

/** So many small pieces become one, so that a table to which single rows are added has few pieces. */
const joinedPieces = 16
/** Longer pieces are joined only when somebody reads the column. */
const smallRows = 65_536
/** The least room for rows of numbers. */
const leastRoom = 64

/** Room for rows of numbers, which takes small batches. */
interface Tail {
  readonly column: FixedVector
  /** Elements of the array for a row. */
  readonly width: number
  /** Rows that are taken. */
  rows: number
}

interface Symbols {
  readonly base: string[]
  readonly codes: Map<string, number>
}

/** The column of a piece, which may consist of codes. */
function shown(piece: Column, symbols: Symbols | undefined): Column {
  if (symbols === undefined) return piece
  const { length, data: codes } = piece as { length: number; data: Int32Array }
  return { form: 'vector', type: 'SYMBOL', length, codes, base: symbols.base }
}

/**
 * The pieces that were appended, joined when somebody reads the column. No piece ever changes. Rows of numbers are first copied
 * into one array, because an array for each small batch would keep the garbage collector busy. Symbols are numbers: their
 * codes in the texts of the whole column.
 */
export class GrowingColumn {
  /** Rows are only added to this array. Everything else replaces it, because snapshots refer to it. */
  #pieces: Column[]
  /** The rows after the pieces. */
  #tail: Tail | undefined
  /** The texts of a SYMBOL column, and text → code, once a second piece comes. */
  #symbols: Symbols | undefined

  constructor(first: Column) {
    this.#pieces = [first]
  }

  /** The rows so far. Later changes do not affect the returned column. */
  view(): Column {
    this.#closeTail()
    return this.#joined(this.#pieces, this.#pieces.length, this.#symbols)
  }

  /** The rows so far, joined only if the caller reads them. */
  snapshot(): () => Column {
    this.#closeTail()
    const pieces = this.#pieces
    const symbols = this.#symbols
    const count = pieces.length
    return () => this.#joined(pieces, count, symbols)
  }

  #joined(pieces: Column[], count: number, symbols: Symbols | undefined): Column {
    if (count === 1) return shown(pieces[0]!, symbols)
    const joined = concatColumns(pieces.slice(0, count))
    if (pieces === this.#pieces) this.#replace(0, count, joined)
    return shown(joined, symbols)
  }

  /** Adds the rows of a column that has exactly the same type. */
  append(given: Column): void {
    const column = isSymbolVector(given) ? this.#coded(given) : given
    if (!isFixedVector(column) || column.length * 2 > smallRows) return this.#push(column)
    const { data, length } = column
    const tail = this.#roomFor(column)
    const { width, rows } = tail
    const elements = data.length === length * width ? data : data.subarray(0, length * width)
    ;(tail.column.data as Float64Array).set(elements as Float64Array, rows * width)
    tail.rows += length
  }

  /** The codes of the rows in the texts of the whole column. */
  #coded({ length, codes: given, base: texts }: SymbolVector): Vector {
    if (this.#symbols === undefined) {
      this.#symbols = { base: [''], codes: new Map([['', 0]]) }
      this.#pieces = this.#pieces.map(piece => (isSymbolVector(piece) ? this.#coded(piece) : piece))
    }
    const { base, codes } = this.#symbols
    const data = new Int32Array(length)
    for (let row = 0; row < length; row++) {
      const text = texts[given[row]!]!
      let code = codes.get(text)
      if (code === undefined) codes.set(text, (code = base.push(text) - 1))
      data[row] = code
    }
    return { form: 'vector', type: 'INT', length, data }
  }

  #roomFor(column: FixedVector): Tail {
    const { length } = column
    const taken = this.#tail?.rows ?? 0
    if (this.#tail !== undefined && taken + length <= this.#tail.column.length) return this.#tail
    if (taken + length > smallRows) {
      this.#closeTail()
      return this.#roomFor(column)
    }
    const room = Math.min(smallRows, Math.max(leastRoom, (taken + length) * 2))
    const larger = zeroColumn(columnTypeOf(column), room) as FixedVector
    const width = dataTypes[column.type].bytesPerValue / larger.data.BYTES_PER_ELEMENT
    if (this.#tail !== undefined) {
      ;(larger.data as Float64Array).set(this.#tail.column.data as Float64Array)
    }
    this.#tail = { column: larger, width, rows: taken }
    return this.#tail
  }

  #closeTail(): void {
    if (this.#tail === undefined) return
    const { column, width, rows: length } = this.#tail
    this.#tail = undefined
    this.#push({ ...column, length, data: column.data.subarray(0, length * width) } as FixedVector)
  }

  #push(column: Column): void {
    this.#closeTail()
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
    this.#symbols = undefined
  }
}
