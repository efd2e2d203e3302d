/*
  < <= == != > >= && || ! on vectors. Null is smaller than every value and equal to null. `&&` with a null gives null; `||`
  ignores a null if the other operand has a value (manual, "Functions and NULL", logicOrIgnoreNull=true). Also compares rows:
  keys, distinct rows, groups of equal rows, and sorting with nulls first (manual, "Null values in sorting").
*/
import { dataTypes, isDecimal } from '../../protocol/data-type.js'
import { nullDouble, nullInt32, nullInt64, nullInt8 } from '../../protocol/null-value.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Column, Vector } from '../../protocol/value.js'
import type { ServerValue } from '../values/server-value.js'
import { comparableTemporal } from './arithmetic.js'
import {
  type Pairing,
  decimalAsDouble,
  doubleOf,
  int32Of,
  int64Of,
  isLiteral,
  numberKindOf,
  operandOf,
  operatorError,
  refused,
  rescale,
  textsOfVector,
  unscaledOf,
} from './operands.js'
import { formatElement } from '../../protocol/value-text.js'
import { ScriptError } from '../script-error.js'

export type ComparisonOperator = '<' | '<=' | '==' | '!=' | '>' | '>='

/** Stands for an element in comparisons; a null stands before all values. */
type Comparable = number | bigint | string
type Comparables = ArrayLike<Comparable>

/** @throws {ScriptError} if values of the two types cannot be compared */
export function compare(operator: ComparisonOperator, pairing: Pairing): Vector {
  const { left, right, length, leftStep, rightStep } = pairing
  const [a, b] = comparables(left, right)
  const data = new Int8Array(length)
  if (operator === '==' && leftStep === 1 && rightStep === 0 && length > 0) {
    // `indexOf` skips unequal rows, usually most rows, without making a BigInt for each.
    const { indexOf } = a as { indexOf?: (wanted: Comparable, from: number) => number }
    const next = (from: number): number => indexOf!.call(a, b[0]!, from)
    for (let i = next(0); i >= 0 && i < length; i = next(i + 1)) data[i] = 1
  } else {
    for (let i = 0; i < length; i++) {
      data[i] = holds(operator, a[i * leftStep]!, b[i * rightStep]!) ? 1 : 0
    }
  }
  return { form: 'vector', type: 'BOOL', length, data }
}

export function holds(operator: ComparisonOperator, x: Comparable, y: Comparable): boolean {
  switch (operator) {
    case '<':
      return x < y
    case '<=':
      return x <= y
    case '==':
      return x === y
    case '!=':
      return x !== y
    case '>':
      return x > y
    case '>=':
      return x >= y
  }
}

/** The elements of two vectors in a form in which JavaScript compares them. @throws {ScriptError} if there is none */
function comparables(left: Vector, right: Vector): readonly [Comparables, Comparables] {
  if (isLiteral(left.type) || isLiteral(right.type)) return [textsFor(left), textsFor(right)]
  if (isDecimal(left.type) || isDecimal(right.type)) return comparableDecimals(left, right)
  if (isTemporal(left.type) && isTemporal(right.type)) {
    const same = comparableTemporal(left, right)
    return comparableNumbers(same.left, same.right)
  }
  return isNumber(left) && isNumber(right)
    ? comparableNumbers(left, right)
    : [bytesFor(left, right), bytesFor(right, left)]
}

function isNumber({ type }: Vector): boolean {
  return type === 'VOID' || numberKindOf(type) !== undefined
}

/** Null sentinels are the smallest values of their types. */
function comparableNumbers(left: Vector, right: Vector): [Comparables, Comparables] {
  const kinds = [left, right].map(({ type }) => numberKindOf(type))
  const read = kinds.includes('double') ? doubleOf : kinds.includes('int64') ? int64Of : int32Of
  return [read(left), read(right)]
}

/** Refuses types that cannot be compared with text. A CHAR counts as a text with one character. */
function textsFor(vector: Vector): Comparables {
  const { type } = vector
  if (isLiteral(type) || type === 'CHAR' || type === 'VOID') return textsOfVector(vector)
  throw operatorError(`Can't compare ${type} with STRING.`)
}

/** Less than every decimal. */
const beforeDecimals = -(2n ** 300n)

function comparableDecimals(left: Vector, right: Vector): [Comparables, Comparables] {
  const a = unscaledOf(left)
  const b = unscaledOf(right)
  if (a === undefined || b === undefined) {
    return comparableNumbers(decimalAsDouble(left), decimalAsDouble(right))
  }
  const scale = Math.max(a.scale, b.scale)
  const valuesOf = (side: typeof a): Comparables =>
    side.values.map(value => (value === null ? beforeDecimals : rescale(value, side.scale, scale)))
  return [valuesOf(a), valuesOf(b)]
}

/**
 * The bytes of UUID, INT128, IPADDR, COMPLEX, POINT and DURATION as texts, last byte first, so that texts sort like values
 * (docs/protocol.md#sixteen-byte-values).
 */
function bytesFor(vector: Vector, other: Vector): string[] {
  if (vector.type !== other.type || !('data' in vector) || !ArrayBuffer.isView(vector.data)) {
    throw operatorError(`Can't compare ${vector.type} with ${other.type}.`)
  }
  const { data, length } = vector
  const size = dataTypes[vector.type].bytesPerValue
  const bytes = new Uint8Array(data.buffer, data.byteOffset, length * size)
  return Array.from({ length }, (_, row) =>
    String.fromCharCode(...bytes.slice(row * size, (row + 1) * size).reverse()),
  )
}

