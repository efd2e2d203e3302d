import t from 'tap'
import { connect } from '../../src/client/open-session.js'
import { systemPlatform } from '../../src/platform/system.js'
import { requestFlags } from '../../src/protocol/request.js'
import { startServer, startServerOn } from '../../src/server/index.js'
import { RawPeer } from '../helpers/raw-peer.js'
import { connectBytes, requestBytes, script } from '../helpers/requests.js'
import { idTable, int } from '../helpers/values.js'

const host = '127.0.0.1'

t.test('scripts, functions and variables reach the language', async t => {
  const server = await startServer({ port: 0, initScript: 'share table(1:0, [`id], [INT]) as st' })
  t.teardown(() => server.close())
  const session = await connect({ host, port: server.port })
  t.match(await session.run('1 + 1'), int(2))
  t.match(await session.call('tableInsert{st}', [idTable(1, 2)]), int(2))
  t.match(await session.run('exec count(*) from st'), int(2))
  const printed: string[] = []
  session.onMessage = text => void printed.push(text)
  await session.run('print("a"); 1')
  await session.run('1')
  t.strictSame(
    printed.map(text => text.trim()),
    ['a'],
  )
  await session.upload({ x: int(7) })
  t.match(await session.run('x + 1'), int(8))
  await t.rejects(session.upload({ st: int(7) }), { message: /'st' is a shared variable/ })
  await t.rejects(session.run('f('), { message: /Syntax Error/ })
  await session.close()
})

t.test('a session is in the node until its connection ends', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  t.equal(server.node.sessions.size, 0)
  const peer = await RawPeer.connect(server.port)
  await peer.write(connectBytes)
  const { sessionId } = await peer.response()
  t.strictSame([...server.node.sessions.keys()], [sessionId])
  t.match(server.node.sessions.get(sessionId), { user: 'guest', closed: false })
  peer.socket.end()
  await peer.ended()
  t.equal(server.node.sessions.size, 0)
})

t.test('flag 16 releases variables', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const peer = await RawPeer.connect(server.port)
  const clearing = { flags: requestFlags.apiClient | requestFlags.clearMemory }
  await peer.write(
    Buffer.concat([
      connectBytes,
      requestBytes(script('x = 1')),
      requestBytes(script('x'), clearing),
      requestBytes(script('x')),
    ]),
  )
  for (let i = 0; i < 2; i++) await peer.response()
  t.match(await peer.response(), { ok: true, value: int(1) })
  t.match(await peer.response(), { ok: false })
})

t.test('a request that waits can be cancelled from another session', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const [waiting, other] = [
    await connect({ host, port: server.port }),
    await connect({ host, port: server.port, user: 'admin', password: '123456' }),
  ]
  const request = waiting.run('sleep(1000000000)').catch((error: unknown) => error)
  const jobs = `exec rootJobId from getConsoleJobs() where sessionId = ${waiting.id}l`
  while (((await other.run(`size(${jobs})`)) as { value: number }).value === 0);
  await other.run(`cancelConsoleJob(${jobs})`)
  t.match(await request, { message: /cancelled/ })
  t.match(await waiting.run('1 + 1'), int(2), 'the session goes on')
  await waiting.close()
  await other.close()
})

t.test('time and connections are those of the platform that is given', async t => {
  const ports: number[] = []
  const server = await startServerOn(
    {
      ...systemPlatform,
      clock: { ...systemPlatform.clock, wallMs: () => 1_700_000_000_000 },
      network: {
        ...systemPlatform.network,
        listen: (on, port, accept) => {
          ports.push(port)
          return systemPlatform.network.listen(on, port, accept)
        },
      },
    },
    { port: 0 },
  )
  t.teardown(() => server.close())
  t.strictSame(ports, [0])
  t.equal(server.node.now(), 1_700_000_000_000)
  const session = await connect({ host, port: server.port })
  t.match(await session.run('1 + 1'), int(2))
  await session.close()
})

t.test('options that cannot be are refused before anything listens', async t => {
  await t.rejects(startServer({ port: -1 }), { code: 'DDB_USAGE' })
  await t.rejects(startServer({ port: 0, initScript: 'f(' }), { code: 'DDB_SCRIPT' })
})
