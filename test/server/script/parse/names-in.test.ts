import t from 'tap'
import { namesIn } from '../../../../src/server/script/parse/names-in.js'
import { expressionOf } from '../../../helpers/syntax.js'

const names: Readonly<Record<string, string>> = {
  '1 + 2': '',
  '"a" + `b': '',
  'a + b * a': 'a b',
  '-a ? !b : c': 'a b c',
  '[a, (b, c)]': 'a b c',
  '{a: b}': 'b',
  'f(a, , k=b)': 'a b f k',
  'a.g{b}': 'a b g',
  'a[b, c:, :d]': 'a b c d',
  'a.b.c': 'a b c',
  '(a as b)': 'a b',
  'x -> x + a': 'a x',
  'def(x, y=a){b = c; return y}': 'a b c x y',
  'exec a as z from t where b in (exec c from u) group by d order by e': 'a b c d e in t u',
  'count(*)': 'count mul',
}

t.test('names are found wherever they stand, texts and source are none', async t => {
  for (const [source, wanted] of Object.entries(names)) {
    const found = [...namesIn(expressionOf(source))].filter(name => name !== '')
    t.equal(found.sort().join(' '), wanted, source)
  }
})

t.test('the names of a node are found once', async t => {
  const node = expressionOf('a + b')
  t.equal(namesIn(node), namesIn(node))
})

t.test('a long row of operators takes no stack', async t => {
  const node = expressionOf(Array.from({ length: 50_000 }, (_, index) => `a${index % 7}`).join('+'))
  t.equal(namesIn(node).size, 7)
})
