/* Manual, pages defined, funcByName, each, partial, addFunctionView, dropFunctionView and getFunctionViews, "Details" and "Examples". The
   rights of views: docs/server-semantics.md#function-views. */
import t from 'tap'
import { testExamples } from '../../helpers/examples.js'
import type { Table } from '../../../src/protocol/value.js'
import { columnsText, rowsText, testSession } from '../../helpers/script.js'

testExamples(t, {
  'defined tells variables, shared tables and functions apart': {
    'x=10\ny=20\ndef f(a){return a+1}\nshare table(1..3 as x) as st1;\ndefined(["x","y","f",`st1])':
      '[true,true,false,false]',
    'def f(a){return a+1}\ndefined(["x","f"], DEF)': '[false,true]',
    'share table(1..3 as x) as st1;\ndefined(["x",`st1], SHARED)': '[false,true]',
    'defined("nosuch")': 'false',
  },
  'functions are found by name': {
    'funcByName("sub")(1 8 3, 4 8 6)': '[-3,0,-3]',
    'def cal(a,b){ return a\\b }\nfuncByName("cal")(4 8 10, 2 2 2)': '[2,4,5]',
    'f = funcByName(`size); f(1 2)': '2',
  },

  'operators are functions, too': {
    'add(1..3, 4..6)': '[5,7,9]',
    'sub(1 8 3, 4 8 6)': '[-3,0,-3]',
    'mul(2, 3)': '6',
    'div(9, 2)': '4',
    'ratio(9, 2)': '4.5',
    'mod(-10, 3)': '2',
    'and(1, 0)': 'false',
    'or(1, 0)': 'true',
    'not(0)': 'true',
    'neg(5)': '-5',
    'eq(2, 2.0)': 'true',
    'ne(1, 2)': 'true',
    'lt(1, 2) && le(2, 2) && gt(3, 2) && ge(2, 2)': 'true',
    'seq(3, 1)': '[3,2,1]',
    'pair(1, 2)': '1:2',
    'cast(2.6, INT)': '3',
  },

  'each applies a function to every element': {
    'def wage(x){if(x<=8) return 10*x; else return 20*x-80}\neach(wage, [9,6,8])': '[100,60,80]',
    'def addeven(x,y){if (x%2==0) return x+y; else return 0}\neach(addeven, 1 2 3, 4 5 6)':
      '[0,7,0]',
    'each(add, 1 2 3, 10)': '[11,12,13]',
    'each(max, (1 2, 5 4))': '[2,5]',
    'each(x -> x*2, dict(`a`b, 3 4))': '[6,8]',
    't1=table(1 2 3 as x, 4 5 6 as y); t2=table(1 2 3 as x, 4 5 6 as y); each(eqObj, t1.values(), t2.values())':
      '[true,true]',
    'm=each(x -> x..(x+1), 1 5); m[1]': '[5,6]',
    'typestr(each(x -> take(x, x), 1 2))': 'ANY VECTOR',
    'each(def(a,b):a+b, 1..3, 2..4)': '[3,5,7]',
    'each(x -> x, array(INT,0))': '[]',
  },
})

t.test('views are listed and dropped', async t => {
  const { run, show, fail } = testSession({ now: () => 1_770_000_000_000 })
  await run('def f1(){return 1}\ndef f2(){return 2}\naddFunctionView((f1, f2))')
  const views = (await run('getFunctionViews()')) as Table
  t.equal(columnsText(views), 'name STRING, body STRING, owner STRING, createTime TIMESTAMP')
  t.equal(
    rowsText(views),
    'f1 def f1(){return 1} admin 2026.02.02T02:40:00.000;f2 def f2(){return 2} admin 2026.02.02T02:40:00.000',
  )
  t.equal(
    await fail('addFunctionView(f1)'),
    'addFunctionView(f1) => The FunctionView [f1] already exists, please drop it before adding a new one',
  )
  await run('dropFunctionView(`f1)')
  t.equal(await show('exec name from getFunctionViews()'), '[f2]')
  const noView = await fail('dropFunctionView("f1")')
  t.match(noView, /The function view \[f1\] does not exist. RefId: S04002$/)
})

t.test('only named functions become views, all of them or none', async t => {
  const { fail, node } = testSession()
  t.match(await fail('def g(){return 1}\naddFunctionView((g, sum))'), /user-defined function/)
  t.match(await fail('addFunctionView(x -> x)'), /user-defined function/)
  t.equal(node.functionViews.size, 0)
})

