import t from 'tap'
import { testExamples, testRefusals } from '../../../helpers/examples.js'

const left = 'table(1 2 3 as id, `a`b`c as x)'

testExamples(t, {
  'lj keeps the rows of the left table, each as often as it is found in the right one': {
    [`lj(${left}, table(2 2 4 as id, 7 8 9 as v), \`id)`]: '1 a ;2 b 7;2 b 8;3 c ',
    [`lj(${left}, table(3 1 as k, 7 8 as v), \`id, \`k)`]: '1 a 8;2 b ;3 c 7',
    'lj(table(`a`b as s), table(symbol(`b`c) as s, 7 8 as v), `s)': 'a ;b 7',
    [`exec v from lj(${left}, table(1.0 2.5 as id, 7 8 as v), \`id)`]: '[7,,]',
  },
})

testRefusals(t, 'what lj refuses', {
  [`lj(${left}, table(1 as k), \`id\`x, \`k)`]: 'as many columns must be named',
})
