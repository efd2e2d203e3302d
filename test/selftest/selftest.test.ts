/*
  The embedded server passes all checks. All objects that a run creates are removed, however the run ends.
*/
import t, { type Test } from 'tap'
import { type Session, connect } from '../../src/client/open-session.js'
import { ConnectionError, ServerError } from '../../src/errors.js'
import { systemPlatform } from '../../src/platform/system.js'
import { Unavailable } from '../../src/selftest/answers.js'
import { type Check, type Outcome, expectText, fail, runCheck } from '../../src/selftest/check.js'
import { allChecks } from '../../src/selftest/checks/all-checks.js'
import { secondUserChecks } from '../../src/selftest/checks/views.js'
import type { CheckContext } from '../../src/selftest/context.js'
import type { RawExchange } from '../../src/selftest/raw-exchange.js'
import { selftest } from '../../src/selftest/selftest.js'
import { newStamp, temporaryName } from '../../src/selftest/leftovers.js'
import { startServer } from '../../src/server/index.js'
import { handClock } from '../helpers/clocks.js'
import { type FakePeer, type Received, startFakeServer } from '../helpers/fake-server.js'
import { deepTest } from '../helpers/runs.js'
import { useTurnClock } from '../helpers/turn-clock.js'
import { scopeWith } from './check-scope.js'
import { namesOn, trySelftest } from './run-selftest.js'

useTurnClock()

deepTest(
  t,
  'the embedded server passes, and two runs at once do not disturb each other',
  async t => {
    const tried = await Promise.all([trySelftest(t, {}), trySelftest(t, {})])
    for (const { server, result, failed } of tried) {
      t.strictSame(failed, [])
      t.match(result.serverVersion, /^3\.\d+\.\d+/)
      t.strictSame(result.left, [])
      t.strictSame(namesOn(server), [])
      t.strictSame(
        result.checks
          .filter(({ name, status }) => status === 'skipped' && !name.startsWith('open: '))
          .map(({ name }) => name),
        [
          'receipts: R11, undef by another user',
          'receipts: R13, a view through a function for a user with VIEW_EXEC alone',
          'rights: TABLE_INSERT alone',
        ],
      )
      t.equal(result.counts.pass + result.counts.skipped, result.checks.length)
    }
  },
)

deepTest(t, 'a run with a second user leaves nothing on the server, not even rights', async t => {
  const names = secondUserChecks.map(({ name }) => name)
  const { server, failed } = await trySelftest(t, {
    names,
    server: { initScript: 'createUser("ann", "abc12345")' },
    options: { second: { user: 'ann', password: 'abc12345' } },
  })
  t.strictSame(failed, [])
  t.strictSame(namesOn(server), [])
  t.strictSame([...(server.node.privileges.get('ann') ?? [])], [])
})

