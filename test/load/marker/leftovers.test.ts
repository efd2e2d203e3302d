import t, { type Test } from 'tap'
import { connect } from '../../../src/client/open-session.js'
import { leaveMarked, leftoversNotice } from '../../../src/load/marker/leftovers.js'
import { askMarker, markRun, type RunName } from '../../../src/load/marker/marker.js'
import { ledgerName } from '../../../src/load/marker/run-tables.js'
import type { Value } from '../../../src/protocol/value.js'
import type { Faults } from '../../../src/server/index.js'
import { startFakeServer } from '../../helpers/fake-server.js'
import { startLoadServer } from '../../helpers/load-server.js'

const timeoutMs = 60_000
const own: RunName = { runId: 'own', token: 1n }
const other: RunName = { runId: 'other', token: 2n }

/**
 * A server. Its function `run` marks a run and creates ledgers with the given numbers. Afterwards the session of that
 * run stays open or ends.
 */
async function scene(t: Test, faults: Faults = {}) {
  const here = await startLoadServer(t, '1', { faults })
  const { host, port, node } = here.server
  const share = (name: string) => here.session.run(`share table(1:0, [\`a], [INT]) as ${name}`)
  return {
    session: here.session,
    share,
    connectAs: async (user: string | undefined) => {
      if (user !== undefined) await here.session.run(`createUser("${user}", "secret1")`)
      const session = await connect({
        host,
        port,
        ...(user === undefined ? {} : { user, password: 'secret1' }),
      })
      t.teardown(() => session.close().catch(() => undefined))
      return session
    },
    notice: (name = own) => leftoversNotice(here.session, name, { timeoutMs }),
    run: async (name: RunName, ends: boolean, ...ledgers: number[]): Promise<void> => {
      const session = await connect({ host, port, user: 'admin', password: '123456' })
      await markRun(session, name, timeoutMs)
      for (const number of ledgers) await share(ledgerName(name.token, number))
      if (!ends) return void t.teardown(() => session.close().catch(() => undefined))
      await session.close()
      while (node.sessions.has(session.id)) await new Promise(resolve => setImmediate(resolve))
    },
  }
}

t.test('without leftovers there is no notice', async t => {
  const { notice, run, share } = await scene(t)
  t.equal(await notice(), undefined)
  await share('trades')
  await share('ddbIngestBench_sync_0a0b')
  await run(own, false, 1, 2)
  t.equal(await notice(), undefined, 'bench tables and foreign tables are not leftovers')
})

t.test('tables of a connected run are not leftovers', async t => {
  const { notice, run } = await scene(t)
  await run(other, false, 1, 2)
  t.equal(await notice(), undefined)
})

t.test('tables of a run without a session are named, with the command to remove them', async t => {
  const { notice, run } = await scene(t)
  await run(other, true, 1, 2)
  const said = await notice()
  for (const name of [
    'ddbIngest_other',
    'ddbIngestLedger2_0000000000000002',
    'ddbIngestLedger2_0000000000000002_2',
  ]) {
    t.ok(said?.includes(name), name)
  }
  t.match(said, /undef\("ddbIngest_other", SHARED\)/)
  t.match(said, /`ddb-ingest runs`/)
})

t.test(
  'if the user cannot see other sessions, the notice says that the tables may be in use',
  async t => {
    const { notice, run, connectAs } = await scene(t)
    await run(other, true, 1)
    t.match(await notice(), /^the server has tables that may be left over .*may also be in use/)
    const guest = await connectAs(undefined)
    t.match(await notice(), /^the server has tables of runs that were killed/)
    await guest.close()
    // A plain user cannot distinguish a different user's running run from a killed run.
    const alive: RunName = { runId: 'alive', token: 9n }
    await run(alive, false)
    t.notMatch(await notice(), /ddbIngest_alive/)
    const sue = await connectAs('sue')
    t.match(
      await leftoversNotice(sue, own, { timeoutMs }),
      /^the server has tables that may be left over .*: ddbIngest_other, ddbIngest_alive, ddbIngestLedger2_/,
    )
  },
)

t.test('tables of a run that ended cleanly and can be resumed are not leftovers', async t => {
  const { notice, run, session } = await scene(t)
  await run(other, true, 1)
  t.match(await notice(), /ddbIngest_other, ddbIngestLedger2_0000000000000002/)
  await leaveMarked(session, { ...other, token: 5n }, timeoutMs)
  t.match(await notice(), /ddbIngest_other/, 'the marker of another run is unchanged')
  await leaveMarked(session, other, timeoutMs)
  t.equal(await notice(), undefined)
  t.equal(await askMarker(session, other, timeoutMs), 'ours', 'and the run can be resumed')
  t.equal(await notice(), undefined, 'its session is this one')
  await leaveMarked(session, { runId: 'nowhere', token: 1n }, timeoutMs)
  const dead = await connect({ host: session.host, port: session.port })
  await dead.close()
  await leaveMarked(dead, other, timeoutMs)
})

t.test('a ledger without a marker is a leftover', async t => {
  const { notice, share } = await scene(t)
  await share('ddbIngestLedger2_00000000000000ff')
  t.match(await notice(), 'undef("ddbIngestLedger2_00000000000000ff", SHARED)')
})

t.test('a ledger whose name only begins like a used name is a leftover', async t => {
  const { notice, run, share } = await scene(t)
  await run({ runId: 'other', token: 0x1234n }, false, 1)
  await share('ddbIngestLedger_00000000000012345')
  t.match(await notice(), ': ddbIngestLedger_00000000000012345.')
})

t.test('an empty marker belongs to a run that has just begun', async t => {
  const { notice, share } = await scene(t)
  await share('ddbIngest_empty')
  t.equal(await notice(), undefined)
})

t.test('if the server does not report who is connected, nothing counts as left over', async t => {
  const names: Value = {
    form: 'vector',
    type: 'STRING',
    length: 1,
    data: ['ddbIngestLedger_00000000000000ff'],
  }
  const notTold: Value = { form: 'scalar', type: 'VOID', value: null }
  const answer: Value = { form: 'vector', type: 'ANY', length: 2, data: [names, notTold] }
  const server = await startFakeServer((_, peer) => peer.reply({ value: answer }))
  const session = await connect({ host: '127.0.0.1', port: server.port })
  t.equal(await leftoversNotice(session, own, { timeoutMs }), undefined)
  await session.close()
  await server.close()
})

t.test('a server that refuses to list its tables causes no failure', async t => {
  const { notice, run } = await scene(t, {
    beforeExecute: ({ text }) =>
      text.startsWith('ddbIngestSessions') ? { error: 'no rights' } : undefined,
  })
  await run(other, true, 1)
  t.equal(await notice(), undefined)
})

t.test('a lost connection causes no failure either', async t => {
  const { notice, session } = await scene(t, {
    beforeExecute: ({ text }) => (text.startsWith('ddbIngestSessions') ? 'close' : undefined),
  })
  t.equal(await notice(), undefined)
  t.ok(session.closed)
})
