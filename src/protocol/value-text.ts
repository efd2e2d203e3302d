/*
  Values as DolphinDB writes them: dates with points, nulls as '', printable CHARs in quotes. Each type's file in
  `types/` defines the texts of its values.
*/
import { dataTypes } from './data-type.js'
import { elementAt } from './element.js'
import type { Column, Scalar, Value } from './value.js'

/** Text of one element, '' for null. A row of an array vector is `[1,2,3]`. */
export function formatElement(column: Column, index: number): string {
  return formatValue(elementAt(column, index))
}

/** Text of a value. For tables, matrices, sets and dictionaries only the form. */
export function formatValue(value: Value): string {
  switch (value.form) {
    case 'scalar':
      return formatScalar(value)
    case 'vector':
    case 'arrayVector':
      return `[${formatElements(value).join(',')}]`
    case 'pair':
      return formatElements(value.elements).join(':')
    default:
      return value.form
  }
}

function formatElements(column: Column): string[] {
  return Array.from({ length: column.length }, (_, index) => formatElement(column, index))
}

/** Text of a scalar, '' for null. */
export function formatScalar(scalar: Scalar): string {
  return scalar.value === null ? '' : dataTypes[scalar.type].format(scalar.value, scalar)
}
