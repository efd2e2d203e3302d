import t from 'tap'
import { createNode } from '../../../../src/server/node.js'
import { Runtime } from '../../../../src/server/script/session/runtime.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { systemPlatform } from '../../../../src/platform/system.js'
import { intScalar } from '../../../../src/server/values/scalar.js'
import { handClock } from '../../../helpers/clocks.js'
import { atOnce, inTurns, shownValue, testRuntime } from '../../../helpers/runtime.js'
import { sessionOn, testSession } from '../../../helpers/script.js'

/** A runtime whose time moves when the test says so. */
function timed(): { runtime: Runtime; clock: ReturnType<typeof handClock> } {
  const clock = handClock()
  return { runtime: testRuntime({ platform: { ...systemPlatform, clock } }), clock }
}

t.test('a turn ends after 20 ms, at a step that looks at the clock', async t => {
  const { runtime, clock } = timed()
  const steps = (): number => {
    let count = 1
    while (runtime.step() === undefined && count < 1000) count++
    return count
  }
  t.equal(steps(), 1000, 'no time has passed')
  clock.advance(19)
  t.equal(steps(), 1000)
  clock.advance(1)
  const until = steps()
  t.ok(until <= 64, `${until} steps, a look at the clock every 64`)
  runtime.begin()
  t.equal(steps(), 1000, 'a request begins with a turn of its own')
  clock.advance(20)
  runtime.onResume()
  t.equal(steps(), 1000, 'and so does what goes on')
})

t.test('rows count as work, wherever they were worked on', async t => {
  const { runtime, clock } = timed()
  clock.advance(100)
  t.ok(runtime.step(16_384), 'one long vector')
  t.equal(runtime.step(16_127), undefined)
  t.ok(runtime.step(), 'the rest of it')
  runtime.note(16_384)
  t.ok(runtime.step(), 'what was noted')
  t.equal(runtime.step(), undefined)
})

t.test('whoever gives way gets a turn in which others may have been', async t => {
  const { runtime, clock } = timed()
  clock.advance(20)
  const pause = runtime.step(16_384)
  clock.advance(30)
  await pause!.until
  t.equal(runtime.step(16_384), undefined, 'the turn begins when it goes on')
})

t.test('calls are 200 deep at most, and bodies 750 nodes', async t => {
  const runtime = testRuntime()
  for (let depth = 0; depth < 200; depth++) runtime.enterCall('f', 1)
  const refusal = { message: 'The function [f] is called too deeply.' }
  t.throws(() => runtime.enterCall('f', 1), refusal)
  runtime.leaveCall(1)
  runtime.enterCall('f', 1)
  runtime.begin()
  for (let depth = 0; depth < 7; depth++) runtime.enterCall('f', 99)
  t.throws(() => runtime.enterCall('f', 50), refusal)
  runtime.enterCall('f', 49)
  t.throws(() => runtime.enterCall('f', 0), refusal)
  runtime.leaveCall(49)
  runtime.enterCall('f', 0)
  runtime.begin()
  for (let i = 0; i < 300; i++) {
    runtime.enterCall('f', 9)
    runtime.leaveCall(9)
  }
  t.throws(() => runtime.enterCall('f', 750), refusal, 'what has ended leaves nothing behind')
  runtime.enterCall('f', 749)
})

t.test('functions of the session hide views, and views built-ins', async t => {
  const node = createNode()
  const admin = testSession({ node })
  await admin.run('def own(x){return 1}\naddFunctionView(own)')
  const runtime = new Runtime(node, sessionOn(node))
  const kinds = (name: string): string | undefined => runtime.findFunction(name)?.kind
  t.equal(kinds('own'), 'user')
  const [view] = node.functionViews.values()
  node.functionViews.set('sum', view!)
  t.equal(kinds('sum'), 'user')
  t.ok(runtime.isBuiltin('sum'))
  runtime.session.functions.set('own', runtime.findFunction('add')!)
  t.equal(kinds('own'), 'builtin')
  t.equal(kinds('nosuch'), undefined)
  t.notOk(runtime.isBuiltin('own'))
  const names = runtime.functionNames()
  for (const name of ['own', 'sum', 'add']) {
    t.equal(names.filter(one => one === name).length, 1, `${name} is named once`)
  }
})

t.test('built-ins call functions through it, and what they made is counted no longer', async t => {
  const runtime = testRuntime()
  atOnce(runUnits(runtime, 'def f(a){return take(a, 5000)}'))
  const { mark } = runtime.memory
  const value = atOnce(runtime.call(runtime.findFunction('f')!, [intScalar(7)]))
  t.equal(shownValue(value).length, '[7'.length + 4999 * 2 + 1)
  t.equal(runtime.memory.mark, mark)
})

t.test('a call that gives a long vector ends the turn', async t => {
  const { runtime, clock } = timed()
  clock.advance(100)
  const call = runtime.call(runtime.findFunction('add')!, [intScalar(7), intScalar(1)])
  t.equal((await inTurns(call)).pauses, 0)
  const long = {
    form: 'vector',
    type: 'INT',
    length: 20_000,
    data: new Int32Array(20_000),
  } as const
  const first = runtime.call(runtime.findFunction('bool')!, [long])
  t.equal((await inTurns(first)).pauses, 1)
})

t.test('what waits is cancelled, and nothing else', async t => {
  const runtime = testRuntime()
  const reasons: unknown[] = []
  runtime.cancel()
  runtime.onWait(reason => reasons.push(reason))
  runtime.cancel()
  t.match(reasons, [{ message: 'The task was cancelled', isCancellation: true }])
  runtime.onResume()
  runtime.cancel()
  t.equal(reasons.length, 1)
})
