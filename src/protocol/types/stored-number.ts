/*
  Numbers as columns store them: null becomes the sentinel; a number that the type cannot hold is an error.
*/
import { ValueError } from '../../errors.js'
import type { DataType } from '../data-type.js'

/** The number, or the sentinel for null. @throws {ValueError} DDB_INPUT_RANGE, even for the sentinel as a number */
export function storedInteger(value: number | null, sentinel: number, type: DataType): number {
  if (value === null) return sentinel
  if (Number.isInteger(value) && value > sentinel && value < -sentinel) return value
  throw rangeError(value, -sentinel - 1, type)
}

/** Like `storedInteger`, for 64 and 128 bits and for unscaled decimals. @throws {ValueError} DDB_INPUT_RANGE */
export function storedBigInt(value: bigint | null, sentinel: bigint, type: DataType): bigint {
  if (value === null) return sentinel
  if (value > sentinel && value < -sentinel) return value
  throw rangeError(value, -sentinel - 1n, type)
}

export function rangeError(
  value: number | bigint,
  largest: number | bigint,
  type: DataType,
): ValueError {
  const problem = `${value} is not among the values of ${type}, -${largest} to ${largest}`
  return new ValueError('DDB_INPUT_RANGE', problem)
}
