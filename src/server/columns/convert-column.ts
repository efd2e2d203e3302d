/* The one table of conversions between column types: of an insert (docs/server-semantics.md#conversions-on-insert), and the further ones of
   a cast. Decimals are rounded half away from zero; a number too large for the decimal type is an error. */
import {
  type ColumnType,
  columnTypeText,
  dataTypes,
  isDecimal,
  maxScale,
  type DataType,
} from '../../protocol/data-type.js'
import {
  type ElementValue,
  columnTypeOf,
  concatColumns,
  elementAt,
  vectorOf,
  type FixedVector,
} from '../../protocol/element.js'
import { parseDecimal, rescale } from '../../protocol/types/decimals.js'
import { parseSixteenBytes } from '../../protocol/types/sixteen-bytes.js'
import {
  civilFromDays,
  daysFromCivil,
  isTemporal,
  parseTemporal,
  type TemporalType,
  temporalTypes,
} from '../../protocol/types/temporals.js'
import type { Category } from '../../protocol/types/type-facts.js'
import type { Column, Scalar, Value, Vector } from '../../protocol/value.js'
import { ScriptError, check } from '../script-error.js'
import {
  type Cell,
  cellType,
  cellsOf,
  columnOfCells,
  columnTexts,
  nullColumn,
  sameColumnType,
  textsOfVector,
  zeroColumn,
} from './column-layout.js'
import { type BlobVector, blobsOf } from '../../protocol/types/blobs.js'
import { symbolVectorOf } from '../../protocol/types/symbols.js'

type Of<T> = Readonly<Partial<Record<Group, T>>>
/** Each converts a column, or gives undefined if the types are refused. */
type Conversions = Of<Of<(column: Vector, target: ColumnType) => Column | undefined>>

type Group = 'number' | 'decimal' | 'time' | 'text' | 'bytes'

const groups: Readonly<Partial<Record<Category, Group>>> = {
  logical: 'number',
  integral: 'number',
  floating: 'number',
  denary: 'decimal',
  temporal: 'time',
  literal: 'text',
  binary: 'bytes',
  system: 'bytes',
}

const ofNumbers = { number: numberColumn, decimal: decimalColumn }

/** Given group → wanted group → conversion of an insert. Other pairs do not convert. */
const inserts: Conversions = {
  number: ofNumbers,
  decimal: ofNumbers,
  time: {
    time: (column, target) =>
      isInsertable(column.type, target.type) ? convertTemporal(column, target) : undefined,
  },
  text: { text: textColumn, number: numbersOfText, decimal: numbersOfText },
}

/** What a cast converts in addition, or differently. */
const casts: Conversions = {
  number: { time: timesOfNumbers, text: printed },
  decimal: { time: timesOfNumbers, text: printed },
  time: { time: convertTemporal, number: numbersOfTimes, decimal: numbersOfTimes, text: printed },
  text: { number: parsed, decimal: parsed, time: parsed, bytes: parsed },
  bytes: { text: printed },
}

/** May return `column` itself. @throws {ScriptError} `Incompatible type. Expected: INT, Actual: STRING` for types that do not convert */
export function convertColumn(column: Column, target: ColumnType, isCast = false): Column {
  const actual = columnTypeOf(column)
  if (sameColumnType(actual, target)) return column
  if (column.form === 'vector' && column.type === 'VOID') return nullColumn(target, column.length)
  if (target.type === 'ANY' && target.array !== true) {
    const { length } = column
    const data = Array.from({ length }, (_, row) => elementAt(column, row))
    return { form: 'vector', type: 'ANY', length, data }
  }
  if (column.form === 'vector' && column.type === 'ANY') {
    return columnOfTuple(column.data.slice(0, column.length), target)
  }
  if (column.form === 'arrayVector') {
    if (target.array !== true) throw incompatible(target, actual)
    return { ...column, cells: convertColumn(column.cells, cellType(target)) as Vector }
  }
  const from = groups[dataTypes[column.type].category]
  const to = groups[dataTypes[target.type].category]
  const convert = from && to && ((isCast ? casts[from]?.[to] : undefined) ?? inserts[from]?.[to])
  const converted = target.array === true ? undefined : convert?.(column, target)
  if (converted === undefined) throw incompatible(target, actual)
  return converted
}

export function incompatible(expected: ColumnType, actual: ColumnType): ScriptError {
  return new ScriptError(
    `Incompatible type. Expected: ${columnTypeText(expected)}, Actual: ${columnTypeText(actual)}`,
  )
}

export function columnOfScalar(scalar: Scalar): Vector {
  const { type } = scalar
  const columnType = 'scale' in scalar ? { type, scale: scalar.scale } : { type }
  return vectorOf(columnType, [scalar.value]) as Vector
}

/** Converts numbers and decimals to numbers. Values out of range become null. */
function numberColumn(column: Vector, target: ColumnType): Column {
  if (scaleOf(column) === undefined) return columnOfCells(target, cellsOf(column))
  // Converts between integers, because a detour through doubles would round the value a second time.
  const isFloating = dataTypes[target.type].category === 'floating'
  return columnOfCells(target, isFloating ? cellsAs('double', column) : cellsAs('long', column))
}