t.test('users who may own views', async t => {
  const admin = testSession()
  await admin.run('createUser("joe", "x"); createUser("sue", "x")')
  const joe = testSession({ node: admin.node, user: 'joe' })
  const sue = testSession({ node: admin.node, user: 'sue' })
  const add = 'def h(){return 3}\naddFunctionView(h)'
  t.match(await joe.fail(add), /VIEW_OWNER/)
  await admin.run('grant("joe", VIEW_OWNER); grant("sue", VIEW_OWNER)')
  t.equal(await joe.fail(add), 'no error')
  t.equal(await admin.show('h()'), '3')
  const noView = await admin.fail('grant("joe", VIEW_EXEC, "nothing")')
  t.match(noView, /The function view \[nothing\] does not exist. RefId: S04002$/)
  t.equal(await admin.fail('grant("joe", VIEW_EXEC, "h")'), 'no error')
  await admin.run('def ofAdmin(){return 4}\naddFunctionView(ofAdmin)')
  const names = 'select name from getFunctionViews() order by name'
  t.equal(await admin.show(names), 'h;ofAdmin')
  t.equal(await joe.show(names), 'h')
  t.equal(await sue.show(names), '')
  t.match(await joe.fail('dropFunctionView("ofAdmin")'), /<NoPrivilege>Not granted to drop/)
  t.equal(await joe.fail('dropFunctionView("h")'), 'no error')
})

/** The views of the administrator, as the user sue sees them. */
async function viewScene() {
  const admin = testSession()
  await admin.run(`createUser("joe", "x"); createUser("sue", "x"); grant("joe", VIEW_OWNER)
db = database("dfs://d", VALUE, 1..3)
db.createPartitionedTable(table(1:0, \`id\`x, [INT,INT]), \`t, \`id)
share(table(1:0, [\`id], [INT]), "st"); addAccessControl(objByName("st"))
def write(mutable data){ return tableInsert(loadTable("dfs://d", "t"), data) }
def total(v=0){ return exec sum(x) from loadTable("dfs://d", "t") }
def both(a){ tableInsert(objByName("st"), a); return (exec count(*) from objByName("st")) + sum(each(v -> (exec sum(x) from loadTable("dfs://d", "t")) * v, [1])) }
def apply1(f){ return f(1) }
def maker(){ return v -> exec sum(x) from loadTable("dfs://d", "t") }
addFunctionView([write, total, both, apply1, maker])`)
  await admin.run('write(table([1,2] as id, [10,20] as x))')
  const sue = testSession({ node: admin.node, user: 'sue' })
  const joe = testSession({ node: admin.node, user: 'joe' })
  return { admin, sue, joe }
}

const noRead = /<NotAuthenticated>Not granted to read table dfs:\/\/d\/t$/

t.test('rights end with the view, whatever removes it', async t => {
  const { admin, sue } = await viewScene()
  await admin.run(`def fails(){ throw "no" }
def waits(){ sleep(1); return exec sum(x) from loadTable("dfs://d", "t") }
addFunctionView([fails, waits]); grant("sue", VIEW_EXEC)`)
  const read = 'exec sum(x) from loadTable("dfs://d", "t")'
  t.match(await sue.fail(`try { fails() } catch(ex) { }; ${read}`), noRead)
  t.equal(await sue.show('waits()'), '30')
  t.match(await sue.fail(read), noRead)
  t.match(await sue.fail(`waits(); ${read}`), noRead)
})

t.test("functions that a caller passes in or gets back have the caller's rights", async t => {
  const { admin, sue } = await viewScene()
  await admin.run('grant("sue", VIEW_EXEC)')
  const read = 'exec sum(x) from loadTable("dfs://d", "t")'
  t.match(await sue.fail(`def mine(v){ return ${read} }\napply1(mine)`), noRead)
  t.match(await sue.fail(`apply1(v -> ${read})`), noRead)
  t.match(await sue.fail('g = maker(); g(1)'), noRead)
  t.equal(await sue.show('apply1(total)'), '30')
})

t.test("inside a view its owner's rights apply, even to the views that it calls", async t => {
  const { admin, sue, joe } = await viewScene()
  await joe.run(`def ofJoe(){ return exec sum(x) from loadTable("dfs://d", "t") }
def callsTotal(){ return total() }
addFunctionView([ofJoe, callsTotal])
grant("sue", VIEW_EXEC, ["ofJoe", "callsTotal"])`)
  t.match(await sue.fail('ofJoe()'), noRead, 'adding a view grants no rights')
  t.match(await joe.fail('ofJoe()'), noRead)
  t.match(await sue.fail('callsTotal()'), /Not granted to execute function view total$/)
  await admin.run('grant("sue", VIEW_EXEC, "total")')
  t.match(await sue.fail('callsTotal()'), /view total$/, 'the rights of sue do not count')
  await admin.run('grant("joe", VIEW_EXEC, "total")')
  t.equal(await sue.show('callsTotal()'), '30')
  t.equal(await admin.show('callsTotal()'), '30')
  await admin.run('grant("joe", TABLE_READ, "dfs://d/t")')
  t.equal(await sue.show('ofJoe()'), '30')
  t.equal(await joe.show('ofJoe()'), '30', 'an owner needs no grant')
  await admin.run('deleteUser("joe")')
  t.match(await sue.fail('ofJoe()'), noRead)
})

t.test('a view that is added again needs a new grant', async t => {
  const { admin, sue } = await viewScene()
  await admin.run('grant("sue", VIEW_EXEC, "total")')
  await admin.run('dropFunctionView("total")\ndef total(){ return 5 }\naddFunctionView(total)')
  t.match(await sue.fail('total()'), /Not granted to execute function view total$/)
  t.match(await admin.fail('grant("sue", VIEW_EXEC, "none")'), /\[none\] does not exist/)
})
