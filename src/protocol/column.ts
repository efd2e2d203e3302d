/*
  Slices and joins columns, and picks rows. Slices share memory with their column; other results do not.
*/
import { ValueError } from '../errors.js'
import { ArrayPool } from '../wire/array-pool.js'
import type { ColumnType } from './data-type.js'
import { columnTypeText, dataTypes } from './data-type.js'
import { elementBytes, isFixedType, vectorOfBytes } from './element-bytes.js'
import type { ArrayVector, Column, FixedVector, Vector } from './value.js'

const sharedBuffers = new ArrayPool()
const maxSharedBytes = 64

/** An empty column with room for `capacity` rows. The caller fills the arrays and sets `length`. */
export function emptyVector(type: ColumnType, capacity: number): Column {
  if (type.array) {
    const cells = emptyVector({ ...type, array: false }, capacity) as Vector
    return { form: 'arrayVector', length: 0, offsets: new Uint32Array(capacity + 1), cells }
  }
  const name = type.type
  if (isFixedType(name)) {
    const bytes = clearedBytes(capacity * dataTypes[name].bytesPerValue)
    return { ...vectorOfBytes(name, capacity, bytes, type.scale), length: 0 }
  }
  const { columns } = dataTypes[name]
  if (columns === undefined) {
    throw new ValueError('DDB_USAGE', `There are no columns of type ${name}`)
  }
  return columns.emptyVector(capacity)
}

/** Small arrays share buffers, because code makes thousands of single values and a buffer for each would be slow. */
function clearedBytes(byteLength: number): Uint8Array {
  return byteLength <= maxSharedBytes
    ? sharedBuffers.allocate(byteLength).fill(0)
    : new Uint8Array(byteLength)
}

/** Rows `start` to `end` (exclusive), sharing memory with `column`. */
export function sliceColumn(column: Column, start: number, end: number): Column {
  const length = end - start
  if (start === 0 && length === column.length) return column
  if (column.form === 'arrayVector') {
    return { ...column, length, offsets: column.offsets.subarray(start, end + 1) }
  }
  if (isFixed(column)) {
    return vectorOfBytes(column.type, length, elementBytes(column, start, end), scaleOf(column))
  }
  return dataTypes[column.type].columns!.slice(column, start, end)
}

/** The rows of `first`, then the rows of `second`, which has the same type. */
export function concatColumns(first: Column, second: Column): Column {
  if (first.form === 'arrayVector' && second.form === 'arrayVector') {
    return concatArrays(first, second)
  }
  if (first.form === 'arrayVector' || second.form === 'arrayVector') throw unlike(first, second)
  const length = first.length + second.length
  if (isFixed(first) && isFixed(second) && first.type === second.type && sameScale(first, second)) {
    const bytes = new Uint8Array(length * dataTypes[first.type].bytesPerValue)
    const firstBytes = elementBytes(first)
    bytes.set(firstBytes)
    bytes.set(elementBytes(second), firstBytes.length)
    return vectorOfBytes(first.type, length, bytes, scaleOf(first))
  }
  if (isFixed(first) || isFixed(second) || first.type !== second.type) throw unlike(first, second)
  return dataTypes[first.type].columns!.concat(first, second)
}

function concatArrays(first: ArrayVector, second: ArrayVector): ArrayVector {
  const firstStart = first.offsets[0]!
  const firstEnd = first.offsets[first.length]!
  const secondStart = second.offsets[0]!
  const cells = concatColumns(
    sliceColumn(first.cells, firstStart, firstEnd),
    sliceColumn(second.cells, secondStart, second.offsets[second.length]!),
  ) as Vector
  const length = first.length + second.length
  const offsets = new Uint32Array(length + 1)
  for (let row = 0; row <= first.length; row++) offsets[row] = first.offsets[row]! - firstStart
  const shift = firstEnd - firstStart - secondStart
  for (let row = 1; row <= second.length; row++) {
    offsets[first.length + row] = second.offsets[row]! + shift
  }
  return { form: 'arrayVector', length, offsets, cells }
}

/** Row i of the result is row `indexes[i]` of `column`. */
export function takeRows(column: Column, indexes: Int32Array): Column {
  const { length } = indexes
  if (column.form === 'arrayVector') return takeArrays(column, indexes)
  if (isFixed(column)) {
    const { bytesPerValue } = dataTypes[column.type]
    const bytes = pickElements(elementBytes(column), bytesPerValue, indexes)
    return vectorOfBytes(column.type, length, bytes, scaleOf(column))
  }
  return dataTypes[column.type].columns!.take(column, indexes)
}

function takeArrays(column: ArrayVector, indexes: Int32Array): ArrayVector {
  const { length } = indexes
  const offsets = new Uint32Array(length + 1)
  for (let row = 0; row < length; row++) {
    const from = indexes[row]!
    offsets[row + 1] = offsets[row]! + column.offsets[from + 1]! - column.offsets[from]!
  }
  const cellIndexes = new Int32Array(offsets[length]!)
  for (let row = 0; row < length; row++) {
    const from = column.offsets[indexes[row]!]!
    const end = offsets[row + 1]!
    for (let at = offsets[row]!; at < end; at++) cellIndexes[at] = from + at - offsets[row]!
  }
  const cells = takeRows(column.cells, cellIndexes) as Vector
  return { form: 'arrayVector', length, offsets, cells }
}

/** Picks elements of 1, 2 or a multiple of 4 bytes. Copies them as integers, because that keeps all bits of a float. */
function pickElements(source: Uint8Array, bytesPerValue: number, indexes: Int32Array): Uint8Array {
  const { length } = indexes
  const target = new Uint8Array(length * bytesPerValue)
  if (bytesPerValue === 1) {
    for (let row = 0; row < length; row++) target[row] = source[indexes[row]!]!
    return target
  }
  if (bytesPerValue === 2) {
    const from = new Uint16Array(source.buffer, source.byteOffset, source.length >> 1)
    const to = new Uint16Array(target.buffer)
    for (let row = 0; row < length; row++) to[row] = from[indexes[row]!]!
    return target
  }
  // A column may begin at any offset of its buffer, but an array of words must be aligned.
  const aligned = source.byteOffset % 4 === 0 ? source : source.slice()
  const from = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2)
  const to = new Uint32Array(target.buffer)
  const words = bytesPerValue >> 2
  for (let row = 0; row < length; row++) {
    const start = indexes[row]! * words
    for (let word = 0; word < words; word++) to[row * words + word] = from[start + word]!
  }
  return target
}

function isFixed(vector: Vector): vector is FixedVector {
  return isFixedType(vector.type)
}

function scaleOf(vector: Vector): number {
  return 'scale' in vector ? vector.scale : 0
}

function sameScale(first: Vector, second: Vector): boolean {
  return scaleOf(first) === scaleOf(second)
}

function unlike(first: Column, second: Column): ValueError {
  return new ValueError(
    'DDB_USAGE',
    `A ${typeText(second)} column cannot follow a ${typeText(first)} column`,
  )
}

function typeText(column: Column): string {
  const vector = column.form === 'arrayVector' ? column.cells : column
  return columnTypeText({
    type: vector.type,
    array: column.form === 'arrayVector',
    ...('scale' in vector && { scale: vector.scale }),
  })
}
