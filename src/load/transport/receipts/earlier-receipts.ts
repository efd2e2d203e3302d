/*
  The receipts of batches that earlier processes of a run have sent, read from the ledger (table of receipts).
*/
import { DdbError } from '../../../errors.js'
import type { TargetDescription } from '../../target/describe-target.js'
import type { Run } from '../../run.js'
import { remedies } from '../../remedies.js'
import type { LedgerRow } from './ledger.js'
import type { ReceiptNode } from './receipt-node.js'
import { claimPhase, outcomePhase } from './script.js'
import { rowsText } from '../../outcomes/row-counts.js'

export interface EarlierReceipts {
  /** Highest batch number that earlier processes may have used. New batches get higher numbers. */
  readonly lastNo: number
  /** The process's first send number, higher than all earlier ones. */
  readonly firstSendNo: number
  /** Whether the ledger exists. Without it, the outcome of batches without an outcome in the journal stays unknown. */
  readonly isLedgerKept: boolean
  /** True if the run resends batches of unknown outcome, because the table drops a second copy or the user accepts it. */
  readonly resends: boolean
  /** The claim (the server has begun the batch) and then the outcome of the last attempt; empty if there is no claim. */
  of(batchNo: number): readonly LedgerRow[]
  /** Adds a receipt of a batch that this process has not reached in the input yet. */
  add(row: LedgerRow): void
}

/** More than the number of copies that one process can send. */
const sendNosOfProcess = 2 ** 36

export const noEarlierReceipts: EarlierReceipts = {
  lastNo: 0,
  firstSendNo: 1,
  isLedgerKept: true,
  resends: false,
  of: () => [],
  add: () => undefined,
}

/**
 * Reads the ledger from its beginning and compares it with the journal.
 * @param hasLedger  whether the ledger of the last process exists
 * @throws {DdbError} DDB_UNCONFIRMED if the server has begun batches that the journal does not know
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function earlierReceipts(
  run: Run,
  node: ReceiptNode,
  description: TargetDescription,
  hasLedger: boolean,
): Promise<EarlierReceipts> {
  const { checked } = run
  const { journal } = run.history
  if (journal === undefined) return noEarlierReceipts
  const upsert = checked.target.kind === 'table' && checked.target.method === 'upsert'
  const resends = checked.onDoubt === 'resend' || upsert || description.dropsDuplicates === true
  const byNo = new Map<number, LedgerRow[]>()
  let lastNo = journal.lastNo
  let unknownRows = 0
  for (;;) {
    const rows = hasLedger ? await node.read(checked.confirmTimeoutMs) : []
    if (rows.length === 0) break
    for (const row of rows) {
      if (row.phase !== claimPhase && row.phase !== outcomePhase) continue
      if (row.batchNo > journal.lastNo && row.phase === claimPhase) {
        unknownRows += row.rowCount ?? 0
      }
      lastNo = Math.max(lastNo, row.batchNo)
      keepLastAttempt(byNo, row)
    }
  }
  if (unknownRows > 0 && !resends) throw unknownToJournal(unknownRows)
  return {
    lastNo,
    firstSendNo: journal.processNumber * sendNosOfProcess,
    isLedgerKept: run.history.found.processes === 0 || hasLedger,
    resends,
    of: batchNo => byNo.get(batchNo) ?? [],
    add: row => keepLastAttempt(byNo, row),
  }
}

function keepLastAttempt(byNo: Map<number, LedgerRow[]>, row: LedgerRow): void {
  const known = byNo.get(row.batchNo)
  if (known === undefined || known[0]!.attempt < row.attempt) byNo.set(row.batchNo, [row])
  else if (known[0]!.attempt === row.attempt) known.push(row)
}

function unknownToJournal(rows: number): DdbError {
  return new DdbError(
    'DDB_UNCONFIRMED',
    `the server has begun batches of ${rowsText(rows)} that the journal of this run does not know: the journal's end was lost, as in a power cut. ` +
      remedies.removeThenRestart(),
  )
}
