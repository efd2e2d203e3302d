/*
  The text of values as DolphinDB writes them: dates with points, nulls as nothing, a CHAR that can be printed in
  quotes. What `parse/` and `temporal.ts` read back.
*/
import { Buffer } from 'node:buffer'
import { formatBinary16 } from './binary16.js'
import { formatDecimal } from './decimal.js'
import { durationUnitText } from './duration.js'
import { elementAt } from './element.js'
import { formatTemporal } from './temporal.js'
import type { Column, Scalar, Value } from './value.js'

/** Text of one element, '' for null; a row of an array vector is `[1,2,3]`. */
export function formatElement(column: Column, index: number): string {
  return formatValue(elementAt(column, index))
}

/** Text of a value. Of tables, matrices, sets and dictionaries only the form is said. */
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
  if (scalar.value === null) return ''
  switch (scalar.type) {
    case 'CHAR':
      return scalar.value > 31 && scalar.value < 127
        ? `'${String.fromCharCode(scalar.value)}'`
        : String(scalar.value)
    case 'DATE':
    case 'MONTH':
    case 'TIME':
    case 'MINUTE':
    case 'SECOND':
    case 'DATETIME':
    case 'DATEHOUR':
    case 'DATEMINUTE':
    case 'TIMESTAMP':
    case 'NANOTIME':
    case 'NANOTIMESTAMP':
      return formatTemporal(scalar.type, scalar.value)
    case 'FLOAT':
      return formatNumber(
        Number.isFinite(scalar.value) ? shortestFloat(scalar.value) : scalar.value,
      )
    case 'DOUBLE':
      return formatNumber(scalar.value)
    case 'BLOB':
      return Buffer.from(scalar.value).toString('utf8')
    case 'UUID':
    case 'IPADDR':
    case 'INT128':
      return formatBinary16(scalar.type, scalar.value)
    case 'COMPLEX': {
      const [real, imaginary] = scalar.value
      const sign = imaginary < 0 || Object.is(imaginary, -0) ? '' : '+'
      return `${formatNumber(real)}${sign}${formatNumber(imaginary)}i`
    }
    case 'POINT':
      return `(${scalar.value.map(formatNumber).join(', ')})`
    case 'DURATION':
      return `${scalar.value.count}${durationUnitText(scalar.value.unit)}`
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return formatDecimal(scalar.value, scalar.scale)
    default:
      return String(scalar.value)
  }
}

/** Shortest text that gives the same double; infinity is `inf`. */
function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
}

/**
 * The double of the fewest digits that is the same number in single precision: 0.1, not 0.10000000149011612.
 *
 * @param value  finite
 */
export function shortestFloat(value: number): number {
  if (value === 0) return value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return Number(value.toPrecision(9))
}
