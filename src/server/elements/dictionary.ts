/*
  Dictionaries in scripts: how to make, read and change them. Also reads members of values (`d.key`, `t.col`), and converts
  received values to script values and back.
*/
import { type ColumnType, type DataType, dataTypes } from '../../protocol/data-type.js'
import { columnTypeOf, elementAt, formatScalar } from '../../protocol/element.js'
import {
  type Column,
  type Dictionary,
  type Scalar,
  type Value,
  type Vector,
  explicitNull,
} from '../../protocol/value.js'
import { check } from '../script-error.js'
import { castValue } from '../operators/operators.js'
import { isStream } from '../tables/prepare.js'
import type { ServerTable } from '../tables/server-table.js'
import { intScalar, nullOf, stringScalar } from '../values/scalar.js'
import type { FunctionValue, ServerDictionary, ServerValue } from '../values/server-value.js'
import {
  tupleElements,
  tupleOf,
  vectorOfElements,
  vectorOfScalars,
} from '../values/vector-literal.js'
import { tableFromWire, tableToWire } from '../tables/memory-table.js'

/** @param valueType  if omitted or ANY, the dictionary accepts values of any type and stores them unchanged */
export function emptyDictionary(keyType: ColumnType, valueType?: ColumnType): ServerDictionary {
  const holdsAnything = valueType === undefined || valueType.type === 'ANY'
  return {
    form: 'serverDictionary',
    keyType,
    valueType: holdsAnything ? undefined : valueType,
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

/**
 * Makes the dictionary of `{k: v}` or `dict([…], […])`. The keys determine the key type.
 * @param valueType  if omitted, values may have any type
 */
export function makeDictionary(
  keys: readonly ServerValue[],
  values: readonly ServerValue[],
  valueType?: ColumnType,
): ServerDictionary {
  const keyVector = vectorOfElements(keys)
  const keyType: DataType = keyVector.form === 'vector' ? keyVector.type : 'STRING'
  const dictionary = emptyDictionary({ type: keys.length === 0 ? 'STRING' : keyType }, valueType)
  keys.forEach((key, index) => setEntry(dictionary, key, values[index] ?? explicitNull))
  return dictionary
}

/**
 * Casts key and value to the types of the dictionary, and adds or replaces the entry.
 * @throws {ScriptError} if a cast is impossible
 */
export function setEntry(dictionary: ServerDictionary, key: ServerValue, value: ServerValue): void {
  const { valueType } = dictionary
  const typed = typedKey(dictionary, key)
  const typedValue = valueType === undefined ? value : castValue(value, valueType)
  dictionary.entries.set(keyText(typed), { key: typed, value: typedValue })
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
  const vector = vectorOfScalars(keys)
  if (keys.length > 0) return vector ?? tupleOf(keys)
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

/** @throws {ScriptError} for unknown columns, and for tables whose columns only SQL may read (S02008, S02009) */
export function tableColumn(table: ServerTable, name: string): ServerValue {
  const index = table.columnNames.indexOf(name)
  check(index >= 0, `Unrecognized column name [${name}].`)
  checkDirectAccess(table)
  return table.column(index)
}

/** @throws {ScriptError} S02008, S02009 if only SQL may read the columns (docs/server-semantics.md#kinds-of-tables) */
export function checkDirectAccess(table: ServerTable): void {
  const [kind, refId] = isStream(table) ? ['stream', 'S02009'] : ['DFS', 'S02008']
  check(
    kind === 'DFS' && table.kind !== 'dfs',
    `Direct access using column names is not supported to retrieve data from a ${kind} table. Please use a SQL query instead. RefId:${refId}`,
  )
}

/** The number of each kind of function in the protocol (docs/protocol.md#data-types). */
const functionKinds = { builtin: 0, user: 3, partial: 4 } as const

/** Does not copy vectors: the session owns them after this call. */
export function fromWire(value: Value): ServerValue {
  switch (value.form) {
    case 'table':
      return tableFromWire(value)
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
      const table = tableToWire(value)
      return { ...table, columns: table.columns.map(column => toWire(column) as Column) }
    }
    case 'serverDictionary':
      return dictionaryToWire(value)
    case 'database':
      return { form: 'scalar', type: 'HANDLE', value: value.path }
    case 'function':
      return {
        form: 'scalar',
        type: 'FUNCTIONDEF',
        functionKind: functionKinds[value.kind],
        value: functionText(value),
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

/** The text that printing a function shows: its name, its source, or `f{…}`. */
function functionText(fn: FunctionValue): string {
  switch (fn.kind) {
    case 'builtin':
      return fn.name
    case 'user':
      return fn.name === '' ? fn.definition.source : fn.name
    case 'partial':
      return `${functionText(fn.target)}{${fn.bound.map(() => '…').join(', ')}}`
  }
}

function dictionaryToWire(dictionary: ServerDictionary): Dictionary {
  const { valueType } = dictionary
  const values = dictionaryValues(dictionary)
  return {
    form: 'dictionary',
    keys: dictionaryKeys(dictionary),
    values: toWire(valueType === undefined ? values : castValue(values, valueType)) as Vector,
  }
}
