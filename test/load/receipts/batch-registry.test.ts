import t from 'tap'
import { newBatchRegistry, type LedgerRow } from '../../../src/load/receipts/batch-registry.js'

const claim = (batchNo: number, sendNo: number, rowCount = 10, attempt = 0): LedgerRow => ({
  batchNo,
  attempt,
  phase: 0,
  sendNo,
  rowCount,
  errText: '',
})
const outcome = (batchNo: number, sendNo: number, rowCount = 10, attempt = 0): LedgerRow => ({
  ...claim(batchNo, sendNo, rowCount, attempt),
  phase: 1,
})

/** A registry with one batch of ten rows, sent once. */
function sentOne() {
  const registry = newBatchRegistry<string>()
  const batch = registry.add('content', 10, 100)
  const sendNo = registry.transmit(batch, 5)
  return { registry, batch, sendNo }
}

t.test('a batch is queued, sent, claimed, ended by its outcome, and closed', async t => {
  const registry = newBatchRegistry<string>()
  const batch = registry.add('content', 10, 100)
  t.match(batch, { batchNo: 1, attempt: 0, state: 'queued', resends: 0 })
  t.match(registry, { openBytes: 100, sentCount: 0 })
  t.equal(registry.transmit(batch, 5), 1)
  t.match(batch, { state: 'sent', sentAtMs: 5, resends: 0 })
  t.equal(registry.sentCount, 1)
  t.equal(registry.read(claim(1, 1)), undefined)
  t.equal(batch.state, 'claimed')
  t.match(registry.read(outcome(1, 1)), { batch, outcome: { rows: 10, errText: '' } })
  registry.close(batch)
  t.match(registry, { openBytes: 0, sentCount: 0 })
  t.equal(registry.open.size, 0)
})

t.test('an outcome that is read before its claim ends the batch', async t => {
  const { registry, batch, sendNo } = sentOne()
  t.match(registry.read(outcome(1, sendNo)), { batch })
  t.equal(registry.read(claim(1, sendNo)), undefined)
})

t.test('a copy keeps the attempt, and either number may claim', async t => {
  const { registry, batch, sendNo } = sentOne()
  const second = registry.transmit(batch, 50)
  t.not(second, sendNo)
  t.match(batch, { attempt: 0, resends: 1, sentAtMs: 5 })
  registry.read(claim(1, second))
  t.equal(registry.transmit(batch, 60), second + 1, 'also while it is claimed')
  t.equal(batch.state, 'claimed')
})

t.test(
  'the next attempt has numbers of its own, and receipts of the last one say nothing',
  async t => {
    const { registry, batch, sendNo } = sentOne()
    registry.read(claim(1, sendNo))
    registry.refuse(batch, 'busy')
    t.match(batch, { state: 'refused', refusal: 'busy' })
    t.equal(registry.sentCount, 0)
    registry.nextAttempt(batch)
    t.match(batch, { state: 'queued', attempt: 1, sendNos: [] })
    const again = registry.transmit(batch, 90)
    t.match(batch, { state: 'sent', resends: 1, sentAtMs: 90 })
    t.equal(registry.read(outcome(1, sendNo)), undefined, 'of attempt 0')
    t.match(registry.read(outcome(1, again, 10, 1)), { batch })
  },
)

t.test('rows of the ledger that are about nothing open are passed over', async t => {
  const { registry, batch, sendNo } = sentOne()
  t.equal(registry.read(outcome(7, sendNo)), undefined, 'no such batch')
  t.equal(registry.read({ ...claim(0, 0), phase: 8 }), undefined, 'the probe')
  t.equal(registry.read({ ...claim(1, sendNo), phase: 5 }), undefined, 'no such phase')
  registry.close(batch)
  t.equal(registry.read(outcome(1, sendNo)), undefined, 'closed')
})

t.test('a receipt for what was never sent, or for other rows, is a broken server', async t => {
  const { registry, sendNo } = sentOne()
  t.throws(() => registry.read(claim(1, sendNo + 1)), { code: 'DDB_PROTOCOL' })
  t.throws(() => registry.read(outcome(1, 999)), { code: 'DDB_PROTOCOL' })
  t.throws(() => registry.read(claim(1, sendNo, 9)), { code: 'DDB_PROTOCOL', message: /9 rows/ })
})

t.test('steps that cannot follow each other are a bug', async t => {
  const { registry, batch } = sentOne()
  t.throws(() => registry.nextAttempt(newBatchRegistry<string>().add('x', 1, 1)), {
    code: 'DDB_INTERNAL',
  })
  registry.close(batch)
  for (const step of [
    () => registry.close(batch),
    () => registry.transmit(batch, 0),
    () => registry.refuse(batch, ''),
    () => registry.nextAttempt(batch),
  ]) {
    t.throws(step, { code: 'DDB_INTERNAL' })
  }
})
