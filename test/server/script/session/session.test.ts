/* Sessions of the server: variables, users and limits. Also the name field of function requests, as official clients write it
   (docs/protocol.md#table-writers). */
import t from 'tap'
import type { Value } from '../../../../src/protocol/value.js'
import { ServerNode } from '../../../../src/server/node.js'
import {
  createScriptSession,
  runFunction,
  runScript,
  setVariables,
} from '../../../../src/server/script/session/session.js'
import { testYieldingExamples } from '../../../helpers/examples.js'
import { testSession } from '../../../helpers/script.js'
import { idTable, int, ints, tableOf, text } from '../../../helpers/values.js'

const info = { id: '7', remoteAddress: 'here', remotePort: 9, delay: () => Promise.resolve() }

t.test('variables and functions stay from one request to the next', async t => {
  const node = new ServerNode()
  const [one, two] = [createScriptSession(node, info), createScriptSession(node, info)]
  runScript(one, node, 'x = 5; def f(a){return a*10}')
  t.match(runFunction(one, node, 'f', [int(2)]), { value: 20 })
  t.match(runScript(one, node, 'f(x)'), { value: 50 })
  runScript(one, node, 'take = 7 8 9')
  t.match(runScript(one, node, 'take [1]'), { value: 8 }, 'a variable hides a function')
  t.throws(() => runScript(two, node, 'x'), { message: /Cannot recognize the token x/ })
})

