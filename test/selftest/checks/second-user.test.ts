import t from 'tap'
import { checkContext } from '../../../src/selftest/context.js'
import { scopeWith } from '../check-scope.js'
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

const alone = 'rights: TABLE_INSERT alone'
const ann = { user: 'ann', password: 'abc12345' }

t.test('what one right allows is found, and taken back', async t => {
  const server = { initScript: 'createUser("ann", "abc12345")' }
  const tried = await trySelftest(t, { names: [alone], server, options: { second: ann } })
  const [found] = tried.result.checks
  t.equal(found?.status, 'pass')
  t.match(found?.reason, /^schema: .*; count: .*<NotAuthenticated>.*; upsert: /)
  t.strictSame(tried.result.facts, {
    insertShowsSchema: found?.reason.startsWith('schema: allowed'),
    insertCounts: false,
    insertUpserts: found?.reason.endsWith('upsert: allowed'),
  })
  t.strictSame(namesOn(tried.server), [])
  const rights = tried.server.node.privileges.get('ann') ?? new Map<string, boolean>()
  t.strictSame([...rights.keys()], [], 'the right ends with the check')
})

t.test('a second user who may do more tells nothing about it', async t => {
  const server = { initScript: 'createUser("ann", "abc12345"); grant("ann", DB_READ, "*")' }
  const { result } = await trySelftest(t, { names: [alone], server, options: { second: ann } })
  t.match(result, { facts: {}, checks: [{ status: 'skipped', reason: /may read without/ }] })
})

t.test('a name that DolphinDB has no users of gets into no script', async t => {
  const granted = checkContext(scopeWith({ second: { user: 'a"b', password: 'x' } }))
  await t.rejects(granted.grant('VIEW_EXEC', 'v'), { code: 'DDB_UNAVAILABLE' })
})
