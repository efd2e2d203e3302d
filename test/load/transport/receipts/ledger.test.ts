import t, { type Test } from 'tap'
import { connect } from '../../../../src/client/open-session.js'
import { insertReceipt } from '../../../../src/load/transport/receipts/ledger-columns.js'
import {
  dropLedger,
  ledgerExists,
  openLedger,
  readLedger,
} from '../../../../src/load/transport/receipts/ledger.js'
import type { RunName } from '../../../../src/load/marker/marker.js'
import type { Value } from '../../../../src/protocol/value.js'
import { startFakeServer } from '../../../helpers/fake-server.js'
import { startLoadServer } from '../../../helpers/load-server.js'
import { int } from '../../../helpers/values.js'

const timeoutMs = 60_000
const run: RunName = { runId: 'nightly', token: 0xabcn }
const name = 'ddbIngestLedger2_0000000000000abc'

async function scene(t: Test) {
  const here = await startLoadServer(t, '1')
  return {
    session: here.session,
    shared: () => [...here.server.node.shared.keys()].sort(),
    /** Writes a receipt in the same way as the functions of a run. */
    note: (batchNo: number, phase: number, rows: number, errText = '') =>
      here.session.run(
        insertReceipt(name, 2, {
          batchNo: `${batchNo}l`,
          attempt: '0',
          phase: String(phase),
          sendNo: `${batchNo}l`,
          ...(phase === 0 ? { rowsReceived: `${rows}l` } : { rowsTaken: `${rows}l` }),
          errText: `"${errText}"`,
        }),
      ),
  }
}

t.test("opening marks the run's name and creates an empty ledger", async t => {
  const { session, shared } = await scene(t)
  const ledger = await openLedger(session, run, 1, timeoutMs)
  t.strictSame(ledger, { name, version: 2, countsDuplicates: false, isNew: true, seen: 0 })
  t.strictSame(shared(), [name, 'ddbIngest_nightly'])
  t.equal((await openLedger(session, run, 2, timeoutMs)).name, `${name}_2`)
})

t.test('if a different run has the name, no ledger is created', async t => {
  const { session, shared } = await scene(t)
  await openLedger(session, run, 1, timeoutMs)
  await t.rejects(openLedger(session, { ...run, token: 7n }, 1, timeoutMs), { code: 'DDB_LOCKED' })
  t.strictSame(shared(), [name, 'ddbIngest_nightly'])
})

t.test('each row is read once, oldest first', async t => {
  const { session, note } = await scene(t)
  const ledger = await openLedger(session, run, 1, timeoutMs)
  t.match(await readLedger(session, ledger, timeoutMs), [{ batchNo: 0, phase: 8 }])
  await note(1, 0, 8)
  await note(2, 1, -1, 'refused')
  t.strictSame(await readLedger(session, ledger, timeoutMs), [
    {
      ...{ batchNo: 1, attempt: 0, phase: 0, sendNo: 1, rowCount: 8, had: undefined },
      ...{ left: undefined, errText: '' },
    },
    {
      left: undefined,
      batchNo: 2,
      attempt: 0,
      phase: 1,
      sendNo: 2,
      rowCount: -1,
      had: undefined,
      errText: 'refused',
    },
  ])
  t.strictSame(await readLedger(session, ledger, timeoutMs), [])
  t.equal(ledger.seen, 3)
})

t.test('if a server is known to return nothing past the end, no row is read twice', async t => {
  const questions: string[] = []
  const { session } = await startLoadServer(t, '1', {
    faults: {
      beforeExecute: ({ text }) => void (text.includes('limit') && questions.push(text)),
      beforeSlice: () => undefined,
    },
  })
  const ledger = await openLedger(session, run, 1, timeoutMs)
  for (const overlaps of [false, false, true]) {
    await readLedger(session, ledger, timeoutMs, overlaps)
  }
  t.strictSame(
    questions.map(text => text.slice(text.indexOf('limit'))),
    ['limit 0, 20000', 'limit 1, 20000', 'limit 0, 20001'],
  )
  t.equal(ledger.seen, 1)
})

t.test('a ledger with fewer rows than the run has read is a different ledger', async t => {
  const { session } = await scene(t)
  const ledger = await openLedger(session, run, 1, timeoutMs)
  await readLedger(session, ledger, timeoutMs)
  await session.run(`undef("${name}", SHARED)`)
  await session.run(`share(streamTable(1:0, [\`a], [LONG]), "${name}")`)
  await t.rejects(readLedger(session, ledger, timeoutMs), { code: 'DDB_SERVER' })
})

t.test('a ledger exists until it is removed, by whomever', async t => {
  const { session } = await scene(t)
  const ledger = await openLedger(session, run, 1, timeoutMs)
  t.equal(await ledgerExists(session, ledger, timeoutMs), true)
  await dropLedger(session, ledger, timeoutMs)
  t.equal(await ledgerExists(session, ledger, timeoutMs), false)
  await t.rejects(readLedger(session, ledger, timeoutMs), { name: 'ServerError' })
  await dropLedger(session, ledger, timeoutMs)
})

t.test('a server that refuses to remove a ledger causes no failure', async t => {
  const { session } = await startLoadServer(t, '1', {
    faults: {
      beforeExecute: ({ text }) => (text.includes('undef(') ? { error: 'no rights' } : undefined),
    },
  })
  await dropLedger(
    session,
    { name, version: 2, countsDuplicates: false, isNew: true, seen: 0 },
    timeoutMs,
  )
  t.notOk(session.closed)
})

t.test('the probe decides how claims are made; an unexpected answer is refused', async t => {
  const longs = (...values: bigint[]): Value => ({
    form: 'vector',
    type: 'LONG',
    length: values.length,
    data: BigInt64Array.from(values),
  })
  const opened = async (value: Value) => {
    const server = await startFakeServer((_, peer) => peer.reply({ value }))
    const session = await connect({ host: '127.0.0.1', port: server.port })
    t.teardown(async () => {
      await session.close().catch(() => undefined)
      await server.close()
    })
    return openLedger(session, run, 1, timeoutMs)
  }
  t.match(await opened(longs(run.token, 0n)), { countsDuplicates: false })
  t.match(await opened(longs(run.token, 1n)), { countsDuplicates: true })
  await t.rejects(opened(longs(run.token, 2n)), { code: 'DDB_SERVER' })
  await t.rejects(opened(longs(run.token)), { code: 'DDB_SERVER' })
  await t.rejects(opened(int(1)), { code: 'DDB_SERVER' })
  await t.rejects(opened(longs(7n, 0n)), { code: 'DDB_LOCKED' })
})

t.test('the next process of a run finds the ledger and reads it from the beginning', async t => {
  const { session, note, shared } = await scene(t)
  const before = await openLedger(session, run, 1, timeoutMs)
  await note(1, 0, 8)
  await readLedger(session, before, timeoutMs)
  const ledger = await openLedger(session, run, 1, timeoutMs)
  t.strictSame(ledger, { name, version: 2, countsDuplicates: false, isNew: false, seen: 0 })
  t.match(await readLedger(session, ledger, timeoutMs), [
    { batchNo: 0, phase: 8 },
    { batchNo: 1, phase: 0 },
  ])
  t.strictSame(shared(), [name, 'ddbIngest_nightly'])
})
