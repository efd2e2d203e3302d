/*
  Prints values like DolphinDB: dates with points, '' for nulls, printable CHARs in quotes. The files in `types/` define
  the texts of their values.
*/
import { dataTypes } from './data-type.js'
import { elementAt } from './element.js'
import type { Column, Scalar, Value } from './value.js'

/** The text of one element; '' for null. A row of an array vector gives `[1,2,3]`. */
export function formatElement(column: Column, index: number): string {
  return formatValue(elementAt(column, index))
}

/** The text of a value. A table, matrix, set or dictionary gives only its form. */
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

/** The text of a scalar; '' for null. */
export function formatScalar(scalar: Scalar): string {
  return scalar.value === null ? '' : dataTypes[scalar.type].format(scalar.value, scalar)
}
