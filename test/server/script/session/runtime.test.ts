import t from 'tap'
import { createNode } from '../../../../src/server/node.js'
import { Runtime } from '../../../../src/server/script/session/runtime.js'
import { runUnits } from '../../../../src/server/script/session/run-script.js'
import { systemPlatform } from '../../../../src/platform/system.js'
import { handClock } from '../../../helpers/clocks.js'
import { atOnce, testRuntime } from '../../../helpers/runtime.js'
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

t.test('what is made counts as work', async t => {
  const { runtime, clock } = timed()
  clock.advance(100)
  runtime.memory.make(131_071)
  t.equal(runtime.step(), undefined)
  runtime.memory.make(1)
  t.ok(runtime.step(), 'what sixteen thousand numbers take')
})

t.test('a request ends after so many steps, and the next one begins anew', async t => {
  const runtime = testRuntime({ maxRequestBytes: 80_000 })
  const refusal = { message: 'One request of the embedded server may take 10000 steps.' }
  const loop = (rounds: number): unknown =>
    atOnce(runUnits(runtime, `x = 0; for(i in 0:${rounds}){x = i}; x`))
  t.match(loop(4000), { value: 3999 })
  t.throws(() => loop(4000), refusal)
  t.throws(
    () => atOnce(runUnits(runtime, 'try{do{ }while(true)}catch(ex){do{ }while(true)}')),
    refusal,
  )
  runtime.begin()
  t.match(loop(4000), { value: 3999 })
})

t.test('whoever gives way gets a turn in which others may have been', async t => {
  const { runtime, clock } = timed()
  clock.advance(20)
  runtime.memory.make(131_072)
  const pause = runtime.step()
  clock.advance(30)
  await pause!.until
  runtime.memory.make(131_072)
  t.equal(runtime.step(), undefined, 'the turn begins when it goes on')
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
