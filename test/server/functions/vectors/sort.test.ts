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
    'cutPoints(1 2 3 4, 2, 1 1 1 3)': '[1,4,5]',
    'cutPoints(1 2 3 4, 2, 1 1 1 1)': '[1,3,5]',
    'x=9 1 5; sort!(x); x': '[1,5,9]',
    'x=9 1 5; sort!(x, false); x': '[9,5,1]',
    'x=9 1 5; x.sort!(0); x': '[9,5,1]',
    'x=9 1 5; y=x; sort!(x); x': '[1,5,9]',
    'm=matrix(3 1, 4 2); sort!(m); m[0]': '[1,2]',
    'cutPoints(NULL 2 NULL 3 1 4, 2)': '[1,3,5]',
    'cutPoints(2020.01.03 2020.01.01 2020.01.02, 1)': '[2020.01.01,2020.01.04]',
    'x=cutPoints(string(0..99), 4); x[0 1 2 3]': '[0,31,54,77]',
    'x=cutPoints(string(0..99), 4); x[4] > `99': 'true',
  },
  'orders of every kind of value': {
    'sort(9 1 5, true)': '[1,5,9]',
    'sort(9 1 5, 0)': '[9,5,1]',
    'sort(9 1 5, NULL)': '[1,5,9]',
    'sort(3 NULL 1, false)': '[3,1,]',
    'sort(array(INT, 0))': '[]',
    'sort(5)': '[5]',
    'sort(3:1)': '[1,3]',
    'sort(`b`a`b$SYMBOL)': '[a,b,b]',
    'typestr(sort(`b`a$SYMBOL))': 'FAST SYMBOL VECTOR',
    'sort(2024.01.02 2024.01.01)': '[2024.01.01,2024.01.02]',
    'sort([-9223372036854775807l, 1l, NULL])': '[,-9223372036854775807,1]',
    'x = 3 1 2; y = sort(x); x': '[3,1,2]',
  },
  'a matrix stays one': {
    'x = sort(1 4 2 5 6 3$2:3); typestr(x)': 'FAST INT MATRIX',
    'sort(1 4 2 5 6 3$2:3)[0]': '[1,2]',
    'sort(1 4 2 5 6 3$2:3)[2]': '[5,6]',
    'sort(1 4 2 5 6 3$2:3, false)[0]': '[6,5]',
  },
  'each once, in the order of the first': {
    'distinct(3 NULL 3 NULL 1)': '[3,,1]',
    'distinct(array(INT, 0))': '[]',
    'typestr(distinct(`b`a`b$SYMBOL))': 'FAST SYMBOL VECTOR',
    'distinct(5)': '[5]',
  },
  'bins of about as many elements': {
    'cutPoints(1..10, 1)': '[1,11]',
    'cutPoints(1..10, 3)': '[1,4,7,11]',
    'cutPoints(1..3, 3)': '[1,2,3,4]',
    'cutPoints(5 5 5 5, 2)': '[5,5,6]',
    'cutPoints(1.5 0.5, 1)': '[0.5,2.5]',
    'cutPoints(3l 1l, 1)': '[1,4]',
    'typestr(cutPoints(3l 1l, 1))': 'FAST LONG VECTOR',
  },
})

testRefusals(t, 'what has no order is refused', {
  'distinct((1, `a))': 'takes a vector of one type',
  'sort(table(1 2 as x))': 'takes a vector',
  'sort(arrayVector(1 2, 1 2))': '[sort] takes a vector',
  'distinct(arrayVector(1 2, 1 2))': 'takes a vector of one type',
  'cutPoints(1..3, 0)': 'from 1 to the number of elements',
  'cutPoints(1..3, 4)': 'from 1 to the number of elements',
  'cutPoints(1 NULL, 2)': 'from 1 to the number of elements',
  'cutPoints(1..3, 1.5)': '[binNum] must be an integer',
  'cutPoints(true false, 1)': 'must be numbers, dates or texts',
  'cutPoints(table(1 as a), 1)': '[cutPoints] takes a vector',
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

t.test('bins divide a vector evenly', async () => {
  const { run } = testSession()
  const numbers = fc.uniqueArray(fc.integer({ min: -99, max: 99 }), { minLength: 1, maxLength: 40 })
  await fc.assert(
    fc.asyncProperty(numbers, fc.integer({ min: 1, max: 40 }), async (values, most) => {
      const bins = Math.min(most, values.length)
      const answer = await run(`cutPoints([${values.join(',')}], ${bins})`)
      const bounds = [...(answer as { data: Int32Array }).data]
      assert.equal(bounds.length, bins + 1)
      const counts = bounds.slice(1).map((upper, bin) => {
        return values.filter(value => value >= bounds[bin]! && value < upper).length
      })
      assert.equal(
        counts.reduce((sum, count) => sum + count),
        values.length,
      )
      assert.ok(Math.max(...counts) - Math.min(...counts) <= 1)
    }),
    { numRuns: runs(30) },
  )
})
