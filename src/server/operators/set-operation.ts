/*
  Sets: | & ^ - make sets, comparisons tell subsets (manual, "Operators").
*/
import { takeRows } from '../../protocol/element.js'
import type { SetValue, Vector } from '../../protocol/value.js'
import { ScriptError } from '../script-error.js'
import type { BinaryOperator } from '../script/parse/syntax.js'
import { joinVectors } from '../values/join-vectors.js'
import { boolScalar } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import { distinctRows, keysOfVector, type Key } from './keys/row-keys.js'

/** @throws {ScriptError} for a tuple */
export function checkSetElements(vector: Vector): void {
  if (vector.type !== 'ANY') return
  throw new ScriptError('The elements of a set must be of the same type.')
}

/**
 * A set of the vector's distinct elements.
 * @throws {ScriptError} for a tuple
 */
function setOf(vector: Vector): SetValue {
  checkSetElements(vector)
  return { form: 'set', elements: takeRows(vector, distinctRows(vector)) as Vector }
}

/**
 * Sets of different types meet where their elements are equal.
 * @throws {ScriptError} for operators that sets do not have
 */
export function setOperation(
  operator: BinaryOperator,
  left: SetValue,
  right: SetValue,
): ServerValue {
  const a = new Set(keysOfVector(left.elements))
  const b = new Set(keysOfVector(right.elements))
  const isSubset = [...a].every(key => b.has(key))
  const isSuperset = [...b].every(key => a.has(key))
  switch (operator) {
    case '==':
      return boolScalar(isSubset && isSuperset)
    case '!=':
      return boolScalar(!(isSubset && isSuperset))
    case '<=':
      return boolScalar(isSubset)
    case '<':
      return boolScalar(isSubset && !isSuperset)
    case '>=':
      return boolScalar(isSuperset)
    case '>':
      return boolScalar(isSuperset && !isSubset)
    case '&':
      return keep(left, key => b.has(key))
    case '-':
      return keep(left, key => !b.has(key))
    case '|':
      return setOf(joinVectors(left.elements, right.elements))
    case '^': {
      const onlyLeft = keep(left, key => !b.has(key))
      const onlyRight = keep(right, key => !a.has(key))
      return setOf(joinVectors(onlyLeft.elements, onlyRight.elements))
    }
    default:
      throw new ScriptError(`The operator [${operator}] is not defined for sets.`, {
        category: 'SYSTEM_Operator',
      })
  }
}

function keep(set: SetValue, wants: (key: Key) => boolean): SetValue {
  const rows: number[] = []
  keysOfVector(set.elements).forEach((key, row) => {
    if (wants(key)) rows.push(row)
  })
  return { form: 'set', elements: takeRows(set.elements, Int32Array.from(rows)) as Vector }
}
