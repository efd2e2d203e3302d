/* Elements of a fixed size: scalars and columns, whose bytes on the wire are the memory of the array of a little-endian host. */
import { DdbError, ValueError } from '../../errors.js'
import { ArrayPool } from '../../wire/array-pool.js'
import type { ByteReader } from '../../wire/byte-reader.js'
import type { ColumnType } from '../data-type.js'
import type { FixedVector, Scalar } from '../value.js'
import type { ElementValue } from './element-value.js'
import type { ColumnAccess, ElementCodec, FixedElements, ScalarCodec } from './type-facts.js'

if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new DdbError('DDB_INTERNAL', 'ddb-ingest runs on little-endian machines only')
}

export type FixedData = FixedVector['data']

export interface FixedParts {
  bytesPerValue: number
  fixed: FixedElements
  scalars: ScalarCodec
  columns: ColumnAccess
  elements: ElementCodec
}

/** How values are stored in the typed array of a column. */
export interface FixedStorage<D extends FixedData, T> {
  readonly array: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): D
    readonly BYTES_PER_ELEMENT: number
  }
  /** Array elements per value; default 1. */
  readonly perValue?: number
  /** The value at an index of the column; null for the null sentinel. The result shares no memory with `data`. */
  readonly get: (data: D, index: number) => T | null
  /** Stores a value or null. @throws {ValueError} DDB_INPUT_RANGE for a value outside the type, DDB_USAGE for a value of the wrong kind */
  readonly set: (data: D, index: number, value: ElementValue, type: Scalar['type']) => void
}

/** Sends the memory of typed arrays unchanged. @param scales  reads and checks the int32 scale before values; only for decimals */
export function fixedParts<D extends FixedData, T>(
  storage: FixedStorage<D, T>,
  scales?: (reader: ByteReader, type: never) => number,
): FixedParts {
  const { array: ArrayClass, perValue = 1, get, set } = storage
  const bytesPerValue = ArrayClass.BYTES_PER_ELEMENT * perValue
  const dataOver = ({ buffer, byteOffset }: Uint8Array, values: number): D =>
    new ArrayClass(buffer, byteOffset, values * perValue)
  const scalarOf = (type: Scalar['type'], value: T | null, scale?: number): Scalar =>
    (scale === undefined
      ? { form: 'scalar', type, value }
      : { form: 'scalar', type, scale, value }) as Scalar
  const fixed: FixedElements = {
    vectorOver: (type, length, bytes, scale = 0) =>
      (scales === undefined
        ? { form: 'vector', type, length, data: dataOver(bytes, length) }
        : { form: 'vector', type, length, scale, data: dataOver(bytes, length) }) as FixedVector,
    bytesOf({ type, data }, start, end) {
      if (data.byteLength < end * bytesPerValue) {
        throw new ValueError(
          'DDB_USAGE',
          `A ${type} vector of length ${end} needs ${end * bytesPerValue} bytes of data, but has ${data.byteLength}`,
        )
      }
      const from = data.byteOffset + start * bytesPerValue
      return new Uint8Array(data.buffer, from, (end - start) * bytesPerValue)
    },
    store: ({ type, data }, index, value) => set(data as D, index, value, type),
  }
  // Every small request has several scalars, and arrays for each would be most of what the garbage collector has to move.
  const oneBytes = new Uint8Array(bytesPerValue)
  const one = dataOver(oneBytes, 1)
  const scalars: ScalarCodec = {
    encodeScalar(writer, scalar) {
      if ('scale' in scalar) writer.i32(scalar.scale)
      set(one, 0, scalar.value, scalar.type)
      writer.bytes(oneBytes)
    },
    *decodeScalar(reader, context, type) {
      const byteLength = bytesPerValue + (scales === undefined ? 0 : 4)
      context.expect(reader, byteLength)
      if (!reader.has(byteLength)) yield* reader.need(byteLength)
      const scale = scales?.(reader, type as never)
      // A copy is aligned for its typed array.
      const bytes = new Uint8Array(reader.take(bytesPerValue))
      return scalarOf(type, get(dataOver(bytes, 1), 0), scale)
    },
  }
  const elements: ElementCodec<FixedVector> = {
    encodeElements(writer, vector) {
      if ('scale' in vector) writer.i32(vector.scale)
      writer.payload(fixed.bytesOf(vector, 0, vector.length))
    },
    *decodeElements(reader, context, length, type, sentScale) {
      let scale = sentScale
      if (scales !== undefined && scale === undefined) {
        if (!reader.has(4)) yield* reader.need(4)
        scale = scales(reader, type as never)
      }
      const byteLength = length * bytesPerValue
      context.expect(reader, byteLength)
      const bytes =
        reader.available < byteLength ? yield* reader.payload(byteLength) : reader.take(byteLength)
      return fixed.vectorOver(type, length, bytes, scale)
    },
  }
  const columns: ColumnAccess<Scalar, FixedVector> = {
    ...arrayColumns(fixed, bytesPerValue),
    scalarAt: (vector, index) =>
      scalarOf(
        vector.type,
        get(vector.data as D, index),
        'scale' in vector ? vector.scale : undefined,
      ),
    isNullAt: ({ data }, index) => get(data as D, index) === null,
  }
  return { bytesPerValue, fixed, scalars, columns, elements }
}

