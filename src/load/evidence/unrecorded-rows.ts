/*
  Several processes can load one plan, which divides the inputs into units. This file detects rows of a unit that are in the table
  although this server has no record of them. Either a restart of the server removed the records but not the table, or a different
  load stored the same rows (docs/decisions/0068).
*/
import type { Session } from '../../client/open-session.js'
import type { Batch } from '../../parse/batch.js'
import { DdbError } from '../../errors.js'
import { longsOf } from '../marker/marker.js'
import { remedies } from '../remedies.js'
import { askRowsLeft } from './total-rows.js'
import type { Run } from '../run.js'
import { watchedTable } from '../journal/target-identity.js'
import { hasTransform, tableText } from '../target/target.js'
import { claimsQuery } from '../transport/receipts/script.js'
import { unitBatchNo } from '../outcomes/unit-numbers.js'
import type { Evidence } from './evidence.js'
import { findScript } from './find-rows.js'
import type { SampleRow } from './sample-rows.js'
import { countPresentRows, type StoredRowsCheck } from './unsent-rows.js'

/** Number of batches to look up in a table that is only in memory, because each query searches the whole table. */
const batchesInMemory = 2
/** Number of rows to look up per batch. One row is not enough, because the table may have refused it. */
const rowsOfBatch = 8

/**
 * Makes the check that looks up rows of a unit's batches. Call it for each batch, in order.
 * @returns undefined if there is nothing to look up, or rows cannot be looked up
 */
export function unitCheck(
  run: Run,
  control: Session,
  evidence: Evidence,
): StoredRowsCheck | undefined {
  const { plan, history } = run
  const table = watchedTable(plan)
  if (plan.unit?.looksUp !== true || table === undefined || plan.target.kind !== 'table') {
    return undefined
  }
  const { dropsDuplicates, inMemory, total } = evidence.identity
  const isPersisted = total === 'totalSize'
  // A keyed stream table drops copies of rows, but only while these rows are in memory.
  if (plan.onDoubt === 'resend' || (dropsDuplicates && !isPersisted)) return undefined
  const most = inMemory && !isPersisted ? batchesInMemory : Infinity
  const { confirmTimeoutMs: timeoutMs } = plan
  const asking = { session: control, timeoutMs }
  let batches = 0
  const isClaimed = async (no: number): Promise<boolean> => {
    const answer = await control.run(claimsQuery(history.name.ledger!, no), { timeoutMs })
    return longsOf(answer)[0] !== 0n
  }
  return async batch => {
    if (batches === most) return
    const no = unitBatchNo(++batches)
    if (await isClaimed(no)) return
    const { file, lineNumber } = batch.locate(0)
    const from = `${file}:${lineNumber}`
    if (isPersisted && (await askRowsLeft(asking, table)) && !(await isClaimed(no))) {
      throw new DdbError(
        'DDB_UNPROVEN',
        `rows of "${tableText(table)}" have left memory and cannot be looked up, and the server has no record that run "${plan.runId}" ` +
          `has sent those from ${from} on: the server was restarted, or no process has sent them yet. ${remedies.rowsOutOfSight()}`,
      )
    }
    if (dropsDuplicates) return
    if (hasTransform(plan)) throw untold(plan.runId, tableText(table), batch)
    const rows: SampleRow[] = []
    const count = Math.min(batch.rowCount, rowsOfBatch)
    for (let i = 0; i < count; i++) {
      const row = evidence.samples.at(batch, Math.floor((i * batch.rowCount) / count))
      if (row !== undefined) rows.push(row)
    }
    if (rows.length === 0) return
    const there = await countPresentRows(control, findScript(table, rows), rows, timeoutMs)
    // Throws if at least half of the sample is in the table, because the server may have refused the other rows. If the
    // ledger (table of receipts) lists the batch by now, a different process of the run has sent it.
    if (2 * there < rows.length || (await isClaimed(no))) return
    throw new DdbError(
      'DDB_UNPROVEN',
      `rows from ${from} on are in "${tableText(table)}" already, and the server has no record that run "${plan.runId}" has sent them: ` +
        `the server was restarted, or another load has stored the same rows. ${remedies.rowsOfUnit()}`,
    )
  }
}

/** The error if a transform may have changed the rows, so that they cannot be found by the sent values. */
function untold(runId: string, table: string, batch: Batch): DdbError {
  const { file, lineNumber } = batch.locate(0)
  return new DdbError(
    'DDB_UNPROVEN',
    `"${table}" had rows before, and the server has no record that run "${runId}" has sent those from ${file}:${lineNumber} on: because a transform changes rows, ` +
      `nothing shows whether an earlier load has stored them. ${remedies.rowsOfTransform()}`,
  )
}
