import t from 'tap'
import { testExamples } from '../../../helpers/examples.js'

testExamples(t, {
  'eqObj compares type and content': {
    'eqObj(2, 2.0)': 'false',
    'eqObj(symbol(`a`b), `a`b)': 'true',
    'eqObj(`a`b, symbol(`a`c))': 'false',
    'eqObj(table(symbol(`a`b) as s), table(`a`b as s))': 'true',
    'all(each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`y as b))))':
      'true',
    'each(eqObj, values(table(1 2 as a, `x`y as b)), values(table(1 2 as a, `x`z as b)))':
      '[true,false]',
    'eqObj(1.1, 1.2, 0)': 'true',
    'eqObj(1.1, 1.2)': 'false',
    'eqObj(1 2 3, 1 2 3)': 'true',
    'eqObj(1 2 3, 1 2)': 'false',
    'eqObj(1 2, 1l 2l)': 'false',
    'eqObj(`a, `a)': 'true',
    'eqObj(NULL, NULL)': 'true',
    'eqObj(00i, 1)': 'false',
    'eqObj(1:2, 1:2)': 'true',
    'eqObj(1..4$2:2, 1..4$2:2)': 'true',
    'eqObj((1, `a), (1, `a))': 'true',
    'eqObj({a: 1}, {a: 1})': 'true',
    'eqObj({a: 1}, {a: 2})': 'false',
    'eqObj(table(1 as x), table(1 as x))': 'true',
    'eqObj(table(1 as x), table(1 as y))': 'false',
    'eqObj(sum, sum)': 'true',
    'eqObj((sum, 1), (sum, 1))': 'true',
    'eqObj(set(1 2), set(1 2))': 'true',
    'eqObj(arrayVector(2 3, 1 2 3), arrayVector(2 3, 1 2 3))': 'true',
    'eqObj(1.5P, 1.5P)': 'true',
    'eqObj(uuid(), uuid())': 'true',
    'eqObj(INT, INT)': 'true',
    'eqObj(1, 1 2)': 'false',
    'eqObj(3M, 3M)': 'true',
  },
})
