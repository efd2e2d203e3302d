/* Makes and reads scalars, vectors and tuples; reads literals (docs/embedded-server.md#literals); lists constants (manual, "Constants"). */
import {
  type ColumnType,
  type DataType,
  dataTypes,
  isDecimal,
  maxScale,
} from '../../protocol/data-type.js'
import { columnTypeOf, concatColumns, elementAt, scalarAt } from '../../protocol/element.js'
import {
  columnOfCells,
  columnTexts,
  kindOf,
  nullColumn,
  sameColumnType,
  widerType,
} from '../columns/column-layout.js'
import {
  type Column,
  type Scalar,
  type Value,
  type Vector,
  dataForms,
} from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import { Buffer } from 'node:buffer'
import type { Random } from '../../platform/platform.js'
import { durationUnits } from '../../protocol/types/fixed-types.js'
import { type TemporalType, parseTemporal } from '../../protocol/types/temporals.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import type { ServerValue } from './server-value.js'

/** No value: an omitted argument, or the result of a function that returns nothing. NULL is `explicitNull`. */
export const voidValue: Scalar = { form: 'scalar', type: 'VOID', value: null }

const scalarsOf =
  (type: DataType) =>
  (value: unknown): Scalar =>
    ({ form: 'scalar', type, value }) as Scalar

export const boolScalar: (value: boolean | null) => Scalar = scalarsOf('BOOL')
export const intScalar: (value: number | null) => Scalar = scalarsOf('INT')
export const longScalar: (value: bigint | null) => Scalar = scalarsOf('LONG')
export const doubleScalar: (value: number | null) => Scalar = scalarsOf('DOUBLE')
export const stringScalar: (value: string) => Scalar = scalarsOf('STRING')

export function stringVector(data: readonly string[]): Vector {
  return { form: 'vector', type: 'STRING', length: data.length, data }
}

export function nullOf(type: DataType, scale = 0): Scalar {
  const column = nullColumn(isDecimal(type) ? { type, scale } : { type }, 1)
  return scalarAt(column as Vector, 0)
}

/** True for NULL without a type and for the absence of a value. A null that has a type is a value. */
export function isVoid(value: ServerValue): boolean {
  return value.form === 'scalar' && value.type === 'VOID'
}

/** The text of a STRING, SYMBOL or CHAR scalar (`'a'` is a CHAR); undefined for other values. */
export function textOf(value: ServerValue | undefined): string | undefined {
  if (value?.form !== 'scalar') return undefined
  if (value.type === 'STRING' || value.type === 'SYMBOL') return value.value
  if (value.type === 'CHAR') return value.value === null ? '' : String.fromCharCode(value.value)
  if (value.type === 'BLOB') return new TextDecoder().decode(value.value)
  return undefined
}

/** The texts of a string, a string vector, or a tuple of strings; undefined for other values. */
export function textsOf(value: ServerValue | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const text = textOf(value)
  if (text !== undefined) return [text]
  if (value.form !== 'vector') return undefined
  const known = columnTexts(value)
  if (known !== undefined) return known
  if (value.type !== 'CHAR' && value.type !== 'ANY') return undefined
  const texts = elementsOf(value).map(textOf)
  return texts.every(one => one !== undefined) ? texts : undefined
}

/** An integral scalar as a JavaScript number; undefined for nulls and for other values. */
export function integerOf(value: ServerValue | undefined): number | undefined {
  if (value?.form !== 'scalar' || value.value === null) return undefined
  const { category } = dataTypes[value.type]
  return category === 'integral' || category === 'logical' ? Number(value.value) : undefined
}

/** The truth of a condition. A null counts as false (DolphinDB manual, "if-else"). */
export function isTrue(value: ServerValue): boolean {
  if (value.form === 'scalar') {
    if (value.value === null) return false
    if (['number', 'bigint', 'boolean'].includes(typeof value.value))
      return Number(value.value) !== 0
  }
  throw new ScriptError('A scalar object is expected. But the actual object is not a scalar.')
}

