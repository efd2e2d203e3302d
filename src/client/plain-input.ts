/* Converts plain JavaScript to DolphinDB values, for callers of the library. Types are inferred, or given by a schema. */
import { ValueError, usageError } from '../errors.js'
import { isPlain } from '../known-fields.js'
import { columnTypeText, parseColumnType, type ColumnType } from '../protocol/data-type.js'
import { parseDecimal } from '../protocol/types/decimals.js'
import { columnTypeOf, vectorOf, type ElementValue } from '../protocol/element.js'
import { isTemporal, parseTemporal } from '../protocol/types/temporals.js'
import { tupleOf } from '../protocol/types/tuples.js'
import type { Column, Scalar, Table, Value, Vector } from '../protocol/value.js'
import { dataForms, explicitNull } from '../protocol/value.js'
import { PlainTable } from './plain-output.js'

type PlainScalar = boolean | number | bigint | string | Date | null | undefined

/** What callers may pass as a value: scalars, dates, typed arrays, lists, objects, and tables from earlier answers. */
export type PlainInput =
  | Value
  | PlainTable
  | PlainScalar
  | ArrayBufferView
  | readonly PlainInput[]
  | { readonly [key: string]: PlainInput }

/** Column name → type, in the order of the columns: `{ time: 'TIMESTAMP', price: 'DECIMAL64(2)' }`. */
export type TableSchema = Readonly<Record<string, string>>

/**
 * boolean → BOOL; a whole number → INT, or LONG if INT cannot hold it; another number → DOUBLE; bigint → LONG; text → STRING; Date →
 * TIMESTAMP of its UTC fields; null → NULL, undefined → an argument left out, both VOID; Int32Array → INT vector, and so on; a list of
 * scalars → a vector; a list of objects, or an object of lists of one length → a table; another object → a dictionary.
 * @throws {ValueError} DDB_USAGE if there is no such DolphinDB value
 */
export function toValue(input: PlainInput): Value {
  if (isValue(input)) return input
  if (input instanceof PlainTable) return input.typed
  if (Array.isArray(input)) return listValue(input as readonly PlainInput[])
  if (ArrayBuffer.isView(input)) return typedVector(input)
  if (isRow(input)) return objectValue(input)
  return scalarValue(input as PlainScalar)
}

/** True if the member `form` names a value's form. A plain object is unlikely to have such a member. */
function isValue(input: unknown): input is Value {
  if (typeof input !== 'object' || input === null || !('form' in input)) return false
  const { form } = input
  // A column may have this name, too: then the member is a list.
  return typeof form === 'string' && (form === 'arrayVector' || Object.hasOwn(dataForms, form))
}

type Row = Readonly<Record<string, PlainInput>>
type List = readonly PlainInput[] | ArrayBufferView

/** An object that is neither a value nor a list. */
function isRow(input: PlainInput): input is Row {
  const isObject = typeof input === 'object' && input !== null && !(input instanceof Date)
  return isObject && !isValue(input) && !isList(input)
}

export const isList = (input: unknown): input is List =>
  Array.isArray(input) || ArrayBuffer.isView(input)

const wrong = (message: string): ValueError => new ValueError('DDB_USAGE', message)

function scalarValue(input: PlainScalar): Scalar {
  const form = 'scalar'
  if (input === null) return explicitNull
  if (input === undefined) return { form, type: 'VOID', value: null }
  if (typeof input === 'boolean') return { form, type: 'BOOL', value: input }
  if (typeof input === 'string') return { form, type: 'STRING', value: checkedText(input) }
  if (typeof input === 'bigint') return { form, type: 'LONG', value: input }
  if (input instanceof Date) return { form, type: 'TIMESTAMP', value: BigInt(checkedTime(input)) }
  if (typeof input !== 'number') throw wrong(`a ${typeof input} cannot be sent to DolphinDB`)
  if (!Number.isSafeInteger(input) || Object.is(input, -0)) {
    return { form, type: 'DOUBLE', value: input }
  }
  return Math.abs(input) < 2 ** 31
    ? { form, type: 'INT', value: input }
    : { form, type: 'LONG', value: BigInt(input) }
}

