/*
  ANY, the type of tuples. Each element is a complete value with a flag of its own, and may have any form. Therefore
  `../codec.ts`, which handles all forms, also writes and reads tuples.
*/
import type { Value, Vector } from '../value.js'
import { type ElementValue, unsuitableValue } from './element-value.js'
import { type ColumnAccess, type TypeFacts, variableType, joined, picked } from './type-facts.js'
import { explicitNull } from './voids.js'

/** A tuple, whose elements are values of any form. */
export interface AnyVector {
  form: 'vector'
  type: 'ANY'
  length: number
  data: readonly Value[]
}

const columns: ColumnAccess<Value, AnyVector> = {
  emptyVector: () => tupleOf([]),
  slice: ({ data }, start, end) => ({ ...tupleOf(data.slice(start, end)), length: end - start }),
  concat: (first, second) => tupleOf(joined(first, second)),
  take: ({ data }, indexes) => tupleOf(picked(data, indexes)),
  vectorOf: values => tupleOf(values.map(valueOf)),
  scalarAt: ({ data }, index) => data[index]!,
  isNullAt: ({ data }, index) => isNullValue(data[index]!),
}

export function tupleOf(data: readonly Value[]): AnyVector {
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

export function isTuple(vector: Vector): vector is AnyVector {
  return vector.type === 'ANY'
}

function valueOf(value: ElementValue): Value {
  if (value === null) return explicitNull
  if (typeof value === 'object' && 'form' in value) return value
  throw unsuitableValue('ANY', value)
}

function isNullValue(value: Value): boolean {
  if (value.form !== 'scalar') return false
  const { value: held } = value
  return held === null || held === '' || (held instanceof Uint8Array && held.length === 0)
}

export const tupleTypes: Readonly<Record<AnyVector['type'], TypeFacts>> = {
  ANY: variableType(25, 'mixed', { columns: columns as ColumnAccess }, String),
}
