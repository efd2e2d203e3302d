/* The target's columns and partitions in `schema(table)`, of which only `colDefs` is certain (docs/protocol.md#schema-dictionary). */
import { DdbError } from '../errors.js'
import { dataTypeOf, parseColumnType, arrayTypeOffset, isDecimal } from '../protocol/data-type.js'
import type { ColumnType } from '../protocol/data-type.js'
import { elementAt } from '../protocol/element.js'
import type { Column, Value } from '../protocol/value.js'
import type {
  PartitionDimension,
  PartitionKind,
  PartitionScheme,
  TargetColumn,
  TargetSchema,
} from './target-schema.js'

/** Kinds of partitions by the server's numbers. COMPO (4) is missing, because it combines several dimensions. */
const partitionKinds: ReadonlyMap<number, PartitionKind> = new Map([
  [0, 'SEQ'],
  [1, 'VALUE'],
  [2, 'RANGE'],
  [3, 'LIST'],
  [5, 'HASH'],
])

/** @throws {DdbError} DDB_PROTOCOL if the answer is not a schema with columns */
export function schemaFromServer(schema: Value): TargetSchema {
  const colDefs = member(schema, 'colDefs')
  if (colDefs?.form !== 'table') throw notUnderstood('it has no colDefs table')
  const names = texts(tableColumn(colDefs, 'name'))
  const typeStrings = texts(tableColumn(colDefs, 'typeString'))
  const typeInts = numbers(tableColumn(colDefs, 'typeInt'))
  const extras = numbers(tableColumn(colDefs, 'extra'))
  if (names === undefined || names.length === 0) throw notUnderstood('it names no columns')
  const columns = names.map((name, i): TargetColumn => {
    const type = columnType(typeStrings?.[i], typeInts?.[i] ?? null, extras?.[i] ?? null)
    if (type === undefined) {
      throw notUnderstood(
        `column "${name}" has type ${typeStrings?.[i] ?? typeInts?.[i] ?? 'unknown'}`,
      )
    }
    return { name, type }
  })
  const partition = partitionScheme(schema, columns)
  return partition === undefined ? { columns } : { columns, partition }
}

/** Reads the type from its text, or else from its number. Old servers send a decimal's scale separately, as `extra`. */
function columnType(
  text: string | undefined,
  typeInt: number | null,
  extra: number | null,
): ColumnType | undefined {
  const fromText = text === undefined ? undefined : parseColumnType(text)
  if (fromText !== undefined) return fromText
  if (typeInt === null) return undefined
  const array = typeInt >= arrayTypeOffset && typeInt < 2 * arrayTypeOffset
  const type = dataTypeOf(array ? typeInt - arrayTypeOffset : typeInt)
  if (type === undefined || (isDecimal(type) && extra === null)) return undefined
  return {
    type,
    ...(isDecimal(type) && extra !== null ? { scale: extra } : {}),
    ...(array ? { array } : {}),
  }
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
  const dimensions = names.flatMap((columnName, i): PartitionDimension[] => {
    const kind = partitionKinds.get(kinds?.[i] ?? -1)
    const columnIndex = columns.findIndex(column => column.name === columnName)
    if (kind === undefined || columnIndex < 0) return []
    const scheme = names.length === 1 ? schemes : tupleElement(schemes, i)
    return [{ columnName, columnIndex, kind, type: dataTypeOf(types?.[i] ?? -1), scheme }]
  })
  return dimensions.length < names.length || hasFunction(schema)
    ? { dimensions, unpredictable: true }
    : { dimensions }
}

/** `partitionFunction` names a function for each dimension; `asis` means none (manual, page schema; from 3.00). */
function hasFunction(schema: Value): boolean {
  const functions = texts(member(schema, 'partitionFunction')) ?? []
  return functions.some(name => name !== '' && name !== 'asis')
}

function tupleElement(value: Value | undefined, index: number): Value | undefined {
  return value?.form === 'vector' && value.type === 'ANY' ? value.data[index] : undefined
}

export function member(value: Value, key: string): Value | undefined {
  if (value.form !== 'dictionary') return undefined
  const keys = texts(value.keys) ?? []
  const index = keys.indexOf(key)
  return index < 0 ? undefined : elementAt(value.values, index)
}

function tableColumn(table: Extract<Value, { form: 'table' }>, name: string): Column | undefined {
  return table.columns[table.columnNames.indexOf(name)]
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

/** Numbers of an integer vector or of one scalar. Nulls stay null. */
function numbers(value: Value | undefined): (number | null)[] | undefined {
  if (value?.form === 'scalar') return [scalarNumber(value)]
  if (value?.form !== 'vector') return undefined
  return Array.from({ length: value.length }, (_, i) => scalarNumber(elementAt(value, i)))
}

function scalarNumber(value: Value): number | null {
  if (value.form !== 'scalar') return null
  if (typeof value.value === 'bigint') return Number(value.value)
  return typeof value.value === 'number' ? value.value : null
}

function notUnderstood(why: string): DdbError {
  return new DdbError(
    'DDB_PROTOCOL',
    `the server's description of the table is not understood: ${why}`,
  )
}
