import t from 'tap'
import { testSession } from '../../../helpers/script.js'

t.test('a shared table is seen by all sessions of the node', async t => {
  const one = testSession()
  const other = testSession({ node: one.node, user: 'guest' })
  await one.run('share table(1 2 as id) as st; share(table(3 as id), "other")')
  t.equal(await other.show('select * from st'), '1;2')
  t.equal(await other.show('tableInsert(other, 4)'), '1')
  t.equal(await one.show('select * from other'), '3;4')
})

t.test('sharing a name again replaces the table', async t => {
  const { run, show } = testSession()
  await run('old = streamTable(1 as a); share(old, "trades")')
  await run('share streamTable(2.5 as a) as trades')
  t.equal(await show('select * from trades'), '2.5')
  t.equal(await show('select * from old'), '1')
  await run('share(old, "older")')
  t.equal(await show('select * from older'), '1', 'the old one is free for another name')
})

t.test('a shared stream table has one name', async t => {
  const { fail, run } = testSession()
  await run('st = streamTable(1 as a); share(st, "x")')
  t.match(await fail('share(st, "y")'), /=> This stream has already been shared as 'x'\.$/)
  t.equal(await fail('share(st, "x")'), 'no error')
  t.match(await fail('share(table(1 as a), "not a name")'), /not a valid variable name/)
})

t.test('a table shared read-only takes nothing', async t => {
  const { fail, run } = testSession()
  await run('share(table(1 as a), "ro", , , , true)')
  for (const change of [
    'tableInsert(ro, 2)',
    'insert into ro values(2)',
    'update ro set a=2',
    'delete from ro',
    'replaceColumn!(ro, `a, 5)',
  ]) {
    t.match(await fail(change), /Can't modify read only table. RefId: S02054$/, change)
  }
})

t.test('objByName finds variables first, then shared tables', async t => {
  const { run, show, fail } = testSession()
  await run('share table(1 as a) as st; v = 5')
  t.equal(await show('objByName("v")'), '5')
  t.equal(await show('objByName(`st)'), '1')
  t.match(await fail('objByName("absent")'), / => Can't find the object with name absent$/)
  t.match(await fail('tableInsert("absent", 1)'), / => Can't find the object with name absent$/)
})

t.test('objByName looks for one kind alone when it is told so', async t => {
  const { run, show, fail } = testSession()
  await run('share table(1 as a) as both; share table(2 as a) as st; v = 5')
  await run('both = 6')
  t.equal(await show('objByName("both")'), '6')
  t.equal(await show('objByName("both", true)'), '1')
  t.equal(await show('objByName("both", false)'), '6')
  t.equal(await show('objByName(name="st", sharedVar=true)'), '2')
  for (const call of ['objByName("st", false)', 'objByName("v", true)']) {
    t.match(await fail(call), /Can't find the object with name (st|v)$/, call)
  }
})

t.test('undef forgets variables, functions and shared tables', async t => {
  const { run, fail, show, session, node } = testSession()
  await run(
    'def f(){ return 1 }\nx = 1; y = 2; share table(1 as a) as st; share table(1 as a) as su',
  )
  await run('undef(`st, SHARED)')
  t.match(await fail('select * from st'), /st/)
  await run('undef(["su"], SHARED); undef(`x)')
  t.equal(node.shared.size, 0)
  t.match(await fail('undef(`x)'), /Can't find the object with name x$/)
  t.match(await fail('undef(`su, SHARED)'), /Can't find the object with name su$/)
  await run('undef(`f, DEF)')
  t.equal(session.functions.size, 0)
  t.equal(await show('y'), '2')
  await run('share table(1 as a) as sv\ndef g(){ return 1 }')
  await run('undef all')
  t.equal(session.variables.size + session.functions.size, 0)
  t.equal(await show('sv'), '1', 'undef all is about the session')
  t.match(await fail('undef("sv", "EVERYTHING")'), /VAR, SHARED or DEF/)
})

t.test('the old cluster form of share is refused', async t => {
  t.match(await testSession().fail('share(table(1 as a), "x", "db")'), /one node/)
})
