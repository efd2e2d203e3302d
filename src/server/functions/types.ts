/* Types, sizes, conversions (also of JSON), equality, parts of texts, and the current time (DolphinDB manual, a page per function). */
import {
  type ColumnType,
  type DataType,
  type DecimalType,
  arrayTypeOffset,
  dataTypes,
  maxScale,
} from '../../protocol/data-type.js'
import { columnTypeOf, formatScalar, isNullAt } from '../../protocol/element.js'
import { dataForms, explicitNull } from '../../protocol/value.js'
import { textsOfVector } from '../columns/column-layout.js'
import { dictionaryKeys, dictionaryValues, makeDictionary } from '../elements/elements.js'
import { applyUnary, castValue } from '../operators/operators.js'
import { isLiteral, operandOf, pairOperands } from '../operators/operands.js'
import { ScriptError, check } from '../script-error.js'
import type { TableKind } from '../tables/server-table.js'
import {
  boolScalar,
  doubleScalar,
  elementsOf,
  nullOf,
  stringScalar,
  stringVector,
  vectorOfElements,
} from '../values/values.js'
import type { ServerValue } from '../values/server-value.js'
import { type Call, boolResult, columnArgument, family, isAbsent } from './arguments.js'

/** Numbers become DOUBLEs, lists vectors or tuples, objects dictionaries (DolphinDB manual, page fromStdJson). */
function fromJson(json: unknown): ServerValue {
  if (typeof json === 'string') return stringScalar(json)
  if (typeof json === 'number') return doubleScalar(json)
  if (typeof json === 'boolean') return boolScalar(json)
  if (typeof json !== 'object' || json === null) return explicitNull
  const values = Object.values(json).map(fromJson)
  if (Array.isArray(json)) return vectorOfElements(values)
  return makeDictionary(Object.keys(json).map(stringScalar), values)
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

export function typeId({ type, array }: ColumnType): number {
  return dataTypes[type].id + (array === true ? arrayTypeOffset : 0)
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

/** Tests each element. A value without elements, such as a table, is not null. */
function isNull(value: ServerValue): ServerValue {
  const { form } = value
  if (form !== 'scalar' && form !== 'vector' && form !== 'arrayVector') return boolScalar(false)
  const column = columnArgument(value, 'isNull')
  const flags = Array.from({ length: column.length }, (_, row) => isNullAt(column, row))
  return boolResult(value, flags)
}

function decimal(type: DecimalType): Call<[ServerValue | undefined, number]> {
  return (_, [value, scale]) => {
    const text = `Scale out of bounds (valid range: [0, ${maxScale[type]}], but get: ${scale}). RefId: S05010`
    check(scale >= 0 && scale <= maxScale[type], text)
    return isAbsent(value) ? nullOf(type, scale) : castValue(value, { type, scale })
  }
}

function doublePair(type: 'COMPLEX' | 'POINT'): Call<[ServerValue, ServerValue]> {
  return (_, args) => {
    const [x, y] = args.map(value => castValue(value, { type: 'DOUBLE' }))
    const pairing = pairOperands(x!, y!, type.toLowerCase())
    const { left, right, length, leftStep, rightStep, rebuild } = pairing
    const [xs, ys] = [left, right].map(vector => (vector as { data: Float64Array }).data)
    const data = Float64Array.from({ length: length * 2 }, (_, at) =>
      at & 1 ? ys![(at >> 1) * rightStep]! : xs![(at >> 1) * leftStep]!,
    )
    return rebuild({ form: 'vector', type, length, data })
  }
}

/** Types to which the function of their name converts. Without an argument, the function gives the null of the type. */
const plainConversions: readonly DataType[] = [
  'BOOL', 'CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'STRING', 'SYMBOL', 'BLOB', 'UUID', 'IPADDR', 'INT128', 'DATE', 'MONTH',
  'TIME', 'MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP', 'DATEHOUR',
] // prettier-ignore

export const typeFunctions = [
  ...plainConversions.flatMap(type =>
    family({
      [`${type.toLowerCase()}([X])` as 'conversion([X])']: (_, [value]) =>
        isAbsent(value) ? nullOf(type) : castValue(value, { type }),
    }),
  ),
  ...family({
    'decimal32([X], scale: int)': decimal('DECIMAL32'),
    'decimal64([X], scale: int)': decimal('DECIMAL64'),
    'decimal128([X], scale: int)': decimal('DECIMAL128'),
    'complex(X, Y)': doublePair('COMPLEX'),
    'point(X, Y)': doublePair('POINT'),
    'typestr(X)': (_, [value]) => typeText(value),
    'type(X)': (_, [value]) => typeId(factsOf(value).type),
    'form(X)': (_, [value]) => dataForms[factsOf(value).form],
    'size(X)': (_, [value]) => factsOf(value).size,
    'eqObj(obj1, obj2, [precision: int])': (_, [a, b, precision = 10]) => areEqual(a, b, precision),
    'isNull(X)': (_, [value]) => isNull(value),
    // The SQL expression `x is not null` calls isValid.
    'isValid(X)': (_, [value]) => applyUnary('!', isNull(value)),
    'fromStdJson(X: text)': (_, [text]) => {
      try {
        return fromJson(JSON.parse(text))
      } catch {
        throw new ScriptError('fromStdJson: the string is not valid JSON.')
      }
    },
    'split(str: text, delimiter: text)': (_, [text, delimiter]) =>
      stringVector(text.split(delimiter)),
    /** The first n characters of each text; '' for a null. */
    'left(X, n: int)': (_, [value, n]) => {
      const { vector, rebuild } = operandOf(value, 'left')
      const isText = isLiteral(vector.type) || vector.type === 'CHAR' || vector.type === 'VOID'
      check(isText, 'left: X must be a string or a vector of strings.')
      return rebuild(stringVector(textsOfVector(vector).map(text => text.slice(0, Math.max(0, n)))))
    },
    /** The wall-clock time in the local time zone of the server. */
    'now([nanoSecond: bool])': ({ node }, [isNano]) => {
      const epochMs = node.now()
      // Local time, written as milliseconds since 1970 without a time zone.
      const localMs = epochMs - new Date(epochMs).getTimezoneOffset() * 60_000
      const ms = BigInt(Math.floor(localMs))
      return isNano === true
        ? { form: 'scalar', type: 'NANOTIMESTAMP', value: ms * 1_000_000n }
        : { form: 'scalar', type: 'TIMESTAMP', value: ms }
    },
  }),
]

/** Type and content (manual, page eqObj), however texts are stored. @param precision  floating numbers may differ by 10^−precision */
function areEqual(a: ServerValue, b: ServerValue, precision: number): boolean {
  if (a === b) return true
  if (shapeText(a) !== shapeText(b)) return false
  if (a.form === 'scalar' && b.form === 'scalar') {
    if (a.value === b.value || a.value === null || b.value === null) return a.value === b.value
    if (dataTypes[a.type].category !== 'floating') return formatScalar(a) === formatScalar(b)
    return Math.abs(Number(a.value) - Number(b.value)) <= 10 ** -precision
  }
  const [first, second] = [partsOf(a), partsOf(b)]
  const isKnown = factsOf(a).form !== 'scalar' && first.length === second.length
  return isKnown && first.every((part, index) => areEqual(part, second[index]!, precision))
}

function shapeText(value: ServerValue): string {
  const names = value.form === 'serverTable' ? value.columnNames : 'rows' in value && value.rows
  const scale = 'scale' in value ? value.scale : undefined
  const type = typeText(value).replace(/^(FAST )?SYMBOL/, 'STRING')
  return JSON.stringify([type, scale, names, factsOf(value).size])
}

/** The values of which a value consists. Functions, handles and types, which are their own elements, equal only themselves. */
function partsOf(value: ServerValue): readonly ServerValue[] {
  if ('elements' in value) return elementsOf(value.elements)
  if (value.form === 'serverTable') return value.columns
  if (value.form === 'serverDictionary') return [dictionaryKeys(value), dictionaryValues(value)]
  return elementsOf(value)
}
