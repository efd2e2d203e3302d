/*
  Dictionaries, sets and matrices (DolphinDB manual, pages dict, set, matrix, keys, values). Scripts can create and send
  sets and matrices but not compute with them.
*/
import { takeRows } from '../../../protocol/column.js'
import type { Value, Vector } from '../../../protocol/value.js'
import {
  dictionaryKeys,
  dictionaryValues,
  emptyDictionary,
  setEntry,
} from '../../elements/dictionary.js'
import { typeArgument } from '../../operators/cast.js'
import { zeroColumn } from '../../columns/column-layout.js'
import { distinctRows } from '../../operators/row-keys.js'
import { ScriptError } from '../../script-error.js'
import type { Builtin } from '../../values/builtin.js'
import { integerOf, stringVector } from '../../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../values/server-value.js'
import { elementsOf, joinAll, vectorOfElements } from '../../values/vector-literal.js'
import { builtin, unaryFunction, vectorArgument } from '../arguments.js'

function dictionaryArgument(value: ServerValue, name: string): ServerDictionary {
  if (value.form !== 'serverDictionary') throw new ScriptError(`${name} takes a dictionary.`)
  return value
}

export const containerFunctions: readonly Builtin[] = [
  /** Makes a dictionary from keys and values, or an empty one from their types. Always keeps the order of the keys. */
  builtin('dict(keyObj, valueObj, [ordered])', (_, [keys, values]) => {
    const keyType = keys.form === 'vector' ? undefined : typeArgument(keys)
    const valueType = typeArgument(values)
    if (keyType !== undefined && valueType !== undefined) return emptyDictionary(keyType, valueType)
    const keyElements = elementsOf(keys)
    const valueElements = elementsOf(values)
    if (keyElements.length !== valueElements.length) {
      throw new ScriptError('The keys and the values of a dictionary must have the same length.')
    }
    const isTyped = values.form === 'vector' && values.type !== 'ANY'
    const keyVector = vectorOfElements(keyElements)
    const dictionary = emptyDictionary(
      { type: keyVector.form === 'vector' ? keyVector.type : 'STRING' },
      isTyped ? { type: (values as Vector).type } : undefined,
    )
    keyElements.forEach((key, index) => setEntry(dictionary, key, valueElements[index]!))
    return dictionary
  }),

  unaryFunction('keys', value => {
    if (value.form === 'serverTable') return stringVector(value.columnNames)
    if (value.form === 'set') return value.elements
    return dictionaryKeys(dictionaryArgument(value, 'keys'))
  }),

  unaryFunction('values', value => {
    if (value.form !== 'serverTable') return dictionaryValues(dictionaryArgument(value, 'values'))
    const data: Value[] = value.columnNames.map((_, index) => value.column(index))
    return { form: 'vector', type: 'ANY', length: data.length, data }
  }),

  unaryFunction('set', value => {
    const vector = vectorArgument(value, 'set')
    if (vector.type === 'ANY') {
      throw new ScriptError('The elements of a set must be of the same type.')
    }
    return { form: 'set', elements: takeRows(vector, distinctRows([vector])) as Vector }
  }),

  /** Makes a matrix from columns. From a type, a number of rows and a number of columns, makes a matrix of zeros. */
  builtin('matrix(X, ...rest)', (_, args) => {
    const [first, second, third] = args
    const type =
      first.form === 'type' || first.form === 'function' ? typeArgument(first) : undefined
    const [rows, columns] = [integerOf(second), integerOf(third)]
    if (type !== undefined && rows !== undefined && columns !== undefined) {
      if (rows < 0 || columns < 0)
        throw new ScriptError('A matrix cannot have negative dimensions.')
      return {
        form: 'matrix',
        rows,
        columns,
        elements: zeroColumn(type, rows * columns) as Vector,
      }
    }
    const vectors = args.map(column => vectorArgument(column, 'matrix'))
    const { length } = vectors[0]!
    if (vectors.some(vector => vector.length !== length)) {
      throw new ScriptError('All columns must be of the same length. RefId:S02010')
    }
    const elements = joinAll(vectors)
    if (elements.type === 'ANY') {
      throw new ScriptError('The elements of a matrix must be of the same type.')
    }
    return { form: 'matrix', rows: length, columns: vectors.length, elements }
  }),
]
