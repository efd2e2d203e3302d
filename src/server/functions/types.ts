/*
  The types and sizes of values, conversions, also of JSON, equality, parts of texts, and the current time (DolphinDB manual,
  one page per function).
*/
import {
  type ColumnType,
  type DataType,
  type DecimalType,
  arrayTypeOffset,
  columnTypeText,
  dataTypes,
  maxScale,
} from '../../protocol/data-type.js'
import { columnTypeOf, formatScalar, isNullAt, vectorOf } from '../../protocol/element.js'
import {
  type Column,
  type Scalar,
  type Vector,
  dataForms,
  explicitNull,
} from '../../protocol/value.js'
import type { Builtin, ServerValue } from '../values/server-value.js'
import { isLiteral, operandOf } from '../operators/operands.js'
import {
  boolScalar,
  doubleScalar,
  intScalar,
  nullOf,
  readNumber,
  stringScalar,
} from '../values/scalar.js'
import type { TableKind } from '../tables/server-table.js'
import { binaryFunction, builtin, isAbsent, unaryFunction } from './arguments.js'
import { ScriptError } from '../script-error.js'
import { castValue } from '../operators/cast.js'
import { elementsOf, vectorOfElements } from '../values/vector-literal.js'
import { defaultDecodeLimits } from '../../protocol/decode-context.js'
import { makeDictionary } from '../elements/dictionary.js'
import { textsOfVector } from '../columns/column-layout.js'

/** Longest JSON text, in characters. The server parses JSON without a pause; this length takes a tenth of a second. */
const maxParsedLength = 2_097_152

function parseJson(text: string): unknown {
  try {
    if (text.length <= maxParsedLength) return JSON.parse(text)
  } catch {
    throw new ScriptError('fromStdJson: the string is not valid JSON.')
  }
  throw new ScriptError(
    `fromStdJson: the string must not be longer than ${maxParsedLength} characters.`,
  )
}

function fromJson(json: unknown, depth: number): ServerValue {
  if (typeof json === 'string') return temporalOf(json) ?? stringScalar(json)
  if (typeof json === 'number') return doubleScalar(json)
  if (typeof json === 'boolean') return boolScalar(json)
  if (typeof json !== 'object' || json === null) return explicitNull
  if (depth >= defaultDecodeLimits.maxDepth) {
    throw new ScriptError(
      `fromStdJson: the string is nested deeper than ${defaultDecodeLimits.maxDepth} levels.`,
    )
  }
  const entries = Object.entries(json)
  const values = entries.map(([, value]) => fromJson(value, depth + 1))
  if (Array.isArray(json)) return vectorOfElements(values)
  return makeDictionary(
    entries.map(([name]) => stringScalar(name)),
    values,
  )
}

/** The temporal value of a text that consists only of a date or a time; undefined for other texts. */
function temporalOf(text: string): ServerValue | undefined {
  if (!/^\d{1,4}[.:]\d/.test(text)) return undefined
  const literal = readNumber(text, 0)
  if (literal?.end !== text.length) return undefined
  return dataTypes[literal.value.type].category === 'temporal' ? literal.value : undefined
}

/** Kind of a table → how typestr() and how objs() call it. */
export const tableWords: Readonly<Record<TableKind, readonly [typestr: string, objs: string]>> = {
  basic: ['IN-MEMORY TABLE', 'BASIC'],
  stream: ['STREAMING TABLE', 'REALTIME'],
  keyedStream: ['STREAMING TABLE', 'REALTIME'],
  keyed: ['IN-MEMORY KEYED TABLE', 'KEYED'],
  indexed: ['IN-MEMORY INDEXED TABLE', 'INDEXED'],
  partitioned: ['SEGMENTED IN-MEMORY TABLE', 'SEGMENTED'],
  dfs: ['SEGMENTED DFS TABLE', 'ALIAS'],
}

/** Types of values that count as scalars. */
const scalarTypes = { database: 'HANDLE', function: 'FUNCTIONDEF', type: 'INT' } as const

interface Facts {
  readonly form: 'scalar' | 'vector' | 'pair' | 'matrix' | 'set' | 'dictionary' | 'table'
  /** The type of the elements; VOID for a table. */
  readonly type: ColumnType
  /** The number of elements, including nulls; for a table, the number of rows. */
  readonly size: number
}

