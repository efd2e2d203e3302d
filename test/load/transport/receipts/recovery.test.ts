import t from 'tap'
import { ConnectionError, DdbError, TimeoutError } from '../../../../src/errors.js'
import type { Evidence } from '../../../../src/load/evidence/evidence.js'
import {
  endMemory,
  ledgerIsGone,
  moveToLeader,
  readLedger,
  reconnect,
} from '../../../../src/load/transport/receipts/recovery.js'
import type { Memory } from '../../../../src/load/transport/receipts/sessions.js'
import {
  claim,
  nodeStub,
  outcome,
  refusal,
  watchedRun,
  type WatchedChange,
} from '../../../helpers/receipt-node.js'

const lost = new ConnectionError('DDB_CONNECTION_LOST', 'gone')

/** Three batches: a confirmed one, a sent one, and one that is queued while the connection is lost. */
async function scene(change: WatchedChange = {}) {
  const here = watchedRun(change)
  here.add()
  here.stub.ledger.push([claim(1), outcome(1)])
  await readLedger(here.watcher.link)
  here.add()
  here.stub.isLost = true
  here.add()
  here.stub.sent.length = 0
  return here
}

const restoring = (memory: Memory) => () => Promise.resolve(memory)

t.test(
  'reconnecting: batches without an outcome are sent again, and waiting batches as well',
  async t => {
    const { watcher, stub, counts } = await scene()
    await reconnect(watcher.link)
    t.same(stub.sent, [
      [2, 0, 3],
      [3, 0, 4],
    ])
    t.same(counts(), [8, 0, 0, 0])
  },
)

t.test('reconnecting: a server that lost its memory has lost the rows in it', async t => {
  for (const inMemory of [true, false]) {
    const { watcher, stub, counts } = await scene({ target: { inMemory } })
    stub.answers.restore = restoring('lost')
    await reconnect(watcher.link)
    t.same(stub.asked, ['restore', 'reopen'])
    t.same(counts(), inMemory ? [0, 16, 0, 0] : [8, 8, 0, 0])
  }
})

t.test(
  'reconnecting: with `resend`, sent batches that the server forgot are sent again',
  async t => {
    const { watcher, stub, counts } = await scene({ delivery: { onDoubt: 'resend' } })
    stub.answers.restore = () => {
      stub.isLost = false
      return Promise.resolve('lost')
    }
    await reconnect(watcher.link)
    t.same(stub.sent, [
      [2, 1, 3],
      [3, 0, 4],
    ])
    t.same(counts(), [0, 8, 0, 0], 'confirmed batches are not resent')
  },
)

t.test('reconnecting: without retries no connection is opened', async t => {
  const { watcher, stub, counts } = await scene({ delivery: { retries: 0 } })
  await reconnect(watcher.link)
  t.match(watcher.link.failure, { code: 'DDB_CONNECTION_LOST' })
  t.same(stub.asked, [])
  t.same(
    counts(),
    [8, 0, 0, 8],
    'batches never sent are unsent; those in flight may still be looked up',
  )
  stub.isControlLost = true
  await t.rejects(reconnect(watcher.link), { code: 'DDB_CONNECTION_LOST' })
})

t.test('reconnecting: connections that are lost again and again end the run', async t => {
  const { watcher, stub } = await scene()
  for (let i = 0; i < 3; i++) await reconnect(watcher.link)
  await t.rejects(reconnect(watcher.link), { code: 'DDB_CONNECTION_LOST' })
  t.equal(stub.asked.length, 3, 'once per retry')
})

t.test('reconnecting: an error is thrown, unless the server is silent', async t => {
  const { watcher, stub } = await scene()
  stub.isControlLost = true
  stub.answers.restore = () => Promise.reject(lost)
  await t.rejects(reconnect(watcher.link), lost)
  t.ok(watcher.link.isMemoryUnsure)
  watcher.link.hears('givenUp')
  await reconnect(watcher.link)
  const locked = new DdbError('DDB_LOCKED', 'another run has the name')
  stub.answers.restore = () => Promise.reject(locked)
  await t.rejects(reconnect(watcher.link), locked)
})

