import t from 'tap'
import { namesOn, trySelftest } from '../run-selftest.js'

t.test('two users: what one shared the other may remove, and a granted view delivers', async t => {
  const names = [
    'receipts: R11, undef by another user',
    'receipts: R13, a view through a function for a user with VIEW_EXEC alone',
  ]
  const second = { user: 'ann', password: 'abc12345' }
  const server = { initScript: 'createUser("ann", "abc12345")' }
  const tried = await trySelftest(t, { names, server, options: { second } })
  t.match(tried.result.checks, [
    { status: 'pass', reason: /it/ },
    { status: 'pass', reason: '' },
  ])
  t.strictSame(namesOn(tried.server), [])
  const wrong = { user: 'ann', password: 'wrong' }
  const { result } = await trySelftest(t, { names, server, options: { second: wrong } })
  t.match(result.checks, [{ status: 'fail' }, { status: 'fail' }])
  const behaved = await trySelftest(t, {
    names: [names[1]!],
    server,
    options: { second },
    prepare: ({ node }) =>
      void (node.beforeWrite = ({ table }) =>
        table.endsWith('_viewed') ? { error: '<NoPrivilege>Not granted' } : undefined),
  })
  t.strictSame(behaved.failed, [names[1]], 'a view that lacks rights is found')
})

t.test('with one login both are skipped', async t => {
  const names = ['receipts: R11, undef by another user']
  const { result } = await trySelftest(t, { names })
  t.match(result.checks, [{ status: 'skipped', reason: 'no second user was given' }])
})