/** 1 or 0 for each element, or the null of BOOL. */
export function truthOf(vector: Vector, operation: string): Int8Array {
  if (vector.type === 'BOOL') return vector.data
  if (!isNumber(vector)) throw refused(operation, vector.type.toLowerCase())
  const numbers = doubleOf(vector)
  const truths = new Int8Array(vector.length)
  for (let i = 0; i < truths.length; i++) {
    truths[i] = numbers[i] === nullDouble ? nullInt8 : numbers[i] === 0 ? 0 : 1
  }
  return truths
}

/**
 * Scripts always evaluate both operands, because the operators also accept vectors.
 * @throws {ScriptError} for operands that have no truth value, such as text
 */
export function logic(operator: '&&' | '||', pairing: Pairing): Vector {
  const name = operator === '&&' ? 'and' : 'or'
  const { length, leftStep, rightStep } = pairing
  const a = truthOf(pairing.left, name)
  const b = truthOf(pairing.right, name)
  const combine = operator === '&&' ? both : either
  const data = new Int8Array(length)
  for (let i = 0; i < length; i++) data[i] = combine(a[i * leftStep]!, b[i * rightStep]!)
  return { form: 'vector', type: 'BOOL', length, data }
}

function both(a: number, b: number): number {
  return a === nullInt8 || b === nullInt8 ? nullInt8 : a & b
}

function either(a: number, b: number): number {
  if (a === nullInt8) return b
  return b === nullInt8 ? a : a | b
}

/** Null stays null, 0 becomes true, and every other value becomes false. */
export function not(value: ServerValue): ServerValue {
  const { vector, rebuild } = operandOf(value, 'not')
  const { length } = vector
  const data = truthOf(vector, 'not').slice(0, length)
  for (let i = 0; i < length; i++) if (data[i] !== nullInt8) data[i] = 1 - data[i]!
  return rebuild({ form: 'vector', type: 'BOOL', length, data })
}

/** Stands for an element in comparisons. Keys are equal exactly if the elements are equal. */
export type Key = number | bigint | string | null

/** One key per row: null for nulls, but '' for nulls of text. Equal integers of all widths have equal keys. */
export function keysOfVector(vector: Vector): readonly Key[] {
  const { type, length } = vector
  if (isLiteral(type)) return textsOfVector(vector)
  switch (numberKindOf(type)) {
    case 'int32':
      return Array.from(int32Of(vector).subarray(0, length), one =>
        one === nullInt32 ? null : one,
      )
    case 'int64':
      return Array.from(int64Of(vector).subarray(0, length), value => {
        if (value === nullInt64) return null
        const narrow = Number(value)
        return Number.isSafeInteger(narrow) ? narrow : value
      })
    case 'double':
      return Array.from(doubleOf(vector).subarray(0, length), one =>
        one === nullDouble ? null : one,
      )
    default:
      return Array.from({ length }, (_, row) => formatElement(vector, row) || null)
  }
}

/** One key per row, made from all columns. Compares the rows of array vectors by their text. */
export function rowKeys(columns: readonly Column[]): readonly Key[] {
  const keys = columns.map(column =>
    column.form === 'vector' && column.type !== 'ANY'
      ? keysOfVector(column)
      : Array.from({ length: column.length }, (_, row) => formatElement(column, row)),
  )
  const [only] = keys
  if (keys.length === 1 && only !== undefined) return only
  return Array.from({ length: only?.length ?? 0 }, (_, row) =>
    keys.map(column => `${typeof column[row]}:${String(column[row])}`).join('\u0000'),
  )
}

/** For each set of equal rows: the index of the first row. */
export function distinctRows(columns: readonly Column[]): Int32Array {
  const seen = new Set<Key>()
  const rows = new Int32Array(columns[0]?.length ?? 0)
  rowKeys(columns).forEach((key, row) => {
    if (seen.size !== seen.add(key).size) rows[seen.size - 1] = row
  })
  return rows.subarray(0, seen.size)
}

export interface Groups {
  readonly length: number
  /** The rows of a group, in ascending order. A group has at least one row. */
  rowsOf(group: number): Int32Array
}

/** Groups in the order of their first rows. */
export function groupRows(columns: readonly Column[]): Groups {
  const groups = new Map<Key, number[]>()
  rowKeys(columns).forEach((key, row) => {
    const rows = groups.get(key)
    if (rows === undefined) groups.set(key, [row])
    else rows.push(row)
  })
  const all = Array.from(groups.values(), rows => Int32Array.from(rows))
  return { length: all.length, rowsOf: group => all[group]! }
}

/** A column to sort by. Rows that are equal in this column are ordered by the next sort column. */
interface SortColumn {
  readonly column: Column
  readonly descending: boolean
}

type RowComparison = (a: number, b: number) => number

/** Row indexes in sorted order. Equal rows keep their order. */
export function sortRows(columns: readonly SortColumn[], rows: number): Int32Array {
  const comparisons = columns.map(({ column, descending }) => {
    const compare = rowComparison(column)
    return descending ? (a: number, b: number): number => -compare(a, b) : compare
  })
  return Int32Array.from({ length: rows }, (_, row) => row).sort((a, b) => {
    for (const compare of comparisons) {
      const result = compare(a, b)
      if (result !== 0) return result
    }
    return a - b
  })
}

/** Compares two rows of a column; a null comes first. @throws {ScriptError} for columns whose values have no order */
export function rowComparison(column: Column): RowComparison {
  if (column.form !== 'vector' || column.type === 'ANY') {
    throw new ScriptError('Tuples and array vectors can not be sorted.')
  }
  const [values] = comparables(column, column)
  return (a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : 0)
}
