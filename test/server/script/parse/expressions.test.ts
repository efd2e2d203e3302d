/*
  The trees that the parser builds from operators, compared with a copy of the table in docs/grammar.md#expressions.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { sameExpression, type Literal } from '../../../../src/server/script/parse/syntax.js'
import { runs, seed } from '../../../helpers/runs.js'
import { expressionOf, treeOf } from '../../../helpers/syntax.js'
import { formatValue } from '../../../../src/protocol/value-text.js'
import type { Value } from '../../../../src/protocol/value.js'

t.comment(`TEST_SEED=${seed}`)

const trees: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'operators bind by the table and group to the left': {
    'a+b*c': '(a + (b * c))',
    'a-b-c': '((a - b) - c)',
    'a%b\\c/d': '(((a % b) \\ c) / d)',
    'a*b$c<-d': '(((a * b) $ c) <- d)',
    '3*a..b:c': '(3 * ((a .. b) : c))',
    'a|b^c&d<<e+f*g': '(a | (b ^ (c & (d << (e + (f * g))))))',
    'a or b and c<>d': '(a || (b && (c != d)))',
    'a OR b And c': '(a || (b && c))',
  },
  'signs bind tighter than everything but what stands behind the operand': {
    '-a..b': '((-a) .. b)',
    '!a+b': '((!a) + b)',
    '- -a': '(-(-a))',
    '-a[0].b': '(-a[0].b)',
    '-3..b': '(-3 .. b)',
  },
  'not is weaker than comparisons': {
    'not a<b and c': '((!(a < b)) && c)',
    'not not a': '(!(!a))',
    'not(a)+b': '(not(a) + b)',
    'not + 1': '(not + 1)',
  },
  'comparisons chain, unless brackets say otherwise': {
    '1<x<=3': '((1 < x) && (x <= 3))',
    'a<b==c!=d': '(((a < b) && (b == c)) && (c != d))',
    '(a<b)<c': '((a < b) < c)',
    'a<(b<c)<d': '((a < (b < c)) && ((b < c) < d))',
    'a<b && c<d<e': '((a < b) && ((c < d) && (d < e)))',
    '(a<b && b<c)<d': '(((a < b) && (b < c)) < d)',
  },
  'functions as words bind as their operators do, all others as multiplication': {
    'x f y g z': '&g(&f(x, y), z)',
    'a add b f c': '&add(a, &f(b, c))',
    'a add b sub c': '&sub(&add(a, b), c)',
    'a pair b + c': '(&pair(a, b) + c)',
    'a eq b bitOr c': '&eq(a, &bitOr(b, c))',
    'a in b': '&in(a, b)',
    'a + b NOT IN c': '(a + (!&in(b, c)))',
    'a not like b': '(!&like(a, b))',
    'a between 1:5 and b': '(&between(a, (1 : 5)) && b)',
  },
  'a function before an operand takes all that follows': {
    'sum a+b': 'sum((a + b))',
    'f sum a g b': 'f(sum(&g(a, b)))',
    'f -a': 'f((-a))',
    'f !a': 'f((!a))',
    'f [a,b]+1': 'f(([a, b] + 1))',
    '-f a': '(-f(a))',
    'f "s"': 'f("s")',
  },
  'and is itself where no operand is applied to': {
    'f - a': '(f - a)',
    'f and a': '(f && a)',
    'f(a)+b': '(f(a) + b)',
    '&f': '&f',
  },
  'a condition reaches as far as it can on its right': {
    'a ? b : c ? d : e': '(a ? b : (c ? d : e))',
    'a+b ? c+d : e+f': '((a + b) ? (c + d) : (e + f))',
    'a ? 1 : 2:3': '(a ? 1 : (2 : 3))',
    'a ? (1:2) : 3': '(a ? (1 : 2) : 3)',
    'a ? x[1:2] : 3': '(a ? x[(1 : 2)] : 3)',
    'a ? x[1:] : y[b:, c]': '(a ? x[1:] : y[b:, c])',
  },
  'lines end outside of brackets, but not behind an operator': {
    'a +\n b': '(a + b)',
    'a ?\n b :\n c': '(a ? b : c)',
    '(a\n+ b\nf c)': '(a + &f(b, c))',
    '(f\na)': 'f(a)',
  },
}

for (const [title, cases] of Object.entries(trees)) {
  t.test(title, async t => {
    for (const [source, tree] of Object.entries(cases)) t.equal(treeOf(source), tree, source)
  })
}

t.test('in SQL = compares, is tests for null, and between takes its bounds with and', async t => {
  const where = (condition: string): string =>
    treeOf(`select * from t where ${condition}`).slice('(select * from t where '.length, -1)
  t.equal(where('a = b + 1'), '(a == (b + 1))')
  t.equal(where('a = b < c'), '((a == b) && (b < c))')
  t.equal(where('a is null and b is NOT null'), '(&isNull(a) && &isValid(b))')
  t.equal(where('a+b is null'), '&isNull((a + b))')
  t.equal(where('a between 1 and b or c'), '(&between(a, (1 : b)) || c)')
  t.equal(where('a between 1:5 and b'), '(&between(a, (1 : 5)) && b)')
})

const failures: Readonly<Record<string, string>> = {
  'a = b': '[line #1] Cannot recognize the token =',
  'a is null': '[line #1] Cannot recognize the token is',
  'a b': '[line #1] Cannot recognize the token b',
  'a f': '[line #1] Cannot recognize the token f',
  'a f\nb': '[line #1] Cannot recognize the token f',
  'a\n+ b': '[line #2] Cannot recognize the token +',
  '(a +\n\n)': '[line #3] Cannot recognize the token )',
  'a +': '[line #1] An expression is expected before the end of the script.',
  'a ? b': "[line #1] ':' is expected before the end of the script.",
  'a not f b': '[line #1] Cannot recognize the token not',
}

t.test('an operator or operand in a wrong place is named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: ${message}` }, source)
  }
  t.throws(() => treeOf('select * from t where a is b'), { message: /the token b$/ })
})

t.test('a sequence of operators does not use the stack, brackets and signs do', async t => {
  const row = Array.from({ length: 20_000 }, () => 'a').join('+')
  let links = 0
  for (let node = expressionOf(row); node.kind === 'binary'; node = node.left) links++
  t.equal(links, 19_999)
  for (const source of ['-'.repeat(500) + 'a', '('.repeat(300) + 'a', 'a ? '.repeat(500)]) {
    t.throws(() => treeOf(source), { message: /^Syntax Error: \[line #1\] .* too deeply/ })
  }
  t.equal(treeOf('('.repeat(150) + 'a' + ')'.repeat(150)), 'a')
})

/** How tightly operators bind; higher is tighter. `and` and `or` are `&&` and `||`. */
const tightness: Readonly<Record<string, number>> = {
  '||': 1, '&&': 2, '<': 3, '<=': 3, '==': 3, '!=': 3, '>': 3, '>=': 3, '|': 4, '^': 5, '&': 6, '<<': 7, '>>': 7,
  '+': 8, '-': 8, '*': 10, '/': 10, '\\': 10, '%': 10, $: 10, '<-': 10, ':': 15, '..': 15, eq: 3, bitOr: 4,
  add: 8, sub: 8, f: 10, in: 10, pair: 15, seq: 15,
} // prettier-ignore
const signTightness = 18
const notTightness = 2.5

