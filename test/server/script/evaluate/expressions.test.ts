/* Precedence, calls, indexes and lambdas: the examples in the DolphinDB manual ("Operator precedence", "Function call", "at", "Ternary
   operator", "Lambda expression", "Closure", "Partial application"). */
import t from 'tap'
import { testYieldingExamples } from '../../../helpers/examples.js'
import { seed } from '../../../helpers/runs.js'
import { testSession } from '../../../helpers/script.js'

t.comment(`TEST_SEED=${seed}`)

testYieldingExamples(t, {
  'operators bind as the manual orders them': {
    'a=5; 3+a*a': '28',
    'a=5; 3*a..10': '[15,18,21,24,27,30]',
    'n=5; -n..n': '[-5,-4,-3,-2,-1,0,1,2,3,4,5]',
    'n=5; -(n..n)': '[-5]',
    '-7/5': '-2',
    '1 || 0 && 0': 'true',
    '1+2<4': 'true',
    'x=1 2 3; !x-1': '[-1,-1,-1]',
  },
  'words bind as multiplication does': {
    '1 between 0:5': 'true',
    '`a in `a`b': 'true',
    '3 not in 1 2': 'true',
    '1 + 1 in 1 2': '2',
    'x=1 2; sum(x) + avg(x)': '4.5',
    'x=2; x = x + 1 if(x>2) x=9; x': '9',
    'take(1 2, 3) join 4 5': '[1,2,1,4,5]',
    '`a <- `b`c': '[a,b,c]',
    'int[1, -1, NULL]': '[1,-1,]',
    '(1<2)<2': 'true',
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
    'x=5 7 0 4; x[3 NULL]': '[4,]',
    'x=5 7 0 4; x[4:]': '[]',
    'x=5 7 0; (x+1)[0]': '6',
    'd={k: 1 2}; d[`k][1]': '2',
  },
  'calls take positions, names and left-out arguments': {
    'def f(a=1, b=2){return a + b}\nf(,3)': '4',
    'def f(a=1, b=2){return a + b}\nf(b=3, a=2)': '5',
    'def f(a, b=2){return a + b}\nf(1)': '3',
    'x=1..10; x.sum()': '55',
    'x=2; x.add(3)': '5',
    'x=1..3\nx\n  .add(1)\n  .sum()': '9',
    'f = add; f(1, 2)': '3',
    'def f(a, b=2, c=3){return a*100+b*10+c}\nf(c=5, a=1)': '125',
    'def f(a, b){return typestr(a)}\nf(, 2)': 'VOID',
    'v=1 2; append!(obj=v, newData=9); v': '[1,2,9]',
  },
  'functions without a name are values': {
    'g=def(x):2*x; g(2)': '4',
    'def(a,b){return (a+1)*(b+1)} (4,5)': '30',
    'each(def(a,b):a+b, 1..3, 2..4)': '[3,5,7]',
    'each(x->x+1, 1 3 5)': '[2,4,6]',
    'g = def (x,y) -> x - y; g(5,3)': '2',
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
})

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

t.test('unknown parameter names are refused', async t => {
  const { fail } = testSession()
  t.match(await fail('rand(X=1, digits=2)'), 'does not have the parameter [digits]')
  t.match(await fail('rand(1, X=2)'), 'The parameter [X] of function [rand] is given twice.')
  t.equal(await fail('v = 1 2\nv(1, 2)'), 'v(1, 2) => The object is not a function.')
  t.match(await fail('v{1}'), 'Only a function can be applied partially.')
  t.match(await fail('DECIMAL64(19)'), 'The scale of DECIMAL64 is out of range.')
})

t.test('binding an argument does not affect which argument a function changes', async t => {
  const { run, show } = testSession()
  await run('def put(a, mutable b){ b[0] = a }\ng = put{9}\nv = 1 2\ng(v)')
  t.equal(await show('v'), '[9,2]')
})

t.test('a function without return has no value', async t => {
  t.equal(await testSession().show('def f(){1+2}\ntypestr(f())'), 'VOID')
})

t.test('operands are evaluated from the left, and a condition evaluates one branch', async t => {
  const orders: Readonly<Record<string, string>> = {
    'n(1) + n(2) * n(3) - n(4)': '[1,2,3,4]',
    '[n(1), (n(2), n(3))]': '[1,2,3]',
    '{a: n(1), b: n(2)}': '[1,2]',
    'n(0) && n(1)': '[0,1]',
    '(x -> n(x))(n(1))': '[1,1]',
  }
  for (const [source, order] of Object.entries(orders)) {
    const { show } = testSession()
    const setup = 'seen = table(100:0, [`k], [INT])\nshare seen as order\ngo\n'
    const define = 'def n(k){insert into order values(k); return k}\n'
    t.equal(await show(`${setup}${define}${source}\nexec k from order`), order, source)
  }
})

t.test('recursion is limited by the size of the stack', async t => {
  const { run, show, fail } = testSession()
  await run(`def f(n){if(n==1){return 1}; return 1+f(n-1)}
    def deep(n){if(n==1) return 1\nreturn ${'-('.repeat(140)}deep(n-1)${')'.repeat(140)}}`)
  t.equal(await show('f(100)'), '100')
  t.match(await fail('f(201)'), /The function \[f\] is called too deeply\.$/)
  t.equal(await show('deep(15)'), '1')
  t.match(await fail('deep(200)'), /nested too deeply\.$/)
  t.equal(await show('f(100)'), '100', 'afterwards the stack is free again')
})
