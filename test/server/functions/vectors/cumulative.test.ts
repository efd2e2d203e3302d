import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'running totals pass over nulls': {
    'cumsum(2 3 4)': '[2,5,9]',
    'cumsum(1 2 NULL NULL 3)': '[1,3,3,3,6]',
    'cumsum(NULL 1 2)': '[,1,3]',
    'typestr(cumsum(1 2))': 'FAST LONG VECTOR',
    'cumsum(1.5 2)': '[1.5,3.5]',
  },
  'nulls are filled': {
    'nullFill(1 NULL 3, 0)': '[1,0,3]',
    'nullFill(1.5 NULL, 2)': '[1.5,2]',
    'nullFill(NULL, 5)': '5',
    'nullFill(7, 5)': '7',
    'nullFill(`a``b, "z")': '[a,z,b]',
    'nullFill(1 NULL, 8 9)': '[1,9]',
    'm=nullFill(1 NULL 3 4$2:2, 0); m[0]': '[1,0]',
  },
})

testRefusals(t, 'functions along a vector take vectors', {
  'cumsum(`a`b)': 'A vector of numbers is expected',
  'nullFill(NULL, table(1 as x))': 'Y must be a scalar',
})
