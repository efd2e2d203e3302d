/*
  One session of a pool.
*/
import t from 'tap'
import { PoolMember } from '../../../src/client/pool/pool-member.js'
import { taskRequest } from '../../../src/client/pool/task-request.js'
import { UsageError } from '../../../src/errors.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { int } from '../../helpers/values.js'

const host = '127.0.0.1'
const shutDown = new UsageError('DDB_CLOSED', 'the pool is shut down')

t.test('it is closed until it is opened, and runs tasks then', async t => {
  const server = await startFakeServer((_, peer) => peer.reply({ value: int(5) }))
  t.teardown(() => server.close())
  const member = new PoolMember({ host, port: server.port })
  t.strictSame([member.isOpen, member.sessionId], [false, '0'])
  await member.open()
  t.strictSame([member.isOpen, member.sessionId], [true, '1000000002'])
  t.strictSame(await member.perform(taskRequest(1, '2+3', [])), int(5))
  await member.abandon(shutDown)
  t.equal(member.isOpen, false)
})

t.test('a connection that is lost fails its task, and the member can be opened again', async t => {
  let losses = 1
  const server = await startFakeServer((_, peer) => {
    if (losses-- > 0) peer.socket.destroy()
    else peer.reply({ value: int(1) })
  })
  t.teardown(() => server.close())
  const member = new PoolMember({ host, port: server.port })
  await member.open()
  await t.rejects(member.perform(taskRequest(1, '1', [])), { code: 'DDB_CONNECTION_LOST' })
  t.equal(member.isOpen, false)
  await member.open()
  t.strictSame(await member.perform(taskRequest(1, '1', [])), int(1))
  await member.abandon(shutDown)
})

t.test('the signal of the pool ends its own attempt, not a later one', async t => {
  const server = await startFakeServer((_, peer) => peer.reply({ value: int(1) }))
  t.teardown(() => server.close())
  const controller = new AbortController()
  const member = new PoolMember({ host, port: server.port, signal: controller.signal })
  controller.abort()
  await t.rejects(member.open(controller.signal), { code: 'DDB_INTERRUPTED' })
  await member.open()
  t.equal(member.isOpen, true)
  await member.abandon(shutDown)
})

t.test('abandoned, it fails what runs with the reason given, and stays closed', async t => {
  const server = await startFakeServer(() => undefined)
  t.teardown(() => server.close())
  const member = new PoolMember({ host, port: server.port })
  await member.open()
  const running = member.perform(taskRequest(1, '1', []))
  running.catch(() => undefined)
  await member.abandon(shutDown)
  await t.rejects(running, { message: /the pool is shut down/ })
  await t.rejects(member.open(), shutDown)
})

t.test('abandoned while it connects, it gives the reason', async t => {
  const server = await startFakeServer(() => undefined, { answerConnect: false })
  t.teardown(() => server.close())
  const member = new PoolMember({ host, port: server.port })
  const opening = member.open()
  opening.catch(() => undefined)
  await server.accepted
  await member.abandon(shutDown)
  await t.rejects(opening, shutDown)
})
