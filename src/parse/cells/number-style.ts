/* Rewrites numbers as people write them (`1,234,567.5`, `1.234.567,5`, `12.5 %`) as plain numbers. Other styles are not numbers. */
import * as ascii from '../ascii.js'
import { option, usageError } from '../../errors.js'
import type { CellOptions } from '../cell-rules.js'
import { isAt, noValue, trimmedEnd, trimmedStart } from './cell-bytes.js'
import type { ElementReader } from '../columns/fixed-column.js'

const groupDigits = 3

interface NumberStyle {
  /** Thousands separator in UTF-8; empty for none. */
  readonly thousands: Uint8Array
  readonly decimal: number
  readonly isPercent: boolean
}

type NumberRules = Pick<CellOptions, 'thousands' | 'decimalComma' | 'percentColumns'>

/** The style of a column's numbers; undefined if plain. @throws {UsageError} DDB_USAGE if one character has two meanings */
export function numberStyle(columnName: string, rules: NumberRules): NumberStyle | undefined {
  if (!hasNumberStyle(rules)) return undefined
  const { thousands = '', decimalComma = false, percentColumns = [] } = rules
  const isPercent = percentColumns.includes(columnName)
  const decimal = decimalComma ? ',' : '.'
  if (thousands === decimal) {
    const advice = decimalComma
      ? ''
      : `: add ${option('cells.decimalComma')} if numbers look like 1.234,5`
    throw usageError(
      `${option('cells.thousands')} cannot be ${thousands}, which is the decimal separator${advice}`,
    )
  }
  if (/^[\d+\-%eE]$/.test(thousands)) {
    throw usageError(`${option('cells.thousands')} cannot be ${thousands}: it is part of numbers`)
  }
  return {
    thousands: new TextEncoder().encode(thousands),
    decimal: decimalComma ? ascii.comma : ascii.point,
    isPercent,
  }
}

/** The rules without a number style, for texts whose numbers are already in plain notation. */
export function plainNumbers<Rules extends NumberRules>(rules: Rules): Rules {
  return hasNumberStyle(rules)
    ? { ...rules, thousands: '', decimalComma: false, percentColumns: [] }
    : rules
}

/** True if some column may have numbers with thousands separators, a decimal comma or a percent sign. */
export function hasNumberStyle(rules: NumberRules): boolean {
  const { thousands = '', decimalComma = false, percentColumns = [] } = rules
  return thousands !== '' || decimalComma || percentColumns.length > 0
}

/** The reader for numbers in a style; a text in another style is not a value. */
export function inStyle(reader: ElementReader, style: NumberStyle): ElementReader {
  const { expected, read, explain } = reader
  const separator = new TextDecoder().decode(style.thousands)
  const how = `written like 1${separator}234${String.fromCharCode(style.decimal)}5${style.isPercent ? '%' : ''}`
  let plain: Uint8Array = new Uint8Array(64)
  /** The length of the number in `plain`, or −1. */
  const rewrite = (bytes: Uint8Array, start: number, end: number): number => {
    const room = end - start + percentExponent.length
    if (plain.length < room) plain = new Uint8Array(2 * room)
    return writePlainNumber(style, bytes, start, end, plain)
  }
  return {
    ...reader,
    expected: `${expected}, ${how}`,
    kernelRead: undefined,
    read(bytes, start, end, into, at) {
      const length = rewrite(bytes, start, end)
      return length < 0 ? noValue : read(plain, 0, length, into, at)
    },
    explain(bytes, start, end) {
      const length = rewrite(bytes, start, end)
      const found = length < 0 ? undefined : explain?.(plain, 0, length)
      return found && `${found}, ${how}`
    },
  }
}

/** Writes the plain notation of a number to `into`: `12.5e-2` for `12.5%`. Returns its length; −1 for a text in another style. */
function writePlainNumber(
  style: NumberStyle,
  bytes: Uint8Array,
  start: number,
  end: number,
  into: Uint8Array,
): number {
  let p = trimmedStart(bytes, start, end)
  let last = trimmedEnd(bytes, p, end)
  // Blanks alone are not a number in plain notation either; written as no text, they would be null.
  if (p === last) return -1
  let to = 0
  if (style.isPercent) {
    if (bytes[last - 1] !== ascii.percent) return -1
    last = trimmedEnd(bytes, p, last - 1)
  }
  if (bytes[p] === ascii.openParenthesis && bytes[last - 1] === ascii.closeParenthesis) {
    // Accountants write a negative number in parentheses.
    into[to++] = ascii.minus
    p++
    last--
  } else if (bytes[p] === ascii.minus || bytes[p] === ascii.plus) into[to++] = bytes[p++]!
  const { thousands, decimal } = style
  /** Number of digits since the last separator; −1 before the first separator. */
  let group = -1
  let digits = 0
  while (p < last) {
    const digit = bytes[p]! - ascii.zero
    if (digit >= 0 && digit <= 9) {
      into[to++] = bytes[p++]!
      digits++
      if (group >= 0) group++
    } else if (thousands.length > 0 && p + thousands.length <= last && isAt(thousands, bytes, p)) {
      const isFirst = group < 0
      if (isFirst ? digits === 0 || digits > groupDigits : group !== groupDigits) return -1
      group = 0
      p += thousands.length
    } else break
  }
  if (group >= 0 && group !== groupDigits) return -1
  if (p < last && bytes[p] === decimal) {
    into[to++] = ascii.point
    p++
    for (; p < last && bytes[p]! >= ascii.zero && bytes[p]! <= ascii.zero + 9; p++)
      into[to++] = bytes[p]!
  }
  if (!style.isPercent && p < last && (bytes[p]! | 0x20) === ascii.letterE) {
    while (p < last) into[to++] = bytes[p++]!
  }
  if (p < last) return -1
  if (style.isPercent) {
    for (const byte of percentExponent) into[to++] = byte
  }
  return to
}

const percentExponent = new TextEncoder().encode('e-2')
