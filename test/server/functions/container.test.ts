import t from 'tap'
import { testExamples, testRefusals } from '../../helpers/examples.js'

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
    'z=syncDict(STRING, INT); z[`k]=1; z.k': '1',
    'z=dict(`a`b, 1 2); dictUpdate!(z, add, `a`c, 10 20); z[`a`b`c]': '[11,2,20]',
    'z={"a": {"b": [1,2]}}; z.a.b[1]': '2',
    'values(table(1 2 as x, `a`b as y))': '[[1,2],[a,b]]',
    'keys(table(1 as x, 2 as y))': '[x,y]',
  },
  sets: {
    'x=set(4 5 5 2 3); size(x)': '4',
    'x=set(4 5 6); y=x.intersection(set([5,9])); 5 in y': 'true',
    'size(union(set(1 2), set(2 3)))': '3',
    'size(symmetricDifference(set(1 2), set(2 3)))': '2',
    'size(set(`a`b`a))': '2',
    'a=set(1 2 4); sort(a.keys())': '[1,2,4]',
  },
  matrices: {
    'm=matrix(1 2 3, 4 5 6); shape(m)': '3:2',
    'm=matrix(INT, 2, 3); sum(m)': '[0,0,0]',
    'm=matrix([[1,2],[3,4]]); m[1]': '[3,4]',
    'm=transpose(1..6$2:3); m[0]': '[1,3,5]',
    'm=flip(1..6$2:3); shape(m)': '3:2',
    'm=reshape(1..6, 3:2); m[1]': '[4,5,6]',
    'm=matrix(table(1 2 as x, 3 4 as y)); m[1]': '[3,4]',
    'm=matrix(1..4$2:2, 5 6); m[2]': '[5,6]',
    'reshape(1..4$2:2)': '[1,2,3,4]',
    'shape(table(1 2 as x))': '2:1',
    'shape(1 2 3)': '3:1',
    'transpose(table(1 2 as x, 3 4 as y)).y': '[3,4]',
    'tuple(1, `a)': '[1,a]',
    'size(tuple(1, table(1 as x)))': '2',
  },
})

testRefusals(t, 'containers refuse what does not fit', {
  'dict(1 2, 3)': 'must have the same length',
  'keys(5)': 'keys takes a dictionary',
  'matrix(1 2, 3)': 'RefId:S02010',
  'set(table(1 as x))': 'takes a vector',
  'transpose(5)': 'transpose takes a matrix or a table',
  'd=dict(INT,INT); d[table(1 as x)]=1': 'A dictionary key must be a scalar.',
})
