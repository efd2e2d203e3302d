import t from 'tap'
import type { Frame } from '../../../../src/server/script/evaluate/frame.js'
import { startPlainCall } from '../../../../src/server/script/evaluate/plain-call.js'
import type { Call } from '../../../../src/server/script/parse/syntax.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import type { Runtime } from '../../../../src/server/script/session/runtime.js'
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
import { intScalar } from '../../../../src/server/values/scalar.js'

const setup = `
def twice(a){return a*2}
def change(mutable a){a.append!(9)}
def two(a, b){return a*10+b}
def slow(a){sleep(0); return a}`

function usual(runtime: Runtime = testRuntime(), more: Partial<Frame> = {}): Frame {
  atOnce(runUnits(runtime, setup))
  return frameOn(runtime, { n: intScalar(5), v: ints(1, 2) as ServerValue }, more)
}

/** `now 6` for a value at once, `later 6` for an evaluation, `not plain`. */
async function outcome(source: string, frame: Frame): Promise<string> {
  const begun = startPlainCall(nodeIn(frame, source) as Call, frame)
  if (begun === undefined) return 'not plain'
  if ('form' in begun) return `now ${shownValue(begun)}`
  return `later ${shownValue((await inTurns(begun)).value)}`
}

const outcomes: Readonly<Record<string, string>> = {
  'add(1, n)': 'now 6',
  'sum(v)': 'now 3',
  'size(take(1, 3))': 'now 3',
  'add(sum(v), size(v))': 'now 5',
  'max(n, DFLT)': 'now 5',
  'max(n,)': 'now 5',
  'twice(n)': 'later 10',
  'add(twice(n), n)': 'later 15',
  'add(n, twice(n))': 'later 15',
  'two(slow(1), slow(2))': 'later 12',
  'slow(slow(3))': 'later 3',
  'two{1}(2)': 'not plain',
  '(a -> a)(1)': 'not plain',
  'add(1, n + 1)': 'not plain',
  'add(1, sum(n + 1))': 'not plain',
  'max(X=n)': 'not plain',
  'add(1, -n)': 'not plain',
  'v(1)': 'not plain',
}

t.test('calls of names with constants, names and such calls are begun at once', async t => {
  for (const [source, wanted] of Object.entries(outcomes)) {
    t.equal(await outcome(source, usual()), wanted, source)
  }
})

t.test('count(*) is the number of rows of the statement', async t => {
  const columns = { rows: 7, tableName: undefined, lookup: () => undefined }
  const frame = usual(testRuntime(), { columns })
  const node = nodeIn(frame, 'count(n)') as Call
  const star = { ...node, args: [{ value: { ...node.args[0]!.value, name: '*' } }] } as Call
  t.match(startPlainCall(star, frame), { type: 'INT', value: 7 })
})

const failures: Readonly<Record<string, string>> = {
  'objByName("no")': 'objByName("no") => Can\'t find the object with name no',
  'schema()':
    'schema() => The function [schema] expects 1 argument(s), but the actual number of arguments is: 0',
  'add(1, objByName("no"))': 'objByName("no") => Can\'t find the object with name no',
  'twice(objByName("no"))': 'objByName("no") => Can\'t find the object with name no',
  'two(slow(1), objByName("no"))': 'objByName("no") => Can\'t find the object with name no',
  'two(slow(1))':
    'two(slow(1)) => The function [two] expects 2 argument(s), but the actual number of arguments is: 1',
  'twice(`a)': 'twice(`a) => twice: return a*2 => Arguments for mul method can not be string.',
}

t.test('errors carry the source of the call at fault, however the call went', async t => {
  const frame = usual()
  for (const [source, message] of Object.entries(failures)) {
    await t.rejects(async () => outcome(source, frame), { message, located: true }, source)
  }
  const constants = usual(testRuntime(), { readOnly: new Set(['v']) })
  await t.rejects(async () => outcome('change(v)', constants), {
    message: "change(v) => Read only object can't be applied to mutable function change",
  })
})

t.test(
  'arguments are told by name, and those to be changed are the variables themselves',
  async t => {
    const frame = usual()
    const { runtime } = frame
    await outcome('add(n, 1)', frame)
    t.strictSame(runtime.argumentNames, ['n', undefined])
    t.equal(await outcome('change(v)', frame), 'later ')
    t.equal(shownValue(frame.variables.get('v')!), '[1,2,9]')
    await outcome('append!(v, 3)', frame)
    t.equal(shownValue(frame.variables.get('v')!), '[1,2,9,3]')
  },
)

t.test('a turn that is over makes the call wait, and gives the same', async t => {
  const { runtime, clock } = hastyRuntime()
  const frame = frameOn(runtime, { n: intScalar(5) })
  const results: string[] = []
  for (let i = 0; i < 200; i++) results.push(await outcome('add(n, 1)', frame))
  t.equal(results.filter(result => result === 'later 6').length, clock.turns)
  t.equal(results.filter(result => result === 'now 6').length, 200 - clock.turns)
  t.ok(clock.turns > 1)
})

t.test('a wait that ends with an error names the call', async t => {
  const frame = usual()
  frame.runtime.step = () => ({ until: Promise.resolve() })
  const begun = startPlainCall(nodeIn(frame, 'add(n, 1)') as Call, frame)
  const evaluation = begun as Exclude<typeof begun, ServerValue | undefined>
  evaluation.next()
  t.throws(() => evaluation.throw(new Error('over')), {
    message: 'add(n, 1) => Internal error: over',
  })
})
