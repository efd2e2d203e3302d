/*
  Detects rows of a plan's unit that are in the table although this server has no record of them. Either a restart of the server lost
  the records but not the table, or another load stored the same rows (docs/decisions/0068).
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
import { countPresentRows, type UnsentCheck } from './unsent-rows.js'

/** Limit of batches to look up in a table that is only in memory, because each look-up searches the whole table. */
const batchesInMemory = 2
/** Rows to look up per batch: more than one, as the table may have refused some. */
const rowsOfBatch = 8

/**
 * The returned check must be called for each batch of the unit, in order.
 * @returns undefined if there is nothing to look up, or no way to look rows up
 */
export function unitCheck(run: Run, control: Session, evidence: Evidence): UnsentCheck | undefined {
  const { plan, history } = run
  const table = watchedTable(plan)
  if (plan.unit?.looksUp !== true || table === undefined || plan.target.kind !== 'table') {
    return undefined
  }
  const { dropsDuplicates, inMemory, total } = evidence.identity
  const isPersisted = total === 'totalSize'
  // A keyed stream table drops copies of its rows, but only of rows that are still in memory.
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
    // Half of the sample is enough for the error: the server may refuse rows. A new claim: another process sent them.
    if (2 * there < rows.length || (await isClaimed(no))) return
    throw new DdbError(
      'DDB_UNPROVEN',
      `rows from ${from} on are in "${tableText(table)}" already, and the server has no record that run "${plan.runId}" has sent them: ` +
        `the server was restarted, or another load has stored the same rows. ${remedies.rowsOfUnit()}`,
    )
  }
}

/** The error if a transform may have changed the rows: they cannot be found by the values sent. */
function untold(runId: string, table: string, batch: Batch): DdbError {
  const { file, lineNumber } = batch.locate(0)
  return new DdbError(
    'DDB_UNPROVEN',
    `"${table}" had rows before, and the server has no record that run "${runId}" has sent those from ${file}:${lineNumber} on: because a transform changes rows, ` +
      `nothing shows whether an earlier load has stored them. ${remedies.rowsOfTransform()}`,
  )
}
