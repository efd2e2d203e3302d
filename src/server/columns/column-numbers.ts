/*
  Converts columns of numbers to arrays of doubles and back. Null becomes NaN. In types without NaN, NaN becomes null.
*/
import type { ColumnType, DataType } from '../../protocol/data-type.js'
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt8 } from '../../protocol/null-value.js'
import type { FixedVector } from '../../protocol/element-bytes.js'
import { zeroColumn } from './column-layout.js'

const twoTo32 = 2 ** 32
const nullHighWord = nullInt32

/**
 * Rows of an integral, floating, temporal or BOOL column as doubles; NaN for null. Rounds 64-bit integers beyond 2^53
 * to the nearest double.
 */
export function numbersOf(column: FixedVector): Float64Array {
  const { data, length } = column
  if (data instanceof BigInt64Array) return numbersOfInt64(data, length)
  const numbers = new Float64Array(length)
  const nullValue = nullOf(column)
  for (let row = 0; row < length; row++) {
    const value = data[row]!
    numbers[row] = value === nullValue ? NaN : value
  }
  return numbers
}

function nullOf(column: FixedVector): number {
  switch (column.type) {
    case 'BOOL':
    case 'CHAR':
      return nullInt8
    case 'SHORT':
      return nullInt16
    case 'FLOAT':
      return nullFloat
    case 'DOUBLE':
      return nullDouble
    default:
      return nullInt32
  }
}

/** Two int32 words per row, the low word first. Loops over words are faster than loops over BigInts. */
export function wordsOfInt64(data: BigInt64Array): Int32Array {
  return new Int32Array(data.buffer, data.byteOffset, data.length * 2)
}

function numbersOfInt64(data: BigInt64Array, length: number): Float64Array {
  const numbers = new Float64Array(length)
  const words = wordsOfInt64(data)
  for (let row = 0; row < length; row++) {
    const low = words[row * 2]! >>> 0
    const high = words[row * 2 + 1]!
    numbers[row] = high === nullHighWord && low === 0 ? NaN : high * twoTo32 + low
  }
  return numbers
}

/** How a number that is not null becomes a value of a type; other types take whole numbers. */
const fits: Partial<Record<DataType, (value: number) => number>> = {
  BOOL: value => (value === 0 ? 0 : 1),
  DOUBLE: value => value,
  // Numbers too large for FLOAT become null (DolphinDB manual, page data_types, note 7). Infinities stay infinite.
  FLOAT: value => (Number.isFinite(value) && !Number.isFinite(Math.fround(value)) ? NaN : value),
}

/**
 * Makes a column of an integral, floating, temporal or BOOL type from doubles. Rounds fractions half away from zero.
 * NaN and values out of range become null.
 */
export function columnOfNumbers(type: ColumnType, numbers: Float64Array): FixedVector {
  const column = zeroColumn(type, numbers.length) as FixedVector
  const { data } = column
  if (data instanceof BigInt64Array) {
    fillInt64(data, numbers)
    return column
  }
  const nullValue = nullOf(column)
  // Excludes the smallest value of a type of whole numbers, because that value is the null.
  const whole = (value: number): number => {
    const rounded = roundAway(value)
    return rounded > nullValue && rounded < -nullValue ? rounded : NaN
  }
  const fit = fits[column.type] ?? whole
  for (let row = 0; row < numbers.length; row++) {
    const value = fit(numbers[row]!)
    data[row] = Number.isNaN(value) || Number.isNaN(numbers[row]!) ? nullValue : value
  }
  return column
}

/** Writes each whole number as two words. NaN and values beyond int64 become null. */
export function fillInt64(target: BigInt64Array, numbers: Float64Array): void {
  const words = wordsOfInt64(target)
  for (let row = 0; row < numbers.length; row++) {
    const value = roundAway(numbers[row]!)
    const fits = value > -(2 ** 63) && value < 2 ** 63
    words[row * 2] = fits ? value >>> 0 : 0
    words[row * 2 + 1] = fits ? Math.floor(value / twoTo32) : nullHighWord
  }
}

function roundAway(value: number): number {
  return value < 0 ? -Math.round(-value) : Math.round(value)
}
