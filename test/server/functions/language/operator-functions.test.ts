import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'operators are functions, too': {
    'add(1..3, 4..6)': '[5,7,9]',
    'sub(1 8 3, 4 8 6)': '[-3,0,-3]',
    'mul(2, 3)': '6',
    'div(9, 2)': '4',
    'ratio(9, 2)': '4.5',
    'mod(-10, 3)': '2',
    'and(1, 0)': 'false',
    'or(1, 0)': 'true',
    'not(0)': 'true',
    'neg(5)': '-5',
    'eq(2, 2.0)': 'true',
    'ne(1, 2)': 'true',
    'lt(1, 2) && le(2, 2) && gt(3, 2) && ge(2, 2)': 'true',
    'bitAnd(6, 3) + bitOr(6, 3) + bitXor(6, 3)': '14',
    'lshift(1, 4) + rshift(10, 2)': '18',
    'seq(3, 1)': '[3,2,1]',
    'pair(1, 2)': '1:2',
    'cast(2.6, INT)': '3',
  },
})

testRefusals(t, 'functions of a number refuse anything else', {
  'add(,1)': 'The argument [X] of function [add] must be given.',
})
