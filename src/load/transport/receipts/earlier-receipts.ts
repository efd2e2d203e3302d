/*
  What the ledger tells about batches that earlier processes of a run have sent.
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
  /** Highest batch number that other processes may have used. Outside plans, new batches get higher numbers. */
  readonly lastNo: number
  /** First number for transmissions: higher than all earlier ones. */
  readonly firstSendNo: number
  /** Whether the ledger exists. Otherwise batches without an outcome in the journal keep an unknown outcome. */
  readonly isLedgerKept: boolean
  /** True if the run sends batches of unknown outcome again: a second copy changes nothing, or the user wants that. */
  readonly resends: boolean
  /** Claim and outcome of the last attempt, the claim first; empty if the server never began the batch. */
  of(batchNo: number): readonly LedgerRow[]
  /** Adds a row about a batch that this process has not yet reached in the input. */
  add(row: LedgerRow): void
}

/** More than the number of transmissions that a process can make. */
const sendNosOfProcess = 2 ** 36

/** Highest batch number. Other processes of the same unit may have used any number up to it. */
const mostNo: number = Number.MAX_SAFE_INTEGER

/** Number of a process's first transmission: random, because processes of a unit do not know of each other. */
function anySendNo({ platform: { random } }: Run): number {
  const [high, low] = new Uint32Array(random.bytes(8).slice().buffer)
  return (high! % 2 ** 20) * 2 ** 32 + low! + 1
}

export const noEarlierReceipts: EarlierReceipts = {
  lastNo: 0,
  firstSendNo: 1,
  isLedgerKept: true,
  resends: false,
  of: () => [],
  add: () => undefined,
}

/**
 * Reads the ledger from its beginning, and compares it with the journal.
 * @param hasLedger  whether the ledger of the last process exists
 * @throws {DdbError} DDB_UNCONFIRMED if the server has batches that the journal does not know
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function earlierReceipts(
  run: Run,
  node: ReceiptNode,
  description: TargetDescription,
  hasLedger: boolean,
): Promise<EarlierReceipts> {
  const { plan } = run
  const { journal } = run.history
  if (plan.unit === undefined && journal === undefined) return noEarlierReceipts
  const upsert = plan.target.kind === 'table' && plan.target.method === 'upsert'
  const resends = plan.onDoubt === 'resend' || upsert || description.dropsDuplicates === true
  const byNo = new Map<number, LedgerRow[]>()
  let lastNo = journal?.lastNo ?? mostNo
  let unknownRows = 0
  for (;;) {
    const rows = hasLedger || journal === undefined ? await node.read(plan.confirmTimeoutMs) : []
    if (rows.length === 0) break
    for (const row of rows) {
      if (row.phase !== claimPhase && row.phase !== outcomePhase) continue
      if (journal !== undefined && row.batchNo > journal.lastNo && row.phase === claimPhase) {
        unknownRows += row.rowCount ?? 0
      }
      lastNo = Math.max(lastNo, row.batchNo)
      keepLastAttempt(byNo, row)
    }
  }
  if (unknownRows > 0 && !resends) throw unknownToJournal(unknownRows)
  return {
    lastNo,
    firstSendNo: journal === undefined ? anySendNo(run) : journal.processNumber * sendNosOfProcess,
    isLedgerKept: journal === undefined || run.history.found.processes === 0 || hasLedger,
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
