import t from 'tap'
import { Receipts } from '../../../../src/load/transport/receipts/receipts.js'
import type { LedgerRow } from '../../../../src/load/transport/receipts/ledger.js'
import type { Batches } from '../../../../src/load/outcomes/batches.js'
import type { Recorder } from '../../../../src/load/outcomes/recorder.js'
import type { Run } from '../../../../src/load/run.js'
import type { Batch } from '../../../../src/parse/batch.js'
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
async function receipts(
  numbers: readonly number[],
  isLost: boolean,
  mayCopyEarlier = false,
): Promise<Receipts> {
  const { checked, platform, state } = testRun()
  const found = isLost ? readRun() : readRun(inputsRecord, batchRecord(1), batchRecord(2))
  const history = { journal: { processNumber: 2 }, found }
  const reads = [numbers.map(claim), []]
  const node = { read: () => Promise.resolve(reads.shift()!) }
  const run = { checked, platform, state, history } as unknown as Run
  const all = new Receipts(
    run,
    { node } as unknown as Batches,
    { mayCopyEarlier } as unknown as Recorder,
  )
  await all.readEarlier(true)
  return all
}

t.test('batches after those in the journal are accepted if none is missing', async t => {
  const earlier = await receipts([2, 4, 3], false)
  const batch = (stream: number, no: number): Batch =>
    ({ place: { stream, no }, ranges: [] }) as unknown as Batch
  const gap = { code: 'DDB_UNCONFIRMED', message: /do not follow from its journal/ }
  t.throws(() => earlier.checkCut(batch(1, 4), undefined), gap, 'it was cut elsewhere')
  t.doesNotThrow(() => earlier.checkCut(batch(1, 5), undefined))
  t.doesNotThrow(() => earlier.checkCut(batch(2, 4), undefined))
  t.ok(await receipts([1, 2], true))
  await t.rejects(receipts([1, 2, 4], false), gap)
  await t.rejects(receipts([2, 3], true), gap)
  t.ok(await receipts([1, 2, 4], false, true), 'a second copy does no harm')
})
