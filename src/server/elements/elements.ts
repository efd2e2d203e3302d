/* Makes, reads and changes dictionaries, members (`d.key`, `t.col`) and `x[i]` (manual, "at"). An element out of range is null. Also
   converts received values to script values and back. */
import { type ColumnType, type DataType, dataTypes } from '../../protocol/data-type.js'
import {
  columnTypeOf,
  elementAt,
  formatScalar,
  sliceColumn,
  takeRows,
} from '../../protocol/element.js'
import {
  type Column,
  type Scalar,
  type Value,
  type Vector,
  explicitNull,
} from '../../protocol/value.js'
import { castValue } from '../operators/operators.js'
import { isStream } from '../tables/prepare.js'
import { ColumnTable } from '../tables/column-table.js'
import type { ServerTable } from '../tables/server-table.js'
import {
  elementsOf,
  intScalar,
  joinColumns,
  nullOf,
  stringScalar,
  textOf,
  tupleElements,
  tupleOf,
  vectorOfElements,
  vectorOfScalars,
} from '../values/values.js'
import { type ServerDictionary, type ServerValue, overwrite } from '../values/server-value.js'
import { cellsOf, kindOf, nullColumn } from '../columns/column-layout.js'
import { cellsAs, convertColumn } from '../columns/convert-column.js'
import { operandOf } from '../operators/operands.js'
import { ScriptError, check, notEmbedded } from '../script-error.js'

/** @param valueType  if omitted or ANY, the dictionary accepts values of any type and stores them unchanged */
export function emptyDictionary(keyType: ColumnType, valueType?: ColumnType): ServerDictionary {
  return {
    form: 'serverDictionary',
    keyType,
    valueType: valueType?.type === 'ANY' ? undefined : valueType,
    entries: new Map(),
  }
}

/** The text under which the dictionary stores a key. Equal keys have equal texts. */
function keyText(key: ServerValue): string {
  check(key.form === 'scalar', 'A dictionary key must be a scalar.')
  return formatScalar(key)
}

/** The key in the dictionary's type. @throws {ScriptError} if a cast is impossible */
function typedKey({ keyType }: ServerDictionary, key: ServerValue): ServerValue {
  const isTyped = key.form !== 'scalar' || keyType.type === 'ANY' || key.type === keyType.type
  return isTyped ? key : castValue(key, keyType)
}

/** The keys determine the key type. @param valueType  values are cast to it; if omitted, they may have any type */
export function makeDictionary(
  keys: readonly ServerValue[],
  values: readonly ServerValue[],
  valueType?: ColumnType,
): ServerDictionary {
  const keyVector = vectorOfElements(keys)
  const keyType: DataType = keyVector.form === 'vector' ? keyVector.type : 'STRING'
  const dictionary = emptyDictionary({ type: keys.length === 0 ? 'STRING' : keyType }, valueType)
  keys.forEach((given, index) => {
    const key = typedKey(dictionary, given)
    const value = values[index] ?? explicitNull
    const typed = dictionary.valueType ? castValue(value, dictionary.valueType) : value
    dictionary.entries.set(keyText(key), { key, value: typed })
  })
  return dictionary
}

/** The value of a key. If the key is missing, the null of the dictionary's value type; VOID without a value type. */
export function entryOf(dictionary: ServerDictionary, key: ServerValue): ServerValue {
  const entry = dictionary.entries.get(keyText(typedKey(dictionary, key)))
  if (entry !== undefined) return entry.value
  const { valueType } = dictionary
  return valueType === undefined ? explicitNull : nullOf(valueType.type, valueType.scale)
}

/** The keys in the order in which the script first set them. */
export function dictionaryKeys(dictionary: ServerDictionary): Vector {
  const keys = [...dictionary.entries.values()].map(entry => entry.key as Scalar)
  if (keys.length > 0) return vectorOfScalars(keys) ?? tupleOf(keys)
  return castValue({ form: 'vector', type: 'VOID', length: 0 }, dictionary.keyType) as Vector
}

/** The values in the order of `dictionaryKeys`: a vector if the dictionary has a value type, otherwise a tuple. */
export function dictionaryValues(dictionary: ServerDictionary): ServerValue {
  const values = [...dictionary.entries.values()].map(entry => entry.value)
  const isTyped = dictionary.valueType !== undefined && values.length > 0
  return isTyped ? vectorOfElements(values) : tupleOf(values)
}

