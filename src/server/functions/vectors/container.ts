/*
  Dictionaries, sets and matrices (DolphinDB manual, pages dict, set, matrix, keys, values).
*/
import { takeRows } from '../../../protocol/element.js'
import type { Matrix, Value, Vector } from '../../../protocol/value.js'
import type { Builtin, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castVector, typeArgument } from '../../operators/cast.js'
import {
  dictionaryKeys,
  dictionaryValues,
  emptyDictionary,
  entryOf,
  hasEntry,
  setEntry,
  tableColumn,
} from '../../elements/dictionary.js'
import { indexValue } from '../../elements/indexing.js'
import { elementsOf } from '../../elements/items.js'
import { applyBinary } from '../../operators/operators.js'
import { matrixColumn, matrixOfColumns, reshape } from '../../operators/matrix.js'
import { distinctInPieces } from '../../operators/keys/distinct.js'
import { indexInPieces } from '../../elements/index-in-pieces.js'
import { operate } from '../../operators/operate.js'
import { checkSetElements, setOperation } from '../../operators/set-operation.js'
import { checkAtOnce } from '../../values/pieces.js'
import { integerOf, stringVector } from '../../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../values/server-value.js'
import { tupleOf, vectorOfElements } from '../../values/vector-literal.js'
import { weighEntry } from '../../values/weigh.js'
import type { ServerTable } from '../../tables/server-table.js'
import { isAbsent } from '../arguments.js'
import { alias, binaryFunction, defineFunction, unaryFunction } from '../define.js'
import { filledInPieces, sizeOf, vectorArgument, zerosInPieces } from './vector.js'

/** dict(keyObj, valueObj, [ordered]) or dict(keyType, valueType, [ordered]); the order is always kept. */
const dict = defineFunction(
  'dict',
  ['keyObj', 'valueObj', 'ordered'],
  2,
  function* (context, [keys, values]) {
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
      context.memory.pass(weighEntry(value, context.memory.room))
      setEntry(dictionary, key, value)
      const pause = context.step()
      if (pause !== undefined) yield pause
    }
    return dictionary
  },
)

function dictionaryArgument(value: ServerValue | undefined, name: string): ServerDictionary {
  if (value?.form !== 'serverDictionary') throw new ScriptError(`${name} takes a dictionary.`)
  return value
}

/** keys(X): of a dictionary; names of a table's columns; elements of a set. */
const keys = unaryFunction(
  'keys',
  value => {
    if (value.form === 'serverTable') return stringVector(value.columnNames)
    if (value.form === 'set') return value.elements
    checkAtOnce('keys', [value])
    return dictionaryKeys(dictionaryArgument(value, 'keys'))
  },
  { pace: 'own' },
)

/** values(X): of a dictionary; columns of a table. */
const values = unaryFunction(
  'values',
  value => {
    if (value.form === 'serverTable') return columnTuple(value)
    checkAtOnce('values', [value])
    return dictionaryValues(dictionaryArgument(value, 'values'))
  },
  { pace: 'own' },
)

function columnTuple(table: ServerTable): ServerValue {
  const data: Value[] = table.columnNames.map((_, index) => table.column(index))
  return { form: 'vector', type: 'ANY', length: data.length, data }
}

/** dictUpdate!(dictionary, function, keys, parameters): the function joins old and new values. */
const dictUpdate = defineFunction(
  'dictUpdate!',
  ['dictionary', 'function', 'keys', 'parameters', 'initFunc'],
  4,
  function* (context, [target, fn, keyArgument, parameters]) {
    const dictionary = dictionaryArgument(target, 'dictUpdate!')
    if (fn?.form !== 'function') throw new ScriptError('dictUpdate! takes a function.')
    const added = elementsOf(parameters!)
    for (const [index, key] of elementsOf(keyArgument!).entries()) {
      const value = added[index] ?? added[0]!
      const updated = hasEntry(dictionary, key)
        ? yield* context.call(fn, [entryOf(dictionary, key), value])
        : value
      context.memory.keep(weighEntry(updated, context.memory.room))
      setEntry(dictionary, key, updated)
      const pause = context.step()
      if (pause !== undefined) yield pause
    }
    return dictionary
  },
  { mutatesFirst: true },
)

const set = unaryFunction(
  'set',
  function* (value, context) {
    const vector = vectorArgument(value, 'set')
    checkSetElements(vector)
    const elements = yield* distinctInPieces(context, vector)
    return { form: 'set', elements: elements as Vector }
  },
  { pace: 'own' },
)

function setFunction(name: string, operator: '|' | '&' | '^'): Builtin {
  return binaryFunction(name, (left, right) =>
    left.form === 'set' && right.form === 'set'
      ? setOperation(operator, left, right)
      : applyBinary(operator, left, right),
  )
}

