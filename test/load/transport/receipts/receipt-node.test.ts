import t, { type Test } from 'tap'
import { connect } from '../../../../src/client/open-session.js'
import { ConnectionError } from '../../../../src/errors.js'
import { retryRules } from '../../../../src/load/connection/retry.js'
import type { OpenBatch } from '../../../../src/load/outcomes/fold.js'
import { wholeBatch } from '../../../../src/load/outcomes/batch-part.js'
import { ReceiptNode } from '../../../../src/load/transport/receipts/receipt-node.js'
import type { Column } from '../../../../src/protocol/value.js'
import type { Faults } from '../../../../src/server/index.js'
import { batchOf } from '../../../helpers/batches.js'
import { testRun } from '../../../helpers/load-run.js'
import { startLoadServer } from '../../../helpers/load-server.js'
import { turnPlatform } from '../../../helpers/turn-platform.js'
import { ints } from '../../../helpers/values.js'

const lost = new ConnectionError('DDB_CONNECTION_LOST', 'the test has ended it')
const timeoutMs = 60_000

async function scene(t: Test, faults: Faults = {}, connections = 1) {
  const here = await startLoadServer(t, 'share streamTable(10:0, [`id], [INT]) as target', {
    faults,
  })
  const { host, port, node: server } = here.server
  const platform = turnPlatform()
  t.teardown(() => platform.stop())
  const run = testRun(
    {
      server: { host, port, user: 'admin', password: '123456' },
      runId: 'nightly',
      delivery: { retryTimeoutMs: 5_000, connections, unordered: true },
    },
    platform,
  )
  let ledgers = 0
  const setup = {
    run,
    rules: retryRules(run),
    columnNames: ['id'],
    rowsHad: '00l',
    nextLedger: () => ({ number: ++ledgers, version: 2 as const }),
  }
  let lastNo = 0
  const control = await connect({ host, port, user: 'admin', password: '123456' })
  t.teardown(() => control.close().catch(() => undefined))
  return {
    here,
    control,
    deadlineMs: () => platform.clock.nowMs() + 5_000,
    open: async () => {
      const node = await ReceiptNode.open(setup, control)
      t.teardown(() => node.leave(lost))
      return node
    },
    send: (node: ReceiptNode, ...ids: number[]) => {
      const batch = { ...batchOf(ids.length), columns: [ints(...ids) as Column] }
      const open = { no: ++lastNo, attempt: 0 } as OpenBatch
      return node.send(open, wholeBatch(batch), lastNo, 0)
    },
    /** Tables of the run. Removing a table takes a moment, because the request has no answer. */
    own: () => [...server.shared.keys()].filter(name => name.startsWith('ddbIngest')).length,
    sessions: () => server.sessions.size,
  }
}

t.test('after the barrier, the receipts of earlier batches are in the ledger', async t => {
  const { open, send, here } = await scene(t)
  const node = await open()
  t.ok(send(node, 1, 2))
  t.equal(await node.barrier(timeoutMs, undefined), 'passed')
  t.match(await node.read(timeoutMs), [
    { batchNo: 0 },
    { batchNo: 1, phase: 0, rowCount: 2 },
    { batchNo: 1, phase: 1, rowCount: 2 },
  ])
  t.same(await node.read(timeoutMs), [])
  t.same(await here.rows('select id from target'), [['1'], ['2']])
  t.equal(await node.isIdle(timeoutMs), true)
  t.equal(await node.ledgerExists(timeoutMs), true)
})

t.test('a barrier detects lost functions and silence', async t => {
  let forgets = false
  const { open, deadlineMs } = await scene(t, {
    beforeExecute: ({ text }) =>
      forgets && text.startsWith('defined("ddbIngestDeliver"') ? 'forget' : undefined,
  })
  const node = await open()
  forgets = true
  t.equal(await node.barrier(timeoutMs, undefined), 'forgotten')
  forgets = false
  t.match(
    node,
    { isLost: true, isControlLost: false },
    'nothing more goes to a session of another user',
  )
  t.equal(await node.restore(deadlineMs()), 'kept')
  t.equal(await node.barrier(timeoutMs, undefined), 'passed')
  const silent = await scene(t, {
    beforeExecute: ({ text }) =>
      text.startsWith('defined("ddbIngestDeliver"') ? 'drop' : undefined,
  })
  t.equal(await (await silent.open()).barrier(10, undefined), 'silent')
})

