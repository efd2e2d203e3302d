/*
  The facts that each file of this folder provides for its types: number, category, and how values are written, read,
  stored in columns and printed. `../data-type.ts` lists the files. Code for vectors, matrices and tables names no type.
*/
import type { ByteReader } from '../../wire/byte-reader.js'
import type { ByteWriter } from '../../wire/byte-writer.js'
import type { DecodeContext } from '../decode-context.js'
import type { FixedVector, Scalar, VariableVector } from '../value.js'
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

/** Access to single elements of a column. Loops over whole columns should read the typed arrays instead. */
interface ElementAccess<S, V> {
  /** Element `index` as a scalar that shares no memory with `vector`; null for a null sentinel. */
  scalarAt(vector: V, index: number): S
  isNullAt(vector: V, index: number): boolean
}

/** Elements of a fixed size. A column is one typed array of exactly the bytes that are sent. */
export interface FixedElements extends ElementAccess<Scalar, FixedVector> {
  readonly bytesPerValue: number
  /** Bytes of a scalar after its flag, including the scale. */
  readonly scalarBytes: number
  /** Writes a scalar after its flag; null becomes the sentinel. */
  encodeScalar(writer: ByteWriter, scalar: Scalar): void
  /** Reads a scalar. All `scalarBytes` must have arrived. */
  readScalar(reader: ByteReader, type: Scalar['type']): Scalar
  /** A vector that shares the memory of received bytes. */
  vectorOver(
    type: FixedVector['type'],
    length: number,
    bytes: Uint8Array,
    scale: number,
  ): FixedVector
  /**
   * Stores a JavaScript value as element `index`.
   * @throws {ValueError} DDB_INPUT_RANGE for a value outside the type, DDB_USAGE for a value of the wrong kind
   */
  store(vector: FixedVector, index: number, value: ElementValue): void
}

/** Writes and reads scalars that have no fixed size, after their flag. */
export interface ScalarCodec<S extends Scalar = Scalar> {
  encodeScalar(writer: ByteWriter, scalar: S): void
  decodeScalar(
    reader: ByteReader,
    context: DecodeContext,
    type: S['type'],
  ): Generator<void, S, void>
}

/** Operations on columns whose elements are not one typed array. */
export interface ColumnAccess<
  S = Scalar,
  V extends VariableVector = VariableVector,
> extends ElementAccess<S, V> {
  /** A vector without rows. If it has arrays, they have room for `capacity` rows. */
  emptyVector(capacity: number): V
  /** Rows `start` to `end` (exclusive); shares memory with `vector` if possible. */
  slice(vector: V, start: number, end: number): V
  concat(first: V, second: V): V
  /** Row i of the result is row `indexes[i]` of `vector`. */
  take(vector: V, indexes: Int32Array): V
  /** @throws {ValueError} DDB_USAGE for a value of the wrong kind */
  vectorOf(values: readonly ElementValue[]): V
}

/** Writes and reads the elements of a `VariableVector`. On the wire, they come after the counts of rows and columns. */
export interface ElementCodec<V extends VariableVector = VariableVector> {
  encodeElements(writer: ByteWriter, vector: V): void
  decodeElements(
    reader: ByteReader,
    context: DecodeContext,
    length: number,
  ): Generator<void, V, void>
}

/**
 * Facts about a type. A type has either `fixed` alone, or all three others: `scalars` for scalars, `columns` and
 * `elements` for columns.
 */
export interface TypeFacts {
  /** The type's number on the wire. */
  readonly id: number
  readonly category: Category
  /** Size of a vector element in bytes; 0 if elements have no fixed size. */
  readonly bytesPerValue: number
  readonly fixed: FixedElements | undefined
  readonly scalars: ScalarCodec | undefined
  readonly columns: ColumnAccess | undefined
  readonly elements: ElementCodec | undefined
  /** The text of a value, which must not be null. */
  format(value: NonNullable<Scalar['value']>, scalar: Scalar): string
}

export function fixedType(
  id: number,
  category: Category,
  fixed: FixedElements,
  format: TypeFacts['format'],
): TypeFacts {
  return {
    id,
    category,
    bytesPerValue: fixed.bytesPerValue,
    fixed,
    scalars: undefined,
    columns: undefined,
    elements: undefined,
    format,
  }
}

/** The first `length` elements; returns `data` itself if it has no further elements. */
export function firstOf<T>(data: readonly T[], length: number): readonly T[] {
  return data.length === length ? data : data.slice(0, length)
}

export function joined<T>(
  first: { readonly data: readonly T[]; readonly length: number },
  second: { readonly data: readonly T[]; readonly length: number },
): T[] {
  return [...firstOf(first.data, first.length), ...firstOf(second.data, second.length)]
}

/** Element i of the result is element `indexes[i]` of `data`. */
export function picked<T>(data: readonly T[], indexes: Int32Array): T[] {
  return Array.from(indexes, row => data[row]!)
}

/** Sets all members in the same order, so that all results have one shape in V8. */
export function variableType(
  id: number,
  category: Category,
  parts: {
    bytesPerValue?: number
    scalars?: ScalarCodec
    columns?: ColumnAccess
    elements?: ElementCodec
  },
  format: TypeFacts['format'],
): TypeFacts {
  return {
    id,
    category,
    bytesPerValue: parts.bytesPerValue ?? 0,
    fixed: undefined,
    scalars: parts.scalars,
    columns: parts.columns,
    elements: parts.elements,
    format,
  }
}
