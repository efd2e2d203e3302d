import t from 'tap'
import { createNode, type ServerNode } from '../../../src/server/node.js'
import {
  checkRead,
  checkViewCall,
  checkWrite,
  privilegeKey,
  privilegeOf,
} from '../../../src/server/tables/privileges.js'
import { shareTable } from '../../../src/server/tables/sharing.js'
import type { ServerTable } from '../../../src/server/tables/server-table.js'
import { sessionOn } from '../../helpers/script.js'
import { tableOf } from './tables.js'

type Rights = Readonly<Record<string, boolean>>
type Change = 'INSERT' | 'UPDATE' | 'DELETE'

/** A node on which sue has these rights, and the user who asks. */
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

t.test('a denial beats every grant, for one object or all', async t => {
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
    t.equal(privilegeOf(node, 'joe', 'TABLE_READ', 't'), undefined, 'rights are of one user')
  }
  t.equal(privilegeKey('TABLE_READ', 't'), 'TABLE_READ t')
})

t.test('a DFS table is open to administrators, its owner, and whom it is granted', async t => {
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

t.test('a table in memory is open, a shared one until rights are given', async t => {
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
  t.same(shared('joe', { 'TABLE_READ trades': true }), [true, true], 'who shared it')
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

t.test('who may call a view: its owner, and who was granted it, its namespace or all', async t => {
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
    'inside one of admin',
  )
})