t.test('a guest passes what a guest may do, and all other checks are explained', async t => {
  const names = [
    'login: by calling login',
    'insert: upsert!',
    'function view: listed',
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

t.test('every check has a unique name and says what depends on it', async t => {
  t.equal(new Set(allChecks.map(({ name }) => name)).size, allChecks.length)
  t.ok(allChecks.length >= 50)
  for (const { name, dependsOnIt } of allChecks) {
    t.match(name, /^[a-z]+( [a-z]+)?: \S/, name)
    t.ok(dependsOnIt.length > 5, name)
  }
})

/*
  Runs that are interrupted or that get no answer or nonsense, and objects that other runs have left.
*/

const hourMs = 3_600_000

deepTest(t, 'a run that is interrupted anywhere leaves nothing on the server', async t => {
  for (const name of [
    'insert: upsert!',
    'receipts: R8, a cursor reads each row once while others write',
    'function view: listed',
    'dfs: upsert!',
  ]) {
    const interruption = new AbortController()
    let reachedAt: string | undefined
    const { server, result } = await trySelftest(t, {
      names: [name, 'leftovers: what was removed is gone'],
      options: { signal: interruption.signal },
      server: {
        faults: {
          beforeExecute({ text, kind }) {
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

t.test('an interruption between two checks skips the remaining checks', async t => {
  const interruption = new AbortController()
  const { result, server } = await trySelftest(t, {
    names: ['connection: version()', 'insert: an empty table', 'insert: upsert!'],
    options: {
      signal: interruption.signal,
      onCheck: ({ name }) => {
        if (name === 'insert: an empty table') interruption.abort()
      },
    },
  })
  t.strictSame(
    result.checks.map(({ status }) => status),
    ['pass', 'pass', 'skipped'],
  )
  t.strictSame(namesOn(server), [])
})

deepTest(t, 'a request that is never answered fails its own check and no other check', async t => {
  const names = ['insert: upsert!', 'insert: exec count(*) counts']
  const { server, failed, result, of } = await trySelftest(t, {
    names,
    server: {
      faults: {
        afterExecute: ({ text }) => (text.startsWith('upsert!') ? 'drop' : undefined),
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
        beforeExecute({ text }) {
          // The run asks whether the request is still running.
          if (text.includes('getConsoleJobs()')) setImmediate(release)
          return share.test(text) ? { until: held } : undefined
        },
        afterExecute: ({ text }) => {
          if (share.test(text)) isMade = true
          return undefined
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
async function tryFake(
  t: Test,
  onRequest: (received: Received, peer: FakePeer) => void,
): ReturnType<typeof selftest> {
  const fake = await startFakeServer(onRequest)
  t.teardown(() => fake.close())
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

t.test('a server that ends in the middle of an answer', async t => {
  const result = await tryFake(t, (_, { socket }) => socket.end('1000000002 1 1\nOK\n\x04'))
  t.equal(result.counts.pass, 0)
  t.ok(result.counts.fail >= 1, 'this is not a success')
})

deepTest(t, 'a server that never ends an answer takes no longer than the limit', async t => {
  const names = ['insert: an empty table', 'insert: upsert!']
  const never = new Promise(() => undefined)
  const { result, server } = await trySelftest(t, {
    names,
    options: { timeoutMs: 3_000 },
    server: {
      faults: {
        beforeExecute: ({ text }) => (text.startsWith('share(') ? { until: never } : undefined),
      },
    },
  })
  t.strictSame(
    result.checks.map(({ status }) => status),
    ['fail', 'skipped'],
  )
  t.strictSame(namesOn(server), [])
})

t.test('leftovers of other runs', async t => {
  // The clock of the server may show the time of any zone.
  const now = Date.now()
  const names = Object.fromEntries(
    Object.entries({ old: 48 * hourMs, young: hourMs, fresh: 0 }).map(([age, ms]) => [
      age,
      temporaryName(newStamp(systemPlatform.random, now - ms), 'target'),
    ]),
  ) as Record<'old' | 'young' | 'fresh', string>
  const others = [
    names.young,
    names.fresh,
    'ddbIngestTest_mine',
    `${names.old}_more`,
    names.old.replace('ddbIngestTest_', 'ddbIngest_'),
    names.old.replace(/_\d{14}_/, '_20200231250000_'),
    `x${names.old}`,
  ]
  const share = (name: string): string => `share(streamTable(1:0, [\`v], [INT]), "${name}")\n`
  const { server, failed } = await trySelftest(t, {
    names: ['leftovers: what earlier tests have left'],
    server: {
      initScript: `${[names.old, ...others].map(share).join('')}
database("dfs://${names.old}", VALUE, 1..3)
database("dfs://${names.fresh}", VALUE, 1..3)
def ${names.old}View(x) { return x }
addFunctionView(${names.old}View)
def ${names.fresh}View(x) { return x }
addFunctionView(${names.fresh}View)`,
    },
  })
  t.strictSame(failed, [])
  t.strictSame(
    namesOn(server).sort(),
    [...others, `dfs://${names.fresh}`, `${names.fresh}View`].sort(),
    'only what is a day old and has exactly such a name is gone',
  )
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
    t.strictSame(await runCheck(check(run), 99_999, undefined, given), {
      outcome,
      endedInTime: true,
    })
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

t.test('an interruption ends a check at once, and skips it', async t => {
  const { clock, given } = onHandClock()
  const interruption = new AbortController()
  const end = runCheck(
    check(() => never),
    99_999,
    interruption.signal,
    given,
  )
  interruption.abort()
  t.strictSame(await end, {
    outcome: { status: 'skipped', reason: 'the run was interrupted' },
    endedInTime: false,
  })
  t.equal(clock.timers, 0)
  const late = new AbortController()
  const passed = await runCheck(
    check(() => Promise.resolve()),
    99_999,
    late.signal,
    given,
  )
  late.abort()
  t.match(passed, { outcome: { status: 'pass', reason: '' }, endedInTime: true })
})

t.test('everything that a check opened is closed when it ends or is given up', async t => {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  const control = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => control.close())
  for (const ends of [true, false]) {
    const { clock, given } = onHandClock()
    const sessions: Session[] = []
    const exchanges: RawExchange[] = []
    const closings: Promise<unknown>[] = []
    let opened: () => void = () => undefined
    const isOpened = new Promise<void>(resolve => (opened = resolve))
    const run = async ({ open, rawSession }: CheckContext): Promise<string | void> => {
      sessions.push(await open(), await open({ asGuest: true }))
      for (const session of sessions) {
        closings.push(new Promise(resolve => (session.onClose = error => resolve(error?.code))))
      }
      exchanges.push((await rawSession()).exchange)
      opened()
      return ends ? undefined : never
    }
    const end = runCheck(check(run), 99_999, undefined, { ...given, control })
    await isOpened
    if (!ends) clock.advance(5_000)
    t.match(await end, { outcome: { status: ends ? 'pass' : 'fail' }, endedInTime: ends })
    t.strictSame(
      sessions.map(({ closed }) => closed),
      [true, true],
    )
    const failure = ends ? undefined : 'DDB_INTERRUPTED'
    t.strictSame(await Promise.all(closings), [failure, failure], 'closed in order, or abandoned')
    await t.rejects(exchanges[0]!.answer())
    t.equal(control.closed, false)
    t.equal(clock.timers, 0)
  }
})

t.test('a session that does not close delays its check at most by the limit', async t => {
  const server = await startServer({
    port: 0,
    faults: { beforeExecute: ({ text }) => (text === '1' ? { until: never } : undefined) },
  })
  t.teardown(() => server.close())
  const control = await connect({ host: '127.0.0.1', port: server.port })
  t.teardown(() => control.close())
  const { clock, given } = onHandClock()
  let session: Session | undefined
  let opened: () => void = () => undefined
  const isOpened = new Promise<void>(resolve => (opened = resolve))
  const run = async ({ open }: CheckContext): Promise<string | void> => {
    session = await open()
    session.run('1').catch(() => undefined)
    opened()
  }
  const end = runCheck(check(run, 100), 99_999, undefined, { ...given, control })
  await isOpened
  clock.advance(100)
  t.match(await end, { outcome: { reason: 'no result within 100 ms' }, endedInTime: false })
  t.equal(session!.closed, true)
})

t.test('two texts are equal, or the reason shows both', async t => {
  expectText('rows', '5', '5')
  t.throws(() => expectText('rows', '', '5'), { message: 'rows: , expected 5' })
})

t.test('a feature that the server does not have gives a separate error code', async t => {
  t.match(new Unavailable('no rights'), { code: 'DDB_UNAVAILABLE', message: 'no rights' })
})
