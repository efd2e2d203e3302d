/* The facts that each file of this folder provides for its types: number, category, and how values are written, read, stored in columns and
   printed. `../data-type.ts` lists the files. Code for vectors, matrices and tables names no type. */
import { ValueError } from '../../errors.js'
import type { ByteReader } from '../../wire/byte-reader.js'
import type { ByteWriter } from '../../wire/byte-writer.js'
import type { ColumnType, DataType } from '../data-type.js'
import type { DecodeContext } from '../decode-context.js'
import type { FixedVector, Scalar, Vector } from '../value.js'
import type { ElementValue } from './element-value.js'

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
  decodeScalar(
    reader: ByteReader,
    context: DecodeContext,
    type: S['type'],
  ): Generator<void, S, void>
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
    reader: ByteReader,
    context: DecodeContext,
    length: number,
    type: V['type'],
    sentScale?: number,
  ): Generator<void, V, void>
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
