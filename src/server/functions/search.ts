/*
  Is it there, and where: in, find, between, like (DolphinDB manual, pages of each name).
*/
import type { DataType } from '../../protocol/data-type.js'
import { columnTypeOf, elementAt } from '../../protocol/element.js'
import { isTemporal } from '../../protocol/temporal.js'
import type { Vector } from '../../protocol/value.js'
import type { Builtin } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { castVector } from '../script/cast.js'
import { dictionaryKeys, entryOf } from '../script/dictionary.js'
import { keysOfVector, type Key } from '../script/operators/keys.js'
import { numberKindOf } from '../script/operators/numbers.js'
import { applyBinary } from '../script/operators/operators.js'
import { operandOf } from '../script/operators/shape.js'
import { isLiteral, textsOfVector } from '../script/operators/text.js'
import { textOf } from '../script/scalar.js'
import type { ServerValue } from '../script/values.js'
import { tupleElements, vectorOfElements } from '../script/vector-literal.js'
import { columnOfScalar } from '../tables/convert.js'
import { binaryFunction } from './define.js'

/** What `in` looks into, as a vector. */
function haystackOf(value: ServerValue): Vector {
  switch (value.form) {
    case 'scalar':
      return columnOfScalar(value)
    case 'vector':
      return value
    case 'set':
    case 'matrix':
    case 'pair':
      return value.elements
    case 'serverDictionary':
      return dictionaryKeys(value)
    case 'serverTable': {
      const [first] = value.keyColumns
      const column = value.column(first ?? 0)
      if (column.form === 'vector' && (value.columnNames.length === 1 || first !== undefined)) {
        return column
      }
      throw new ScriptError('in: Y must be a table of one column or with a key.')
    }
    default:
      throw new ScriptError('in: Y must be a vector, set, dictionary or table.')
  }
}

/** Keys of the vector that are equal to those of `other` where the elements are: numbers meet by value. */
function keysFor(vector: Vector, other: Vector): readonly Key[] {
  const meets =
    vector.type === other.type ||
    vector.type === 'VOID' ||
    other.type === 'VOID' ||
    (isLiteral(vector.type) && isLiteral(other.type)) ||
    (isPlainNumber(vector.type) && isPlainNumber(other.type))
  return keysOfVector(meets ? vector : castVector(vector, columnTypeOf(other)))
}

function isPlainNumber(type: DataType): boolean {
  return numberKindOf(type) !== undefined && !isTemporal(type)
}

function isIn(needle: ServerValue, haystack: ServerValue): ServerValue {
  const tuple = tupleElements(needle)
  if (tuple !== undefined) return vectorOfElements(tuple.map(element => isIn(element, haystack)))
  const operand = operandOf(needle, 'in')
  const within = haystackOf(haystack)
  const isNothing = haystack.form === 'scalar' && haystack.value === null
  const known = new Set<Key>(isNothing ? [] : keysOfVector(within))
  const keys = keysFor(operand.vector, within)
  const data = Int8Array.from(keys, key => (known.has(key) ? 1 : 0))
  return operand.rebuild({ form: 'vector', type: 'BOOL', length: data.length, data })
}

/** find(X, Y): positions of the elements of Y in X, −1 where there is none; of a dictionary its values. */
function find(haystack: ServerValue, needle: ServerValue): ServerValue {
  if (haystack.form === 'serverDictionary') {
    if (needle.form !== 'vector') return entryOf(haystack, needle)
    const found = Array.from({ length: needle.length }, (_, row) =>
      entryOf(haystack, elementAt(needle, row) as ServerValue),
    )
    return vectorOfElements(found)
  }
  const within = haystackOf(haystack)
  const operand = operandOf(needle, 'find')
  const positions = new Map<Key, number>()
  keysOfVector(within).forEach((key, row) => {
    if (!positions.has(key)) positions.set(key, row)
  })
  const keys = keysFor(operand.vector, within)
  const data = Int32Array.from(keys, key => positions.get(key) ?? -1)
  return operand.rebuild({ form: 'vector', type: 'INT', length: data.length, data })
}

/** between(X, a:b): both bounds included. */
function between(value: ServerValue, bounds: ServerValue): ServerValue {
  if (bounds.form !== 'pair') throw new ScriptError('between: Y must be a pair.')
  const [low, high] = [0, 1].map(index => elementAt(bounds.elements, index) as ServerValue)
  return applyBinary('&&', applyBinary('>=', value, low!), applyBinary('<=', value, high!))
}

/** `%` stands for any text, `?` and `_` for one character. */
export function likePattern(pattern: string, flags = ''): RegExp {
  const source = pattern.replace(/[\\^$.*+()[\]{}|]/g, '\\$&').replace(/[?_]/g, '.')
  return new RegExp(`^${source.replace(/%/g, '.*')}$`, `s${flags}`)
}

function like(name: string, flags: string): Builtin {
  return binaryFunction(name, (value, patternArgument) => {
    const pattern = textOf(patternArgument)
    if (pattern === undefined) throw new ScriptError(`${name}: the pattern must be a string.`)
    const operand = operandOf(value, name)
    if (!isLiteral(operand.vector.type) && operand.vector.type !== 'CHAR') {
      throw new ScriptError(`${name}: X must be a string or a vector of strings.`)
    }
    const expression = likePattern(pattern, flags)
    const data = Int8Array.from(textsOfVector(operand.vector), text =>
      expression.test(text) ? 1 : 0,
    )
    return operand.rebuild({ form: 'vector', type: 'BOOL', length: data.length, data })
  })
}

export const searchFunctions: readonly Builtin[] = [
  binaryFunction('in', isIn),
  binaryFunction('find', find),
  binaryFunction('between', between),
  like('like', ''),
  like('ilike', 'i'),
]
