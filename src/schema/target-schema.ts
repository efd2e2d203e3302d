/* The target's columns: as the user gives them, or as `schema(table)` shows them with the partitions, of which only `colDefs` is certain
   (docs/protocol.md#schema-dictionary). Versions of servers, as `version()` answers them (docs/server-semantics.md#versions), and the
   longest texts in their tables: DFS tables silently cut a longer STRING or BLOB, and refuse a whole batch that has a longer SYMBOL; tables
   in memory take any length that a client may send. */
import { DdbError, usageError } from '../errors.js'
import {
  arrayTypeOffset,
  type ColumnType,
  columnTypeText,
  type DataType,
  dataTypeOf,
  isDecimal,
  parseColumnType,
} from '../protocol/data-type.js'
import { elementAt } from '../protocol/element.js'
import type { Value } from '../protocol/value.js'
import { knownNames } from './field-names.js'

/** Kinds of partitions by the server's numbers. COMPO (4) is missing, because it combines several dimensions. */
const partitionKinds = ['SEQ', 'VALUE', 'RANGE', 'LIST', undefined, 'HASH'] as const

/** How one dimension divides its values. */
export type PartitionKind = NonNullable<(typeof partitionKinds)[number]>

/** One dimension; a COMPO table has up to three. */
export interface PartitionDimension {
  readonly columnName: string
  readonly columnIndex: number
  readonly kind: PartitionKind
  /** Type of the scheme's values, perhaps coarser than the column's type. Undefined if the server does not send it. */
  readonly type: ColumnType['type'] | undefined
  /** RANGE: boundaries; VALUE: values; LIST: a tuple of vectors; HASH: the number of buckets. */
  readonly scheme: Value | undefined
}

/** All dimensions of a table, outermost first. Together, they determine the partition of a row. */
export interface PartitionScheme {
  readonly dimensions: readonly PartitionDimension[]
  /** Set if a row's partition cannot be predicted, because a transform or an unknown dimension determines it. */
  readonly unpredictable?: true
}

export interface TargetColumn {
  readonly name: string
  readonly type: ColumnType
  /** The longest text that the table stores whole, in bytes of UTF-8. Undefined if there is no limit. */
  readonly maxBytes?: number
  /** True if the server masks its values for users without a right (DolphinDB manual, setTableSensitiveColumn). */
  readonly sensitive?: true
}

export interface TargetSchema {
  readonly columns: readonly TargetColumn[]
  readonly partition?: PartitionScheme
}

/** Reads `time:TIMESTAMP,price:DECIMAL64(4),levels:DOUBLE[]`. The last colon of an entry ends its name. @throws {UsageError} DDB_USAGE */
export function schemaFromTypes(text: string): TargetSchema {
  const columns = text.split(',').map((entry): TargetColumn => {
    const colon = entry.lastIndexOf(':')
    const name = entry.slice(0, Math.max(0, colon)).trim()
    const type = parseColumnType(entry.slice(colon + 1))
    if (name === '' || type === undefined) {
      throw usageError(
        `"${entry.trim()}" in the column types is not NAME:TYPE, such as price:DOUBLE or amount:DECIMAL64(4)`,
      )
    }
    return { name, type }
  })
  const [twice] = knownNames(columns.map(({ name }) => name)).twice
  if (twice === undefined) return { columns }
  throw usageError(`column "${twice}" is named twice in the column types`)
}

/** The inverse of `schemaFromTypes`: `time:TIMESTAMP,sym:SYMBOL`. */
export function typesText(schema: TargetSchema): string {
  return schema.columns.map(({ name, type }) => `${name}:${columnTypeText(type)}`).join(',')
}

