/*
  Precedence, calls, indexes, lambdas: the examples of the DolphinDB manual ("Operator precedence", "Function call",
  "at", "Chained comparison", "Ternary operator", "Lambda expression", "Closure", "Partial application").
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { elementAt } from '../../../../src/protocol/element.js'
import type { Vector } from '../../../../src/protocol/value.js'
import { begin, evaluate, immediate } from '../../../../src/server/script/evaluate/evaluate.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import { atOnce, frameOn, nodeIn, shownRestlessly, testRuntime } from '../../../helpers/runtime.js'
import { runs, seed } from '../../../helpers/runs.js'
import { testSession } from '../../../helpers/script.js'

t.comment(`TEST_SEED=${seed}`)

/** Script → what it shows. */
const examples: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'operators bind as the manual orders them': {
    'a=5; 3+a*a': '28',
    '[1,,3]': '[1,,3]',
    'typestr([,2.5,,])': 'FAST DOUBLE VECTOR',
    'size([,2.5,,4])': '4',
    '[`a,,`b]': '[a,,b]',
    'a=5; 3*a..10': '[15,18,21,24,27,30]',
    'n=5; -n..n': '[-5,-4,-3,-2,-1,0,1,2,3,4,5]',
    'n=5; -(n..n)': '[-5]',
    '-7/5': '-2',
    '1:3+1': '2:4',
    '1 || 0 && 0': 'true',
    '1+2<4': 'true',
    '6 & 3 | 8': '10',
    'x=1 2 3; !x-1': '[-1,-1,-1]',
  },
  'a function before an operand takes everything behind it': {
    'sum 1 2 3 == 6': '0',
    'x=1..10; sum x': '55',
    'x=1 2; sum(x) + avg(x)': '4.5',
    'sum 1 2 + avg 1 3': '7',
    'x=1 NULL 1; y=NULL 1 1; (isNull x) || (isNull y)': '[true,true,false]',
    'x=1 NULL 1; y=NULL 1 1; isNull x && isNull y': '[false,true,false]',
    'neg -5': '5',
    'sum [1,2,3]': '6',
  },
  'a function between operands binds as multiplication does': {
    'x=2; y=3; x add y': '5',
    'def f1(x,y):x+y\n2 add 3 sub 5 f1 5': '-5',
    '3 add 2': '5',
    '1 between 0:5': 'true',
    'each(+, 1 2, 3 4)': '[4,6]',
    'each(|, 1 2, 4 4)': '[5,6]',
    'x=2; x = x add 1 if(x>2) x=9; x': '9',
    '`a in `a`b': 'true',
    '3 not in 1 2': 'true',
  },
  'comparisons chain': {
    '1<2<=3.5': 'true',
    'NULL<1<3>=2<3!=1>=NULL': 'true',
    '1<3>1==2<3!=1': 'false',
    '1 2 3 >=2 ==1 2 3': '[false,true,false]',
    '1 2 3 <= 3 2 2 > 2 1 2': '[true,true,false]',
    '(1<2)<2': 'true',
  },
  'a condition chooses': {
    'true ? 1 : 0': '1',
    'true true true false false false ? 1..6 : 6..1': '[1,2,3,3,2,1]',
    '(1..6==4) ? 1 : 0': '[0,0,0,1,0,0]',
    'b = 1 2 3; (b<=2) ? 4*b : 5*b-1': '[4,8,14]',
    'a=3; a>2 ? "big" : a>1 ? "middle" : "small"': 'big',
  },
  'indexes pick elements': {
    'x=5 7 0 4 2 3; x[x>3]': '[5,7,4]',
    'x=5 7 0; x[1]': '7',
    'x=5 7 0; x[2 0]': '[0,5]',
    'x=5 7 0 4; x[1:3]': '[7,0]',
    'x=5 7 0 4; x[1:]': '[7,0,4]',
    'x=5 7 0 4; x[:2]': '[5,7]',
    'x=5 7 0; x[9]': '',
    'x=3:6; x[1]': '6',
    'tp=(1 2 3, `a); tp[0][1]': '2',
    'm=1..6$2:3; m[1]': '[3,4]',
    'm=1..6$2:3; m[1,2]': '6',
    '(sum)[1..10]': '55',
    'x=5 7 0 4 2 3; x[y->y.add(1) between 3:6]': '[5,4,2,3]',
  },
  'calls take positions, names and left-out arguments': {
    'def f(a=1, b=2){return a + b}\nf(,3)': '4',
    'def f(a=1, b=2){return a + b}\nf(b=3, a=2)': '5',
    'def f(a, b=2){return a + b}\nf(1)': '3',
    'x=1..10; x.sum()': '55',
    'x=2; x.add(3)': '5',
    'x=1..3\nx\n  .add(1)\n  .sum()': '9',
    'f = add; f(1, 2)': '3',
    'sum=15; g=&sum; g(1..4)': '10',
    'sum=15; ::sum(1..4)': '10',
    'rand(1, DFLT)': '0',
  },
  'functions without a name are values': {
    'g=def(x):2*x; g(2)': '4',
    'def(a,b){return (a+1)*(b+1)} (4,5)': '30',
    'each(def(a,b):a+b, 1..3, 2..4)': '[3,5,7]',
    'each(x->x+1, 1 3 5)': '[2,4,6]',
    '{x->x*x}(2)': '4',
    '{x,y->x+y}(2, 3)': '5',
    'g = def (x,y) -> x - y; g(5,3)': '2',
  },
  'a lambda keeps the variables around it': {
    'def f(x){return def(k): k*x}\nf(7)(8)': '56',
    'g=def(a){return def(b): a sub b}; g(10)(5)': '5',
    'def f(a,b){return def(x): a*x+b*(1-x)}\nf(5,10)(0.2)': '9',
    'a=1; g = x->x+a; a=100; g(1)': '2',
    'def f(a){ return each(x -> each(y -> x*y*a, 1 2), 1 2) }\nf(10)[1]': '[20,40]',
  },
  'partial applications fix arguments': {
    'a=100; g=add{a*a}; g(8)': '10008',
    'add{1}(88)': '89',
    'k=div{,2}; k(10)': '5',
    'def f(a,b,c){return a*100+b*10+c}\nf{,2}(1,3)': '123',
    'def f(a,b,c){return a*100+b*10+c}\nf{c=7}(1,2)': '127',
    'def f(a,b){return a*10+b}\nx=4; x.f{}(2)': '42',
    'partial(add,1)(2)': '3',
  },
  'a list keeps what a variable held when it was made': {
    'def f(mutable a){a += 1}\nx = 1 2; l = (x, 1); f(x); l[0]': '[1,2]',
    'def f(mutable a){a += 1}\nx = 1; l = {k: x}; f(x); l.k': '1',
  },
  'a table and a point mean a column of the statement': {
    't = table(1 2 3 as a); exec t.a from t where a>1': '[2,3]',
    't = table(1 2 as a); u = table(8 9 as a); exec u.a from t where a>1': '[8,9]',
  },
  'lines go on inside brackets and behind operators': {
    'x = 1 +\n  2\nx': '3',
    'add(1,\n  2\n)': '3',
    'x = [1,\n 2]\nx': '[1,2]',
  },
}