export function negated(value: ServerValue): ServerValue {
  if (value.form !== 'scalar') return value
  if (typeof value.value === 'number' || typeof value.value === 'bigint') {
    return { ...value, value: -value.value } as ServerValue
  }
  if (value.type !== 'DURATION' || value.value === null) return value
  return { ...value, value: { ...value.value, count: -value.value.count } }
}

/** Text of 36 characters, lower case. */
export function newUuid(random: Random): string {
  const bytes = random.bytes(16)
  bytes[6] = (bytes[6]! & 0x0f) | 0x40
  bytes[8] = (bytes[8]! & 0x3f) | 0x80
  const digits = Buffer.from(bytes).toString('hex')
  return digits.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, '$1-$2-$3-$4-$5')
}

/** Kinds of objects, as `undef` and `defined` number them. */
export const objectKinds = { VAR: 0, SHARED: 1, DEF: 2 } as const

/** Partition types, as `database` and `schema` number them (docs/server-semantics.md#partition-schemes). */
export const partitionTypeIds = { SEQ: 0, VALUE: 1, RANGE: 2, LIST: 3, COMPO: 4, HASH: 5 } as const

/** Values of the argument keepDuplicates of createPartitionedTable. */
export const duplicatePolicies = { ALL: 0, LAST: 1, FIRST: 2 } as const

/** Rights for grant and revoke. The value of each word is its own name. */
const privileges = [
  'TABLE_READ', 'TABLE_WRITE', 'TABLE_INSERT', 'TABLE_UPDATE', 'TABLE_DELETE', 'DBOBJ_CREATE', 'DBOBJ_DELETE', 'DB_READ',
  'DB_WRITE', 'DB_INSERT', 'DB_UPDATE', 'DB_DELETE', 'DB_MANAGE', 'DB_OWNER', 'VIEW_EXEC', 'VIEW_OWNER', 'SCRIPT_EXEC',
  'TEST_EXEC', 'CREATE_SHARED_VAR', 'QUERY_RESULT_MEM_LIMIT', 'TASK_GROUP_MEM_LIMIT',
] // prettier-ignore

function namedIntegers(names: Readonly<Record<string, number>>): [string, ServerValue][] {
  return Object.entries(names).map(([name, id]) => [name, intScalar(id)])
}

/** The values of reserved words. */
export const namedConstants: ReadonlyMap<string, ServerValue> = new Map<string, ServerValue>([
  ...Object.keys(dataTypes).map((name): [string, ServerValue] => [
    name,
    { form: 'type', column: { type: name as DataType } },
  ]),
  // The names of all other types are names of conversion functions. ANY has no such function, so it is a constant.
  ['any', { form: 'type', column: { type: 'ANY' } }],
  ...namedIntegers(dataForms).map(([form, id]): [string, ServerValue] => [
    form === 'dictionary' ? 'DICT' : form.toUpperCase(),
    id,
  ]),
  ...namedIntegers(partitionTypeIds),
  ...namedIntegers(objectKinds),
  ...namedIntegers(duplicatePolicies),
  ...privileges.map((name): [string, ServerValue] => [name, stringScalar(name)]),
  ['pi', doubleScalar(Math.PI)],
  ['e', doubleScalar(Math.E)],
])

const numberSuffixes: Readonly<Record<string, DataType>> = {
  b: 'BOOL', c: 'CHAR', h: 'SHORT', i: 'INT', l: 'LONG', f: 'FLOAT', F: 'DOUBLE',
} // prettier-ignore

/** Suffix of `00` → type of the null. */
const nullSuffixes: Readonly<Record<string, DataType>> = {
  ...numberSuffixes, d: 'DATE', M: 'MONTH', t: 'TIME', m: 'MINUTE', s: 'SECOND', D: 'DATETIME', T: 'TIMESTAMP',
  n: 'NANOTIME', N: 'NANOTIMESTAMP', S: 'SYMBOL', W: 'STRING', P: 'DECIMAL64',
} // prettier-ignore

