import t from 'tap'
import { sameExpression } from '../../../../src/server/script/parse/same-expression.js'
import { expressionOf } from '../../../helpers/syntax.js'

const same: readonly (readonly [string, string])[] = [
  ['a', 'a'],
  ['a>2', '( a  > 2 )'],
  ['a.f(1)', 'f(a, 1)'],
  ['&f(a)', 'f( a )'],
  ['"x" + 1 2', '"x"+1 2'],
  ['a ? b : [c, 1]', 'a?b:[c,1]'],
  ['x -> x + a', 'x->x+a'],
  ['exec a from t where b=1', 'exec a from t where b == 1'],
  ['f(a,,k=1)', 'f(a, , k=1)'],
]

const different: readonly (readonly [string, string])[] = [
  ['a', 'b'],
  ['a>2', 'a>3'],
  ['a>2', 'a<2'],
  ['a>2', '2>a'],
  ['1', '1l'],
  ['f(a)', 'f(a, 1)'],
  ['f(a, k=1)', 'f(a, 1)'],
  ['f(a)', 'f{a}'],
  ['a.b', 'a["b"]'],
  ['[a]', '(a,)'],
  ['-a', '!a'],
  ['x -> x', 'y -> y'],
  ['a[1:]', 'a[:1]'],
]

t.test('blanks, brackets and the place of the first argument make no difference', async t => {
  for (const [first, second] of same) {
    t.ok(sameExpression(expressionOf(first), expressionOf(second)), `${first} and ${second}`)
    t.ok(sameExpression(expressionOf(second), expressionOf(first)), `${second} and ${first}`)
  }
})

t.test('every other word does', async t => {
  for (const [first, second] of different) {
    t.notOk(sameExpression(expressionOf(first), expressionOf(second)), `${first} and ${second}`)
    t.notOk(sameExpression(expressionOf(second), expressionOf(first)), `${second} and ${first}`)
  }
})