/** @throws {ScriptError} if the value has no such member */
export function memberOf(target: ServerValue, name: string): ServerValue {
  if (target.form === 'serverTable') return tableColumn(target, name)
  check(target.form === 'serverDictionary', `The object has no member [${name}].`)
  return entryOf(target, stringScalar(name))
}

/** @throws {ScriptError} S02008, S02009 for tables whose columns only SQL may read (docs/server-semantics.md#kinds-of-tables) */
function tableColumn(table: ServerTable, name: string): ServerValue {
  const index = table.columnNames.indexOf(name)
  check(index >= 0, `Unrecognized column name [${name}].`)
  const [kind, refId] = isStream(table) ? ['stream', 'S02009'] : ['DFS', 'S02008']
  const text = `Direct access using column names is not supported to retrieve data from a ${kind} table. Please use a SQL query instead. RefId:${refId}`
  check(kind === 'DFS' && table.kind !== 'dfs', text)
  return table.column(index)
}

/** The number of each kind of function in the protocol (docs/protocol.md#data-types). */
const functionKinds = { builtin: 0, user: 3, partial: 4 } as const

/** Does not copy vectors: the session owns them after this call. */
export function fromWire(value: Value): ServerValue {
  switch (value.form) {
    case 'table': {
      const { columnNames, columns } = value
      return new ColumnTable('basic', columnNames, columns.map(columnTypeOf), { columns })
    }
    case 'dictionary': {
      const { keys, values } = value
      const dictionary = emptyDictionary(columnTypeOf(keys), columnTypeOf(values))
      for (let row = 0; row < keys.length; row++) {
        const key = elementAt(keys, row) as Scalar
        dictionary.entries.set(keyText(key), { key, value: fromWire(elementAt(values, row)) })
      }
      return dictionary
    }
    case 'vector':
      return value.type === 'ANY' ? tupleOf(value.data.map(fromWire)) : value
    default:
      return value
  }
}

/** Converts functions and handles to text, and types to their numbers (docs/protocol.md#data-forms). */
export function toWire(value: ServerValue): Value {
  switch (value.form) {
    case 'serverTable': {
      // The rows so far, unaffected by later changes; none of a DFS table, because only SQL reads them.
      const { sharedName: name, columnNames } = value
      const rows = value.kind === 'dfs' ? 0 : value.rows
      const columns = value.columns.map(one => toWire(sliceColumn(one, 0, rows)) as Column)
      return { form: 'table', name, rows, columnNames, columns }
    }
    case 'serverDictionary': {
      const { valueType } = value
      const values = dictionaryValues(value)
      return {
        form: 'dictionary',
        keys: dictionaryKeys(value),
        values: toWire(valueType === undefined ? values : castValue(values, valueType)) as Vector,
      }
    }
    case 'database':
      return { form: 'scalar', type: 'HANDLE', value: value.path }
    case 'function': {
      const { kind, name } = value
      const text = kind === 'user' && name === '' ? value.definition.source : name
      const shown = kind === 'partial' ? `${name}{…}` : text
      return {
        form: 'scalar',
        type: 'FUNCTIONDEF',
        functionKind: functionKinds[kind],
        value: shown,
      }
    }
    case 'type':
      return intScalar(dataTypes[value.column.type].id)
    case 'vector': {
      const elements = tupleElements(value)
      return elements === undefined ? value : ({ ...value, data: elements.map(toWire) } as Vector)
    }
    default:
      return value
  }
}

/** `x[i]`. @throws {ScriptError} if the value cannot be indexed in this way */
export function indexValue(target: ServerValue, index: ServerValue): ServerValue {
  switch (target.form) {
    case 'vector':
    case 'arrayVector':
      return indexColumn(target, index)
    case 'pair':
      return indexColumn(target.elements, index)
    case 'scalar':
      return target
    case 'serverDictionary':
      return entryOf(target, index)
    case 'serverTable': {
      const name = textOf(index)
      check(name !== undefined, `t[i] for rows of a table${notEmbedded}`)
      return tableColumn(target, name)
    }
    default:
      throw new ScriptError('The object can not be indexed.')
  }
}