/** What form(X), type(X) and size(X) show. */
export function factsOf(value: ServerValue): Facts {
  switch (value.form) {
    case 'scalar':
      return { form: 'scalar', type: { type: value.type }, size: 1 }
    case 'vector':
    case 'arrayVector':
      return { form: 'vector', type: columnTypeOf(value), size: value.length }
    case 'pair':
    case 'matrix':
    case 'set': {
      const { elements, form } = value
      return { form, type: columnTypeOf(elements), size: elements.length }
    }
    case 'serverDictionary': {
      const { valueType: type = { type: 'ANY' } as const, entries } = value
      return { form: 'dictionary', type, size: entries.size }
    }
    case 'serverTable':
      return { form: 'table', type: { type: 'VOID' }, size: value.rows }
    default:
      return { form: 'scalar', type: { type: scalarTypes[value.form] }, size: 1 }
  }
}

/** typestr(X), spelled as in docs/server-semantics.md#small-functions. */
function typeText(value: ServerValue): string {
  if (value.form === 'serverTable') {
    const isDimension = value.kind === 'dfs' && value.partitioning === undefined
    return isDimension ? 'DIMENSION DFS TABLE' : tableWords[value.kind][0]
  }
  const { form, type } = factsOf(value)
  if (form === 'scalar') return type.type
  if (value.form === 'serverDictionary') return `${value.keyType.type}->${type.type} DICTIONARY`
  const name = form === 'vector' || form === 'matrix' ? fastText(type) : type.type
  return `${name} ${form.toUpperCase()}`
}

/** The word FAST begins the name of every vector type except STRING, BLOB, ANY and VOID. */
function fastText({ type, array }: ColumnType): string {
  if (array === true) return `FAST ${type}[]`
  return ['STRING', 'BLOB', 'ANY', 'VOID'].includes(type) ? type : `FAST ${type}`
}

/** Tests each element; `wanted` is the result for a null. A value without elements, such as a table, is not null. */
function nullTest(name: string, wanted: 0 | 1): Builtin {
  return unaryFunction(name, value => {
    const isColumn = ['scalar', 'vector', 'pair', 'matrix'].includes(value.form)
    if (value.form === 'arrayVector') return columnNulls(value, wanted)
    if (!isColumn) return boolScalar(wanted === 0)
    const operand = operandOf(value, name)
    return operand.rebuild(columnNulls(operand.vector, wanted))
  })
}

function columnNulls(column: Column, wanted: 0 | 1): Vector {
  const data = new Int8Array(column.length)
  for (let row = 0; row < data.length; row++) {
    data[row] = isNullAt(column, row) ? wanted : 1 - wanted
  }
  return { form: 'vector', type: 'BOOL', length: data.length, data }
}

function conversion(type: DataType): Builtin {
  return builtin(`${type.toLowerCase()}([X])`, (_, [value]) =>
    isAbsent(value) ? nullOf(type) : castValue(value, { type }),
  )
}

function decimal(type: DecimalType): Builtin {
  return builtin(`${type.toLowerCase()}([X], scale: int)` as const, (_, [value, scale]) => {
    if (scale < 0 || scale > maxScale[type]) {
      throw new ScriptError(
        `Scale out of bounds (valid range: [0, ${maxScale[type]}], but get: ${scale}). RefId: S05010`,
      )
    }
    return isAbsent(value) ? nullOf(type, scale) : castValue(value, { type, scale })
  })
}

function doublePair(type: 'COMPLEX' | 'POINT'): Builtin {
  const name = type.toLowerCase()
  return binaryFunction(name, (x, y) => {
    const [first, second] = [x, y].map(value =>
      operandOf(castValue(value, { type: 'DOUBLE' }), name),
    )
    const { length } = first!.vector
    if (length !== second!.vector.length) {
      throw new ScriptError(`${name}(X, Y). X and Y must have the same length.`)
    }
    const [xs, ys] = [first, second].map(one => (one!.vector as { data: Float64Array }).data)
    const data = Float64Array.from({ length: length * 2 }, (_, at) => (at & 1 ? ys : xs)![at >> 1]!)
    return first!.rebuild({ form: 'vector', type, length, data })
  })
}

/** Functions that convert to the type of their name. */
const plainConversions: readonly DataType[] = [
  'BOOL', 'CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'STRING', 'SYMBOL', 'BLOB', 'UUID', 'IPADDR', 'INT128', 'DATE', 'MONTH',
  'TIME', 'MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP', 'DATEHOUR',
] // prettier-ignore

