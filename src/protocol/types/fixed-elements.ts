/*
  Types whose elements have a fixed size. One table entry, a `FixedStorage`, describes a typed array and how a value is
  stored in it; everything else about such a type follows from this entry.
*/
import type { ByteReader } from '../../wire/byte-reader.js'
import type { FixedVector, Scalar } from '../value.js'
import type { ElementValue } from './element-value.js'
import type { FixedElements } from './type-facts.js'

type FixedData = FixedVector['data']

/** How values are stored in the typed array of a column. */
export interface FixedStorage<D extends FixedData, T> {
  /** The class of the array. */
  readonly array: {
    new (buffer: ArrayBufferLike, byteOffset: number, length: number): D
    readonly BYTES_PER_ELEMENT: number
  }
  /** Array elements per value; default 1. */
  readonly perValue?: number
  /** The value at an index of the column; null for the null sentinel. The result shares no memory with `data`. */
  readonly get: (data: D, index: number) => T | null
  /**
   * Stores a value or null.
   * @throws {ValueError} DDB_INPUT_RANGE for a value outside the type, DDB_USAGE for a value of the wrong kind
   */
  readonly set: (data: D, index: number, value: ElementValue, type: Scalar['type']) => void
}

/** @param scales  reads and checks the int32 scale that comes before a scalar's value; only for decimals */
export function fixedElements<D extends FixedData, T>(
  storage: FixedStorage<D, T>,
  scales?: (reader: ByteReader, type: never) => number,
): FixedElements {
  const { array: ArrayClass, perValue = 1, get, set } = storage
  const bytesPerValue = ArrayClass.BYTES_PER_ELEMENT * perValue
  const dataOver = ({ buffer, byteOffset }: Uint8Array, values: number): D =>
    new ArrayClass(buffer, byteOffset, values * perValue)
  const scalarOf = (type: Scalar['type'], value: T | null, scale?: number): Scalar =>
    (scale === undefined
      ? { form: 'scalar', type, value }
      : { form: 'scalar', type, scale, value }) as Scalar
  return {
    bytesPerValue,
    scalarBytes: bytesPerValue + (scales === undefined ? 0 : 4),
    encodeScalar(writer, scalar) {
      if ('scale' in scalar) writer.i32(scalar.scale)
      const bytes = new Uint8Array(bytesPerValue)
      set(dataOver(bytes, 1), 0, scalar.value, scalar.type)
      writer.bytes(bytes)
    },
    readScalar(reader, type) {
      const scale = scales?.(reader, type as never)
      // A copy is aligned for its typed array.
      const bytes = new Uint8Array(reader.take(bytesPerValue))
      return scalarOf(type, get(dataOver(bytes, 1), 0), scale)
    },
    vectorOver: (type, length, bytes, scale) =>
      (scales === undefined
        ? { form: 'vector', type, length, data: dataOver(bytes, length) }
        : { form: 'vector', type, length, scale, data: dataOver(bytes, length) }) as FixedVector,
    scalarAt: (vector, index) =>
      scalarOf(
        vector.type,
        get(vector.data as D, index),
        'scale' in vector ? vector.scale : undefined,
      ),
    isNullAt: ({ data }, index) => get(data as D, index) === null,
    store: ({ type, data }, index, value) => set(data as D, index, value, type),
  }
}