t.test('a missing ledger: the run continues with a new ledger', async t => {
  const { watcher, stub, counts } = await scene()
  stub.isLost = false
  await ledgerIsGone(watcher.link)
  t.same(stub.asked, ['reopen'])
  t.same(counts(), [8, 8, 0, 0], 'rows on disk or in memory stay confirmed')
  t.same(stub.sent, [[3, 0, 3]])
})

t.test('if ledger and target are missing, the run ends', async t => {
  const { watcher, stub, counts } = await scene({ delivery: { onDoubt: 'resend' } })
  stub.answers.reopen = () => Promise.resolve(false)
  await t.rejects(ledgerIsGone(watcher.link), { code: 'DDB_UNCONFIRMED' })
  t.same(counts(), [8, 8, 0, 0])
})

const leader = { host: 'node2', port: 8902 }

/** A node that is not the leader and refuses the second of three batches. */
async function redirected(follow: WatchedChange['follow']) {
  const here = watchedRun(follow === undefined ? {} : { follow })
  for (let i = 0; i < 2; i++) here.add()
  here.stub.ledger.push([refusal(2, '<NotLeader>node2:8902')])
  await readLedger(here.watcher.link)
  here.add()
  return here
}

t.test('the run leaves a node once the node has answered for all its batches', async t => {
  const next = nodeStub()
  const followed: object[] = []
  const here = await redirected(to => {
    followed.push(to)
    return Promise.resolve(next.node)
  })
  await moveToLeader(here.watcher.link)
  t.same(followed, [], 'the first batch is still in flight')
  here.stub.ledger.push([outcome(1)])
  await readLedger(here.watcher.link)
  await moveToLeader(here.watcher.link)
  t.same(followed, [leader])
  t.same(here.stub.asked, ['finish', 'close'])
  t.same(
    next.sent.map(([batchNo, attempt]) => [batchNo, attempt]),
    [
      [2, 1],
      [3, 0],
    ],
  )
  t.equal(here.watcher.link.queue.leader, undefined)
})

t.test('the run leaves a node even if the node cannot be closed cleanly', async t => {
  const next = nodeStub()
  const { watcher, stub } = await redirected(() => Promise.resolve(next.node))
  stub.ledger.push([outcome(1)])
  await readLedger(watcher.link)
  stub.answers.finish = () => Promise.reject(new TimeoutError('late'))
  await moveToLeader(watcher.link)
  t.same(stub.asked, ['finish', 'leave'])
  t.equal(watcher.link.queue.node, next.node)
})

t.test('if the leader cannot be reached, batches that waited for it are unsent', async t => {
  const { watcher, stub, counts } = await redirected(() =>
    Promise.reject(new ConnectionError('DDB_CONNECT', 'not a host that was named')),
  )
  stub.ledger.push([outcome(1)])
  await readLedger(watcher.link)
  await moveToLeader(watcher.link)
  t.match(watcher.link.failure, { code: 'DDB_CONNECT' })
  t.same(counts(), [8, 0, 0, 16])
})

t.test('endless redirects are not followed', async t => {
  let followed = 0
  const next = nodeStub()
  const { watcher, stub, counts } = await redirected(() => {
    followed++
    return Promise.resolve(next.node)
  })
  stub.ledger.push([outcome(1)])
  await readLedger(watcher.link)
  for (let i = 0; i < 6; i++) {
    await moveToLeader(watcher.link)
    const refusals = next.sent.splice(0).map(([no, attempt, sendNo]) => ({
      ...refusal(no, '<NotLeader>node2:8902', sendNo),
      attempt,
    }))
    next.ledger.push(refusals)
    await readLedger(watcher.link)
  }
  t.equal(followed, 5)
  t.match(watcher.link.failure, { code: 'DDB_CONNECT' })
  t.same(counts(), [8, 0, 0, 16])
})

/** A run at its end, with eight confirmed rows in memory. */
async function ended(change: WatchedChange = {}) {
  const here = watchedRun(change)
  here.add()
  here.stub.ledger.push([outcome(1)])
  await readLedger(here.watcher.link)
  return here
}

t.test('the end: tables of the run are removed from the server', async t => {
  const { watcher, stub, counts } = await ended()
  const kept: boolean[] = []
  stub.answers.finish = (_, keepLedger) => Promise.resolve(void kept.push(keepLedger))
  await endMemory(watcher.link)
  t.same(kept, [false])
  t.same(counts(), [8, 0, 0, 0])
})

