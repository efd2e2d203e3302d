/*
  Columns of the server's tables, to which rows are added: numbers, texts, symbols and array vectors with spare room.
*/
import {
  type ArrayVector,
  type Column,
  type Vector,
  type SymbolVector,
} from '../../protocol/value.js'
import { type EncodedBlobVector, blobsOf } from '../../protocol/types/blobs.js'
import { cellType, columnTexts } from './column-layout.js'
import { dataTypes, type ColumnType } from '../../protocol/data-type.js'
import {
  concatColumns,
  elementBytes,
  vectorOfBytes,
  type FixedType,
  type FixedVector,
  isFixedType,
  sliceColumn,
  takeRows,
} from '../../protocol/element.js'

const smallestCapacity = 16

/** A column of array vectors. Appends the cells of a whole batch without looking at single cells. */
class GrowingArrays implements GrowingColumn {
  readonly #cellType: ColumnType
  #cells: GrowingColumn
  #offsets = new Uint32Array(smallestCapacity)
  #length = 0

  constructor(type: ColumnType, capacity: number) {
    this.#cellType = cellType(type)
    this.#cells = growingColumn(this.#cellType, capacity)
  }

  view(): ArrayVector {
    return {
      form: 'arrayVector',
      length: this.#length,
      offsets: this.#offsets,
      cells: this.#cells.view() as Vector,
    }
  }

