/*
  Converts columns to other types, as an insert does (docs/server-semantics.md#conversions-on-insert). Decimals are rounded
  half away from zero if the new scale is smaller. A number too large for the decimal type is an error.
*/
import {
  type ColumnType,
  type DataType,
  type DecimalType,
  columnTypeText,
  dataTypes,
  isDecimal,
  maxScale,
} from '../../protocol/data-type.js'
import { columnTypeOf, elementAt, vectorOf } from '../../protocol/element.js'
import type { FixedVector } from '../../protocol/element-bytes.js'
import type { ArrayVector, Column, Scalar, Value, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import {
  cellType,
  columnOfNumbers,
  columnTexts,
  isFixedVector,
  nullColumn,
  numbersOf,
  sameColumnType,
} from './column-layout.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import { symbolVectorOf } from '../../protocol/types/symbols.js'
import { nullDouble, nullFloat, nullInt32, nullInt64 } from '../../protocol/null-value.js'
import { convertTemporal, isInsertable } from './convert-temporal.js'
import { growingColumn } from './growing-column.js'

const storedBits = { DECIMAL32: 32, DECIMAL64: 64, DECIMAL128: 128 } as const

/** Converts a decimal column to another scale or type, or to numbers. */
function convertDecimal(column: FixedVector, target: ColumnType): Column {
  const scale = 'scale' in column ? column.scale : 0
  const values = unscaledValues(column)
  if (target.type in maxScale) {
    const shift = (target.scale ?? 0) - scale
    return decimalColumn(
      target,
      values.map(value => (value === null ? null : rescale(value, shift))),
    )
  }
  if (dataTypes[target.type].category === 'integral') {
    // Converts between integers, because a detour through doubles would round the value a second time.
    return integersOf(
      target,
      values.map(value => (value === null ? null : rescale(value, -scale))),
    )
  }
  const numbers = Float64Array.from(values, value =>
    value === null ? NaN : Number(`${value}e-${scale}`),
  )
  return columnOfNumbers(target, numbers)
}

/** Values out of range become null, as in conversions between integral types. */
function integersOf(target: ColumnType, values: readonly (bigint | null)[]): Column {
  if (target.type !== 'LONG') {
    return columnOfNumbers(
      target,
      Float64Array.from(values, value => (value === null ? NaN : Number(value))),
    )
  }
  const limit = 2n ** 63n
  return vectorOf(
    target,
    values.map(value => (value !== null && value < limit && value > -limit ? value : null)),
  )
}

/** Converts an integral, floating or BOOL column to decimals. */
function decimalOfNumbers(column: FixedVector, target: ColumnType): Column {
  const scale = target.scale ?? 0
  if (column.data instanceof BigInt64Array) {
    const values = unscaledValues(column)
    return decimalColumn(
      target,
      values.map(value => (value === null ? null : rescale(value, scale))),
    )
  }
  const values = Array.from(numbersOf(column), number => unscaledNumber(number, scale))
  return decimalColumn(target, values)
}

/** @throws {ScriptError} S05003 if a value has more bits than the type, or equals the type's null (the lowest value) */
function decimalColumn(target: ColumnType, values: readonly (bigint | null)[]): Column {
  const limit = 2n ** BigInt(storedBits[target.type as DecimalType] - 1)
  for (const value of values) {
    if (value !== null && (value >= limit || value <= -limit)) {
      throw new ScriptError('DECIMAL math overflow RefId:S05003')
    }
  }
  return vectorOf(target, values)
}

/** The unscaled integers of a decimal column (150 for 1.50), or the values of a column of integers. */
export function unscaledValues(column: FixedVector): (bigint | null)[] {
  return Array.from({ length: column.length }, (_, row) => {
    const element = elementAt(column, row)
    return 'value' in element ? (element.value as bigint | null) : null
  })
}

function rescale(value: bigint, digits: number): bigint {
  if (digits >= 0) return value * 10n ** BigInt(digits)
  const divisor = 10n ** BigInt(-digits)
  const half = divisor / 2n
  return value < 0n ? -((-value + half) / divisor) : (value + half) / divisor
}

/** Uses the decimal digits that JavaScript prints for the number, so that 0.29 with scale 2 gives 29 and not 28. */
function unscaledNumber(number: number, scale: number): bigint | null {
  if (Number.isNaN(number)) return null
  if (!Number.isFinite(number)) throw new ScriptError('DECIMAL math overflow RefId:S05003')
  const [mantissa, exponent] = number.toExponential().split('e') as [string, string]
  const [whole, fraction = ''] = mantissa.split('.') as [string, string?]
  const digits = scale + Number(exponent) - fraction.length
  // No decimal type has so many digits. Larger exponents would also make `rescale` compute huge powers of ten.
  if (digits > 40) throw new ScriptError('DECIMAL math overflow RefId:S05003')
  return digits < -40 ? 0n : rescale(BigInt(whole + fraction), digits)
}

/** Converts between STRING, SYMBOL and BLOB. */
export function textColumn(column: Vector, target: ColumnType): Column {
  if (target.type === 'BLOB') {
    const texts = columnTexts(column)!
    const encoder = new TextEncoder()
    const data = Array.from({ length: column.length }, (_, row) => encoder.encode(texts[row]))
    return { form: 'vector', type: 'BLOB', length: column.length, data }
  }
  const data = column.type === 'BLOB' ? textsOfBlobs(blobsOf(column)) : columnTexts(column)!
  if (target.type === 'SYMBOL') return symbolVectorOf(data.slice(0, column.length))
  return { form: 'vector', type: 'STRING', length: column.length, data }
}

function textsOfBlobs(blobs: readonly Uint8Array[]): string[] {
  const decoder = new TextDecoder()
  return blobs.map(blob => decoder.decode(blob))
}

const numberText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/**
 * Converts text to FLOAT, DOUBLE or a decimal. '' becomes null, and so does a number too large for FLOAT or DOUBLE.
 * @throws {ScriptError} `Incompatible type. …` if a text is not a number
 */
function numbersOfText(column: Vector, target: ColumnType): Column {
  const all = columnTexts(column)!
  const texts = Array.from({ length: column.length }, (_, row) => all[row]!.trim())
  if (texts.some(text => text !== '' && !numberText.test(text))) {
    throw new ScriptError(
      `Incompatible type. Expected: ${columnTypeText(target)}, Actual: ${columnTypeText(columnTypeOf(column))}`,
    )
  }
  if (isDecimal(target.type)) {
    return decimalColumn(
      target,
      texts.map(text => (text === '' ? null : decimalOfText(text, target))),
    )
  }
  return columnOfNumbers(target, Float64Array.from(texts, doubleOfText))
}

/** NaN for '' and for numbers too large for a double; `1e400` must not become infinity. */
function doubleOfText(text: string): number {
  const value = text === '' ? NaN : Number(text)
  return Number.isFinite(value) ? value : NaN
}

/**
 * The unscaled integer of a decimal text; null if the text is not a number. Cuts off digits beyond the scale:
 * decimal32("3.1415926535", 4) is 3.1415 (DolphinDB manual, page decimal32).
 * @throws {ScriptError} if the text has more digits than the type can hold
 */
export function decimalOfText(text: string, target: ColumnType): bigint | null {
  if (!numberText.test(text)) return null
  const [, sign, whole = '', fraction = '', exponent = '0'] =
    /^([+-]?)(\d*)\.?(\d*)(?:[eE]([+-]?\d+))?$/.exec(text)!
  const scale = target.scale ?? 0
  const point = whole.length + Number(exponent) + scale
  const type = target.type as keyof typeof maxScale
  const digits = `${whole}${fraction}`.padEnd(Math.min(point, 80), '0')
  const kept = point <= 0 ? '0' : digits.slice(0, point).replace(/^0+(?=\d)/, '')
  if (kept.length > maxScale[type] || point > 80) {
    const name = columnTypeText(target)
    throw new ScriptError(
      `Can't convert STRING to ${name}: parse ${text} to ${name} failed: decimal overflow`,
    )
  }
  return sign === '-' ? -BigInt(kept) : BigInt(kept)
}

/** @throws {ScriptError} `Incompatible type. Expected: INT, Actual: STRING` if DolphinDB cannot convert these types */
export function convertColumn(column: Column, target: ColumnType): Column {
  const actual = columnTypeOf(column)
  if (sameColumnType(actual, target)) return column
  if (column.form === 'vector' && column.type === 'VOID') return nullColumn(target, column.length)
  if (target.type === 'ANY' && target.array !== true) return tupleOf(column)
  if (column.form === 'vector' && column.type === 'ANY')
    return columnOfTuple(column.data.slice(0, column.length), target)
  if (column.form === 'arrayVector') {
    if (target.array !== true) throw incompatible(actual, target)
    return { ...column, cells: convertColumn(column.cells, cellType(target)) as Vector }
  }
  const converted = target.array === true ? undefined : convertVector(column, target)
  if (converted === undefined) throw incompatible(actual, target)
  return converted
}

/** Makes a column of one row. The common types have a fast path, because each receipt inserts a dozen scalars. */
export function columnOfScalar(scalar: Scalar): Vector {
  const { type } = scalar
  const form = 'vector'
  // Without object spreads, which take longer than all the rest.
  switch (type) {
    case 'INT':
      return { form, type, length: 1, data: Int32Array.of(scalar.value ?? nullInt32) }
    case 'LONG':
    case 'TIMESTAMP':
      return { form, type, length: 1, data: BigInt64Array.of(scalar.value ?? nullInt64) }
    case 'STRING':
      return { form, type, length: 1, data: [scalar.value ?? ''] }
    default: {
      const columnType = 'scale' in scalar ? { type, scale: scalar.scale } : { type }
      return vectorOf(columnType, [scalar.value]) as Vector
    }
  }
}

function incompatible(actual: ColumnType, target: ColumnType): ScriptError {
  return new ScriptError(
    `Incompatible type. Expected: ${columnTypeText(target)}, Actual: ${columnTypeText(actual)}`,
  )
}

function convertVector(column: Vector, target: ColumnType): Column | undefined {
  const from = dataTypes[column.type].category
  const to = dataTypes[target.type].category
  if (from === 'literal') {
    if (to === 'literal') return textColumn(column, target)
    const readsNumbers = column.type !== 'BLOB' && (to === 'floating' || to === 'denary')
    return readsNumbers ? numbersOfText(column, target) : undefined
  }
  if (!isFixedVector(column)) return undefined
  if (isNumeric(from) && isNumeric(to)) return convertNumbers(column, target)
  if (from === 'temporal' && to === 'temporal') {
    return isInsertable(column.type, target.type) ? convertTemporal(column, target.type) : undefined
  }
  if (from === 'denary') {
    return to === 'denary' || isNumeric(to) ? convertDecimal(column, target) : undefined
  }
  return to === 'denary' && isNumeric(from) ? decimalOfNumbers(column, target) : undefined
}

function isNumeric(category: string): boolean {
  return category === 'logical' || category === 'integral' || category === 'floating'
}

/** Converts between integers, BOOL and floating types. Between floating types, NaN and infinities stay. */
function convertNumbers(column: FixedVector, target: ColumnType): Column {
  const isFloating = (type: DataType): boolean => dataTypes[type].category === 'floating'
  if (!isFloating(column.type) || !isFloating(target.type)) {
    return columnOfNumbers(target, numbersOf(column))
  }
  const isNarrower = target.type === 'FLOAT'
  const [from, to] = isNarrower ? [nullDouble, nullFloat] : [nullFloat, nullDouble]
  const { length } = column
  const data = isNarrower ? new Float32Array(length) : new Float64Array(length)
  for (let row = 0; row < length; row++) {
    const value = column.data[row] as number
    // Values out of range become null (DolphinDB manual, page data_types, note 7).
    const overflows = isNarrower && Number.isFinite(value) && !Number.isFinite(Math.fround(value))
    data[row] = value === from || overflows ? to : value
  }
  return { form: 'vector', type: target.type, length, data } as Column
}

function tupleOf(column: Column): Column {
  const data = Array.from({ length: column.length }, (_, row) => elementAt(column, row))
  return { form: 'vector', type: 'ANY', length: column.length, data }
}

/** Makes one typed column of a tuple's elements, which are scalars or, for an array type, vectors. */
function columnOfTuple(elements: readonly Value[], target: ColumnType): Column {
  const element = cellType(target)
  const rows = elements.map(value => {
    if (value.form === 'scalar') return convertColumn(columnOfScalar(value), element) as Vector
    if (value.form === 'vector' && target.array) return convertColumn(value, element) as Vector
    throw incompatible({ type: 'ANY' }, target)
  })
  const joined = growingColumn(element, rows.length)
  for (const row of rows) joined.append(row)
  const cells = joined.view() as Vector
  return target.array ? arraysOf(rows, cells) : cells
}

/** An array vector in which row i has as many cells as `rows[i]` has elements. `cells` holds the cells of all rows. */
function arraysOf(rows: readonly Vector[], cells: Vector): ArrayVector {
  const offsets = new Uint32Array(rows.length + 1)
  rows.forEach((row, index) => {
    offsets[index + 1] = offsets[index]! + row.length
  })
  return { form: 'arrayVector', length: rows.length, offsets, cells }
}
