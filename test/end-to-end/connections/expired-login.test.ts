/* A login ends during a run, because the login expired or the user was removed. In every mode, the run reports the end of the login with
   exit code 77, for sessions that carry data and for sessions that ask questions. */
import { Readable } from 'node:stream'
import t, { type Test } from 'tap'
import type { LoadOptions } from '../../../src/load/options.js'
import { startLoadServer } from '../../helpers/load-server.js'
import { streamScript } from '../../helpers/delivery.js'
import { turnPlatformFor } from '../../helpers/turn-platform.js'

type Delivery = NonNullable<LoadOptions['delivery']>

type Ending = 'all sessions' | 'sessions with data'

/**
 * Loads rows, takes the login from sessions, then loads more rows.
 * @param isGone whether the user is removed, so that new logins fail
 */
async function expire(t: Test, delivery: Delivery, ending: Ending, isGone: boolean) {
  const here = await startLoadServer(t, streamScript, { requireLogin: true })
  const platform = turnPlatformFor(t)
  const { node } = here.server
  async function* lines(): AsyncGenerator<string> {
    yield 'id,sym\n1,A\n2,B\n'
    while (node.shared.get('target')!.table.rows < 2) {
      await new Promise(resolve => setImmediate(resolve))
    }
    // The first session belongs to the test, the second one asks the questions of the run.
    const [, , ...data] = node.sessions.values()
    for (const session of ending === 'all sessions' ? node.sessions.values() : data) {
      session.user = 'guest'
    }
    if (isGone) node.users.delete('admin')
    yield '3,A\n4,B\n'
  }
  return here.load(
    '-',
    {
      input: { stdin: Readable.from(lines()), header: 'yes', flushIntervalMs: 1 },
      delivery: { batchRows: 2, confirmTimeoutMs: 200, retryTimeoutMs: 100, ...delivery },
    },
    platform,
  )
}

const deliveries: Readonly<Record<string, Delivery>> = {
  'in sync mode': { mode: 'sync' },
  'with receipts': { mode: 'async' },
}

for (const [name, delivery] of Object.entries(deliveries)) {
  t.test(`an expired login ${name}`, async t => {
    for (const isGone of [false, true]) {
      t.match(await expire(t, delivery, 'all sessions', isGone), {
        exitCode: 77,
        status: 'failed',
        error: { code: 'DDB_LOGIN', message: /Log in with .*its login has expired, or the user/ },
      })
    }
  })
}

t.test('with receipts, lost data sessions are replaced if the user is still there', async t => {
  const expired = (isGone: boolean) => expire(t, { mode: 'async' }, 'sessions with data', isGone)
  t.match(await expired(false), { exitCode: 0, rows: { read: 4, confirmed: 4 } })
  t.match(await expired(true), {
    exitCode: 77,
    error: { code: 'DDB_LOGIN' },
    rows: { read: 4, confirmed: 2, unconfirmed: 2 },
  })
})
