/* Numbers, pairs and durations: how each is stored in a typed array, what its null is, and how it is printed. The null is the smallest
   integer, or the most negative finite number; so NaN and the infinities are ordinary values. */
import { nullDouble, nullFloat, nullInt16, nullInt32, nullInt64, nullInt8 } from '../null-value.js'
import type { FixedVector, Scalar, ScalarShape, VectorShape } from '../value.js'
import {
  type ColumnAccess,
  type ElementCodec,
  type ElementValue,
  type FixedElements,
  numberOf,
  rangeError,
  type ScalarCodec,
  storedBigInt,
  storedInteger,
  type TypeFacts,
  typeFacts,
  unsuitableValue,
} from './type-facts.js'
import { DdbError, ValueError } from '../../errors.js'
import { ArrayPool } from '../../wire/string-collector.js'
import type { ByteReader } from '../../wire/byte-reader.js'
import type { ColumnType } from '../data-type.js'

if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1) {
  throw new DdbError('DDB_INTERNAL', 'ddb-ingest runs on little-endian machines only')
}

export type FixedData = FixedVector['data']

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
) {
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
    *decodeScalar(context, type) {
      const { reader } = context
      const byteLength = bytesPerValue + (scales === undefined ? 0 : 4)
      context.expect(byteLength)
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
    *decodeElements(context, length, type, sentScale) {
      const { reader } = context
      let scale = sentScale
      if (scales !== undefined && scale === undefined) {
        if (!reader.has(4)) yield* reader.need(4)
        scale = scales(reader, type as never)
      }
      const byteLength = length * bytesPerValue
      context.expect(byteLength)
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

export type NumberScalar =
  | ScalarShape<'BOOL', boolean | null>
  | ScalarShape<'CHAR' | 'SHORT' | 'INT' | 'FLOAT' | 'DOUBLE', number | null>
  | ScalarShape<'LONG', bigint | null>
export type NumberVector =
  | VectorShape<'BOOL' | 'CHAR', Int8Array>
  | VectorShape<'SHORT', Int16Array>
  | VectorShape<'INT', Int32Array>
  | VectorShape<'LONG', BigInt64Array>
  | VectorShape<'FLOAT', Float32Array>
  | VectorShape<'DOUBLE', Float64Array>

type DoublePair = readonly [number, number]
interface Duration {
  count: number
  unit: number
}
type DoublePairType = 'COMPLEX' | 'POINT'
/** COMPLEX and POINT: real and imaginary part, or x and y. DURATION: a count, and a unit as a number. */
export type PairScalar =
  ScalarShape<DoublePairType, DoublePair | null> | ScalarShape<'DURATION', Duration | null>
/** `data` has two numbers per value. */
export type PairVector =
  VectorShape<DoublePairType, Float64Array> | VectorShape<'DURATION', Int32Array>

type Stored<T> = (value: ElementValue, sentinel: T, type: Scalar['type']) => T

/** Values that are elements of the array, with a sentinel for null. */
function numbersIn<T, D extends FixedData & Record<number, T>>(
  array: FixedStorage<D, T>['array'],
  sentinel: T,
  stored: Stored<T>,
): FixedStorage<D, T> {
  return {
    array,
    get: (data, index) => (data[index] === sentinel ? null : data[index]!),
    set: (data, index, value, type) => {
      const target: Record<number, T> = data
      target[index] = stored(value, sentinel, type)
      // It would become null, and loads refuse it, too.
      if (value !== null && target[index] === sentinel) throw unsuitableValue(type, value)
    },
  }
}

/** The typed array rounds. NaN and infinities are values. @throws {ValueError} DDB_INPUT_RANGE for numbers beyond single precision */
const storedSingle: Stored<number> = (value, sentinel, type) => {
  const number = numberOf(type, value) ?? sentinel
  if (Number.isFinite(number) && Math.abs(number) > -sentinel) {
    throw rangeError(number, -sentinel, type)
  }
  return number
}

const storedDouble: Stored<number> = (value, sentinel, type) => numberOf(type, value) ?? sentinel

const booleans: FixedStorage<Int8Array, boolean> = {
  array: Int8Array,
  get: (data, index) => (data[index] === nullInt8 ? null : data[index] !== 0),
  set(data, index, value, type) {
    if (value !== null && typeof value !== 'boolean') throw unsuitableValue(type, value)
    data[index] = value === null ? nullInt8 : Number(value)
  },
}

const int8Storage = numbersIn<number, Int8Array>(Int8Array, nullInt8, storedInteger)
const int16Storage = numbersIn<number, Int16Array>(Int16Array, nullInt16, storedInteger)
const int32Storage = numbersIn<number, Int32Array>(Int32Array, nullInt32, storedInteger)
export const int64Storage: FixedStorage<BigInt64Array, bigint> = numbersIn<bigint, BigInt64Array>(
  BigInt64Array,
  nullInt64,
  storedBigInt,
)
const singles = numbersIn<number, Float32Array>(Float32Array, nullFloat, storedSingle)
const doubles = numbersIn<number, Float64Array>(Float64Array, nullDouble, storedDouble)

/** Null if either double is null. */
const doublePairs: FixedStorage<Float64Array, DoublePair> = {
  array: Float64Array,
  perValue: 2,
  get(data, index) {
    const first = data[index * 2]!
    const second = data[index * 2 + 1]!
    return first === nullDouble || second === nullDouble ? null : [first, second]
  },
  set(data, index, value, type) {
    if (value === null) data.fill(nullDouble, index * 2, index * 2 + 2)
    else if (isDoublePair(value)) data.set(value, index * 2)
    else throw unsuitableValue(type, value)
  },
}

function isDoublePair(value: ElementValue): value is DoublePair {
  const isPart = (one: unknown): boolean => typeof one === 'number' && one !== nullDouble
  return Array.isArray(value) && value.length === 2 && value.every(isPart)
}

const durations: FixedStorage<Int32Array, Duration> = {
  array: Int32Array,
  perValue: 2,
  get(data, index) {
    const count = data[index * 2]!
    return count === nullInt32 ? null : { count, unit: data[index * 2 + 1]! }
  },
  set(data, index, value, type) {
    const isDuration = typeof value === 'object' && value !== null && 'count' in value
    if (value !== null && !isDuration) throw unsuitableValue(type, value)
    const { count, unit } = value ?? { count: null, unit: 0 }
    data[index * 2] = storedInteger(count, nullInt32, type)
    data[index * 2 + 1] = unit
  },
}

export const int32Parts = fixedParts(int32Storage)
export const int64Parts = fixedParts(int64Storage)
const pairParts = fixedParts(doublePairs)

export const numberTypes: Readonly<Record<(NumberScalar | PairScalar)['type'], TypeFacts>> = {
  BOOL: typeFacts(1, 'logical', fixedParts(booleans), String),
  CHAR: typeFacts(2, 'integral', fixedParts(int8Storage), charText),
  SHORT: typeFacts(3, 'integral', fixedParts(int16Storage), String),
  INT: typeFacts(4, 'integral', int32Parts, String),
  LONG: typeFacts(5, 'integral', int64Parts, String),
  FLOAT: typeFacts(15, 'floating', fixedParts(singles), (value: number) =>
    formatNumber(Number.isFinite(value) ? shortestFloat(value) : value),
  ),
  DOUBLE: typeFacts(16, 'floating', fixedParts(doubles), formatNumber),
  COMPLEX: typeFacts(34, 'binary', pairParts, complexText),
  POINT: typeFacts(
    35,
    'binary',
    pairParts,
    (pair: DoublePair) => `(${pair.map(formatNumber).join(', ')})`,
  ),
  DURATION: typeFacts(36, 'system', fixedParts(durations), durationText),
}

/** The text of a CHAR. A printable character is in quotes, as in DolphinDB's output. */
function charText(value: number): string {
  return value > 31 && value < 127 ? `'${String.fromCharCode(value)}'` : String(value)
}

/** The shortest text from which the same double can be read; `inf` for infinity. */
export function formatNumber(value: number): string {
  if (Number.isFinite(value)) return Object.is(value, -0) ? '-0' : String(value)
  return Number.isNaN(value) ? 'NaN' : value > 0 ? 'inf' : '-inf'
}

/** The double with the fewest digits that rounds to the same single: 0.1, not 0.10000000149011612. @param value  finite */
export function shortestFloat(value: number): number {
  if (value === 0) return value
  for (let digits = 6; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits))
    if (Math.fround(short) === Math.fround(value)) return short
  }
  return Number(value.toPrecision(9))
}

function complexText([real, imaginary]: DoublePair): string {
  const sign = imaginary < 0 || Object.is(imaginary, -0) ? '' : '+'
  return `${formatNumber(real)}${sign}${formatNumber(imaginary)}i`
}

const letters = ['ns', 'us', 'ms', 's', 'm', 'H', 'd', 'w', 'M', 'y', 'B'] as const

/** The letters of a unit → its number. Does not list the units of exchange calendars. */
export const durationUnits: ReadonlyMap<string, number> = new Map(
  letters.map((unit, number) => [unit, number]),
)

/** A unit beyond the list is an exchange's code of four letters, the first in the highest byte. */
function durationText({ count, unit }: Duration): string {
  const codes = [unit >>> 24, (unit >> 16) & 255, (unit >> 8) & 255, unit & 255]
  return `${count}${letters[unit] ?? String.fromCharCode(...codes)}`
}
