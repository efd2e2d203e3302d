/*
  Membership tests (DolphinDB manual, pages in, between and like).
*/
import type { DataType } from '../../../protocol/data-type.js'
import { columnTypeOf, elementAt } from '../../../protocol/element.js'
import { isTemporal } from '../../../protocol/types/temporals.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { castVector } from '../../operators/cast.js'
import { dictionaryKeys } from '../../elements/dictionary.js'
import { keysOfVector, type Key } from '../../operators/row-keys.js'
import { numberKindOf, isLiteral, textsOfVector, operandOf } from '../../operators/operands.js'
import { applyBinary } from '../../operators/operators.js'
import { textOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { tupleElements, vectorOfElements } from '../../values/vector-literal.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import { binaryFunction } from '../arguments.js'

/** The values in which the function `in` searches, as a vector. */
function haystackOf(value: ServerValue): Vector {
  switch (value.form) {
    case 'scalar':
      return columnOfScalar(value)
    case 'vector':
      return value
    case 'serverDictionary':
      return dictionaryKeys(value)
    default:
      throw new ScriptError('in: Y must be a vector or a dictionary.')
  }
}

/** Keys of `vector`'s elements, to compare with keys of `other`. Equal keys mean equal values, and vice versa. */
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
  const within = haystackOf(haystack)
  const isNothing = haystack.form === 'scalar' && haystack.value === null
  const known = new Set(isNothing ? [] : keysOfVector(within))
  const operand = operandOf(needle, 'in')
  const data = Int8Array.from(keysFor(operand.vector, within), key => (known.has(key) ? 1 : 0))
  return operand.rebuild({ form: 'vector', type: 'BOOL', length: data.length, data })
}

/** between(X, a:b) includes both bounds. */
function between(value: ServerValue, bounds: ServerValue): ServerValue {
  if (bounds.form !== 'pair') throw new ScriptError('between: Y must be a pair.')
  const [low, high] = [0, 1].map(index => elementAt(bounds.elements, index) as ServerValue)
  return applyBinary('&&', applyBinary('>=', value, low!), applyBinary('<=', value, high!))
}

/**
 * `%` matches any text; `?` and `_` match one character. Each `%` matches as little as possible, so only the last `%`
 * ever needs a second attempt. The time is at most the pattern's length times the text's length.
 */
function likeMatcher(pattern: string): (text: string) => boolean {
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
