import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { SetValue } from '../../../src/protocol/value.js'
import { checkSetElements, setOperation } from '../../../src/server/operators/set-operation.js'
import type { BinaryOperator } from '../../../src/server/script/parse/syntax.js'
import { runs } from '../../helpers/runs.js'
import { int } from '../../helpers/values.js'
import { textsOf } from '../../helpers/script.js'
import { valuesOf } from '../columns/columns.js'
import { scalar, vector } from './values.js'

const setOf = (elements: SetValue['elements']): SetValue => ({ form: 'set', elements })
const ints = (values: Iterable<number | null>): SetValue => setOf(vector('INT', ...values))
const has = (all: Set<unknown>, one: unknown): boolean => all.has(one)

t.test('sets compute as sets do', async () => {
  const few = fc.uniqueArray(fc.option(fc.integer({ min: 0, max: 5 })), { maxLength: 6 })
  fc.assert(
    fc.property(few, few, (left, right) => {
      const [a, b] = [new Set(left), new Set(right)]
      const isSubset = left.every(one => has(b, one))
      const isSuperset = right.every(one => has(a, one))
      const made = (operator: BinaryOperator): unknown => {
        const value = setOperation(operator, ints(left), ints(right))
        return value.form === 'set' ? valuesOf(value.elements) : value
      }
      assert.deepEqual(
        made('&'),
        left.filter(one => has(b, one)),
      )
      assert.deepEqual(
        made('-'),
        left.filter(one => !has(b, one)),
      )
      assert.deepEqual(made('|'), [...new Set([...left, ...right])])
      const odd = [...left.filter(one => !has(b, one)), ...right.filter(one => !has(a, one))]
      assert.deepEqual(made('^'), odd)
      const told: [BinaryOperator, boolean][] = [
        ['==', isSubset && isSuperset],
        ['!=', !(isSubset && isSuperset)],
        ['<=', isSubset],
        ['<', isSubset && !isSuperset],
        ['>=', isSuperset],
        ['>', isSuperset && !isSubset],
      ]
      for (const [operator, wanted] of told)
        assert.deepEqual(made(operator), scalar('BOOL', wanted))
    }),
    { numRuns: runs(150) },
  )
})

t.test('sets of different types meet where their elements are equal', async t => {
  const longs = setOf(vector('LONG', 2n, 3n, null))
  const both = setOperation('&', ints([1, 2, null]), longs) as SetValue
  t.strictSame(both.elements, vector('INT', 2, null))
  const all = setOperation('|', ints([1, 2, null]), longs) as SetValue
  t.strictSame(all.elements, vector('LONG', 1n, 2n, null, 3n))
  t.strictSame(setOperation('==', ints([2]), setOf(vector('DOUBLE', 2))), scalar('BOOL', true))
  const texts = setOperation('|', setOf(vector('SYMBOL', 'a')), setOf(vector('STRING', 'b', 'a')))
  t.same(textsOf((texts as SetValue).elements), ['a', 'b'])
})

t.test('what is no set, and operators that sets do not have, are refused', async t => {
  const message = 'The elements of a set must be of the same type.'
  t.throws(() => checkSetElements(vector('ANY', int(1))), { name: 'ScriptError', message })
  t.throws(() => setOperation('|', ints([1]), setOf(vector('STRING', 'a'))), { message })
  checkSetElements(vector('INT', 1))
  for (const operator of ['+', '*', '&&', '<<'] as const) {
    t.throws(() => setOperation(operator, ints([1]), ints([1])), {
      category: 'SYSTEM_Operator',
      message: `The operator [${operator}] is not defined for sets.`,
    })
  }
})
