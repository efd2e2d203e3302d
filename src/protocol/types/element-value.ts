/* JavaScript values of single elements: for literals, small results and users of the library. In columns, null is the sentinel of the type,
   and a number that the type cannot hold is an error. */
import { ValueError } from '../../errors.js'
import type { DataType } from '../data-type.js'
import type { Value } from '../value.js'

/**
 * An element: boolean for BOOL; number for FLOAT, DOUBLE and types of up to 32 bits; bigint (or a safe integer) for
 * 64-bit types and unscaled decimals; text for text types; bytes for BLOB; text or 16 wire bytes for UUID and the like;
 * two numbers for COMPLEX and POINT; count and unit for DURATION; a list for a row of an array vector; a value for ANY.
 */
export type ElementValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly count: number; readonly unit: number }
  | Value
  | readonly ElementValue[]
  | null

/** @throws {ValueError} DDB_USAGE unless `value` is a number or null */
export function numberOf(type: DataType, value: ElementValue): number | null {
  if (value === null || typeof value === 'number') return value
  throw unsuitableValue(type, value)
}

/** @throws {ValueError} DDB_USAGE unless `value` is a bigint, a safe integer or null */
function bigintOf(type: DataType, value: ElementValue): bigint | null {
  if (value === null || typeof value === 'bigint') return value
  if (Number.isSafeInteger(value)) return BigInt(value as number)
  throw unsuitableValue(type, value)
}

/** The text; '' for null. @throws {ValueError} DDB_USAGE unless `value` is text or null */
export function textOf(type: DataType, value: ElementValue): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  throw unsuitableValue(type, value)
}

export function unsuitableValue(type: DataType, value: ElementValue): ValueError {
  const kind = Array.isArray(value) ? 'list' : typeof value
  const shown = typeof value === 'object' ? kind : `${kind} ${String(value)}`
  return new ValueError('DDB_USAGE', `A ${type} column cannot take the ${shown}`)
}

/** The integer, or the sentinel for null. @throws {ValueError} DDB_INPUT_RANGE, even for the sentinel as a number */
export function storedInteger(value: ElementValue, sentinel: number, type: DataType): number {
  const number = numberOf(type, value)
  if (number === null) return sentinel
  if (Number.isInteger(number) && number > sentinel && number < -sentinel) return number
  throw rangeError(number, -sentinel - 1, type)
}

/** Like `storedInteger`, for 64 and 128 bits and for unscaled decimals. @throws {ValueError} DDB_INPUT_RANGE */
export function storedBigInt(value: ElementValue, sentinel: bigint, type: DataType): bigint {
  const integer = bigintOf(type, value)
  if (integer === null) return sentinel
  if (integer > sentinel && integer < -sentinel) return integer
  throw rangeError(integer, -sentinel - 1n, type)
}

export function rangeError(
  value: number | bigint,
  largest: number | bigint,
  type: DataType,
): ValueError {
  const problem = `${value} is not among the values of ${type}, -${largest} to ${largest}`
  return new ValueError('DDB_INPUT_RANGE', problem)
}
