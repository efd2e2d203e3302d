import t from 'tap'
import { testSession } from '../../../helpers/script.js'

t.test('login changes the user of the session, a wrong password does not', async t => {
  const { run, show, fail, session } = testSession({ user: 'guest' })
  t.match(await fail('login("admin", "wrong")'), /The user name or password is incorrect\.$/)
  t.match(await fail('login("nobody", "123456")'), /The user name or password is incorrect\.$/)
  t.equal(session.user, 'guest')
  t.equal(await show('login("admin", "123456")'), 'true')
  t.equal(session.isAdmin, true)
  t.match(await fail('login("a", "b", true)'), /encrypted/)
  await run('logout()')
  t.equal(session.user, 'guest')
})

t.test('users are created and deleted by administrators', async t => {
  const admin = testSession()
  await admin.run('createUser("JohnSmith", "Qb0507#$", , true)')
  const john = testSession({ node: admin.node, user: 'guest' })
  await john.run('login("JohnSmith", "Qb0507#$")')
  t.equal(john.session.isAdmin, true)
  await admin.run('deleteUser("JohnSmith"); createUser("joe", "x")')
  const joe = testSession({ node: admin.node, user: 'joe' })
  t.match(
    await joe.fail('createUser("sue", "y")'),
    /Only administrators execute function createUser$/,
  )
  const refused: [string, RegExp][] = [
    ['createUser("joe", "y")', /already exists/],
    ['createUser("1joe", "y")', /beginning with a letter/],
    ['deleteUser("nobody")', /does not exist/],
    ['deleteUser("admin")', /can't be deleted/],
    ['grant("nobody", TABLE_READ, "dfs://db/pt")', /does not exist/],
  ]
  for (const [script, message] of refused) t.match(await admin.fail(script), message, script)
})

t.test('users are made for SCRAM where that is said, admin is not', async t => {
  const { run, fail, node } = testSession()
  await run(`createUser("usual", "x"); createUser("named", "x", authMode="sha256")
    createUser("better", "x", , false, "scram"); createUser("loud", "x", authMode="SCRAM")`)
  const kinds = [...node.users].map(([user, { hasScram }]) => [user, hasScram === true])
  t.strictSame(kinds, [
    ['admin', false],
    ['usual', false],
    ['named', false],
    ['better', true],
    ['loud', true],
  ])
  t.match(await fail('createUser("joe", "x", authMode="md5")'), /authMode must be/)
  t.notOk(node.users.has('joe'))
  const better = testSession({ node, user: 'guest' })
  t.equal(await better.show('login("better", "x")'), 'true', 'login goes on for both kinds')
})

t.test('without rights a user can neither read nor write a DFS table', async t => {
  const admin = testSession()
  await admin.run(`db = database("dfs://db", VALUE, 1..3)
    db.createPartitionedTable(table(1:0, [\`id], [INT]), \`pt, \`id)
    createUser("joe", "x")`)
  const joe = testSession({ node: admin.node, user: 'joe' })
  const pt = 'loadTable("dfs://db", "pt")'
  t.equal(
    await joe.fail(`tableInsert(${pt}, table(1 as id))`),
    `tableInsert(${pt}, table(1 as id)) => <NoPrivilege>Not granted to write data to table dfs://db/pt`,
  )
  await t.rejects(joe.call(`tableInsert{${pt}, table(1 as id)}`), {
    message: /^<NoPrivilege>Not granted to write data to table dfs:\/\/db\/pt$/,
  })
  t.equal(
    await joe.fail(`schema(${pt})`),
    `schema(${pt}) => <NotAuthenticated>Not granted to read table dfs://db/pt`,
  )
  t.match(
    await joe.fail(`select * from ${pt}`),
    /<NotAuthenticated>Not granted to read table dfs:\/\/db\/pt$/,
  )
  await admin.run('grant("joe", TABLE_READ, "dfs://db/pt")')
  t.equal(await joe.show(`exec count(*) from ${pt}`), '0')
  await admin.run('grant("joe", DB_WRITE, "dfs://db")')
  t.equal(await joe.show(`tableInsert(${pt}, table(1 as id))`), '1')
})

t.test('shared tables are open until rights on them are given, denied or asked for', async t => {
  const admin = testSession()
  await admin.run(`share table(1:0, [\`id], [INT]) as trades
    share table(1:0, [\`id], [INT]) as other
    createUser("joe", "x"); createUser("sue", "x")`)
  const joe = testSession({ node: admin.node, user: 'joe' })
  t.equal(await joe.show('tableInsert(trades, 1)'), '1')
  await admin.run('grant("sue", TABLE_READ, "trades")')
  t.equal(
    await joe.fail('tableInsert(trades, 1)'),
    'tableInsert(trades, 1) => No access to table [trades]',
  )
  t.match(await joe.fail('select * from trades'), /No access to shared table \[trades\]$/)
  const sue = testSession({ node: admin.node, user: 'sue' })
  t.equal(await sue.show('exec count(*) from trades'), '1')
  t.match(await sue.fail('insert into trades values(1)'), /No access to table \[trades\]$/)
  t.equal(await joe.show('tableInsert(other, 1)'), '1')
  t.match(await joe.fail('addAccessControl(other)'), /Only administrators execute function/)
  await admin.run('addAccessControl(other)')
  t.match(await joe.fail('tableInsert(other, 1)'), /No access to table \[other\]$/)
  await admin.run('grant("joe", TABLE_INSERT, "other")')
  t.equal(await joe.show('tableInsert(other, 1)'), '1')
  await admin.run('deny("joe", TABLE_WRITE, "other")')
  t.match(await joe.fail('tableInsert(other, 1)'), /No access to table \[other\]$/)
})
