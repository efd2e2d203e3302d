import t from 'tap'
import { DdbError } from '../../../src/errors.js'
import type { Session } from '../../../src/client/open-session.js'
import { Receipts } from '../../../src/load/transport/receipts.js'
import type { LedgerRow } from '../../../src/load/transport/script.js'
import type { Evidence } from '../../../src/load/evidence/evidence.js'
import { Batches } from '../../../src/load/outcomes/batches.js'
import { type Piece, wholePiece } from '../../../src/load/outcomes/pieces.js'
import { Recorder } from '../../../src/load/outcomes/recorder.js'
import type { ReceiptNode } from '../../../src/load/transport/receipt-node.js'
import type { Run } from '../../../src/load/run.js'
import { batchOf } from '../../helpers/batches.js'
import { batchRecord, inputsRecord, readRun } from '../../helpers/journals.js'
import { testRun } from '../../helpers/load-run.js'

const claim = (no: number): LedgerRow => ({
  ...{ stream: 1, no, lane: 0, part: 1 },
  cut: no,
  attempt: 0,
  phase: 0,
  sendNo: no,
  rowCount: 10,
  errText: '',
})

/** The receipts of a run whose journal knows the first two batches, if it has not lost them. */
async function receipts(numbers: readonly number[], isLost: boolean, mayCopy = false) {
  const { checked, platform, state } = testRun()
  const found = isLost ? readRun() : readRun(inputsRecord, batchRecord(1), batchRecord(2))
  const history = { file: {}, now: { begun: { length: 2 } }, found }
  const reads = [numbers.map(claim), []]
  const node = { read: () => Promise.resolve(reads.shift()!) }
  const run = { checked, platform, state, history } as unknown as Run
  const all = new Receipts(
    run,
    { node } as unknown as Batches,
    { mayCopy: () => mayCopy } as unknown as Recorder,
  )
  await all.readEarlier(true)
  return all
}

t.test('batches after those in the journal are accepted if none is missing', async t => {
  const earlier = await receipts([2, 4, 3], false)
  const batch = (stream: number, no: number) => ({ place: { stream, no } })
  const gap = { code: 'DDB_UNCONFIRMED', message: /do not follow from its journal/ }
  t.throws(() => earlier.checkCut(batch(1, 4), 5), gap, 'it was cut elsewhere')
  t.doesNotThrow(() => earlier.checkCut(batch(1, 5), 5))
  t.doesNotThrow(() => earlier.checkCut(batch(2, 4), 5))
  t.ok(await receipts([1, 2], true))
  await t.rejects(receipts([1, 2, 4], false), gap)
  await t.rejects(receipts([2, 3], true), gap)
  t.ok(await receipts([1, 2, 4], false, true), 'a second copy does no harm')
})

/** What an earlier process's ledger says of a part of batch 1: the claim, and the outcome. */
function receiptsOf(part: number, rows: number, taken: number, errText = ''): LedgerRow[] {
  const place = { stream: 1, no: 1, lane: 0, part }
  const row = { ...place, cut: 5, attempt: 0, sendNo: part, errText }
  return [
    { ...row, phase: 0, rowCount: rows, errText: '' },
    { ...row, phase: 1, rowCount: taken },
  ]
}

/** A run that goes on with the pieces of an earlier process, whose ledger has these rows. */
async function resumed(rows: readonly LedgerRow[], keyed: boolean) {
  const { checked, platform, state, ending, ...others } = testRun()
  const now = { begun: { length: 2 } }
  const history = { file: {}, now, found: readRun(), ended: () => undefined }
  const parts = { checked, platform, state, ending, history, target: { columns: [], keyed } }
  const run = { ...others, ...parts, commit: () => undefined } as unknown as Run
  const reads = [rows, []]
  const sent: number[] = []
  const node = {
    ...{ isLost: false, bufferedBytes: 0, isAnswered: false },
    read: () => Promise.resolve(reads.shift()!),
    send: (piece: Piece) => {
      piece.carrier = { closed: false } as Session
      sent.push(piece.place.part)
    },
  } as unknown as ReceiptNode
  const said: string[] = []
  const taken = (count: number) => said.push(`${count} taken`)
  const evidence = { beginStream: () => said.push('sample the next'), taken }
  const recorder = new Recorder(run, evidence as unknown as Evidence)
  const failures: unknown[] = []
  const batches = new Batches(run, recorder, node, error => failures.push(error))
  const all = new Receipts(run, batches, recorder)
  await all.readEarlier(true)
  return { batches, all, state, sent, said, failures }
}

for (const word of ['there', 'gone']) {
  t.test(`an earlier process sent halves, whose receipts are ${word}`, async t => {
    const outside = 'The column is not defined in the partitioning scheme'
    const rows = [receiptsOf(1, 4, -1, outside), receiptsOf(2, 2, 2), receiptsOf(3, 2, 2)].flat()
    const { batches, all, state, sent, said, failures } = await resumed(rows, false)
    const piece = wholePiece(batchOf(4), 5)
    all.takeUp({ piece, isSent: true })
    t.same(sent, [2], 'the ledger keeps this copy of a half from being written')
    if (word === 'gone') batches.loseHalves('the server forgot its receipts')
    all.take([])
    all.take([])
    t.equal(state.open.size, 0)
    const [halves, unconfirmed] = word === 'gone' ? [[2], 2] : [[2, 3], 0]
    t.same(sent, halves, 'a half that may be there is not sent again')
    t.match(state.rows, { confirmed: 4 - unconfirmed, unconfirmed })
    t.same(said.slice(0, 2), ['sample the next', '2 taken'], 'the first rows that the table took')
    t.same(failures, [])
  })
}

t.test('a batch that is handed over after the run has given up is not left waiting', async t => {
  const [claim, outcome] = receiptsOf(1, 4, 4)
  const { batches, all, state, sent } = await resumed([claim!], true)
  all.takeUp({ piece: wholePiece(batchOf(4), 5), isSent: true })
  batches.stop(new DdbError('DDB_UNCONFIRMED', 'an earlier batch'))
  const second = batchOf(4)
  const next = wholePiece({ ...second, place: { ...second.place!, no: 2 } }, 6)
  all.takeUp({ piece: next, isSent: true })
  all.take([outcome!])
  t.same([state.open.size, state.rows.confirmed, state.rows.unconfirmed, sent], [0, 4, 4, []])
})

t.test('a batch that waits for one that only another node takes does not wait forever', async t => {
  const [claim, outcome] = receiptsOf(1, 4, -1, '<NotLeader>127.0.0.1:1:dnode2')
  const { batches, all, state, sent, failures } = await resumed([claim!], true)
  all.takeUp({ piece: wholePiece(batchOf(4), 5), isSent: true })
  const second = batchOf(4)
  const next = wholePiece({ ...second, place: { ...second.place!, no: 2 } }, 6)
  all.takeUp({ piece: next, isSent: true })
  all.take([outcome!])
  await batches.moveToLeader(1)
  t.same([state.open.size, state.rows.unconfirmed, sent], [0, 8, []])
  t.match(failures, [{ code: 'DDB_UNCONFIRMED' }])
})
