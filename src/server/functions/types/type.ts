/*
  The types of values, conversions, and the current time (DolphinDB manual, one page per function).
*/
import {
  arrayTypeOffset,
  dataTypes,
  type DataType,
  maxScale,
  type ColumnType,
  type DecimalType,
} from '../../../protocol/data-type.js'
import { columnTypeOf, isNullAt } from '../../../protocol/element.js'
import { dataForms, type Column, type Vector, type Scalar } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { doubleOf, operandOf, scalarAt } from '../../operators/operands.js'
import { boolScalar, intScalar, stringScalar } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import type { ServerTable, TableKind } from '../../tables/server-table.js'
import {
  binaryFunction,
  booleanArgument,
  builtin,
  unaryFunction,
  isAbsent,
  integerArgument,
} from '../arguments.js'
import { ScriptError } from '../../script-error.js'
import { castValue } from '../../operators/cast.js'
import { nullColumn } from '../../columns/column-layout.js'
import { textColumn } from '../../columns/convert-column.js'

const tableTypeTexts: Readonly<Record<TableKind, string>> = {
  basic: 'IN-MEMORY TABLE',
  stream: 'STREAMING TABLE',
  keyedStream: 'STREAMING TABLE',
  keyed: 'IN-MEMORY KEYED TABLE',
  indexed: 'IN-MEMORY INDEXED TABLE',
  partitioned: 'SEGMENTED IN-MEMORY TABLE',
  dfs: 'SEGMENTED DFS TABLE',
}

/** typestr(X), spelled as in docs/server-semantics.md#small-functions. */
function typeText(value: ServerValue): string {
  switch (value.form) {
    case 'scalar':
      return value.type
    case 'vector':
    case 'arrayVector':
      return `${fastText(value)} VECTOR`
    case 'pair':
      return `${value.elements.type} PAIR`
    case 'matrix':
      return `${fastText(value.elements)} MATRIX`
    case 'set':
      return `${value.elements.type} SET`
    case 'list':
      return 'ANY VECTOR'
    case 'serverDictionary':
      return `${value.keyType.type}->${value.valueType?.type ?? 'ANY'} DICTIONARY`
    case 'serverTable':
      return tableTypeText(value)
    case 'database':
      return 'HANDLE'
    case 'function':
      return 'FUNCTIONDEF'
    case 'type':
      return 'INT'
  }
}

function tableTypeText(table: ServerTable): string {
  if (table.kind === 'dfs' && table.partitioning === undefined) return 'DIMENSION DFS TABLE'
  return tableTypeTexts[table.kind]
}

/** The word FAST begins the name of every vector type except STRING, BLOB, ANY and VOID. */
function fastText(column: Column): string {
  const { type, array } = columnTypeOf(column)
  const name = array ? `${type}[]` : type
  const isSlow = ['STRING', 'BLOB', 'ANY', 'VOID'].includes(type)
  return isSlow && !array ? name : `FAST ${name}`
}

/** The number of the element type; 0 for a table. */
function typeNumber(value: ServerValue): number {
  const idOf = (type: DataType): number => dataTypes[type].id
  switch (value.form) {
    case 'scalar':
    case 'vector':
      return idOf(value.type)
    case 'arrayVector':
      return idOf(value.cells.type) + arrayTypeOffset
    case 'pair':
    case 'matrix':
    case 'set':
      return idOf(value.elements.type)
    case 'serverDictionary':
      return idOf(value.valueType?.type ?? 'ANY')
    case 'list':
      return idOf('ANY')
    case 'function':
      return idOf('FUNCTIONDEF')
    case 'database':
      return idOf('HANDLE')
    case 'type':
      return idOf('INT')
    case 'serverTable':
      return 0
  }
}

/** The result of form(X) (docs/protocol.md#data-forms). Functions, types and handles count as scalars. */
export function formNumber(value: ServerValue): number {
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
    case 'list':
      return dataForms.vector
    case 'pair':
      return dataForms.pair
    case 'matrix':
      return dataForms.matrix
    case 'set':
      return dataForms.set
    case 'serverDictionary':
      return dataForms.dictionary
    case 'serverTable':
      return dataForms.table
    default:
      return dataForms.scalar
  }
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
  unaryFunction('type', value => intScalar(typeNumber(value))),
  unaryFunction('form', value => intScalar(formNumber(value))),
  nullTest('isNull', 1),
  // The SQL expression `x is not null` calls isValid.
  nullTest('isValid', 0),
]

function conversion(
  name: string,
  type: DataType,
  convert: (value: ServerValue) => ServerValue = value => castValue(value, { type }),
): Builtin {
  return builtin(`${name}([X])`, (_, [value]) =>
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

function decimal(name: string, type: DecimalType): Builtin {
  return builtin(`${name}([X], scale)`, (_, [value, scaleArgument]) => {
    const scale = integerArgument(scaleArgument, 'scale')
    if (scale < 0 || scale > maxScale[type]) {
      throw new ScriptError(
        `Scale out of bounds (valid range: [0, ${maxScale[type]}], but get: ${scale}). RefId: S05010`,
      )
    }
    return isAbsent(value) ? nullOf({ type, scale }) : castValue(value, { type, scale })
  })
}

function doublePair(name: string, type: 'COMPLEX' | 'POINT'): Builtin {
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

/** The wall-clock time in the local time zone of the server. */
const now = builtin('now([nanoSecond])', ({ node }, [nanoSecond]) => {
  const ms = BigInt(Math.floor(wallClockMs(node.now())))
  return booleanArgument(nanoSecond, 'nanoSecond', false)
    ? { form: 'scalar', type: 'NANOTIMESTAMP', value: ms * 1_000_000n }
    : { form: 'scalar', type: 'TIMESTAMP', value: ms }
})

export const conversionFunctions: readonly Builtin[] = [
  conversion('bool', 'BOOL'),
  conversion('char', 'CHAR', toChar),
  conversion('short', 'SHORT'),
  conversion('int', 'INT'),
  conversion('long', 'LONG'),
  conversion('float', 'FLOAT'),
  conversion('double', 'DOUBLE'),
  conversion('string', 'STRING'),
  conversion('symbol', 'SYMBOL'),
  conversion('blob', 'BLOB', toBlob),
  conversion('uuid', 'UUID'),
  conversion('ipaddr', 'IPADDR'),
  conversion('int128', 'INT128'),
  decimal('decimal32', 'DECIMAL32'),
  decimal('decimal64', 'DECIMAL64'),
  decimal('decimal128', 'DECIMAL128'),
  doublePair('complex', 'COMPLEX'),
  doublePair('point', 'POINT'),
  conversion('date', 'DATE'),
  conversion('month', 'MONTH'),
  conversion('time', 'TIME'),
  conversion('minute', 'MINUTE'),
  conversion('second', 'SECOND'),
  conversion('datetime', 'DATETIME'),
  conversion('timestamp', 'TIMESTAMP'),
  conversion('nanotime', 'NANOTIME'),
  conversion('nanotimestamp', 'NANOTIMESTAMP'),
  conversion('datehour', 'DATEHOUR'),
  now,

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