/** @throws {DdbError} DDB_PROTOCOL if the answer is not a schema with columns */
export function schemaFromServer(schema: Value): TargetSchema {
  const colDefs = member(schema, 'colDefs')
  if (colDefs?.form !== 'table') throw notUnderstood('it has no colDefs table')
  const part = (name: string) => colDefs.columns[colDefs.columnNames.indexOf(name)]
  const names = texts(part('name'))
  const typeStrings = texts(part('typeString'))
  const typeInts = numbers(part('typeInt'))
  const extras = numbers(part('extra'))
  const masks = numbers(part('sensitive'))
  if (names === undefined || names.length === 0) throw notUnderstood('it names no columns')
  const columns = names.map((name, i): TargetColumn => {
    const type = parseColumnType(typeStrings?.[i] ?? '') ?? numberedType(typeInts?.[i], extras?.[i])
    if (type === undefined) {
      throw notUnderstood(
        `column "${name}" has type ${typeStrings?.[i] ?? typeInts?.[i] ?? 'unknown'}`,
      )
    }
    return { name, type, ...(masks?.[i] === 1 && { sensitive: true }) }
  })
  const partition = partitionScheme(schema, columns)
  return { columns, ...(partition && { partition }) }
}

/** The type with this number. Old servers send a decimal's scale separately, as `extra`. */
function numberedType(typeInt = -1, extra?: number): ColumnType | undefined {
  const array = typeInt >= arrayTypeOffset && typeInt < 2 * arrayTypeOffset
  const type = dataTypeOf(array ? typeInt - arrayTypeOffset : typeInt)
  if (type === undefined || (isDecimal(type) && extra === undefined)) return undefined
  return { type, ...(isDecimal(type) && { scale: extra! }), ...(array && { array }) }
}

function partitionScheme(
  schema: Value,
  columns: readonly TargetColumn[],
): PartitionScheme | undefined {
  const names = texts(member(schema, 'partitionColumnName'))
  if (names === undefined || names.length === 0 || names[0] === '') return undefined
  const kinds = numbers(member(schema, 'partitionType'))
  const types = numbers(member(schema, 'partitionColumnType'))
  const schemes = member(schema, 'partitionSchema')
  const tuple = schemes?.form === 'vector' && schemes.type === 'ANY' ? schemes.data : []
  const dimensions = names.flatMap((columnName, i): PartitionDimension[] => {
    const kind = partitionKinds[kinds?.[i] ?? -1]
    const columnIndex = columns.findIndex(column => column.name === columnName)
    if (kind === undefined || columnIndex < 0) return []
    const scheme = names.length === 1 ? schemes : tuple[i]
    return [{ columnName, columnIndex, kind, type: dataTypeOf(types?.[i] ?? -1), scheme }]
  })
  // A function for each dimension; `asis` means none (manual, page schema; from 3.00).
  const functions = texts(member(schema, 'partitionFunction')) ?? []
  const hasFunction = functions.some(name => name !== '' && name !== 'asis')
  const isKnown = dimensions.length === names.length && !hasFunction
  return isKnown ? { dimensions } : { dimensions, unpredictable: true }
}

export function member(value: Value, key: string): Value | undefined {
  if (value.form !== 'dictionary') return undefined
  const keys = texts(value.keys) ?? []
  const index = keys.indexOf(key)
  return index < 0 ? undefined : elementAt(value.values, index)
}

/** Texts of a STRING or SYMBOL vector, of a tuple, or of one scalar. */
export function texts(value: Value | undefined): string[] | undefined {
  if (value?.form === 'scalar') return typeof value.value === 'string' ? [value.value] : undefined
  if (value?.form !== 'vector') return undefined
  if (value.type !== 'STRING' && value.type !== 'SYMBOL' && value.type !== 'ANY') return undefined
  return Array.from({ length: value.length }, (_, i) => {
    const element = elementAt(value, i)
    return element.form === 'scalar' && typeof element.value === 'string' ? element.value : ''
  })
}

/** Numbers of an integer vector or of one scalar; undefined in place of nulls. */
function numbers(value: Value | undefined): (number | undefined)[] | undefined {
  if (value?.form === 'scalar') return [scalarNumber(value)]
  if (value?.form !== 'vector') return undefined
  return Array.from({ length: value.length }, (_, i) => scalarNumber(elementAt(value, i)))
}

