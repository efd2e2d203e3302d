/* ANY, the type of tuples: each element is a complete value with a flag of its own, and may have any form, so `../codec.ts` also writes and
   reads tuples. VOID, the type of NULL in them: a scalar is one byte, its `voidKind`; an element of a vector takes no bytes. */
import type { Scalar, ScalarShape, Value, Vector, VectorShape } from '../value.js'
import {
  type ColumnAccess,
  type ElementCodec,
  type ElementValue,
  listColumns,
  type ScalarCodec,
  type TypeFacts,
  typeFacts,
  unsuitableValue,
} from './type-facts.js'

/** `voidKind`: 0 no value, 1 NULL, 2 a default (docs/protocol.md#data-types); default 0. */
export type VoidScalar = ScalarShape<'VOID', null> & { voidKind?: number }

export interface VoidVector {
  form: 'vector'
  type: 'VOID'
  length: number
}

/** NULL without a type, as an element or an argument. Kind 0, the absence of a value, is different. */
export const explicitNull: Scalar = { form: 'scalar', type: 'VOID', voidKind: 1, value: null }

const scalars: ScalarCodec<VoidScalar> = {
  encodeScalar(writer, { voidKind }) {
    writer.u8(voidKind ?? 0)
  },
  *decodeScalar(context, type) {
    const { reader } = context
    context.expect(1)
    if (!reader.has(1)) yield* reader.need(1)
    const voidKind = reader.u8()
    return { form: 'scalar', type, ...(voidKind > 0 && { voidKind }), value: null }
  },
}

const voidColumns: ColumnAccess<Scalar, VoidVector> = {
  emptyVector: () => voidVector(0),
  slice: (_, start, end) => voidVector(end - start),
  concat: vectors => voidVector(vectors.reduce((sum, { length }) => sum + length, 0)),
  take: (_, { length }) => voidVector(length),
  vectorOf: ({ length }) => voidVector(length),
  scalarAt: () => explicitNull,
  isNullAt: () => true,
}

const elements: ElementCodec<VoidVector> = {
  encodeElements: () => undefined,
  // eslint-disable-next-line require-yield -- it has no bytes to wait for
  *decodeElements(context, length) {
    context.chargeVoid(length)
    return voidVector(length)
  },
}

function voidVector(length: number): VoidVector {
  return { form: 'vector', type: 'VOID', length }
}

export const voidTypes: Readonly<Record<VoidScalar['type'], TypeFacts>> = {
  VOID: typeFacts(0, 'nothing', { scalars, columns: voidColumns, elements }, String),
}

/** A tuple, whose elements are values of any form. */
export type AnyVector = VectorShape<'ANY', readonly Value[]>

const tupleColumns = listColumns<Value, Value, AnyVector>({
  vector: tupleOf,
  dataOf: tuple => tuple.data,
  valueOf(value: ElementValue): Value {
    if (value === null) return explicitNull
    if (typeof value === 'object' && 'form' in value) return value
    throw unsuitableValue('ANY', value)
  },
  scalar: value => value,
  isNull(value: Value): boolean {
    if (value.form !== 'scalar') return false
    const { value: held } = value
    return held === null || held === '' || (held instanceof Uint8Array && held.length === 0)
  },
})

export function tupleOf(data: readonly Value[]): AnyVector {
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

export function isTuple(vector: Vector): vector is AnyVector {
  return vector.type === 'ANY'
}

export const tupleTypes: Readonly<Record<AnyVector['type'], TypeFacts>> = {
  ANY: typeFacts(25, 'mixed', { columns: tupleColumns as ColumnAccess }, String),
}
