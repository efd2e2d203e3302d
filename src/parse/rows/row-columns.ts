/*
  Turns a program's rows into columns, directly from the values. Rows with a value whose meaning depends on its text are
  left to the reader of texts.
*/
import { textSources, type ColumnMapping } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import type { FedPiece } from './fed-rows.js'
import { isOfEveryObject } from './row-text.js'
import type { ValueColumn } from './value-column.js'
import { cellTypeOf } from '../types/column-types.js'

export interface RowColumns {
  /**
   * Reads as many rows as possible, beginning with `rows[from]`. In the piece, each row counts as one byte of text.
   * @returns undefined if the first row must be read as text
   */
  read(rows: readonly unknown[], from: number, to: number): FedPiece | undefined
}

/** Limit of the rows in a piece, so that its columns stay in the processor's cache. */
const mostRows = 4096

/** Takes the place of the text in a piece whose rows have no text: one line end per row. */
const lineEnds = new Uint8Array(mostRows).fill(10)

/** @returns undefined if every row must be read as text, because of a column's type or the rules for cells */
export function rowColumns(mapping: ColumnMapping, cells: CellRules): RowColumns | undefined {
  const { columnOffsets, onOffset: _, ...rules } = cells
  const isPlain = Object.values(rules).every(rule => rule === undefined || rule === false)
  if (!isPlain) return undefined
  const columns: ReadColumn[] = []
  const names = memberNames(mapping)
  for (const column of mapping.columns) {
    if (column.source.kind !== 'member') return undefined
    const { name } = column.source
    // A name with dots may mean a member of a nested object.
    if (isOfEveryObject(name) || name.includes('.')) return undefined
    const { type, maxBytes = Infinity } = column
    const values = type.array === true ? undefined : cellTypeOf(type.type)?.values
    if (values === undefined) return undefined
    const offset = () => columnOffsets?.of(column.name)
    const read = values({ capacity: mostRows, maxBytes, offset })
    columns.push({ name, index: names.indexOf(name), column: read })
  }
  return new PlainRows(columns, mapping.ignoreExtra ? undefined : names.length, names.length)
}

/** Names of the members that columns take, without duplicates. */
export function memberNames({ columns }: ColumnMapping): string[] {
  const names = columns.flatMap(({ source }) =>
    textSources(source).flatMap(one => (one.kind === 'member' ? [one.name] : [])),
  )
  return [...new Set(names)]
}

interface ReadColumn {
  readonly name: string
  /** Position of the value in rows that are arrays. */
  readonly index: number
  readonly column: ValueColumn
}

class PlainRows implements RowColumns {
  readonly #columns: readonly ReadColumn[]
  readonly #members: number | undefined
  readonly #elements: number
  readonly #values: unknown[] = new Array<unknown>(mostRows).fill(undefined)
  readonly #recordStarts = Int32Array.from({ length: mostRows }, (_, row) => row)
  readonly #recordEnds = Int32Array.from({ length: mostRows }, (_, row) => row + 1)
  readonly #lineNumbers = new Float64Array(mostRows)

  /** @param members  the exact number of members that each object must have; undefined for any number */
  constructor(columns: readonly ReadColumn[], members: number | undefined, elements: number) {
    this.#columns = columns
    this.#members = members
    this.#elements = elements
  }

  read(rows: readonly unknown[], from: number, to: number): FedPiece | undefined {
    const isArray = Array.isArray(rows[from])
    let count = Math.min(to - from, mostRows)
    count = isArray ? this.#arrays(rows, from, count) : this.#objects(rows, from, count)
    for (let i = 0; i < this.#columns.length && count > 0; i++) {
      const { name, index, column } = this.#columns[i]!
      this.#gather(rows, from, count, isArray ? index : name)
      const taken = column.fill(this.#values, count)
      if (taken === count) continue
      // This column takes only the first `taken` rows, so all columns begin again with this smaller number of rows.
      count = taken
      i = -1
    }
    this.#values.fill(undefined)
    return count === 0 ? undefined : this.#pieceOf(count)
  }

  /** Counts the rows from `from` on that are arrays of `#elements` values; stops at the first other row. */
  #arrays(rows: readonly unknown[], from: number, count: number): number {
    for (let i = 0; i < count; i++) {
      const row = rows[from + i]
      if (!Array.isArray(row) || row.length !== this.#elements) return i
    }
    return count
  }

  /** Counts the rows from `from` on that are objects, with `#members` members if set; stops at any other row. */
  #objects(rows: readonly unknown[], from: number, count: number): number {
    const members = this.#members
    for (let i = 0; i < count; i++) {
      const row = rows[from + i]
      if (typeof row !== 'object' || row === null || Array.isArray(row)) return i
      if (members === undefined) continue
      let found = 0
      // eslint-disable-next-line @typescript-eslint/no-unused-vars -- an array of names for each row costs as much as a column
      for (const _ in row) found++
      if (found !== members) return i
    }
    return count
  }

  #gather(rows: readonly unknown[], from: number, count: number, key: string | number): void {
    const values = this.#values
    for (let i = 0; i < count; i++) {
      values[i] = (rows[from + i] as Readonly<Record<string | number, unknown>>)[key]
    }
  }

  #pieceOf(count: number): FedPiece {
    for (let row = 0; row < count; row++) this.#lineNumbers[row] = row
    return {
      bytes: lineEnds.subarray(0, count),
      rows: {
        rowCount: count,
        columns: this.#columns.map(({ column }) => column.part(count)),
        nulls: this.#columns.map(({ column: { nulls } }) => nulls),
        bounds: {
          recordStarts: this.#recordStarts,
          recordEnds: this.#recordEnds,
          lineNumbers: this.#lineNumbers,
        },
      },
    }
  }
}
