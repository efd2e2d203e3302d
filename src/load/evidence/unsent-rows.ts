/*
  Rows that the journal of a run does not know as sent, and that are in the table all the same: the journal was brought back
  from an earlier time, and the server, which would know, has lost its memory (docs/decisions/0047).
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { divideByLane } from '../fate/lane-batches.js'
import type { Part } from '../fate/part.js'
import { rowsInTable } from '../journal/changed-run.js'
import { watchedTable, type TargetIdentity } from '../journal/target-identity.js'
import type { Run } from '../run.js'
import { traitsOf } from '../transport/confirmations.js'
import { mostFoundConnections } from '../defaults.js'
import type { Evidence } from './evidence.js'
import { askCounts, findScript } from './find-rows.js'
import type { SampleRow } from './sample-rows.js'

/**
 * To be asked before rows go out that no process has sent, as far as the journal tells.
 * @param rows  of the batch, where it was divided by lane before
 * @throws {DdbError} DDB_UNPROVEN
 */
export type UnsentCheck = (batch: Batch, rows?: RowsOfBatch) => Promise<void>

type RowsOfBatch = Pick<Part, 'start' | 'end'>

/** Rows of one batch that are looked up: small ones may have none that the table takes. */
const mostOfBatch = 8

/**
 * @param now  the target as the run goes on with it
 * @returns undefined where the server knows what was sent, or nothing can be told
 */
export function unsentCheck(
  run: Run,
  control: Session,
  { evidence, now }: { readonly evidence: Evidence; readonly now: TargetIdentity },
): UnsentCheck | undefined {
  const { plan } = run
  const { found } = run.history
  const table = watchedTable(plan)
  const unknown = mostUnknown(run, now)
  if (table === undefined || unknown === 0 || isKnownToServer(run)) return undefined
  const lanes = run.lanes === undefined ? 1 : lanesBefore(run)
  let left = mostOfBatch * (lanes === 1 ? 1 + mostConnections(run) : 2 * lanes)
  const check = async (batch: Batch, { start, end }: RowsOfBatch): Promise<void> => {
    // If nobody else writes, these are the rows that the journal does not know, from the first one on.
    const among = Math.min(unknown, end - start)
    const count = Math.min(among, mostOfBatch, left)
    left -= count
    const rows: SampleRow[] = []
    for (let index = 0; index < count; index++) {
      const row = evidence.samples.at(batch, start + Math.floor((index * among) / count))
      if (row !== undefined) rows.push(row)
    }
    if (rows.length === 0) return
    const { confirmTimeoutMs: timeoutMs } = plan
    const there = await countThere(control, findScript(table, rows), rows, timeoutMs)
    // The server may have refused some of them then.
    if (2 * there >= rows.length) throw rowsInTable(found, batch.locate(start))
  }
  const whole = ({ rowCount }: Batch): RowsOfBatch => ({ start: 0, end: rowCount })
  return async (batch, rows) => {
    if (left === 0) return
    if (lanes === 1 || rows !== undefined) return check(batch, rows ?? whole(batch))
    // Of each lane the rows may be there, whatever became of the others.
    const divided = divideByLane(batch, run.lanes!.lanesOf(batch, lanes), lanes)
    for (const lane of divided.lanes) await check(lane.batch, whole(lane.batch))
  }
}

/** By which the rows that the journal does not know were divided, as far as it tells. */
function lanesBefore(run: Run): number {
  const { lanes, run: told } = run.history.found
  // Those of a run that finds their number are powers of two: the most of them tell all of them apart.
  const isFound = told?.options.delivery?.connections === 'auto'
  return lanes > 0 && !isFound ? lanes : mostConnections(run)
}

/** Rows that are in the table at most, and neither were there before the run nor are those that the journal tells of. */
function mostUnknown({ history: { found }, plan }: Run, now: TargetIdentity): number {
  const { target: before } = found
  // What a restart leaves of a table from which rows go unseen is nothing; of a persisted one the latest rows are there to be found.
  const isCounted = before?.adds === true && now.total !== 'totalRows'
  // Without batches a run begins anew, on top of what it has stored (docs/delivery.md).
  if (!traitsOf(found.used).knowsBatches) return 0
  if (!isCounted || plan.target.kind !== 'table' || plan.onDoubt === 'resend') return 0
  if (before.rows === null || now.rows === null) return 0
  const { confirmed, unconfirmed } = found.rows()
  return Math.max(0, now.rows - before.rows - confirmed - unconfirmed)
}

/** Of each the first batch may be the one that arrived, as far as is known. */
function mostConnections({ plan, history: { found } }: Run): number {
  const { connections = 1 } = found.run?.options.delivery ?? {}
  const before = connections === 'auto' ? mostFoundConnections : connections
  return Math.max(plan.mostConnections ?? plan.connections, before)
}

/** It has had its memory since the last process of the run began to send. */
function isKnownToServer({ history: { journal, found } }: Run): boolean {
  const { onServer } = journal ?? {}
  const hasLedger =
    onServer !== undefined && (onServer.ledgerNumber > 0 || onServer.lastNo !== undefined)
  return hasLedger && found.lastSender === found.processes && found.end?.exitCode !== 75
}

/** How many of some rows the table has. */
export async function countThere(
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
