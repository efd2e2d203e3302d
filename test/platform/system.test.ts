/*
  The real platform: timers, randomness and connections behave as the interface promises.
*/
import t from 'tap'
import { systemPlatform } from '../../src/platform/system.js'

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
  await t.rejects(
    network.listen('127.0.0.1', port.port, () => undefined),
    { code: 'EADDRINUSE' },
  )
})
