/* Makes columns for tests and reads their values. */
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
