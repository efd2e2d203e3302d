import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

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
