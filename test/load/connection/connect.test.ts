import { Duplex } from 'node:stream'
import t from 'tap'
import { redirectIn } from '../../../src/client/failure.js'
import type { LoginMemory, LoginMethod } from '../../../src/client/login/protection.js'
import type { Session } from '../../../src/client/open-session.js'
import { ConnectionError, ServerError } from '../../../src/errors.js'
import {
  closeTimeoutMs,
  connectDeadlineMs,
  connectServer,
  redirected,
  followRedirects,
  retryDelayMs,
  tryAtStart,
  tryUntil,
} from '../../../src/load/connection/connect.js'
import type { ServerTarget } from '../../../src/load/options.js'
import type { CheckedOptions } from '../../../src/load/checked-options.js'
import type { Run } from '../../../src/load/run.js'
import { chooseMode } from '../../../src/load/load.js'
import type { Clock, Platform, Socket } from '../../../src/platform/platform.js'
import { systemPlatform } from '../../../src/platform/system-files.js'
import { type Faults } from '../../../src/server/index.js'
import { handClock, leapingClock } from '../../helpers/clocks.js'
import { testRun } from '../../helpers/load-run.js'
import { asAdmin, startServerFor } from '../../helpers/load-server.js'
import { refusedSocket } from '../../helpers/turn-platform.js'

/** A connection that is never established. */
function silentSocket(): Socket {
  const socket = new Duplex({ read: () => undefined, write: (_, __, done) => done() })
  return Object.assign(socket, { bytesRead: 0 })
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
  const hosts = dialled.map(([host]) => host)
  t.strictSame(hosts, ['a', 'b', 'c'])
})

