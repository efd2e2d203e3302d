import t from 'tap'
import { callFunction, startCall } from '../../../../src/server/script/evaluate/call.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
import type { Builtin } from '../../../../src/server/values/builtin.js'
import { partialOf, type CallArguments } from '../../../../src/server/values/partial-function.js'
import { intScalar, stringScalar } from '../../../../src/server/values/scalar.js'
import type { FunctionValue, ServerValue } from '../../../../src/server/values/server-value.js'
import { atOnce, shownValue, testRuntime } from '../../../helpers/runtime.js'

const int = intScalar

/** What is defined, and its functions by name. */
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

t.test('built-ins get their arguments in declared order', async t => {
  const fn = builtinOf({})
  t.equal(called(fn, [int(1)]), '1')
  t.equal(called(fn, [int(1), undefined, int(3)]), '1,_,3')
  t.equal(called(fn, [int(1)], { third: int(3) }), '1,_,3')
  t.equal(called(fn, [], { second: int(2), first: int(1) }), '1,2')
  t.equal(called(fn, [undefined, int(2)], { first: int(1) }), '1,2', 'a gap may be filled')
})

t.test('wrong numbers and names of arguments are refused', async t => {
  const expects = (count: string, actual: number): { message: string } => ({
    message: `The function [b] expects ${count} argument(s), but the actual number of arguments is: ${actual}`,
  })
  const four = [1, 2, 3, 4].map(int)
  t.throws(() => called(builtinOf({}), []), expects('1~3', 0))
  t.throws(() => called(builtinOf({}), four), expects('1~3', 4))
  t.throws(() => called(builtinOf({ minArguments: 3 }), [int(1)]), expects('3', 1))
  t.throws(() => called(builtinOf({ maxArguments: Infinity }), []), expects('at least 1', 0))
  t.throws(() => called(builtinOf({ minArguments: 2 }), [], { first: int(1) }), expects('2~3', 1))
  t.throws(() => called(builtinOf({}), [int(1)], { first: int(1) }), {
    message: 'The parameter [first] of function [b] is given twice.',
  })
  t.throws(() => called(builtinOf({}), [int(1)], { fourth: int(1) }), {
    message: 'The function [b] does not have the parameter [fourth].',
  })
})

t.test('only administrators call what is theirs', async t => {
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
  'a user function gets positions, names, defaults, and nothing where a place is open',
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

t.test(
  'a default is made anew at every call, and no call sees the variables of another',
  async t => {
    const runtime = testRuntime()
    const of = defined(
      'def f(n, a=1 2){b = a; b.append!(n); return size(b)}\ndef g(){return 1}',
      runtime,
    )
    t.equal(called(of('f'), [int(1)], undefined, runtime), '3')
    t.equal(called(of('f'), [int(1)], undefined, runtime), '3')
    t.equal(runtime.session.variables.size, 0)
    t.equal(called(of('g'), [], undefined, runtime), '1')
  },
)

t.test('a mutable parameter is what the caller gave, others are read-only', async t => {
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

t.test('functions call themselves only as deep as the stack has room', async t => {
  const runtime = testRuntime()
  const of = defined(
    `def f(n){if(n==1){return 1}; return 1+f(n-1)}
     def deep(n){return n==1 ? 1 : ${'-('.repeat(40)}deep(n-1)${')'.repeat(40)}}`,
    runtime,
  )
  const run = (name: string, depth: number): string =>
    called(of(name), [int(depth)], undefined, runtime)
  t.equal(run('f', 100), '100')
  t.throws(() => run('f', 201), { message: /The function \[f\] is called too deeply\.$/ })
  t.equal(run('deep', 15), '1')
  t.throws(() => run('deep', 20), { message: /\[deep\] is called too deeply\.$/ })
  t.equal(run('f', 100), '100', 'afterwards there is room again')
})

t.test('a partial application calls its function with both kinds of arguments', async t => {
  const fn = defined('def f(a, b, c){return a*100+b*10+c}')('f')
  t.equal(called(partialOf(fn, [int(1)]), [int(2), int(3)]), '123')
  t.equal(called(partialOf(fn, [undefined, int(2)]), [int(1), int(3)]), '123')
  t.equal(called(partialOf(fn, [int(1)], new Map([['c', int(3)]])), [int(2)]), '123')
  t.equal(called(partialOf(fn, [int(1)], new Map([['c', int(9)]])), [int(2)], { c: int(3) }), '123')
  t.throws(() => called(partialOf(fn, [int(1)]), [int(2)]), { message: /\[f\] expects 3/ })
})

t.test('a built-in that is done at once gives its value, a function an evaluation', async t => {
  const runtime = testRuntime()
  t.match(startCall(runtime, builtinOf({}), [int(1)]), { form: 'scalar' })
  const user = startCall(runtime, defined('def f(): 1')('f'), [])
  t.notOk('form' in user)
})
