/*
  The types and sizes of values, conversions, equality, and the current time (DolphinDB manual, one page per function).
*/
import {
  type ColumnType,
  type DataType,
  type DecimalType,
  arrayTypeOffset,
  dataTypes,
  maxScale,
} from '../../../protocol/data-type.js'
import { columnTypeOf, isNullAt } from '../../../protocol/element.js'
import { type Column, type Scalar, type Vector, dataForms } from '../../../protocol/value.js'
import { formatScalar } from '../../../protocol/value-text.js'
import type { Builtin, ServerValue } from '../../values/server-value.js'
import { doubleOf, operandOf, scalarAt } from '../../operators/operands.js'
import { boolScalar, intScalar, stringScalar } from '../../values/scalar.js'
import type { ServerTable, TableKind } from '../../tables/server-table.js'
import {
  binaryFunction,
  booleanArgument,
  builtin,
  integerArgument,
  isAbsent,
  unaryFunction,
} from '../arguments.js'
import { ScriptError } from '../../script-error.js'
import { castValue } from '../../operators/cast.js'
import { nullColumn } from '../../columns/column-layout.js'
import { textColumn } from '../../columns/convert-column.js'
import { elementsOf } from '../../values/vector-literal.js'

const tableTypeTexts: Readonly<Record<TableKind, string>> = {
  basic: 'IN-MEMORY TABLE',
  stream: 'STREAMING TABLE',
  keyedStream: 'STREAMING TABLE',
  keyed: 'IN-MEMORY KEYED TABLE',
  indexed: 'IN-MEMORY INDEXED TABLE',
  partitioned: 'SEGMENTED IN-MEMORY TABLE',
  dfs: 'SEGMENTED DFS TABLE',
}

interface Facts {
  readonly form: 'scalar' | 'vector' | 'pair' | 'matrix' | 'set' | 'dictionary' | 'table'
  /** The type of the elements; VOID for a table. */
  readonly type: ColumnType
  /** The number of elements, including nulls; for a table, the number of rows. */
  readonly size: number
}

/** What form(X), type(X) and size(X) show. Functions, types and handles count as scalars. */
export function factsOf(value: ServerValue): Facts {
  const scalar = (type: DataType): Facts => ({ form: 'scalar', type: { type }, size: 1 })
  switch (value.form) {
    case 'scalar':
      return scalar(value.type)
    case 'vector':
    case 'arrayVector':
      return { form: 'vector', type: columnTypeOf(value), size: value.length }
    case 'pair':
    case 'matrix':
    case 'set': {
      const { elements, form } = value
      return { form, type: columnTypeOf(elements), size: elements.length }
    }
    case 'list':
      return { form: 'vector', type: { type: 'ANY' }, size: value.elements.length }
    case 'serverDictionary':
      return {
        form: 'dictionary',
        type: value.valueType ?? { type: 'ANY' },
        size: value.entries.size,
      }
    case 'serverTable':
      return { form: 'table', type: { type: 'VOID' }, size: value.rows }
    case 'database':
      return scalar('HANDLE')
    case 'function':
      return scalar('FUNCTIONDEF')
    case 'type':
      return scalar('INT')
  }
}

/** typestr(X), spelled as in docs/server-semantics.md#small-functions. */
function typeText(value: ServerValue): string {
  if (value.form === 'serverTable') return tableTypeText(value)
  const { form, type } = factsOf(value)
  if (form === 'scalar') return type.type
  if (value.form === 'serverDictionary') return `${value.keyType.type}->${type.type} DICTIONARY`
  const name = form === 'vector' || form === 'matrix' ? fastText(type) : type.type
  return `${name} ${form.toUpperCase()}`
}

