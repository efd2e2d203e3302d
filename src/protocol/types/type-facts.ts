/* The facts that each file of this folder provides for its types: number, category, and how values are written, read, stored in columns and
   printed. `../data-type.ts` lists the files. Code for vectors, matrices and tables names no type. Also JavaScript values of single
   elements: in columns, null is the sentinel of the type, and a number that it cannot hold is an error. */
import { ValueError } from '../../errors.js'
import type { Decoding } from '../../wire/byte-reader.js'
import type { ByteWriter } from '../../wire/byte-writer.js'
import type { ColumnType, DataType } from '../data-type.js'
import type { DecodeContext } from '../decode-context.js'
import type { FixedVector, Scalar, Value, Vector } from '../value.js'

/** Groups of types that convert into each other (docs/protocol.md#data-types). */
export type Category =
  | 'nothing'
  | 'logical'
  | 'integral'
  | 'floating'
  | 'temporal'
  | 'literal'
  | 'binary'
  | 'denary'
  | 'mixed'
  | 'system'

/** The arrays of types whose elements have a fixed size. A column is one typed array of exactly the bytes that are sent. */
export interface FixedElements {
  /** A vector that shares the memory of received bytes. Only decimals have a scale. */
  vectorOver(
    type: FixedVector['type'],
    length: number,
    bytes: Uint8Array,
    scale?: number,
  ): FixedVector
  /** The bytes of elements `start` to `end` (exclusive). */
  bytesOf(vector: FixedVector, start: number, end: number): Uint8Array
  /** @throws {ValueError} DDB_INPUT_RANGE for a value outside the type, DDB_USAGE for a value of the wrong kind */
  store(vector: FixedVector, index: number, value: ElementValue): void
}

/** Writes and reads scalars after their flag; null is the sentinel of the type. */
export interface ScalarCodec<S extends Scalar = Scalar> {
  encodeScalar(writer: ByteWriter, scalar: S): void
  decodeScalar(context: DecodeContext, type: S['type']): Decoding<S>
}

/** What can be done with the columns of a type. Loops over whole columns should read the arrays instead. */
export interface ColumnAccess<S = Scalar, V extends Vector = Vector> {
  /** A vector without rows. If it has arrays, they have room for `capacity` rows. */
  emptyVector(capacity: number, type: ColumnType): V
  /** Rows `start` to `end` (exclusive); shares memory with `vector` if possible. */
  slice(vector: V, start: number, end: number): V
  concat(vectors: readonly V[]): V
  /** Row i of the result is row `indexes[i]` of `vector`. */
  take(vector: V, indexes: Int32Array): V
  /** @throws {ValueError} DDB_INPUT_RANGE for a value outside the type, DDB_USAGE for a value of the wrong kind */
  vectorOf(values: readonly ElementValue[], type: ColumnType): V
  /** Element `index` as a scalar that shares no memory with `vector`; null for a null sentinel. */
  scalarAt(vector: V, index: number): S
  isNullAt(vector: V, index: number): boolean
}

/** Writes and reads the elements of a vector. On the wire, they come after the counts of rows and columns. */
export interface ElementCodec<V extends Vector = Vector> {
  encodeElements(writer: ByteWriter, vector: V): void
  /** @param sentScale  a decimal's scale, if it does not come before the elements */
  decodeElements(
    context: DecodeContext,
    length: number,
    type: V['type'],
    sentScale?: number,
  ): Decoding<V>
}

/** Types of the server's objects have only scalars, and tuples no codecs of their own. */
interface TypeParts {
  /** Size of a vector element in bytes; 0 if elements have no fixed size. */
  readonly bytesPerValue: number
  readonly fixed: FixedElements | undefined
  readonly scalars: ScalarCodec | undefined
  readonly columns: ColumnAccess | undefined
  readonly elements: ElementCodec | undefined
}

export interface TypeFacts extends TypeParts {
  readonly id: number
  readonly category: Category
  /** The text of a value, which must not be null. */
  format(value: NonNullable<Scalar['value']>, scalar: Scalar): string
}

/** Sets all members in the same order, so that all results have one shape in V8. */
export function typeFacts(
  id: number,
  category: Category,
  parts: Partial<TypeParts>,
  format: TypeFacts['format'],
): TypeFacts {
  return {
    id,
    category,
    bytesPerValue: parts.bytesPerValue ?? 0,
    fixed: parts.fixed,
    scalars: parts.scalars,
    columns: parts.columns,
    elements: parts.elements,
    format,
  }
}