const date = String.raw`\d{4}\.\d{1,2}\.\d{1,2}`
const clock = String.raw`\d{1,2}:\d{2}:\d{2}`
const moment = `${date}(?:T| (?=${clock}))`

/** Type → its literals. A letter may follow that stands for the type. */
const temporalLiterals = Object.entries({
  NANOTIMESTAMP: String.raw`(${moment}${clock}\.\d{4,9})[dDTN]?`,
  TIMESTAMP: String.raw`(${moment}${clock}\.\d{1,3})[dDTN]?`,
  DATETIME: `(${moment}${clock})[dDTN]?`,
  DATEMINUTE: String.raw`(${moment}\d{1,2}:\d{2})[dDTN]?`,
  DATEHOUR: String.raw`(${moment}\d{1,2})[dDTN]?`,
  DATE: `(${date})[dDTN]?`,
  MONTH: String.raw`(\d{4}\.\d{1,2}M)`,
  NANOTIME: String.raw`(${clock}\.\d{4,9})[stn]?`,
  TIME: String.raw`(${clock}\.\d{1,3})[stn]?`,
  SECOND: `(${clock})[stn]?`,
  MINUTE: String.raw`(\d{1,2}:\d{2}m)`,
} satisfies Record<TemporalType, string>).map(([type, literal]): [TemporalType, RegExp] => [
  type as TemporalType,
  // A range may follow: 2012.01.01..2012.01.31.
  new RegExp(String.raw`${literal}(?:(?=\.\.)|(?![\w.]))`, 'y'),
])

/** The most frequent numbers, which need no further look. */
const shortInteger = /\d{1,9}(?![\w.:])/y
const numberPattern = /(\d+(?:\.\d+|\.(?![\w.]))?|\.\d+)([eE][+-]?\d+)?([A-Za-z_]\w*)?/y

/** The number, date or time at `start`, and the position after it; undefined for other text, such as the date 2024.02.30. */
export function readNumber(source: string, start: number) {
  shortInteger.lastIndex = start
  if (shortInteger.test(source)) {
    const end = shortInteger.lastIndex
    return { value: intScalar(Number(source.slice(start, end))), end }
  }
  for (const [type, pattern] of temporalLiterals) {
    pattern.lastIndex = start
    const match = pattern.exec(source)
    if (match === null) continue
    const value = parseTemporal(type, match[1]!.replace(' ', 'T'))
    if (value === undefined) return undefined
    return { value: { form: 'scalar', type, value } as Scalar, end: pattern.lastIndex }
  }
  numberPattern.lastIndex = start
  const [text = '', digits = '', exponent = '', suffix = ''] = numberPattern.exec(source) ?? []
  const value = text === '' ? undefined : scalarOf(digits, exponent, suffix)
  return value && { value, end: start + text.length }
}

function scalarOf(digits: string, exponent: string, suffix: string): Scalar | undefined {
  if (digits === '00' && Object.hasOwn(nullSuffixes, suffix)) return nullOf(nullSuffixes[suffix]!)
  const number = Number(digits + exponent)
  const isInteger = exponent === '' && !digits.includes('.')
  const whole = isInteger ? longOf(digits) : undefined
  if (suffix === 'P') return exponent === '' ? decimal(digits) : undefined
  if (suffix === '' || Object.hasOwn(numberSuffixes, suffix)) {
    const plain = whole === undefined ? 'DOUBLE' : number <= 2147483647 ? 'INT' : 'LONG'
    const type = numberSuffixes[suffix] ?? plain
    if (!isInteger && dataTypes[type].category !== 'floating') return undefined
    // A number that is too large for its suffix is the null of the type: `-128c` is the null CHAR.
    return scalarAt(columnOfCells({ type }, [whole ?? number]), 0)
  }
  const unit = durationUnits.get(suffix)
  if (unit === undefined || !isInteger) return undefined
  return { form: 'scalar', type: 'DURATION', value: { count: number, unit } }
}

