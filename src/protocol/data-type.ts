/*
  DolphinDB's data types as they are numbered on the wire (protocol notes §4.2), with what the codec needs to know
  of each: bytes per vector element and the category used for "compatible type" checks.
*/

/** Groups of types that convert into each other (protocol notes §4.2). */
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

interface DataTypeFacts {
  readonly id: number
  /** Bytes per vector element; 0 where an element has no fixed size. */
  readonly bytesPerValue: number
  readonly category: Category
}

/** Every type this project reads and writes, by DolphinDB's own name; any other number ends the decoding. */
export const dataTypes = {
  VOID: { id: 0, bytesPerValue: 0, category: 'nothing' },
  BOOL: { id: 1, bytesPerValue: 1, category: 'logical' },
  CHAR: { id: 2, bytesPerValue: 1, category: 'integral' },
  SHORT: { id: 3, bytesPerValue: 2, category: 'integral' },
  INT: { id: 4, bytesPerValue: 4, category: 'integral' },
  LONG: { id: 5, bytesPerValue: 8, category: 'integral' },
  DATE: { id: 6, bytesPerValue: 4, category: 'temporal' },
  MONTH: { id: 7, bytesPerValue: 4, category: 'temporal' },
  TIME: { id: 8, bytesPerValue: 4, category: 'temporal' },
  MINUTE: { id: 9, bytesPerValue: 4, category: 'temporal' },
  SECOND: { id: 10, bytesPerValue: 4, category: 'temporal' },
  DATETIME: { id: 11, bytesPerValue: 4, category: 'temporal' },
  TIMESTAMP: { id: 12, bytesPerValue: 8, category: 'temporal' },
  NANOTIME: { id: 13, bytesPerValue: 8, category: 'temporal' },
  NANOTIMESTAMP: { id: 14, bytesPerValue: 8, category: 'temporal' },
  FLOAT: { id: 15, bytesPerValue: 4, category: 'floating' },
  DOUBLE: { id: 16, bytesPerValue: 8, category: 'floating' },
  SYMBOL: { id: 17, bytesPerValue: 4, category: 'literal' },
  STRING: { id: 18, bytesPerValue: 0, category: 'literal' },
  UUID: { id: 19, bytesPerValue: 16, category: 'binary' },
  FUNCTIONDEF: { id: 20, bytesPerValue: 0, category: 'system' },
  HANDLE: { id: 21, bytesPerValue: 0, category: 'system' },
  CODE: { id: 22, bytesPerValue: 0, category: 'system' },
  DATASOURCE: { id: 23, bytesPerValue: 0, category: 'system' },
  RESOURCE: { id: 24, bytesPerValue: 0, category: 'system' },
  ANY: { id: 25, bytesPerValue: 0, category: 'mixed' },
  DATEHOUR: { id: 28, bytesPerValue: 4, category: 'temporal' },
  DATEMINUTE: { id: 29, bytesPerValue: 4, category: 'temporal' },
  IPADDR: { id: 30, bytesPerValue: 16, category: 'binary' },
  INT128: { id: 31, bytesPerValue: 16, category: 'binary' },
  BLOB: { id: 32, bytesPerValue: 0, category: 'literal' },
  COMPLEX: { id: 34, bytesPerValue: 16, category: 'binary' },
  POINT: { id: 35, bytesPerValue: 16, category: 'binary' },
  DURATION: { id: 36, bytesPerValue: 8, category: 'system' },
  DECIMAL32: { id: 37, bytesPerValue: 4, category: 'denary' },
  DECIMAL64: { id: 38, bytesPerValue: 8, category: 'denary' },
  DECIMAL128: { id: 39, bytesPerValue: 16, category: 'denary' },
} as const

/** DolphinDB's name of a type. */
export type DataType = keyof typeof dataTypes

/** Array vector of T travels as type 64 + T. */
export const arrayTypeOffset = 64

/** SYMBOL in dictionary form travels as 128 + 17. */
export const symbolBaseTypeId = 145

/** Not a type: what stands in the place of one when a compressed vector follows (protocol notes §6.2). */
export const compressedTypeId = 26

const typeById = new Map<number, DataType>(
  Object.entries(dataTypes satisfies Record<string, DataTypeFacts>).map(([name, facts]) => [
    facts.id,
    name as DataType,
  ]),
)

/** The type with this wire number, or undefined. */
export function dataTypeOf(id: number): DataType | undefined {
  return typeById.get(id)
}

/** Types whose values are unscaled integers beside a scale. */
export type DecimalType = 'DECIMAL32' | 'DECIMAL64' | 'DECIMAL128'

/** True for types that take a scale, on the wire and in `DECIMAL64(4)`. */
export function isDecimal(type: DataType): type is DecimalType {
  return type === 'DECIMAL32' || type === 'DECIMAL64' || type === 'DECIMAL128'
}

/** Most digits behind the point that a decimal type allows. */
export const maxScale = { DECIMAL32: 9, DECIMAL64: 18, DECIMAL128: 38 } as const

/** What a column is: its element type, a decimal's scale, and whether each row is an array (`INT[]`). */
export interface ColumnType {
  readonly type: DataType
  readonly scale?: number
  readonly array?: boolean
}

/** `DECIMAL64(4)[]` and the like, as `schema()` spells types in `typeString`. */
export function columnTypeText(column: ColumnType): string {
  const scale = column.scale === undefined ? '' : `(${column.scale})`
  return `${column.type}${scale}${column.array ? '[]' : ''}`
}

/** Reads `INT`, `DECIMAL32(2)`, `DOUBLE[]`; case does not matter. Undefined when it is no type. */
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