/** Half of a surrogate pair would be stored as U+FFFD. The types of ES2023 lack `isWellFormed`, which is fast. */
function checkedText(text: string & { isWellFormed?: () => boolean }): string {
  if (text.isWellFormed!()) return text
  const shown = JSON.stringify(text.slice(0, 60))
  throw wrong(`half of a surrogate pair is not text: remove it from ${shown}`)
}

function checkedTime(date: Date): number {
  const ms = date.getTime()
  if (Number.isNaN(ms)) throw wrong('an invalid Date has no TIMESTAMP')
  return ms
}

const typesOfArrays: Readonly<Record<string, string>> = {
  Int8Array: 'CHAR', Int16Array: 'SHORT', Int32Array: 'INT', BigInt64Array: 'LONG', Float32Array: 'FLOAT', Float64Array: 'DOUBLE',
} // prettier-ignore

function typedVector(view: ArrayBufferView): Vector {
  // Subclasses and Buffer have other names than the array that they extend.
  const name = String((view as Partial<Int8Array>)[Symbol.toStringTag])
  const type = typesOfArrays[name]
  if (type === undefined) {
    throw wrong(`a ${view.constructor.name} has no DolphinDB type: copy it into another array`)
  }
  // A copy, because the caller may change the array while the request waits to be sent.
  const data = (view as Int8Array).slice()
  return { form: 'vector', type, length: data.length, data } as Vector
}

function listValue(list: readonly PlainInput[]): Value {
  if (list.length > 0 && list.every(isRow)) {
    const names = [...new Set(list.flatMap(namesOf))]
    return tableOf(names, name => columnOf(name, membersOf(list, name)))
  }
  const type = commonType(list)
  return type === undefined ? tupleOf(list.map(toValue)) : vectorFrom(list, type)
}

const membersOf = (rows: readonly Row[], name: string): PlainInput[] => rows.map(row => row[name])

function vectorFrom(list: readonly PlainInput[], type: ColumnType): Column {
  return vectorOf(
    type,
    list.map(element => elementOf(element, type)),
  )
}

const notPlain = ({ constructor: { name } = Object }: Row): ValueError =>
  wrong(
    `A ${name} cannot be sent to DolphinDB: give a plain object or a list (await a promise first).`,
  )

/** Refuses promises and maps, which have no names: as rows they would silently become nulls. */
function namesOf(row: Row): string[] {
  const names = Object.keys(row)
  if (names.length === 0 && !isPlain(row)) throw notPlain(row)
  return names
}

/** Refuses promises, maps and class instances, which would silently become empty dictionaries. */
function objectValue(object: Row): Value {
  if (!isPlain(object)) throw notPlain(object)
  const names = Object.keys(object).map(checkedText)
  const lists = Object.values(object)
  if (names.length === 0 || lists.some(list => lengthOf(list) === undefined)) {
    const keys: Vector = { form: 'vector', type: 'STRING', length: names.length, data: names }
    return { form: 'dictionary', keys, values: tupleOf(lists.map(toValue)) }
  }
  return tableOf(names, name => columnOf(name, object[name]))
}

/** @throws {ValueError} DDB_USAGE if a column has another length */
function tableOf(columnNames: string[], column: (name: string) => Column): Table {
  const columns = columnNames.map(column)
  const rows = columns[0]?.length ?? 0
  const uneven = columns.findIndex(({ length }) => length !== rows)
  if (uneven < 0) return { form: 'table', name: '', rows, columnNames, columns }
  throw wrong(`column "${columnNames[uneven]}" has ${columns[uneven]!.length} rows of ${rows}`)
}

function lengthOf(input: PlainInput): number | undefined {
  if (isColumn(input)) return input.length
  return isList(input) && 'length' in input ? Number(input.length) : undefined
}

