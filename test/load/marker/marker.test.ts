import t, { type Test } from 'tap'
import { connectTyped as connect, type Session } from '../../../src/client/open-session.js'
import {
  askLeftOnServer,
  askMarker,
  checkOwner,
  checkScript,
  dropMarker,
  longsOf,
  nameTakenError,
  newToken,
  tokenOf,
  type RunName,
} from '../../../src/load/marker/marker.js'
import { ledgerName } from '../../../src/load/marker/run-tables.js'
import type { Faults } from '../../../src/server/index.js'
import { closedGate } from '../../helpers/gate.js'
import { markRun } from '../../helpers/marker.js'
import { startLoadServer } from '../../helpers/load-server.js'

const timeoutMs = 60_000
const mine: RunName = { runId: 'nightly', token: 0x1234_5678_9abc_def1n }
const theirs: RunName = { runId: 'nightly', token: 7n }

/** As the request that defines the functions of a session checks the name. */
async function checkMarker(session: Session, run: RunName): Promise<void> {
  await checkOwner(session, tokenOf(await session.run(checkScript(run))), run, timeoutMs)
}

/** A server with two sessions, and the rows of the marker. */
async function scene(t: Test, faults: Faults = {}) {
  const here = await startLoadServer(t, '1', { faults })
  const { host, port, node } = here.server
  const other = await connect({ host, port, user: 'admin', password: '123456' })
  t.teardown(() => other.close().catch(() => undefined))
  return {
    session: here.session,
    other,
    shared: () => [...node.shared.keys()],
    entries: () => here.rows('select entry, token, runId, sessionId from ddbIngest_nightly'),
  }
}

t.test('a token has 63 random bits and is never 0', async t => {
  const tokenOf = (...bytes: number[]): bigint =>
    newToken({ number: () => 0, bytes: () => Uint8Array.from(bytes) })
  t.equal(tokenOf(0, 0, 0, 0, 0, 0, 0, 0), 1n)
  t.equal(tokenOf(0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0), 0x1234_5678_9abc_def1n)
  t.equal(tokenOf(255, 255, 255, 255, 255, 255, 255, 255), 2n ** 63n - 1n, 'a positive LONG')
})

t.test('the run that writes the first row has the name; a second run gets an error', async t => {
  const { session, other, entries } = await scene(t)
  await markRun(session, mine, timeoutMs)
  t.strictSame(await entries(), [['1', '1311768467463790321', 'nightly', session.id]])
  await t.rejects(markRun(other, theirs, timeoutMs), { code: 'DDB_LOCKED', message: /"nightly"/ })
  await checkMarker(session, mine)
  await t.rejects(checkMarker(other, theirs), { code: 'DDB_LOCKED' })
  t.equal((await entries()).length, 1)
})

t.test('a replaced or missing marker is noticed before the first row', async t => {
  const { session, other } = await scene(t)
  await markRun(session, mine, timeoutMs)
  await other.run('undef("ddbIngest_nightly", SHARED)')
  await t.rejects(checkMarker(session, mine), { code: 'DDB_LOCKED' })
  await markRun(other, theirs, timeoutMs)
  await t.rejects(checkMarker(session, mine), { code: 'DDB_LOCKED' })
})

t.test("on a new connection the marker is the run's own, gone, or of a different run", async t => {
  const { session, other, entries } = await scene(t)
  t.equal(await askMarker(other, mine, timeoutMs), 'gone')
  await markRun(session, mine, timeoutMs)
  t.equal(await askMarker(other, mine, timeoutMs), 'ours')
  t.equal(await askMarker(other, theirs, timeoutMs), 'taken')
  t.strictSame(
    (await entries()).map(([entry, , , sessionId]) => [entry, sessionId]),
    [
      ['1', session.id],
      ['2', other.id],
    ],
    'the marker has the session with which the run continues',
  )
  await checkMarker(other, mine)
})

t.test('a run removes its own marker and no other marker', async t => {
  const { session, other, shared } = await scene(t)
  await markRun(session, mine, timeoutMs)
  await dropMarker(other, theirs, timeoutMs)
  t.same(shared(), ['ddbIngest_nightly'])
  await dropMarker(session, mine, timeoutMs)
  t.same(shared(), [])
  await dropMarker(session, mine, timeoutMs)
  t.same(shared(), [], 'a missing marker is not a failure either')
})

