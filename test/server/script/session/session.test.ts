import t from 'tap'
import type { Value } from '../../../../src/protocol/value.js'
import { createNode } from '../../../../src/server/node.js'
import {
  cancelRequest,
  clearVariables,
  createScriptSession,
  runFunction,
  runScript,
  setVariables,
} from '../../../../src/server/script/session/session.js'
import { closedGate } from '../../../helpers/gate.js'
import { testSession } from '../../../helpers/script.js'
import { idTable, int, text } from '../../../helpers/values.js'

const info = { id: '7', remoteAddress: 'here', remotePort: 9, delay: () => Promise.resolve() }

t.test('a session begins as a guest with nothing', async t => {
  const node = createNode()
  const session = createScriptSession(node, info)
  t.match(session, { ...info, user: 'guest', isAdmin: false, closed: false })
  t.equal(session.variables.size + session.functions.size, 0)
  t.equal(session.print('unheard'), undefined)
  session.user = 'admin'
  t.ok(session.isAdmin, 'the node knows who is one')
  session.user = 'nobody'
  t.notOk(session.isAdmin)
})

t.test('what is done at once is answered at once, what waits later', async t => {
  const node = createNode()
  const gate = closedGate()
  const session = createScriptSession(node, { ...info, delay: () => gate.opened })
  t.match(runScript(session, node, '1+2'), { value: 3 })
  t.equal(runScript(session, node, 'x=1'), undefined)
  t.match(runFunction(session, node, 'add{1}', [int(2)]), { value: 3 })
  const pending = runScript(session, node, 'sleep(1); x+1')
  t.ok(pending instanceof Promise)
  gate.open()
  t.match(await pending, { value: 2 })
})

t.test('variables and functions stay from one request to the next', async t => {
  const node = createNode()
  const [one, two] = [createScriptSession(node, info), createScriptSession(node, info)]
  runScript(one, node, 'x = 5; def f(a){return a*10}')
  t.match(runFunction(one, node, 'f', [int(2)]), { value: 20 })
  t.match(runScript(one, node, 'f(x)'), { value: 50 })
  t.throws(() => runScript(two, node, 'x'), { message: /Cannot recognize the token x/ })
})

t.test('errors come in their final words, at once or later', async t => {
  const node = createNode()
  const session = createScriptSession(node, info)
  const tag = '<NotLeader>host:1'
  runScript(session, node, `def f(a){if(a){sleep(1)}; throw "${tag}"}`)
  const inScript = `f(0) => f: throw "${tag}" => ${tag}`
  t.throws(() => runScript(session, node, 'f(0)'), { name: 'ScriptError', message: inScript })
  const later = async (outcome: unknown): Promise<unknown> => outcome
  await t.rejects(later(runScript(session, node, 'f(1)')), { message: inScript.replace('0', '1') })
  await t.rejects(
    async () => runFunction(session, node, 'f', [int(0)]),
    { message: tag },
    'a tag stands first in function requests',
  )
  await t.rejects(async () => runFunction(session, node, 'f', [int(1)]), { message: tag })
  t.throws(() => runScript(session, node, '('), { message: /^Syntax Error: \[line #1\]/ })
})

t.test('each request has a budget and a depth of its own', async t => {
  const node = createNode({ maxRequestBytes: 1_000_000 })
  const session = createScriptSession(node, info)
  const run = async (script: string): Promise<Value | undefined> => runScript(session, node, script)
  for (let i = 0; i < 5; i++) await run(`x${i} = take(1.0, 100000)`)
  await t.rejects(run('y = take(1.0, 100000); z = take(2.0, 100000)'), { message: /Out of memory/ })
  await run('def f(n){return n==0 ? 0 : f(n-1)}')
  await t.rejects(run('f(5000)'), { message: /too deeply/ })
  t.match(await run('f(50)'), { value: 0 })
})

t.test('rows for tables that stay are forgotten where the request says so', async t => {
  const { node, session, show } = testSession()
  await show('share table(1:0, [`id], [INT]) as kept')
  const insert = (discards: boolean): unknown =>
    runFunction(session, node, 'tableInsert{kept}', [idTable(1, 2)], { discards })
  t.match(insert(true), { value: 2 })
  t.equal(await show('exec count(*) from kept'), '0')
  t.match(insert(false), { value: 2 })
  t.equal(await show('exec count(*) from kept'), '2')
})

t.test('uploaded variables are there for scripts, and shared names are safe from them', async t => {
  const { node, session, show, run } = testSession()
  t.equal(setVariables(session, node, ['u1', 'u2'], [int(5), idTable(1, 2)]), undefined)
  t.equal(await show('u1 + exec sum(id) from u2'), '8')
  await run('share table(1 2 as x) as sharedOne')
  t.throws(() => setVariables(session, node, ['u1', 'sharedOne'], [int(6), text('x')]), {
    message: "'sharedOne' is a shared variable and can't be overwritten",
  })
  t.equal(await show('u1'), '5', 'nothing is uploaded then')
  setVariables(session, node, ['u1', 'u3'], [int(7)])
  t.equal(await show('u1'), '7')
  t.equal(await show('defined(`u3)'), 'false')
})

t.test('releasing memory takes variables and constants, functions stay', async t => {
  const { session, show, run } = testSession({ maxRequestBytes: 1_000_000 })
  await run('def stays(){ return 1 }\nconst c = 1\nx = take(1.0, 100000)')
  clearVariables(session)
  t.equal(await show('defined(`x`c)'), '[false,false]')
  t.equal(await show('defined(`stays, DEF)'), 'true')
  t.equal(await show('c = 2; c = 3; c'), '3')
  t.equal(await show('x = take(1.0, 100000); size(x)'), '100000')
  clearVariables(createScriptSession(createNode(), info))
})

t.test('a request is cancelled where it waits, and the next one runs', async t => {
  const node = createNode()
  const session = createScriptSession(node, { ...info, delay: () => new Promise(() => undefined) })
  const pending = runFunction(session, node, 'sleep', [int(1)])
  cancelRequest(session)
  await t.rejects(pending as Promise<unknown>, { message: 'The task was cancelled' })
  cancelRequest(session)
  t.match(runScript(session, node, '1'), { value: 1 })
  cancelRequest(createScriptSession(node, info))
})
