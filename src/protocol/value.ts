/*
  A DolphinDB value as both ends hold it. Vectors are columns: one typed array whose elements are exactly what
  travels, null sentinels included, so a numeric column goes to the socket without a copy (little-endian hosts).
  Temporal values are the raw integers of protocol notes §4.2; they carry no time zone.
*/
import type { DataType, DecimalType } from './data-type.js'

/** One byte a value; BOOL is 0 or 1. */
export type Int8Type = 'BOOL' | 'CHAR'
/** Four bytes a value: INT, and temporal types that count in it. */
export type Int32Type =
  'INT' | 'DATE' | 'MONTH' | 'TIME' | 'MINUTE' | 'SECOND' | 'DATETIME' | 'DATEHOUR' | 'DATEMINUTE'
/** Eight bytes a value: LONG, and temporal types that count in it. */
export type Int64Type = 'LONG' | 'TIMESTAMP' | 'NANOTIME' | 'NANOTIMESTAMP'
/** 16 bytes a value, kept in wire order: the whole text reversed (§4.3). */
export type Bytes16Type = 'UUID' | 'IPADDR' | 'INT128'
/** Two doubles a value: re, im or x, y. */
export type DoublePairType = 'COMPLEX' | 'POINT'
/** Types of the server's own objects; only scalars travel, as text. */
export type CodeType = 'HANDLE' | 'CODE' | 'DATASOURCE' | 'RESOURCE'

/**
 * `null` is the null of the type. BOOL is boolean, 64-bit types are bigint, decimals are unscaled bigint. `voidKind`: 0
 * nothing at all, 1 NULL, 2 a default (§4.2); 0 when left out.
 */
export type Scalar =
  | { form: 'scalar'; type: 'VOID'; voidKind?: number; value: null }
  | { form: 'scalar'; type: 'BOOL'; value: boolean | null }
  | { form: 'scalar'; type: 'CHAR' | 'SHORT' | Int32Type; value: number | null }
  | { form: 'scalar'; type: Int64Type; value: bigint | null }
  | { form: 'scalar'; type: 'FLOAT' | 'DOUBLE'; value: number | null }
  | { form: 'scalar'; type: 'SYMBOL' | 'STRING' | CodeType; value: string }
  /** `functionKind`: 0 system, 3 user, 4 partial, … (§4.2); 0 when left out. */
  | { form: 'scalar'; type: 'FUNCTIONDEF'; functionKind?: number; value: string }
  | { form: 'scalar'; type: 'BLOB'; value: Uint8Array }
  | { form: 'scalar'; type: Bytes16Type; value: Uint8Array | null }
  | { form: 'scalar'; type: DoublePairType; value: readonly [number, number] | null }
  | { form: 'scalar'; type: 'DURATION'; value: { count: number; unit: number } | null }
  | { form: 'scalar'; type: DecimalType; scale: number; value: bigint | null }

/**
 * A vector. `length` counts rows and may be smaller than the array behind it holds: only the first `length`
 * elements count.
 */
export type Vector =
  | { form: 'vector'; type: 'VOID'; length: number }
  | { form: 'vector'; type: Int8Type; length: number; data: Int8Array }
  | { form: 'vector'; type: 'SHORT'; length: number; data: Int16Array }
  | { form: 'vector'; type: Int32Type; length: number; data: Int32Array }
  | { form: 'vector'; type: Int64Type; length: number; data: BigInt64Array }
  | { form: 'vector'; type: 'FLOAT'; length: number; data: Float32Array }
  | { form: 'vector'; type: 'DOUBLE'; length: number; data: Float64Array }
  | SymbolVector
  | StringVector
  | EncodedStringVector
  | { form: 'vector'; type: 'BLOB'; length: number; data: readonly Uint8Array[] }
  /** 16 × length bytes. */
  | { form: 'vector'; type: Bytes16Type; length: number; data: Uint8Array }
  /** 2 × length doubles. */
  | { form: 'vector'; type: DoublePairType; length: number; data: Float64Array }
  /** 2 × length int32: count, unit. */
  | { form: 'vector'; type: 'DURATION'; length: number; data: Int32Array }
  | { form: 'vector'; type: 'DECIMAL32'; length: number; scale: number; data: Int32Array }
  | { form: 'vector'; type: 'DECIMAL64'; length: number; scale: number; data: BigInt64Array }
  /** 16 × length bytes, little-endian two's complement. */
  | { form: 'vector'; type: 'DECIMAL128'; length: number; scale: number; data: Uint8Array }
  | AnyVector

/**
 * Dictionary-coded text (§5.4): entry 0 of `base` is the empty string, which is the null. One that travels as plain
 * strings (flag 17) is coded on arrival, so that its type stays what the flag says.
 */
export interface SymbolVector {
  form: 'vector'
  type: 'SYMBOL'
  length: number
  codes: Int32Array
  base: readonly string[]
}

/** Plain text; '' is the null. */
export interface StringVector {
  form: 'vector'
  type: 'STRING'
  length: number
  data: readonly string[]
}

/** Text already in wire form: `length` strings in UTF-8, each ended by one 00. Made by parsers, only encoded. */
export interface EncodedStringVector {
  form: 'vector'
  type: 'STRING'
  length: number
  encoded: Uint8Array
}

/** A tuple: each element is a value of its own. */
export interface AnyVector {
  form: 'vector'
  type: 'ANY'
  length: number
  data: readonly Value[]
}

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
  /** Two elements. */
  elements: Vector
}

/** Column-major. */
export interface Matrix {
  form: 'matrix'
  rows: number
  columns: number
  elements: Vector
  rowLabels?: Vector
  columnLabels?: Vector
}

/** Distinct elements; their order says nothing. */
export interface SetValue {
  form: 'set'
  elements: Vector
}

/** Keys and values at the same positions; values of several types are a tuple. */
export interface Dictionary {
  form: 'dictionary'
  keys: Vector
  values: Vector
}

/** Named columns of one length. */
export interface Table {
  form: 'table'
  /** Usually empty (§5.8). */
  name: string
  rows: number
  columnNames: readonly string[]
  columns: readonly Column[]
}

/** A value of the wire. */
export type Value = Scalar | Vector | ArrayVector | Pair | Matrix | SetValue | Dictionary | Table

/** Number of each data form in the high byte of an object's flag (§4.1). */
export const dataForms = {
  scalar: 0,
  vector: 1,
  pair: 2,
  matrix: 3,
  set: 4,
  dictionary: 5,
  table: 6,
} as const

/** The scalar of one type. */
export type ScalarOf<T extends DataType> = Extract<Scalar, { type: T }>

/** NULL without a type, as an element or an argument: not the same as nothing at all. */
export const explicitNull: Scalar = { form: 'scalar', type: 'VOID', voidKind: 1, value: null }
