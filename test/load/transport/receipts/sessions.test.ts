import t, { type Test } from 'tap'
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../../../src/errors.js'
import { retryRules } from '../../../../src/load/connection/retry.js'
import { markRun } from '../../../../src/load/marker/marker.js'
import type { Ledger } from '../../../../src/load/transport/receipts/ledger.js'
import {
  connectData,
  remainingMs,
  openControl,
  openData,
  openEarly,
  mayBeTemporary,
  type SessionSetup,
} from '../../../../src/load/transport/receipts/sessions.js'
import { systemPlatform } from '../../../../src/platform/system.js'
import type { Faults } from '../../../../src/server/index.js'
import { handClock } from '../../../helpers/clocks.js'
import { testRun } from '../../../helpers/load-run.js'
import { startLoadServer } from '../../../helpers/load-server.js'

const ledger: Ledger = {
  name: 'ddbIngestLedger_test',
  version: 2,
  countsDuplicates: false,
  isNew: true,
  seen: 0,
}

async function scene(t: Test, faults: Faults = {}) {
  const here = await startLoadServer(t, '1', { faults })
  const { host, port, node } = here.server
  const run = testRun(
    { server: { host, port, user: 'admin', password: '123456' }, runId: 'nightly' },
    systemPlatform,
  )
  const setup: SessionSetup = { run, rules: retryRules(run), rowsHad: '00l' }
  return {
    run,
    setup,
    session: here.session,
    deadlineMs: systemPlatform.clock.nowMs() + 60_000,
    /** Waits until the server has this many sessions besides the test's own, because closing takes a moment. */
    sessions: async (expected: number) => {
      while (node.sessions.size - 1 !== expected) {
        await new Promise(resolve => setImmediate(resolve))
      }
      return node.sessions.size - 1
    },
  }
}

t.test('a server with the marker has kept its memory, a server without it has lost it', async t => {
  const { setup, session, run, deadlineMs } = await scene(t)
  const [first, before] = await openControl(setup, deadlineMs)
  t.equal(before, 'lost')
  await markRun(session, run.history.name, 60_000)
  const [second, after] = await openControl(setup, deadlineMs)
  t.equal(after, 'kept')
  await Promise.all([first.close(), second.close()])
})

t.test('if a different run has taken the name, the run and its session end', async t => {
  const { setup, session, run, deadlineMs, sessions } = await scene(t)
  await markRun(session, { ...run.history.name, token: 7n }, 60_000)
  await t.rejects(openControl(setup, deadlineMs), { code: 'DDB_LOCKED' })
  t.equal(await sessions(0), 0)
})

t.test('data is sent to the node of the asking session, with its functions', async t => {
  const { setup, session, deadlineMs } = await scene(t)
  // From here on the run itself would choose a different node, on which nothing listens.
  setup.run.server.follow({ host: '127.0.0.1', port: 1 })
  const data = await openData(setup, connectData(setup, session, deadlineMs), ledger, deadlineMs)
  t.equal(data.port, session.port)
  t.match(await data.run('defined("ddbIngestDeliver", DEF)'), { value: true })
  await data.close()
})

t.test('a session on which the functions cannot be defined is abandoned', async t => {
  const { setup, session, deadlineMs, sessions } = await scene(t, {
    beforeExecute: ({ text }) => (text.startsWith('def ') ? { error: 'no rights' } : undefined),
  })
  await t.rejects(openData(setup, connectData(setup, session, deadlineMs), ledger, deadlineMs), {
    name: 'ServerError',
    serverMessage: /no rights/,
  })
  t.equal(await sessions(0), 0)
})

t.test('the time until a deadline is whole milliseconds, at least one', async t => {
  const clock = handClock()
  const rules = retryRules(testRun({}, { clock }))
  clock.advance(100)
  t.equal(remainingMs(rules, 150), 50)
  t.equal(remainingMs(rules, 100.2), 1)
  t.equal(remainingMs(rules, 120.5), 21)
  t.equal(remainingMs(rules, 0), 1)
})

t.test('temporary failures are tried again', async t => {
  const cases: [string, unknown, boolean][] = [
    ['a lost connection', new ConnectionError('DDB_CONNECT', 'nobody'), true],
    ['silence', new TimeoutError('late'), true],
    ['a node that is not ready', new ServerError('<DataNodeNotReady>node1'), true],
    ['a refused login', new ServerError('incorrect', 'DDB_LOGIN'), false],
    ['another node that leads', new ServerError('<NotLeader>node2:8902'), false],
    ['unknown words', new ServerError('something new'), false],
    ['a name that is taken', new DdbError('DDB_LOCKED', 'taken'), false],
    ['a bug', new TypeError('bug'), false],
  ]
  for (const [name, error, expected] of cases) t.equal(mayBeTemporary(error), expected, name)
})

t.test('an unused early session is closed; a session that is taken stays open', async t => {
  const { setup, session, sessions } = await scene(t)
  const unused = openEarly(setup, session)
  t.equal(await sessions(1), 1)
  await unused.giveUp()
  t.equal(await sessions(0), 0)
  // The run may also abandon the session before it is connected.
  await openEarly(setup, session).giveUp()
  t.equal(await sessions(0), 0)
  const early = openEarly(setup, session)
  const data = await early.take()
  await early.giveUp()
  t.equal(data.closed, false)
  t.equal((await data.run('1 + 1'))?.form, 'scalar')
  await data.close()
})
