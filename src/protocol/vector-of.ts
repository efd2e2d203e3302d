/*
  Makes columns from JavaScript values, one value at a time: for literals, small results and users of the library.
  Parsers fill typed arrays directly.
*/
import { ValueError } from '../errors.js'
import { emptyVector } from './column.js'
import type { ColumnType } from './data-type.js'
import { columnTypeText, dataTypes } from './data-type.js'
import type { ElementValue } from './types/element-value.js'
import { unsuitableValue } from './types/element-value.js'
import type { FixedElements } from './types/type-facts.js'
import type { Column, FixedVector, Vector } from './value.js'

/**
 * Makes a column of `values`. Null becomes the null of the type.
 * @throws {ValueError} DDB_INPUT_RANGE for a value outside the type, DDB_USAGE for a value of the wrong kind
 */
export function vectorOf(type: ColumnType, values: readonly ElementValue[]): Column {
  if (type.array) return arrayVectorOf(type, values)
  const { fixed, columns } = dataTypes[type.type]
  if (fixed !== undefined) return fixedVectorOf(type, fixed, values)
  if (columns !== undefined) return columns.vectorOf(values)
  throw new ValueError('DDB_USAGE', `There are no columns of type ${columnTypeText(type)}`)
}

function arrayVectorOf(type: ColumnType, values: readonly ElementValue[]): Column {
  const offsets = new Uint32Array(values.length + 1)
  const cells: ElementValue[] = []
  for (const [row, value] of values.entries()) {
    if (value !== null && !Array.isArray(value)) throw unsuitableValue(type.type, value)
    for (const cell of (value ?? [null]) as readonly ElementValue[]) cells.push(cell)
    offsets[row + 1] = cells.length
  }
  return {
    form: 'arrayVector',
    length: values.length,
    offsets,
    cells: vectorOf({ ...type, array: false }, cells) as Vector,
  }
}

function fixedVectorOf(
  type: ColumnType,
  fixed: FixedElements,
  values: readonly ElementValue[],
): FixedVector {
  const vector = { ...emptyVector(type, values.length), length: values.length } as FixedVector
  for (const [index, value] of values.entries()) fixed.store(vector, index, value)
  return vector
}