export function cellsAs(kind: 'double', vector: Vector): (number | null)[]
/** @param scale  scale of the results: 150n for 1.50 with scale 2. Rounds if the vector has a larger scale */
export function cellsAs(kind: 'long', vector: Vector, scale?: number): (bigint | null)[]
export function cellsAs(kind: 'long' | 'double', vector: Vector, scale = 0): Cell[] {
  const cells = cellsOf(vector)
  const own = scaleOf(vector)
  // Parses the decimal text. A division would round twice, because large powers of ten are not exact as doubles.
  const double = (cell: number | bigint): number =>
    own === undefined ? Number(cell) : Number(`${cell}e-${own}`)
  const long = (cell: number | bigint): bigint => rescale(BigInt(cell), scale - (own ?? 0))
  const convert = kind === 'double' ? double : long
  return cells.map(cell => (cell === null ? null : convert(cell)))
}

export function scaleOf(column: Vector): number | undefined {
  return 'scale' in column ? column.scale : undefined
}

/** Converts numbers and decimals to decimals. @throws {ScriptError} S05003 if a value has more bits than the type */
function decimalColumn(column: Vector, target: ColumnType): Column {
  const scale = target.scale ?? 0
  const shift = scale - (scaleOf(column) ?? 0)
  const values = cellsOf(column).map(cell =>
    typeof cell === 'bigint' ? rescale(cell, shift) : unscaledNumber(cell, scale),
  )
  // The lowest value is the null of the type.
  const limit = 2n ** BigInt(dataTypes[target.type].bytesPerValue * 8 - 1)
  for (const value of values) check(value === null || (value < limit && value > -limit), overflow)
  return vectorOf(target, values)
}

const overflow = 'DECIMAL math overflow RefId:S05003'

/** Uses the decimal digits that JavaScript prints for the number, so that 0.29 with scale 2 gives 29 and not 28. */
function unscaledNumber(number: number | null, scale: number): bigint | null {
  if (number === null || Number.isNaN(number)) return null
  const value = Math.abs(number) < 1e-50 ? 0n : parseDecimal(String(number), scale, 'round')
  check(value !== undefined, overflow)
  return value
}

const decoder = new TextDecoder()

/** Converts between STRING, SYMBOL and BLOB. */
function textColumn(column: Vector, target: ColumnType): Column {
  if (target.type === 'BLOB') {
    const encoder = new TextEncoder()
    const data = columnTexts(column)!.map(text => encoder.encode(text))
    return { form: 'vector', type: 'BLOB', length: column.length, data }
  }
  const data =
    columnTexts(column) ?? blobsOf(column as BlobVector).map(blob => decoder.decode(blob))
  if (target.type === 'SYMBOL') return symbolVectorOf(data)
  return { form: 'vector', type: 'STRING', length: column.length, data }
}

const numberText = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** As an insert does. @throws {ScriptError} `Incompatible type. …` if a text is not a number */
function numbersOfText(column: Vector, target: ColumnType): Column | undefined {
  const { category } = dataTypes[target.type]
  if (column.type === 'BLOB' || category === 'integral' || category === 'logical') return undefined
  if (textsOfVector(column).some(text => text !== '' && !numberText.test(text.trim()))) {
    throw incompatible(target, columnTypeOf(column))
  }
  return parsed(column, target)
}

/** Null for '' and for numbers too large for a double; `1e400` must not become infinity. */
function doubleOfText(text: string): Cell {
  const value = Number.parseFloat(text)
  return Number.isFinite(value) ? value : null
}

/** Parses texts as far as they are values; null for others. @throws {ScriptError} for types without literals */
function parsed(column: Vector, target: ColumnType): Column {
  const texts = textsOfVector(column)
  const parse = numberParsers[dataTypes[target.type].category]
  if (parse !== undefined) return columnOfCells(target, texts.map(parse))
  return vectorOf(
    target,
    texts.map(text => (text === '' ? null : (valueOfText(text, target) ?? null))),
  )
}

const numberParsers: Partial<Record<Category, (text: string) => Cell>> = {
  /** The integer at the start of a text; null without digits, or with more digits than any integer type can hold. */
  integral: text => {
    const digits = /^[+-]?\d+/.exec(text)?.[0]
    return digits === undefined || Number(digits) >= 2 ** 64 ? null : BigInt(digits)
  },
  floating: doubleOfText,
  logical: text => ({ true: 1, false: 0 })[text.toLowerCase()] ?? doubleOfText(text),
}

function valueOfText(text: string, target: ColumnType): ElementValue | undefined {
  const { type } = target
  if (isTemporal(type)) return parseTemporal(type, text)
  if (isDecimal(type)) return decimalOfText(text.trim(), target)
  if (type === 'UUID' || type === 'IPADDR' || type === 'INT128') {
    const bytes = parseSixteenBytes(type, text)
    return bytes?.every(byte => byte === 0) === true ? null : bytes
  }
  throw incompatible(target, { type: 'STRING' })
}

