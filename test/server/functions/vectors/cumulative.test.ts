import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

testExamples(t, {
  'running totals pass over nulls': {
    'cumsum(2 3 4)': '[2,5,9]',
    'cumsum(1 2 NULL NULL 3)': '[1,3,3,3,6]',
    'cumsum(NULL 1 2)': '[,1,3]',
    'typestr(cumsum(1 2))': 'FAST LONG VECTOR',
    'cumsum(1.5 2)': '[1.5,3.5]',
    'cumprod(1 2 3)': '[1,2,6]',
    'cumavg(2 NULL 4)': '[2,2,3]',
    'cumavg(NULL 4)': '[,4]',
    'cummax(1 3 2)': '[1,3,3]',
    'cummin(3 1 2)': '[3,1,1]',
    'cummax(2012.01.01 2011.01.01)': '[2012.01.01,2012.01.01]',
    'cummin(5l 3l)': '[5,3]',
    'typestr(cummax(1h 2h))': 'FAST SHORT VECTOR',
  },
  neighbours: {
    'prev(1 2 3)': '[,1,2]',
    'next(1 2 3)': '[2,3,]',
    'prev(`a`b)': '[,a]',
    'move(1 2 3 4, 2)': '[,,1,2]',
    'move(1 2 3 4, -1)': '[2,3,4,]',
    'deltas(1 4 9)': '[,3,5]',
    'ratios(1 2 8)': '[,2,4]',
  },
  'nulls are filled': {
    'nullFill(1 NULL 3, 0)': '[1,0,3]',
    'nullFill(1.5 NULL, 2)': '[1.5,2]',
    'nullFill(NULL, 5)': '5',
    'nullFill(7, 5)': '7',
    'nullFill(`a``b, "z")': '[a,z,b]',
    'nullFill(1 NULL, 8 9)': '[1,9]',
    'm=nullFill(1 NULL 3 4$2:2, 0); m[0]': '[1,0]',
    'x=1 NULL; x.nullFill!(9); x': '[1,9]',
    'ffill(NULL 1 NULL 2 NULL)': '[,1,1,2,2]',
    'bfill(NULL 1 NULL 2 NULL)': '[1,1,2,2,]',
    'x=1 NULL; x.ffill!(); x': '[1,1]',
  },
})

testRefusals(t, 'functions along a vector take vectors', {
  'cumsum(`a`b)': 'A vector of numbers is expected',
  'prev(table(1 2 as x))': 'takes a vector',
  'move(1 2, `a)': 'must be an integer',
  'nullFill(NULL, table(1 as x))': 'Y must be a scalar',
})
