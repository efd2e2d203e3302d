/*
  Converts plain JavaScript to DolphinDB values, for callers of the library. Types are inferred, or given by a schema.
*/
import { UsageError, ValueError } from '../errors.js'
import { parseColumnType, type ColumnType } from '../protocol/data-type.js'
import { parseDecimal } from '../protocol/types/decimals.js'
import { vectorOf, type ElementValue } from '../protocol/element.js'
import { isTemporal, parseTemporal } from '../protocol/types/temporals.js'
import type { Column, Scalar, Table, Value, Vector } from '../protocol/value.js'
import { dataForms, explicitNull } from '../protocol/value.js'
import { PlainTable } from './plain-output.js'

/** What callers may pass as a value: scalars, dates, typed arrays, lists, objects, and tables from earlier answers. */
export type PlainInput =
  | Value
  | PlainTable
  | boolean
  | number
  | bigint
  | string
  | Date
  | null
  | undefined
  | ArrayBufferView
  | readonly PlainInput[]
  | { readonly [key: string]: PlainInput }

/** `time:TIMESTAMP,sym:SYMBOL`, or the same as an object. */
export type TableSchema = string | Readonly<Record<string, string>>

const maxInt = 2 ** 31 - 1

/**
 * boolean → BOOL; a whole number → INT, or LONG if INT cannot hold it; another number → DOUBLE; bigint → LONG; text → STRING;
 * Date → TIMESTAMP of its UTC fields; null → NULL, undefined → an argument left out, both VOID; Int32Array → INT vector, and so
 * on; a list of scalars → a vector; a list of objects, or an object of lists of one length → a table; another object → a
 * dictionary.
 * @throws {ValueError} DDB_USAGE if there is no such DolphinDB value
 */
export function toValue(input: PlainInput): Value {
  if (isValue(input)) return input
  if (input instanceof PlainTable) return input.typed
  if (Array.isArray(input)) return listValue(input as readonly PlainInput[])
  if (ArrayBuffer.isView(input)) return typedVector(input)
  if (isPlainObject(input)) return objectValue(checkedObject(input))
  return scalarValue(input as PlainScalar)
}

/** True if the member `form` names a value's form. A plain object is unlikely to have such a member. */
function isValue(input: unknown): input is Value {
  if (typeof input !== 'object' || input === null || !('form' in input)) return false
  return typeof input.form === 'string' && forms.has(input.form)
}

const forms = new Set([...Object.keys(dataForms), 'arrayVector'])

function isPlainObject(input: unknown): input is { readonly [key: string]: PlainInput } {
  return typeof input === 'object' && input !== null && !(input instanceof Date)
}

/** Refuses promises, maps and class instances, which would silently become empty dictionaries. */
function checkedObject(object: Row): Row {
  const prototype: unknown = Object.getPrototypeOf(object)
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return object
  throw new ValueError(
    'DDB_USAGE',
    `A ${object.constructor.name} cannot be sent to DolphinDB: give a plain object or a list (await a promise first).`,
  )
}

type PlainScalar = boolean | number | bigint | string | Date | null | undefined

function scalarValue(input: PlainScalar): Scalar {
  if (input === null) return explicitNull
  if (input === undefined) return { form: 'scalar', type: 'VOID', value: null }
  if (typeof input === 'boolean') return { form: 'scalar', type: 'BOOL', value: input }
  if (typeof input === 'string') return { form: 'scalar', type: 'STRING', value: input }
  if (typeof input === 'bigint') return { form: 'scalar', type: 'LONG', value: input }
  if (input instanceof Date) {
    return { form: 'scalar', type: 'TIMESTAMP', value: BigInt(checkedTime(input)) }
  }
  if (typeof input !== 'number') throw unknownKind(input)
  if (!Number.isSafeInteger(input) || Object.is(input, -0)) {
    return { form: 'scalar', type: 'DOUBLE', value: input }
  }
  return Math.abs(input) <= maxInt
    ? { form: 'scalar', type: 'INT', value: input }
    : { form: 'scalar', type: 'LONG', value: BigInt(input) }
}

function checkedTime(date: Date): number {
  const ms = date.getTime()
  if (Number.isNaN(ms)) throw new ValueError('DDB_USAGE', 'an invalid Date has no TIMESTAMP')
  return ms
}

function unknownKind(input: unknown): ValueError {
  return new ValueError('DDB_USAGE', `a ${typeof input} cannot be sent to DolphinDB`)
}