t.test('lost sessions are reopened, and sending meanwhile is not a failure', async t => {
  const { open, send, here, deadlineMs } = await scene(t)
  const node = await open()
  node.abandon('data', lost)
  t.match(node, { isLost: true, isControlLost: false })
  t.ok(send(node, 1))
  await node.drained()
  t.equal(await node.restore(deadlineMs()), 'kept')
  t.match(node, { isLost: false })
  send(node, 2)
  t.equal(await node.barrier(timeoutMs, undefined), 'passed')
  node.abandon('control', lost)
  t.match(node, { isLost: true, isControlLost: true })
  t.equal(await node.restore(deadlineMs()), 'kept')
  send(node, 3)
  await node.barrier(timeoutMs, undefined)
  t.same(await here.rows('select id from target'), [['2'], ['3']])
})

t.test('a server without the marker has lost its memory, so a new ledger is created', async t => {
  const { open, send, here, deadlineMs } = await scene(t)
  const node = await open()
  for (const name of [...here.server.node.shared.keys()]) {
    if (name.startsWith('ddbIngest')) await here.session.run(`undef("${name}", SHARED)`)
  }
  node.abandon('control', lost)
  t.equal(await node.restore(deadlineMs()), 'lost')
  t.ok(node.isLost, 'data goes out only with a new ledger')
  t.equal(await node.reopen(deadlineMs()), true)
  t.notOk(node.isLost)
  send(node, 1)
  t.equal(await node.barrier(timeoutMs, undefined), 'passed')
  t.match(await node.read(timeoutMs), [{ batchNo: 0 }, { batchNo: 1 }, { batchNo: 1 }])
})

t.test('if the server has lost the target, the run cannot continue', async t => {
  const { open, here, deadlineMs } = await scene(t)
  const node = await open()
  await here.session.run('undef("target", SHARED)')
  t.equal(await node.reopen(deadlineMs()), false)
})

t.test('a server that does not return is a lost connection', async t => {
  const { open, here, deadlineMs } = await scene(t)
  const node = await open()
  await here.server.close()
  await t.rejects(node.restore(deadlineMs()), { code: 'DDB_CONNECTION_LOST' })
})

t.test('at the end the marker is removed, and the ledger unless it must be kept', async t => {
  const ways = [false, true].flatMap(keepLedger =>
    [false, true].map(isLooked => ({ keepLedger, isLooked })),
  )
  for (const { keepLedger, isLooked } of ways) {
    const { open, own, sessions } = await scene(t)
    const node = await open()
    t.equal(own(), 2)
    await node.finish(timeoutMs, keepLedger, isLooked)
    await node.close()
    t.equal(own(), keepLedger ? 1 : 0)
    while (sessions() > 1) await new Promise(resolve => setImmediate(resolve))
  }
})

t.test('if opening fails, nothing is left on the server', async t => {
  const { open, own, control } = await scene(t, {
    beforeExecute: ({ text }) => (text.startsWith('def ') ? { error: 'no rights' } : undefined),
  })
  await t.rejects(open(), {
    name: 'ServerError',
    serverMessage: /no rights/,
  })
  t.equal(own(), 0)
  t.notOk(control.closed, 'the asking session is not ours yet')
})

t.test('of several connections, only lost or silent ones are reopened', async t => {
  const stalled: string[] = []
  const { open, send, deadlineMs, sessions, here } = await scene(
    t,
    {
      beforeExecute: ({ text, sessionId }) =>
        text.startsWith('defined("ddbIngestDeliver"') && stalled.includes(sessionId)
          ? 'drop'
          : undefined,
    },
    3,
  )
  const node = await open()
  t.equal(sessions(), 5, "three for data, one that asks, and the test's own")
  send(node, 1)
  t.equal(await node.barrier(timeoutMs, undefined), 'passed')
  const before = [...here.server.node.sessions.keys()]
  stalled.push(before.at(-1)!)
  t.equal(await node.barrier(10, true), 'silent')
  node.abandon('silent', lost)
  t.ok(node.isLost)
  t.equal(await node.restore(deadlineMs()), 'kept')
  t.notOk(node.isLost)
  const after = [...here.server.node.sessions.keys()]
  t.equal(before.filter(id => !after.includes(id)).length, 1)
})