  append(column: Column): void {
    const { offsets, cells, length } = column as ArrayVector
    const end = this.#length + length
    if (end + 1 > this.#offsets.length) {
      const larger = new Uint32Array(Math.max(end + 1, this.#offsets.length * 2))
      larger.set(this.#offsets)
      this.#offsets = larger
    }
    const first = offsets[0]!
    const shift = this.#offsets[this.#length]! - first
    for (let row = 1; row <= length; row++) {
      this.#offsets[this.#length + row] = offsets[row]! + shift
    }
    this.#cells.append(sliceColumn(cells, first, offsets[length]!))
    this.#length = end
  }

  assign(rows: Int32Array, values: Column): void {
    const old = this.view()
    const order = Int32Array.from({ length: old.length }, (_, row) => row)
    for (let i = 0; i < rows.length; i++) order[rows[i]!] = old.length + i
    const changed = takeRows(concatColumns(old, values), order)
    this.#cells = growingColumn(this.#cellType, 0)
    this.#offsets = new Uint32Array(smallestCapacity)
    this.#length = 0
    this.append(changed)
  }
}

/** A column whose elements are in a JavaScript array. Views share this array until `assign` changes rows. */
class GrowingList implements GrowingColumn {
  readonly #type: 'STRING' | 'BLOB' | 'ANY'
  #data: unknown[] = []
  #viewed = false

  constructor(type: 'STRING' | 'BLOB' | 'ANY') {
    this.#type = type
  }

  view(): Column {
    this.#viewed = true
    const data = this.#data
    return { form: 'vector', type: this.#type, length: data.length, data } as Column
  }

  append(column: Column): void {
    const values = listOf(column)
    for (let row = 0; row < column.length; row++) this.#data.push(values[row])
  }

  assign(rows: Int32Array, values: Column): void {
    if (this.#viewed) this.#data = this.#data.slice()
    this.#viewed = false
    const from = listOf(values)
    for (let i = 0; i < rows.length; i++) this.#data[rows[i]!] = from[i]
  }
}

function listOf(column: Column): readonly unknown[] {
  const texts = columnTexts(column)
  return (
    texts ??
    ('data' in column ? (column.data as readonly unknown[]) : blobsOf(column as EncodedBlobVector))
  )
}

/** A column of SYMBOL codes. The base never loses an entry, so the codes of earlier views stay valid. */
class GrowingSymbols implements GrowingColumn {
  readonly #codes: GrowingCells
  readonly #base: string[] = ['']
  readonly #codeOf = new Map<string, number>([['', 0]])

  constructor(capacity: number) {
    this.#codes = new GrowingCells('INT', undefined, capacity)
  }

  view(): Column {
    const { length, data } = this.#codes.view() as { length: number; data: Int32Array }
    return { form: 'vector', type: 'SYMBOL', length, codes: data, base: this.#base }
  }

  append(column: Column): void {
    this.#codes.append(this.#translated(column as SymbolVector))
  }

  assign(rows: Int32Array, values: Column): void {
    this.#codes.assign(rows, this.#translated(values as SymbolVector))
  }

  /** The codes of the texts in this column's base. */
  #translated({ codes, base, length }: SymbolVector): Column {
    if (base === this.#base) return { form: 'vector', type: 'INT', length, data: codes }
    const data = new Int32Array(length)
    // Looks up only texts that rows use; the base may have far more texts. In `known`, 0 means "not looked up".
    const known = new Int32Array(base.length)
    for (let row = 0; row < length; row++) {
      const code = codes[row]!
      if (known[code] === 0 && code !== 0) known[code] = this.#intern(base[code] ?? '')
      data[row] = known[code]!
    }
    return { form: 'vector', type: 'INT', length, data }
  }

  #intern(text: string): number {
    let code = this.#codeOf.get(text)
    if (code === undefined) {
      code = this.#base.push(text) - 1
      this.#codeOf.set(text, code)
    }
    return code
  }
}

/** A column in one typed array. When full, it moves to an array of twice the size; earlier views keep the old array. */
class GrowingCells implements GrowingColumn {
  readonly #type: FixedType
  readonly #scale: number | undefined
  readonly #bytesPerRow: number
  #bytes: Uint8Array<ArrayBuffer>
  /** Views of `#bytes`, made when first needed. */
  #words: Int32Array | undefined
  #longs: BigInt64Array | undefined
  #length = 0
  /** True once a view of `#bytes` exists. The rows in that view must not change. */
  #viewed = false

  constructor(type: FixedType, scale: number | undefined, capacity: number) {
    this.#type = type
    this.#scale = scale
    this.#bytesPerRow = dataTypes[type].bytesPerValue
    this.#bytes = new Uint8Array(capacity * this.#bytesPerRow)
  }

  view(): Column {
    this.#viewed = true
    return vectorOfBytes(this.#type, this.#length, this.#bytes, this.#scale)
  }

  append(column: Column): void {
    const start = this.#length * this.#bytesPerRow
    const end = start + column.length * this.#bytesPerRow
    if (end > this.#bytes.length) {
      this.#moveTo(Math.max(end, this.#bytes.length * 2, smallestCapacity * this.#bytesPerRow))
    }
    if (!this.#appendOne(column)) this.#bytes.set(elementBytes(column as FixedVector), start)
    this.#length += column.length
  }

  /** The fast path for a single row, such as a receipt, for which making a byte view would take most of the time. */
  #appendOne(column: Column): boolean {
    if (column.length !== 1 || !('data' in column)) return false
    const { data } = column
    if (data instanceof Int32Array && this.#bytesPerRow === 4) {
      this.#words ??= new Int32Array(this.#bytes.buffer)
      this.#words[this.#length] = data[0]!
      return true
    }
    if (!(data instanceof BigInt64Array) || this.#bytesPerRow !== 8) return false
    this.#longs ??= new BigInt64Array(this.#bytes.buffer)
    this.#longs[this.#length] = data[0]!
    return true
  }

  assign(rows: Int32Array, values: Column): void {
    if (this.#viewed) this.#moveTo(this.#bytes.length)
    const source = elementBytes(values as FixedVector)
    const width = this.#bytesPerRow
    for (let i = 0; i < rows.length; i++) {
      const to = rows[i]! * width
      for (let byte = 0; byte < width; byte++) this.#bytes[to + byte] = source[i * width + byte]!
    }
  }

  #moveTo(capacityBytes: number): void {
    const bytes = new Uint8Array(capacityBytes)
    bytes.set(this.#bytes.subarray(0, this.#length * this.#bytesPerRow))
    this.#bytes = bytes
    this.#words = undefined
    this.#longs = undefined
    this.#viewed = false
  }
}

export interface GrowingColumn {
  /** The rows so far. Later changes do not affect the returned column. */
  view(): Column
  /** Adds the rows of a column that has exactly the same type. */
  append(column: Column): void
  /** Sets row `rows[i]` to row `i` of `values`, which has the same type. If a row occurs twice, the last value wins. */
  assign(rows: Int32Array, values: Column): void
}

export function growingColumn(type: ColumnType, capacity: number): GrowingColumn {
  if (type.array) return new GrowingArrays(type, capacity)
  switch (type.type) {
    case 'VOID':
      return new GrowingNothing()
    case 'SYMBOL':
      return new GrowingSymbols(capacity)
    case 'BLOB':
    case 'ANY':
      return new GrowingList(type.type)
    default:
      return isFixedType(type.type)
        ? new GrowingCells(type.type, type.scale, capacity)
        : new GrowingList('STRING')
  }
}

/** All rows of a VOID column are equal, so the column is only their number, which may be huge. */
class GrowingNothing implements GrowingColumn {
  #length = 0

  view(): Column {
    return { form: 'vector', type: 'VOID', length: this.#length }
  }

  append({ length }: Column): void {
    this.#length += length
  }

  assign(): void {
    // There is nothing to assign.
  }
}
