import t from 'tap'
import { connect, type Session } from '../../src/client/open-session.js'
import { ConnectionError, ServerError } from '../../src/errors.js'
import { systemPlatform } from '../../src/platform/system.js'
import { pass, type Check, type Outcome } from '../../src/selftest/check.js'
import { Unavailable } from '../../src/selftest/answers.js'
import type { CheckContext } from '../../src/selftest/context.js'
import type { RawExchange } from '../../src/selftest/raw-exchange.js'
import { runCheck } from '../../src/selftest/run-check.js'
import { startServer } from '../../src/server/index.js'
import { handClock } from '../helpers/clocks.js'
import { scopeWith } from './check-scope.js'

const never = new Promise<never>(() => undefined)

const check = (run: Check['run'], limitMs?: number): Check => ({
  name: 'a: b',
  does: '',
  dependsOnIt: '',
  run,
  ...(limitMs === undefined ? {} : { limitMs }),
})

function onHandClock() {
  const clock = handClock()
  return { clock, given: scopeWith({ platform: { ...systemPlatform, clock } }) }
}

t.test('what a check says is its outcome, and so are its errors', async t => {
  const { clock, given } = onHandClock()
  const refused = new ServerError('no rows', 'DDB_SERVER', 'Look at the table')
  const notPermitted = new ServerError('<NoPrivilege>no', 'DDB_PRIVILEGE', 'Ask for the right')
  const ends: [run: () => Promise<Outcome>, outcome: Outcome][] = [
    [() => Promise.resolve(pass('found')), pass('found')],
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

t.test('a check ends with its limit, or with the run', async t => {
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
    const run = (context: CheckContext): Promise<Outcome> => {
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

t.test('an interruption ends it at once, and skips it', async t => {
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
    check(() => Promise.resolve(pass())),
    99_999,
    late.signal,
    given,
  )
  late.abort()
  t.match(passed, { outcome: pass(), endedInTime: true })
})

t.test('what a check has opened is closed with it, whether it ends or is given up', async t => {
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
    const run = async ({ open, rawSession }: CheckContext): Promise<Outcome> => {
      sessions.push(await open(), await open({ asGuest: true }))
      for (const session of sessions) {
        closings.push(new Promise(resolve => (session.onClose = error => resolve(error?.code))))
      }
      exchanges.push((await rawSession()).exchange)
      opened()
      return ends ? pass() : never
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

t.test('a session that does not close costs its check no more than the limit', async t => {
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
  const run = async ({ open }: CheckContext): Promise<Outcome> => {
    session = await open()
    session.run('1').catch(() => undefined)
    opened()
    return pass()
  }
  const end = runCheck(check(run, 100), 99_999, undefined, { ...given, control })
  await isOpened
  clock.advance(100)
  t.match(await end, { outcome: { reason: 'no result within 100 ms' }, endedInTime: false })
  t.equal(session!.closed, true)
})