for (const [title, cases] of Object.entries(examples)) {
  t.test(title, async t => {
    for (const [script, shown] of Object.entries(cases)) {
      t.equal(await testSession().show(script), shown, script)
      t.equal(await shownRestlessly(script), shown, `${script}, giving way`)
    }
  })
}

t.test('a call with too few or too many arguments says how many it takes', async t => {
  const { fail } = testSession()
  t.equal(
    await fail('schema()'),
    'schema() => The function [schema] expects 1 argument(s), but the actual number of arguments is: 0',
  )
  t.equal(
    await fail('def f(a,b){return a}\nf(1,2,3)'),
    'f(1,2,3) => The function [f] expects 2 argument(s), but the actual number of arguments is: 3',
  )
  t.match(await fail('f{}()'), 'The function [f] expects 2 argument(s)')
})

t.test('a lambda finds what it needs when it is made, or says what is missing', async t => {
  const { show, fail, run } = testSession()
  await run('def g(a) {\n if(a) { y=1 }\n return x->x+y\n}')
  t.equal(await show('g(true)(1)'), '2')
  t.match(await fail('g(false)'), /Can't find the object with name y$/)
})

t.test('unknown parameter names are refused', async t => {
  const { fail } = testSession()
  t.match(await fail('rand(X=1, digits=2)'), 'does not have the parameter [digits]')
  t.match(await fail('rand(1, X=2)'), 'The parameter [X] of function [rand] is given twice.')
})

t.test('several results are one tuple', async t => {
  t.equal(await testSession().show('def s(a){return sum(a), avg(a)}\ns(1..11)'), '[66,6]')
})

t.test('a function without return has no value', async t => {
  t.equal(await testSession().show('def f(){1+2}\ntypestr(f())'), 'VOID')
})

t.test('constants, names and calls of built-ins need no evaluation of their own', async t => {
  const frame = frameOn(testRuntime(), { n: intScalar(5) })
  const isNow = (source: string): boolean => 'form' in begin(nodeIn(frame, source), frame)
  for (const source of ['1', 'n', 'sum', 'add(n, 1)']) t.ok(isNow(source), source)
  for (const source of ['n + 1', '-n', '[n]', 'add(n, -n)']) t.notOk(isNow(source), source)
  const now = (source: string): boolean => immediate(nodeIn(frame, source), frame) !== undefined
  t.strictSame(['1', 'n', 'add(n, 1)', 'n + 1'].map(now), [true, true, false, false])
})

t.test(
  'operands are evaluated from the left, and a scalar condition evaluates one branch',
  async t => {
    const orders: Readonly<Record<string, string>> = {
      'n(1) + n(2) * n(3) - n(4)': '[1,2,3,4]',
      '[n(1), (n(2), n(3))]': '[1,2,3]',
      '{a: n(1), b: n(2)}': '[1,2]',
      'n(1) < n(2) < n(3)': '[1,2,2,3]',
      'n(0) ? n(1) : n(2)': '[0,2]',
      'n(1) ? n(2) : n(3)': '[1,2]',
      'NULL ? n(1) : n(2)': '[2]',
      '[true, false] ? n(1) : n(2)': '[1,2]',
      'n(0) && n(1)': '[0,1]',
      '(x -> n(x))(n(1))': '[1,1]',
    }
    for (const [source, order] of Object.entries(orders)) {
      const { show } = testSession()
      const setup = 'seen = table(100:0, [`k], [INT])\nshare seen as order\ngo\n'
      const define = 'def n(k){insert into order values(k); return k}\n'
      t.equal(await show(`${setup}${define}${source}\nexec k from order`), order, source)
    }
  },
)

t.test('a failing expression is not located, one of SQL is', async t => {
  const frame = frameOn(testRuntime(), { n: intScalar(5) })
  const fail = (source: string): unknown => atOnce(evaluate(nodeIn(frame, source), frame))
  t.throws(() => fail('n * `a'), {
    message: 'Arguments for mul method can not be string.',
    located: false,
  })
  t.throws(() => fail('n.x'), { message: 'The object has no member [x].', located: false })
  t.throws(() => fail('(exec a from n)'), {
    message: 'exec a from n => The object must be a table.',
    located: true,
  })
})

t.test('a row of operators as long as a script has room for is evaluated', async t => {
  const row = Array.from({ length: 30_000 }, (_, index) => index % 10)
  const wanted = row.reduce((sum, one) => sum + one, 0)
  t.equal(await testSession().show(row.join('+')), String(wanted))
})

/** What a tree of arithmetic is, by a plain evaluator; null is what division by 0 gives. */
type Cell = number | null
interface Sum {
  text: string
  values: readonly Cell[]
}

const operators: Readonly<Record<string, (a: number, b: number) => Cell>> = {
  '+': (a, b) => a + b,
  '-': (a, b) => a - b,
  '*': (a, b) => a * b,
  '\\': (a, b) => (b === 0 ? null : a / b),
}

const number = fc.integer({ min: 0, max: 12 })
const { sum } = fc.letrec<{ sum: Sum }>(tie => ({
  sum: fc.oneof(
    { maxDepth: 4, depthIdentifier: 'sum' },
    number.map(one => ({ text: `${one}.0`, values: [one] })),
    fc.tuple(number, number, number).map(three => ({
      text: `[${three.map(one => `${one}.0`).join()}]`,
      values: three,
    })),
    fc
      .tuple(tie('sum'), fc.constantFrom(...Object.keys(operators)), tie('sum'))
      .map(([a, operator, b]) => ({
        text: `(${a.text} ${operator} ${b.text})`,
        values: paired(a, b, operators[operator]!),
      })),
    tie('sum').map(a => ({
      text: `(-${a.text})`,
      values: a.values.map(one => (one === null ? null : -one)),
    })),
  ),
}))

function paired(a: Sum, b: Sum, of: (a: number, b: number) => Cell): Cell[] {
  const at = ({ values }: Sum, row: number): Cell => values[values.length === 1 ? 0 : row]!
  return Array.from({ length: Math.max(a.values.length, b.values.length) }, (_, row) => {
    const [left, right] = [at(a, row), at(b, row)]
    return left === null || right === null ? null : of(left, right)
  })
}

t.test('arithmetic on scalars and vectors gives what a plain evaluator gives', async t => {
  const runtime = testRuntime()
  const frame = frameOn(runtime)
  fc.assert(
    fc.property(sum, ({ text, values }) => {
      runtime.begin()
      const value = atOnce(evaluate(nodeIn(frame, text), frame))
      const cells = value.form === 'scalar' ? [value.value as Cell] : cellsOf(value)
      assert.deepEqual(cells.map(withoutSign), values.map(withoutSign), text)
    }),
    { numRuns: runs(300), seed },
  )
  t.pass()
})

/** Whether a zero is negative does not show. */
const withoutSign = (cell: Cell): Cell => (cell === null ? null : cell + 0)

function cellsOf(value: ServerValue): Cell[] {
  const column = value as Vector & { data: Float64Array }
  return Array.from(
    { length: column.length },
    (_, row) => elementAt(column, row) as { value: Cell },
  ).map(({ value }) => value)
}
