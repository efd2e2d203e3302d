/*
  What one row of the ledger says of a batch that is out.
*/
import { DdbError } from '../../../errors.js'
import type { Outcome } from '../../fate/decide.js'
import type { OpenBatch } from '../../fate/fold.js'
import { rowsText } from '../../fate/row-counts.js'
import type { Run } from '../../run.js'
import type { LedgerRow } from './ledger.js'
import { claimPhase, outcomePhase } from './script.js'

/**
 * Notes a claim; gives the batch whose outcome the row tells, if any.
 * @param leastHad  rows that the target has had at least, as far as rows of the ledger have told
 * @throws {DdbError} DDB_PROTOCOL when the row cannot be about what was sent
 */
export function readReceipt(
  { state, emit }: Pick<Run, 'state' | 'emit'>,
  row: LedgerRow,
  leastHad?: number,
): { readonly batch: OpenBatch; readonly outcome: Outcome } | undefined {
  const batch = state.open.get(row.batchNo)
  // Rows of earlier attempts were dealt with when they came.
  if (batch === undefined || batch.attempt !== row.attempt) return undefined
  if (row.phase !== claimPhase && row.phase !== outcomePhase) return undefined
  if (batch.state !== 'sent' && batch.state !== 'claimed') return undefined
  // What earlier processes have sent is theirs to know.
  if (row.sendNo > state.earlierSendNo && !batch.sendNos.includes(row.sendNo)) {
    throw new DdbError(
      'DDB_PROTOCOL',
      `the server has a receipt for transmission ${row.sendNo} of batch ${batch.no}, which was never sent`,
    )
  }
  if (row.phase === outcomePhase) {
    return { batch, outcome: { rows: row.rowCount, had: row.had, errText: row.errText } }
  }
  if (row.rowCount !== batch.rows) {
    throw new DdbError(
      'DDB_PROTOCOL',
      `the server claimed ${rowsText(row.rowCount ?? 0)} of batch ${batch.no}, which has ${batch.rows}`,
    )
  }
  emit({ kind: 'claimed', lane: batch.lane, no: batch.no, leastHad })
  return undefined
}