function scalarNumber(value: Value): number | undefined {
  if (value.form !== 'scalar') return undefined
  return /^(number|bigint|boolean)$/.test(typeof value.value) ? Number(value.value) : undefined
}

function notUnderstood(why: string): DdbError {
  return new DdbError(
    'DDB_PROTOCOL',
    `the server's description of the table is not understood: ${why}`,
  )
}

/** `2.00.10 2023.09.12` → [2, 0, 10]; undefined for anything else. */
export function parseVersion(text: string): readonly number[] | undefined {
  const match = /^\s*v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])/i.exec(text)
  return match
    ?.slice(1)
    .filter(part => part !== undefined)
    .map(Number)
}

/** Missing parts count as 0. */
export function isBefore(version: readonly number[], other: readonly number[]): boolean {
  const at = other.findIndex((number, i) => (version[i] ?? 0) !== number)
  return at >= 0 && (version[at] ?? 0) < other[at]!
}

export const maxSymbolBytes = 255
export const maxStringBytes = 65_535
/** The longest STRING or SYMBOL that official clients send to any table (docs/protocol.md#data-types). */
export const maxSentBytes = 262_143

const dfsTextLimits: ReadonlyMap<DataType, number> = new Map([
  ['SYMBOL', maxSymbolBytes],
  ['STRING', maxStringBytes],
  ['BLOB', 67_108_863],
])

/** Adds what a DFS table stores whole. @param stored  its columns, matched by name, because a target function may take others */
export function limitedColumns(
  columns: readonly TargetColumn[],
  stored: readonly TargetColumn[],
): TargetColumn[] {
  const types = new Map(stored.map(({ name, type }) => [name.toLowerCase(), type.type]))
  return columns.map(column => {
    const storedType = types.get(column.name.toLowerCase())
    const maxBytes = storedType && dfsTextLimits.get(storedType)
    return maxBytes === undefined || !dfsTextLimits.has(column.type.type)
      ? column
      : { ...column, maxBytes }
  })
}

/** @param firsts  first versions of release lines; the last also applies to later lines @returns true if the version is unknown */
export function isSince(
  versionText: string | undefined,
  ...firsts: readonly (readonly number[])[]
): boolean {
  const version = parseVersion(versionText ?? '')
  if (version === undefined) return true
  return !isBefore(version, firsts.findLast(([major]) => major! <= version[0]!) ?? firsts[0]!)
}

/**
 * Whether a server finds too few rows by the values of the partition column: on the first day of a month if each month has a partition, and
 * in 3.00.0 texts with signs such as a point (release notes 1.30.21.3, 2.00.9.3, 3.00.0.2).
 */
export function misreads({ kind, type }: PartitionDimension, version: string | undefined): boolean {
  if (kind !== 'VALUE') return false
  if (type === 'MONTH') return !isSince(version, [1, 30, 21, 3], [2, 0, 9, 3])
  const isText = type === 'STRING' || type === 'SYMBOL'
  return isText && isSince(version, [3, 0, 0]) && !isSince(version, [3, 0, 0, 2])
}

/** Whether DFS tables of this server limit the length of texts. */
export const limitsTexts = (version: string | undefined): boolean =>
  isSince(version, [1, 30, 23], [2, 0, 11])

/** Completes "expected …" for a text longer than `maxBytes`. Names the type that would hold the text. */
export function limitText(maxBytes: number, lengthBytes: number): string {
  const types = [...dfsTextLimits]
  const [type] = types.find(([, limit]) => limit === maxBytes) ?? []
  const why =
    type === undefined ? 'servers read in one text' : `DFS tables hold in a ${type} column`
  const [larger] = types.find(([, limit]) => limit >= lengthBytes) ?? []
  const advice = larger === undefined ? 'no column takes' : `a ${larger} column would take`
  return `at most ${maxBytes} bytes, as ${why} (${advice} the ${lengthBytes} bytes)`
}
