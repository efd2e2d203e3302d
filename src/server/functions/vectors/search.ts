/*
  Is it there: in, between, like (DolphinDB manual, pages of each name).
*/
import type { DataType } from '../../../protocol/data-type.js'
import { columnTypeOf, elementAt } from '../../../protocol/element.js'
import { isTemporal } from '../../../protocol/types/temporals.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castVector } from '../../operators/cast.js'
import { dictionaryKeys } from '../../elements/dictionary.js'
import { KeyTable, keysOfVector, type Key } from '../../operators/keys/row-keys.js'
import { numberKindOf, isLiteral, textsOfVector } from '../../operators/operands/operands.js'
import { applyBinary } from '../../operators/operators.js'
import { operandOf } from '../../operators/operands/pairing.js'
import { textOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleElements, vectorOfElements } from '../../values/vector-literal.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { binaryFunction } from '../arguments.js'

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
  const within = haystackOf(haystack)
  const isNothing = haystack.form === 'scalar' && haystack.value === null
  const known = new KeyTable<true>()
  const keys = isNothing ? [] : keysOfVector(within)
  for (const key of keys) known.add(key, true)
  return lookUpAll(needle, within, 'BOOL', key => (known.get(key) ? 1 : 0))
}

/** A number for each element of `needle`, whatever it is. */
function lookUpAll(
  needle: ServerValue,
  within: Vector,
  type: 'BOOL' | 'INT',
  find: (key: Key) => number,
): ServerValue {
  const tuple = tupleElements(needle)
  if (tuple !== undefined) {
    const results: ServerValue[] = []
    for (const element of tuple) {
      results.push(lookUpAll(element, within, type, find))
    }
    return vectorOfElements(results)
  }
  const operand = operandOf(needle, type === 'BOOL' ? 'in' : 'find')
  const numbers = Array.from(keysFor(operand.vector, within), find)
  const { length } = numbers
  return operand.rebuild(
    type === 'BOOL'
      ? { form: 'vector', type, length, data: Int8Array.from(numbers) }
      : { form: 'vector', type, length, data: Int32Array.from(numbers) },
  )
}

/** between(X, a:b): both bounds included. */
function between(value: ServerValue, bounds: ServerValue): ServerValue {
  if (bounds.form !== 'pair') throw new ScriptError('between: Y must be a pair.')
  const [low, high] = [0, 1].map(index => elementAt(bounds.elements, index) as ServerValue)
  return applyBinary('&&', applyBinary('>=', value, low!), applyBinary('<=', value, high!))
}

/**
 * `%` stands for any text, `?` and `_` for one character. Every `%` is matched as early as it can be, which needs no
 * second try: no pattern takes longer than its length times that of the text.
 */
export function likeMatcher(pattern: string): (text: string) => boolean {
  return text => {
    let at = 0
    let next = 0
    let afterAny = -1
    let retry = 0
    while (at < text.length) {
      const wanted = pattern[next]
      if (wanted === '%') {
        afterAny = ++next
        retry = at
      } else if (wanted === '?' || wanted === '_' || wanted === text[at]) {
        next++
        at++
      } else if (afterAny >= 0) {
        next = afterAny
        at = ++retry
      } else return false
    }
    while (pattern[next] === '%') next++
    return next === pattern.length
  }
}

export const searchFunctions: readonly Builtin[] = [
  binaryFunction('in', isIn),
  binaryFunction('between', between),
  binaryFunction('like', (value, patternArgument) => {
    const pattern = textOf(patternArgument)
    if (pattern === undefined) throw new ScriptError('like: the pattern must be a string.')
    const operand = operandOf(value, 'like')
    if (!isLiteral(operand.vector.type) && operand.vector.type !== 'CHAR') {
      throw new ScriptError('like: X must be a string or a vector of strings.')
    }
    const matches = likeMatcher(pattern)
    const data = Int8Array.from(textsOfVector(operand.vector), text => (matches(text) ? 1 : 0))
    return operand.rebuild({ form: 'vector', type: 'BOOL', length: data.length, data })
  }),
]
