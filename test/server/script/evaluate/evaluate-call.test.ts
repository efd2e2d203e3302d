import t from 'tap'
import {
  evaluateCall,
  evaluatePartial,
} from '../../../../src/server/script/evaluate/evaluate-call.js'
import type { Frame } from '../../../../src/server/script/evaluate/frame.js'
import type { Call, Partial as PartialNode } from '../../../../src/server/script/parse/syntax.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import {
  atOnce,
  frameOn,
  hastyRuntime,
  inTurns,
  nodeIn,
  shownValue,
  testRuntime,
} from '../../../helpers/runtime.js'
import { ints } from '../../../helpers/values.js'

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

t.test('a call finds its function, evaluates its arguments and gives the value', async t => {
  for (const [source, wanted] of Object.entries(values)) {
    t.equal(call(source, usual()), wanted, source)
  }
})

t.test('a decimal type takes a scale that it has room for', async t => {
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

t.test('arguments are evaluated from the left, and once', async t => {
  const frame = usual()
  t.equal(call('f(note(seen, 1), c=note(seen, 2), b=note(seen, 3))', frame), '132')
  t.equal(shownValue(frame.variables.get('seen')!), '[1,2,3]')
})

t.test('a function changes the variable it is given, by place and by name', async t => {
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
  const constant = { ...frame, readOnly: new Set(['v']) }
  for (const source of ['change(v, 1)', 'append!(obj=v, newData=9)', 'change(a=v, by=1)']) {
    t.throws(() => call(source, constant), { message: /Read only object can't be applied/ }, source)
  }
})

t.test('built-ins are told what their arguments are called', async t => {
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

t.test('a call that gives way gives the same', async t => {
  const { runtime, clock } = hastyRuntime()
  await inTurns(runUnits(runtime, 'def f(a){s = 0; for(i in 1..500){s += a*i}; return s}'))
  const frame = frameOn(runtime)
  const { value, pauses } = await inTurns(evaluateCall(nodeIn(frame, 'f(1+1)') as Call, frame))
  t.equal(shownValue(value), String(500 * 501))
  t.ok(pauses > 5, `${pauses} times`)
  t.ok(clock.turns >= pauses)
})

t.test('a partial application evaluates its arguments now', async t => {
  const frame = usual()
  const partial = atOnce(evaluatePartial(nodeIn(frame, 'f{n, , c=n+1}') as PartialNode, frame))
  frame.variables.set('n', intScalar(0))
  frame.variables.set('p', partial)
  t.equal(call('p(4)', frame), '546')
  t.throws(() => atOnce(evaluatePartial(nodeIn(frame, 'v{1}') as PartialNode, frame)), {
    message: 'Only a function can be applied partially.',
  })
})
