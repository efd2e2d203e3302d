/*
  A sleeping session lets other sessions run. The tests control the time: every sleep waits for a gate.
*/
import t from 'tap'
import { setImmediate as turn } from 'node:timers/promises'
import { type ServerNode, createNode } from '../../../../src/server/node.js'
import { Runtime } from '../../../../src/server/script/session/runtime.js'
import { systemPlatform } from '../../../../src/platform/system.js'
import { handClock } from '../../../helpers/clocks.js'
import { testRuntime } from '../../../helpers/runtime.js'
import { sessionOn, testSession } from '../../../helpers/script.js'
import {
  cancelRequest,
  createScriptSession,
  runEvaluation,
  runFunction,
  runScript,
} from '../../../../src/server/script/session/session.js'
import type {
  Evaluation,
  ScriptSession,
  Suspension,
} from '../../../../src/server/values/server-value.js'
import { type Gate, closedGate } from '../../../helpers/gate.js'
import type { Value } from '../../../../src/protocol/value.js'
import type { Outcome } from '../../../../src/server/net/request-runner.js'

/** A runtime with a clock that the test moves. */
function timed(): { runtime: Runtime; clock: ReturnType<typeof handClock> } {
  const clock = handClock()
  return { runtime: testRuntime({ platform: { ...systemPlatform, clock } }), clock }
}

t.test('a turn ends after 20 ms, at a step that reads the clock', async t => {
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
  t.ok(until <= 16, `${until} steps, a look at the clock every 16`)
  runtime.begin()
  t.equal(steps(), 1000, 'a request begins with its own turn')
  clock.advance(20)
  runtime.onResume()
  t.equal(steps(), 1000, 'and so does a resumed one')
})

t.test('after yielding, code gets a new turn, and other code may have run', async t => {
  const { runtime, clock } = timed()
  clock.advance(20)
  let pause = runtime.step()
  while (pause === undefined) pause = runtime.step()
  clock.advance(30)
  await pause.until
  for (let step = 0; step < 16; step++) {
    t.equal(runtime.step(), undefined, 'the turn begins when the code continues')
  }
})

t.test('calls may be nested 200 deep, and bodies have at most 750 nodes', async t => {
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
  t.throws(() => runtime.enterCall('f', 750), refusal, 'finished calls do not count')
  runtime.enterCall('f', 749)
})

t.test('functions of the session hide views, and views hide built-in functions', async t => {
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
})

