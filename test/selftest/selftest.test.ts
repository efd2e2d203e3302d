/* Runs that end as they should, that are interrupted, or that get no answer or nonsense. All objects that a run creates are removed,
   however the run ends. */
import t, { type Test } from 'tap'
import { type Session, connectTyped as connect } from '../../src/client/open-session.js'
import { ConnectionError, ServerError } from '../../src/errors.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import { Unavailable, fail } from '../../src/selftest/answers.js'
import { type Check, type Outcome, runCheck } from '../../src/selftest/check.js'
import type { CheckContext } from '../../src/selftest/context.js'
import { allChecks, selftest } from '../../src/selftest/selftest.js'
import { handClock } from '../helpers/clocks.js'
import { type FakePeer, type Received, startFakeServer } from '../helpers/fake-server.js'
import { deepTest } from '../helpers/runs.js'
import { useTurnClock } from '../helpers/turn-clock.js'
import { scopeWith } from './check-scope.js'
import { namesOn, trySelftest } from './run-selftest.js'
import { startServerFor } from '../helpers/load-server.js'

useTurnClock()

deepTest(t, 'two runs at once do not disturb each other, and leave nothing', async t => {
  for (const { server, result, failed } of await Promise.all([
    trySelftest(t, {}),
    trySelftest(t, {}),
  ])) {
    t.strictSame(failed, [])
    t.match(result.serverVersion, /^3\.\d+\.\d+/)
    t.strictSame(result.left, [])
    t.strictSame(namesOn(server), [])
    t.equal(result.counts.pass, result.checks.length)
  }
})

t.test('a guest passes what a guest may do, and all other checks are explained', async t => {
  const names = [
    'login: by calling login',
    'insert: upsert!',
    'function view: found by typestr',
    'dfs: append!',
  ]
  const { result, server } = await trySelftest(t, { names, login: {} })
  t.match(result.checks, [
    { status: 'skipped', reason: 'no user was given' },
    { status: 'pass', reason: '' },
    { status: 'skipped', reason: /^the server refuses what the check needs: .*<NoPrivilege>/ },
    { status: 'skipped', reason: /^the server refuses what the check needs: .*<NoPrivilege>/ },
  ])
  t.strictSame(namesOn(server), [])
})

deepTest(t, 'a server without guests passes', async t => {
  const names = allChecks
    .map(({ name }) => name)
    .filter(name => /^(connection|login|async)/.test(name))
  const { failed } = await trySelftest(t, { server: { requireLogin: true }, names })
  t.strictSame(failed, [])
})

