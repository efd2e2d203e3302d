/* The real platform: timers, randomness and connections behave as the interface promises. */
import { once } from 'node:events'
import t from 'tap'
import type { Socket } from '../../src/platform/platform.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { wait } from '../../src/platform/clocks.js'
import { handClock } from '../helpers/clocks.js'

const { clock, network } = systemPlatform

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

t.test('a port in use is refused with the system’s error', async t => {
  const port = await network.listen('127.0.0.1', 0, () => undefined)
  t.teardown(() => port.close(() => undefined))
  const listening = network.listen('127.0.0.1', port.port, () => undefined)
  await t.rejects(listening, { code: 'EADDRINUSE' })
})

t.test(
  'what the other machine has not taken is known',
  { skip: process.platform !== 'linux' },
  async t => {
    const accepted: Socket[] = []
    const port = await network.listen('127.0.0.1', 0, socket => void accepted.push(socket.pause()))
    const socket = network.dial('127.0.0.1', port.port)
    t.teardown(() => port.close(() => undefined))
    await once(socket, 'connect')
    t.equal(socket.unacknowledgedBytes, 0)
    socket.write(new Uint8Array(20_000_000))
    while (socket.unacknowledgedBytes === 0) await wait(clock, 5)
    accepted[0]!.resume()
    while (socket.unacknowledgedBytes! > 0) await wait(clock, 5)
    socket.destroy()
    t.equal(socket.unacknowledgedBytes, 0)
  },
)

/** Whether the promise has resolved, after everything that is due has run. */
async function isOver(waiting: Promise<void>): Promise<boolean> {
  let over = false
  void waiting.then(() => (over = true))
  for (let turn = 0; turn < 3; turn++) await Promise.resolve()
  return over
}

t.test('the promise resolves when the time has passed, not earlier', async t => {
  const clock = handClock()
  const waiting = wait(clock, 10)
  clock.advance(9)
  t.notOk(await isOver(waiting))
  clock.advance(1)
  t.ok(await isOver(waiting))
})

t.test('a signal ends the wait, and leaves no timer', async t => {
  const clock = handClock()
  const controller = new AbortController()
  const waiting = wait(clock, 10, controller.signal)
  t.equal(clock.timers, 1)
  controller.abort()
  t.ok(await isOver(waiting))
  t.equal(clock.timers, 0)
})
