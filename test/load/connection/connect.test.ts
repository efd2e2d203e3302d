import { Duplex } from 'node:stream'
import t from 'tap'
import {
  closeTimeoutMs,
  connectDeadlineMs,
  connectServer,
} from '../../../src/load/connection/connect.js'
import type { ServerTarget } from '../../../src/load/options.js'
import type { CheckedOptions } from '../../../src/load/checked-options.js'
import type { Platform, Socket } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { type Faults } from '../../../src/server/index.js'
import { handClock, leapingClock } from '../../helpers/clocks.js'
import { startServerFor } from '../../helpers/load-server.js'

/** A connection that is never established. */
function silentSocket(): Socket {
  const socket = new Duplex({ read: () => undefined, write: (_, __, done) => done() })
  return Object.assign(socket, { bytesRead: 0 })
}

/** A socket that fails as if nothing listened on the port. */
function refusedSocket(): Socket {
  const socket = silentSocket()
  const error = Object.assign(new Error('nobody is there'), { code: 'ECONNREFUSED' })
  setImmediate(() => socket.destroy(error))
  return socket
}

/** A platform on which every connection attempt fails. `dialled` records the tried hosts, with times. */
function deadPlatform(socketTo: (host: string) => Socket = silentSocket) {
  const dialled: [host: string, atMs: number][] = []
  const clock = leapingClock()
  const platform: Platform = {
    ...systemPlatform,
    clock,
    network: {
      ...systemPlatform.network,
      dial(host) {
        dialled.push([host, clock.nowMs()])
        return socketTo(host)
      },
    },
  }
  return { platform, dialled }
}

const threeHosts: ServerTarget = {
  host: 'a',
  port: 1,
  otherHosts: [
    { host: 'b', port: 2 },
    { host: 'c', port: 3 },
  ],
}

t.test('the hosts share the remaining time equally', async t => {
  const { platform, dialled } = deadPlatform()
  await t.rejects(connectServer(platform, threeHosts, { deadlineMs: 9_000 }), {
    code: 'DDB_CONNECT',
  })
  t.strictSame(dialled, [
    ['a', 0],
    ['b', 3_000],
    ['c', 6_000],
  ])
  t.equal(platform.clock.nowMs(), 9_000)
})

t.test('after the deadline each host is still tried once', async t => {
  const { platform, dialled } = deadPlatform()
  await t.rejects(connectServer(platform, threeHosts, { deadlineMs: -1 }), { code: 'DDB_CONNECT' })
  t.strictSame(
    dialled.map(([host]) => host),
    ['a', 'b', 'c'],
  )
})

t.test('if several hosts fail, the error of the first host is thrown', async t => {
  const { platform } = deadPlatform(host => (host === 'a' ? refusedSocket() : silentSocket()))
  // A leaping clock would be too fast, because a refusal arrives only in the next turn of the event loop.
  const clock = handClock()
  const connecting = connectServer({ ...platform, clock }, threeHosts, { deadlineMs: 9_000 })
  const failed = t.rejects(connecting, { code: 'DDB_CONNECT', message: /\ba:1\b/ })
  let ended = false
  void failed.then(() => (ended = true))
  while (!ended) {
    await new Promise(resolve => setImmediate(resolve))
    clock.advance(1_000)
  }
})

/** A server that answers each login with `answer`, and counts the logins. */
async function loginServer(answer: () => ReturnType<NonNullable<Faults['before']>>) {
  let logins = 0
  const server = await startServerFor(t, {
    faults: {
      before({ text }) {
        if (!text.startsWith('scramClientFirst')) return undefined
        logins++
        return answer()
      },
    },
  })
  return {
    server,
    target: { host: server.host, port: server.port, user: 'admin', password: '123456' },
    logins: () => logins,
  }
}

const connectTo = (target: ServerTarget) =>
  connectServer(systemPlatform, target, { deadlineMs: connectDeadlineMs(systemPlatform, target) })

t.test('a refused login is final: no other host gets the same password', async t => {
  const refusing = await loginServer(() => ({ error: 'The user name or password is incorrect.' }))
  const other = await loginServer(() => undefined)
  const { host, port } = other.server
  await t.rejects(connectTo({ ...refusing.target, otherHosts: [{ host, port }] }), {
    name: 'ServerError',
    code: 'DDB_LOGIN',
  })
  t.equal(other.logins(), 0)
})

t.test('the password is never sent to a host that the user did not name', async t => {
  const other = await loginServer(() => undefined)
  const sending = await loginServer(() => ({ error: `<NotLeader>localhost:${other.server.port}` }))
  await t.rejects(connectTo(sending.target), { code: 'DDB_CONNECT', message: /localhost/ })
  t.equal(other.logins(), 0)
})

t.test('time limits of connecting and closing', async t => {
  const closing = (confirmTimeoutMs: number): number =>
    closeTimeoutMs({ confirmTimeoutMs } as CheckedOptions)
  t.equal(closing(60_000), 30_000)
  t.equal(closing(2_000), 2_000, 'closing waits no longer than the run waits for other answers')
  const clock = handClock()
  clock.advance(500)
  const platform = { ...systemPlatform, clock }
  t.equal(connectDeadlineMs(platform, { host: 'a', port: 1 }), 10_500)
  t.equal(connectDeadlineMs(platform, { host: 'a', port: 1, connectTimeoutMs: 3_000 }), 3_500)
})
