/*
  A growing column of fixed-width rows. Rows are moved as bytes, so one class serves every such type.
*/
import { dataTypes } from '../../protocol/data-type.js'
import {
  elementBytes,
  vectorOfBytes,
  type FixedType,
  type FixedVector,
} from '../../protocol/element-bytes.js'
import type { Column } from '../../protocol/value.js'
import type { GrowingColumn } from './growing-column.js'

const smallestCapacity = 16

/** Doubles when it is full; views taken before keep the array they have. */
export class GrowingCells implements GrowingColumn {
  readonly #type: FixedType
  readonly #scale: number | undefined
  readonly #bytesPerRow: number
  #bytes: Uint8Array<ArrayBuffer>
  /** The same memory, once it was needed so. */
  #words: Int32Array | undefined
  #longs: BigInt64Array | undefined
  #length = 0
  /** True once a view of the present buffer exists; its rows must not change then. */
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

  /** Rows of receipts come one at a time: looking at the bytes of so small an array costs more than all the rest. */
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
    if (this.#bytesPerRow % 4 === 0) {
      assignWords(this.#bytes.buffer, source, rows, this.#bytesPerRow / 4)
      return
    }
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

function assignWords(
  buffer: ArrayBuffer,
  source: Uint8Array,
  rows: Int32Array,
  width: number,
): void {
  const target = new Int32Array(buffer)
  const aligned = source.byteOffset % 4 === 0 ? source : source.slice()
  const words = new Int32Array(aligned.buffer, aligned.byteOffset, aligned.length / 4)
  for (let i = 0; i < rows.length; i++) {
    const to = rows[i]! * width
    for (let word = 0; word < width; word++) target[to + word] = words[i * width + word]!
  }
}
