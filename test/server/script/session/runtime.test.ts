/* A sleeping session lets other sessions run (manual, page sleep). The tests control the time: every sleep waits for a gate. */
import t from 'tap'
import { setImmediate as turn } from 'node:timers/promises'
import { ServerNode } from '../../../../src/server/node.js'
import { createScriptSession, runScript } from '../../../../src/server/script/session/session.js'
import { type Gate, closedGate } from '../../../helpers/gate.js'
import type { Value } from '../../../../src/protocol/value.js'

function sleeperOn(node: ServerNode, id: string) {
  /** A gate and a duration for each sleep so far, in order. */
  const gates: Gate[] = []
  const durationsMs: number[] = []
  const delay = async (durationMs: number): Promise<void> => {
    const gate = closedGate()
    gates.push(gate)
    durationsMs.push(durationMs)
    await gate.opened
  }
  const session = createScriptSession(node, { id, remoteAddress: '', remotePort: 1, delay })
  return { session, gates, durationsMs, run: (script: string) => runScript(session, node, script) }
}

const numberOf = (value: Value | undefined): number =>
  value?.form === 'scalar' ? Number(value.value) : NaN

t.test('two sessions sleep at the same time and end in their own order', async t => {
  const node = new ServerNode()
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

t.test('sleep works inside functions, loops, try, lambdas and arguments', async t => {
  const node = new ServerNode()
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

t.test('a loop that never sleeps lets other sessions run', async t => {
  const node = new ServerNode()
  const [busy, other] = [sleeperOn(node, '1'), sleeperOn(node, '2')]
  other.run('share table(1:0, [`x], [INT]) as flags')
  const pending = busy.run('n=0\ndo { n+=1 } while(0 == (exec count(*) from flags))\nn')
  t.ok(pending instanceof Promise, 'the loop has yielded')
  other.run('insert into flags values(1)')
  t.ok(numberOf(await pending) > 0)
})

t.test('a cancelled request ends where it waits, and no catch prevents that', async t => {
  const node = new ServerNode()
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
    session.runtime!.cancel()
    await t.rejects(outcome as Promise<unknown>, { message }, script)
  }
  t.equal(numberOf(run('x') as Value), 1)
  for (const gate of gates) gate.open()
  await turn()
  session.runtime!.cancel()
  t.equal(numberOf(run('x + 1') as Value), 2, 'nothing waits, so nothing is cancelled')
})
