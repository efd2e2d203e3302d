import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

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
