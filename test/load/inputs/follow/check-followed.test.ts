import t from 'tap'
import type { Delivery } from '../../../../src/load/transport/delivery.js'
import { checkFollowed } from '../../../../src/load/inputs/follow/followed-inputs.js'
import type { ConfirmUsed } from '../../../../src/load/options.js'
import type { Journal } from '../../../../src/load/journal/journal.js'
import type { Run } from '../../../../src/load/run.js'
import { testRun } from '../../../helpers/load-run.js'

const delivery = (used: ConfirmUsed): Delivery => ({ used }) as Delivery

t.test('following files requires a journal that records single batches', t => {
  const plain = testRun({ input: { follow: true } })
  const journal = {} as Journal
  const journaled: Run = { ...plain, history: { ...plain.history, journal } }
  for (const used of ['receipts', 'answers'] as const) {
    t.doesNotThrow(() => checkFollowed(journaled, delivery(used)))
  }
  for (const used of ['none'] as const) {
    t.throws(() => checkFollowed(journaled, delivery(used)), { code: 'DDB_USAGE' })
    t.doesNotThrow(() => checkFollowed(plain, delivery(used)), 'without a journal')
  }
  t.end()
})