interface ListKind<S, T, V> {
  vector: (data: readonly T[]) => V
  /** The elements; there may be more than rows. */
  dataOf: (vector: V) => readonly T[]
  valueOf: (value: ElementValue) => T
  scalar: (value: T) => S
  isNull: (value: T) => boolean
  /** For vectors in wire form: the position after `count` values that begin at `start`. */
  after?: (encoded: Uint8Array, start: number, count: number) => number
}

/** Columns whose elements are the values of a list, or the same values in wire form, one after the other (`encoded`). */
export function listColumns<S, T, V extends Vector>({
  vector,
  dataOf,
  valueOf,
  scalar,
  isNull,
  after,
}: ListKind<S, T, V>): ColumnAccess<S, V> {
  return {
    emptyVector: () => vector([]),
    slice(column, start, end) {
      if (after === undefined || !('encoded' in column)) {
        return vector(dataOf(column).slice(start, end))
      }
      const from = after(column.encoded, 0, start)
      const to = after(column.encoded, from, end - start)
      return { ...column, length: end - start, encoded: column.encoded.subarray(from, to) }
    },
    concat(vectors) {
      const all: T[] = []
      for (const column of vectors) {
        const data = dataOf(column)
        for (let row = 0; row < column.length; row++) all.push(data[row]!)
      }
      return vector(all)
    },
    take(column, indexes) {
      const data = dataOf(column)
      return vector(Array.from(indexes, row => data[row]!))
    },
    vectorOf: values => vector(values.map(valueOf)),
    scalarAt: (column, index) => scalar(dataOf(column)[index]!),
    isNullAt: (column, index) => isNull(dataOf(column)[index]!),
  }
}

/** @throws {ValueError} DDB_USAGE if a vector has fewer values than rows */
export function checkRows(type: DataType, rows: number, data: readonly unknown[]): void {
  if (data.length >= rows) return
  throw new ValueError(
    'DDB_USAGE',
    `A ${type} vector of length ${rows} has only ${data.length} values`,
  )
}

/**
 * An element: boolean for BOOL; number for FLOAT, DOUBLE and types of up to 32 bits; bigint (or a safe integer) for
 * 64-bit types and unscaled decimals; text for text types; bytes for BLOB; text or 16 wire bytes for UUID and the like;
 * two numbers for COMPLEX and POINT; count and unit for DURATION; a list for a row of an array vector; a value for ANY.
 */
export type ElementValue =
  | boolean
  | number
  | bigint
  | string
  | Uint8Array
  | { readonly count: number; readonly unit: number }
  | Value
  | readonly ElementValue[]
  | null

/** @throws {ValueError} DDB_USAGE unless `value` is a number or null */
export function numberOf(type: DataType, value: ElementValue): number | null {
  if (value === null || typeof value === 'number') return value
  throw unsuitableValue(type, value)
}

/** The text; '' for null. @throws {ValueError} DDB_USAGE unless `value` is text or null */
export function textOf(type: DataType, value: ElementValue): string {
  if (value === null) return ''
  if (typeof value === 'string') return value
  throw unsuitableValue(type, value)
}

export function unsuitableValue(type: DataType, value: ElementValue): ValueError {
  const kind = Array.isArray(value) ? 'list' : typeof value
  const shown = typeof value === 'object' ? kind : `${kind} ${String(value)}`
  return new ValueError('DDB_USAGE', `A ${type} column cannot take the ${shown}`)
}

/** The integer, or the sentinel for null. @throws {ValueError} DDB_INPUT_RANGE, even for the sentinel as a number */
export function storedInteger(value: ElementValue, sentinel: number, type: DataType): number {
  const number = numberOf(type, value)
  if (number === null) return sentinel
  if (Number.isInteger(number) && number > sentinel && number < -sentinel) return number
  throw rangeError(number, -sentinel - 1, type)
}

/** Like `storedInteger`, for 64 and 128 bits and for unscaled decimals. @throws {ValueError} DDB_INPUT_RANGE */
export function storedBigInt(value: ElementValue, sentinel: bigint, type: DataType): bigint {
  if (value === null) return sentinel
  const integer = Number.isSafeInteger(value) ? BigInt(value as number) : value
  if (typeof integer !== 'bigint') throw unsuitableValue(type, value)
  if (integer > sentinel && integer < -sentinel) return integer
  throw rangeError(integer, -sentinel - 1n, type)
}

export function rangeError(
  value: number | bigint,
  largest: number | bigint,
  type: DataType,
): ValueError {
  const problem = `${value} is not among the values of ${type}, -${largest} to ${largest}`
  return new ValueError('DDB_INPUT_RANGE', problem)
}
