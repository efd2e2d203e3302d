/*
  The live data nodes of a cluster, as a server names them.
*/
import t, { type Test } from 'tap'
import { liveNodes } from '../../../src/client/pool/live-nodes.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Value } from '../../../src/protocol/value.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { int, text } from '../../helpers/values.js'

const host = '127.0.0.1'

/** What comes out when a server answers this, and what it was asked. */
async function asked(
  t: Test,
  answer: Value,
  login: { user?: string; password?: string } = {},
  allowed: readonly string[] = [],
): Promise<{ nodes: unknown; script: unknown; ended: Promise<void> }> {
  const server = await startFakeServer((_, peer) => peer.reply({ value: answer }))
  t.teardown(() => server.close())
  const nodes: unknown = await liveNodes({ host, port: server.port, ...login }, allowed).catch(
    (error: unknown) => error,
  )
  const request = server.peer.requests.at(-1)?.request
  return {
    nodes,
    script: request?.kind === 'script' ? request.script : undefined,
    ended: server.peer.until(peer => peer.ended),
  }
}

const strings = (...texts: string[]): Value => vectorOf({ type: 'STRING' }, texts)

t.test('nodes are told as HOST:PORT:ALIAS, and the session is closed', async t => {
  const { nodes, script, ended } = await asked(
    t,
    strings('10.0.0.1:8902:node1', 'db.example.com:80:n:2', '[::1]:8848:n', 'h:1'),
  )
  t.strictSame(nodes, [
    { host: '10.0.0.1', port: 8902 },
    { host: 'db.example.com', port: 80 },
    { host: '[::1]', port: 8848 },
    { host: 'h', port: 1 },
  ])
  t.equal(script, 'rpc(getControllerAlias(), getClusterLiveDataNodes{false})')
  await ended
})

t.test('a single node may be a scalar', async t => {
  t.strictSame((await asked(t, text('10.0.0.1:8902:node1'))).nodes, [
    { host: '10.0.0.1', port: 8902 },
  ])
})

t.test('names without an address are passed over; without any node there is an error', async t => {
  t.strictSame((await asked(t, strings('node1', 'h:1:x', ':5:x', 'h:port:x'))).nodes, [
    { host: 'h', port: 1 },
  ])
  for (const answer of [strings(), strings('node1'), int(5)]) {
    const { nodes, ended } = await asked(t, answer)
    t.match(nodes, { code: 'DDB_CONNECT', message: /no live data node/ })
    await ended
  }
})

t.test('a login goes only to hosts that were named or allowed', async t => {
  const answer = strings('127.0.0.1:8902:node1', 'DB.example.com:80:n2')
  const login = { user: 'ann', password: 'secret' }
  const { nodes, ended } = await asked(t, answer, login)
  t.match(nodes, { code: 'DDB_CONNECT', message: /names DB\.example\.com:80, a host that was not/ })
  await ended
  const allowed = await asked(t, answer, login, ['db.EXAMPLE.com'])
  t.match(allowed.nodes, [{ host: '127.0.0.1' }, { host: 'DB.example.com' }])
})
