import t from 'tap'
import type { Vector } from '../../../../src/protocol/value.js'
import {
  argumentNow,
  calleeNow,
  changesArgument,
  changesParameter,
  rowCountOf,
  nameOf,
} from '../../../../src/server/script/evaluate/call-arguments.js'
import type { Frame } from '../../../../src/server/script/evaluate/frame.js'
import type { Call, Name } from '../../../../src/server/script/parse/syntax.js'
import { partialOf } from '../../../../src/server/values/partial-function.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import type { FunctionValue, ServerValue } from '../../../../src/server/values/server-value.js'
import { atOnce, frameOn, nodeIn, testRuntime } from '../../../helpers/runtime.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { ints } from '../../../helpers/values.js'

const usual = (more: Partial<Frame> = {}): Frame => {
  const runtime = testRuntime()
  atOnce(runUnits(runtime, 'def change(a, mutable b, c, mutable d){}\ndef keep(a){}'))
  return frameOn(runtime, { v: ints(1, 2) as ServerValue, n: intScalar(5) }, more)
}

const columns = { rows: 3, tableName: undefined, lookup: () => undefined }

t.test('f(*) counts rows inside SQL, with nothing else between the brackets', async t => {
  const frame = usual()
  const name = nodeIn(frame, 'n') as Name
  const call = (...names: string[]): Call => ({
    ...(nodeIn(frame, 'sum(n)') as Call),
    args: names.map(one => ({ value: { ...name, name: one } })),
  })
  const { rows } = columns
  t.match(rowCountOf(call('*'), { ...frame, columns }), { type: 'INT', value: rows })
  t.match(rowCountOf(call('*'), { ...frame, columns: { ...columns, countType: 'LONG' } }), {
    type: 'LONG',
    value: BigInt(rows),
  })
  t.equal(rowCountOf(call('*'), frame), undefined, 'outside of SQL')
  t.equal(rowCountOf(call('*', '*'), { ...frame, columns }), undefined)
  t.equal(rowCountOf(call('n'), { ...frame, columns }), undefined)
})

t.test('a callee that is a name is known at once', async t => {
  const frame = usual({ columns })
  t.match(calleeNow(nodeIn(frame, 'keep'), frame), { form: 'function', kind: 'user' })
  t.match(calleeNow(nodeIn(frame, 'sum'), frame), { form: 'function', kind: 'builtin' })
  t.match(calleeNow(nodeIn(frame, 'INT'), frame), { form: 'type' })
  t.match(calleeNow(nodeIn(frame, 'v'), frame), { form: 'vector' })
  t.equal(calleeNow(nodeIn(frame, '(a -> a)'), frame), undefined)
  t.throws(() => calleeNow(nodeIn(frame, 'nosuch'), frame), {
    message:
      'Syntax Error: [line #1] Cannot recognize the token nosuch: not in the embedded server',
  })
})

const functionIn = ({ runtime }: Frame, name: string): FunctionValue => runtime.findFunction(name)!

t.test('user functions get the variable itself, built-ins an object of their own', async t => {
  const frame = usual()
  const { variables } = frame.runtime.session
  const given = (fn: string, source: string, changes: boolean): ServerValue | undefined =>
    argumentNow(functionIn(frame, fn), nodeIn(frame, source), frame, changes)
  const v = variables.get('v') as Vector
  t.equal(given('keep', 'v', false), v)
  t.equal(given('change', 'v', true), v)
  t.equal(given('append!', 'v', true), v)
  const copy = given('sum', 'v', false) as Vector & { data: unknown }
  t.not(copy, v)
  t.equal(copy.data, (v as Vector & { data: unknown }).data, 'over the same array')
  const literal = nodeIn(frame, '1 2')
  const once = argumentNow(functionIn(frame, 'sum'), literal, frame, false)
  t.equal(argumentNow(functionIn(frame, 'sum'), literal, frame, false), once)
  t.not(argumentNow(functionIn(frame, 'append!'), literal, frame, true), once, 'a constant stays')
  t.equal(given('sum', 'n + 1', false), undefined, 'what has to be evaluated')
})

t.test('what is read-only is not changed', async t => {
  const frame = usual({ readOnly: new Set(['v', 'st']) })
  const change = (name: string): unknown =>
    argumentNow(functionIn(frame, 'append!'), nodeIn({ ...frame, columns }, name), frame, true)
  t.throws(() => change('v'), {
    message: "Read only object can't be applied to mutable function append!",
  })
  t.equal(change('n'), frame.variables.get('n'))
  t.throws(() => change('st'), { message: "Can't find the object with name st" }, 'no variable')
  const read = argumentNow(functionIn(frame, 'sum'), nodeIn(frame, 'v'), frame, false)
  t.match(read, { form: 'vector' })
})

t.test('arguments are called by their names, members by theirs', async t => {
  const frame = usual({ columns })
  for (const [source, name] of Object.entries({
    n: 'n',
    '(n as m)': 'm',
    'v.a': 'a',
    '1': undefined,
    'n + 1': undefined,
    'sum(n)': undefined,
  })) {
    t.equal(nameOf(nodeIn(frame, source)), name, source)
  }
  t.equal(nameOf(undefined), undefined)
})

t.test('which arguments a function changes, also behind those that are bound', async t => {
  const frame = usual()
  const changed = (fn: FunctionValue): string =>
    [0, 1, 2, 3, 4].filter(index => changesArgument(fn, index)).join('')
  const change = functionIn(frame, 'change')
  const one = intScalar(1)
  t.equal(changed(functionIn(frame, 'sum')), '')
  t.equal(changed(functionIn(frame, 'append!')), '0')
  t.equal(changed(functionIn(frame, 'keep')), '')
  t.equal(changed(change), '13')
  t.equal(changed(partialOf(change, [])), '13')
  t.equal(changed(partialOf(change, [one])), '02')
  t.equal(changed(partialOf(change, [undefined, one])), '2')
  t.equal(changed(partialOf(change, [undefined, one, undefined, undefined])), '2')
  t.equal(changed(partialOf(change, [one, one, one])), '0')
  t.equal(changed(partialOf(functionIn(frame, 'append!'), [one])), '')
})

t.test('an argument given by name is changed as one in that place', async t => {
  const frame = usual()
  const changed = (fn: FunctionValue): string =>
    ['a', 'b', 'c', 'd', 'obj', 'newData'].filter(name => changesParameter(fn, name)).join()
  t.equal(changed(functionIn(frame, 'change')), 'b,d')
  t.equal(changed(functionIn(frame, 'append!')), 'obj')
  t.equal(changed(functionIn(frame, 'sum')), '')
  t.equal(changed(partialOf(functionIn(frame, 'change'), [intScalar(1)])), 'b,d')
})