function printed(column: Vector, target: ColumnType): Column {
  const data = textsOfVector(column)
  return textColumn({ form: 'vector', type: 'STRING', length: data.length, data }, target)
}

/** The type of the integers by which times are stored. */
const storedType = (type: DataType): 'INT' | 'LONG' =>
  dataTypes[type].bytesPerValue === 8 ? 'LONG' : 'INT'

function numbersOfTimes(column: Vector, target: ColumnType): Column {
  return convertColumn({ ...column, type: storedType(column.type) } as Vector, target)
}

function timesOfNumbers(column: Vector, { type }: ColumnType): Column {
  return { ...convertColumn(column, { type: storedType(type) }), type } as Vector
}

/** Cuts off digits beyond the scale (DolphinDB manual, page decimal32). @throws {ScriptError} if the type cannot hold so many digits */
function decimalOfText(text: string, target: ColumnType): bigint | null {
  const unscaled = parseDecimal(text, target.scale ?? 0, 'cut')
  if (unscaled === undefined) return null
  const limit = 10n ** BigInt(maxScale[target.type as keyof typeof maxScale])
  const name = columnTypeText(target)
  const isWithin = unscaled < limit && unscaled > -limit
  check(
    isWithin,
    `Can't convert STRING to ${name}: parse ${text} to ${name} failed: decimal overflow`,
  )
  return unscaled
}

/** Makes one typed column of a tuple's elements, which are scalars or, for an array type, vectors. */
function columnOfTuple(elements: readonly Value[], target: ColumnType): Column {
  const element = cellType(target)
  const rows = elements.map(value => {
    if (value.form === 'scalar') return convertColumn(columnOfScalar(value), element) as Vector
    if (value.form === 'vector' && target.array) return convertColumn(value, element) as Vector
    throw incompatible(target, { type: 'ANY' })
  })
  const cells = concatColumns([zeroColumn(element, 0), ...rows]) as Vector
  if (!target.array) return cells
  const offsets = new Uint32Array(rows.length + 1)
  rows.forEach(({ length }, row) => (offsets[row + 1] = offsets[row]! + length))
  return { form: 'arrayVector', length: rows.length, offsets, cells }
}

const nanosPerDay = 86_400_000_000_000n

/** Nanoseconds of a type's unit. A MONTH is converted through its first day. */
const nanosOfUnit = (type: DataType): bigint =>
  nanosPerDay / BigInt(temporalTypes[type as TemporalType].perDay)

/** True for types that count from midnight; other times count from 1970. */
const isOfDay = (type: DataType): boolean => isTemporal(type) && !temporalTypes[type].isDated

/** Arithmetic with times of day wraps at midnight (manual, "Manipulation of temporal objects"). */
export function withinDay(count: bigint, type: DataType): bigint {
  return isOfDay(type) ? floorModulo(count, nanosPerDay / nanosOfUnit(type)) : count
}

/** Times that an insert converts (docs/server-semantics.md#conversions-on-insert): those of a day, and MONTH, only into their like. */
export function isInsertable(from: DataType, to: DataType): boolean {
  if (from === to) return true
  if (isOfDay(from)) return isOfDay(to)
  if (from === 'MONTH') return false
  return !isOfDay(to) || ['DATETIME', 'TIMESTAMP', 'NANOTIMESTAMP'].includes(from)
}

/** Values out of range become null. A date becomes its midnight, a month its first day. A time of day drops the date. */
export function convertTemporal(column: Vector, { type }: ColumnType): FixedVector {
  const perUnit = nanosOfUnit(type)
  const cells = nanosOf(column, type).map(nanos => {
    const count = nanos === null ? null : floorDivide(nanos, perUnit)
    if (type !== 'MONTH' || count === null) return count
    const { year, month } = civilFromDays(Number(count))
    return year * 12 + month - 1
  })
  return columnOfCells({ type }, cells)
}

/** Nanoseconds since 1970 or midnight. @param to  the type to convert to or to compare with; a time of day has no date */
export function nanosOf(column: Vector, to: DataType): (bigint | null)[] {
  const nanos = nanosOfUnit(column.type)
  const cutsDay = isOfDay(to) && !isOfDay(column.type)
  const isMonth = column.type === 'MONTH'
  return cellsOf(column).map(cell => {
    if (cell === null) return null
    const exact = BigInt(isMonth ? firstDayOf(Number(cell)) : cell) * nanos
    return cutsDay ? floorModulo(exact, nanosPerDay) : exact
  })
}

/** Rounds down, unlike the division of bigints. */
export function floorDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

/** The rest of `floorDivide`, which has the sign of `b`. */
export function floorModulo(a: bigint, b: bigint): bigint {
  return a - floorDivide(a, b) * b
}

function firstDayOf(month: number): number {
  const year = Math.floor(month / 12)
  return daysFromCivil(year, month - year * 12 + 1, 1)
}
