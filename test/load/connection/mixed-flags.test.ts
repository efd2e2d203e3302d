/*
  How servers treat a session with answered and unanswered requests. Injected faults simulate the behaviour of real servers.
*/
import t, { type Test } from 'tap'
import { connectTyped as connect, type Session } from '../../../src/client/open-session.js'
import { askMixedFlags, probeMixedFlags } from '../../../src/load/connection/mixed-flags.js'
import type { Faults } from '../../../src/server/index.js'
import { useTurnClock } from '../../helpers/turn-clock.js'
import { startServerFor } from '../../helpers/load-server.js'

useTurnClock()

const host = '127.0.0.1'

async function serverWith(t: Test, faults: Faults = {}): Promise<number> {
  const server = await startServerFor(t, { faults })
  return server.port
}

t.test('accepted: the session stays, and a single lost connection proves nothing', async t => {
  let losses = 1
  const port = await serverWith(t, {
    before: ({ mixed }) => (mixed && losses-- > 0 ? 'close' : undefined),
  })
  const reconnect = (): Promise<Session> => connect({ host, port })
  const first = await reconnect()
  const { control, mixedFlags, version } = await askMixedFlags(first, 60_000, reconnect)
  t.equal(mixedFlags, true)
  t.match(version, /^3\./)
  t.not(control, first)
  t.equal((await askMixedFlags(control, 60_000, reconnect)).control, control)
  await control.close()
})

t.test('unrelated errors of the server prove nothing', async t => {
  const texts = [
    '<ControllerNotReady>',
    'Login is required for script execution. RefId: S04009',
    '?',
  ]
  for (const error of texts) {
    const port = await serverWith(t, {
      before: ({ text }) => (text.includes('ddbIngestMixed + 1') ? { error } : undefined),
    })
    const session = await connect({ host, port })
    t.equal((await probeMixedFlags(session, 60_000)).found, 'unknown', error)
    await session.close()
  }
})
