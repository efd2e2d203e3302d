import t from 'tap'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { testExamples, testRefusals } from '../../../helpers/examples.js'
import type { Value } from '../../../../src/protocol/value.js'
import { testSession } from '../../../helpers/script.js'
import { runs } from '../../../helpers/runs.js'

testExamples(t, {
  'vectors are made': {
    'array(INT, 3)': '[0,0,0]',
    'array(INT, 3, 100, 1)': '[1,1,1]',
    'array(STRING, 2)': '[,]',
    'array(`double, 1)': '[0]',
    'array(int, 2)': '[0,0]',
    'typestr(array(SYMBOL, 0, 100))': 'FAST SYMBOL VECTOR',
    'typestr(array(any, 2, 2))': 'ANY VECTOR',
    'x=array(1 2 3); x': '[0,0,0]',
    'typestr(array(DECIMAL32(2), 1))': 'FAST DECIMAL32 VECTOR',
    'array(INT[], 0, 10).append!([1 2 3, 4 5])': '[[1,2,3],[4,5]]',
    'arrayVector(2 3 4, [1,2,3,4])': '[[1,2],[3],[4]]',
    'arrayVector(1 4 7, [1.0,2.1,4.1,6.8,0.5,2.2,2])': '[[1],[2.1,4.1,6.8],[0.5,2.2,2]]',
  },
  'take goes round, and from the end': {
    'take(1 2 3, 7)': '[1,2,3,1,2,3,1]',
    'take(1 2 3, 2)': '[1,2]',
    'take(1..5, -2)': '[4,5]',
    'take(1..3, 2 0 2)': '[1,1,3,3]',
    'take(5, 3)': '[5,5,5]',
    'take(`a`b, 3)': '[a,b,a]',
    'take(1 2 3, 0)': '[]',
    'take(table(1 2 3 as a, 4 5 6 as b), -4)': '3 6;1 4;2 5;3 6',
    'take(table(1 2 as a), 3)': '1;2;1',
    'take(now(), 2).size()': '2',
    'take(INT, 2)': '[4,4]',
    'take([DOUBLE], 2)': '[16,16]',
    'rows(table(1:0, `a`b, take([DOUBLE], 2)))': '0',
  },
  pieces: {
    'cut(1..10, 3)': '[[1,2,3],[4,5,6],[7,8,9],[10]]',
    'cut(1..10, 0 2 7)': '[[1,2],[3,4,5,6,7],[8,9,10]]',
    'cut(1..10, 2 7)': '[[3,4,5,6,7],[8,9,10]]',
    'typestr(cut(1..3, 1))': 'ANY VECTOR',
    'size(cut(table(1..5 as x), 2))': '3',
  },
  joins: {
    'join(1, 2 3)': '[1,2,3]',
    'join(`a`b, `c)': '[a,b,c]',
    'join(table(1 2 as x), table(3 4 as y))': '1 3;2 4',
    'join(1 2, (`a, 3))': '[1,2,a,3]',
  },
  sizes: {
    'size(5)': '1',
    'size(1..6$2:3)': '6',
    'size(table(1 2 as x))': '2',
    'size((1, table(1 as x)))': '2',
    'size(dict(1 2, 3 4))': '2',
    'size(set(1 1))': '1',
    'size(1:2)': '2',
    'size(arrayVector(2 3, 1 2 3))': '2',
  },
})

testRefusals(t, 'vector functions say what they take', {
  'take(array(INT,0), 3)': 'there is nothing to take from',
  'array(5)': 'array takes a data type or a vector as template',
  'arrayVector(3 2, 1 2 3)': 'The index of arrayVector must be increasing',
  'cut(1 2 3, 0)': 'The size of cut must be positive.',
  'cut(1 2 3, 2 1)': 'The positions of cut must be increasing',
})