t.test('errors have their final text, whether they come at once or later', async t => {
  const node = new ServerNode()
  const session = createScriptSession(node, info)
  const tag = '<NotLeader>host:1'
  runScript(session, node, `def f(a){if(a){sleep(1)}; throw "${tag}"}`)
  const inScript = `f(0) => f: throw "${tag}" => ${tag}`
  t.throws(() => runScript(session, node, 'f(0)'), { name: 'ScriptError', message: inScript })
  const later = async (outcome: unknown): Promise<unknown> => outcome
  await t.rejects(later(runScript(session, node, 'f(1)')), { message: inScript.replace('0', '1') })
  const call = async () => runFunction(session, node, 'f', [int(0)])
  await t.rejects(call, { message: tag }, 'a tag comes first in function requests')
  await t.rejects(async () => runFunction(session, node, 'f', [int(1)]), { message: tag })
  t.throws(() => runScript(session, node, '('), { message: /^Syntax Error: \[line #1\]/ })
})

t.test('scripts can use uploaded variables, and shared names cannot be overwritten', async t => {
  const { node, session, show, run } = testSession()
  t.equal(setVariables(session, node, ['u1', 'u2'], [int(5), idTable(1, 2)]), undefined)
  t.equal(await show('u1 + exec sum(id) from u2'), '8')
  await run('share table(1 2 as x) as sharedOne')
  t.throws(() => setVariables(session, node, ['u1', 'sharedOne'], [int(6), text('x')]), {
    message: "'sharedOne' is a shared variable and can't be overwritten",
  })
  t.equal(await show('u1'), '5', 'nothing is uploaded')
  setVariables(session, node, ['u1', 'u3'], [int(7)])
  t.equal(await show('u1'), '7')
  t.equal(await show('defined(`u3)'), 'false')
})

const scalarOf = (value: Value | undefined): unknown =>
  value?.form === 'scalar' ? value.value : undefined

t.test('names, partial applications and lambdas are called with the arguments', async t => {
  const { run, call } = testSession()
  await run(`share table(1:0, [\`id], [INT]) as target
if(existsDatabase("dfs://req")) dropDatabase("dfs://req")
db = database("dfs://req", VALUE, 1..9)
db.createPartitionedTable(table(1:0, [\`id], [INT]), \`t, \`id)`)
  const calls: readonly [string, Value[], unknown][] = [
    ['add', [int(1), int(2)], 3],
    ['add{1}', [int(2)], 3],
    ['sub{,1}', [int(5)], 4],
    ['tableInsert{target}', [idTable(1, 2)], 2],
    ['tableInsert{loadTable("dfs://req","t")}', [idTable(1, 2, 3)], 3],
    ["tableInsert{loadTable('dfs://req', 't')}", [idTable(4)], 1],
    ['tableInsert{loadTable("dfs://req","t"), }', [idTable(5)], 1],
    ['(def(mutable tb, data){tableInsert(tb, data);return 0;}){target}', [idTable(9)], 0],
    ['size', [ints(1, 2, 3)], 3],
    ['x->x*2', [int(4)], 8],
  ]
  for (const [name, args, wanted] of calls) {
    t.equal(scalarOf(await call(name, ...args)), wanted, name)
  }
})

t.test('an open position takes the argument; keywords keep their positions', async t => {
  const { run, call, show } = testSession()
  await run('share keyedTable(`id, 1:0, `id`v, [INT, INT]) as keyed')
  await call('upsert!{keyed,,ignoreNull=false}', tableOf({ id: ints(1), v: ints(5) }))
  t.equal(await show('keyed'), '1 5')
})

t.test('shared names are looked up at every call', async t => {
  const { run, call, show } = testSession()
  await run('share table(1:0, [`id], [INT]) as moving')
  await call('tableInsert{moving}', idTable(1))
  await run('undef(`moving, SHARED)\nshare table(1:0, [`id], [INT]) as moving')
  await call('tableInsert{moving}', idTable(2))
  t.equal(await show('moving'), '2')
})

t.test('functions of the session and function views are called by name', async t => {
  const node = new ServerNode()
  const one = testSession({ node })
  const two = testSession({ node })
  await one.run('def twice(x){ return x*2 }')
  t.equal(scalarOf(await one.call('twice', int(4))), 8)
  await t.rejects(two.call('twice', int(4)), { message: "Can't recognize function name twice" })
  await one.run('addFunctionView(twice)')
  t.equal(scalarOf(await two.call('twice', int(4))), 8)
  await two.run('def twice(x){ return x*200 }')
  t.equal(scalarOf(await two.call('twice', int(4))), 800, 'a local function hides the view')
  t.equal(scalarOf(await one.call('twice', int(4))), 8)
})

const refused: Readonly<Record<string, string>> = {
  nosuch: "Can't recognize function name nosuch: not in the embedded server",
  'nosuch{1}': "Can't recognize function name nosuch: not in the embedded server",
  'nosuch{loadTable("a","b")}': "Can't recognize function name nosuch: not in the embedded server",
  'functionA ': "Can't recognize function name functionA ",
  '': "Can't recognize function name ",
  'add{nosuch}': 'Syntax Error: [line #1] Cannot recognize the token nosuch',
  'add{loadTable(nosuch, "a")}': 'Syntax Error: [line #1] Cannot recognize the token nosuch',
  'add{': 'Syntax Error: [line #1] An expression is expected before the end of the script.',
  'add{1} 2': 'Syntax Error: [line #1] Cannot recognize the token 2',
  '1+1': "Can't recognize function name 1+1",
}

t.test('names of anything other than functions are refused', async t => {
  const { call } = testSession()
  for (const [name, message] of Object.entries(refused)) {
    await t.rejects(call(name, int(1)), { message }, name)
  }
})

testYieldingExamples(t, {
  'a script returns the result of its last statement': {
    '1+2': '3',
    '1+2\nx=3': '',
    'x=3\nx': '3',
    'sleep(0);1+2': '3',
    '': '',
    '// nothing': '',
    'if(true){5}': '',
    'x=1\ngo\n': '',
    '1\ngo\n': '1',
    '1\ngo\n// nothing': '1',
    '1\ngo\nx=2': '',
    '1\ngo\n2': '2',
    'return 7\n8': '7',
    'return 7\ngo\n8': '7',
    'if(true){return 7}\n8': '7',
    'for(i in 1..9){if(i==4){return i}}\n8': '4',
    'return\n8': '',
    '1; break; 2': '2',
  },
})

t.test('go divides a script: each part is parsed after the previous part has run', async t => {
  const { show, fail, run } = testSession()
  const shared = await fail('t=table(1 2 as x)\nshare(t,`st1)\nselect * from st1')
  t.equal(shared, 'Syntax Error: [line #3] Cannot recognize the token st1')
  t.equal(await fail('st1'), 'Syntax Error: [line #1] Cannot recognize the token st1')
  t.equal(await show('t=table(1 2 as x)\nshare(t,`st1);\ngo;\nexec count(*) from st1'), '2')
  t.match(await fail('x=1\ngo\ny = )'), 'Syntax Error: [line #3] Cannot recognize the token )')
  t.equal(await show('x'), '1')
  t.equal(await run('x=2\ngo'), undefined)
})

t.test('if a part of a unit cannot be parsed, no part of the unit runs', async t => {
  const { fail, show } = testSession()
  await fail('before=1\nnosuch(2)')
  t.equal(await show('defined(`before)'), 'false')
})
