/*
  Detects rows that are in the table although the journal lists them as not sent. That happens if the user restored the journal from
  an earlier copy, and the server, which would notice that, has restarted (docs/decisions/0047).
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { divideByLane } from '../outcomes/lane-batches.js'
import type { JournaledRun } from '../outcomes/journaled-run.js'
import type { BatchPart } from '../outcomes/batch-part.js'
import { rowsInTable, unknownTransformedRows } from '../journal/changed-run.js'
import { watchedTable, type TargetIdentity } from '../journal/target-identity.js'
import type { Run } from '../run.js'
import { traitsOf } from '../transport/confirmations.js'
import { hasTransform } from '../target/target.js'
import type { Evidence } from './evidence.js'
import { askCounts, findScript } from './find-rows.js'
import type { SampleRow } from './sample-rows.js'

/**
 * Must be called before the run sends rows that no process has sent according to the journal.
 * @param rows  the rows to check, if an earlier process divided the batch by lane (the rows that one connection
 *   carries); undefined for all rows of the batch
 * @throws {DdbError} DDB_UNPROVEN
 */
export type StoredRowsCheck = (batch: Batch, rows?: RowsOfBatch) => Promise<void>

type RowsOfBatch = Pick<BatchPart, 'start' | 'end'>

/** Number of rows to look up per batch. One row is not enough, because the target may have refused it. */
const mostOfBatch = 8

/**
 * @param now  the target when the run resumes
 * @returns undefined if the server knows which rows were sent, or if the rows cannot be looked up
 */
export function storedRowsCheck(
  run: Run,
  control: Session,
  { evidence, now }: { readonly evidence: Evidence; readonly now: TargetIdentity },
): StoredRowsCheck | undefined {
  const { checked } = run
  const found = toldOf(run)
  const table = watchedTable(checked)
  const unknown = mostUnknown(run, now)
  if (table === undefined || unknown === 0 || isKnownToServer(run)) return undefined
  if (hasTransform(checked)) return () => Promise.reject(unknownTransformedRows(found, unknown))
  const lanes = run.lanes === undefined ? 1 : lanesBefore(run)
  let left = mostOfBatch * (lanes === 1 ? 1 + mostConnections(run) : 2 * lanes)
  const check = async (batch: Batch, { start, end }: RowsOfBatch): Promise<void> => {
    // If no other user writes, at most the first `among` rows of this range are in the table.
    const among = Math.min(unknown, end - start)
    const count = Math.min(among, mostOfBatch, left)
    left -= count
    const rows: SampleRow[] = []
    for (let index = 0; index < count; index++) {
      const row = evidence.samples.at(batch, start + Math.floor((index * among) / count))
      if (row !== undefined) rows.push(row)
    }
    if (rows.length === 0) return
    const { confirmTimeoutMs: timeoutMs } = checked
    const there = await countPresentRows(control, findScript(table, rows), rows, timeoutMs)
    // Half of the rows are enough as proof that the batch was sent, because the server may have refused the other rows.
    if (2 * there >= rows.length) throw rowsInTable(found, batch.locate(start))
  }
  const whole = ({ rowCount }: Batch): RowsOfBatch => ({ start: 0, end: rowCount })
  return async (batch, rows) => {
    if (left === 0) return
    if (lanes === 1 || rows !== undefined) return check(batch, rows ?? whole(batch))
    // Rows of one lane may be in the table even if rows of a different lane are not.
    const divided = divideByLane(batch, run.lanes!.lanesOf(batch, lanes), lanes)
    for (const lane of divided.lanes) await check(lane.batch, whole(lane.batch))
  }
}

/** The run as the journal describes it, even if this process sends all rows again. After `restart`, an empty run. */
function toldOf({ history: { journal, found }, options }: Run): JournaledRun {
  return options.journal?.restart === true ? found : (journal?.past ?? found)
}

/** The number of lanes into which unrecorded rows were divided, according to the journal. */
function lanesBefore(run: Run): number {
  const { lanes } = toldOf(run)
  return lanes > 0 ? lanes : mostConnections(run)
}

/** Upper limit of the rows that the run may have stored without a record in the journal. */
function mostUnknown(run: Run, now: TargetIdentity): number {
  const { checked } = run
  const found = toldOf(run)
  const { target: before } = found
  // A restart empties tables that are counted by `totalRows`, but not persisted tables.
  const isCounted = before?.adds === true && now.total !== 'totalRows'
  // Without records of batches, a resumed run stores all rows again anyway (docs/delivery.md).
  if (!traitsOf(found.used).knowsBatches) return 0
  if (!isCounted || checked.target.kind !== 'table' || checked.onDoubt === 'resend') return 0
  if (before.rows === null || now.rows === null) return 0
  const { confirmed, unconfirmed } = found.rows()
  return Math.max(0, now.rows - before.rows - confirmed - unconfirmed)
}

/** The most connections that a process of the run may have used. The first batch on each of them may have arrived. */
function mostConnections(run: Run): number {
  const { checked } = run
  const { connections = 1 } = toldOf(run).run?.options.delivery ?? {}
  return Math.max(checked.connections, connections)
}

/** Whether the server has not restarted since the last process of the run began to send. */
function isKnownToServer(run: Run): boolean {
  const { onServer } = run.history.journal ?? {}
  const found = toldOf(run)
  const hasLedger =
    onServer !== undefined && (onServer.ledgerNumber > 0 || onServer.lastNo !== undefined)
  return hasLedger && found.lastSender === found.processes && found.end?.exitCode !== 75
}

async function countPresentRows(
  session: Session,
  script: string,
  rows: readonly SampleRow[],
  timeoutMs: number,
): Promise<number> {
  try {
    await session.run(script, { timeoutMs })
    const counts = await askCounts({ session, timeoutMs }, rows)
    return counts?.filter(count => count > 0n).length ?? 0
  } catch (error) {
    if (error instanceof ServerError) return 0
    throw error
  }
}
