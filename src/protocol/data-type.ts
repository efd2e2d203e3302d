/* The list of the types that the files in `types/` define. `value.ts` needs scalar and vector of each file. */
import type { ByteReader } from '../wire/byte-reader.js'
import { blobTypes } from './types/blobs.js'
import { type DecimalType, decimalTypes, maxScale } from './types/decimals.js'
import { numberTypes } from './types/fixed-types.js'
import { bytes16Types } from './types/sixteen-bytes.js'
import { serverObjectTypes, stringTypes } from './types/strings.js'
import { symbolTypes } from './types/symbols.js'
import { temporalTypes } from './types/temporals.js'
import { tupleTypes, voidTypes } from './types/tuples.js'
import type { TypeFacts } from './types/type-facts.js'
import type { Scalar, Vector } from './value.js'

export { maxScale } from './types/decimals.js'
export type { DecimalType } from './types/decimals.js'

export type DataType = (Scalar | Vector)['type']

/** Every type that this project supports, by DolphinDB's name. Decoding a value of any other type fails. */
export const dataTypes: Readonly<Record<DataType, TypeFacts>> = {
  ...voidTypes,
  ...numberTypes,
  ...temporalTypes,
  ...symbolTypes,
  ...stringTypes,
  ...blobTypes,
  ...bytes16Types,
  ...decimalTypes,
  ...serverObjectTypes,
  ...tupleTypes,
}

export const arrayTypeOffset = 64

/** Takes the place of a type number and announces a compressed vector (docs/protocol.md#compressed-vectors). */
export const compressedTypeId = 26

const typeById = new Map<number, DataType>(
  Object.entries(dataTypes).map(([name, facts]) => [facts.id, name as DataType]),
)

export function dataTypeOf(id: number): DataType | undefined {
  return typeById.get(id)
}

/** @throws {ProtocolError} if no type has this number */
export function typeOfId(reader: ByteReader, id: number): DataType {
  const type = dataTypeOf(id)
  if (type === undefined) throw reader.fault(`Type ${id} is not a DolphinDB type this end knows`)
  return type
}

export function isDecimal(type: DataType): type is DecimalType {
  return type in decimalTypes
}

/** The type of a column: type of the elements, scale of a decimal, and whether each row is an array (`INT[]`). */
export interface ColumnType {
  readonly type: DataType
  readonly scale?: number
  readonly array?: boolean
}

/** The type in the form of `typeString` in `schema()`, such as `DECIMAL64(4)[]`. */
export function columnTypeText(column: ColumnType): string {
  const scale = column.scale === undefined ? '' : `(${column.scale})`
  return `${column.type}${scale}${column.array ? '[]' : ''}`
}

/** Parses `INT`, `DECIMAL32(2)`, `DOUBLE[]` and the like, in upper or lower case; undefined for other texts. */
export function parseColumnType(text: string): ColumnType | undefined {
  const match = /^\s*([A-Za-z0-9]+?)\s*(?:\(\s*(\d+)\s*\))?\s*(\[\])?\s*$/.exec(text)
  if (match === null) return undefined
  const name = match[1]!.toUpperCase()
  if (!Object.hasOwn(dataTypes, name)) return undefined
  const type = name as DataType
  if (isDecimal(type) !== (match[2] !== undefined)) return undefined
  const column: { type: DataType; scale?: number; array?: boolean } = { type }
  if (match[2] !== undefined) {
    const scale = Number(match[2])
    if (scale > maxScale[type as DecimalType]) return undefined
    column.scale = scale
  }
  if (match[3] !== undefined) column.array = true
  return column
}
