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
