/* Columns of the server's tables, to which rows are added. */
import { type FixedVector, columnTypeOf, concatColumns, takeRows } from '../../protocol/element.js'
import { dataTypes } from '../../protocol/data-type.js'
import { type SymbolVector, isSymbolVector } from '../../protocol/types/symbols.js'
import type { Column, Vector } from '../../protocol/value.js'
import { isFixedVector, zeroColumn } from './column-layout.js'

/** So many small pieces become one, so that a column to which single rows are added has few pieces. */
const joinedPieces = 16
/** Longer pieces are joined only when somebody reads the column. */
const smallRows = 65_536
const leastRoom = 64

/** An array with room for more rows. */
interface Room {
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

function roomOf(column: FixedVector): Room {
  const width = dataTypes[column.type].bytesPerValue / column.data.BYTES_PER_ELEMENT
  return { column, width, rows: column.length }
}

function fill({ data }: FixedVector, from: FixedVector['data'], count: number, at: number): void {
  const elements = from.length === count ? from : from.subarray(0, count)
  ;(data as Float64Array).set(elements as Float64Array, at)
}

/** Numbers grow in one array. Texts and arrays are pieces until somebody reads them. Symbols are codes in the texts of the column. */
export class GrowingColumn {
  /** Columns are only added to this array. Everything else replaces it, because snapshots refer to it. */
  #pieces: Column[]
  /** In place of pieces once numbers were added. */
  #room: Room | undefined
  /** The texts of a SYMBOL column, and text → code, once a second piece comes. */
  #symbols: Symbols | undefined

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
    const symbols = this.#symbols
    const count = pieces.length
    if (this.#room === undefined) return () => this.#joined(pieces, count, symbols)
    const { column, width, rows: length } = this.#room
    const data = column.data.subarray(0, length * width)
    return () => shown({ ...column, length, data } as FixedVector, symbols)
  }

  #joined(pieces: Column[], count: number, symbols: Symbols | undefined): Column {
    if (count === 1) return shown(pieces[0]!, symbols)
    const joined = concatColumns(pieces.slice(0, count))
    if (pieces === this.#pieces) this.#pieces = [joined, ...pieces.slice(count)]
    return shown(joined, symbols)
  }

  /** Adds the rows of a column that has exactly the same type. */
  append(given: Column): void {
    const column = isSymbolVector(given) ? this.#coded(given) : given
    if (isFixedVector(column)) this.#copy(column)
    else this.#push(column)
  }

  #copy({ data, length }: FixedVector): void {
    let room = (this.#room ??= roomOf(this.#pieces[0] as FixedVector))
    const { width, rows } = room
    if (rows + length > room.column.length) {
      const most = Math.max(leastRoom, (rows + length) * 2)
      const larger = zeroColumn(columnTypeOf(room.column), most) as FixedVector
      fill(larger, room.column.data, rows * width, 0)
      this.#room = room = { column: larger, width, rows }
    }
    fill(room.column, data, length * width, rows * width)
    room.rows += length
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

  #push(column: Column): void {
    const pieces = this.#pieces
    const from = pieces.push(column) - joinedPieces
    // A piece is joined with pieces of about its own length, so that each row is copied only a few times.
    if (from < 0 || pieces[from]!.length > column.length) return
    const last = pieces.slice(from)
    if (last.reduce((sum, { length }) => sum + length, 0) > smallRows) return
    this.#pieces = pieces.slice(0, from)
    this.#push(concatColumns(last))
  }

  /** Sets row `rows[i]` to row `i` of `values`, which has the same type. If a row occurs twice, the last value wins. */
  assign(rows: Int32Array, values: Column): void {
    const old = this.view()
    const order = new Int32Array(old.length)
    for (let row = 0; row < order.length; row++) order[row] = row
    for (let i = 0; i < rows.length; i++) order[rows[i]!] = old.length + i
    this.#pieces = [takeRows(concatColumns([old, values]), order)]
    this.#room = this.#symbols = undefined
  }
}