t.test('if several hosts fail, the error of the first host is thrown', async t => {
  const { platform } = deadPlatform(host => (host === 'a' ? refusedSocket(1) : silentSocket()))
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
  return { server, target: asAdmin(server), logins: () => logins }
}

const connectTo = (target: ServerTarget) =>
  connectServer(systemPlatform, target, { deadlineMs: connectDeadlineMs(systemPlatform, target) })

t.test('a refused login is final: no other host gets the same password', async t => {
  const refusing = await loginServer(() => ({ error: 'The user name or password is incorrect.' }))
  const other = await loginServer(() => undefined)
  const { host, port } = other.server
  const error = { name: 'ServerError', code: 'DDB_LOGIN' }
  await t.rejects(connectTo({ ...refusing.target, otherHosts: [{ host, port }] }), error)
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
  const server = { host: 'node1', port: 8848, allowRedirect: ['node2'] }
  for (const [error, ...hosts] of [
    [new ServerError('<NotLeader>node2:8848'), 'node1', 'node2'],
    // Our own message comes first.
    [
      new ServerError('<NotLeader>node2:8848', 'DDB_LOGIN', 'the login was refused'),
      'node1',
      'node2',
    ],
    [new ServerError('no such table'), 'node1'],
    [new ConnectionError('DDB_CONNECTION_LOST', '<NotLeader>node2:8848'), 'node1'],
  ] as const) {
    const asked: string[] = []
    const attempt = ({ host }: ServerTarget): Promise<void> => {
      asked.push(host)
      return asked.length === 1 ? Promise.reject(error) : Promise.resolve()
    }
    await followRedirects(server, attempt).catch(() => undefined)
    t.same(asked, hosts)
  }
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

t.test(
  'a node that is named by a redirect gets no weaker login than the one that names it',
  async t => {
    const known = new Map<number, LoginMethod>([[1, 'scram']])
    const loginMemory: LoginMemory = {
      best: (_, port) => known.get(port),
      keep: (_, port, _user, method) => void known.set(port, method),
      place: (host, port) => `${host}_${port}`,
    }
    const there = redirected({ host: 'a', port: 1, loginMemory }, { host: 'a', port: 2 })
    t.equal(there.loginMemory?.best('a', 2, 'u'), 'scram')
    t.equal(there.loginMemory?.place('a', 2), 'a_1')
    known.clear()
    t.equal(there.loginMemory?.best('a', 2, 'u'), undefined)
    known.set(2, 'rsa')
    t.equal(there.loginMemory?.best('a', 2, 'u'), 'rsa')
  },
)

t.test('if the leader cannot be reached, the node that redirected is tried', async t => {
  const [a, b, c] = [
    { host: 'a', port: 1 },
    { host: 'b', port: 2 },
    { host: 'c', port: 3 },
  ] as const
  const login = { user: 'u', password: 'p' }
  const moved = redirected({ ...a, ...login, otherHosts: [b, c] }, b)
  t.strictSame(moved, { ...b, ...login, otherHosts: [a, c] })
  const { otherHosts } = redirected(a, { host: 'a', port: 2 })
  t.strictSame(otherHosts, [a], 'the same host with another port is another node')
})

/** The random draws that give the longest pauses, the shortest pauses, and pauses in between. */
const random = (number: number) => ({
  number: () => number,
  bytes: (length: number) => new Uint8Array(length),
})

/** A run with these retries. */
const retrying = (retries = 5, clock: Clock = leapingClock(), draws = random(1)): Run =>
  testRun({ runId: 'r', delivery: { retries } }, { clock, random: draws })

/** A connection attempt that always fails; records the time of each attempt. */
async function failing(
  deadlineMs: number,
  run = retrying(),
  mayRetry: (error: unknown) => boolean = () => true,
  ended?: AbortSignal,
) {
  const triedAtMs: number[] = []
  const errors: Error[] = []
  let thrown: unknown
  const attempt = () => {
    triedAtMs.push(run.platform.clock.nowMs())
    errors.push(new Error(`try ${errors.length + 1}`))
    return Promise.reject(errors.at(-1)!)
  }
  await tryUntil(run, deadlineMs, attempt, mayRetry, ended).catch(
    (error: unknown) => (thrown = error),
  )
  return { triedAtMs, errors, thrown }
}

t.test('pauses grow from 0.1 to 10 seconds, and half of each is random', async t => {
  const longest = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000, 10_000]
  const whole = longest.map((_, i) => retryDelayMs(i + 1, random(1)))
  t.same(whole, longest)
  t.same(
    longest.map((_, i) => retryDelayMs(i + 1, random(0))),
    longest.map(ms => ms / 2),
  )
  t.equal(retryDelayMs(1_000, random(1)), 10_000, 'for any number of tries')
  const delays = [1, 2, 3, 4, 5].map(retry => retryDelayMs(retry, random(1), 4))
  t.same(delays, [100, 400, 1_600, 6_400, 10_000])
})

t.test('attempts continue until the deadline, even if batches have few retries', async t => {
  const { triedAtMs, errors, thrown } = await failing(60_000, retrying(1))
  t.same(triedAtMs, [0, 100, 300, 700, 1_500, 3_100, 6_300, 12_700, 22_700, 32_700, 42_700, 52_700])
  t.equal(thrown, errors.at(-1), 'the last error is thrown')
})

t.test('no attempt begins at or after the deadline', async t => {
  t.same((await failing(299)).triedAtMs, [0, 100])
  t.same((await failing(300)).triedAtMs, [0, 100])
  t.same((await failing(301)).triedAtMs, [0, 100, 300])
  t.same((await failing(0)).triedAtMs, [0], 'there is always one try')
})

t.test('permanent failures are not retried', async t => {
  const mayRetry = (error: unknown): boolean => (error as Error).message !== 'try 3'
  const { triedAtMs, errors, thrown } = await failing(60_000, retrying(), mayRetry)
  t.equal(triedAtMs.length, 3)
  t.equal(thrown, errors[2])
})

t.test('a run that leaves ends the pause and makes no more attempts', async t => {
  const ending = new AbortController()
  const clock = handClock()
  const trying = failing(60_000, retrying(5, clock), undefined, ending.signal)
  while (clock.timers === 0) await Promise.resolve()
  ending.abort()
  const { triedAtMs, errors, thrown } = await trying
  t.same(triedAtMs, [0])
  t.equal(thrown, errors[0])
  t.equal(clock.timers, 0)
})

t.test(
  'before the first row, the first signal ends attempt and pause, and the reason is told once',
  async t => {
    for (const endsIn of ['attempt', 'pause']) {
      const signal = new AbortController()
      const clock = handClock()
      const options = { runId: 'r', signal: signal.signal }
      const run = testRun(options, { clock, random: random(1) })
      const notices: string[] = []
      Object.assign(run.reporter, { notice: (text: string) => notices.push(text) })
      const attempt = (ended: AbortSignal): Promise<never> => {
        if (endsIn === 'pause') return Promise.reject(new Error('Refused.'))
        return new Promise((_, reject) => {
          ended.addEventListener('abort', () => reject(new Error('interrupted')))
        })
      }
      const trying = tryAtStart(run, 300_000, () => true, attempt)
      for (let turn = 0; turn < 5; turn++) await Promise.resolve()
      signal.abort()
      const message = endsIn === 'pause' ? 'Refused.' : 'interrupted'
      await t.rejects(trying, { message })
      t.strictSame(notices, endsIn === 'pause' ? ['Refused. Trying again.'] : [])
      t.equal(clock.timers, 0)
    }
  },
)

t.test('if the deadline ends an attempt, the error of the previous one is thrown', async t => {
  for (const [leftMs, message] of [
    [1, /refused/],
    [900, /refused/],
    [1_500, /not within 1500 ms/],
  ] as const) {
    const clock = leapingClock()
    const pass = (ms: number): Promise<void> => new Promise(resolve => clock.after(ms, resolve))
    let tries = 0
    const attempt = async (): Promise<void> => {
      const pauseMs = 50
      await pass(tries++ === 0 ? 3_000 - leftMs - pauseMs : leftMs)
      throw new Error(tries === 1 ? 'refused' : `not within ${leftMs} ms`)
    }
    const trying = tryUntil(retrying(5, clock, random(0)), 3_000, attempt, () => true)
    await t.rejects(trying, { message })
    t.equal(tries, 2)
  }
})

t.test('if a session does not show that it mixes requests, another answers each batch', async t => {
  const refusals = ['<ControllerNotReady>', 'Login is required for script execution. RefId: S04009']
  for (const [fault, times, why] of [
    ...refusals.map(error => [{ error }, 1, error] as const),
    ['close', Infinity, 'was lost'],
    // A single lost connection proves nothing.
    ['close', 1, undefined],
    [undefined, 0, undefined],
  ] as const) {
    let left: number = times
    const server = await startServerFor(t, {
      faults: {
        before: ({ text }) => (text === 'ddbIngestMixed + 1' && left-- > 0 ? fault : undefined),
      },
    })
    const open = (): Promise<Session> => connectTo({ host: server.host, port: server.port })
    const notices: string[] = []
    const run = testRun({ onNotice: notice => notices.push(notice) })
    const sessions = [await open()]
    await chooseMode(run, sessions[0]!, async () => {
      sessions.push(await open())
      return sessions.at(-1)!
    })
    t.equal(run.checked.mode, why === undefined ? 'async' : 'sync')
    const areClosed = sessions.map(({ closed }) => closed)
    const expected = sessions.map((_, i) => i < Math.min(times, 2))
    t.strictSame(areClosed, expected)
    if (why === undefined) t.strictSame(notices, [])
    else t.match(notices.join(), new RegExp(`one session failed \\(.*${why}.*\\): each batch is`))
    await sessions.at(-1)!.close()
  }
})
