/*
  Precedence, calls, indexes and lambdas: the examples in the DolphinDB manual ("Operator precedence", "Function call",
  "at", "Chained comparison", "Ternary operator", "Lambda expression", "Closure", "Partial application").
*/
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { elementAt } from '../../../../src/protocol/element.js'
import type { Vector } from '../../../../src/protocol/value.js'
import { evaluate, evaluateIndexes } from '../../../../src/server/script/evaluate/evaluate.js'
import { intScalar, stringScalar } from '../../../../src/server/values/scalar.js'
import {
  type Builtin,
  type CallArguments,
  type FunctionValue,
  type ServerValue,
  partialOf,
} from '../../../../src/server/values/server-value.js'
import {
  atOnce,
  frameOn,
  hastyRuntime,
  inTurns,
  nodeIn,
  shownRestlessly,
  shownValue,
  testRuntime,
} from '../../../helpers/runtime.js'
import { runs, seed } from '../../../helpers/runs.js'
import { testSession } from '../../../helpers/script.js'
import type { Frame } from '../../../../src/server/script/evaluate/frame.js'
import type { Call, Index } from '../../../../src/server/script/parse/syntax.js'
import { runUnits } from '../../../../src/server/script/session/session.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
import { int, ints } from '../../../helpers/values.js'
import {
  callFunction,
  evaluateCall,
  evaluatePartial,
} from '../../../../src/server/script/evaluate/call.js'

t.comment(`TEST_SEED=${seed}`)

/** Script → its displayed result. */
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
      t.equal(await shownRestlessly(script), shown, `${script}, yielding`)
    }
  })
}