t.test('only waiting requests are cancelled', async t => {
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

/** A waiting request that records its events. */
interface Watch extends Pick<Runtime, 'onWait' | 'onResume'> {
  readonly events: string[]
  cancel: (reason: unknown) => void
}

function watch(): Watch {
  const events: string[] = []
  return {
    events,
    cancel: () => undefined,
    onWait(cancel) {
      events.push('wait')
      this.cancel = cancel
    },
    onResume: () => void events.push('resume'),
  }
}

const waitFor = (until: Promise<unknown>): Suspension => ({ until })

t.test('an evaluation that does not wait returns its value at once', async t => {
  const waiting = watch()
  // eslint-disable-next-line require-yield -- it waits for nothing
  const evaluation = (function* (): Evaluation<number> {
    return 7
  })()
  t.equal(runEvaluation(evaluation, waiting), 7)
  t.strictSame(waiting.events, [])
  // eslint-disable-next-line require-yield -- it waits for nothing
  const failing = (function* (): Evaluation<number> {
    throw new Error('no')
  })()
  t.throws(() => runEvaluation(failing, waiting), { message: 'no' })
})

t.test('an evaluation continues with the results of its waits, in order', async t => {
  const gates: Gate[] = [closedGate(), closedGate()]
  const waiting = watch()
  const evaluation = (function* (): Evaluation<string> {
    const first = yield waitFor(gates[0]!.opened.then(() => 'a'))
    waiting.events.push(`got ${String(first)}`)
    const second = yield waitFor(gates[1]!.opened.then(() => 'b'))
    return `${String(first)}${String(second)}`
  })()
  const pending = runEvaluation(evaluation, waiting)
  t.ok(pending instanceof Promise)
  t.strictSame(waiting.events, ['wait'])
  gates[1]!.open()
  await gates[1]!.opened
  t.strictSame(waiting.events, ['wait'], 'the second wait has not begun')
  gates[0]!.open()
  t.equal(await pending, 'ab')
  t.strictSame(waiting.events, ['wait', 'resume', 'got a', 'wait', 'resume'])
})

t.test('a wait that fails is an error in the script, at the place of the wait', async t => {
  const waiting = watch()
  const evaluation = (function* (): Evaluation<string> {
    try {
      yield waitFor(Promise.reject(new Error('late')))
    } catch (error) {
      const after = yield waitFor(Promise.resolve('caught'))
      return `${String(after)} ${(error as Error).message}`
    }
    return 'not reached'
  })()
  t.equal(await runEvaluation(evaluation, waiting), 'caught late')
  const uncaught = (function* (): Evaluation<void> {
    yield waitFor(Promise.reject(new Error('late')))
  })()
  await t.rejects(Promise.resolve(runEvaluation(uncaught, waiting)), { message: 'late' })
  t.strictSame(waiting.events, ['wait', 'resume', 'wait', 'resume', 'wait', 'resume'])
})

t.test('a cancelled wait ends with the reason, and its result is ignored', async t => {
  const waiting = watch()
  const gate = closedGate()
  const evaluation = (function* (): Evaluation<void> {
    yield waitFor(gate.opened)
  })()
  const pending = runEvaluation(evaluation, waiting)
  waiting.cancel(new Error('cancelled'))
  await t.rejects(Promise.resolve(pending), { message: 'cancelled' })
  gate.open()
  await gate.opened
  t.strictSame(waiting.events, ['wait', 'resume'])
})

interface Sleeper {
  session: ScriptSession
  /** A gate and a duration for each sleep so far, in order. */
  gates: Gate[]
  durationsMs: number[]
  /** Runs a script. Returns the value, either at once or as a promise. */
  run: (script: string) => Outcome
}

function sleeperOn(node: ServerNode, id: string): Sleeper {
  const gates: Gate[] = []
  const durationsMs: number[] = []
  const delay = async (durationMs: number): Promise<void> => {
    const gate = closedGate()
    gates.push(gate)
    durationsMs.push(durationMs)
    await gate.opened
  }
  const session = createScriptSession(node, { id, remoteAddress: '', remotePort: 1, delay })
  return { session, gates, durationsMs, run: script => runScript(session, node, script) }
}

const numberOf = (value: Value | undefined): number =>
  value?.form === 'scalar' ? Number(value.value) : NaN

t.test('a script that does not wait is answered at once', t => {
  const node = createNode()
  const { run, session } = sleeperOn(node, '1')
  t.equal(numberOf(run('1+2') as Value), 3)
  t.equal(
    numberOf(
      runFunction(session, node, 'add', [
        { form: 'scalar', type: 'INT', value: 1 },
        { form: 'scalar', type: 'INT', value: 2 },
      ]) as Value,
    ),
    3,
  )
  t.end()
})

t.test('two sessions sleep at the same time and end in their own order', async t => {
  const node = createNode()
  const [one, two] = [sleeperOn(node, '1'), sleeperOn(node, '2')]
  const events: string[] = []
  const first = Promise.resolve(one.run('sleep(2000);1+1')).then(value => {
    events.push(`one ${numberOf(value)}`)
  })
  const second = Promise.resolve(two.run('sleep(1000);1+3')).then(value => {
    events.push(`two ${numberOf(value)}`)
  })
  t.same([one.durationsMs, two.durationsMs], [[2000], [1000]], 'both are asleep')
  two.gates[0]!.open()
  await second
  t.same(events, ['two 4'])
  one.gates[0]!.open()
  await first
  t.same(events, ['two 4', 'one 2'])
})

t.test('a sleeping session does not stop another session', async t => {
  const node = createNode()
  const [one, two] = [sleeperOn(node, '1'), sleeperOn(node, '2')]
  const pending = one.run('sleep(1)\nx=7\nx')
  t.ok(pending instanceof Promise)
  t.equal(numberOf(two.run('40+2') as Value), 42)
  one.gates[0]!.open()
  t.equal(numberOf(await pending), 7)
})

t.test('sleep works inside functions, loops, try, lambdas and arguments', async t => {
  const node = createNode()
  const one = sleeperOn(node, '1')
  const script = `
def pause(ms){ sleep(ms); return ms }
s = 0
for(i in 1..2){ s += pause(i) }
try { sleep(10)
  throw "x" } catch(ex) { s += 100 }
s += sum(each(x -> pause(x), 20 30))
do { sleep(40) } while(false)
s + take(pause(50), 1)[0]`
  const pending = one.run(script)
  for (let at = 0; at < 7; at++) {
    // A session may pause between two statements, on a busy machine.
    while (one.gates.length <= at) await new Promise(resolve => setImmediate(resolve))
    t.equal(one.gates.length, at + 1, `sleep ${at} waits for the one before it`)
    one.gates[at]!.open()
  }
  t.equal(numberOf(await pending), 1 + 2 + 100 + 50 + 50)
  t.same(one.durationsMs, [1, 2, 10, 20, 30, 40, 50])
})

t.test('during a wait, variables keep their values and calls their position', async t => {
  const node = createNode()
  const one = sleeperOn(node, '1')
  const pending = one.run(
    'def f(mutable v){ v.append!(1); sleep(1); v.append!(2); return size(v) }\na=[9]\nf(a)*10 + last(a)',
  )
  one.gates[0]!.open()
  t.equal(numberOf(await pending), 32)
})

t.test('an error after a wait reaches the caller with its source', async t => {
  const node = createNode()
  const one = sleeperOn(node, '1')
  const pending = one.run('def f(){ sleep(1); throw "late" }\nf()')
  one.gates[0]!.open()
  await t.rejects(pending as Promise<unknown>, { message: 'f() => f: throw "late" => late' })
})

t.test('a function request may wait, too', async t => {
  const node = createNode()
  const one = sleeperOn(node, '1')
  one.run('def f(x){ sleep(5); return x*2 }')
  const pending = runFunction(one.session, node, 'f', [{ form: 'scalar', type: 'INT', value: 21 }])
  one.gates[0]!.open()
  t.equal(numberOf(await pending), 42)
})

t.test('a loop that never sleeps lets other sessions run', async t => {
  const node = createNode()
  const [busy, other] = [sleeperOn(node, '1'), sleeperOn(node, '2')]
  other.run('share table(1:0, [`x], [INT]) as flags')
  const pending = busy.run('n=0\ndo { n+=1 } while(0 == (exec count(*) from flags))\nn')
  t.ok(pending instanceof Promise, 'the loop has yielded')
  other.run('insert into flags values(1)')
  t.ok(numberOf(await pending) > 0)
})

t.test('a recursion that never sleeps lets other sessions run', async t => {
  const node = createNode()
  const [busy, other] = [sleeperOn(node, '1'), sleeperOn(node, '2')]
  other.run('share table(1:0, [`x], [INT]) as stops')
  busy.run(
    'def deep(n){ if(n==0 || 0 < (exec count(*) from stops)) return 1\n return deep(n-1)+deep(n-1) }',
  )
  const pending = busy.run('deep(60)')
  t.ok(pending instanceof Promise, 'the recursion has yielded')
  other.run('insert into stops values(1)')
  t.ok(numberOf(await pending) > 0)
})

t.test('sleep refuses values that are not a time', async t => {
  const one = sleeperOn(createNode(), '1')
  t.throws(() => one.run('sleep(`a)'), {
    message: 'sleep(`a) => sleep takes a number of milliseconds.',
  })
  t.end()
})

t.test('a cancelled request ends where it waits, and no catch prevents that', async t => {
  const node = createNode()
  const { run, session, gates } = sleeperOn(node, '1')
  const scripts = {
    'sleep(5)': 'sleep(5) => The task was cancelled',
    'def f(){ sleep(5) }\nf()': 'sleep(5) => The task was cancelled',
    'x = 1\ntry{ sleep(5) } catch(ex){ x = 2 }': 'sleep(5) => The task was cancelled',
    'do { y = 1 } while(true)': 'do { y = 1 } while(true) => The task was cancelled',
    'for(i in 1..3000000){ y = i }': 'for(i in 1..3000000){ y = i } => The task was cancelled',
  }
  for (const [script, message] of Object.entries(scripts)) {
    const outcome = run(script)
    cancelRequest(session)
    await t.rejects(outcome as Promise<unknown>, { message }, script)
  }
  t.equal(numberOf(run('x') as Value), 1)
  for (const gate of gates) gate.open()
  await turn()
  cancelRequest(session)
  t.equal(numberOf(run('x + 1') as Value), 2, 'nothing waits, so nothing is cancelled')
})
