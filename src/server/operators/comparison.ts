/* < <= == != > >= && || ! on vectors. Null is the smallest value. `&&` with a null gives null; `||` ignores it (manual, "Functions and
   NULL"). Also compares rows: keys, distinct rows, groups, and sorting with nulls first (manual, "Null values in sorting"). */
import type { DataType } from '../../protocol/data-type.js'
import { columnTypeOf, type FixedVector } from '../../protocol/element.js'
import { nullInt8 } from '../../protocol/null-value.js'
import { isTemporal } from '../../protocol/types/temporals.js'
import type { Column, Vector } from '../../protocol/value.js'
import {
  type Key,
  cellsOf,
  isFixedVector,
  keysOf,
  kindOf,
  textsOfVector,
  widerType,
} from '../columns/column-layout.js'
import { cellsAs, incompatible, scaleOf, isInsertable, nanosOf } from '../columns/convert-column.js'
import type { ServerValue } from '../values/server-value.js'
import { type Pairing, isLiteral, operandOf, operatorError, refused } from './operands.js'
import { check } from '../script-error.js'

type ComparisonOperator = '<' | '<=' | '==' | '!=' | '>' | '>='

/** Stands for an element in comparisons; a null stands before all values. */
type Comparable = number | bigint | string
type Comparables = ArrayLike<Comparable>

/** @throws {ScriptError} if values of the two types cannot be compared */
export function compare(operator: ComparisonOperator, pairing: Pairing): Vector {
  const { left, right, length, leftStep, rightStep } = pairing
  const [a, b] = comparables(left, right)
  const data = new Int8Array(length)
  const holds = comparisons[operator]
  const isOne = leftStep === 1 && rightStep === 0
  if (operator === '==' && isOne) {
    // Most questions are for a few rows, which a search finds much faster than a loop.
    const values = a as readonly Comparable[]
    for (let i = -1; (i = values.indexOf(b[0]!, i + 1)) >= 0 && i < length;) data[i] = 1
  } else if (a instanceof BigInt64Array && isOne && length > 0) {
    // Compares halves of the numbers, which is faster than to make a BigInt for each.
    const halves = new Int32Array(a.buffer, a.byteOffset, length * 2)
    const wanted = b[0] as bigint
    const [low, high] = [Number(BigInt.asUintN(32, wanted)), Number(wanted >> 32n)]
    const [less, equal, greater] = [-1, 0, 1].map(order => Number(holds(order, 0)))
    for (let i = 0; i < length; i++) {
      const order = halves[i * 2 + 1]! - high || (halves[i * 2]! >>> 0) - low
      data[i] = order < 0 ? less! : order > 0 ? greater! : equal!
    }
  } else {
    for (let i = 0; i < length; i++) data[i] = Number(holds(a[i * leftStep]!, b[i * rightStep]!))
  }
  return { form: 'vector', type: 'BOOL', length, data }
}

export const comparisons: Readonly<
  Record<ComparisonOperator, (x: Comparable, y: Comparable) => boolean>
> = {
  '<': (x, y) => x < y,
  '<=': (x, y) => x <= y,
  '==': (x, y) => x === y,
  '!=': (x, y) => x !== y,
  '>': (x, y) => x > y,
  '>=': (x, y) => x >= y,
}

export function isComparison(operator: string | undefined): operator is ComparisonOperator {
  return operator !== undefined && Object.hasOwn(comparisons, operator)
}

/** The elements of two vectors in a form in which JavaScript compares them. @throws {ScriptError} if there is none */
function comparables(left: Vector, right: Vector): readonly [Comparables, Comparables] {
  const kinds = [kindOf(left.type), kindOf(right.type)]
  if (kinds.includes('text')) return [textsFor(left), textsFor(right)]
  if (kinds.includes(undefined)) return [printedFor(left, right), printedFor(right, left)]
  if (isTemporal(left.type) && isTemporal(right.type) && left.type !== right.type) {
    const type = widerType('times', left.type, right.type)!
    return [nanosFor(left, type), nanosFor(right, type)]
  }
  if (isArray(left) && isArray(right) && left.data.constructor === right.data.constructor) {
    return [left.data, right.data] as [Comparables, Comparables]
  }
  const scale = Math.max(scaleOf(left) ?? 0, scaleOf(right) ?? 0)
  const read = (vector: Vector): readonly (number | bigint | null)[] =>
    kinds.includes('double') ? cellsAs('double', vector) : cellsAs('long', vector, scale)
  return [nullsFirst(read(left)), nullsFirst(read(right))]
}

