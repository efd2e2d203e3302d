/*
  The real platform: timers, randomness and connections behave as the interface promises.
*/
import { once } from 'node:events'
import t from 'tap'
import type { Socket } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system.js'
import { keepsAlive, tellsTimers } from '../helpers/keeps-alive.js'

const { clock, network } = systemPlatform

/** Everything that arrives until the other end finishes. The socket stays open. */
async function textOf(socket: Socket): Promise<string> {
  const chunks: Buffer[] = []
  socket.on('data', (chunk: Buffer) => chunks.push(chunk))
  await once(socket, 'end')
  return Buffer.concat(chunks).toString()
}

t.test('a timer fires once, a cancelled one never', async t => {
  const called: string[] = []
  const cancelled = clock.after(0, () => called.push('cancelled'))
  cancelled.cancel()
  await new Promise<void>(resolve => clock.after(0, resolve))
  await new Promise<void>(resolve => clock.after(1, resolve))
  await new Promise<void>(resolve => {
    const alive = clock.after(60_000, () => called.push('too late'))
    clock.afterIfAlive(1, () => {
      alive.cancel()
      resolve()
    })
  })
  t.strictSame(called, [])
  cancelled.cancel()
})

t.test('the next turn of the event loop comes after all pending promises', async t => {
  const order: string[] = []
  const turn = new Promise<void>(resolve =>
    clock.nextTurn(() => {
      order.push('turn')
      resolve()
    }),
  )
  void Promise.resolve().then(() => order.push('promise'))
  await turn
  t.strictSame(order, ['promise', 'turn'])
})

t.test(
  'both ends of a connection check that the other end is alive',
  { skip: !tellsTimers },
  async t => {
    let accept = (socket: Socket): void => void socket
    const accepted = new Promise<Socket>(resolve => (accept = resolve))
    const listening = await network.listen('127.0.0.1', 0, socket => accept(socket))
    t.teardown(() => new Promise<void>(closed => listening.close(closed)))
    const client = network.dial('127.0.0.1', listening.port)
    await once(client, 'connect')
    const peer = await accepted
    t.ok(await keepsAlive(peer.remotePort!, listening.port), 'the end that dialled')
    t.ok(await keepsAlive(listening.port, peer.remotePort!), 'the end that listened')
    for (const socket of [client, peer]) socket.destroy()
  },
)

t.test('each end may continue sending after the other end has finished', async t => {
  let accept = (socket: Socket): void => void socket
  const accepted = new Promise<Socket>(resolve => (accept = resolve))
  const port = await network.listen('127.0.0.1', 0, socket => accept(socket))
  t.ok(port.port > 0)
  const client = network.dial('127.0.0.1', port.port)
  await once(client, 'connect')
  const server = await accepted
  client.end('question')
  t.equal(await textOf(server), 'question')
  t.equal(server.bytesRead, 8)
  server.end('answer')
  t.equal(await textOf(client), 'answer')
  await new Promise<void>(closed => port.close(closed))
  const refused = network.dial('127.0.0.1', port.port)
  const [error] = (await once(refused, 'error')) as [NodeJS.ErrnoException]
  t.equal(error.code, 'ECONNREFUSED')
})

t.test('a port in use is refused with the system’s error', async t => {
  const port = await network.listen('127.0.0.1', 0, () => undefined)
  t.teardown(() => port.close(() => undefined))
  await t.rejects(
    network.listen('127.0.0.1', port.port, () => undefined),
    { code: 'EADDRINUSE' },
  )
})
