import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'defined tells variables, shared tables and functions apart': {
    'x=10\ny=20\ndef f(a){return a+1}\nshare table(1..3 as x) as st1;\ndefined(["x","y","f",`st1])':
      '[true,true,false,false]',
    'def f(a){return a+1}\ndefined(["x","f"], DEF)': '[false,true]',
    'share table(1..3 as x) as st1;\ndefined(["x",`st1], SHARED)': '[false,true]',
    'defined("nosuch")': 'false',
  },
  'functions are found by name, operators by sign': {
    'funcByName("+")(1 2 3, 4 5 6)': '[5,7,9]',
    'funcByName("sub")(1 8 3, 4 8 6)': '[-3,0,-3]',
    'def cal(a,b){ return a\\b }\nfuncByName("cal")(4 8 10, 2 2 2)': '[2,4,5]',
    'f = funcByName(`size); f(1 2)': '2',
  },
  'defs lists functions': {
    'exec name from defs("bit%")': '[bitAnd,bitOr,bitXor]',
    'select minParamCount, maxParamCount, userDefined from defs("rand")': '1 2 false',
    'def myOwn(a, b=1){return a}\nselect name, userDefined, syntax from defs("myOwn")':
      'myOwn true (a, [b])',
    'defs("tableUpsertNot%").rows()': '0',
  },
})

testRefusals(t, 'names must be names', {
  'funcByName("nosuch")': "Can't recognize function name nosuch",
  'funcByName(5)': 'The name must be a string.',
  'defined(5)': 'names must be strings',
  'defined("a", 9)': 'the type must be VAR, SHARED or DEF',
  'sleep(-1)': 'sleep takes a number of milliseconds',
})
