/*
  The name field of function requests, as official clients write it (docs/protocol.md#table-writers).
*/
import t from 'tap'
import type { Value } from '../../../../src/protocol/value.js'
import { createNode } from '../../../../src/server/node.js'
import { idTable, int, ints } from '../../../helpers/values.js'
import { testSession } from '../../../helpers/script.js'

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

t.test('an open place takes the argument, keywords stay', async t => {
  const { run, call, show } = testSession()
  await run('share keyedTable(`id, 1:0, `id`v, [INT, INT]) as keyed')
  const rows: Value = {
    form: 'table',
    name: '',
    rows: 1,
    columnNames: ['id', 'v'],
    columns: [ints(1), ints(5)] as never,
  }
  await call('upsert!{keyed,,ignoreNull=false}', rows)
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

t.test('functions of the session and function views answer to their names', async t => {
  const node = createNode()
  const one = testSession({ node })
  const two = testSession({ node })
  await one.run('def twice(x){ return x*2 }')
  t.equal(scalarOf(await one.call('twice', int(4))), 8)
  await t.rejects(two.call('twice', int(4)), {
    message: "Can't recognize function name twice",
  })
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

t.test('names of other things than functions are refused', async t => {
  const { call } = testSession()
  for (const [name, message] of Object.entries(refused)) {
    await t.rejects(call(name, int(1)), { message }, name)
  }
})

t.test('many different names do not fill the memory of the session', async t => {
  const { call } = testSession()
  let wrong = 0
  for (let i = 0; i < 3000; i++) {
    if (scalarOf(await call(`add{${i}}`, int(1))) !== i + 1) wrong++
  }
  t.equal(wrong, 0)
})
