/*
  Creates and reads single values. Also reads numbers, dates and times as scripts write them (docs/grammar.md#literals), and
  lists the words that are constants: data types, data forms, partition types, kinds of objects (manual, "Constants").
*/
import { type DataType, type DecimalType, dataTypes } from '../../protocol/data-type.js'
import { nullInt8 } from '../../protocol/null-value.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { type Scalar, type Value, type Vector, dataForms } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import type { ServerValue } from './server-value.js'
import { Buffer } from 'node:buffer'
import type { Random } from '../../platform/platform.js'
import { durationUnits } from '../../protocol/types/pairs.js'
import { type TemporalType, parseTemporal } from '../../protocol/types/temporals.js'

/** No value: an omitted argument, or the result of a function that returns nothing. NULL is `explicitNull`. */
export const voidValue: Scalar = { form: 'scalar', type: 'VOID', value: null }

export function boolScalar(value: boolean | null): Scalar {
  return { form: 'scalar', type: 'BOOL', value }
}

export function intScalar(value: number | null): Scalar {
  return { form: 'scalar', type: 'INT', value }
}

export function longScalar(value: bigint | null): Scalar {
  return { form: 'scalar', type: 'LONG', value }
}

export function doubleScalar(value: number | null): Scalar {
  return { form: 'scalar', type: 'DOUBLE', value }
}

export function stringScalar(value: string): Scalar {
  return { form: 'scalar', type: 'STRING', value }
}

export function stringVector(data: readonly string[]): Vector {
  return { form: 'vector', type: 'STRING', length: data.length, data }
}

export function nullOf(type: DataType, scale = 0): Scalar {
  switch (type) {
    case 'STRING':
      return stringScalar('')
    case 'SYMBOL':
      return { form: 'scalar', type: 'SYMBOL', value: '' }
    case 'BLOB':
      return { form: 'scalar', type: 'BLOB', value: new Uint8Array(0) }
    case 'DECIMAL32':
    case 'DECIMAL64':
    case 'DECIMAL128':
      return { form: 'scalar', type: type satisfies DecimalType, scale, value: null }
    default:
      return { form: 'scalar', type, value: null } as Scalar
  }
}

/** True for NULL without a type and for the absence of a value. A null that has a type is a value. */
export function isVoid(value: ServerValue): boolean {
  return value.form === 'scalar' && value.type === 'VOID'
}

/** The text of a STRING, SYMBOL or CHAR scalar (`'a'` is a CHAR); undefined for other values. */
export function textOf(value: ServerValue | undefined): string | undefined {
  if (value?.form !== 'scalar') return undefined
  if (value.type === 'STRING' || value.type === 'SYMBOL') return value.value
  if (value.type === 'CHAR') return charText(value.value ?? nullInt8)
  if (value.type === 'BLOB') return new TextDecoder().decode(value.value)
  return undefined
}

function charText(code: number): string {
  return code === nullInt8 ? '' : String.fromCharCode(code)
}

function wireText(value: Value): string | undefined {
  return value.form === 'table' || value.form === 'dictionary' ? undefined : textOf(value)
}

/** The texts of a string, a string vector, or a tuple of strings; undefined for other values. */
export function textsOf(value: ServerValue | undefined): readonly string[] | undefined {
  if (value === undefined) return undefined
  const text = textOf(value)
  if (text !== undefined) return [text]
  if (value.form !== 'vector') return undefined
  switch (value.type) {
    case 'STRING':
      return stringsOf(value).slice(0, value.length)
    case 'SYMBOL':
      return Array.from(value.codes.subarray(0, value.length), code => value.base[code] ?? '')
    case 'CHAR':
      return Array.from(value.data.subarray(0, value.length), code => charText(code))
    case 'ANY': {
      const texts = value.data.slice(0, value.length).map(element => wireText(element))
      return texts.every(text => text !== undefined) ? texts : undefined
    }
    default:
      return undefined
  }
}

/** An integral scalar as a JavaScript number; undefined for nulls and for other values. */
export function integerOf(value: ServerValue | undefined): number | undefined {
  if (value?.form !== 'scalar') return undefined
  switch (value.type) {
    case 'BOOL':
      return value.value === null ? undefined : Number(value.value)
    case 'CHAR':
    case 'SHORT':
    case 'INT':
      return value.value ?? undefined
    case 'LONG':
      return value.value === null ? undefined : Number(value.value)
    default:
      return undefined
  }
}