/** matrix(type, rows, columns, [columnsCapacity], [defaultValue]) or matrix(column, column, …). */
const matrix = defineFunction(
  'matrix',
  ['...rest'],
  1,
  function* (context, args): Evaluation<ServerValue> {
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
        ? yield* zerosInPieces(context, type, length)
        : yield* filledInPieces(
            context,
            castVector(vectorArgument(defaultValue, 'matrix'), type),
            length,
          )
      return reshape(elements as Vector, rows, columns)
    }
    const parts = args.length === 1 ? matrixParts(first!) : args
    const vectors = parts.flatMap(part =>
      part?.form === 'matrix' ? columnsOf(part) : [vectorArgument(part, 'matrix')],
    )
    return matrixOfColumns(vectors)
  },
)

/** A tuple of columns, a table, or one column. */
function matrixParts(value: ServerValue): readonly ServerValue[] {
  if (value.form === 'serverTable') return value.columnNames.map((_, index) => value.column(index))
  if (value.form === 'vector' && value.type === 'ANY') return elementsOf(value)
  return [value]
}

function columnsOf(value: Matrix): Vector[] {
  return Array.from({ length: value.columns }, (_, index) => matrixColumn(value, index))
}

const transpose = unaryFunction(
  'transpose',
  value => {
    if (value.form === 'serverTable') return dictionaryOfColumns(value)
    checkAtOnce('transpose', [value])
    if (value.form !== 'matrix') throw new ScriptError('transpose takes a matrix or a table.')
    const { rows, columns } = value
    const order = Int32Array.from(
      { length: rows * columns },
      (_, i) => (i % columns) * rows + Math.floor(i / columns),
    )
    return reshape(takeRows(value.elements, order) as Vector, columns, rows)
  },
  { pace: 'own' },
)

function dictionaryOfColumns(table: Extract<ServerValue, { form: 'serverTable' }>): ServerValue {
  const dictionary = emptyDictionary({ type: 'STRING' })
  table.columnNames.forEach((name, index) => {
    setEntry(dictionary, { form: 'scalar', type: 'STRING', value: name }, table.column(index))
  })
  return dictionary
}

/** shape(X): rows and columns as a pair. */
const shape = unaryFunction(
  'shape',
  value => {
    const dimensions =
      value.form === 'matrix'
        ? [value.rows, value.columns]
        : value.form === 'serverTable'
          ? [value.rows, value.columnNames.length]
          : [sizeOf(value), 1]
    const data = Int32Array.from(dimensions)
    return { form: 'pair', elements: { form: 'vector', type: 'INT', length: 2, data } }
  },
  { pace: 'own' },
)

/** row(obj, i): one row of a matrix, one element of each vector of a tuple, one row of a table. */
const row = binaryFunction(
  'row',
  (value, index, context) => {
    if (value.form === 'serverTable') return indexInPieces(context, value, [index])
    checkAtOnce('row', [value, index])
    const columns = value.form === 'matrix' ? columnsOf(value) : elementsOf(value)
    return vectorOfElements(columns.map(column => indexValue(column, [index])))
  },
  { pace: 'own' },
)

/** col(obj, i): one column of a matrix, a table or a tuple. */
const col = binaryFunction(
  'col',
  (value, index, context) => {
    const position = integerOf(index)
    if (value.form === 'serverTable' && position !== undefined) {
      const name = value.columnNames[position]
      if (name === undefined) throw new ScriptError('The column index is out of range.')
      return tableColumn(value, name)
    }
    return indexInPieces(context, value, [index])
  },
  { pace: 'own' },
)

const reshapeFunction = defineFunction(
  'reshape',
  ['obj', 'dim'],
  1,
  (context, [value, dimensions]) => {
    if (dimensions === undefined) return value!.form === 'matrix' ? value.elements : value!
    return operate(context, '$', value!, dimensions)
  },
  { pace: 'own' },
)

/** tuple(X, …): the arguments as a tuple. */
const tuple = defineFunction(
  'tuple',
  ['...rest'],
  0,
  (_, args) => tupleOf(args.filter(value => value !== undefined)),
  { pace: 'own' },
)

export const containerFunctions: readonly Builtin[] = [
  dict,
  alias(dict, 'syncDict'),
  keys,
  values,
  dictUpdate,
  set,
  setFunction('union', '|'),
  setFunction('intersection', '&'),
  setFunction('symmetricDifference', '^'),
  matrix,
  transpose,
  alias(transpose, 'flip'),
  shape,
  row,
  col,
  alias(col, 'column'),
  reshapeFunction,
  tuple,
]