function typedVector(view: ArrayBufferView): Vector {
  const form = 'vector'
  if (view instanceof Int32Array) return { form, type: 'INT', length: view.length, data: view }
  if (view instanceof Float64Array) return { form, type: 'DOUBLE', length: view.length, data: view }
  if (view instanceof BigInt64Array) return { form, type: 'LONG', length: view.length, data: view }
  if (view instanceof Int16Array) return { form, type: 'SHORT', length: view.length, data: view }
  if (view instanceof Int8Array) return { form, type: 'CHAR', length: view.length, data: view }
  if (view instanceof Float32Array) return { form, type: 'FLOAT', length: view.length, data: view }
  throw new ValueError(
    'DDB_USAGE',
    `a ${view.constructor.name} has no DolphinDB type: copy it into another array`,
  )
}

function listValue(list: readonly PlainInput[]): Value {
  if (list.length > 0 && list.every(element => isRow(element))) return rowsTable(list as Row[])
  const type = commonType(list)
  if (type !== undefined)
    return vectorOf(
      type,
      list.map(element => elementOf(element, type)),
    )
  const data = list.map(toValue)
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

type Row = Readonly<Record<string, PlainInput>>

function isRow(element: PlainInput): boolean {
  return (
    isPlainObject(element) &&
    !isValue(element) &&
    !Array.isArray(element) &&
    !ArrayBuffer.isView(element)
  )
}

function rowsTable(rows: readonly Row[]): Table {
  const names = [...new Set(rows.flatMap(row => Object.keys(row)))]
  const columns = names.map(name =>
    inferredColumn(
      name,
      rows.map(row => row[name]),
    ),
  )
  return { form: 'table', name: '', rows: rows.length, columnNames: names, columns }
}

function objectValue(object: Row): Value {
  const names = Object.keys(object)
  const lists = Object.values(object)
  const isTable = names.length > 0 && lists.every(list => lengthOf(list) !== undefined)
  if (!isTable) {
    const values = lists.map(toValue)
    return {
      form: 'dictionary',
      keys: { form: 'vector', type: 'STRING', length: names.length, data: names },
      values: { form: 'vector', type: 'ANY', length: values.length, data: values },
    }
  }
  const rows = lengthOf(lists[0]) ?? 0
  const uneven = names.find((_, i) => lengthOf(lists[i]) !== rows)
  if (uneven !== undefined) {
    throw new ValueError(
      'DDB_USAGE',
      `column "${uneven}" has ${lengthOf(object[uneven])} rows, the first has ${rows}`,
    )
  }
  const columns = names.map((name, i) => columnOf(name, lists[i]))
  return { form: 'table', name: '', rows, columnNames: names, columns }
}

function lengthOf(input: PlainInput): number | undefined {
  if (Array.isArray(input)) return input.length
  if (isValue(input)) {
    return input.form === 'vector' || input.form === 'arrayVector' ? input.length : undefined
  }
  return ArrayBuffer.isView(input) && 'length' in input ? Number(input.length) : undefined
}

function columnOf(name: string, input: PlainInput): Column {
  if (isValue(input) && (input.form === 'vector' || input.form === 'arrayVector')) return input
  if (ArrayBuffer.isView(input)) return typedVector(input)
  return inferredColumn(name, input as readonly PlainInput[])
}

function inferredColumn(name: string, values: readonly PlainInput[]): Column {
  const type = commonType(values)
  if (type === undefined) {
    throw new ValueError(
      'DDB_USAGE',
      `column "${name}" mixes kinds of values: give its type with table(data, '${name}:TYPE,…')`,
    )
  }
  return vectorOf(
    type,
    values.map(value => elementOf(value, type)),
  )
}

/** The type that holds all elements; undefined if none does. STRING, whose null is '', if all elements are null. */
function commonType(list: readonly PlainInput[]): ColumnType | undefined {
  let type: ColumnType['type'] | undefined
  for (const element of list) {
    if (element === null || element === undefined) continue
    if (typeof element === 'object' && !(element instanceof Date)) return undefined
    const next = scalarValue(element).type
    type = type === undefined || type === next ? next : widerNumber(type, next)
    if (type === undefined) return undefined
  }
  return { type: type ?? 'STRING' }
}

const numbersByWidth: readonly string[] = ['INT', 'LONG', 'DOUBLE']

function widerNumber(a: ColumnType['type'], b: ColumnType['type']): ColumnType['type'] | undefined {
  if (!numbersByWidth.includes(a) || !numbersByWidth.includes(b)) return undefined
  return numbersByWidth.indexOf(a) > numbersByWidth.indexOf(b) ? a : b
}

function elementOf(input: PlainInput, type: ColumnType): ElementValue {
  if (input === null || input === undefined) return null
  if (input instanceof Date) return dateElement(input, type)
  if (Array.isArray(input))
    return input.map(element => elementOf(element as PlainInput, { type: type.type }))
  if (typeof input === 'string') return textElement(input, type)
  if (type.type === 'LONG' && Number.isSafeInteger(input)) return BigInt(input as number)
  if (type.type === 'DOUBLE' && typeof input === 'bigint') return Number(input)
  return input as ElementValue
}

function textElement(text: string, { type, scale }: ColumnType): ElementValue {
  if (isTemporal(type)) {
    const raw = parseTemporal(type, text)
    if (raw === undefined) throw new ValueError('DDB_INPUT_CELL', `"${text}" is not a ${type}`)
    return raw
  }
  if (scale === undefined) return text
  const unscaled = parseDecimal(text, scale)
  if (unscaled === undefined)
    throw new ValueError('DDB_INPUT_CELL', `"${text}" is not a ${type}(${scale})`)
  return unscaled
}

/** The UTC fields of a Date, as the wall-clock time of a temporal type. */
function dateElement(date: Date, { type }: ColumnType): ElementValue {
  const iso = new Date(checkedTime(date)).toISOString().slice(0, -1)
  const texts: Partial<Record<ColumnType['type'], string>> = {
    DATE: iso.slice(0, 10),
    MONTH: iso.slice(0, 7),
    TIME: iso.slice(11),
    MINUTE: iso.slice(11, 16),
    SECOND: iso.slice(11, 19),
    DATETIME: iso.slice(0, 19),
    DATEHOUR: iso.slice(0, 13),
  }
  return textElement(texts[type] ?? (type === 'NANOTIME' ? iso.slice(11) : iso), { type })
}

/**
 * A table from rows or columns with the given types: names and order are the schema's, missing members are null.
 * @param schema  `time:TIMESTAMP,sym:SYMBOL,price:DOUBLE`, or the same as an object
 * @throws {UsageError} DDB_USAGE for an invalid schema
 * @throws {ValueError} for values that do not fit
 */
export function table(
  data: readonly Row[] | Readonly<Record<string, readonly PlainInput[] | ArrayBufferView>>,
  schema: TableSchema,
): Table {
  const types = schemaTypes(schema)
  const names = [...types.keys()]
  const dataNames = Array.isArray(data)
    ? data.flatMap(row => Object.keys(row as Row))
    : Object.keys(data)
  const extra = dataNames.find(name => !types.has(name))
  if (extra !== undefined) {
    throw new ValueError(
      'DDB_USAGE',
      `The schema has no column "${extra}": add it, or leave it out of the data.`,
    )
  }
  const given: Readonly<Record<string, readonly PlainInput[] | ArrayBufferView | undefined>> =
    Array.isArray(data)
      ? Object.fromEntries(
          names.map(name => [name, (data as readonly Row[]).map(row => row[name])]),
        )
      : (data as Readonly<Record<string, readonly PlainInput[]>>)
  const rows = Array.isArray(data)
    ? data.length
    : Math.max(0, ...Object.values(given).map(list => lengthOf(list as PlainInput) ?? 0))
  const columns = [...types].map(([name, type]) => {
    const list = given[name] ?? new Array<null>(rows).fill(null)
    const values = Array.from(list as readonly PlainInput[])
    if (values.length !== rows) {
      throw new ValueError('DDB_USAGE', `column "${name}" has ${values.length} rows of ${rows}`)
    }
    return vectorOf(
      type,
      values.map(value => elementOf(value, type)),
    )
  })
  return { form: 'table', name: '', rows, columnNames: names, columns }
}

function schemaTypes(schema: TableSchema): Map<string, ColumnType> {
  const entries =
    typeof schema === 'string'
      ? schema.split(',').map(entry => {
          const colon = entry.lastIndexOf(':')
          return [entry.slice(0, Math.max(colon, 0)).trim(), entry.slice(colon + 1)] as const
        })
      : Object.entries(schema)
  const types = new Map<string, ColumnType>()
  for (const [name, text] of entries) {
    const type = parseColumnType(text)
    if (name === '' || type === undefined || types.has(name)) {
      throw new UsageError(
        'DDB_USAGE',
        `"${name}:${text.trim()}" is not a column: write NAME:TYPE, such as price:DOUBLE, each name once`,
      )
    }
    types.set(name, type)
  }
  return types
}
