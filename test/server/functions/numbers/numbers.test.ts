import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Scalar, Value } from '../../../../src/protocol/value.js'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import { testSession } from '../../../helpers/script.js'
import { runs } from '../../../helpers/runs.js'

testExamples(t, {
  'nulls are left out': {
    'sum(1 2 3 NULL 4)': '10',
    'avg(1 2 3 NULL)': '2',
    'count(3 NULL 5 6)': '3',
    'size(3 NULL 5 6)': '4',
    'min(3 NULL 1)': '1',
    'max(3 NULL 1)': '3',
  },
  'without a value the result is null': {
    'isNull(sum(array(INT, 0)))': 'true',
    'typestr(sum(array(INT, 0)))': 'LONG',
    'isNull(avg(00i 00i))': 'true',
    'isNull(max(array(DATE, 0)))': 'true',
    'isNull(first(array(INT, 0)))': 'true',
    'sum(NULL)': '',
  },
  'the type of the result': {
    'typestr(sum(1 2))': 'LONG',
    'typestr(sum(1.5 2))': 'DOUBLE',
    'typestr(avg(1 2))': 'DOUBLE',
    'typestr(count(1 2))': 'INT',
    'typestr(max(1h 2h))': 'SHORT',
    'max(2012.01.01 2013.01.01)': '2013.01.01',
    'min(`b`a)': 'a',
    'sum(1.25P 2.50P)': '3.75',
    'max(1.25P 2.50P)': '2.50',
  },
  'pairs, tuples and tables': {
    'sum(3:4)': '7',
    'sum((1, 2.5))': '3.5',
    'sum([9l, 00l])': '9',
    'count(table(1 NULL 3 as id))': '3',
    'count((1, NULL))': '1',
  },
  edges: {
    'first(5 6 7)': '5',
    'last(5 6 7)': '7',
    'first(NULL 6)': '',
    'last((1, `a))': 'a',
    'first(5)': '5',
  },
  'truth of all': {
    'all(1 1 1)': 'true',
    'all(1 0 1)': 'false',
  },
  'two arguments compare element by element': {
    'max(1 5 3, 2)': '[2,5,3]',
    'min(1 5 3, 2 2 2)': '[1,2,2]',
    'max(3, 7)': '7',
  },
})

testRefusals(t, 'what has no sum is refused', {
  'sum(`a`b)': 'Arguments for sum method can not be string.',
  'sum(table(1 2 as x))': 'The function [sum] takes a vector.',
  'sum((1, `a))': 'can not be any',
})

t.test('sum, min and max agree with exact integers', async t => {
  const { run } = testSession()
  const value = fc.option(fc.integer({ min: -(2 ** 31) + 1, max: 2 ** 31 - 1 }))
  const whole = (scalar: Value | undefined): bigint | null => {
    const raw = (scalar as Scalar).value
    return raw === null ? null : BigInt(raw as number | bigint)
  }
  await fc.assert(
    fc.asyncProperty(fc.array(value, { minLength: 1, maxLength: 30 }), async values => {
      const literal = `[${values.map(one => one ?? '00i').join(',')}]`
      const present = values.filter(one => one !== null)
      const total = present.reduce((sum, one) => sum + BigInt(one), 0n)
      const isEmpty = present.length === 0
      assert.equal(whole(await run(`sum(${literal})`)), isEmpty ? null : total)
      const sorted = [...present].sort((a, b) => a - b)
      assert.equal(whole(await run(`min(${literal})`)), isEmpty ? null : BigInt(sorted[0]!))
      assert.equal(whole(await run(`max(${literal})`)), isEmpty ? null : BigInt(sorted.at(-1)!))
      assert.equal(whole(await run(`count(${literal})`)), BigInt(present.length))
    }),
    { numRuns: runs(50) },
  )
  t.pass('150 vectors')
})

t.test('a long sum of large integers is exact', async t => {
  t.equal(await testSession().show('sum(take(2147483647, 3000001))'), '6442453088483647')
})

testExamples(t, {
  'random values have the type and the range that was asked for': {
    'x=rand(10, 1000); min(x)>=0 && max(x)<10': 'true',
    'typestr(rand(10, 3))': 'FAST INT VECTOR',
    'typestr(rand(10l, 3))': 'FAST LONG VECTOR',
    'x=rand(10l, 1000); min(x)>=0l && max(x)<10l': 'true',
    'typestr(rand(9.8, 3))': 'FAST DOUBLE VECTOR',
    'x=rand(9.8, 1000); min(x)>=0 && max(x)<9.8': 'true',
    'typestr(rand(1f, 2))': 'FAST FLOAT VECTOR',
    'typestr(rand(5h, 2))': 'FAST SHORT VECTOR',
    'typestr(rand(true, 2))': 'FAST BOOL VECTOR',
    "typestr(rand('z', 2))": 'FAST CHAR VECTOR',
    'rand(2) in 0 1': 'true',
    'all(rand(2012.01M..2012.12M, 50) in 2012.01M..2012.12M)': 'true',
    'all(rand(1 2 join [NULL, 3], 50) in [1, 2, NULL, 3])': 'true',
    'all(rand(`IBM`C, 50) in `IBM`C)': 'true',
    'typestr(rand(`IBM`C$SYMBOL, 2))': 'FAST SYMBOL VECTOR',
    'x=09:30:00+rand(60,5); size(x)': '5',
  },
})

testRefusals(t, 'rand refuses what it cannot make', {
  'rand(0, 5)': 'X must be greater than 0',
  'rand(`a, 5)': 'rand does not make values of type STRING',
  'rand(10, -1)': 'must be a non-negative integer',
  'rand(array(INT,0), 2)': 'there is nothing to choose from',
})
