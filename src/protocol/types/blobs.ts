/* BLOB: an int32 length, then that many bytes, both as a scalar and as an element. A BLOB without bytes is null. */
import { Buffer } from 'node:buffer'
import { ValueError } from '../../errors.js'
import { readCount } from '../decode-context.js'
import type { EncodedShape, ScalarShape, VectorShape } from '../value.js'
import {
  checkRows,
  type ElementCodec,
  type ElementValue,
  listColumns,
  type ScalarCodec,
  type TypeFacts,
  typeFacts,
  unsuitableValue,
} from './type-facts.js'

export type BlobScalar = ScalarShape<'BLOB', Uint8Array>
export type BlobVector = VectorShape<'BLOB', readonly Uint8Array[]>

/** Each value is an int32 length and that many bytes. */
export type EncodedBlobVector = EncodedShape<'BLOB'>

const countBytes = 4

const scalars: ScalarCodec<BlobScalar> = {
  encodeScalar(writer, { value }) {
    writer.i32(value.length)
    writer.bytes(value)
  },
  *decodeScalar(context, type) {
    const { reader } = context
    context.expect(4)
    if (!reader.has(4)) yield* reader.need(4)
    const byteLength = readCount(reader, 'bytes')
    context.expect(byteLength)
    return { form: 'scalar', type, value: yield* reader.payload(byteLength) }
  },
}

type AnyBlobVector = BlobVector | EncodedBlobVector

const columns = listColumns<BlobScalar, Uint8Array, AnyBlobVector>({
  vector: blobVector,
  dataOf: blobsOf,
  valueOf(value: ElementValue): Uint8Array {
    if (value === null) return new Uint8Array(0)
    if (value instanceof Uint8Array) return value
    if (typeof value === 'string') return new TextEncoder().encode(value)
    throw unsuitableValue('BLOB', value)
  },
  scalar: value => ({ form: 'scalar', type: 'BLOB', value }),
  isNull: ({ length }) => length === 0,
  after: afterBlobs,
})

const elements: ElementCodec<AnyBlobVector> = {
  encodeElements(writer, vector) {
    if ('encoded' in vector) {
      if (afterBlobs(vector.encoded, 0, vector.length) !== vector.encoded.length) {
        throw new ValueError('DDB_USAGE', 'Encoded BLOBs must fill their array')
      }
      writer.payload(vector.encoded)
      return
    }
    const { data, length } = vector
    checkRows(vector.type, length, data)
    for (let index = 0; index < length; index++) {
      const blob = data[index]!
      writer.i32(blob.length)
      writer.payload(blob)
    }
  },
  *decodeElements(context, length) {
    const { reader } = context
    context.expect(length * 4)
    const data: Uint8Array[] = []
    while (data.length < length) {
      if (!reader.has(4)) yield* reader.need(4)
      const byteLength = readCount(reader, 'bytes')
      context.expect(byteLength)
      data.push(
        reader.available < byteLength ? yield* reader.payload(byteLength) : reader.take(byteLength),
      )
    }
    return blobVector(data)
  },
}

function blobVector(data: readonly Uint8Array[]): BlobVector {
  return { form: 'vector', type: 'BLOB', length: data.length, data }
}

/** The values of the column. If the column is in wire form, they share its memory. */
export function blobsOf(vector: AnyBlobVector): readonly Uint8Array[] {
  if ('data' in vector) return vector.data
  const { encoded } = vector
  let at = 0
  return Array.from({ length: vector.length }, () => {
    const from = at + countBytes
    at = afterBlobs(encoded, at, 1)
    return encoded.subarray(from, at)
  })
}

/** The position after `count` values that begin at `start`. If bytes are missing, a position beyond the array. */
function afterBlobs(encoded: Uint8Array, start: number, count: number): number {
  const view = new DataView(encoded.buffer, encoded.byteOffset, encoded.byteLength)
  let at = start
  for (let i = 0; i < count; i++) {
    if (at + countBytes > encoded.length) return Infinity
    at += countBytes + view.getUint32(at, true)
  }
  return at
}

export const blobTypes: Readonly<Record<BlobScalar['type'], TypeFacts>> = {
  BLOB: typeFacts(32, 'literal', { scalars, columns, elements }, (value: Uint8Array) =>
    Buffer.from(value).toString('utf8'),
  ),
}
