/*
  BOOL: one byte, 0 or 1, or −128 (0x80) for null. Code that does not check for null would read a null as true.
*/
import { nullInt8 } from '../null-value.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { unsuitableValue } from './element-value.js'
import { type FixedElements, fixedType, type TypeFacts } from './type-facts.js'

export type BooleanScalar = ScalarShape<'BOOL', boolean | null>
export type BooleanVector = VectorShape<'BOOL', Int8Array>

const elements: FixedElements<BooleanScalar, BooleanVector> = {
  bytesPerValue: 1,
  scalarBytes: 1,
  nullElement: new Uint8Array(Int8Array.of(nullInt8).buffer),
  encodeScalar(writer, { value }) {
    writer.i8(value === null ? nullInt8 : Number(value))
  },
  readScalar: reader => booleanScalar(reader.i8()),
  vectorOver: (type, length, { buffer, byteOffset }) => ({
    form: 'vector',
    type,
    length,
    data: new Int8Array(buffer, byteOffset, length),
  }),
  scalarAt: ({ data }, index) => booleanScalar(data[index]!),
  isNullAt: ({ data }, index) => data[index] === nullInt8,
  store({ type, data }, index, value) {
    if (value !== null && typeof value !== 'boolean') throw unsuitableValue(type, value)
    data[index] = value === null ? nullInt8 : Number(value)
  },
}

function booleanScalar(stored: number): BooleanScalar {
  return { form: 'scalar', type: 'BOOL', value: stored === nullInt8 ? null : stored !== 0 }
}

export const booleanTypes: Readonly<Record<BooleanScalar['type'], TypeFacts>> = {
  BOOL: fixedType(1, 'logical', elements, String),
}
