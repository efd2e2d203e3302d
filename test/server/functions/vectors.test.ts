/*
  Examples of functions. The page of the manual is the one of the function that a script calls, with the headings "Details"
  and "Examples"; sets and dictionaries are also in "Set" and "Dictionary".
*/
import t from 'tap'
import { testExamples } from '../../helpers/examples.js'

testExamples(t, {
  'vectors are made': {
    'array(INT, 3)': '[0,0,0]',
    'array(INT, 3, 100, 1)': '[1,1,1]',
    'array(STRING, 2)': '[,]',
    'typestr([`a,,`c])': 'STRING VECTOR',
    'isNull([1,,3])': '[false,true,false]',
    '"a:b".split(":")': '[a,b]',
    'array(`double, 1)': '[0]',
    'array(int, 2)': '[0,0]',
    'typestr(array(SYMBOL, 0, 100))': 'FAST SYMBOL VECTOR',
    'typestr(array(any, 2, 2))': 'ANY VECTOR',
    'typestr(array(DECIMAL32(2), 1))': 'FAST DECIMAL32 VECTOR',
    'array(INT[], 0, 10).append!([1 2 3, 4 5])': '[[1,2,3],[4,5]]',
    'arrayVector(2 3 4, [1,2,3,4])': '[[1,2],[3],[4]]',
    'arrayVector(1 4 7, [1.0,2.1,4.1,6.8,0.5,2.2,2])': '[[1],[2.1,4.1,6.8],[0.5,2.2,2]]',
  },
  'take goes round, and from the end': {
    'take(1 2 3, 7)': '[1,2,3,1,2,3,1]',
    'take(1 2 3, 2)': '[1,2]',
    'take(1..5, -2)': '[4,5]',
    'take(5, 3)': '[5,5,5]',
    'take(`a`b, 3)': '[a,b,a]',
    'take(1 2 3, 0)': '[]',
    'take(now(), 2).size()': '2',
    'take([DOUBLE], 2)': '[16,16]',
    'rows(table(1:0, `a`b, take([DOUBLE], 2)))': '0',
  },
  joins: {},
  sizes: {
    'size(5)': '1',
    'size(table(1 2 as x))': '2',
    'size((1, table(1 as x)))': '2',
    'size(dict(1 2, 3 4))': '2',
    'size(set(1 1))': '1',
    'size(1:2)': '2',
    'size(arrayVector(2 3, 1 2 3))': '2',
  },
})

testExamples(t, {
  dictionaries: {
    'z=dict(1 6 3, 4.5 7.8 4.3); z[6]': '7.8',
    'z=dict(1 6 3, 4.5 7.8 4.3); z.values()': '[4.5,7.8,4.3]',
    'z=dict(1 6 3, 4.5 7.8 4.3); z.keys()': '[1,6,3]',
    'z=dict(1 2 1, 5 6 7); z[1]': '7',
    'z=dict(INT, DOUBLE); z[99]': '',
    'z=dict(`a`b, (1 2, `x)); z.a': '[1,2]',
    'typestr(dict(INT, DOUBLE))': 'INT->DOUBLE DICTIONARY',
    'typestr(dict(`a`b, (1, `x)))': 'STRING->ANY DICTIONARY',
    'keys(dict(INT, DOUBLE))': '[]',
    'z={"a": {"b": [1,2]}}; z.a.b[1]': '2',
    'values(table(1 2 as x, `a`b as y))': '[[1,2],[a,b]]',
    'keys(table(1 as x, 2 as y))': '[x,y]',
  },
  sets: {
    'x=set(4 5 5 2 3); size(x)': '4',
    'size(set(`a`b`a))': '2',
  },
})

testExamples(t, {
  'in looks into vectors and dictionaries': {
    'in(3 3 5 2, 2 3)': '[true,true,false,true]',
    '5 in 1..9': 'true',
    '`x in `a`b': 'false',
    'in(1..3, dict(2 3, 4 5))': '[false,true,true]',
    'in(10, NULL)': 'false',
    "in('a', 97)": 'true',
    'in(1, 1.1 1.2 1.3)': 'false',
    '2l in 1 2 3': 'true',
    '2.0 in 1 2 3': 'true',
    '`a in (`a`b$SYMBOL)': 'true',
    '2012.01.01 in 2012.01.01..2012.01.03': 'true',
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
  },
  'orders of every kind of value': {
    'sort(9 1 5, true)': '[1,5,9]',
    'sort(9 1 5, 0)': '[9,5,1]',
    'sort(9 1 5, NULL)': '[1,5,9]',
    'sort(3 NULL 1, false)': '[3,1,]',
    'sort(array(INT, 0))': '[]',
    'sort(5)': '[5]',
    'sort(`b`a`b$SYMBOL)': '[a,b,b]',
    'typestr(sort(`b`a$SYMBOL))': 'FAST SYMBOL VECTOR',
    'sort(2024.01.02 2024.01.01)': '[2024.01.01,2024.01.02]',
    'sort([-9223372036854775807l, 1l, NULL])': '[,-9223372036854775807,1]',
    'x = 3 1 2; y = sort(x); x': '[3,1,2]',
  },
  'each once, in the order of the first': {
    'distinct(3 NULL 3 NULL 1)': '[3,,1]',
    'distinct(array(INT, 0))': '[]',
    'typestr(distinct(`b`a`b$SYMBOL))': 'FAST SYMBOL VECTOR',
    'distinct(5)': '[5]',
  },
})
