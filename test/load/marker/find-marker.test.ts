import t, { type Test } from 'tap'
import { ConnectionError } from '../../../src/errors.js'
import { retryRules } from '../../../src/load/connection/retry.js'
import { markRun } from '../../../src/load/marker/marker.js'
import { serverRemembersRun } from '../../../src/load/marker/find-marker.js'
import type { Faults } from '../../../src/server/index.js'
import { closedGate } from '../../helpers/gate.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { testRun } from '../../helpers/load-run.js'
import { turnPlatform } from '../../helpers/turn-platform.js'

const lost = new ConnectionError('DDB_CONNECTION_LOST', 'the test has ended it')

interface Change {
  readonly faults?: Faults
  readonly retries?: number
  readonly isMarked?: boolean
}

/** A run that has marked its name, and a count of its later connections. */
async function scene(t: Test, { faults = {}, retries = 5, isMarked = true }: Change = {}) {
  const here = await startLoadServer(t, '1', { faults })
  const platform = turnPlatform()
  t.teardown(() => platform.stop())
  const { host, port } = here.server
  const run = testRun(
    {
      server: { host, port, user: 'admin', password: '123456' },
      delivery: { retries, retryTimeoutMs: 5_000 },
    },
    platform,
  )
  if (isMarked) await markRun(here.session, run.history.name, 60_000)
  return {
    here,
    dialledAtMs: platform.dialledAtMs,
    dials: () => platform.dialledAtMs.length,
    asked: (silent = false) => serverRemembersRun(run, retryRules(run), here.session, silent),
  }
}

t.test('the run asks on a session that still works', async t => {
  const { asked, dials } = await scene(t)
  t.equal(await asked(), true)
  t.equal(await asked(true), true)
  t.equal(dials(), 0)
})

t.test('a server without the marker has forgotten the run', async t => {
  const { asked, dials } = await scene(t, { isMarked: false })
  t.equal(await asked(), false)
  t.equal(dials(), 0)
})

t.test('if the session is lost, a new session is opened and closed', async t => {
  const { asked, dials, here } = await scene(t)
  here.session.abandon(lost)
  t.equal(await asked(), true)
  t.equal(dials(), 1)
  while (here.server.node.sessions.size > 0) await new Promise(resolve => setImmediate(resolve))
})

t.test('a session that is lost during the question counts as lost', async t => {
  let questions = 0
  const { asked, dials } = await scene(t, {
    faults: {
      beforeExecute: ({ text }) =>
        text.startsWith('ddbIngestOwner = 0l') && ++questions === 1 ? 'close' : undefined,
    },
  })
  t.equal(await asked(), true)
  t.equal(dials(), 1)
})

t.test('without retries no new connection is opened', async t => {
  const { asked, dials, here } = await scene(t, { retries: 0 })
  here.session.abandon(lost)
  t.equal(await asked(), false)
  t.equal(dials(), 0)
})

t.test('a server that is silent on one connection is not asked on another', async t => {
  const thaw = closedGate()
  const { asked, dials, here } = await scene(t, {
    faults: {
      beforeExecute: ({ text }) =>
        text.startsWith('ddbIngestOwner = 0l') ? { until: thaw.opened } : undefined,
    },
  })
  here.session.abandon(lost)
  t.equal(await asked(true), false)
  t.equal(dials(), 0)
  thaw.open()
})

t.test(
  'a server that does not return in the time for reconnecting has forgotten the run',
  async t => {
    const { asked, dialledAtMs, here } = await scene(t)
    await here.server.close()
    t.equal(await asked(), false)
    t.ok(dialledAtMs.length > 2, `${dialledAtMs.length} tries`)
    t.ok(dialledAtMs.at(-1)! - dialledAtMs[0]! <= 5_000)
  },
)
