/*
  Dictionaries, sets and matrices (DolphinDB manual, pages dict, set, matrix, keys, values).
*/
import type { Matrix, Value, Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castVector, typeArgument } from '../../operators/cast.js'
import {
  dictionaryKeys,
  dictionaryValues,
  emptyDictionary,
  setEntry,
} from '../../elements/dictionary.js'
import { elementsOf } from '../../elements/items.js'
import { matrixColumn, matrixOfColumns, reshape } from '../../operators/matrix.js'
import { distinctRows } from '../../operators/keys/row-keys.js'
import { integerOf, stringVector } from '../../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../values/server-value.js'
import { vectorOfElements } from '../../values/vector-literal.js'
import type { ServerTable } from '../../tables/server-table.js'
import { builtin, isAbsent, unaryFunction, filled, vectorArgument, zeros } from '../arguments.js'
import { takeRows } from '../../../protocol/column.js'

function dictionaryArgument(value: ServerValue | undefined, name: string): ServerDictionary {
  if (value?.form !== 'serverDictionary') throw new ScriptError(`${name} takes a dictionary.`)
  return value
}

/** Of a dictionary; names of a table's columns; elements of a set. */
const keys = unaryFunction('keys', value => {
  if (value.form === 'serverTable') return stringVector(value.columnNames)
  if (value.form === 'set') return value.elements
  return dictionaryKeys(dictionaryArgument(value, 'keys'))
})

/** Of a dictionary; columns of a table. */
const values = unaryFunction('values', value => {
  if (value.form === 'serverTable') return columnTuple(value)
  return dictionaryValues(dictionaryArgument(value, 'values'))
})

function columnTuple(table: ServerTable): ServerValue {
  const data: Value[] = table.columnNames.map((_, index) => table.column(index))
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

/** A tuple of columns, a table, or one column. */
function matrixParts(value: ServerValue): readonly ServerValue[] {
  if (value.form === 'serverTable') return value.columnNames.map((_, index) => value.column(index))
  if (value.form === 'vector' && value.type === 'ANY') return elementsOf(value)
  return [value]
}

function columnsOf(value: Matrix): Vector[] {
  return Array.from({ length: value.columns }, (_, index) => matrixColumn(value, index))
}

export const containerFunctions: readonly Builtin[] = [
  /** Or dict(keyType, valueType, [ordered]); the order is always kept. */
  builtin('dict(keyObj, valueObj, [ordered])', (_, [keys, values]) => {
    const keyType = keys!.form === 'vector' ? undefined : typeArgument(keys)
    const valueType = typeArgument(values)
    if (keyType !== undefined && valueType !== undefined) return emptyDictionary(keyType, valueType)
    const keyElements = elementsOf(keys!)
    const valueElements = elementsOf(values!)
    if (keyElements.length !== valueElements.length) {
      throw new ScriptError('The keys and the values of a dictionary must have the same length.')
    }
    const isTyped = values!.form === 'vector' && values!.type !== 'ANY'
    const keyVector = vectorOfElements(keyElements)
    const dictionary = emptyDictionary(
      { type: keyVector.form === 'vector' ? keyVector.type : 'STRING' },
      isTyped ? { type: (values as Vector).type } : undefined,
    )
    for (const [index, key] of keyElements.entries()) {
      const value = valueElements[index]!
      setEntry(dictionary, key, value)
    }
    return dictionary
  }),
  keys,
  values,
  unaryFunction('set', value => {
    const vector = vectorArgument(value, 'set')
    if (vector.type === 'ANY') {
      throw new ScriptError('The elements of a set must be of the same type.')
    }
    const elements = takeRows(vector, distinctRows([vector]))
    return { form: 'set', elements: elements as Vector }
  }),
  /** Or matrix(column, column, …). */
  builtin('matrix(X, ...rest)', (context, args) => {
    const [first, second, third, , defaultValue] = args
    const isType = first!.form === 'type' || first!.form === 'function'
    const type = isType ? typeArgument(first) : undefined
    const rows = integerOf(second)
    const columns = integerOf(third)
    if (type !== undefined && rows !== undefined && columns !== undefined) {
      if (rows < 0 || columns < 0)
        throw new ScriptError('A matrix cannot have negative dimensions.')
      const length = rows * columns
      const elements = isAbsent(defaultValue)
        ? zeros(context, type, length)
        : filled(context, castVector(vectorArgument(defaultValue, 'matrix'), type), length)
      return reshape(elements as Vector, rows, columns)
    }
    const parts = args.length === 1 ? matrixParts(first!) : args
    const vectors = parts.flatMap(part =>
      part?.form === 'matrix' ? columnsOf(part) : [vectorArgument(part, 'matrix')],
    )
    return matrixOfColumns(vectors)
  }),
]
