/*
  Whether two values have the same type and content (DolphinDB manual, page eqObj).
*/
import type { ColumnType } from '../../../protocol/data-type.js'
import { columnTypeOf, elementAt } from '../../../protocol/element.js'
import { formatScalar } from '../../../protocol/value-text.js'
import type { Column, Scalar } from '../../../protocol/value.js'
import { sameColumnType } from '../../columns/column-layout.js'
import type { ServerValue } from '../../values/server-value.js'

/** Default of the number of digits after the point that are compared. */
const defaultPrecision = 10

/** @param precision  floating numbers are equal if they differ by at most 10^−precision */
export function areEqual(
  a: ServerValue,
  b: ServerValue,
  precision: number = defaultPrecision,
): boolean {
  if (a.form !== b.form) return false
  const sameLists = (first: readonly ServerValue[], second: readonly ServerValue[]): boolean =>
    first.length === second.length &&
    first.every((value, index) => areEqual(value, second[index]!, precision))
  switch (a.form) {
    case 'scalar':
      return sameScalar(a, b as typeof a, precision)
    case 'vector':
    case 'arrayVector':
      return sameColumn(a, b as Column, precision)
    case 'pair':
    case 'set':
    case 'matrix': {
      const other = b as typeof a
      const sameRows = a.form !== 'matrix' || a.rows === (other as typeof a).rows
      return sameRows && sameColumn(a.elements, other.elements, precision)
    }
    case 'list':
      return sameLists(a.elements, (b as typeof a).elements)
    case 'serverDictionary': {
      const other = b as typeof a
      const any: ColumnType = { type: 'ANY' }
      const isSameType =
        sameColumnType(a.keyType, other.keyType) &&
        sameColumnType(a.valueType ?? any, other.valueType ?? any)
      if (!isSameType) return false
      const keys = [...a.entries.keys()]
      return (
        a.entries.size === other.entries.size &&
        keys.every(key => other.entries.has(key)) &&
        sameLists(
          keys.map(key => a.entries.get(key)!.value),
          keys.map(key => other.entries.get(key)!.value),
        )
      )
    }
    case 'serverTable': {
      const other = b as typeof a
      return (
        a.columnNames.join('\0') === other.columnNames.join('\0') &&
        a.columnNames.every((_, index) =>
          sameColumn(a.column(index), other.column(index), precision),
        )
      )
    }
    case 'function': {
      const other = b as typeof a
      const hasName = a.kind !== 'partial' && a.name !== ''
      return a === b || (hasName && a.kind === other.kind && a.name === other.name)
    }
    case 'type':
      return sameColumnType(a.column, (b as typeof a).column)
    case 'database':
      return a === b
  }
}

function sameScalar(a: Scalar, b: Scalar, precision: number): boolean {
  if (a.type !== b.type || ('scale' in a && a.scale !== (b as typeof a).scale)) return false
  if (a.value === b.value) return true
  if (a.value === null || b.value === null) return false
  if (typeof a.value === 'number' && typeof b.value === 'number') {
    const isFloating = a.type === 'DOUBLE' || a.type === 'FLOAT'
    return isFloating && Math.abs(a.value - b.value) <= 10 ** -precision
  }
  return typeof a.value === 'object' && formatScalar(a) === formatScalar(b)
}

/** Compares texts as texts, even if the two columns store their texts differently. */
function sameColumn(a: Column, b: Column, precision: number): boolean {
  const areTexts = isText(a) && isText(b)
  if (a.length !== b.length) return false
  if (!areTexts && !sameColumnType(columnTypeOf(a), columnTypeOf(b))) return false
  for (let row = 0; row < a.length; row++) {
    const [left, right] = [elementAt(a, row) as ServerValue, elementAt(b, row) as ServerValue]
    const isSame =
      areTexts && left.form === 'scalar' && right.form === 'scalar'
        ? left.value === right.value
        : areEqual(left, right, precision)
    if (!isSame) return false
  }
  return true
}

function isText(column: Column): boolean {
  return column.form === 'vector' && (column.type === 'STRING' || column.type === 'SYMBOL')
}
