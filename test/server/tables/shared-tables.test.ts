import t from 'tap'
import { type ServerNode, createNode } from '../../../src/server/node.js'
import {
  checkRead,
  checkViewCall,
  checkWrite,
  privilegeKey,
  privilegeOf,
  shareTable,
  unshareTable,
} from '../../../src/server/tables/privileges.js'
import { sessionOn } from '../../helpers/script.js'
import { int, ints, text } from '../../helpers/values.js'
import { tableOf } from './tables.js'
import type { ServerTable, TableKind } from '../../../src/server/tables/server-table.js'
import type { ColumnType } from '../../../src/protocol/data-type.js'
import { vectorOf } from '../../../src/protocol/element.js'
import { makeDictionary } from '../../../src/server/elements/dictionary.js'
import { discardedRows } from '../../../src/server/tables/insert-values.js'
import { createTable } from '../../../src/server/tables/memory-table.js'
import type { CallContext, ServerValue } from '../../../src/server/values/server-value.js'
import { column } from '../columns/columns.js'

const node = createNode()
const session = sessionOn(node)
session.user = 'joe'

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

t.test('a fault prevents the removal of stream tables, and nothing else', async t => {
  const asked: unknown[] = []
  node.faults.beforeRemoval = removal => {
    asked.push(removal)
    return { error: 'first cancel all subscriptions' }
  }
  t.teardown(() => delete node.faults.beforeRemoval)
  shareTable(node, session, tableOf('stream'), 'kept')
  shareTable(node, session, tableOf('basic'), 'plain')
  t.throws(() => unshareTable(node, session, 'kept'), { message: /first cancel/ })
  t.ok(node.shared.has('kept'))
  unshareTable(node, session, 'plain')
  t.strictSame(asked, [{ sessionId: session.id, table: 'kept' }])
})

t.test('without publishing, only stream tables cannot be shared', async t => {
  const quiet = createNode({ config: { maxPubConnections: 0 } })
  for (const kind of ['stream', 'keyedStream'] as const) {
    t.throws(() => shareTable(quiet, session, tableOf(kind), 's'), {
      message: 'The feature of publish is not enabled. RefId: S00001',
    })
  }
  shareTable(quiet, session, tableOf('keyed'), 's')
  t.equal(quiet.shared.size, 1)
})

