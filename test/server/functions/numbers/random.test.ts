import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

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
    'typestr(rand(uuid(), 2))': 'FAST UUID VECTOR',
    'x=rand(uuid(), 2); x[0]!=x[1]': 'true',
    'rand(2) in 0 1': 'true',
    'typestr(rand(2012.01M, 3))': 'FAST MONTH VECTOR',
    'all(rand(2012.01M..2012.12M, 50) in 2012.01M..2012.12M)': 'true',
    'all(rand(1 2 join [NULL, 3], 50) in [1, 2, NULL, 3])': 'true',
    'typestr(rand(10.0, 2:3))': 'FAST DOUBLE MATRIX',
    'm=rand(10.0, 2:3); size(m[2])': '2',
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
