import t from 'tap'
import { earlierReceipts } from '../../../../src/load/transport/receipts/earlier-receipts.js'
import type { LedgerRow } from '../../../../src/load/transport/receipts/ledger.js'
import type { ReceiptNode } from '../../../../src/load/transport/receipts/receipt-node.js'
import type { Run } from '../../../../src/load/run.js'
import { batchRecord, inputsRecord, readRun } from '../../../helpers/journals.js'
import { testRun } from '../../../helpers/load-run.js'

const claim = (no: number): LedgerRow => ({
  place: { stream: 1, no, lane: 0, part: 1 },
  cut: BigInt(no),
  attempt: 0,
  phase: 0,
  sendNo: no,
  rowCount: 10,
  errText: '',
})

/** The receipts of a run whose journal knows the first two batches, if it has not lost them. */
function receipts(numbers: readonly number[], isLost: boolean, onDoubt?: 'resend') {
  const { checked, platform } = testRun(onDoubt === undefined ? {} : { delivery: { onDoubt } })
  const found = isLost ? readRun() : readRun(inputsRecord, batchRecord(1), batchRecord(2))
  const history = { journal: { processNumber: 2 }, found }
  const reads = [numbers.map(claim), []]
  const node = { read: () => Promise.resolve(reads.shift()!) } as unknown as ReceiptNode
  const run = { checked, platform, history } as unknown as Run
  return earlierReceipts(run, node, { columns: [], keyed: false }, true)
}

t.test('batches after those in the journal are accepted if none is missing', async t => {
  const earlier = await receipts([2, 4, 3], false)
  t.equal(earlier.cutOf({ stream: 1, no: 4 }), 4n)
  t.equal(earlier.cutOf({ stream: 1, no: 5 }), undefined)
  t.equal(earlier.cutOf({ stream: 2, no: 4 }), undefined)
  t.ok(await receipts([1, 2], true))
  const gap = { code: 'DDB_UNCONFIRMED', message: /do not follow from its journal/ }
  await t.rejects(receipts([1, 2, 4], false), gap)
  await t.rejects(receipts([2, 3], true), gap)
  t.ok(await receipts([1, 2, 4], false, 'resend'), 'a second copy does no harm')
})
