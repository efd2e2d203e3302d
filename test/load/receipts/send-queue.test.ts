import t from 'tap'
import { wholeBatch } from '../../../src/load/delivery/part.js'
import { SendQueue } from '../../../src/load/receipts/send-queue.js'
import { batchOf } from '../../helpers/batches.js'
import { handClock } from '../../helpers/clocks.js'
import { testRun } from '../../helpers/load-run.js'
import { nodeStub } from '../../helpers/receipt-node.js'

/** A queue to a node that takes everything; room for two batches of eighty bytes. */
function scene() {
  const clock = handClock()
  const run = testRun({ delivery: { maxInFlightBytes: 160 } }, { clock })
  const stub = nodeStub()
  const queue = new SendQueue(run, stub.node)
  return { clock, run, stub, queue, add: () => queue.add(wholeBatch(batchOf(8))) }
}

const leader = { host: 'node2', port: 8902 }

t.test('batches go out in order, each transmission under a number of its own', async t => {
  const { queue, add, stub } = scene()
  const { batch } = add()
  add()
  queue.repeat(batch)
  queue.sendAgain(batch)
  t.same(stub.sent, [
    [1, 0, 1],
    [2, 0, 2],
    [1, 0, 3],
    [1, 1, 4],
  ])
})

t.test('sending again is counted, the first time is not', async t => {
  const { queue, add, run } = scene()
  const { batch } = add()
  t.equal(run.counts.batches.retried, 0)
  queue.repeat(batch)
  queue.sendAgain(batch)
  t.equal(run.counts.batches.retried, 2)
})

t.test('there is room until as many bytes are out as may be', async t => {
  const { queue, add } = scene()
  t.ok(queue.hasRoom)
  const { batch } = add()
  t.ok(queue.hasRoom)
  add()
  t.notOk(queue.hasRoom)
  queue.registry.close(batch)
  t.ok(queue.hasRoom)
})

t.test('without a connection batches stay queued, until they are flushed', async t => {
  const { queue, add, stub } = scene()
  stub.isLost = true
  t.match(add(), { room: true, batch: { state: 'queued' } })
  t.same(stub.sent, [])
  stub.isLost = false
  queue.flush()
  queue.flush()
  t.same(stub.sent, [[1, 0, 1]], 'and go out once')
})

t.test(
  'what another node leads is held back: what was never sent, and what was refused',
  async t => {
    const { queue, add, stub } = scene()
    const { batch: refused } = add()
    add()
    queue.registry.refuse(refused, '<NotLeader>node2:8902')
    t.same(queue.held(), [], 'no other node leads')
    queue.leader = leader
    t.notOk(queue.hasRoom)
    t.match(add(), { room: false, batch: { state: 'queued' } })
    t.same(
      queue.held().map(({ batchNo }) => batchNo),
      [1, 3],
    )
    t.same(
      queue.transmitted().map(({ batchNo }) => batchNo),
      [2],
    )
    t.equal(stub.sent.length, 2)
  },
)

t.test('a refused batch goes out after its rest, unless it is closed by then', async t => {
  const { queue, add, clock, stub } = scene()
  const [{ batch: rested }, { batch: closed }] = [add(), add()]
  for (const batch of [rested, closed]) {
    queue.registry.refuse(batch, 'busy')
    queue.sendLater(batch, 100)
  }
  queue.registry.close(closed)
  clock.advance(99)
  t.equal(stub.sent.length, 2)
  clock.advance(1)
  t.same(stub.sent.slice(2), [[1, 1, 3]])
})

t.test('nothing rests any more once a run has ended', async t => {
  const { queue, add, clock, stub } = scene()
  const { batch } = add()
  queue.registry.refuse(batch, 'busy')
  queue.sendLater(batch, 100)
  queue.endRest()
  t.equal(clock.timers, 0)
  clock.advance(100)
  t.equal(stub.sent.length, 1)
})