type ArrayColumns = Omit<ColumnAccess<Scalar, FixedVector>, 'scalarAt' | 'isNullAt'>

const sharedBuffers = new ArrayPool()
const maxSharedBytes = 64

function arrayColumns(fixed: FixedElements, width: number): ArrayColumns {
  const like = (vector: FixedVector, length: number, bytes: Uint8Array): FixedVector =>
    fixed.vectorOver(vector.type, length, bytes, 'scale' in vector ? vector.scale : undefined)
  const withRoom = (capacity: number, { type, scale }: ColumnType): FixedVector =>
    fixed.vectorOver(type as FixedVector['type'], capacity, clearedBytes(capacity * width), scale)
  return {
    emptyVector: (capacity, type) => ({ ...withRoom(capacity, type), length: 0 }),
    slice: (vector, start, end) => like(vector, end - start, fixed.bytesOf(vector, start, end)),
    concat(vectors) {
      const rows = vectors.reduce((sum, { length }) => sum + length, 0)
      const joined = like(vectors[0]!, rows, new Uint8Array(rows * width))
      const data = joined.data as Uint8Array
      const perRow = width / data.BYTES_PER_ELEMENT
      let at = 0
      for (const vector of vectors) {
        const count = vector.length * perRow
        const isWhole = vector.data.length === count
        const own = isWhole
          ? vector
          : like(vector, vector.length, fixed.bytesOf(vector, 0, vector.length))
        data.set(own.data as Uint8Array, at)
        at += count
      }
      return joined
    },
    take(vector, indexes) {
      const picked = pickElements(fixed.bytesOf(vector, 0, vector.length), width, indexes)
      return like(vector, indexes.length, picked)
    },
    vectorOf(values, type) {
      const vector = withRoom(values.length, type)
      for (const [index, value] of values.entries()) fixed.store(vector, index, value)
      return vector
    },
  }
}

/** Small arrays share buffers, because code makes thousands of single values and a buffer for each would be slow. */
function clearedBytes(byteLength: number): Uint8Array {
  return byteLength <= maxSharedBytes
    ? sharedBuffers.allocate(byteLength).fill(0)
    : new Uint8Array(byteLength)
}

/** Picks elements of 1, 2 or a multiple of 4 bytes. Copies them as integers, because that keeps all bits of a float. */
function pickElements(source: Uint8Array, bytesPerValue: number, indexes: Int32Array): Uint8Array {
  const { length } = indexes
  const target = new Uint8Array(length * bytesPerValue)
  if (bytesPerValue === 1) {
    for (let row = 0; row < length; row++) target[row] = source[indexes[row]!]!
    return target
  }
  if (bytesPerValue === 2) {
    const from = new Uint16Array(source.buffer, source.byteOffset, source.length >> 1)
    const to = new Uint16Array(target.buffer)
    for (let row = 0; row < length; row++) to[row] = from[indexes[row]!]!
    return target
  }
  // A column may begin at any offset of its buffer, but an array of words must be aligned.
  const aligned = source.byteOffset % 4 === 0 ? source : source.slice()
  const from = new Uint32Array(aligned.buffer, aligned.byteOffset, aligned.length >> 2)
  const to = new Uint32Array(target.buffer)
  const words = bytesPerValue >> 2
  for (let row = 0; row < length; row++) {
    const start = indexes[row]! * words
    for (let word = 0; word < words; word++) to[row * words + word] = from[start + word]!
  }
  return target
}