/** A random tree, its text with as few brackets as possible, and its meaning. */
interface Written {
  text: string
  tree: string
  tightness: number
  compares: boolean
}

const inBrackets = (text: string, isNeeded: boolean): string => (isNeeded ? `(${text})` : text)

function joined(left: Written, operator: string, right: Written): Written {
  const own = tightness[operator]!
  const compares = /^[<>=!]=?$/.test(operator)
  const leftText = inBrackets(left.text, left.tightness < own || (compares && left.compares))
  const rightText = inBrackets(right.text, right.tightness <= own)
  const isWord = /\w/.test(operator)
  const tree = isWord
    ? `&${operator}(${left.tree}, ${right.tree})`
    : `(${left.tree} ${operator} ${right.tree})`
  return { text: `${leftText} ${operator} ${rightText}`, tree, tightness: own, compares }
}

/** A prefix operator before an operand. Omits `not` before a bracket, because `not (…)` would be a call. */
function prefixed(operator: '-' | '!' | 'not ', operand: Written): Written {
  const own = operator === 'not ' ? notTightness : signTightness
  const text = inBrackets(operand.text, operand.tightness < own)
  if (operator === 'not ' && text.startsWith('(')) return operand
  const tree = `(${operator === '-' ? '-' : '!'}${operand.tree})`
  return { text: operator + text, tree, tightness: own, compares: false }
}

const leaf = fc.constantFrom('a', 'b', 'c[1]', 'd.x', 'g(a)').map((text): Written => {
  return { text, tree: text, tightness: Infinity, compares: false }
})

const { tree } = fc.letrec<{ tree: Written }>(tie => ({
  tree: fc.oneof(
    { maxDepth: 5, depthIdentifier: 'tree' },
    leaf,
    fc
      .tuple(tie('tree'), fc.constantFrom(...Object.keys(tightness)), tie('tree'))
      .map(([left, operator, right]) => joined(left, operator, right)),
    fc
      .tuple(fc.constantFrom('-' as const, '!' as const, 'not ' as const), tie('tree'))
      .map(([operator, operand]) => prefixed(operator, operand)),
  ),
}))

t.test('any tree that is written with the necessary brackets is read as the same tree', async t => {
  fc.assert(
    fc.property(tree, written => {
      assert.equal(treeOf(written.text), written.tree)
      assert.equal(treeOf(written.tree), written.tree, 'with all brackets')
    }),
    { numRuns: runs(300), seed },
  )
  t.pass()
})

/** Type and text of a literal. */
function valueOf(source: string): string {
  const node = expressionOf(source)
  const value = (node as Literal).value as Extract<Value, { form: 'scalar' | 'vector' }>
  const brackets = value.form === 'vector' ? '[]' : ''
  return `${node.kind} ${value.type}${brackets} ${formatValue(value)}`
}

