/*
  Makes columns for tests, with given or random elements, and reads their values.
*/
import fc from 'fast-check'
import type { ColumnType, DataType } from '../../../src/protocol/data-type.js'
import {
  type ElementValue,
  type FixedVector,
  elementAt,
  vectorOf,
} from '../../../src/protocol/element.js'
import type { Column, Scalar } from '../../../src/protocol/value.js'

export function column(type: DataType, ...values: ElementValue[]): Column {
  return vectorOf({ type }, values)
}

export function fixed(type: ColumnType, ...values: ElementValue[]): FixedVector {
  return vectorOf(type, values) as FixedVector
}

export function valuesOf(from: Column): ElementValue[] {
  return Array.from({ length: from.length }, (_, row) => (elementAt(from, row) as Scalar).value)
}

/** A type for each way of storing a column. */
export const storedTypes: readonly ColumnType[] = [
  { type: 'BOOL' },
  { type: 'SHORT' },
  { type: 'INT' },
  { type: 'LONG' },
  { type: 'FLOAT' },
  { type: 'DOUBLE' },
  { type: 'TIMESTAMP' },
  { type: 'SYMBOL' },
  { type: 'STRING' },
  { type: 'BLOB' },
  { type: 'UUID' },
  { type: 'POINT' },
  { type: 'DECIMAL32', scale: 2 },
  { type: 'DECIMAL128', scale: 4 },
  { type: 'ANY' },
  { type: 'INT', array: true },
]

/** An element of the type, sometimes null. */
export function elements(type: ColumnType): fc.Arbitrary<ElementValue> {
  if (type.array) {
    return fc.array(elements({ type: type.type }), { minLength: 1, maxLength: 4 })
  }
  switch (type.type) {
    case 'BOOL':
      return fc.option(fc.boolean())
    case 'SHORT':
      return fc.option(fc.integer({ min: -32767, max: 32767 }))
    case 'INT':
      return fc.option(fc.integer({ min: -2147483647, max: 2147483647 }))
    case 'LONG':
    case 'TIMESTAMP':
      return fc.option(fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }))
    case 'FLOAT':
      return fc.option(fc.float({ noNaN: true }))
    case 'DOUBLE':
      return fc.option(fc.double({ noNaN: true }))
    case 'BLOB':
      return fc.uint8Array({ maxLength: 4 })
    case 'UUID':
      return fc.option(fc.uint8Array({ minLength: 16, maxLength: 16 }))
    case 'POINT':
      return fc.option(fc.tuple(fc.double({ noNaN: true }), fc.double({ noNaN: true })))
    case 'DECIMAL32':
      return fc.option(fc.bigInt({ min: -999999999n, max: 999999999n }))
    case 'DECIMAL128':
      return fc.option(fc.bigInt({ min: -(10n ** 37n), max: 10n ** 37n }))
    case 'ANY':
      return fc
        .integer({ min: -5, max: 5 })
        .map(value => ({ form: 'scalar', type: 'INT', value }) as const)
    default:
      return fc.string({ maxLength: 4 }).map(text => text.replaceAll('\0', ''))
  }
}