function tableTypeText(table: ServerTable): string {
  if (table.kind === 'dfs' && table.partitioning === undefined) return 'DIMENSION DFS TABLE'
  return tableTypeTexts[table.kind]
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

export const typeFunctions: readonly Builtin[] = [
  unaryFunction('typestr', value => stringScalar(typeText(value))),
  unaryFunction('type', value => {
    const { type, array } = factsOf(value).type
    return intScalar(dataTypes[type].id + (array === true ? arrayTypeOffset : 0))
  }),
  unaryFunction('form', value => intScalar(dataForms[factsOf(value).form])),
  unaryFunction('size', value => intScalar(factsOf(value).size)),
  builtin('eqObj(obj1, obj2, [precision])', (_, [a, b, precision]) => {
    const digits = isAbsent(precision) ? defaultPrecision : integerArgument(precision, 'precision')
    return boolScalar(areEqual(a, b, digits))
  }),
  nullTest('isNull', 1),
  // The SQL expression `x is not null` calls isValid.
  nullTest('isValid', 0),
]

function conversion(
  type: DataType,
  convert: (value: ServerValue) => ServerValue = value => castValue(value, { type }),
): Builtin {
  return builtin(`${type.toLowerCase()}([X])`, (_, [value]) =>
    isAbsent(value) ? nullOf({ type }) : convert(value),
  )
}

function nullOf(type: ColumnType): Scalar {
  return scalarAt(nullColumn(type, 1) as Vector, 0)
}

/** A text must be a single character, or a number that fits a CHAR (DolphinDB manual, page char). */
function toChar(value: ServerValue): ServerValue {
  const converted = castValue(value, { type: 'CHAR' })
  const isText = value.form === 'scalar' && typeof value.value === 'string' && value.value !== ''
  if (isText && converted.form === 'scalar' && converted.value === null) {
    throw new ScriptError('Failed to convert the string to CHAR')
  }
  return converted
}

function toBlob(value: ServerValue): ServerValue {
  const { vector, rebuild } = operandOf(castValue(value, { type: 'STRING' }), 'blob')
  if (vector.type !== 'STRING') throw new ScriptError('blob takes text, not a tuple of vectors.')
  return rebuild(textColumn(vector, { type: 'BLOB' }) as Vector)
}

function decimal(type: DecimalType): Builtin {
  return builtin(`${type.toLowerCase()}([X], scale)`, (_, [value, scaleArgument]) => {
    const scale = integerArgument(scaleArgument, 'scale')
    if (scale < 0 || scale > maxScale[type]) {
      throw new ScriptError(
        `Scale out of bounds (valid range: [0, ${maxScale[type]}], but get: ${scale}). RefId: S05010`,
      )
    }
    return isAbsent(value) ? nullOf({ type, scale }) : castValue(value, { type, scale })
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
    const [xs, ys] = [doubleOf(first!.vector), doubleOf(second!.vector)]
    const data = Float64Array.from({ length: length * 2 }, (_, at) => (at & 1 ? ys : xs)[at >> 1]!)
    return first!.rebuild({ form: 'vector', type, length, data })
  })
}

const msPerDay = 86_400_000

/** Functions that convert to the type of their name. */
const plainConversions: readonly DataType[] = [
  'BOOL', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'STRING', 'SYMBOL', 'UUID', 'IPADDR', 'INT128', 'DATE', 'MONTH',
  'TIME', 'MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP', 'DATEHOUR',
] // prettier-ignore

export const conversionFunctions: readonly Builtin[] = [
  ...plainConversions.map(type => conversion(type)),
  conversion('CHAR', toChar),
  conversion('BLOB', toBlob),
  decimal('DECIMAL32'),
  decimal('DECIMAL64'),
  decimal('DECIMAL128'),
  doublePair('COMPLEX'),
  doublePair('POINT'),

  /** The wall-clock time in the local time zone of the server. */
  builtin('now([nanoSecond])', ({ node }, [nanoSecond]) => {
    const ms = BigInt(Math.floor(wallClockMs(node.now())))
    return booleanArgument(nanoSecond, 'nanoSecond', false)
      ? { form: 'scalar', type: 'NANOTIMESTAMP', value: ms * 1_000_000n }
      : { form: 'scalar', type: 'TIMESTAMP', value: ms }
  }),

  /** The DATE of the local wall clock. */
  builtin('today()', ({ node }) => ({
    form: 'scalar',
    type: 'DATE',
    value: Math.floor(wallClockMs(node.now()) / msPerDay),
  })),
]

/** The local date and time, written as milliseconds since 1970 without a time zone. */
function wallClockMs(epochMs: number): number {
  return epochMs - new Date(epochMs).getTimezoneOffset() * 60_000
}

/** Default of the number of digits after the point that eqObj compares. */
const defaultPrecision = 10

/**
 * Whether two values have the same type and content (DolphinDB manual, page eqObj). Columns of texts are equal even if
 * they store their texts differently.
 * @param precision  floating numbers are equal if they differ by at most 10^−precision
 */
function areEqual(a: ServerValue, b: ServerValue, precision: number): boolean {
  if (a.form === 'scalar' && b.form === 'scalar') return sameScalar(a, b, precision)
  const [first, second] = [a, b].map(partsOf)
  if (a === b) return true
  if (first?.kind === undefined || first.kind !== second?.kind) return false
  const { parts } = second
  return (
    first.parts.length === parts.length &&
    first.parts.every((part, index) => areEqual(part, parts[index]!, precision))
  )
}

function sameScalar(a: Scalar, b: Scalar, precision: number): boolean {
  if (literalKind(a.type) !== literalKind(b.type)) return false
  if ('scale' in a && a.scale !== (b as typeof a).scale) return false
  if (a.value === b.value) return true
  if (a.value === null || b.value === null) return false
  if (typeof a.value === 'number' && typeof b.value === 'number') {
    const isFloating = a.type === 'DOUBLE' || a.type === 'FLOAT'
    return isFloating && Math.abs(a.value - b.value) <= 10 ** -precision
  }
  return typeof a.value === 'object' && formatScalar(a) === formatScalar(b)
}

function literalKind(type: DataType): DataType {
  return type === 'SYMBOL' ? 'STRING' : type
}

/** The form and type of a value as text, and its elements. Undefined if a value is equal only to itself. */
function partsOf(value: ServerValue): { kind: string; parts: readonly ServerValue[] } | undefined {
  const kindOf = ({ type, scale, array }: ColumnType, more = ''): string =>
    [value.form, literalKind(type), scale, array, more].join(' ')
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
      return { kind: kindOf(columnTypeOf(value)), parts: elementsOf(value) }
    case 'pair':
    case 'set':
    case 'matrix': {
      const rows = value.form === 'matrix' ? String(value.rows) : ''
      return { kind: kindOf(columnTypeOf(value.elements), rows), parts: elementsOf(value.elements) }
    }
    case 'list':
      return { kind: 'list', parts: value.elements }
    case 'serverDictionary': {
      const entries = [...value.entries].sort(([first], [second]) => (first < second ? -1 : 1))
      const keys = entries.map(([key]) => JSON.stringify(key)).join()
      const types = `${kindOf(value.keyType)} ${kindOf(value.valueType ?? { type: 'ANY' })}`
      return { kind: `${types} ${keys}`, parts: entries.map(([, entry]) => entry.value) }
    }
    case 'serverTable':
      return {
        kind: value.columnNames.join('\0'),
        parts: value.columnNames.map((_, index) => value.column(index)),
      }
    case 'function':
      if (value.kind === 'partial' || value.name === '') return undefined
      return { kind: `${value.kind} ${value.name}`, parts: [] }
    case 'type':
      return { kind: kindOf(value.column), parts: [] }
    default:
      return undefined
  }
}
