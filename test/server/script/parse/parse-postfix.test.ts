import t from 'tap'
import type { Call, Index } from '../../../../src/server/script/parse/syntax.js'
import { expressionOf, sourceOf, treeOf, treesOf } from '../../../helpers/syntax.js'

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'a call takes places, names, gaps, and signs as their functions': {
    'a()': 'a()',
    'a(1, b+c)': 'a(1, (b + c))',
    'a(1,)': 'a(1)',
    'a(,1,,2)': 'a(<>, 1, <>, 2)',
    'a(,)': 'a(<>)',
    'a(b=1, c=2 as d)': 'a(b=1, c=(2 as d))',
    'a(1 as b)': 'a((1 as b))',
    'a(\n1\n,\n2\n)': 'a(1, 2)',
    'a(b ? c:d : e)': 'a((b ? c : (d : e)))',
    'a(+)': 'a(&add)',
    'a(*, <, ..)': 'a(&mul, &lt, &seq)',
    'a(-1, - 1)': 'a(-1, -1)',
    'a(1)(2)(3)': 'a(1)(2)(3)',
    'a (1)': 'a(1)',
    '&f(1)': '&f(1)',
  },
  'braces behind a name fix arguments': {
    'f{}': 'f{}',
    'f{1,,b=2}': 'f{1, <>, b=2}',
    'f(1){2}': 'f(1){2}',
  },
  'a point calls with what stands before it, or picks a member': {
    'a.f()': '&f(a)',
    'a.f(1, b=2)': '&f(a, 1, b=2)',
    'a.f (1)': '&f(a, 1)',
    'a.f{1}': '&f{a, 1}',
    'a.f!(1)': '&f!(a, 1)',
    'a.b': 'a.b',
    'a.b.c(1).d': '&c(a.b, 1).d',
    'a.2': 'a.2',
    'a.2(1)': 'a.2(1)',
    'a.if': 'a.if',
    '`a.f()': '&f("a")',
    '"a".f(1)': '&f("a", 1)',
    '5 .f()': '&f(5)',
    'a\n .f()\n .g()': '&g(&f(a))',
  },
  'square brackets pick': {
    'a[1]': 'a[1]',
    'a[]': 'a[]',
    'a [1]': 'a[1]',
    'a[1, b]': 'a[1, b]',
    'a[1][2]': 'a[1][2]',
    'a[1:2]': 'a[(1 : 2)]',
    'a[1:]': 'a[1:]',
    'a[:2]': 'a[:2]',
    'a[:]': 'a[:]',
    'a[:, 1:, :b+1]': 'a[:, 1:, :(b + 1)]',
    'a[b ? 1 : 2]': 'a[(b ? 1 : 2)]',
    'f[1]': 'f[1]',
    'a(1) [2]': 'a(1)[2]',
    'f(1) [2]': 'f(1)[2]',
    'a.b [1]': 'a.b[1]',
    '(f) [1]': 'f([1])',
    '[1,2][0]': '[1, 2][0]',
    '(a+b)[0]': '(a + b)[0]',
    '(1 2 3)[0]': '[1,2,3][0]',
    '("abc")[0]': '"abc"[0]',
  },
  'a function with a blank before its bracket takes a vector': {
    'f [1, 2]': 'f([1, 2])',
    'f [1] + 2': 'f(([1] + 2))',
  },
  'in SQL * means all rows, and = between brackets names an argument': {
    'select f(*), f(1, *), f(+) from t where a = g(b=1)':
      '(select f(*), f(1, *), f(&add) from t where (a == g(b=1)))',
    'select a[b] from t': '(select a[b] from t)',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treeOf(source), tree, source)
  })
}

t.test('a line break ends the operand outside of brackets, but for a point', async t => {
  t.equal(treesOf('a\n(1)'), 'a; 1')
  t.equal(treesOf('a\n[1]'), 'a; [1]')
  t.equal(treesOf('a.f\n(1)'), 'a.f; 1')
  t.equal(treesOf('a\n.f(1)'), '&f(a, 1)')
  t.equal(treesOf('(a\n(1)\n[2])'), 'a(1)[2]')
})

const failures: Readonly<Record<string, string>> = {
  'a(1': "[line #1] ',' is expected before the end of the script.",
  'a(': '[line #1] An expression is expected before the end of the script.',
  'a(\nb c)': '[line #2] Cannot recognize the token c',
  'a(b=)': '[line #1] Cannot recognize the token )',
  'a(b=c=1)': '[line #1] Cannot recognize the token =',
  'a(!)': '[line #1] Cannot recognize the token )',
  'a{1': "[line #1] ',' is expected before the end of the script.",
  'a[1': "[line #1] ']' is expected before the end of the script.",
  'a[,1]': '[line #1] Cannot recognize the token ,',
  'a[b c]': '[line #1] Cannot recognize the token c',
  'a[b=1]': '[line #1] Cannot recognize the token =',
  'a. b': '[line #1] Cannot recognize the token .',
  'a.`b': '[line #1] Cannot recognize the token .',
  'a {1}': '[line #1] Cannot recognize the token {',
  'a.f {1}': '[line #1] Cannot recognize the token {',
  '1 2 3[0]': '[line #1] Cannot recognize the token [',
  '"abc"(1)': '[line #1] Cannot recognize the token (',
  'select f(*, 1) from t': '[line #1] Cannot recognize the token *',
}

t.test('brackets that do not fit are named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

t.test('a node reaches from its operand to its closing bracket', async t => {
  const call = expressionOf(' a.f( 1 , +)[ 2: ] ') as Index
  t.equal(sourceOf(call), 'a.f( 1 , +)[ 2: ]')
  t.strictSame(call.indexes.map(sourceOf), ['2:'])
  const target = call.target as Call
  t.equal(sourceOf(target), 'a.f( 1 , +)')
  t.equal(sourceOf(target.callee), 'f')
  t.strictSame(
    target.args.map(argument => sourceOf(argument.value!)),
    ['a', '1', '+'],
  )
})