/** The number; undefined if it is out of range. Does not convert texts that are surely too long. */
function longOf(digits: string): bigint | undefined {
  if (Number(digits) > 2 ** 63) return undefined
  const value = BigInt(digits)
  return value < 2n ** 63n ? value : undefined
}

/** The scale is the number of digits after the point: `3.141P` is DECIMAL64(3). */
function decimal(digits: string): Scalar | undefined {
  const [whole = '', fraction = ''] = digits.split('.')
  const value = longOf(whole + fraction)
  if (value === undefined || fraction.length > maxScale.DECIMAL64) return undefined
  return { form: 'scalar', type: 'DECIMAL64', scale: fraction.length, value }
}

/** The rows of all columns in a type that holds them without changing their kind, otherwise as a tuple. */
export function joinColumns<T extends Column>(columns: readonly T[]): T {
  return joinTyped(columns) ?? joinAs(columns, { type: 'ANY' })
}

/** Like `joinColumns`; undefined if no type can hold all rows. */
function joinTyped<T extends Column>(columns: readonly T[]): T | undefined {
  let type: ColumnType | undefined = columnTypeOf(columns[0]!)
  for (const column of columns) type = type && commonType(type, columnTypeOf(column))
  return type && joinAs(columns, type)
}

function joinAs<T extends Column>(columns: readonly T[], type: ColumnType): T {
  return concatColumns(columns.map(column => convertColumn(column, type))) as T
}

/** A type that can hold the rows of both types without changing their kind; undefined if there is none. */
function commonType(a: ColumnType, b: ColumnType): ColumnType | undefined {
  if (sameColumnType(a, b)) return a
  if ((a.array ?? false) !== (b.array ?? false) || a.type === b.type) return undefined
  if (a.type === 'VOID') return b
  if (b.type === 'VOID') return a
  const areTexts = kindOf(a.type) === 'text' && kindOf(b.type) === 'text'
  const isSymbol = a.type === 'SYMBOL' && b.type === 'STRING'
  const type = areTexts ? (isSymbol ? 'SYMBOL' : 'STRING') : widerType('numbers', a.type, b.type)
  return type && (a.array ? { type, array: true } : { type })
}

/** A typed vector of at least one scalar; undefined if no type can hold all of them. */
export function vectorOfScalars(scalars: readonly Scalar[]): Vector | undefined {
  const areData = scalars.every(({ type }) => dataTypes[type].category !== 'system')
  return areData ? joinTyped(scalars.map(columnOfScalar)) : undefined
}

/** The value of constants next to each other (`1 2 NULL`); undefined if they have no common type. */
export function vectorOfLiterals(values: readonly ServerValue[]): ServerValue | undefined {
  const scalars = values.flatMap(value => {
    if (value.form === 'scalar') return [value]
    return (textsOf(value) ?? []).map(stringScalar)
  })
  return vectorOfScalars(scalars)
}

/** Makes the value of `[a, b, c]`: a typed vector for scalars of one kind, otherwise a tuple. */
export function vectorOfElements(values: readonly ServerValue[]): ServerValue {
  const areScalars = values.length > 0 && values.every(value => value.form === 'scalar')
  return (areScalars ? vectorOfScalars(values) : undefined) ?? tupleOf(values)
}

export function tupleOf(values: readonly ServerValue[]): Vector {
  return { form: 'vector', type: 'ANY', length: values.length, data: values as readonly Value[] }
}

/** The elements of a tuple; undefined for other values. */
export function tupleElements(value: ServerValue): readonly ServerValue[] | undefined {
  if (value.form !== 'vector' || value.type !== 'ANY') return undefined
  return value.data.slice(0, value.length) as readonly ServerValue[]
}

/** The elements of a vector or tuple one by one; the rows of an array vector; any other value as its own element. */
export function* itemsOf(value: ServerValue): Generator<ServerValue, void, void> {
  if (value.form !== 'vector' && value.form !== 'arrayVector') yield value
  else for (let row = 0; row < value.length; row++) yield elementAt(value, row) as ServerValue
}

export function elementsOf(value: ServerValue): readonly ServerValue[] {
  return [...itemsOf(value)]
}
