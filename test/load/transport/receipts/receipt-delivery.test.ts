import t from 'tap'
import { ConnectionError } from '../../../../src/errors.js'
import { uncertainLines } from '../../../../src/load/outcomes/projections.js'
import { openReceiptDelivery } from '../../../../src/load/transport/receipts/receipt-delivery.js'
import type { DeliveryOptions } from '../../../../src/load/options.js'
import { batchOf } from '../../../helpers/batches.js'
import { handClock } from '../../../helpers/clocks.js'
import { closedGate } from '../../../helpers/gate.js'
import { outcome, watchedRun } from '../../../helpers/receipt-node.js'

/** A delivery on a clock that the test moves. */
function scene(delivery: DeliveryOptions = {}) {
  const clock = handClock()
  const { run, stub, watcher, counts } = watchedRun({ delivery, machine: { clock } })
  const opened = openReceiptDelivery(watcher.link.setup)
  let batches = 0
  return {
    run,
    stub,
    counts,
    delivery: opened,
    deliver: () => {
      run.emit({ kind: 'records', upTo: run.state.rows.read + 8 })
      return opened.deliver(batchOf(8, 8 * batches++))
    },
    /** Moves the clock until the condition holds. */
    until: async (isSo: () => boolean) => {
      while (!isSo()) {
        await Promise.resolve()
        clock.advance(1)
      }
    },
  }
}

t.test('every batch is sent at once and is confirmed by its receipt', async t => {
  const { delivery, deliver, stub, counts, run, until } = scene()
  t.equal(delivery.used, 'receipts')
  t.equal(deliver(), undefined)
  t.equal(deliver(), undefined)
  t.equal(stub.sent.length, 2)
  t.equal(delivery.inFlightBytes, 160)
  t.equal(run.state.sentRows, 16)
  stub.ledger.push([outcome(1)], [outcome(2)])
  let finished = false
  const finishing = delivery.finish().then(() => (finished = true))
  await until(() => finished)
  await finishing
  t.same(counts(), [16, 0, 0, 0])
  t.equal(delivery.inFlightBytes, 0)
  t.same(uncertainLines(run.state), [])
})

t.test('if too much is in flight, a receipt makes room', async t => {
  const { deliver, stub, until } = scene({ maxInFlightBytes: 80 })
  const room = deliver()
  t.type(room, Promise)
  let hasRoom = false
  const waiting = Promise.resolve(room).then(() => (hasRoom = true))
  for (let i = 0; i < 100; i++) await Promise.resolve()
  t.notOk(hasRoom)
  stub.ledger.push([outcome(1)])
  await until(() => hasRoom)
  await waiting
})

t.test('there is no room until the kernel has taken the earlier bytes', async t => {
  const { deliver, stub, until, counts } = scene({ maxInFlightBytes: 80 })
  const kernel = closedGate()
  stub.answers.drained = () => kernel.opened
  let hasRoom = false
  const waiting = Promise.resolve(deliver()).then(() => (hasRoom = true))
  stub.ledger.push([outcome(1)])
  await until(() => counts()[0] === 8)
  for (let i = 0; i < 100; i++) await Promise.resolve()
  t.notOk(hasRoom)
  kernel.open()
  await waiting
  t.ok(hasRoom)
})

t.test('leaving ends the wait for room, and no more batches are accepted', async t => {
  const { delivery, deliver, run } = scene({ maxInFlightBytes: 80 })
  const room = deliver()
  const reason = new ConnectionError('DDB_CONNECTION_LOST', 'interrupted')
  delivery.leave(reason)
  await t.rejects(Promise.resolve(room), reason)
  t.throws(() => void deliver(), reason)
  t.equal(run.state.sentRows, 8, 'a batch that was not accepted does not count as sent')
})

t.test('closing lets the node finish', async t => {
  const { delivery, stub } = scene()
  await delivery.close()
  t.same(stub.asked, ['close'])
})