const literals: Readonly<Record<string, string>> = {
  '1': 'literal INT 1',
  '-1': 'literal INT -1',
  '- 1': 'literal INT -1',
  '-1h': 'literal SHORT -1',
  '-5l': 'literal LONG -5',
  '-2.5': 'literal DOUBLE -2.5',
  '-2.50P': 'literal DECIMAL64 -2.50',
  '-3M': 'literal DURATION -3M',
  '-00i': 'literal INT ',
  true: 'literal BOOL true',
  NULL: 'literal VOID ',
  '"a"': 'literal STRING a',
  '`a': 'literal STRING a',
  "'a'": "literal CHAR 'a'",
  '1 2 3': 'literal INT[] [1,2,3]',
  '1 -2 3': 'literal INT[] [1,-2,3]',
  '1h 2.5f 3': 'literal FLOAT[] [1,2.5,3]',
  '1 5l': 'literal LONG[] [1,5]',
  '1 NULL null': 'literal INT[] [1,,]',
  'NULL NULL': 'literal VOID[] [,]',
  'true false': 'literal BOOL[] [true,false]',
  '`a`b "c"\'de\'': 'literal STRING[] [a,b,c,de]',
  '"a""b"': 'literal STRING[] [a,b]',
  "'a' 'b'": "literal CHAR[] ['a','b']",
  '2020.01.01 2020.01.02': 'literal DATE[] [2020.01.01,2020.01.02]',
}

t.test('adjacent constants form one vector of the widest type', async t => {
  for (const [source, wanted] of Object.entries(literals)) t.equal(valueOf(source), wanted, source)
})

const failuresParseOperand: Readonly<Record<string, string>> = {
  '': 'An expression is expected before the end of the script.',
  '-': 'An expression is expected before the end of the script.',
  ')': 'Cannot recognize the token )',
  if: 'Cannot recognize the token if',
  'a + return': 'Cannot recognize the token return',
  'a + go': 'Cannot recognize the token go',
  'a + timer(1)': 'Cannot recognize the token timer',
  '&': 'A name is expected before the end of the script.',
  '&1': 'Cannot recognize the token 1',
  '1 `a': 'The elements of the vector [1 `a] have different types.',
  'true 1': 'The elements of the vector [true 1] have different types.',
  '1 2020.01.01': 'The elements of the vector [1 2020.01.01] have different types.',
  '(,a)': 'Cannot recognize the token ,',
  '(a,,b)': 'Cannot recognize the token ,',
  '(a b)': 'Cannot recognize the token b',
  '(a': "')' is expected before the end of the script.",
  '[a': "']' is expected before the end of the script.",
  '[a = 1]': 'Cannot recognize the token =',
  '(a as 1)': 'Cannot recognize the token 1',
  '(a as `b`c)': 'Cannot recognize the token `b`c',
  '(a as': 'A name is expected before the end of the script.',
  '({a})': 'Cannot recognize the token {',
  '({a + 1})': 'Cannot recognize the token {',
  '({a: 1, +: 2})': 'Cannot recognize the token +',
  '({a: 1, b c})': 'Cannot recognize the token c',
  '({a: 1': "'}' is expected before the end of the script.",
  '({a: 1,': 'An expression is expected before the end of the script.',
}

t.test('a token that cannot begin or continue an operand is named', async t => {
  for (const [source, message] of Object.entries(failuresParseOperand)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: [line #1] ${message}` }, source)
  }
  t.throws(() => treeOf('[1,\n2\n3]'), {
    message: 'Syntax Error: [line #3] Cannot recognize the token 3',
  })
})

const failuresParsePostfix: Readonly<Record<string, string>> = {
  'a(1': "[line #1] ')' is expected before the end of the script.",
  'a(': '[line #1] An expression is expected before the end of the script.',
  'a(\nb c)': '[line #2] Cannot recognize the token c',
  'a(b=)': '[line #1] Cannot recognize the token )',
  'a(b=c=1)': '[line #1] Cannot recognize the token =',
  'a(!)': '[line #1] Cannot recognize the token )',
  'a{1': "[line #1] '}' is expected before the end of the script.",
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

t.test('the error names brackets that do not match', async t => {
  for (const [source, message] of Object.entries(failuresParsePostfix)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: ${message}` }, source)
  }
})

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

t.test('blanks, brackets and the position of the first argument make no difference', async t => {
  for (const [first, second] of same) {
    t.ok(sameExpression(expressionOf(first), expressionOf(second)), `${first} and ${second}`)
    t.ok(sameExpression(expressionOf(second), expressionOf(first)), `${second} and ${first}`)
  }
})

t.test('all other words make a difference', async t => {
  for (const [first, second] of different) {
    t.notOk(sameExpression(expressionOf(first), expressionOf(second)), `${first} and ${second}`)
    t.notOk(sameExpression(expressionOf(second), expressionOf(first)), `${second} and ${first}`)
  }
})