deepTest(t, 'a run that is interrupted anywhere leaves nothing on the server', async t => {
  for (const name of [
    'insert: upsert!',
    'function view: declared without mutable',
    'dfs: upsert!',
  ]) {
    const interruption = new AbortController()
    let reachedAt: string | undefined
    const { server, result } = await trySelftest(t, {
      names: [name, 'leftovers: what was removed is gone'],
      options: { signal: interruption.signal },
      server: {
        faults: {
          before({ text, kind }) {
            // Interrupts only at requests whose answer the check awaits, after the check has created objects.
            if (
              kind === 'connect' ||
              !/^(select|exec|tableInsert\{|tableUpsert|ddbIngestTestFill)/.test(text)
            )
              return undefined
            reachedAt ??= text
            interruption.abort()
            return undefined
          },
        },
      },
    })
    t.ok(reachedAt, name)
    t.strictSame(namesOn(server), [], name)
    t.strictSame(result.left, [])
    t.match(result.checks, [
      { status: 'skipped', reason: 'the run was interrupted' },
      { status: 'skipped', reason: 'the run was interrupted' },
    ])
  }
})

deepTest(t, 'a request that is never answered fails its own check and no other check', async t => {
  const names = ['insert: upsert!', 'insert: exec count(*) counts']
  const { server, failed, result, of } = await trySelftest(t, {
    names,
    server: {
      faults: {
        before: ({ text }) => (text.startsWith('upsert!') ? { answer: () => 'drop' } : undefined),
      },
    },
  })
  t.strictSame(failed, [names[0]])
  t.equal(of(names[0]!)?.reason, 'no result within 5000 ms')
  t.equal(of(names[1]!)?.status, 'pass')
  t.strictSame(result.left, [])
  t.strictSame(namesOn(server), [])
})

deepTest(t, 'a table that is created after its check was given up is also removed', async t => {
  let release: (value: unknown) => void = () => undefined
  const held = new Promise(resolve => (release = resolve))
  const share = /^share\(/
  let isMade = false
  const { server, failed, result } = await trySelftest(t, {
    names: ['insert: an empty table'],
    server: {
      faults: {
        before({ text }) {
          // The run asks whether the request is still running.
          if (text.includes('getConsoleJobs()')) setImmediate(release)
          if (!share.test(text)) return undefined
          return { request: { until: held }, answer: () => void (isMade = true) }
        },
      },
    },
  })
  t.strictSame(failed, ['insert: an empty table'])
  t.ok(isMade)
  t.strictSame(result.left, [])
  t.strictSame(namesOn(server), [])
})

/** @returns the result, and the duration on the clock that limits the run */
async function tryFake(t: Test, onRequest: (received: Received, peer: FakePeer) => void) {
  const fake = await startFakeServer(t, onRequest)
  const beganMs = performance.now()
  const result = await selftest({
    server: { host: '127.0.0.1', port: fake.port },
    platform: systemPlatform,
    timeoutMs: 30_000,
  })
  t.ok(performance.now() - beganMs <= 30_100, 'it ends within its limit')
  return result
}

deepTest(t, 'a server that never answers', async t => {
  const result = await tryFake(t, () => undefined)
  t.equal(result.serverVersion, null)
  t.equal(result.checks.length, allChecks.length)
  const silence = result.checks.findIndex(({ reason }) => reason === 'no result within 5000 ms')
  t.equal(silence, 1, 'the first check that sends a request')
  for (const { name, status, reason } of result.checks.slice(silence + 1)) {
    t.equal(status, 'skipped', name)
    t.match(reason, /^the server does not answer any more: /)
  }
})

t.test('a server that answers nonsense', async t => {
  const result = await tryFake(
    t,
    (_, peer) => void peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n'),
  )
  t.equal(result.counts.pass, 0)
  t.ok(result.counts.fail >= 1, 'this is not a success')
})

t.test('a server that does not report its time', async t => {
  const { failed, result } = await trySelftest(t, {
    names: ['insert: an empty table', 'leftovers: what was removed is gone'],
    toClient: (chunk, sent) =>
      sent.endsWith('\nnow()') ? `${chunk.slice(0, -8)}\xff\xff\xff\xff\xff\xff\xff\x7f` : chunk,
  })
  t.strictSame(failed, [])
  t.strictSame(result.left, [])
})

deepTest(t, 'a server that never ends an answer takes no longer than the limit', async t => {
  const names = ['insert: an empty table', 'insert: upsert!']
  const never = new Promise(() => undefined)
  const { result, server } = await trySelftest(t, {
    names,
    options: { timeoutMs: 3_000 },
    server: {
      faults: { before: ({ text }) => (text.startsWith('share(') ? { until: never } : undefined) },
    },
  })
  const statuses = result.checks.map(({ status }) => status)
  t.strictSame(statuses, ['fail', 'skipped'])
  t.strictSame(namesOn(server), [])
})

const never = new Promise<never>(() => undefined)

const check = (run: Check['run'], limitMs?: number): Check => ({
  name: 'a: b',
  dependsOnIt: '',
  run,
  ...(limitMs === undefined ? {} : { limitMs }),
})

function onHandClock() {
  const clock = handClock()
  return { clock, given: scopeWith({ platform: { ...systemPlatform, clock } }) }
}

t.test('the outcome of a check is its return value or its error', async t => {
  const { clock, given } = onHandClock()
  const refused = new ServerError('no rows', 'DDB_SERVER', 'Look at the table')
  const notPermitted = new ServerError('<NoPrivilege>no', 'DDB_PRIVILEGE', 'Ask for the right')
  const ends: [run: () => Promise<string | void>, outcome: Outcome][] = [
    [() => Promise.resolve('found'), { status: 'pass', reason: 'found' }],
    [() => Promise.resolve(), { status: 'pass', reason: '' }],
    [async () => fail('why'), { status: 'fail', reason: 'why' }],
    [() => Promise.reject(new Unavailable('no user')), { status: 'skipped', reason: 'no user' }],
    [
      () => Promise.reject(notPermitted),
      { status: 'skipped', reason: 'not permitted: <NoPrivilege>no' },
    ],
    [() => Promise.reject(refused), { status: 'fail', reason: 'no rows' }],
    [
      () => Promise.reject(new ConnectionError('DDB_CONNECTION_LOST', 'gone')),
      { status: 'fail', reason: 'gone' },
    ],
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors
    [() => Promise.reject('text'), { status: 'fail', reason: 'text' }],
  ]
  for (const [run, outcome] of ends) {
    const expected = { outcome, endedInTime: true }
    t.strictSame(await runCheck(check(run), 99_999, undefined, given), expected)
  }
  t.equal(clock.timers, 0)
})

t.test('a check ends at its limit, or with the run', async t => {
  const limits: [limitMs: number | undefined, lastMs: number, endsMs: number][] = [
    [undefined, 99_999, 5_000],
    [300, 99_999, 300],
    [9_000, 99_999, 9_000],
    [undefined, 1_200, 1_200],
    [300, -5, 1],
  ]
  for (const [limitMs, lastMs, endsMs] of limits) {
    const { clock, given } = onHandClock()
    let signal: AbortSignal | undefined
    const run = (context: CheckContext): Promise<string | void> => {
      signal = context.signal
      return never
    }
    const end = runCheck(check(run, limitMs), lastMs, undefined, given)
    clock.advance(endsMs - 1)
    t.equal(signal!.aborted, false)
    clock.advance(1)
    t.equal(signal!.aborted, true)
    t.strictSame(await end, {
      outcome: { status: 'fail', reason: `no result within ${endsMs} ms` },
      endedInTime: false,
    })
    t.equal(clock.timers, 0)
  }
})

t.test('everything that a check opened is closed when it ends or is given up', async t => {
  const server = await startServerFor(t)
  const control = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => control.close())
  for (const ends of [true, false]) {
    const { clock, given } = onHandClock()
    let opened: (sessions: Session[]) => void = () => undefined
    const isOpened = new Promise<Session[]>(resolve => (opened = resolve))
    const run = async ({ open, openGuest, rawSession }: CheckContext): Promise<string | void> => {
      const sessions = [await open(), await openGuest()]
      await rawSession()
      opened(sessions)
      return ends ? undefined : never
    }
    const end = runCheck(check(run), 99_999, undefined, { ...given, control })
    const sessions = await isOpened
    const closings = sessions.map(
      session => new Promise(resolve => (session.onClose = error => resolve(error?.code))),
    )
    if (!ends) clock.advance(5_000)
    t.match(await end, { outcome: { status: ends ? 'pass' : 'fail' }, endedInTime: ends })
    const failure = ends ? undefined : 'DDB_INTERRUPTED'
    t.strictSame(await Promise.all(closings), [failure, failure], 'closed in order, or abandoned')
    while (server.counters.connections > 1) await new Promise(resolve => setImmediate(resolve))
    t.equal(control.closed, false)
    t.equal(clock.timers, 0)
  }
})
