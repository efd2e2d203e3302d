import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'each applies a function to every element': {
    'def wage(x){if(x<=8) return 10*x; else return 20*x-80}\neach(wage, [9,6,8])': '[100,60,80]',
    'def addeven(x,y){if (x%2==0) return x+y; else return 0}\neach(addeven, 1 2 3, 4 5 6)':
      '[0,7,0]',
    'each(add, 1 2 3, 10)': '[11,12,13]',
    'each(max, (1 2, 5 4))': '[2,5]',
    'each(sum, 1..4$2:2)': '[3,7]',
    't=table(1 2 as a, 3 4 as b); each(r -> r.a*r.b, t)': '[3,8]',
    'each(x -> x*2, dict(`a`b, 3 4))': '[6,8]',
    't1=table(1 2 3 as x, 4 5 6 as y); t2=table(1 2 3 as x, 4 5 6 as y); each(eqObj, t1.values(), t2.values())':
      '[true,true]',
    'm=each(x -> x..(x+1), 1 5); m[1]': '[5,6]',
    'typestr(each(x -> take(x, x), 1 2))': 'ANY VECTOR',
    'each(def(a,b):a+b, 1..3, 2..4)': '[3,5,7]',
    'each(x -> x, array(INT,0))': '[]',
  },
  'loop always gives a tuple': {
    'typestr(loop(x -> x, 1 2))': 'ANY VECTOR',
    'loop(max, matrix([1,3,4,2],[1,2,2,1]))': '[4,2]',
  },
  'functions are called through functions': {
    'unifiedCall(add, (1 2, 2))': '[3,4]',
    'unifiedCall(sum, [1..10])': '55',
    'partial(add,1)(2)': '3',
    'def f(a,b){return (a+2)*b}\nunifiedCall(f, (5,10))': '70',
  },
})

testRefusals(t, 'higher-order functions take functions', {
  'each(5, 1 2)': 'the first argument must be a function',
  'each(add, 1 2, 1 2 3)': 'the arguments must have the same length',
  'each(x -> throw1(x), 1 2)': 'Cannot recognize the token throw1',
})