/** The truth of a condition. A null counts as false (DolphinDB manual, "if-else"). */
export function isTrue(value: ServerValue): boolean {
  if (value.form === 'scalar') {
    if (typeof value.value === 'number') return value.value !== 0
    if (typeof value.value === 'bigint') return value.value !== 0n
    if (typeof value.value === 'boolean') return value.value
    if (value.value === null) return false
  }
  throw new ScriptError('A scalar object is expected. But the actual object is not a scalar.')
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

/** Rights for grant, deny and revoke. The value of each word is its own name. */
const privileges = [
  'TABLE_READ', 'TABLE_WRITE', 'TABLE_INSERT', 'TABLE_UPDATE', 'TABLE_DELETE', 'DBOBJ_CREATE', 'DBOBJ_DELETE', 'DB_READ',
  'DB_WRITE', 'DB_INSERT', 'DB_UPDATE', 'DB_DELETE', 'DB_MANAGE', 'DB_OWNER', 'VIEW_EXEC', 'VIEW_OWNER', 'SCRIPT_EXEC',
  'TEST_EXEC', 'CREATE_SHARED_VAR', 'QUERY_RESULT_MEM_LIMIT', 'TASK_GROUP_MEM_LIMIT',
] // prettier-ignore

function namedIntegers(names: Readonly<Record<string, number>>): [string, ServerValue][] {
  return Object.entries(names).map(([name, id]) => [name, intScalar(id)])
}

const formWords = {
  SCALAR: dataForms.scalar,
  VECTOR: dataForms.vector,
  PAIR: dataForms.pair,
  MATRIX: dataForms.matrix,
  SET: dataForms.set,
  DICT: dataForms.dictionary,
  TABLE: dataForms.table,
}

const constants: ReadonlyMap<string, ServerValue> = new Map<string, ServerValue>([
  ...Object.keys(dataTypes).map((name): [string, ServerValue] => [
    name,
    { form: 'type', column: { type: name as DataType } },
  ]),
  // The names of all other types are names of conversion functions. ANY has no such function, so it is a constant.
  ['any', { form: 'type', column: { type: 'ANY' } }],
  ...namedIntegers(formWords),
  ...namedIntegers(partitionTypeIds),
  ...namedIntegers(objectKinds),
  ...namedIntegers(duplicatePolicies),
  ...privileges.map((name): [string, ServerValue] => [name, stringScalar(name)]),
  ['pi', doubleScalar(Math.PI)],
  ['e', doubleScalar(Math.E)],
])

/** The value of a reserved word; undefined for every other name. */
export function constantOf(name: string): ServerValue | undefined {
  return constants.get(name)
}

/** The argument `DFLT` selects the default value, like an omitted argument. */
export const defaultWord = 'DFLT'

/** Suffix of `00` → type of the null. */
const nullSuffixes: Readonly<Record<string, DataType>> = {
  b: 'BOOL', c: 'CHAR', h: 'SHORT', i: 'INT', l: 'LONG', f: 'FLOAT', F: 'DOUBLE', d: 'DATE', M: 'MONTH', t: 'TIME',
  m: 'MINUTE', s: 'SECOND', D: 'DATETIME', T: 'TIMESTAMP', n: 'NANOTIME', N: 'NANOTIMESTAMP', S: 'SYMBOL', W: 'STRING',
  P: 'DECIMAL64',
} // prettier-ignore

const temporalPattern =
  /(?:(\d{4}\.\d{1,2}\.\d{1,2})(?:(?:T| (?=\d{1,2}:\d{2}:\d{2}))(\d{1,2}(?::\d{2}(?::\d{2}(?:\.\d{1,9})?)?)?))?[dDTN]?|(\d{4}\.\d{1,2}M)|(\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?)[stn]?|(\d{1,2}:\d{2}m))(?![\w.])/y

const datesPattern = /(\d{4}\.\d{1,2}\.\d{1,2})(?=\.\.)|(\d{4}\.\d{1,2}M)(?=\.\.)/y

const numberPattern = /(\d+(?:\.\d+|\.(?![\w.]))?|\.\d+)([eE][+-]?\d+)?([A-Za-z_]\w*)?/y

/** A constant, and the position after it. */
interface NumberLiteral {
  readonly value: Scalar
  readonly end: number
}

/** Reads the number, date or time at `start`; undefined for other text, such as the impossible date 2024.02.30. */
export function readNumber(source: string, start: number): NumberLiteral | undefined {
  const short = readShortInteger(source, start)
  if (short !== undefined) return short
  datesPattern.lastIndex = start
  const range = datesPattern.exec(source)
  temporalPattern.lastIndex = start
  const match = range ?? temporalPattern.exec(source)
  return match === null
    ? readPlainNumber(source, start)
    : temporalLiteral(match, start, range !== null)
}

/** The fast path for up to nine digits; undefined if the next character may belong to the number. */
function readShortInteger(source: string, start: number): NumberLiteral | undefined {
  let value = 0
  for (let end = start; end < start + 10; end++) {
    const code = source.charCodeAt(end)
    if (code < 48 || code > 57 || Number.isNaN(code)) {
      const ends = end > start && !/[\w.:]/.test(source.charAt(end))
      return ends ? { value: intScalar(value), end } : undefined
    }
    value = value * 10 + code - 48
  }
  return undefined
}

function temporalLiteral(
  match: RegExpExecArray,
  start: number,
  isRange: boolean,
): NumberLiteral | undefined {
  const [text, date] = match
  const type = isRange
    ? date === undefined
      ? 'MONTH'
      : 'DATE'
    : temporalType(match[1], match[2], match[3], match[4])
  const body = type === 'MINUTE' || type === 'MONTH' ? text : text.replace(/[stndDTN]$/, '')
  const raw = parseTemporal(type, body.replace(' ', 'T'))
  if (raw === undefined) return undefined
  return { value: { form: 'scalar', type, value: raw } as Scalar, end: start + text.length }
}

function temporalType(
  date: string | undefined,
  timeOfDate: string | undefined,
  month: string | undefined,
  time: string | undefined,
): TemporalType {
  if (month !== undefined) return 'MONTH'
  if (date !== undefined) {
    if (timeOfDate === undefined) return 'DATE'
    const digits = timeOfDate.split('.')[1]?.length ?? 0
    if (digits > 3) return 'NANOTIMESTAMP'
    if (digits > 0) return 'TIMESTAMP'
    const colons = timeOfDate.split(':').length - 1
    return colons === 2 ? 'DATETIME' : colons === 1 ? 'DATEMINUTE' : 'DATEHOUR'
  }
  if (time === undefined) return 'MINUTE'
  const digits = time.split('.')[1]?.length ?? 0
  return digits > 3 ? 'NANOTIME' : digits > 0 ? 'TIME' : 'SECOND'
}

function readPlainNumber(source: string, start: number): NumberLiteral | undefined {
  numberPattern.lastIndex = start
  const match = numberPattern.exec(source)
  if (match === null) return undefined
  const [text, digits = '', exponent = '', suffix = ''] = match
  const value = scalarOf(digits, exponent, suffix)
  return value && { value, end: start + text.length }
}

/** Suffix of small integers → type, and its largest value. */
const integerSuffixes: Readonly<Record<string, readonly ['CHAR' | 'SHORT' | 'INT', number]>> = {
  c: ['CHAR', 127],
  h: ['SHORT', 32_767],
  i: ['INT', 2_147_483_647],
}

function scalarOf(digits: string, exponent: string, suffix: string): Scalar | undefined {
  if (digits === '00' && Object.hasOwn(nullSuffixes, suffix)) return nullOf(nullSuffixes[suffix]!)
  const number = Number(digits + exponent)
  const isInteger = exponent === '' && !digits.includes('.')
  if (suffix === 'f') return { form: 'scalar', type: 'FLOAT', value: Math.fround(number) }
  if (suffix === 'F' || (suffix === '' && !isInteger)) return doubleScalar(number)
  if (suffix === 'P') return exponent === '' ? decimal(digits) : undefined
  if (!isInteger) return undefined
  if (suffix === '') return integer(digits)
  if (suffix === 'b') return boolScalar(number !== 0)
  if (suffix === 'l') {
    const value = longOf(digits)
    return value === undefined ? undefined : longScalar(value)
  }
  if (Object.hasOwn(integerSuffixes, suffix)) {
    // A number that is too large for its suffix is the null of the type: `-128c` is the null CHAR.
    const [type, max] = integerSuffixes[suffix]!
    return { form: 'scalar', type, value: number <= max ? number : null }
  }
  const unit = durationUnits.get(suffix)
  if (unit === undefined) return undefined
  return { form: 'scalar', type: 'DURATION', value: { count: number, unit } }
}

function integer(digits: string): Scalar {
  const value = Number(digits)
  if (value <= 2147483647) return intScalar(value)
  const wide = longOf(digits)
  return wide === undefined ? doubleScalar(value) : longScalar(wide)
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
  if (fraction.length > 18) return undefined
  const value = longOf(whole + fraction)
  if (value === undefined) return undefined
  return { form: 'scalar', type: 'DECIMAL64', scale: fraction.length, value }
}