/** Stands for a position out of range, whose element is null (manual, "slice"). */
const outside = -1

/** The rows that an index selects: a position, positions, conditions or a range; `outside` if out of range. */
function selectedRows(index: ServerValue, length: number): Int32Array {
  const bounds = boundsOf(index, length)
  if (bounds !== undefined) {
    const [from, to] = bounds
    return everyRow(Math.max(0, Math.min(to, length) - from)).map(row => from + row)
  }
  const { vector } = operandOf(index, 'at')
  if (vector.type === 'BOOL') return everyRow(length).filter(row => vector.data[row] === 1)
  return Int32Array.from(positionsOf(vector), at => (at >= 0 && at < length ? at : outside))
}

function everyRow(length: number): Int32Array {
  return Int32Array.from({ length }, (_, row) => row)
}

/** The bounds of a pair, whose nulls are open ends. @throws {ScriptError} unless they ascend from 0 */
function boundsOf(index: ServerValue, length: number): readonly [number, number] | undefined {
  if (index.form !== 'pair') return undefined
  check(kindOf(index.elements.type) !== 'double', notWhole)
  const [first, last] = cellsAs('long', index.elements)
  const [from, to] = [Number(first ?? 0), Number(last ?? length)]
  const ascends = from >= 0 && to >= from
  check(ascends, `The bounds of an index range must ascend from 0: ${from}:${to}.`)
  return [from, to]
}

const notWhole = 'An index must be an integer.'

/** The positions; a null counts as out of range. */
export function positionsOf(vector: Vector): number[] {
  const kind = kindOf(vector.type)
  check(kind === 'int' || kind === 'long', notWhole)
  return cellsOf(vector).map(cell => (cell === null ? Infinity : Number(cell)))
}

function indexColumn(column: Column, index: ServerValue): ServerValue {
  const rows = selectedRows(index, column.length)
  const isTuple = column.form === 'vector' && (column.type === 'ANY' || column.type === 'VOID')
  if (isTuple && index.form === 'scalar' && rows[0] === outside) return explicitNull
  const extended = rows.includes(outside)
    ? joinColumns([column, nullColumn(columnTypeOf(column), 1)])
    : column
  const inRange = rows.map(row => (row === outside ? column.length : row))
  const isSingle = index.form === 'scalar' && index.type !== 'BOOL'
  return isSingle ? (elementAt(extended, inRange[0]!) as ServerValue) : takeRows(extended, inRange)
}

/** `x[i] = v`, and `` t[`col] = v `` for old and new columns. @returns false if the index is invalid; the target is then unchanged */
export function assignElements(
  target: ServerValue,
  index: ServerValue,
  value: ServerValue,
): boolean {
  if (target.form === 'serverTable') return assignColumn(target, index, value)
  const isVector = target.form === 'vector'
  check(isVector, `x[i] = v, except for vectors and columns of tables${notEmbedded}`)
  const [, to] = boundsOf(index, target.length) ?? [0, 0]
  const positions = selectedRows(index, target.length)
  if (to > target.length || positions.includes(outside)) return false
  const isTuple = target.type === 'ANY'
  const source = isTuple
    ? tupleOf(index.form === 'scalar' ? [value] : elementsOf(value))
    : operandOf(value, 'assignment').vector
  if (source.length !== 1 && source.length !== positions.length) return false
  const added = convertColumn(source, columnTypeOf(target))
  const rows = everyRow(target.length)
  const step = source.length === 1 ? 0 : 1
  for (let i = 0; i < positions.length; i++) rows[positions[i]!] = target.length + i * step
  overwrite(target, takeRows(joinColumns([target, added]), rows))
  return true
}

function assignColumn(target: ServerTable, index: ServerValue, value: ServerValue): boolean {
  const name = textOf(index)
  if (name === undefined) return false
  const isShared = target.sharedName !== ''
  check(!isShared, "Can't change the columns of a shared table. Use an update statement.")
  const { vector, isScalar } = operandOf(value, 'assignment')
  const column = isScalar ? takeRows(vector, new Int32Array(target.rows)) : vector
  if (column.length !== target.rows) return false
  const position = target.columnNames.indexOf(name)
  if (position >= 0) target.replaceColumn(position, column)
  else target.addColumn(name, columnTypeOf(column), column)
  return true
}
