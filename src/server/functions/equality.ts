/*
  Whether two values are the same in type and content (DolphinDB manual, page eqObj).
*/
import { columnTypeOf, elementAt } from '../../protocol/element.js'
import type { Column, Scalar } from '../../protocol/value.js'
import { formatScalar } from '../../protocol/text.js'
import type { ServerValue } from '../script/values.js'
import { sameColumnType } from '../tables/column-layout.js'

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
    case 'set':
      return sameColumn(a.elements, (b as typeof a).elements, precision)
    case 'matrix': {
      const other = b as typeof a
      return a.rows === other.rows && sameColumn(a.elements, other.elements, precision)
    }
    case 'list':
      return sameList(a.elements, (b as typeof a).elements, precision)
    case 'serverDictionary':
      return sameEntries(a, b as typeof a, precision)
    case 'serverTable':
      return sameTable(a, b as typeof a, precision)
    case 'function':
      return a.name !== '' && a.name === (b as typeof a).name
    case 'type':
      return sameColumnType(a.column, (b as typeof a).column)
    case 'database':
      return a === b
  }
}

function sameScalar(a: Scalar, b: Scalar, precision: number): boolean {
  if (a.type !== b.type) return false
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
  if (a.length !== b.length || !sameColumnType(columnTypeOf(a), columnTypeOf(b))) return false
  for (let row = 0; row < a.length; row++) {
    const left = elementAt(a, row) as ServerValue
    if (!areEqual(left, elementAt(b, row) as ServerValue, precision)) return false
  }
  return true
}

function sameList(
  a: readonly ServerValue[],
  b: readonly ServerValue[],
  precision: number,
): boolean {
  return a.length === b.length && a.every((value, index) => areEqual(value, b[index]!, precision))
}

type Dictionary = Extract<ServerValue, { form: 'serverDictionary' }>
type Table = Extract<ServerValue, { form: 'serverTable' }>

function sameEntries(a: Dictionary, b: Dictionary, precision: number): boolean {
  if (a.entries.size !== b.entries.size) return false
  return [...a.entries].every(([key, { value }]) => {
    const other = b.entries.get(key)
    return other !== undefined && areEqual(value, other.value, precision)
  })
}

function sameTable(a: Table, b: Table, precision: number): boolean {
  if (a.rows !== b.rows || a.columnNames.length !== b.columnNames.length) return false
  return a.columnNames.every(
    (name, index) =>
      name === b.columnNames[index] && sameColumn(a.column(index), b.column(index), precision),
  )
}
