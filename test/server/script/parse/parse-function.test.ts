import t from 'tap'
import { startsShortLambda } from '../../../../src/server/script/parse/parse-function.js'
import type { Define, Lambda } from '../../../../src/server/script/parse/syntax.js'
import { cursorOn, expressionOf, sourceOf, statementsOf, treesOf } from '../../../helpers/syntax.js'

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a named function has a block, an expression, or is only declared': {
    'def h(a){a; b}': 'def h(a) {a; b}',
    'def h()\n{\n return 1\n}': 'def h() {return 1}',
    'def h(a): a+1': 'def h(a) {return (a + 1)}',
    'def h(a) -> a+1': 'def h(a) {return (a + 1)}',
    'defg h(a): sum a': 'def h(a) {return sum(a)}',
    'def h(a,b)': 'def h',
    'def h(a)\n1': 'def h; 1',
  },
  'parameters are read-only, mutable or have a default': {
    'def h(mutable a, b=1+2, const c=f(1)): a': 'def h(mutable a, b=(1 + 2), c=f(1)) {return a}',
    'def h(\na\n,\nb\n): a': 'def h(a, b) {return a}',
    'def h(a,): a': 'def h(a) {return a}',
    'def h(mutable mutable): 1': 'def h(mutable mutable) {return 1}',
    'def h(const const): 1': 'def h(const) {return 1}',
  },
  'a function without a name is a value': {
    'x = def(a){a}': 'x = def(a) {a}',
    'x = defg(a): a': 'x = def(a) {return a}',
    'def(a){a}(3)': 'def(a) {a}(3)',
    'x -> x + 1': 'def(x) {return (x + 1)}',
    'x -> y -> x': 'def(x) {return def(y) {return x}}',
    '{x -> x}': 'def(x) {return x}',
    '{x, y -> x ? y : 1}': 'def(x, y) {return (x ? y : 1)}',
    'each(x -> x*2, y)': 'each(def(x) {return (x * 2)}, y)',
  },
  'a body begins outside of SQL and of brackets, an expression stays in them': {
    'select f(def(a){b = 1\nc}) from t': '(select f(def(a) {b = 1; c}) from t)',
    '(x -> x\n+ 1)': 'def(x) {return (x + 1)}',
    '(def(a): a\n+ 1)': 'def(a) {return (a + 1)}',
    'a ? def(b): b : c -> c': '(a ? def(b) {return b} : def(c) {return c})',
    'a ? def(b){b:1} : c': '(a ? def(b) {(b : 1)} : c)',
    'a ? def(b=1:2){b} : c': '(a ? def(b=(1 : 2)) {b} : c)',
    '(def(a): a:1)': 'def(a) {return (a : 1)}',
  },
  'its name calls from its first line on, and its parameters hide functions in it': {
    'def h(a){h -1}\nh -1': 'def h(a) {h(-1)}; h(-1)',
    'def h(a)\nh -1': 'def h; h(-1)',
    'def h(f){f -1}\nf -1': 'def h(f) {(f - 1)}; f(-1)',
    'def h(f): f -1\nf -1': 'def h(f) {return (f - 1)}; f(-1)',
    'f -> f -1': 'def(f) {return (f - 1)}',
    'def k(a){f = 1\nf -1}\nf -1': 'def k(a) {f = 1; (f - 1)}; f(-1)',
    'h = 1\ndef h(a): a\nh -1': 'h = 1; def h(a) {return a}; h(-1)',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treesOf(source), tree, source)
  })
}

const failures: Readonly<Record<string, string>> = {
  'def h(mutable a=1){}':
    '[line #1] A parameter with default value must be read only. RefId: S06012',
  'def h(a,\nmutable b=1){}':
    '[line #2] A parameter with default value must be read only. RefId: S06012',
  'select f(def(a=b=1): a) from t': '[line #1] Cannot recognize the token =',
  'def h(,a): a': '[line #1] Cannot recognize the token ,',
  'def h(a b): a': '[line #1] Cannot recognize the token b',
  'def h(1): a': '[line #1] Cannot recognize the token 1',
  'def h a': '[line #1] Cannot recognize the token a',
  'def h(a) a': '[line #1] Cannot recognize the token a',
  'def h(a): a b': '[line #1] Cannot recognize the token b',
  'def h(a): a b = 1': '[line #1] Cannot recognize the token b',
  'x = def(a) a': '[line #1] Cannot recognize the token a',
  'x = def(a)': "[line #1] ':' is expected before the end of the script.",
  'def h(a': "[line #1] ')' is expected before the end of the script.",
  'def h(){\n1': "[line #2] '}' is expected before the end of the script.",
  'x, y -> x': '[line #1] Cannot recognize the token ,',
  '(x -> )': '[line #1] Cannot recognize the token )',
  'x -> x\n+ 1': '[line #2] Cannot recognize the token +',
}

t.test('what is no function is refused where it stops to be one', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treesOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

t.test('x -> is told from x by what follows, several names only in braces', async t => {
  const starts = (source: string, options?: Parameters<typeof startsShortLambda>[1]): boolean =>
    startsShortLambda(cursorOn(source), options)
  t.ok(starts('x -> 1'))
  t.notOk(starts('x > 1'))
  t.notOk(starts('1 -> 1'))
  t.notOk(starts('x, y -> 1'))
  t.ok(starts('x, y, z -> 1', { inBraces: true }))
  t.notOk(starts('x, 1 -> 1', { inBraces: true }))
  t.ok(starts('{x, y -> 1}', { inBraces: true, ahead: 1 }))
  t.notOk(starts('{x -> 1}', { inBraces: true }))
})

t.test('a definition keeps its source from def to its last token', async t => {
  const [, define] = statementsOf('1\n def h(a)\n{ return a } ; 2')
  t.equal((define as Define).definition.source, 'def h(a)\n{ return a }')
  t.equal(sourceOf(define!), 'def h(a)\n{ return a }')
  t.equal(define!.span.line, 2)
  const lambda = expressionOf('( x -> x+1 )') as Lambda
  t.equal(lambda.definition.source, 'x -> x+1')
  t.equal(lambda.definition.name, '')
  t.strictSame(lambda.captures, [], 'the name check fills them in')
  t.equal(lambda.closed, lambda.definition)
  const [result] = lambda.definition.body
  t.equal(sourceOf(result!), 'x+1')
})
