/*
  A DolphinDB value as both ends hold it. Vectors are columns: one typed array whose elements are exactly what is sent, null
  sentinels included, so a numeric column goes to the socket without a copy (little-endian hosts). Temporal values are the raw
  integers of docs/protocol.md#data-types, without a time zone.
*/
import type { BlobScalar, BlobVector, EncodedBlobVector } from './types/blobs.js'
import type { BooleanScalar, BooleanVector } from './types/booleans.js'
import type { DecimalScalar, DecimalVector } from './types/decimals.js'
import type { DoublePairScalar, DoublePairVector } from './types/double-pairs.js'
import type { DurationScalar, DurationVector } from './types/durations.js'
import type { FloatScalar, FloatVector } from './types/floats.js'
import type {
  IntegerOf32Bits,
  IntegerOf64Bits,
  IntegerOf8Bits,
  IntegerScalar,
  IntegerVector,
} from './types/integers.js'
import type { ServerObjectScalar } from './types/server-objects.js'
import type { Bytes16Scalar, Bytes16Vector } from './types/sixteen-bytes.js'
import type { EncodedStringVector, StringScalar, StringVector } from './types/strings.js'
import type { SymbolScalar, SymbolVector } from './types/symbols.js'
import type {
  Temporal32Type,
  Temporal64Type,
  TemporalScalar,
  TemporalVector,
} from './types/temporals.js'
import type { AnyVector } from './types/tuples.js'
import type { VoidScalar, VoidVector } from './types/voids.js'

export type { EncodedStringVector, StringVector } from './types/strings.js'
export type { SymbolVector } from './types/symbols.js'
export type { AnyVector } from './types/tuples.js'
export { explicitNull } from './types/voids.js'

/** A scalar as most types have it; a type that differs defines its own shape in its file. */
export interface ScalarShape<T extends string, V> {
  form: 'scalar'
  type: T
  value: V
}

/** A vector as most types have it. */
export interface VectorShape<T extends string, A> {
  form: 'vector'
  type: T
  length: number
  data: A
}

/** One byte a value; BOOL is 0 or 1. */
export type Int8Type = BooleanScalar['type'] | IntegerOf8Bits
/** Four bytes a value: INT, and temporal types that count in it. */
export type Int32Type = IntegerOf32Bits | Temporal32Type
/** Eight bytes a value: LONG, and temporal types that count in it. */
export type Int64Type = IntegerOf64Bits | Temporal64Type

/** `null` is the null of the type. BOOL is boolean, 64-bit types are bigint, decimals are unscaled bigint. */
export type Scalar =
  | VoidScalar
  | BooleanScalar
  | IntegerScalar
  | TemporalScalar
  | FloatScalar
  | StringScalar
  | SymbolScalar
  | BlobScalar
  | Bytes16Scalar
  | DoublePairScalar
  | DurationScalar
  | DecimalScalar
  | ServerObjectScalar

/** A vector whose `data` is one typed array of exactly the bytes that are sent. */
export type FixedVector =
  | BooleanVector
  | IntegerVector
  | TemporalVector
  | FloatVector
  | Bytes16Vector
  | DoublePairVector
  | DurationVector
  | DecimalVector

/** A vector whose elements are codes, texts, bytes or values, or have no bytes. */
export type VariableVector =
  | VoidVector
  | StringVector
  | EncodedStringVector
  | SymbolVector
  | BlobVector
  | EncodedBlobVector
  | AnyVector

/** A vector. `length` counts rows and may be smaller than its array holds: only the first `length` elements count. */
export type Vector = FixedVector | VariableVector

/** `INT[]` and the like: row i holds cells `offsets[i]` to `offsets[i + 1]` (exclusive). */
export interface ArrayVector {
  form: 'arrayVector'
  length: number
  offsets: Uint32Array
  cells: Vector
}

/** A vector whose elements carry no flags of their own. */
export type TypedVector = Exclude<Vector, AnyVector>

/** One column of a table. */
export type Column = Vector | ArrayVector

/** Two scalars of one type, `1:2`. */
export interface Pair {
  form: 'pair'
  elements: Vector
}

/** The elements stand column after column. */
export interface Matrix {
  form: 'matrix'
  rows: number
  columns: number
  elements: Vector
  rowLabels?: Vector
  columnLabels?: Vector
}

/** Distinct elements in no particular order. */
export interface SetValue {
  form: 'set'
  elements: Vector
}

/** Keys and values at the same positions; values of different types form a tuple. */
export interface Dictionary {
  form: 'dictionary'
  keys: Vector
  values: Vector
}

/** Named columns of one length. */
export interface Table {
  form: 'table'
  /** Usually empty (docs/protocol.md#tables). */
  name: string
  rows: number
  columnNames: readonly string[]
  columns: readonly Column[]
}

/** Any value that DolphinDB sends or receives. */
export type Value = Scalar | Vector | ArrayVector | Pair | Matrix | SetValue | Dictionary | Table

/** Number of each data form in the high byte of an object's flag (docs/protocol.md#data-forms). */
export const dataForms = {
  scalar: 0,
  vector: 1,
  pair: 2,
  matrix: 3,
  set: 4,
  dictionary: 5,
  table: 6,
} as const
