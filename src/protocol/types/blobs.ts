/*
  BLOB: bytes behind an int32 that counts them, as a scalar and as an element; no bytes are the null.
*/
import { Buffer } from 'node:buffer'
import { ValueError } from '../../errors.js'
import { readCount } from '../flag.js'
import type { ScalarShape, VectorShape } from '../value.js'
import { type ElementValue, unsuitable } from './element-value.js'
import { joined, picked } from './lists.js'
import {
  type ColumnAccess,
  type ElementCodec,
  type ScalarCodec,
  type TypeFacts,
  variableType,
} from './type-facts.js'

export type BlobScalar = ScalarShape<'BLOB', Uint8Array>
export type BlobVector = VectorShape<'BLOB', readonly Uint8Array[]>

const scalars: ScalarCodec<BlobScalar> = {
  encodeScalar(writer, { value }) {
    writer.i32(value.length)
    writer.bytes(value)
  },
  *decodeScalar(reader, context, type) {
    context.expect(reader, 4)
    if (!reader.has(4)) yield* reader.need(4)
    const byteLength = readCount(reader, 'bytes')
    context.expect(reader, byteLength)
    return { form: 'scalar', type, value: yield* reader.payload(byteLength) }
  },
}

const columns: ColumnAccess<BlobScalar, BlobVector> = {
  emptyVector: () => blobVector([]),
  slice: ({ data }, start, end) => blobVector(data.slice(start, end), end - start),
  concat: (first, second) => blobVector(joined(first, second)),
  take: ({ data }, indexes) => blobVector(picked(data, indexes)),
  vectorOf: values => blobVector(values.map(blobOf)),
  scalarAt: ({ type, data }, index) => ({ form: 'scalar', type, value: data[index]! }),
  isNullAt: ({ data }, index) => data[index]!.length === 0,
}

const elements: ElementCodec<BlobVector> = {
  encodeElements(writer, { data, length }) {
    if (data.length < length) {
      throw new ValueError(
        'DDB_USAGE',
        `A BLOB vector of length ${length} has only ${data.length} values`,
      )
    }
    for (let index = 0; index < length; index++) {
      const blob = data[index]!
      writer.i32(blob.length)
      writer.payload(blob)
    }
  },
  *decodeElements(reader, context, length) {
    context.expect(reader, length * 4)
    const data: Uint8Array[] = []
    while (data.length < length) {
      if (!reader.has(4)) yield* reader.need(4)
      const byteLength = readCount(reader, 'bytes')
      context.expect(reader, byteLength)
      data.push(
        reader.available < byteLength ? yield* reader.payload(byteLength) : reader.take(byteLength),
      )
    }
    return blobVector(data)
  },
}

function blobVector(data: readonly Uint8Array[], length: number = data.length): BlobVector {
  return { form: 'vector', type: 'BLOB', length, data }
}

function blobOf(value: ElementValue): Uint8Array {
  if (value === null) return new Uint8Array(0)
  if (value instanceof Uint8Array) return value
  if (typeof value === 'string') return new TextEncoder().encode(value)
  throw unsuitable('BLOB', value)
}

export const blobTypes: Readonly<Record<BlobScalar['type'], TypeFacts>> = {
  BLOB: variableType(32, 'literal', { scalars, columns, elements }, (value: Uint8Array) =>
    Buffer.from(value).toString('utf8'),
  ),
}