testExamples(t, {
  dictionaries: {
    'z=dict(1 6 3, 4.5 7.8 4.3); z[6]': '7.8',
    'z=dict(1 6 3, 4.5 7.8 4.3); z.values()': '[4.5,7.8,4.3]',
    'z=dict(1 6 3, 4.5 7.8 4.3); z.keys()': '[1,6,3]',
    'z=dict(1 2 1, 5 6 7); z[1]': '7',
    'z=dict(INT, DOUBLE); z[5]=7.9; z[5]': '7.9',
    'z=dict(INT, DOUBLE); z[99]': '',
    'z=dict(STRING, ANY); z[`a]=1 2; z[`b]="x"; z.a': '[1,2]',
    'typestr(dict(INT, DOUBLE))': 'INT->DOUBLE DICTIONARY',
    'typestr(dict(`a`b, (1, `x)))': 'STRING->ANY DICTIONARY',
    'keys(dict(INT, DOUBLE))': '[]',
    'z=dict(3 6 1, 4.2 3.7 8.8); z[6 1]': '[3.7,8.8]',
    'z={"a": {"b": [1,2]}}; z.a.b[1]': '2',
    'values(table(1 2 as x, `a`b as y))': '[[1,2],[a,b]]',
    'keys(table(1 as x, 2 as y))': '[x,y]',
  },
  sets: {
    'x=set(4 5 5 2 3); size(x)': '4',
    'size(set(`a`b`a))': '2',
    'a=set(1 2 4); sort(a.keys())': '[1,2,4]',
  },
  matrices: {
    'm=matrix(INT, 2, 3); sum(m)': '[0,0,0]',
    'm=matrix([[1,2],[3,4]]); m[1]': '[3,4]',
    'm=matrix(table(1 2 as x, 3 4 as y)); m[1]': '[3,4]',
    'm=matrix(1..4$2:2, 5 6); m[2]': '[5,6]',
    'm=matrix([`a,`b],[`c,`d]); m[1]': '[c,d]',
    'typestr(matrix(symbol(`a`b), symbol(`c`d)))': 'FAST SYMBOL MATRIX',
    'm=matrix(INT, 2, 3, , 7); m[2]': '[7,7]',
    'm=matrix(SYMBOL, 2, 2, , `T); m[1]': '[T,T]',
    'm=matrix(int, 1, 2); m[1]': '[0]',
  },
})

testRefusals(t, 'containers refuse what does not fit', {
  'dict(1 2, 3)': 'must have the same length',
  'keys(5)': 'keys takes a dictionary',
  'matrix(1 2, 3)': 'RefId:S02010',
  'matrix([1, `a])': 'The elements of a matrix must be of the same type.',
  'matrix((1 2, `a`b))': 'The elements of a matrix must be of the same type.',
  '(1, `a)$1:2': 'The elements of a matrix must be of the same type.',
  'matrix(1 2) <- (`a, 1)': 'The elements of a matrix must be of the same type.',
  'matrix(INT, -1, 2)': 'cannot have negative dimensions',
  'set(table(1 as x))': 'takes a vector',
  'set([])': 'The elements of a set must be of the same type.',
  'set([1, `a])': 'The elements of a set must be of the same type.',
  'set((1, `a))': 'The elements of a set must be of the same type.',
  'd=dict(INT,INT); d[table(1 as x)]=1': 'A dictionary key must be a scalar.',
})

testExamples(t, {
  'in looks into vectors, sets, dictionaries and tables': {
    'in(3 3 5 2, 2 3)': '[true,true,false,true]',
    '5 in 1..9': 'true',
    '`x in `a`b': 'false',
    'in(1..3, dict(2 3, 4 5))': '[false,true,true]',
    '2 in set(2 3)': 'true',
    '2 3 in table(1 3 5 as id)': '[false,true]',
    'in(10, NULL)': 'false',
    "in('a', 97)": 'true',
    'in(1, 1.1 1.2 1.3)': 'false',
    '2l in 1 2 3': 'true',
    '2.0 in 1 2 3': 'true',
    'NULL in set(1 NULL)': 'true',
    '`a in (`a`b$SYMBOL)': 'true',
    '2012.01.01 in 2012.01.01..2012.01.03': 'true',
    '2012.01.01T00:00:00 in 2012.01.01..2012.01.03': 'true',
    'in((1, 2 3), 2 3)': '[false,[true,true]]',
    'kt=keyedTable(`id, 1 2 as id, 3 4 as v); 2 9 in kt': '[true,false]',
  },
  'between includes both bounds': {
    'between([1, 5.5, 6, 8], 1:6)': '[true,true,true,false]',
    'between(1 2.4 3.6 2 3.9, 2.4:3.6)': '[false,true,true,false,false]',
  },
  'like knows % and ?': {
    'like(`ABCDEFG, `DE)': 'false',
    'like(`ABCDEFG, "%DE%")': 'true',
    'a=`IBM`ibm`MSFT`Goog`YHOO`ORCL; a[like(a, "%OO%")]': '[YHOO]',
    'like("a.c", "a?c")': 'true',
    'like("abc", "a.c")': 'false',
  },
})

testRefusals(t, 'searching refuses what cannot be searched', {
  '1 in sum': 'Y must be a vector, set, dictionary or table.',
  '1 in table(1 as x, 2 as y)': 'Y must be a table of one column or with a key.',
  'between(1, 2)': 'Y must be a pair',
  'like(5, "a")': 'X must be a string',
  'like(`a, 5)': 'the pattern must be a string',
})

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
