/*
  How servers treat a session with answered and unanswered requests, and how a run reacts. Injected faults simulate the
  behaviour of real servers.
*/
import t, { type Test } from 'tap'
import { connectTyped as connect, type Session } from '../../../src/client/open-session.js'
import {
  askMixedFlags,
  probeMixedFlags,
  sendUnmixed,
} from '../../../src/load/connection/mixed-flags.js'
import type { RecordedRun } from '../../../src/load/journal/recorded-run.js'
import type { ServerTarget } from '../../../src/load/options.js'
import type { Run } from '../../../src/load/run.js'
import { systemPlatform } from '../../../src/platform/system.js'
import { type Faults } from '../../../src/server/index.js'
import { testRun } from '../../helpers/load-run.js'
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

interface Sent {
  readonly run: Run
  readonly notice: string
}

async function sent(
  t: Test,
  server: Partial<ServerTarget>,
  { tells = true, faults = {}, found = undefined as Partial<RecordedRun> | undefined } = {},
): Promise<Sent> {
  const port = await serverWith(t, faults)
  const notices: string[] = []
  const run = testRun(
    { server: { host, port, ...server }, onNotice: notice => notices.push(notice) },
    systemPlatform,
  )
  if (found !== undefined) Object.assign(run.history, { found })
  const control = await connect({ host, port })
  try {
    await sendUnmixed(run, control, tells ? false : undefined)
    return { run, notice: notices.join() }
  } finally {
    await control.close()
  }
}

const login = { user: 'admin', password: '123456' }
const shown = { ...login, insecureLogin: true }
const asOfficial = { enableAsync: true, loginWithConnect: true }

t.test(
  'refused: if the password would be visible or does not work there, each batch is answered',
  async t => {
    const wrong = {
      before: ({ text }: { text: string }) =>
        text.startsWith('getCurrent') ? ('forget' as const) : undefined,
    }
    for (const [server, options, words] of [
      [login, {}, /password that anybody on the network can read.*`server\.tls` or/],
      [{ ...shown, user: 'a\nb' }, {}, /password that anybody/],
      [
        { ...shown, password: 'wrong' },
        {},
        /user "admin" cannot log in inside the connect request/,
      ],
    ] as const) {
      const { run, notice } = await sent(t, server, options)
      t.strictSame(run.server.dataSession, {})
      t.equal(run.checked.mode, 'sync')
      t.match(notice, words)
      t.match(notice, /each batch is answered \(`delivery.mode` sync\)/)
      t.notMatch(notice, '123456')
    }
    const { run } = await sent(t, shown, { faults: wrong })
    t.strictSame(run.server.dataSession, asOfficial, 'a forgotten session proves nothing')
  },
)

t.test('the notice says if a server did not answer in time', async t => {
  const { notice } = await sent(t, {}, { tells: false })
  t.match(notice, /did not show in time/)
})
