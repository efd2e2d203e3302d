import t from 'tap'
import { ConnectionError, ServerError } from '../../../src/errors.js'
import { redirected, redirectIn, redirectOf } from '../../../src/load/connection/connect.js'

t.test('addresses are read in the spelling of servers', async t => {
  const cases: [text: string, address: object | undefined][] = [
    ['<NotLeader>node2:8848', { host: 'node2', port: 8848 }],
    ['<NotLeader>192.168.1.7:8848:dnode2', { host: '192.168.1.7', port: 8848 }],
    ['script.dos => <NotLeader>[::1]:8848', { host: '::1', port: 8848 }],
    ['<NotLeader> node2:65535', { host: 'node2', port: 65_535 }],
    ['<NotLeader>xxx', undefined],
    ['<NotLeader>node2:0', undefined],
    ['<NotLeader>node2:65536', undefined],
    ['<NotLeader>node2:99999', undefined],
    ['<NotLeader>node2:123456', undefined],
    ['<NotLeader>', undefined],
    ['node2:8848', undefined],
  ]
  for (const [text, address] of cases) t.strictSame(redirectIn(text), address, text)
})

t.test('only messages from the server redirect', async t => {
  t.strictSame(redirectOf(new ServerError('<NotLeader>node2:8848')), { host: 'node2', port: 8848 })
  t.strictSame(
    redirectOf(new ServerError('<NotLeader>node2:8848', 'DDB_LOGIN', 'the login was refused')),
    { host: 'node2', port: 8848 },
    'also if our own message precedes it',
  )
  t.equal(redirectOf(new ServerError('no such table')), undefined)
  t.equal(
    redirectOf(new ConnectionError('DDB_CONNECTION_LOST', '<NotLeader>node2:8848')),
    undefined,
  )
  t.equal(redirectOf(undefined), undefined)
})

t.test('a redirect may name any port and any spelling of a named host', async t => {
  const server = {
    host: 'Node1',
    port: 8848,
    otherHosts: [{ host: '[FE80::1]', port: 8848 }],
    allowRedirect: ['node3'],
  }
  for (const host of ['node1', 'NODE1', 'fe80::1', 'Node3']) {
    t.match(redirected(server, { host, port: 9 }), { host, port: 9 })
  }
  for (const host of ['node4', 'node', 'node1.example', '']) {
    t.throws(() => redirected(server, { host, port: 8848 }), { code: 'DDB_CONNECT' }, host)
  }
})

t.test('if the leader cannot be reached, the node that redirected is tried', async t => {
  const server = {
    host: 'a',
    port: 1,
    user: 'u',
    password: 'p',
    otherHosts: [
      { host: 'b', port: 2 },
      { host: 'c', port: 3 },
    ],
  }
  t.strictSame(redirected(server, { host: 'b', port: 2 }), {
    host: 'b',
    port: 2,
    user: 'u',
    password: 'p',
    otherHosts: [
      { host: 'a', port: 1 },
      { host: 'c', port: 3 },
    ],
  })
  t.strictSame(
    redirected({ host: 'a', port: 1 }, { host: 'a', port: 2 }).otherHosts,
    [{ host: 'a', port: 1 }],
    'the same host with another port is another node',
  )
})