function isColumn(input: PlainInput): input is Column {
  return isValue(input) && (input.form === 'vector' || input.form === 'arrayVector')
}

/** @throws {ValueError} DDB_USAGE for a list without a common type; a tuple of DolphinDB values may be a column */
function columnOf(name: string, input: PlainInput): Column {
  const value = toValue(input)
  if (isColumn(value) && (value === input || columnTypeOf(value).type !== 'ANY')) return value
  throw wrong(
    `column "${name}" mixes kinds of values: give its type with table(data, { ${name}: 'TYPE', … })`,
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
  if (Array.isArray(input)) return input.map(one => elementOf(one as PlainInput, type))
  const isNumber = typeof input === 'number' || typeof input === 'bigint'
  if (isNumber && type.scale !== undefined) return textElement(String(input), type)
  if (typeof input === 'string') return textElement(input, type)
  if (type.type === 'LONG' && Number.isSafeInteger(input)) return BigInt(input as number)
  if (type.type === 'DOUBLE' && typeof input === 'bigint') {
    if (BigInt(Number(input)) === input) return Number(input)
    throw wrong(`a DOUBLE does not keep all digits of ${input}`)
  }
  return input as ElementValue
}

function textElement(text: string, type: ColumnType): ElementValue {
  const isTime = isTemporal(type.type)
  if (!isTime && type.scale === undefined) return checkedText(text)
  const raw = isTime ? parseTemporal(type.type, text) : parseDecimal(text, type.scale!)
  if (raw !== undefined) return raw
  throw new ValueError('DDB_INPUT_CELL', `"${text}" is not a ${columnTypeText(type)}`)
}

/** Type → where its text begins and ends in `2024-01-02T09:30:00.123`. */
const partsOfIso: Partial<Record<ColumnType['type'], readonly [from: number, to?: number]>> = {
  DATE: [0, 10], MONTH: [0, 7], TIME: [11], MINUTE: [11, 16], SECOND: [11, 19], DATETIME: [0, 19], DATEHOUR: [0, 13], NANOTIME: [11],
} // prettier-ignore

/** The UTC fields of a Date, as the wall-clock time of a temporal type. */
function dateElement(date: Date, { type }: ColumnType): ElementValue {
  const iso = new Date(checkedTime(date)).toISOString().slice(0, -1)
  return textElement(iso.slice(...(partsOfIso[type] ?? [])), { type })
}

/**
 * A table from rows or columns with the given types: names and order are the schema's, missing members are null.
 * @throws {UsageError} DDB_USAGE for an invalid schema @throws {ValueError} for values that do not fit
 */
export function table(
  data: readonly Row[] | Readonly<Record<string, List>>,
  schema: TableSchema,
): Table {
  const isRows = (given: typeof data): given is readonly Row[] => Array.isArray(given)
  const names = Object.keys(schema)
  if (names.length > 1 && names.some(name => /^(0|[1-9]\d*)$/.test(name))) {
    throw wrong('JavaScript moves columns with numbers for names to the front: use a letter first.')
  }
  const given = isRows(data) ? data.flatMap(namesOf) : Object.keys(data)
  const extra = given.find(name => !Object.hasOwn(schema, name))
  if (extra !== undefined) {
    throw wrong(`The schema has no column "${extra}": add it, or leave it out of the data.`)
  }
  const rows = isRows(data)
    ? data.length
    : Math.max(0, ...Object.values(data).map(list => lengthOf(list) ?? 0))
  return tableOf(names, name => {
    const word = schema[name]!
    const type = parseColumnType(word)
    const text = `"${word}" of column "${name}" is not a type, such as DOUBLE or INT[].`
    if (type === undefined) throw usageError(text)
    const list = isRows(data) ? membersOf(data, name) : data[name]
    return vectorFrom(Array.from((list ?? { length: rows }) as ArrayLike<PlainInput>), type)
  })
}
