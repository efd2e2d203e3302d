import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'pop! answers the last element and takes it away': {
    'x=[1,2,3]; y=x.pop!(); (x, y)': '[[1,2],3]',
    'x=1 2 3; y=x; pop!(x); y': '[1,2,3]',
    'x=(1, `a); pop!(x)': 'a',
  },
  'clear! leaves the types': {
    'x=1 2 3; clear!(x); x.append!(5.4); x': '[5]',
    'm=matrix(1 2, 3 4); m.clear!(); size(m)': '0',
    'm=matrix(1 2, 3 4); m.clear!(); typestr(m)': 'FAST INT MATRIX',
    'd=dict(`a`b, 1 2); d.clear!(); size(d)': '0',
    's=set(1 2); s.clear!(); size(s)': '0',
    't=table(1 2 3 as a); clear!(t); t.append!(table(4.0 as a)); t': '4',
  },
})

testRefusals(t, 'what pop! and clear! refuse', {
  'pop!(array(INT, 0))': 'X must be a vector that is not empty.',
  't=streamTable(1 2 as a); clear!(t)': 'must be an in-memory table that rows can be deleted from.',
  'clear!(5)': 'X must be a vector, matrix, set, dictionary or table.',
})
