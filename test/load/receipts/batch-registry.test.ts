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

/** Of the third process of a run: numbers up to 9 are given, and transmissions below 1,000 were those of others. */
const ofLater = () => newBatchRegistry<string>(10, 1_000)

t.test('new batches have numbers that no process before has given', async t => {
  const registry = ofLater()
  t.equal(registry.nextBatchNo, 10)
  const batch = registry.add('content', 10, 100)
  t.equal(batch.batchNo, 10)
  t.equal(registry.nextBatchNo, 11)
  t.equal(registry.transmit(batch, 5), 1_000)
})

t.test('a batch that an earlier process has sent is taken up as it stood', async t => {
  const registry = ofLater()
  const sent = registry.takeUp('x', 10, 100, { batchNo: 4, attempt: 2, sent: true }, 7)
  t.match(sent, { batchNo: 4, attempt: 2, state: 'sent', sentAtMs: 7, resends: 0, sendNos: [] })
  const queued = registry.takeUp('y', 10, 50, { batchNo: 5, attempt: 0, sent: false }, 7)
  t.match(queued, { state: 'queued' })
  t.match(registry, { openBytes: 150, sentCount: 1, nextBatchNo: 10 })
})

t.test(
  'receipts for what earlier processes have sent are theirs, later ones must be known',
  async t => {
    const registry = ofLater()
    const batch = registry.takeUp('x', 10, 100, { batchNo: 4, attempt: 2, sent: true }, 7)
    t.equal(registry.read(claim(4, 17, 10, 1)), undefined, 'of an earlier attempt')
    t.equal(batch.state, 'sent')
    registry.read(claim(4, 999, 10, 2))
    t.equal(batch.state, 'claimed')
    t.match(registry.read(outcome(4, 999, 10, 2)), { batch, outcome: { rows: 10 } })
    t.throws(() => registry.read(outcome(4, 1_000, 10, 2)), { code: 'DDB_PROTOCOL' })
    t.throws(() => registry.read(claim(4, 999, 9, 2)), { code: 'DDB_PROTOCOL' }, 'other rows')
  },
)

t.test('a batch that is taken up goes on like any other', async t => {
  const registry = ofLater()
  const batch = registry.takeUp('x', 10, 100, { batchNo: 4, attempt: 2, sent: true }, 7)
  registry.refuse(batch, 'busy')
  registry.nextAttempt(batch)
  t.equal(registry.transmit(batch, 9), 1_000)
  t.match(batch, { attempt: 3, resends: 1 })
  registry.close(batch)
  t.match(registry, { openBytes: 0, sentCount: 0 })
})