t.test('a call with too few or too many arguments gets an error with the right number', async t => {
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

t.test(
  'a lambda captures its variables when it is created; the error names a missing one',
  async t => {
    const { show, fail, run } = testSession()
    await run('def g(a) {\n if(a) { y=1 }\n return x->x+y\n}')
    t.equal(await show('g(true)(1)'), '2')
    t.match(await fail('g(false)'), /Can't find the object with name y$/)
  },
)

t.test('unknown parameter names are refused', async t => {
  const { fail } = testSession()
  t.match(await fail('rand(X=1, digits=2)'), 'does not have the parameter [digits]')
  t.match(await fail('rand(1, X=2)'), 'The parameter [X] of function [rand] is given twice.')
})

t.test('binding an argument does not affect which argument a function changes', async t => {
  const { run, show } = testSession()
  await run('def put(a, mutable b){ b[0] = a }\ng = put{9}\nv = 1 2\ng(v)')
  t.equal(await show('v'), '[9,2]')
})

t.test('several results form a tuple', async t => {
  t.equal(await testSession().show('def s(a){return sum(a), avg(a)}\ns(1..11)'), '[66,6]')
})

t.test('a function without return has no value', async t => {
  t.equal(await testSession().show('def f(){1+2}\ntypestr(f())'), 'VOID')
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

t.test('errors in an expression have no location, errors in SQL do', async t => {
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

t.test('a sequence of operators as long as a script allows is evaluated', async t => {
  const row = Array.from({ length: 30_000 }, (_, index) => index % 10)
  const wanted = row.reduce((sum, one) => sum + one, 0)
  t.equal(await testSession().show(row.join('+')), String(wanted))
})

/** The value of an arithmetic tree, computed by a plain evaluator. Division by 0 gives null. */
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

t.test('arithmetic on scalars and vectors equals that of a plain evaluator', async t => {
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

/** The server does not display the sign of a zero. */
const withoutSign = (cell: Cell): Cell => (cell === null ? null : cell + 0)

function cellsOf(value: ServerValue): Cell[] {
  const column = value as Vector & { data: Float64Array }
  return Array.from(
    { length: column.length },
    (_, row) => elementAt(column, row) as { value: Cell },
  ).map(({ value }) => value)
}

const setup = `
def f(a, b=2, c=3){return a*100+b*10+c}
def change(mutable a, by){a = append!(a, by)}
def self(a){return a}
def broken(a){throw "no"}
d = {k: 7}
g = add
seen = array(INT, 0)
def note(mutable list, n){list.append!(n); return n}`

function usual(runtime: Runtime = testRuntime(), more: Partial<Frame> = {}): Frame {
  atOnce(runUnits(runtime, setup))
  return frameOn(runtime, { n: intScalar(5), v: ints(1, 2) as ServerValue }, more)
}

const call = (source: string, frame: Frame): string =>
  shownValue(atOnce(evaluateCall(nodeIn(frame, source) as Call, frame)))

const values: Readonly<Record<string, string>> = {
  'f(1)': '123',
  'f(1, 5)': '153',
  'f(1,, 5)': '125',
  'f(1, DFLT, 5)': '125',
  'f(1, c=5)': '125',
  'f(c=5, a=n-4)': '125',
  'f(1, b=DFLT)': '123',
  'g(1, n+1)': '7',
  '(a -> a*2)(n)': '10',
  'f{1}(5)': '153',
  'n.add(1)': '6',
  'd("k")': '7',
  'v(1)': '2',
  '(v+1)(0)': '2',
  'each(x -> x+n, v)': '[6,7]',
  'self(self(self(n)))': '5',
  'sum(v)': '3',
}

t.test('a call finds its function, evaluates its arguments and returns the value', async t => {
  for (const [source, wanted] of Object.entries(values)) {
    t.equal(call(source, usual()), wanted, source)
  }
})

t.test('a decimal type accepts only a scale that fits', async t => {
  const frame = usual()
  const type = (source: string): ServerValue =>
    atOnce(evaluateCall(nodeIn(frame, source) as Call, frame))
  t.strictSame(type('DECIMAL32(0)'), { form: 'type', column: { type: 'DECIMAL32', scale: 0 } })
  t.strictSame(type('DECIMAL128(38)'), { form: 'type', column: { type: 'DECIMAL128', scale: 38 } })
  for (const source of [
    'DECIMAL32(10)',
    'DECIMAL64(19)',
    'DECIMAL64(-1)',
    'DECIMAL64(`a)',
    'INT(3)',
  ]) {
    const name = source.slice(0, source.indexOf('('))
    t.throws(() => type(source), { message: `The scale of ${name} is out of range.` }, source)
  }
})

const failures: Readonly<Record<string, string>> = {
  'v(1, 2)': 'v(1, 2) => The object is not a function.',
  'v()': 'v() => The object is not a function.',
  'v(,)': 'v(,) => The object is not a function.',
  'broken(1)': 'broken(1) => broken: throw "no" => no',
  'sum(broken(n + 1))': 'broken(n + 1) => broken: throw "no" => no',
  'f(1, d=2)': 'f(1, d=2) => The function [f] does not have the parameter [d].',
  'sum(1, 2)':
    'sum(1, 2) => The function [sum] expects 1 argument(s), but the actual number of arguments is: 2',
}

t.test('errors name the innermost call at fault', async t => {
  const frame = usual()
  for (const [source, message] of Object.entries(failures)) {
    t.throws(() => call(source, frame), { message, located: true }, source)
  }
})

t.test('arguments are evaluated from the left, each once', async t => {
  const frame = usual()
  t.equal(call('f(note(seen, 1), c=note(seen, 2), b=note(seen, 3))', frame), '132')
  t.equal(shownValue(frame.variables.get('seen')!), '[1,2,3]')
})

t.test('a function changes the variable that it gets, by position and by name', async t => {
  const frame = usual()
  const after = (source: string): string => {
    frame.variables.set('v', ints(1, 2) as ServerValue)
    call(source, frame)
    return shownValue(frame.variables.get('v')!)
  }
  t.equal(after('change(v, n+1)'), '[1,2,6]')
  t.equal(after('change(by=9, a=v)'), '[1,2,9]')
  t.equal(after('append!(v, n+1)'), '[1,2,6]')
  t.equal(after('append!(obj=v, newData=9)'), '[1,2,9]')
  t.equal(after('v.append!(n+1)'), '[1,2,6]')
  t.equal(after('change{, n}(v)'), '[1,2,5]')
  t.equal(after('append!(v + 0, 9)'), '[1,2]')
  const constant = {
    ...frame,
    parameters: [{ name: 'v', isMutable: false, defaultValue: undefined }],
  }
  for (const source of ['change(v, 1)', 'append!(obj=v, newData=9)', 'change(a=v, by=1)']) {
    t.throws(() => call(source, constant), { message: /Read only object can't be applied/ }, source)
  }
})

t.test('built-ins get the names of their arguments', async t => {
  const frame = usual()
  const made = atOnce(evaluateCall(nodeIn(frame, 'table(v as a, v+1 as b, v)') as Call, frame))
  t.match(made, { form: 'serverTable', columnNames: ['a', 'b', 'v'] })
})

t.test('count(*) is the number of rows of the statement', async t => {
  const columns = { rows: 7, tableName: undefined, lookup: () => undefined }
  const frame = usual(testRuntime(), { columns })
  const node = nodeIn(frame, 'count(n)') as Call
  const star = { ...node, args: [{ value: { ...node.args[0]!.value, name: '*' } }] } as Call
  t.match(atOnce(evaluateCall(star, frame)), { type: 'INT', value: 7 })
})

t.test('a call that yields gives the same result', async t => {
  const { runtime, clock } = hastyRuntime()
  await inTurns(runUnits(runtime, 'def f(a){s = 0; for(i in 1..500){s += a*i}; return s}'))
  const frame = frameOn(runtime)
  const { value, pauses } = await inTurns(evaluateCall(nodeIn(frame, 'f(1+1)') as Call, frame))
  t.equal(shownValue(value), String(500 * 501))
  t.ok(pauses > 5, `${pauses} times`)
  t.ok(clock.turns >= pauses)
})

t.test('a partial application evaluates its arguments at once', async t => {
  const frame = usual()
  const partial = atOnce(evaluatePartial(nodeIn(frame, 'f{n, , c=n+1}') as Call, frame))
  frame.variables.set('n', intScalar(0))
  frame.variables.set('p', partial)
  t.equal(call('p(4)', frame), '546')
  t.throws(() => atOnce(evaluatePartial(nodeIn(frame, 'v{1}') as Call, frame)), {
    message: 'Only a function can be applied partially.',
  })
})

const setupEvaluateIndex = `
x = 5 7 0 4; i = 1; e = array(INT, 0)
tp = (1 2 3, \`a, "bc")
d = {k: 1 2, l: 3}
t = table(1 2 as a, 3 4 as b)
def f(a, b){return a*10+b}
def one(){return 1}`

function usualEvaluateIndex(): Frame {
  const runtime = testRuntime()
  atOnce(runUnits(runtime, setupEvaluateIndex))
  return frameOn(runtime)
}

const picked = (source: string, frame = usualEvaluateIndex()): string =>
  shownValue(atOnce(evaluate(nodeIn(frame, source), frame)))

const valuesEvaluateIndex: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  'values pick by position, by several, by truth and by bounds': {
    'x[1]': '7',
    'x[i+1]': '0',
    'x[one()]': '7',
    'x[2 0]': '[0,5]',
    'x[x>4]': '[5,7]',
    'x[1:3]': '[7,0]',
    'x[i:]': '[7,0,4]',
    'x[:i+1]': '[5,7]',
    'x[:]': '[5,7,0,4]',
    'x[9]': '',
    'x[3 NULL]': '[4,]',
    'e[0]': '',
    'e[:2]': '[]',
    'x[4:]': '[]',
    'x[:0]': '[]',
    '(x+1)[0]': '6',
    '(1..9)[2:4]': '[3,4]',
  },
  'other containers pick what they are made of': {
    'tp[0]': '[1,2,3]',
    'tp[0][1]': '2',
    'tp[2]': 'bc',
    'd[`k]': '[1,2]',
    'd[`k][1]': '2',
    'd[`no]': '',
    't[`b]': '[3,4]',
    't[1, `b]': '4',
  },
  'a function picks where it says true': {
    'x[y -> y > 4]': '[5,7]',
    'x[y -> 0 1]': '[5,7]',
  },
  'a function is applied to what stands in the brackets': {
    'f[1, 2]': '12',
    'f{1}[2]': '12',
    '(sum)[x]': '16',
    'add[x, 1]': '[6,8,1,5]',
    'sum[1, 2, 3]': '6',
    'one[]': '1',
  },
}

for (const [title, cases] of Object.entries(valuesEvaluateIndex)) {
  t.test(title, async t => {
    for (const [source, wanted] of Object.entries(cases)) t.equal(picked(source), wanted, source)
  })
}

t.test('a type with empty brackets is the type of its arrays', async t => {
  const frame = usualEvaluateIndex()
  t.strictSame(atOnce(evaluate(nodeIn(frame, 'INT[]'), frame)), {
    form: 'type',
    column: { type: 'INT', array: true },
  })
  t.strictSame(atOnce(evaluate(nodeIn(frame, 'DECIMAL64(2)[]'), frame)), {
    form: 'type',
    column: { type: 'DECIMAL64', scale: 2, array: true },
  })
})

const failuresEvaluateIndex: Readonly<Record<string, RegExp>> = {
  'f[1:]': /^A function can not be sliced\.$/,
  'f[1]': /The function \[f\] expects 2 argument/,
  'x[`a]': /must be an integer/,
  'x[]': /An index is expected/,
  'x[objByName("no")]': /Can't find the object with name no$/,
}

t.test('invalid indexes are refused', async t => {
  for (const [source, message] of Object.entries(failuresEvaluateIndex)) {
    t.throws(() => picked(source), { message }, source)
  }
})

t.test('bounds of a slice are integers or missing', async t => {
  const frame = usualEvaluateIndex()
  const bounds = (source: string): unknown => {
    const { indexes } = nodeIn(frame, `x[${source}]`) as Index
    return atOnce(evaluateIndexes(indexes, frame))[0]
  }
  t.strictSame(bounds('i+1:'), { form: 'slice', from: 2, to: undefined })
  t.strictSame(bounds(':5l'), { form: 'slice', from: undefined, to: 5 })
  t.strictSame(bounds('NULL:'), { form: 'slice', from: undefined, to: undefined })
  t.match(bounds('i'), { form: 'scalar', value: 1 })
})

/** Runs a script and returns the functions that it defines, by name. */
function defined(source: string, runtime = testRuntime()): (name: string) => FunctionValue {
  atOnce(runUnits(runtime, source))
  return name => runtime.findFunction(name)!
}

const builtinOf = (builtin: Partial<Builtin>): FunctionValue => ({
  form: 'function',
  kind: 'builtin',
  name: 'b',
  builtin: {
    name: 'b',
    parameters: ['first', 'second', 'third'],
    minArguments: 1,
    maxArguments: 3,
    call: (_, args) => stringScalar(args.map(arg => (arg ? shownValue(arg) : '_')).join()),
    ...builtin,
  },
})

const called = (
  fn: FunctionValue,
  args: CallArguments,
  keywords?: Record<string, ServerValue>,
  runtime: Runtime = testRuntime(),
): string =>
  shownValue(atOnce(callFunction(runtime, fn, args, keywords && new Map(Object.entries(keywords)))))

t.test('only administrators may call their functions', async t => {
  const runtime = testRuntime()
  const fn = builtinOf({ adminOnly: true })
  t.throws(() => called(fn, [int(1)], undefined, runtime), {
    message: 'Only administrators execute function b',
  })
  runtime.session.user = 'admin'
  t.equal(called(fn, [int(1)], undefined, runtime), '1')
})

const longs = (length: number): ServerValue => ({
  form: 'vector',
  type: 'INT',
  length,
  data: new Int32Array(length).fill(1),
})

t.test(
  'a user function gets positions, names, defaults, and nothing for an open position',
  async t => {
    const fn = defined('def f(a, b=20, c=29+1){return (a, b, c)}')('f')
    t.equal(called(fn, [int(1)]), '[1,20,30]')
    t.equal(called(fn, [int(1), undefined, int(3)]), '[1,20,3]')
    t.equal(called(fn, [int(1)], { c: int(3) }), '[1,20,3]')
    t.equal(called(fn, [], { b: int(2), a: int(1) }), '[1,2,30]')
    t.equal(called(fn, [undefined, int(2)]), '[,2,30]', 'VOID')
    const expects = (actual: number): { message: string } => ({
      message: `The function [f] expects 1~3 argument(s), but the actual number of arguments is: ${actual}`,
    })
    t.throws(() => called(fn, []), expects(0))
    t.throws(() => called(fn, [], { b: int(1) }), expects(1))
    t.throws(() => called(fn, [1, 2, 3, 4].map(int)), expects(4))
    t.throws(() => called(fn, [int(1)], { a: int(1) }), {
      message: /\[a\] of function \[f\] is given twice/,
    })
  },
)

t.test('a default is evaluated at every call, and calls do not share variables', async t => {
  const runtime = testRuntime()
  const of = defined(
    'def f(n, a=1 2){b = a; b.append!(n); return size(b)}\ndef g(){return 1}',
    runtime,
  )
  t.equal(called(of('f'), [int(1)], undefined, runtime), '3')
  t.equal(called(of('f'), [int(1)], undefined, runtime), '3')
  t.equal(runtime.session.variables.size, 0)
  t.equal(called(of('g'), [], undefined, runtime), '1')
})

t.test("a mutable parameter is the caller's variable; other parameters are read-only", async t => {
  const runtime = testRuntime()
  const of = defined(
    'def f(mutable a, b){a += b; a.append!(b)}\ndef g(a, mutable b){append!(a, 1)}',
    runtime,
  )
  const given = longs(2)
  called(of('f'), [given, int(5)], undefined, runtime)
  t.equal(shownValue(given), '[6,6,5]')
  t.throws(() => called(of('g'), [given, int(5)], undefined, runtime), {
    message: "g: append!(a, 1) => Read only object can't be applied to mutable function append!",
  })
})

t.test('recursion is limited by the size of the stack', async t => {
  const runtime = testRuntime()
  const of = defined(
    `def f(n){if(n==1){return 1}; return 1+f(n-1)}
     def deep(n){return n==1 ? 1 : ${'-('.repeat(20)}deep(n-1)${')'.repeat(20)}}`,
    runtime,
  )
  const run = (name: string, depth: number): string =>
    called(of(name), [int(depth)], undefined, runtime)
  t.equal(run('f', 100), '100')
  t.throws(() => run('f', 201), { message: /The function \[f\] is called too deeply\.$/ })
  t.equal(run('deep', 15), '1')
  t.throws(() => run('deep', 20), { message: /\[deep\] is called too deeply\.$/ })
  t.equal(run('f', 100), '100', 'afterwards the stack is free again')
})

t.test('a partial application passes its own arguments and those of the call', async t => {
  const fn = defined('def f(a, b, c){return a*100+b*10+c}')('f')
  t.equal(called(partialOf(fn, [int(1)]), [int(2), int(3)]), '123')
  t.equal(called(partialOf(fn, [undefined, int(2)]), [int(1), int(3)]), '123')
  t.equal(called(partialOf(fn, [int(1)], new Map([['c', int(3)]])), [int(2)]), '123')
  t.equal(called(partialOf(fn, [int(1)], new Map([['c', int(9)]])), [int(2)], { c: int(3) }), '123')
  t.throws(() => called(partialOf(fn, [int(1)]), [int(2)]), { message: /\[f\] expects 3/ })
})
