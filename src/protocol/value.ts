/* A DolphinDB value, in the same form on clients and servers. A vector is a column. A numeric column is one typed array of exactly the
   bytes that are sent, including null sentinels, so it needs no copy before it is sent (on little-endian hosts). Temporal values are the
   raw integers of docs/protocol.md#data-types, without a time zone. */
import type { BlobScalar, BlobVector, EncodedBlobVector } from './types/blobs.js'
import type { DecimalScalar, DecimalVector } from './types/decimals.js'
import type { NumberScalar, NumberVector, PairScalar, PairVector } from './types/fixed-types.js'
import type { Bytes16Scalar, Bytes16Vector } from './types/sixteen-bytes.js'
import type {
  EncodedStringVector,
  ServerObjectScalar,
  StringScalar,
  StringVector,
} from './types/strings.js'
import type { SymbolScalar, SymbolVector } from './types/symbols.js'
import type { TemporalScalar, TemporalVector } from './types/temporals.js'
import type { AnyVector, VoidScalar, VoidVector } from './types/tuples.js'

export { explicitNull } from './types/tuples.js'

/** The shape of most scalars. Types with a different shape define it in their own file. */
export interface ScalarShape<T extends string, V> {
  form: 'scalar'
  type: T
  value: V
}

export interface VectorShape<T extends string, A> {
  form: 'vector'
  type: T
  length: number
  data: A
}

/** Texts or bytes in wire form, one value after the other. Parsers make such vectors to send them. */
export interface EncodedShape<T extends string> {
  form: 'vector'
  type: T
  length: number
  encoded: Uint8Array
}

/** `value: null` is the type's null. BOOL has booleans, 64-bit types bigints, decimals unscaled bigints. */
export type Scalar =
  | VoidScalar
  | NumberScalar
  | TemporalScalar
  | StringScalar
  | SymbolScalar
  | BlobScalar
  | Bytes16Scalar
  | PairScalar
  | DecimalScalar
  | ServerObjectScalar

/** Vectors whose `data` is one typed array of exactly the bytes that are sent. */
export type FixedVector = NumberVector | TemporalVector | Bytes16Vector | PairVector | DecimalVector

/** Vectors whose elements are codes, texts, bytes or values. Elements of VOID take no bytes. */
export type VariableVector =
  | VoidVector
  | StringVector
  | EncodedStringVector
  | SymbolVector
  | BlobVector
  | EncodedBlobVector
  | AnyVector

/** `length` is the number of rows. The array may have more elements, which do not count. */
export type Vector = FixedVector | VariableVector

/** `INT[]` and the like: row i consists of the cells from `offsets[i]` to `offsets[i + 1]` (exclusive). */
export interface ArrayVector {
  form: 'arrayVector'
  length: number
  offsets: Uint32Array
  cells: Vector
}

/** A vector of one type, whose elements have no flags of their own. */
export type TypedVector = Exclude<Vector, AnyVector>

export type Column = Vector | ArrayVector

/** Two scalars of one type, such as `1:2`. */
export interface Pair {
  form: 'pair'
  elements: Vector
}

/** The elements are stored column after column. */
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

/** Keys and values with the same index belong together. Values of different types are in a tuple. */
export interface Dictionary {
  form: 'dictionary'
  keys: Vector
  values: Vector
}

/** Named columns of equal length. */
export interface Table {
  form: 'table'
  /** Usually empty (docs/protocol.md#tables). */
  name: string
  rows: number
  columnNames: readonly string[]
  columns: readonly Column[]
}

/** Any value that clients and servers of DolphinDB send. */
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