t.test('the end: the ledger stays if batches are uncertain', async t => {
  const { watcher, stub, add } = await ended()
  watcher.link.outcomeHandler.giveUp(add(), 'no receipt')
  const kept: boolean[] = []
  stub.answers.finish = (_, keepLedger) => Promise.resolve(void kept.push(keepLedger))
  await endMemory(watcher.link)
  t.same(kept, [true])
})

t.test(
  'the end: if the server was lost, its rows are taken back unless it kept its memory',
  async t => {
    const cases: [Memory | 'unreachable', counts: number[]][] = [
      ['kept', [8, 0, 0, 0]],
      ['lost', [0, 8, 0, 0]],
      ['unreachable', [0, 8, 0, 0]],
    ]
    for (const [memory, expected] of cases) {
      const { watcher, stub, counts } = await ended()
      let farewells = 0
      stub.answers = {
        finish: () => (farewells++ === 0 ? Promise.reject(lost) : Promise.resolve()),
        restore: () => (memory === 'unreachable' ? Promise.reject(lost) : Promise.resolve(memory)),
      }
      await endMemory(watcher.link)
      t.same(counts(), expected, memory)
      t.equal(farewells, memory === 'kept' ? 2 : 1)
    }
  },
)

t.test('the end: without the final check, rows in a stored table are not certain', async t => {
  const evidence = {
    samples: { taken: () => false },
    taken: () => undefined,
  } as unknown as Evidence
  const { watcher, stub, counts } = await ended({ target: { inMemory: false, evidence } })
  stub.answers.ask = () => Promise.reject(lost)
  stub.answers.restore = () => Promise.reject(lost)
  await endMemory(watcher.link)
  t.same(counts(), [0, 8, 0, 0])
})

t.test('the end: a closing question without an answer changes nothing', async t => {
  const { watcher, stub, counts } = await ended()
  stub.answers.finish = () => Promise.reject(new TimeoutError('late'))
  await endMemory(watcher.link)
  t.same(counts(), [8, 0, 0, 0])
})

t.test(
  'the end: if it is unknown whether the server has its memory, rows in memory are taken back',
  async t => {
    for (const inMemory of [true, false]) {
      const { watcher, stub, counts } = await ended({ target: { inMemory } })
      watcher.link.hears('gone')
      await endMemory(watcher.link)
      t.same(stub.asked, [])
      t.same(counts(), inMemory ? [0, 8, 0, 0] : [8, 0, 0, 0])
    }
  },
)

t.test('the end: a run with a lost connection asks whether the server is still there', async t => {
  const there = await ended()
  there.watcher.link.fail(lost)
  await endMemory(there.watcher.link)
  t.same(there.stub.asked, ['ledgerExists', 'finish'])
  t.same(there.counts(), [8, 0, 0, 0])
  const gone = await ended()
  gone.watcher.link.fail(lost)
  gone.stub.answers.ledgerExists = () => Promise.reject(lost)
  await endMemory(gone.watcher.link)
  t.same(gone.counts(), [0, 8, 0, 0])
})

t.test('reconnecting: batches of other connections are not resent', async t => {
  const { watcher, stub, add } = await scene({ delivery: { connections: 2, unordered: true } })
  stub.isLost = false
  const { no } = add()
  stub.isLost = true
  stub.sent.length = 0
  stub.node.carries = batch => batch.no === no
  await reconnect(watcher.link)
  t.same(
    stub.sent.map(([batchNo]) => batchNo),
    [2, 3],
  )
})

t.test('batches begun before confirmed rows were lost may also be lost', async t => {
  const { watcher, recorder, add, counts } = await scene()
  watcher.link.take(claim(2))
  recorder.replaced('the table was made again', true)
  watcher.link.take(outcome(2))
  t.same(counts(), [0, 16, 0, 0])
  watcher.link.queue.node.send = () => true
  watcher.link.queue.repeat(add())
  watcher.link.take(claim(4, 3))
  watcher.link.take(outcome(4, 3))
  t.same(counts(), [8, 16, 0, 0], 'batches begun afterwards are not')
})
