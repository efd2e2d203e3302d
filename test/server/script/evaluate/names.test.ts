import t from 'tap'
import {
  type Frame,
  calleeOfName,
  lookUp,
  valueOfName,
} from '../../../../src/server/script/evaluate/frame.js'
import type { Name } from '../../../../src/server/script/parse/syntax.js'
import { claimArray, ownsArray } from '../../../../src/server/values/ownership.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import type { ServerValue } from '../../../../src/server/values/server-value.js'
import type { Vector } from '../../../../src/protocol/value.js'
import { frameOn, shownValue, testRuntime } from '../../../helpers/runtime.js'
import { testSession } from '../../../helpers/script.js'
import { ints } from '../../../helpers/values.js'

const nameOf = (name: string, isFunction = false): Name => {
  return { kind: 'name', name, isFunction, span: { source: name, start: 0, end: 1, line: 1 } }
}

/** Everything that may have a name has the name `x`, and the number of its rank. */
async function crowded(): Promise<Frame> {
  const runtime = testRuntime()
  await testSession({ node: runtime.node }).run('share table(3 as v) as x')
  const add = runtime.findFunction('add')!
  runtime.session.functions.set('x', add).set('pi', add)
  const columns = {
    rows: 1,
    tableName: undefined,
    lookup: (name: string) => (name === 'x' ? intScalar(1) : undefined),
  }
  return frameOn(runtime, { x: intScalar(2), pi: intScalar(2) }, { columns })
}

t.test('a name means a column, a variable, a shared table, a constant, a function', async t => {
  const frame = await crowded()
  const { runtime } = frame
  const shown = (name: string, inside: Frame = frame): string =>
    shownValue(lookUp(nameOf(name), inside)!)
  t.equal(shown('x'), '1')
  const outside: Frame = { ...frame, columns: undefined }
  t.equal(shown('x', outside), '2')
  runtime.session.variables.delete('x')
  t.equal(shown('x', outside), '3')
  runtime.node.shared.delete('x')
  t.equal(shown('x', outside), 'add')
  t.equal(shown('pi'), '2')
  runtime.session.variables.delete('pi')
  t.equal(shown('pi'), String(Math.PI), 'the constant')
  t.equal(lookUp(nameOf('nosuch'), frame), undefined)
})

t.test('&x means the function, and a variable only where there is none', async t => {
  const frame = await crowded()
  t.equal(shownValue(lookUp(nameOf('x', true), frame)!), 'add')
  frame.runtime.session.functions.delete('x')
  t.equal(shownValue(lookUp(nameOf('x', true), frame)!), '2')
  t.equal(lookUp(nameOf('INT', true), frame), undefined, 'no constant')
})

t.test(
  'a name in front of a bracket calls a variable that is a function, else the function',
  async t => {
    const frame = await crowded()
    const { runtime } = frame
    t.equal(calleeOfName(nameOf('x'), frame)?.name, 'add', 'the variable is a number')
    runtime.session.variables.set('x', runtime.findFunction('sum')!)
    t.equal(calleeOfName(nameOf('x'), frame)?.name, 'sum')
    t.equal(calleeOfName(nameOf('INT'), frame), undefined)
  },
)

t.test('an unknown name is named, inside SQL as a column', async t => {
  const frame = await crowded()
  t.throws(() => valueOfName(nameOf('no'), frame), { message: 'Unrecognized column name [no].' })
  t.throws(() => valueOfName(nameOf('no'), { ...frame, columns: undefined }), {
    message: "Can't find the object with name no",
  })
})

t.test('a value that is kept is no longer changed in place, one that is looked at is', async t => {
  const vector = ints(1, 2) as Vector
  const frame = frameOn(testRuntime(), { v: vector as ServerValue })
  claimArray(vector)
  t.equal(lookUp(nameOf('v'), frame), vector)
  t.ok(ownsArray(vector))
  t.equal(valueOfName(nameOf('v'), frame), vector)
  t.notOk(ownsArray(vector))
})