t.test('a marker that cannot be removed causes no failure', async t => {
  const { session } = await scene(t, {
    beforeExecute: ({ text }) => (text.includes('ddbIngest_') ? { error: 'no rights' } : undefined),
  })
  await dropMarker(session, mine, timeoutMs)
  t.notOk(session.closed)
})

t.test('if removing the marker takes too long, the session is closed', async t => {
  const thaw = closedGate()
  const { session } = await scene(t, {
    beforeExecute: ({ text }) => (text.includes('ddbIngest_') ? { until: thaw.opened } : undefined),
  })
  await dropMarker(session, mine, 1)
  t.ok(session.closed)
  thaw.open()
})

t.test('the refusal of a server without shared tables is passed on', async t => {
  const { session } = await scene(t, {
    beforeExecute: ({ text }) => (text.includes('share(') ? { error: 'not allowed' } : undefined),
  })
  await t.rejects(markRun(session, mine, timeoutMs), {
    name: 'ServerError',
    serverMessage: /not allowed/,
  })
})

t.test('only the token of the run proves that the run has the name', async t => {
  const { session } = await scene(t)
  const check = (found: bigint | undefined): Promise<void> =>
    checkOwner(session, found, mine, timeoutMs)
  await check(mine.token)
  await t.rejects(check(7n), { code: 'DDB_LOCKED' })
  await t.rejects(check(0n), { code: 'DDB_LOCKED' })
  await t.rejects(check(undefined), { code: 'DDB_SERVER' })
})

t.test(
  'the error for a taken name describes the marker and where the run can be resumed',
  async t => {
    const { session } = await scene(t)
    const told = async (run: RunName): Promise<string> =>
      (await nameTakenError(session, run, timeoutMs)).message
    const [nobody, nameless] = [
      { runId: 'a-b', token: 1n },
      { ...mine, runId: 'nameless' },
    ]
    t.match(await told(nobody), /"a-b".*some of its rows may be there.*continue it where it began/)
    await markRun(session, nameless, timeoutMs)
    t.match(await told(nameless), /continue it where it began/)
    const place = { hostName: 'host"-a', folder: '/state of 我/`x`$(y)' }
    const begun = { ...mine, place }
    await markRun(session, begun, timeoutMs)
    t.match(
      await told(theirs),
      'on host "host?-a", is in progress or was killed, and some of its rows may be there',
    )
    t.match(await told(theirs), 'ddb-ingest resume nightly --state-dir "/state of 我/?x???y?"')
    await session.run(`share table([1, 1, 0] as phase, [7l, -1l, 9l] as rowsTaken) as ${ledgerName(mine.token, 1)}
share table([1, 0] as phase, [5l, 9l] as rowsTaken) as ${ledgerName(mine.token, 2)}
share table([1] as phase, [100l] as rowsTaken) as ${ledgerName(9n, 1)}`)
    t.match(await told(theirs), '12 of its rows are there')
  },
)

t.test('a session id is part of a script only as a number', async t => {
  const { session } = await scene(t)
  const forged = Object.create(session, { id: { value: '1l), evil(' } }) as Session
  await t.rejects(markRun(forged, mine, timeoutMs), SyntaxError)
})

t.test('marker and ledger of an earlier process are looked up by name', async t => {
  const { session } = await startLoadServer(t, '1')
  const left = (): Promise<unknown> => askLeftOnServer(session, mine, 1, timeoutMs)
  t.strictSame(await left(), { marker: false, ledger: false })
  await markRun(session, mine, timeoutMs)
  t.strictSame(await left(), { marker: true, ledger: false })
  await session.run(`share table(1 as x) as ${ledgerName(mine.token, 1)}`)
  t.strictSame(await left(), { marker: true, ledger: true })
  await session.run('undef("ddbIngest_nightly", SHARED)')
  const restarted = { marker: false, ledger: true }
  t.strictSame(await left(), restarted, 'as after a restart')
})

t.test('an answer of several numbers must be a vector of LONG', async t => {
  const data = BigInt64Array.of(1n, -1n, 9n)
  t.strictSame(longsOf({ form: 'vector', type: 'LONG', length: 2, data }), [1n, -1n])
  t.strictSame(longsOf(undefined), [])
  t.strictSame(longsOf({ form: 'scalar', type: 'LONG', value: 1n }), [])
  const ints = { form: 'vector', type: 'INT', length: 1, data: Int32Array.of(1) } as const
  t.strictSame(longsOf(ints), [])
})
