/* Examples of aggregate functions and rand: manual, page of the function, "Details" and "Examples"; "Functions and NULL". */
import t from 'tap'
import { testExamples, testRefusals } from '../../helpers/examples.js'
import { testSession } from '../../helpers/script.js'

testExamples(t, {
  'nulls are left out': {
    'sum(1 2 3 NULL 4)': '10',
    'avg(1 2 3 NULL)': '2',
    'count(3 NULL 5 6)': '3',
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
  'tuples and tables': {
    'sum((1, 2.5))': '3.5',
    'sum([9l, 00l])': '9',
    'sum([9223372036854775807l, 1l])': '',
    'count(table(1 NULL 3 as id))': '3',
    'count((1, NULL))': '1',
  },
  edges: { 'first(5 6 7)': '5', 'last(5 6 7)': '7', 'first(NULL 6)': '', 'last((1, `a))': 'a' },
  'truth of all': { 'all(1 1 1)': 'true', 'all(1 0 1)': 'false' },
})

testRefusals(t, 'what has no sum is refused', {
  'sum(`a`b)': 'Arguments for sum method can not be string.',
  'sum(table(1 2 as x))': 'The function [sum] takes a vector.',
  'sum((1, `a))': 'can not be any',
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
    'all(rand([1, 2, NULL, 3], 50) in [1, 2, NULL, 3])': 'true',
    'all(rand(`IBM`C, 50) in `IBM`C)': 'true',
    'typestr(rand(`IBM`C$SYMBOL, 2))': 'FAST SYMBOL VECTOR',
    'x=09:30:00+rand(60,5); size(x)': '5',
  },
})
