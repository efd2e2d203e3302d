import t from 'tap'
import { createNode } from '../../../src/server/node.js'
import { findTable, shareTable, unshareTable } from '../../../src/server/tables/sharing.js'
import { sessionOn } from '../../helpers/script.js'
import { int } from '../../helpers/values.js'
import { tableOf } from './tables.js'

const node = createNode()
const session = sessionOn(node)
session.user = 'joe'

t.test('a shared table is known by its name, with the user who shared it', async t => {
  const table = tableOf('basic')
  shareTable(node, session, table, 'quotes', true)
  t.match(table, { sharedName: 'quotes', readOnly: true })
  t.strictSame(node.shared.get('quotes'), { table, owner: 'joe' })
  shareTable(node, session, table, 'quotes')
  t.equal(table.readOnly, false, 'sharing again says it anew')
})

t.test('a name that is taken stands for the new table from now on', async t => {
  const first = tableOf('stream')
  const second = tableOf('stream')
  shareTable(node, session, first, 'trades')
  shareTable(node, session, second, 'trades')
  t.equal(node.shared.get('trades')?.table, second)
  t.same([first.sharedName, second.sharedName], ['', 'trades'])
  shareTable(node, session, second, 'trades')
  t.equal(second.sharedName, 'trades')
})

t.test('a stream table has one shared name only', async t => {
  for (const kind of ['stream', 'keyedStream'] as const) {
    const stream = tableOf(kind)
    shareTable(node, session, stream, 't1')
    t.throws(() => shareTable(node, session, stream, 't2'), {
      name: 'ScriptError',
      message: "This stream has already been shared as 't1'.",
    })
    t.equal(node.shared.has('t2'), false)
  }
  const table = tableOf('keyed')
  shareTable(node, session, table, 'a')
  shareTable(node, session, table, 'b')
  t.equal(node.shared.get('a')?.table, node.shared.get('b')?.table, 'other tables may have two')
})

t.test('a shared name begins with a letter', async t => {
  for (const name of ['a', '交易', 'é1_']) {
    t.doesNotThrow(() => shareTable(node, session, tableOf('basic'), name), name)
  }
  for (const name of ['', '1a', '_a', 'a b', 'a.b', 'a;']) {
    t.throws(() => shareTable(node, session, tableOf('basic'), name), {
      message: `The shared name [${name}] is not a valid variable name.`,
    })
  }
})

t.test('a name is taken back once', async t => {
  const table = tableOf('basic')
  shareTable(node, session, table, 'gone')
  unshareTable(node, session, 'gone')
  t.equal(table.sharedName, '')
  const missing = { name: 'ScriptError', message: "Can't find the object with name gone" }
  t.throws(() => unshareTable(node, session, 'gone'), missing)
  shareTable(node, session, table, 'one')
  shareTable(node, session, table, 'two')
  unshareTable(node, session, 'one')
  t.equal(table.sharedName, 'two', 'its other name stays')
})

t.test('a fault keeps a stream table, and nothing else', async t => {
  const asked: unknown[] = []
  node.beforeRemoval = removal => {
    asked.push(removal)
    return { error: 'first cancel all subscriptions' }
  }
  t.teardown(() => (node.beforeRemoval = undefined))
  shareTable(node, session, tableOf('stream'), 'kept')
  shareTable(node, session, tableOf('basic'), 'plain')
  t.throws(() => unshareTable(node, session, 'kept'), { message: /first cancel/ })
  t.ok(node.shared.has('kept'))
  unshareTable(node, session, 'plain')
  t.strictSame(asked, [{ sessionId: session.id, table: 'kept' }])
})

t.test('a variable of the session comes before what is shared', async t => {
  const [own, shared] = [tableOf('basic'), tableOf('basic')]
  shareTable(node, session, shared, 'x')
  t.equal(findTable(node, session, 'x'), shared)
  session.variables.set('x', own)
  t.equal(findTable(node, session, 'x'), own)
  t.equal(findTable(node, sessionOn(node), 'x'), shared)
  session.variables.set('x', int(1))
  t.equal(findTable(node, session, 'x'), shared, 'a variable that is no table does not hide it')
  t.equal(findTable(node, session, 'nothing'), undefined)
})

t.test('where nothing is published stream tables are not shared, others are', async t => {
  const quiet = createNode({ config: { maxPubConnections: 0 } })
  for (const kind of ['stream', 'keyedStream'] as const) {
    t.throws(() => shareTable(quiet, session, tableOf(kind), 's'), {
      message: 'The feature of publish is not enabled. RefId: S00001',
    })
  }
  shareTable(quiet, session, tableOf('keyed'), 's')
  t.equal(quiet.shared.size, 1)
})

t.test('sharing takes a right where that is asked for, which new administrators lack', async t => {
  const strict = createNode({ config: { enableSharedVarCreationControl: true } })
  strict.users.set('boss', { password: 'x', isAdmin: true })
  const share = (user: string, name: string): void => {
    const own = sessionOn(strict)
    own.user = user
    shareTable(strict, own, tableOf('basic'), name)
  }
  const refusal = { message: /NoPrivilege.*shared variables/ }
  for (const user of ['guest', 'joe', 'boss']) t.throws(() => share(user, 'x'), refusal, user)
  share('admin', 'a')
  strict.privileges.set('joe', new Map([['CREATE_SHARED_VAR *', true]]))
  share('joe', 'b')
  t.same([...strict.shared.keys()], ['a', 'b'])
  const older = createNode({
    config: { enableSharedVarCreationControl: true },
    version: '3.00.3',
  })
  shareTable(older, session, tableOf('basic'), 'x')
})
