/*
  Whether two values are the same in type and content (DolphinDB manual, page eqObj).
*/
import { columnTypeOf, elementAt } from '../../../protocol/element.js'
import { elementBytes } from '../../../protocol/element-bytes.js'
import type { Column, Scalar, Vector } from '../../../protocol/value.js'
import { formatElement, formatScalar } from '../../../protocol/value-text.js'
import { textsOfVector } from '../../operators/operands/operands.js'
import type { FunctionValue, ServerValue } from '../../values/server-value.js'
import { isFixedVector, sameColumnType } from '../../columns/column-layout.js'

/** Digits behind the point that count when nothing else is said. */
const defaultPrecision = 10

/** @param precision  floating numbers count as equal when they differ by at most 10^−precision */
export function areEqual(
  a: ServerValue,
  b: ServerValue,
  precision: number = defaultPrecision,
): boolean {
  if (a.form !== b.form) return false
  switch (a.form) {
    case 'scalar':
      return sameScalar(a, b as typeof a, precision)
    case 'vector':
    case 'arrayVector':
      return sameColumn(a, b as Column, precision)
    case 'pair':
      return sameColumn(a.elements, (b as typeof a).elements, precision)
    case 'set':
      return sameSet(a.elements, (b as typeof a).elements)
    case 'matrix': {
      const other = b as typeof a
      if (a.rows !== other.rows) return false
      return sameColumn(a.elements, other.elements, precision)
    }
    case 'list':
      return sameList(a.elements, (b as typeof a).elements, precision)
    case 'serverDictionary':
      return sameEntries(a, b as typeof a, precision)
    case 'serverTable':
      return sameTable(a, b as typeof a, precision)
    case 'function':
      return a === b || (a.kind !== 'partial' && a.name !== '' && sameFunction(a, b as typeof a))
    case 'type':
      return sameColumnType(a.column, (b as typeof a).column)
    case 'database':
      return a === b
  }
}

function sameFunction(a: FunctionValue, b: FunctionValue): boolean {
  return a.kind === b.kind && a.name === b.name
}

function sameScalar(a: Scalar, b: Scalar, precision: number): boolean {
  if (a.type !== b.type || ('scale' in a && a.scale !== (b as typeof a).scale)) return false
  if (a.value === null || b.value === null) return a.value === b.value
  if (typeof a.value === 'number' && typeof b.value === 'number') {
    const isFloating = a.type === 'DOUBLE' || a.type === 'FLOAT'
    if (a.value === b.value) return true
    return isFloating && Math.abs(a.value - b.value) <= 10 ** -precision
  }
  if (typeof a.value === 'object') return formatScalar(a) === formatScalar(b)
  return a.value === b.value
}

function sameColumn(a: Column, b: Column, precision: number): boolean {
  if (a.length !== b.length) return false
  // Texts are texts, however they are kept.
  const areTexts = isText(a) && isText(b)
  if (!areTexts && !sameColumnType(columnTypeOf(a), columnTypeOf(b))) return false
  const compare = rowsComparison(a, b)
  if (compare === undefined) return sameElements(a, b, precision)
  return compare(0, a.length)
}

/** The order of a set says nothing. */
function sameSet(a: Vector, b: Vector): boolean {
  if (a.length !== b.length || !sameColumnType(columnTypeOf(a), columnTypeOf(b))) return false
  const texts = new Set<string>()
  for (let row = 0; row < a.length; row++) texts.add(formatElement(a, row))
  for (let row = 0; row < b.length; row++) if (!texts.has(formatElement(b, row))) return false
  return true
}

function isText(column: Column): column is Vector {
  return column.form === 'vector' && (column.type === 'STRING' || column.type === 'SYMBOL')
}

/** For columns of whole numbers and of text, which need no scalar for each row. */
function rowsComparison(a: Column, b: Column): ((from: number, to: number) => boolean) | undefined {
  if (a.form !== 'vector' || b.form !== 'vector') return undefined
  if (isText(a) && isText(b)) return sameTexts(textsOfVector(a), textsOfVector(b))
  const isWhole = 'data' in a && (a.data instanceof Int32Array || a.data instanceof BigInt64Array)
  if (!isWhole || !isFixedVector(a) || !isFixedVector(b)) return undefined
  return (from, to) => {
    const other = elementBytes(b, from, to)
    return elementBytes(a, from, to).every((byte, index) => byte === other[index])
  }
}

function sameTexts(
  a: readonly string[],
  b: readonly string[],
): (from: number, to: number) => boolean {
  return (from, to) => {
    for (let row = from; row < to; row++) if (a[row] !== b[row]) return false
    return true
  }
}

function sameElements(a: Column, b: Column, precision: number): boolean {
  for (let row = 0; row < a.length; row++) {
    const left = elementAt(a, row) as ServerValue
    const right = elementAt(b, row) as ServerValue
    const isSame =
      left.form === 'scalar' && right.form === 'scalar'
        ? sameScalar(left, right, precision)
        : areEqual(left, right, precision)
    if (!isSame) return false
  }
  return true
}

function sameList(
  a: readonly ServerValue[],
  b: readonly ServerValue[],
  precision: number,
): boolean {
  if (a.length !== b.length) return false
  for (const [index, value] of a.entries()) {
    if (!areEqual(value, b[index]!, precision)) return false
  }
  return true
}

type Dictionary = Extract<ServerValue, { form: 'serverDictionary' }>
type Table = Extract<ServerValue, { form: 'serverTable' }>

function sameEntries(a: Dictionary, b: Dictionary, precision: number): boolean {
  if (a.entries.size !== b.entries.size || !sameColumnType(a.keyType, b.keyType)) return false
  const [type, other] = [a.valueType, b.valueType]
  if (type === undefined || other === undefined ? type !== other : !sameColumnType(type, other)) {
    return false
  }
  for (const [key, { value }] of a.entries) {
    const entry = b.entries.get(key)
    if (entry === undefined) return false
    if (!areEqual(value, entry.value, precision)) return false
  }
  return true
}

function sameTable(a: Table, b: Table, precision: number): boolean {
  if (a.rows !== b.rows || a.columnNames.length !== b.columnNames.length) return false
  for (const [index, name] of a.columnNames.entries()) {
    if (name !== b.columnNames[index]) return false
    if (!sameColumn(a.column(index), b.column(index), precision)) return false
  }
  return true
}