t.test('if configured, sharing needs a right that even new administrators lack', async t => {
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

type Rights = Readonly<Record<string, boolean>>
type Change = 'INSERT' | 'UPDATE' | 'DELETE'

/** A node on which sue has these rights, and a session of `user`. */
function asking(
  user: string,
  rights: Rights = {},
): { node: ServerNode; session: ReturnType<typeof sessionOn> } {
  const node = createNode()
  if (Object.keys(rights).length > 0) node.privileges.set('sue', new Map(Object.entries(rights)))
  const session = sessionOn(node)
  session.user = user
  return { node, session }
}

const allows = (check: () => void): boolean => {
  try {
    check()
    return true
  } catch {
    return false
  }
}
const mayWrite = (user: string, table: ServerTable, rights?: Rights, change?: Change): boolean =>
  allows(() => checkWrite(asking(user, rights), table, change))
const mayRead = (user: string, table: ServerTable, rights?: Rights): boolean =>
  allows(() => checkRead(asking(user, rights), table))

t.test('a denial overrides every grant, for one object or for all', async t => {
  const examples: [Rights, boolean | undefined][] = [
    [{}, undefined],
    [{ 'TABLE_READ t': true }, true],
    [{ 'TABLE_READ t': false }, false],
    [{ 'TABLE_READ *': true }, true],
    [{ 'TABLE_READ *': false }, false],
    [{ 'TABLE_READ t': true, 'TABLE_READ *': false }, false],
    [{ 'TABLE_READ t': false, 'TABLE_READ *': true }, false],
    [{ 'TABLE_READ other': true, 'TABLE_WRITE t': true }, undefined],
  ]
  for (const [rights, wanted] of examples) {
    const { node } = asking('sue', rights)
    t.equal(privilegeOf(node, 'sue', 'TABLE_READ', 't'), wanted)
    t.equal(privilegeOf(node, 'joe', 'TABLE_READ', 't'), undefined, 'rights belong to one user')
  }
  t.equal(privilegeKey('TABLE_READ', 't'), 'TABLE_READ t')
})

t.test('a DFS table is open to administrators, its owner, and users with a grant', async t => {
  const table = tableOf('dfs')
  for (const [user, wanted] of [
    ['admin', true],
    ['joe', true],
    ['sue', false],
    ['guest', false],
  ] as const) {
    t.equal(mayWrite(user, table), wanted, user)
    t.equal(mayRead(user, table), wanted, user)
  }
  const guests = tableOf('dfs')
  Object.assign(guests, { stored: { ...guests.stored, owner: 'guest' } })
  t.equal(mayRead('guest', guests), false, 'guests own nothing')
  for (const object of ['TABLE', 'DB']) {
    const path = object === 'TABLE' ? 'dfs://db/pt' : 'dfs://db'
    t.equal(mayRead('sue', table, { [`${object}_READ ${path}`]: true }), true)
    t.equal(mayRead('sue', table, { [`${object}_WRITE ${path}`]: true }), false)
    t.equal(mayWrite('sue', table, { [`${object}_WRITE ${path}`]: true }), true)
    t.equal(mayWrite('sue', table, { [`${object}_READ ${path}`]: true }), false)
    t.equal(mayWrite('sue', table, { [`${object}_INSERT ${path}`]: true }), true)
    t.equal(mayWrite('sue', table, { [`${object}_INSERT ${path}`]: true }, 'DELETE'), false)
    t.equal(mayWrite('sue', table, { [`${object}_DELETE ${path}`]: true }, 'DELETE'), true)
    t.equal(mayWrite('sue', table, { [`${object}_UPDATE ${path}`]: true }, 'UPDATE'), true)
  }
  const denied = { 'TABLE_WRITE dfs://db/pt': true, 'DB_INSERT dfs://db': false }
  t.equal(mayWrite('sue', table, denied), false)
  t.equal(mayWrite('sue', table, denied, 'UPDATE'), true)
})

t.test('an in-memory table is open, a shared one until rights are granted', async t => {
  t.equal(mayWrite('guest', tableOf('basic')), true)
  const shared = (user: string, rights: Rights, isControlled = false): boolean[] => {
    const { node, session } = asking(user, rights)
    const owner = sessionOn(node)
    owner.user = 'joe'
    const table = tableOf('stream')
    shareTable(node, owner, table, 'trades')
    node.shared.get('trades')!.isControlled = isControlled
    return [
      () => checkRead({ node, session }, table),
      () => checkWrite({ node, session }, table),
    ].map(allows)
  }
  t.same(shared('guest', {}), [true, true])
  t.same(shared('guest', { 'TABLE_READ other': true }), [true, true])
  t.same(shared('guest', { 'TABLE_READ trades': true }), [false, false], 'rights of sue')
  t.same(shared('sue', { 'TABLE_READ trades': true }), [true, false])
  t.same(shared('sue', { 'TABLE_WRITE trades': true }), [false, true])
  t.same(shared('sue', { 'TABLE_INSERT trades': true }), [false, true])
  t.same(shared('sue', { 'TABLE_INSERT trades': true, 'TABLE_WRITE trades': false }), [
    false,
    false,
  ])
  t.same(shared('joe', { 'TABLE_READ trades': true }), [true, true], 'the user who shared it')
  t.same(shared('sue', {}, true), [false, false], 'addAccessControl')
  t.same(shared('joe', {}, true), [true, true])
  t.same(shared('admin', {}, true), [true, true])
})

t.test('a refusal names the table', async t => {
  const dfs = tableOf('dfs')
  t.throws(() => checkWrite(asking('sue'), dfs), {
    name: 'ScriptError',
    message: '<NoPrivilege>Not granted to write data to table dfs://db/pt',
  })
  t.throws(() => checkRead(asking('sue'), dfs), {
    message: '<NotAuthenticated>Not granted to read table dfs://db/pt',
  })
  const { node, session } = asking('guest', { 'TABLE_READ trades': true })
  const table = tableOf('stream')
  shareTable(node, session, table, 'trades')
  t.throws(() => checkWrite({ node, session }, table), { message: 'No access to table [trades]' })
  t.throws(() => checkRead({ node, session }, table), {
    message: 'No access to shared table [trades]',
  })
})

t.test(
  'a view may be called by its owner and by users with a grant for it or its namespace',
  async t => {
    const mayCall = (user: string, rights?: Rights): boolean =>
      allows(() => checkViewCall(asking(user, rights), 'a::f', 'joe'))
    t.ok(mayCall('admin'))
    t.ok(mayCall('joe'))
    t.notOk(mayCall('guest'))
    const examples: [Rights, boolean][] = [
      [{}, false],
      [{ 'VIEW_EXEC a::f': true }, true],
      [{ 'VIEW_EXEC a::*': true }, true],
      [{ 'VIEW_EXEC *': true }, true],
      [{ 'VIEW_EXEC f': true, 'VIEW_EXEC b::*': true, 'VIEW_OWNER *': true }, false],
      [{ 'VIEW_EXEC a::f': true, 'VIEW_EXEC a::*': false }, false],
      [{ 'VIEW_EXEC a::f': false, 'VIEW_EXEC *': true }, false],
    ]
    for (const [rights, wanted] of examples) {
      t.equal(mayCall('sue', rights), wanted, JSON.stringify(rights))
    }
    const { node, session } = asking('sue', {})
    session.viewOwner = 'joe'
    t.ok(
      allows(() => checkViewCall({ node, session }, 'a::f', 'joe')),
      'inside a view of joe',
    )
    session.viewOwner = 'admin'
    t.ok(
      allows(() => checkViewCall({ node, session }, 'a::f', 'joe')),
      'inside a view of admin',
    )
  },
)

const keeping = { discards: false } as CallContext
const discarding = { discards: true } as CallContext

function shared(kind: TableKind): ServerTable {
  const table = tableOf(kind)
  table.sharedName = 'target'
  return table
}

t.test('rows for tables that outlive the request are counted', async t => {
  const names = column('STRING', 'a', 'b', 'c')
  const tuple = column('ANY', ints(1, 2, 3), names) as ServerValue
  const list: ServerValue = {
    form: 'list',
    elements: [ints(1, 2, 3) as ServerValue, { form: 'type', column: { type: 'INT' } }],
  }
  const dictionary = (id: ServerValue): ServerValue =>
    makeDictionary([text('id'), text('name')], [id, text('a')])
  const examples: [ServerValue[], number][] = [
    [[tableOf('basic', [1, 'a'], [2, 'b'])], 2],
    [[tableOf('basic')], 0],
    [[int(1), text('a')], 1],
    [[ints(1, 2, 3) as ServerValue, names], 3],
    [[tuple], 3],
    [[list], 3],
    [[column('ANY', int(1), text('a'))], 1],
    [[dictionary(int(1))], 1],
    [[dictionary(ints(1, 2) as ServerValue)], 2],
  ]
  for (const kind of ['basic', 'stream', 'keyed', 'indexed'] as const) {
    for (const [values, wanted] of examples) {
      t.equal(discardedRows(discarding, shared(kind), values), wanted, kind)
    }
  }
  t.equal(discardedRows(discarding, tableOf('dfs'), [tableOf('basic', [1, 'a'])]), 1)
})

t.test('a vector for a column of arrays is one row', async t => {
  const types: ColumnType[] = [{ type: 'INT', array: true }]
  const table = createTable('stream', ['v'], types)
  table.sharedName = 'target'
  const rows = (value: ServerValue): number | undefined => discardedRows(discarding, table, [value])
  t.equal(rows(ints(1, 2, 3) as ServerValue), 1)
  t.equal(rows(vectorOf(types[0]!, [[1], [2, 3]])), 2)
  t.equal(rows(column('ANY', column('ANY', ints(1), ints(2, 3))) as ServerValue), 2)
  t.equal(rows(makeDictionary([text('v')], [ints(1, 2)] as ServerValue[])), 1)
})

t.test('tables of the request get their rows, and so do receipts', async t => {
  const rows: ServerValue[] = [tableOf('basic', [1, 'a'])]
  t.equal(discardedRows(discarding, tableOf('basic'), rows), undefined)
  t.equal(discardedRows(discarding, shared('keyedStream'), [int(1), text('a')]), undefined)
  t.equal(discardedRows(discarding, shared('keyedStream'), rows), 1)
  t.equal(discardedRows(keeping, shared('stream'), rows), undefined, 'nothing is discarded')
})

t.test('rows that the table would refuse are refused', async t => {
  const strings = createTable('basic', ['id', 'name'], [{ type: 'STRING' }, { type: 'STRING' }])
  t.throws(() => discardedRows(discarding, shared('stream'), [strings]), {
    name: 'ScriptError',
    message: /Expected: INT, Actual: STRING. RefId:S03017$/,
  })
  const narrow = createTable('basic', ['id'], [{ type: 'INT' }])
  t.throws(() => discardedRows(discarding, tableOf('dfs'), [narrow]), { message: /S01015$/ })
  const target = shared('stream')
  discardedRows(discarding, target, [tableOf('basic', [1, 'a'])])
  t.equal(target.rows, 0)
})
