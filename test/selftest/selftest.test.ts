/*
  The embedded server passes; what a run makes goes again, however the run ends.
*/
import t from 'tap'
import { allChecks } from '../../src/selftest/checks/all-checks.js'
import { namesOn, trySelftest } from './run-selftest.js'

t.test('the embedded server passes', async t => {
  const { server, result, failed } = await trySelftest(t, {})
  t.strictSame(failed, [])
  t.match(result.serverVersion, /^3\.\d+\.\d+/)
  t.strictSame(result.left, [])
  t.strictSame(namesOn(server), [])
  t.strictSame(
    result.checks
      .filter(({ name, status }) => status === 'skipped' && !name.startsWith('open: '))
      .map(({ name }) => name),
    [
      'receipts: R11, undef by another user',
      'receipts: R13, a view through a function for a user with VIEW_EXEC alone',
      'rights: TABLE_INSERT alone',
    ],
  )
  t.equal(result.counts.pass + result.counts.skipped, result.checks.length)
})

t.test('with a second user nothing stays either, no right of theirs included', async t => {
  const names = allChecks.filter(({ needs }) => needs?.includes('two users')).map(c => c.name)
  t.equal(names.length, 3)
  const { server, failed } = await trySelftest(t, {
    names,
    server: { initScript: 'createUser("ann", "abc12345")' },
    options: { second: { user: 'ann', password: 'abc12345' } },
  })
  t.strictSame(failed, [])
  t.strictSame(namesOn(server), [])
  t.strictSame([...(server.node.privileges.get('ann') ?? [])], [])
})

t.test('a guest passes what a guest may do, and is told the rest', async t => {
  const names = [
    'login: by calling login',
    'insert: upsert!',
    'function view: listed',
    'dfs: append!',
  ]
  const { result, server } = await trySelftest(t, { names, login: {} })
  t.match(result.checks, [
    { status: 'skipped', reason: 'no user was given' },
    { status: 'pass', reason: '' },
    { status: 'skipped', reason: /^the server refuses what it needs: .*<NoPrivilege>/ },
    { status: 'skipped', reason: /^the server refuses what it needs: .*<NoPrivilege>/ },
  ])
  t.strictSame(namesOn(server), [])
})

t.test('a server that takes no guests passes', async t => {
  const names = allChecks
    .map(({ name }) => name)
    .filter(name => /^(connection|login|async)/.test(name))
  const { failed } = await trySelftest(t, { server: { requireLogin: true }, names })
  t.strictSame(failed, [])
})

t.test('every check has a name of its own and says what it is for', async t => {
  t.equal(new Set(allChecks.map(({ name }) => name)).size, allChecks.length)
  t.ok(allChecks.length >= 60)
  for (const { name, does, dependsOnIt } of allChecks) {
    t.match(name, /^[a-z]+( [a-z]+)?: \S/, name)
    t.ok(does.length > 5 && dependsOnIt.length > 5, name)
  }
})

t.test('R1 to R16 are all asked', async t => {
  for (let number = 1; number <= 16; number++) {
    t.ok(
      allChecks.some(({ name }) => new RegExp(`\\bR${number}\\b`).test(name)),
      `R${number}`,
    )
  }
})
