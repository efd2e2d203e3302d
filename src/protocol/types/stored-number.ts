/*
  Numbers as columns store them: the null sentinel for null, and an error for numbers that the type cannot hold.
*/
import { ValueError } from '../../errors.js'
import type { DataType } from '../data-type.js'

/** The number itself, or the sentinel for null; a number equal to the sentinel is refused. @throws {ValueError} DDB_INPUT_RANGE */
export function storedInteger(value: number | null, sentinel: number, type: DataType): number {
  if (value === null) return sentinel
  if (Number.isInteger(value) && value > sentinel && value < -sentinel) return value
  throw rangeError(value, -sentinel - 1, type)
}

/**
 * As `storedInteger`, for integers of 64 and 128 bits and unscaled decimals of any width.
 * @throws {ValueError} DDB_INPUT_RANGE
 */
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
