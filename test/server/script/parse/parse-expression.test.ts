/*
  Which tree operators make: the table of docs/grammar.md#expressions, in this file once more.
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Binary, Call } from '../../../../src/server/script/parse/syntax.js'
import { runs, seed } from '../../../helpers/runs.js'
import { expressionOf, sourceOf, treeOf } from '../../../helpers/syntax.js'

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

t.test('an operator or operand that does not fit is named', async t => {
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => treeOf(source), { message: `Syntax Error: ${message}` }, source)
  }
  t.throws(() => treeOf('select * from t where a is b'), { message: /the token b$/ })
})

t.test('a node stands for the text from its first token to its last', async t => {
  const sum = expressionOf(' a + (b) * c[1] ') as Binary
  t.equal(sourceOf(sum), 'a + (b) * c[1]')
  t.equal(sourceOf(sum.right), '(b) * c[1]')
  const chain = expressionOf('1 <\n x < 3') as Binary
  t.strictSame([sourceOf(chain), sourceOf(chain.left)], ['1 <\n x < 3', '1 <\n x'])
  const word = expressionOf('a add b') as Call
  t.strictSame([sourceOf(word), sourceOf(word.callee)], ['a add b', 'add'])
  t.equal(expressionOf('\n\n-x').span.line, 3)
})

t.test('a row of operators needs no stack, brackets and signs do', async t => {
  const row = Array.from({ length: 20_000 }, () => 'a').join('+')
  let links = 0
  for (let node = expressionOf(row); node.kind === 'binary'; node = node.left) links++
  t.equal(links, 19_999)
  for (const source of ['-'.repeat(500) + 'a', '('.repeat(300) + 'a', 'a ? '.repeat(500)]) {
    t.throws(() => treeOf(source), { message: /^Syntax Error: \[line #1\] .* too deeply/ })
  }
  t.equal(treeOf('('.repeat(150) + 'a' + ')'.repeat(150)), 'a')
})

/** Tighter the higher; `and` and `or` are `&&` and `||`. */
const tightness: Readonly<Record<string, number>> = {
  '||': 1, '&&': 2, '<': 3, '<=': 3, '==': 3, '!=': 3, '>': 3, '>=': 3, '|': 4, '^': 5, '&': 6, '<<': 7, '>>': 7,
  '+': 8, '-': 8, '*': 10, '/': 10, '\\': 10, '%': 10, $: 10, '<-': 10, ':': 15, '..': 15, eq: 3, bitOr: 4,
  add: 8, sub: 8, f: 10, in: 10, pair: 15, seq: 15,
} // prettier-ignore
const signTightness = 18
const notTightness = 2.5

/** What a random tree is written as with no more brackets than it needs, and what it is. */
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

/** `not (…)` would be a call. */
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

t.test('any tree, written with the brackets it needs, is read as that tree', async t => {
  fc.assert(
    fc.property(tree, written => {
      assert.equal(treeOf(written.text), written.tree)
      assert.equal(treeOf(written.tree), written.tree, 'with all brackets')
    }),
    { numRuns: runs(300), seed },
  )
  t.pass()
})
