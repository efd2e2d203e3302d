import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Value } from '../../../../src/protocol/value.js'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import { testSession } from '../../../helpers/script.js'
import { runs } from '../../../helpers/runs.js'

testExamples(t, {
  order: {
    'sort(3 NULL 1)': '[,1,3]',
    'sort(3 1 2, false)': '[3,2,1]',
    'sort(`b`a)': '[a,b]',
    'sort(2.5 -1 NULL)': '[,-1,2.5]',
    'sort([2l,1l])': '[1,2]',
    'sort(true false)': '[false,true]',
    'distinct(4 5 5 2 4)': '[4,5,2]',
    'distinct(`a`b`a)': '[a,b]',
    'cutPoints(2 3 1 4, 2)': '[1,3,5]',
    'cutPoints(NULL 2 NULL 3 1 4, 2)': '[1,3,5]',
    'cutPoints(2020.01.03 2020.01.01 2020.01.02, 1)': '[2020.01.01,2020.01.04]',
    'x=cutPoints(string(0..99), 4); x[0 1 2 3]': '[0,31,54,77]',
    'x=cutPoints(string(0..99), 4); x[4] > `99': 'true',
  },
})

testRefusals(t, 'what has no order is refused', {
  'distinct((1, `a))': 'takes a vector of one type',
  'sort(table(1 2 as x))': 'takes a vector',
})

t.test('sort puts numbers into order', async () => {
  const { run } = testSession()
  const intsOf = (value: Value | undefined): number[] => {
    const vector = value as { data: Int32Array; length: number }
    return [...vector.data.subarray(0, vector.length)]
  }
  const numbers = fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(numbers, fc.boolean(), async (values, ascending) => {
      const expected = [...values].sort((a, b) => (ascending ? a - b : b - a))
      assert.deepStrictEqual(
        intsOf(await run(`sort([${values.join(',')}], ${ascending})`)),
        expected,
      )
    }),
    { numRuns: runs(30) },
  )
})
