/*
  The process that owns a run, according to the server.
*/
import t, { type Test } from 'tap'
import { connect, type Session } from '../../../src/client/open-session.js'
import { dropMarker, markRun } from '../../../src/load/marker/marker.js'
import { askKnown, askOwner, noteSent, takeOwnership } from '../../../src/load/marker/ownership.js'
import { openLedger } from '../../../src/load/transport/receipts/ledger.js'
import { startServer, type EmbeddedServer } from '../../../src/server/index.js'

const run = { runId: 'nightly', token: 0x1234n }
const timeoutMs = 60_000

async function scene(t: Test): Promise<{ server: EmbeddedServer; open: () => Promise<Session> }> {
  const server = await startServer({ port: 0 })
  t.teardown(() => server.close())
  return {
    server,
    async open() {
      const session = await connect({ host: server.host, port: server.port })
      t.teardown(() => session.close().catch(() => undefined))
      return session
    },
  }
}

t.test('a server that does not know the run reports no owner', async t => {
  const session = await (await scene(t)).open()
  const nothing = { owner: 0, ledgerNumber: 0, lastNo: undefined, isConnected: false }
  t.strictSame(await askKnown(session, run, timeoutMs), nothing)
  t.equal(await askOwner(session, run, timeoutMs), 0)
  t.ok(await takeOwnership(session, run, 1, timeoutMs), 'there is no marker to write to')
  t.equal(await askOwner(session, run, timeoutMs), 0)
})

t.test('the highest number counts, and each number belongs to one process', async t => {
  const { open } = await scene(t)
  const [first, next] = [await open(), await open()]
  await markRun(first, run, timeoutMs)
  t.equal(await askOwner(first, run, timeoutMs), 0)
  t.ok(await takeOwnership(first, run, 1, timeoutMs))
  t.ok(await takeOwnership(first, run, 1, timeoutMs), 'the same process again')
  t.notOk(await takeOwnership(next, run, 1, timeoutMs))
  t.ok(await takeOwnership(next, run, 7, timeoutMs))
  t.equal(await askOwner(first, run, timeoutMs), 7)
  t.match(await askKnown(first, run, timeoutMs), { owner: 7, isConnected: true })
  t.equal(await askOwner(first, { ...run, token: 5n }, timeoutMs), 0, 'of another run')
})

t.test('ledgers of the run are found with their numbers', async t => {
  const session = await (await scene(t)).open()
  await openLedger(session, run, 2, timeoutMs)
  await openLedger(session, run, 11, timeoutMs)
  await openLedger(session, { runId: 'other', token: 0x12340n }, 99, timeoutMs)
  t.match(await askKnown(session, run, timeoutMs), { ledgerNumber: 11 })
  t.match(await askKnown(session, { ...run, token: 7n }, timeoutMs), { ledgerNumber: 0 })
})

t.test('only the number of the last sent batch is kept', async t => {
  const { server, open } = await scene(t)
  const session = await open()
  for (const no of [1, 2, 300]) await noteSent(session, run, no, timeoutMs)
  t.match(await askKnown(session, run, timeoutMs), { ledgerNumber: 0, lastNo: 300 })
  t.match(await askKnown(session, { ...run, token: 7n }, timeoutMs), { lastNo: undefined })
  await markRun(session, run, timeoutMs)
  await dropMarker(session, { ...run, place: { hostName: 'a', folder: '/' } }, timeoutMs)
  t.strictSame([...server.node.shared.keys()], [], 'removed with the marker')
})

t.test('the server reports whether the session of the last process is connected', async t => {
  const { open } = await scene(t)
  const [first, next] = [await open(), await open()]
  await markRun(first, run, timeoutMs)
  t.match(
    await askKnown(first, run, timeoutMs),
    { isConnected: false },
    'this session is the one that asks',
  )
  t.match(await askKnown(next, run, timeoutMs), { isConnected: true })
  await first.close()
  // The server may still be closing the session.
  while ((await askKnown(next, run, timeoutMs)).isConnected === true);
  t.match(await askKnown(next, run, timeoutMs), { isConnected: false })
})

t.test('a user who may not see sessions gets no answer', async t => {
  const { open } = await scene(t)
  const [first, next] = [await open(), await open()]
  await markRun(first, run, timeoutMs)
  const blind = {
    id: next.id,
    run: (script: string) =>
      next.run(script.replace('getSessionMemoryStat()', 'objByName("notHere")')),
  } as Session
  t.match(await askKnown(blind, run, timeoutMs), { owner: 0, isConnected: undefined })
})
