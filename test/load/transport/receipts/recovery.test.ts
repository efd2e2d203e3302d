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

/** Three batches: confirmed, sent, and queued while the connection is lost. */
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

t.test('reconnecting: what has no outcome goes out again, and what was held back', async t => {
  const { watcher, stub, counts } = await scene()
  await reconnect(watcher.link)
  t.same(stub.sent, [
    [2, 0, 3],
    [3, 0, 4],
  ])
  t.same(counts(), [8, 0, 0, 0])
})

t.test('reconnecting: a server that lost its memory has lost the rows in it', async t => {
  for (const inMemory of [true, false]) {
    const { watcher, stub, counts } = await scene({ target: { inMemory } })
    stub.answers.restore = restoring('lost')
    await reconnect(watcher.link)
    t.same(stub.asked, ['restore', 'reopen'])
    t.same(counts(), inMemory ? [0, 16, 0, 0] : [8, 8, 0, 0])
  }
})

t.test('reconnecting: what a server forgot is sent again where that was chosen', async t => {
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
  t.same(counts(), [0, 8, 0, 0], 'what was confirmed is not sent again')
})

t.test('reconnecting: without retries no connection is opened', async t => {
  const { watcher, stub, counts } = await scene({ delivery: { retries: 0 } })
  await reconnect(watcher.link)
  t.match(watcher.link.failure, { code: 'DDB_CONNECTION_LOST' })
  t.same(stub.asked, [])
  t.same(
    counts(),
    [8, 0, 0, 8],
    'what was never sent is unsent; what is out may still be asked for',
  )
  stub.isControlLost = true
  await t.rejects(reconnect(watcher.link), { code: 'DDB_CONNECTION_LOST' })
})

t.test('reconnecting: connections that are lost again and again end the run', async t => {
  const { watcher, stub } = await scene()
  for (let i = 0; i < 3; i++) await reconnect(watcher.link)
  await t.rejects(reconnect(watcher.link), { code: 'DDB_CONNECTION_LOST' })
  t.equal(stub.asked.length, 3, 'as often as there are retries')
})

t.test('reconnecting: a failure is thrown, but for one of a server that is silent', async t => {
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

t.test('a ledger that is gone: the run goes on under another one', async t => {
  const { watcher, stub, counts } = await scene()
  stub.isLost = false
  await ledgerIsGone(watcher.link)
  t.same(stub.asked, ['reopen'])
  t.same(counts(), [8, 8, 0, 0], 'what is on disk or in memory stays confirmed')
  t.same(stub.sent, [[3, 0, 3]])
})

t.test('a ledger that is gone with the target ends the run', async t => {
  const { watcher, stub, counts } = await scene({ delivery: { onDoubt: 'resend' } })
  stub.answers.reopen = () => Promise.resolve(false)
  await t.rejects(ledgerIsGone(watcher.link), { code: 'DDB_UNCONFIRMED' })
  t.same(counts(), [8, 8, 0, 0])
})

const leader = { host: 'node2', port: 8902 }

/** The second of three batches is refused by a node that does not lead. */
async function redirected(follow: WatchedChange['follow']) {
  const here = watchedRun(follow === undefined ? {} : { follow })
  for (let i = 0; i < 2; i++) here.add()
  here.stub.ledger.push([refusal(2, '<NotLeader>node2:8902')])
  await readLedger(here.watcher.link)
  here.add()
  return here
}

t.test('a node is left once it has answered for all it was sent', async t => {
  const next = nodeStub()
  const followed: object[] = []
  const here = await redirected(to => {
    followed.push(to)
    return Promise.resolve(next.node)
  })
  await moveToLeader(here.watcher.link)
  t.same(followed, [], 'the first batch is still out')
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

t.test('a node that cannot be left in order is left all the same', async t => {
  const next = nodeStub()
  const { watcher, stub } = await redirected(() => Promise.resolve(next.node))
  stub.ledger.push([outcome(1)])
  await readLedger(watcher.link)
  stub.answers.finish = () => Promise.reject(new TimeoutError('late'))
  await moveToLeader(watcher.link)
  t.same(stub.asked, ['finish', 'leave'])
  t.equal(watcher.link.queue.node, next.node)
})

t.test('where the leader cannot be had, what waited for it is unsent', async t => {
  const { watcher, stub, counts } = await redirected(() =>
    Promise.reject(new ConnectionError('DDB_CONNECT', 'not a host that was named')),
  )
  stub.ledger.push([outcome(1)])
  await readLedger(watcher.link)
  await moveToLeader(watcher.link)
  t.match(watcher.link.failure, { code: 'DDB_CONNECT' })
  t.same(counts(), [8, 0, 0, 16])
})

t.test('nodes that send us on and on are not followed for ever', async t => {
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

/** A run with eight confirmed rows in memory that is at its end. */
async function ended(change: WatchedChange = {}) {
  const here = watchedRun(change)
  here.add()
  here.stub.ledger.push([outcome(1)])
  await readLedger(here.watcher.link)
  return here
}

t.test('the end: what the run has on the server is removed', async t => {
  const { watcher, stub, counts } = await ended()
  const kept: boolean[] = []
  stub.answers.finish = (_, keepLedger) => Promise.resolve(void kept.push(keepLedger))
  await endMemory(watcher.link)
  t.same(kept, [false])
  t.same(counts(), [8, 0, 0, 0])
})

t.test('the end: a ledger stays where batches are uncertain', async t => {
  const { watcher, stub, add } = await ended()
  watcher.link.carryOut.giveUp(add(), 'no receipt')
  const kept: boolean[] = []
  stub.answers.finish = (_, keepLedger) => Promise.resolve(void kept.push(keepLedger))
  await endMemory(watcher.link)
  t.same(kept, [true])
})

t.test(
  'the end: rows of a server that is lost by then are taken back, unless it remembers',
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

t.test('the end: a stored table that could not be looked at holds nothing for certain', async t => {
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

t.test('the end: a farewell that is not answered changes nothing', async t => {
  const { watcher, stub, counts } = await ended()
  stub.answers.finish = () => Promise.reject(new TimeoutError('late'))
  await endMemory(watcher.link)
  t.same(counts(), [8, 0, 0, 0])
})

t.test('the end: where nobody knows whether the server remembers, rows in memory go', async t => {
  for (const inMemory of [true, false]) {
    const { watcher, stub, counts } = await ended({ target: { inMemory } })
    watcher.link.hears('gone')
    await endMemory(watcher.link)
    t.same(stub.asked, [])
    t.same(counts(), inMemory ? [0, 8, 0, 0] : [8, 0, 0, 0])
  }
})

t.test(
  'the end: a run whose connection was lost asks whether the server is still there',
  async t => {
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
  },
)

t.test('reconnecting: what another connection carries has lost nothing', async t => {
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

t.test('what was begun before confirmed rows were gone may be gone with them', async t => {
  const { watcher, recorder, add, counts } = await scene()
  watcher.link.take(claim(2))
  recorder.replaced('the table was made again', true)
  watcher.link.take(outcome(2))
  t.same(counts(), [0, 16, 0, 0])
  watcher.link.queue.node.send = () => true
  watcher.link.queue.repeat(add())
  watcher.link.take(claim(4, 3))
  watcher.link.take(outcome(4, 3))
  t.same(counts(), [8, 16, 0, 0], 'what was begun afterwards is not')
})