/** True if the array of the column can be compared as it is, because the null is the smallest value of its type. */
function isArray(vector: Vector): vector is FixedVector {
  return isFixedVector(vector) && scaleOf(vector) === undefined
}

function nullsFirst(cells: readonly (number | bigint | null)[]): Comparables {
  return cells.map(cell => cell ?? -Infinity)
}

/** Refuses types that cannot be compared with text. A CHAR counts as a text with one character. */
function textsFor(vector: Vector): Comparables {
  const { type } = vector
  if (isLiteral(type) || type === 'CHAR' || type === 'VOID') return textsOfVector(vector)
  throw operatorError(`Can't compare ${type} with STRING.`)
}

function nanosFor(vector: Vector, type: DataType): Comparables {
  if (!isInsertable(vector.type, type)) throw incompatible({ type }, columnTypeOf(vector))
  return nullsFirst(nanosOf(vector, type))
}

/** The texts of UUIDs and the like, which sort like the values. */
function printedFor(vector: Vector, other: Vector): Comparables {
  if (vector.type === other.type && isFixedVector(vector)) return textsOfVector(vector)
  throw operatorError(`Can't compare ${vector.type} with ${other.type}.`)
}

/** 1 or 0 for each element, or the null of BOOL. */
export function truthOf(vector: Vector, operation: string): Int8Array {
  if (vector.type === 'BOOL') return vector.data
  const kind = kindOf(vector.type)
  if (kind === undefined || kind === 'text' || kind === 'decimal') {
    throw refused(operation, vector.type.toLowerCase())
  }
  return Int8Array.from(cellsOf(vector), cell =>
    cell === null ? nullInt8 : Number(Number(cell) !== 0),
  )
}

/** @throws {ScriptError} for operands that have no truth value, such as text */
export function logic(operator: '&&' | '||', pairing: Pairing): Vector {
  const name = operator === '&&' ? 'and' : 'or'
  const { length, leftStep, rightStep } = pairing
  const a = truthOf(pairing.left, name)
  const b = truthOf(pairing.right, name)
  const data = new Int8Array(length)
  for (let i = 0; i < length; i++) {
    const x = a[i * leftStep]!
    const y = b[i * rightStep]!
    const hasNull = x === nullInt8 || y === nullInt8
    // The null is the least value, so that the larger one is the value, if there is one.
    if (operator === '&&') data[i] = hasNull ? nullInt8 : x & y
    else data[i] = hasNull ? Math.max(x, y) : x | y
  }
  return { form: 'vector', type: 'BOOL', length, data }
}

/** Null stays null, 0 becomes true, and every other value becomes false. */
export function not(value: ServerValue): ServerValue {
  const { vector, rebuild } = operandOf(value, 'not')
  const { length } = vector
  const data = truthOf(vector, 'not').slice(0, length)
  for (let i = 0; i < length; i++) if (data[i] !== nullInt8) data[i] = 1 - data[i]!
  return rebuild({ form: 'vector', type: 'BOOL', length, data })
}

/** For each set of equal rows: the index of the first row. */
export function distinctRows(columns: readonly Column[]): Int32Array {
  return Int32Array.from(groupRows(columns), rows => rows[0]!)
}

/** The rows of each group of equal rows, in the order of their first rows. */
export function groupRows(columns: readonly Column[]): Int32Array[] {
  const groups = new Map<Key, number[]>()
  keysOf(columns, columns[0]?.length ?? 0).forEach((key, row) => {
    const rows = groups.get(key)
    if (rows === undefined) groups.set(key, [row])
    else rows.push(row)
  })
  return Array.from(groups.values(), rows => Int32Array.from(rows))
}

/** Row indexes, sorted by the first column, then by the next ones. Equal rows keep their order. */
export function sortRows(
  columns: readonly { column: Column; descending: boolean }[],
  rows: number,
): Int32Array {
  const comparisons = columns.map(({ column, descending }) => {
    const compare = rowComparison(column)
    return descending ? (a: number, b: number): number => compare(b, a) : compare
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
export function rowComparison(column: Column): (a: number, b: number) => number {
  const isSortable = column.form === 'vector' && column.type !== 'ANY'
  check(isSortable, 'Tuples and array vectors can not be sorted.')
  const [values] = comparables(column, column)
  return (a, b) => (values[a]! < values[b]! ? -1 : values[a]! > values[b]! ? 1 : 0)
}
