import t from 'tap'
import { createNode, nodeAlias } from '../../src/server/node.js'
import { systemPlatform } from '../../src/platform/system.js'
import { handClock } from '../helpers/clocks.js'

t.test('a node begins with nothing but the admin of a new DolphinDB', async t => {
  const node = createNode()
  for (const map of [
    node.shared,
    node.databases,
    node.functionViews,
    node.sessions,
    node.privileges,
    node.jobs,
  ]) {
    t.equal(map.size, 0)
  }
  t.strictSame([...node.users], [['admin', { password: '123456', isAdmin: true }]])
  t.strictSame(node.config, {
    newValuePartitionPolicy: 'add',
    enableInsertStatementForDFSTable: false,
    persistenceDir: '',
    maxPubConnections: 4,
    enableSharedVarCreationControl: false,
    maxMemSize: 8,
    enableConfigAccessControl: false,
  })
  t.match(node, {
    version: '3.00.5.0',
    release: [3, 0, 5, 0],
    host: '127.0.0.1',
    port: 0,
    maxRequestBytes: 2 ** 30,
    maxTransactionBytes: Infinity,
    beforeWrite: undefined,
    beforeSlice: undefined,
    clock: systemPlatform.clock,
    random: systemPlatform.random,
  })
  t.equal(createNode().users === node.users, false, 'no two nodes share anything')
})

t.test('a node is what it is told', async t => {
  const clock = handClock()
  clock.advance(1_000)
  const random = { number: () => 0, bytes: (length: number) => new Uint8Array(length) }
  const node = createNode({
    host: 'localhost',
    port: 9,
    adminPassword: '',
    config: { newValuePartitionPolicy: 'skip' },
    platform: { clock, random },
    maxRequestBytes: 5,
    maxTransactionBytes: 6,
  })
  t.match(node, {
    host: 'localhost',
    port: 9,
    maxRequestBytes: 5,
    maxTransactionBytes: 6,
    clock,
    random,
  })
  t.equal(node.users.get('admin')!.password, '')
  t.match(node.config, { newValuePartitionPolicy: 'skip', enableInsertStatementForDFSTable: false })
  t.equal(node.now(), 1_000)
  clock.advance(1)
  t.equal(node.now(), 1_001, 'the clock of the platform')
  t.equal(createNode({ platform: { clock, random }, now: () => 7 }).now(), 7)
})

t.test(
  'after a restart the disk is there, the memory is not, and the ended node stays as it was',
  async t => {
    const before = createNode({ adminPassword: 'secret' })
    const database = { handle: {} as never, owner: 'admin', tables: new Map() }
    before.databases.set('dfs://d', database)
    before.functionViews.set('f', { name: 'f' } as never)
    before.users.set('joe', { password: 'x', isAdmin: false })
    before.privileges.set('joe', new Map([['TABLE_READ *', true]]))
    before.shared.set('t', { table: {} as never, owner: 'admin' })
    before.jobs.set('1', { running: undefined!, queued: () => [] })
    before.sessions.set('1', {} as never)
    const node = createNode({ restartOf: before, adminPassword: 'other' })
    t.equal(node.databases.get('dfs://d'), database)
    t.strictSame([...node.functionViews.keys()], ['f'])
    t.strictSame([...node.users.keys()], ['admin', 'joe'])
    t.equal(node.users.get('admin')!.password, 'secret', 'the password is on the disk')
    t.strictSame([...node.privileges.keys()], ['joe'])
    t.strictSame([node.shared.size, node.jobs.size, node.sessions.size], [0, 0, 0])
    node.databases.delete('dfs://d')
    node.functionViews.clear()
    node.users.delete('joe')
    node.privileges.clear()
    t.strictSame(
      [before.databases, before.functionViews, before.users, before.privileges].map(
        map => map.size,
      ),
      [1, 1, 2, 1],
    )
  },
)

t.test('the alias tells the port, as those of single nodes do', async t => {
  t.equal(nodeAlias(createNode({ port: 8848 })), 'local8848')
  const node = createNode()
  node.port = 5
  t.equal(nodeAlias(node), 'local5')
})
