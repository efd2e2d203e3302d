/*
  VOID: NULL without a type. A scalar is one byte, its `voidKind`. An element of a vector takes no bytes.
*/
import type { Scalar } from '../value.js'
import {
  type ColumnAccess,
  type ElementCodec,
  type ScalarCodec,
  type TypeFacts,
  variableType,
} from './type-facts.js'

/** `voidKind`: 0 no value, 1 NULL, 2 a default (docs/protocol.md#data-types); default 0. */
export interface VoidScalar {
  form: 'scalar'
  type: 'VOID'
  voidKind?: number
  value: null
}

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
  *decodeScalar(reader, context, type) {
    context.expect(reader, 1)
    if (!reader.has(1)) yield* reader.need(1)
    const voidKind = reader.u8()
    return { form: 'scalar', type, ...(voidKind > 0 && { voidKind }), value: null }
  },
}

const columns: ColumnAccess<Scalar, VoidVector> = {
  emptyVector: () => voidVector(0),
  slice: (_, start, end) => voidVector(end - start),
  concat: (first, second) => voidVector(first.length + second.length),
  take: (_, { length }) => voidVector(length),
  vectorOf: ({ length }) => voidVector(length),
  scalarAt: () => explicitNull,
  isNullAt: () => true,
}

const elements: ElementCodec<VoidVector> = {
  encodeElements: () => undefined,
  // eslint-disable-next-line require-yield -- it has no bytes to wait for
  *decodeElements(reader, context, length) {
    context.chargeVoid(reader, length)
    return voidVector(length)
  },
}

function voidVector(length: number): VoidVector {
  return { form: 'vector', type: 'VOID', length }
}

export const voidTypes: Readonly<Record<VoidScalar['type'], TypeFacts>> = {
  VOID: variableType(0, 'nothing', { scalars, columns, elements }, String),
}

export function isVoid(type: string): boolean {
  return type in voidTypes
}
