/*
  Chooses how batches go out and how they are confirmed: the plan asks, the target decides what can be had.
*/
import type { Session } from '../../client/session.js'
import { openAnsweredDelivery } from './answered.js'
import { ServerError, UsageError } from '../../errors.js'
import { openAsyncDelivery, type Counting } from './asynchronous.js'
import { openReceipts } from '../receipts/open-receipts.js'
import { connectServer, sessionLimits } from '../connection/connect.js'
import type { Delivery, Lane } from './delivery.js'
import type { TargetDescription } from '../describe-target.js'
import { jsonToValue } from '../json-value.js'
import { outsideScheme } from './partition-scheme.js'
import type { ServerAddress } from '../options.js'
import { fatesOf } from './open-fates.js'
import { askCount, askIdle } from '../connection/server-queries.js'
import { redirected } from '../connection/redirect.js'
import { retryRules } from '../connection/retry.js'
import type { Run } from '../run.js'
import { writeExpression, type TableTarget } from '../target.js'

/** Opens the lane, asks what has to be known before the first batch, and gives the delivery of this run. */
export async function openDelivery(
  run: Run,
  target: TargetDescription,
  control: Session,
): Promise<Delivery> {
  const { plan } = run
  const receipts = await receiptsIfAny(run, target, control)
  if (receipts !== undefined) return receipts
  const names = target.columns.map(column => column.name)
  const patience = { clock: run.platform.clock, timeoutMs: plan.confirmTimeoutMs }
  // Everything is asked before the data session is opened: a question that fails leaves nothing open.
  if (plan.mode === 'sync') {
    const fates = await fatesOf(run, target, control, retryRules(plan, run.platform))
    const kind = plan.target.kind === 'table' ? 'rows' : 'function'
    const follow = async (to: ServerAddress): Promise<Session> => {
      run.server = redirected(run.server, to)
      return connectServer(run.platform, run.server, run.options.signal, sessionLimits(plan))
    }
    const lane = await openLane(run)
    const asking = { session: control, timeoutMs: plan.confirmTimeoutMs }
    const idle = (sessionId: string): Promise<boolean | undefined> => askIdle(asking, sessionId)
    return openAnsweredDelivery(lane, names, { kind, fates, patience, idle, follow })
  }
  const counted = countedTable(run, target)
  const counting =
    counted === undefined ? undefined : await openCounting(run, target, control, counted)
  const { maxInFlightBytes } = plan
  const flow = { tally: run.tally, maxInFlightBytes, patience }
  return openAsyncDelivery(await openLane(run), names, flow, counting)
}

/** Receipts when they are asked for, or to be had; `auto` says why when they are not. */
async function receiptsIfAny(
  run: Run,
  target: TargetDescription,
  control: Session,
): Promise<Delivery | undefined> {
  const { mode, confirm } = run.plan
  if (mode === 'sync' || (confirm !== 'receipts' && confirm !== 'auto')) return undefined
  try {
    return await openReceipts(run, target, control)
  } catch (error) {
    if (confirm === 'receipts' || !(error instanceof ServerError)) throw error
    run.notice(`no receipts on this server (${error.serverMessage}): counting rows instead`)
    return undefined
  }
}

async function openLane(run: Run): Promise<Lane> {
  const { plan, options } = run
  const { target } = plan
  const session = await connectServer(run.platform, run.server, options.signal, {
    ...sessionLimits(plan),
    highWaterBytes: plan.maxInFlightBytes,
  })
  if (target.kind === 'function') {
    return {
      session,
      functionName: target.name,
      leading: target.functionArguments.map(jsonToValue),
    }
  }
  const functionName = writeExpression(
    target.table,
    target.method,
    target.keyColumns,
    plan.mode === 'sync',
  )
  return { session, functionName, leading: [] }
}

/** What to count; undefined when nothing is to be counted, with a notice when that is less than one would hope. */
function countedTable(run: Run, target: TargetDescription): TableTarget | undefined {
  const { plan } = run
  if (plan.confirm === 'none') return undefined
  if (plan.target.kind === 'function') {
    if (plan.target.confirmTable !== undefined) return plan.target.confirmTable
    run.notice(
      'handed over, not confirmed: a function does not tell what it wrote. ' +
        'Name the table behind it with --confirm-table to have its rows counted.',
    )
    return undefined
  }
  if (plan.target.method === 'upsert' || target.keyed) {
    if (plan.confirm === 'count') {
      throw new UsageError(
        'DDB_USAGE',
        'rows with known keys do not make the table longer: counting cannot confirm them. Use --confirm receipts, or --mode sync',
      )
    }
    run.notice(
      'handed over, not confirmed: rows with known keys do not make the table longer, so counting proves nothing. ' +
        'Use --mode sync to have every batch answered.',
    )
    return undefined
  }
  return plan.target.table
}

async function openCounting(
  run: Run,
  target: TargetDescription,
  control: Session,
  table: TableTarget,
): Promise<Counting> {
  const asking = { session: control, timeoutMs: run.plan.confirmTimeoutMs }
  return {
    count: () => askCount(asking, table),
    beforeRows: await askCount(asking, table),
    idle: laneSessionId => askIdle(asking, laneSessionId),
    outsideScheme: outsideScheme(target),
  }
}
