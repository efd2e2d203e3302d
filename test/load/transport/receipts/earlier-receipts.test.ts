import t from 'tap'
import type { TargetDescription } from '../../../../src/load/target/describe-target.js'
import type { Journal } from '../../../../src/load/journal/journal.js'
import type { JournaledRun } from '../../../../src/load/outcomes/journaled-run.js'
import { readRun } from '../../../helpers/journals.js'
import type { JournalRecord } from '../../../../src/load/journal/journal-record.js'
import type { LoadOptions } from '../../../../src/load/options.js'
import type { LedgerRow } from '../../../../src/load/transport/receipts/ledger.js'
import {
  earlierReceipts,
  noEarlierReceipts,
} from '../../../../src/load/transport/receipts/earlier-receipts.js'
import { targetRecord } from '../../../helpers/journals.js'
import { testRun } from '../../../helpers/load-run.js'
import { claim, nodeStub, outcome } from '../../../helpers/receipt-node.js'
import { RunModel } from '../../outcomes/run-model.js'

/** A run that has sent two batches of eight rows. The first batch is confirmed. */
const model = new RunModel()
const sentTwo: JournalRecord[] = [
  ...model.first,
  targetRecord,
  ...model.step({ kind: 'batch', input: 0, rows: 8 }),
  ...model.step({ kind: 'batch', input: 0, rows: 8 }),
  ...model.step({ kind: 'ended', which: 0, how: 'confirmed' }),
]

interface Change {
  readonly records?: readonly JournalRecord[]
  readonly hasLedger?: boolean
  readonly ledger?: readonly LedgerRow[][]
  readonly options?: Partial<LoadOptions>
  readonly description?: Partial<TargetDescription>
}

function earlier({
  records = sentTwo,
  hasLedger = true,
  ledger = [],
  options = {},
  description = {},
}: Change) {
  const run = testRun(options)
  const process: JournalRecord = { kind: 'process', number: 2, startedAt: '' }
  const found: JournaledRun = records.length === 0 ? readRun() : readRun(process, ...records)
  const journal = {
    found,
    past: found,
    lastNo: found.lastNo,
    processNumber: 3,
  } as Journal
  const stub = nodeStub()
  stub.ledger.push(...ledger)
  const described = { columns: [], keyed: false, ...description }
  return earlierReceipts(
    { ...run, history: { ...run.history, found, journal } },
    stub.node,
    described,
    hasLedger,
  )
}

t.test('without a journal there are no earlier receipts', async t => {
  const found = await earlierReceipts(
    testRun(),
    nodeStub().node,
    { columns: [], keyed: false },
    true,
  )
  t.equal(found, noEarlierReceipts)
  t.strictSame(found.of(1), [])
})

t.test('claim and outcome of a batch are found, in one read or in two reads', async t => {
  const found = await earlier({ ledger: [[claim(1), outcome(1), claim(2)], [outcome(2)]] })
  t.strictSame(found.of(1), [claim(1), outcome(1)])
  t.strictSame(found.of(2), [claim(2), outcome(2)])
  t.strictSame(found.of(3), [], 'the server never began it')
})

t.test('only receipts of the last attempt count', async t => {
  const found = await earlier({
    ledger: [
      [
        { ...claim(0), phase: 8 },
        { ...claim(77), phase: 5 },
        claim(1),
        { ...outcome(1), rowCount: -1, errText: 'busy' },
        claim(1, 5, 1),
      ],
      [outcome(1, 5, 1)],
    ],
  })
  t.strictSame(found.of(1), [claim(1, 5, 1), outcome(1, 5, 1)])
  t.strictSame([found.of(0), found.of(77)], [[], []])
  t.equal(found.lastNo, 2)
})

t.test('a later receipt is added; a receipt of an earlier attempt changes nothing', async t => {
  const found = await earlier({ ledger: [[claim(2, 2, 1)]] })
  found.add(outcome(2, 2, 1))
  found.add(outcome(2, 1, 0))
  t.strictSame(found.of(2), [claim(2, 2, 1), outcome(2, 2, 1)])
  found.add(claim(2, 9, 2))
  t.strictSame(found.of(2), [claim(2, 9, 2)])
})

t.test('send numbers are higher than those of all earlier processes', async t => {
  const { firstSendNo } = await earlier({})
  t.equal(firstSendNo, 3 * 2 ** 36)
  t.ok(Number.isSafeInteger(100_000 * 2 ** 36))
})

t.test(
  'batches unknown to the journal end the run, because the end of the journal was lost',
  async t => {
    await t.rejects(earlier({ ledger: [[claim(1), claim(3), outcome(3)], [claim(4)]] }), {
      code: 'DDB_UNCONFIRMED',
      message: /batches of 16 rows/,
    })
  },
)

t.test(
  'if a second copy is harmless or wanted, unknown batches are sent again with new numbers',
  async t => {
    const ledger = [[claim(1), claim(9), outcome(9)]]
    const cases: Change[] = [
      { options: { delivery: { onDoubt: 'resend' } } },
      { options: { target: { table: 't', method: 'upsert', keyColumns: ['id'] } } },
      { description: { dropsDuplicates: true } },
    ]
    for (const change of cases) {
      t.match(await earlier({ ledger, ...change }), { resends: true, lastNo: 9 })
    }
    t.match(await earlier({}), { resends: false, lastNo: 2 })
  },
)

t.test('if the server has lost the ledger, the run does not ask for it', async t => {
  const found = await earlier({ hasLedger: false, ledger: [[claim(1)]] })
  t.match(found, { isLedgerKept: false, lastNo: 2 })
  t.strictSame(found.of(1), [])
  t.match(await earlier({ hasLedger: false, records: [] }), { isLedgerKept: true }, 'of a new run')
})