export const typeFunctions: readonly Builtin[] = [
  unaryFunction('typestr', value => stringScalar(typeText(value))),
  unaryFunction('type', value => {
    const { type, array } = factsOf(value).type
    return intScalar(dataTypes[type].id + (array === true ? arrayTypeOffset : 0))
  }),
  unaryFunction('form', value => intScalar(dataForms[factsOf(value).form])),
  unaryFunction('size', value => intScalar(factsOf(value).size)),
  builtin('eqObj(obj1, obj2, [precision: int])', (_, [a, b, precision = 10]) =>
    boolScalar(areEqual(a, b, precision)),
  ),
  nullTest('isNull', 1),
  // The SQL expression `x is not null` calls isValid.
  nullTest('isValid', 0),

  ...plainConversions.map(conversion),
  ...(['DECIMAL32', 'DECIMAL64', 'DECIMAL128'] as const).map(decimal),
  doublePair('COMPLEX'),
  doublePair('POINT'),

  builtin('fromStdJson(X: text)', (_, [text]) => fromJson(parseJson(text), 0)),
  /** The first n characters of each text; '' for a null. */
  builtin('left(X, n: int)', (_, [value, n]) => {
    const { vector, rebuild } = operandOf(value, 'left')
    if (!isLiteral(vector.type) && vector.type !== 'CHAR' && vector.type !== 'VOID') {
      throw new ScriptError('left: X must be a string or a vector of strings.')
    }
    const data = textsOfVector(vector).map(text => text.slice(0, Math.max(0, n)))
    const type = vector.type === 'SYMBOL' ? 'SYMBOL' : 'STRING'
    return rebuild(vectorOf({ type }, data) as Vector)
  }),

  /** The wall-clock time in the local time zone of the server. */
  builtin('now([nanoSecond: bool])', ({ node }, [isNano]) => {
    const ms = BigInt(Math.floor(wallClockMs(node.now())))
    return isNano === true
      ? { form: 'scalar', type: 'NANOTIMESTAMP', value: ms * 1_000_000n }
      : { form: 'scalar', type: 'TIMESTAMP', value: ms }
  }),
]

/** The local date and time, written as milliseconds since 1970 without a time zone. */
function wallClockMs(epochMs: number): number {
  return epochMs - new Date(epochMs).getTimezoneOffset() * 60_000
}

/**
 * Whether two values have the same type and content (DolphinDB manual, page eqObj). Columns of texts are equal even if
 * they store their texts differently.
 * @param precision  floating numbers are equal if they differ by at most 10^−precision
 */
function areEqual(a: ServerValue, b: ServerValue, precision: number): boolean {
  if (a === b) return true
  if (a.form === 'scalar' && b.form === 'scalar') return sameScalar(a, b, precision)
  const [first, second] = [partsOf(a), partsOf(b)]
  return (
    first !== undefined &&
    first.length === second?.length &&
    shapeText(a) === shapeText(b) &&
    first.every((part, index) => areEqual(part, second[index]!, precision))
  )
}

function sameScalar(a: Scalar, b: Scalar, precision: number): boolean {
  if (shapeText(a) !== shapeText(b)) return false
  if (a.value === b.value || a.value === null || b.value === null) return a.value === b.value
  if (dataTypes[a.type].category !== 'floating') return formatScalar(a) === formatScalar(b)
  return Math.abs(Number(a.value) - Number(b.value)) <= 10 ** -precision
}

/** The form, type and names of a value. */
function shapeText(value: ServerValue): string {
  const names = value.form === 'serverTable' ? value.columnNames : 'rows' in value && value.rows
  const scale = 'scale' in value ? value.scale : undefined
  return JSON.stringify([typeText(value).replace(/^(FAST )?SYMBOL/, 'STRING'), scale, names])
}

/** The values of which a value consists; undefined for nameless functions, handles and types: they equal only themselves. */
function partsOf(value: ServerValue): readonly ServerValue[] | undefined {
  switch (value.form) {
    case 'pair':
    case 'set':
    case 'matrix':
      return elementsOf(value.elements)
    case 'serverDictionary':
      return [...value.entries]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([, one]) => [one.key, one.value])
    case 'serverTable':
      return value.columnNames.map((_, index) => value.column(index))
    case 'vector':
    case 'arrayVector':
      return elementsOf(value)
    case 'function':
      return value.kind === 'partial' || value.name === '' ? undefined : [stringScalar(value.name)]
    case 'type':
      return [stringScalar(columnTypeText(value.column))]
    default:
      return undefined
  }
}
