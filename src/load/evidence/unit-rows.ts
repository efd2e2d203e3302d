/*
  Detects rows of a plan's unit that are in the table although this server has no record of them: because a restart of the
  server lost the records but not the table, or because another load stored the same rows (docs/decisions/0068).
*/
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import { longsOf } from '../marker/marker.js'
import { remedies } from '../remedies.js'
import type { Run } from '../run.js'
import { watchedTable } from '../journal/target-identity.js'
import { tableText } from '../target/target.js'
import { claimsQuery } from '../transport/receipts/script.js'
import { unitBatchNo } from '../fate/unit-numbers.js'
import type { Evidence } from './evidence.js'
import { findScript } from './find-rows.js'
import type { SampleRow } from './sample-rows.js'
import { countThere, type UnsentCheck } from './unsent-rows.js'

/** For a table in memory: after a restart it is empty unless persisted, and searching all of it takes time. */
const batchesInMemory = 2
/** More than one, as the table may refuse some. */
const rowsOfBatch = 8

/**
 * Call it for each batch of the unit, in order.
 * @returns undefined if nothing needs to be or can be looked up
 */
export function unitCheck(run: Run, control: Session, evidence: Evidence): UnsentCheck | undefined {
  const { plan, history } = run
  const table = watchedTable(plan)
  if (plan.unit?.looksUp !== true || table === undefined || plan.target.kind !== 'table') {
    return undefined
  }
  const { dropsDuplicates, inMemory } = evidence.identity
  if (plan.onDoubt === 'resend' || dropsDuplicates) return undefined
  const most = inMemory ? batchesInMemory : Infinity
  const { confirmTimeoutMs: timeoutMs } = plan
  let batches = 0
  const isClaimed = async (no: number): Promise<boolean> => {
    const answer = await control.run(claimsQuery(history.name.ledger!, no), { timeoutMs })
    return longsOf(answer)[0] !== 0n
  }
  return async batch => {
    if (batches === most) return
    const no = unitBatchNo(++batches)
    if (await isClaimed(no)) return
    const rows: SampleRow[] = []
    const count = Math.min(batch.rowCount, rowsOfBatch)
    for (let i = 0; i < count; i++) {
      const row = evidence.samples.at(batch, Math.floor((i * batch.rowCount) / count))
      if (row !== undefined) rows.push(row)
    }
    if (rows.length === 0) return
    const there = await countThere(control, findScript(table, rows), rows, timeoutMs)
    // Another process of the unit may have sent them meanwhile; the server may have refused some of them earlier.
    if (2 * there < rows.length || (await isClaimed(no))) return
    const { file, lineNumber } = batch.locate(0)
    throw new DdbError(
      'DDB_UNPROVEN',
      `rows from ${file}:${lineNumber} on are in "${tableText(table)}" already, and the server does not know that run "${plan.runId}" has sent them: ` +
        `it was restarted, or another load has stored the same rows. ${remedies.rowsOfUnit()}`,
    )
  }
}
