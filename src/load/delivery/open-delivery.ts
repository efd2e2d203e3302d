/*
  Chooses how batches go out and how they are confirmed: the plan asks, the target decides what can be had.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError, UsageError } from '../../errors.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { keepFacts } from '../connection/learn-server.js'
import { retryRules, tryUntil, type RetryRules } from '../connection/retry.js'
import { askAtomic, askCount, askIdle } from '../connection/server-queries.js'
import type { TargetDescription } from '../target/describe-target.js'
import { jsonToValue } from '../json-value.js'
import { leftoversNotice } from '../marker/leftovers.js'
import { checkOwner, keepRun } from '../journal/check-alone.js'
import { whatIsLeft } from '../journal/check-memory.js'
import { checkMarker, dropMarker, markRun } from '../marker/marker.js'
import { remembers } from '../marker/remembers.js'
import { openReceipts } from '../receipts/open-receipts.js'
import type { Run } from '../run.js'
import { writeExpression, type TableTarget } from '../target/target.js'
import { AnsweredDelivery } from './answered.js'
import { openAsyncDelivery, type Counting } from './asynchronous.js'
import { newCountingSession, type CountingPlace } from './counting-session.js'
import type { Delivery, Writer } from './delivery.js'
import { outsideScheme } from './partition-scheme.js'
import { newRecorder, type RecordedTarget } from './recorder.js'

/** Opens the data session, asks what has to be known before the first batch, and gives the delivery of this run. */
export async function openDelivery(
  run: Run,
  description: TargetDescription,
  control: Session,
): Promise<Delivery> {
  const { mode } = run.plan
  const rules = retryRules(run)
  if (mode === 'sync') return openSync(run, rules, description, control)
  const receipts = await receiptsIfAny(run, rules, description, control)
  if (receipts !== undefined) {
    tellLeftovers(run, control)
    return receipts
  }
  const counted = countedTable(run, description)
  checkGoesOn(run, counted)
  const before =
    counted === undefined ? undefined : { counted, rows: await firstCount(run, control, counted) }
  const { writer, unmark } = await openMarkedWriter(run, control)
  const counting =
    before === undefined
      ? undefined
      : openCounting(description, before, control, {
          run,
          rules,
          inMemory: before.counted.kind === 'shared',
          marked: unmark !== undefined,
          data: writer.session,
        })
  return openAsyncDelivery(
    writer,
    {
      counts: run.counts,
      columnNames: description.columns.map(column => column.name),
      maxInFlightBytes: run.plan.maxInFlightBytes,
      idleTimeout: { clock: run.platform.clock, timeoutMs: run.plan.confirmTimeoutMs },
      unmark: unmark && (() => unmark(counting?.session() ?? control)),
    },
    counting,
  )
}

/** Without receipts nobody knows which of the rows that were sent have arrived. */
function checkGoesOn(run: Run, counted: TableTarget | undefined): void {
  const { journal } = run
  if (journal === undefined || journal.found.processes === 0) return
  if (journal.found.lastNo > 0 && journal.found === journal.past) {
    throw new DdbError(
      'DDB_UNAVAILABLE',
      'the server gives no receipts any more, and the run cannot go on without them: begin anew with `journal.restart`',
    )
  }
  const how = counted === undefined ? 'are not confirmed' : 'are only counted'
  run.notice(
    `rows of this run ${how}: it begins anew, and what an earlier process sent may be there twice. ` +
      'Use `delivery.confirm` receipts for a run that goes on where it stopped',
  )
}

async function openSync(
  run: Run,
  rules: RetryRules,
  description: TargetDescription,
  control: Session,
): Promise<Delivery> {
  const recorder = newRecorder(run, await recordedTarget(run, description, control))
  await whatIsLeft(run, control, recorder.target.inMemory)
  const { writer, unmark } = await openMarkedWriter(run, control)
  return new AnsweredDelivery(writer, {
    run,
    recorder,
    rules,
    columnNames: description.columns.map(column => column.name),
    isIdle: (sessionId, timeoutMs) => askIdle({ session: control, timeoutMs }, sessionId),
    follow: to => {
      run.follow(to)
      return connectData(run)
    },
    remembers: silent =>
      unmark === undefined ? Promise.resolve(false) : remembers(run, rules, control, silent),
    resends: resendsUnknown(run, description),
    unmark: unmark && (() => unmark(control)),
    checkOwner: () => checkOwner(run, control, run.plan.confirmTimeoutMs),
    keepRun: () => keepRun(run, control),
  })
}

/** Where a second copy changes nothing, or the user wants it. */
function resendsUnknown({ plan }: Run, { dropsDuplicates }: TargetDescription): boolean {
  return (
    plan.onDoubt === 'resend' ||
    dropsDuplicates === true ||
    (plan.target.kind === 'table' && plan.target.method === 'upsert')
  )
}

/**
 * Marks the run on the server when something depends on it: a name that was given, or rows in memory that answers
 * confirm.
 * @returns how to remove the marker; undefined without one
 */
async function mark(run: Run, control: Session): Promise<Unmark | undefined> {
  const { plan, options, name } = run
  if (plan.mode !== 'sync' && options.runId === undefined) return undefined
  try {
    await markRun(control, name, plan.confirmTimeoutMs)
  } catch (error) {
    // A server that allows no shared tables: what depends on the marker is less sure then, and said so where it matters.
    if (error instanceof ServerError) return undefined
    throw error
  }
  tellLeftovers(run, control)
  return session => dropMarker(session, name, Math.min(longestUnmarkMs, plan.confirmTimeoutMs))
}

/** Removes the marker, asking on the session given. */
type Unmark = (session: Session) => Promise<void>

/** How long the end of a run may take for its marker's sake. */
const longestUnmarkMs = 5_000

/** Not waited for: the run has better to do. */
function tellLeftovers(run: Run, control: Session): void {
  void leftoversNotice(control, run.name, run.plan.confirmTimeoutMs).then(notice => {
    if (notice !== undefined) run.notice(notice)
  })
}

/** What refusals and short answers of this run's target mean: asked before the first batch, and never while any is out. */
async function recordedTarget(
  run: Run,
  description: TargetDescription,
  control: Session,
): Promise<RecordedTarget> {
  const { target, retries } = run.plan
  const isFunction = target.kind === 'function'
  return {
    description,
    kind: target.kind,
    retries,
    allOrNothing: await isAllOrNothing(run, control),
    keyed: description.keyed || (!isFunction && target.method === 'upsert'),
    inMemory: isFunction || target.table.kind === 'shared',
  }
}

/** Whether a refused batch is known to have left nothing behind (docs/server-semantics.md#what-receipts-rely-on). */
async function isAllOrNothing({ plan }: Run, control: Session): Promise<boolean> {
  if (plan.target.kind === 'function') return false
  const { table } = plan.target
  const asking = { session: control, timeoutMs: plan.confirmTimeoutMs }
  return table.kind === 'shared' || (await askAtomic(asking, table.database)) === 'TRANS'
}

/** Receipts when they are asked for, or to be had; `auto` says why when they are not. */
async function receiptsIfAny(
  run: Run,
  rules: RetryRules,
  description: TargetDescription,
  control: Session,
): Promise<Delivery | undefined> {
  const { confirm } = run.plan
  if (confirm !== 'receipts' && confirm !== 'auto') return undefined
  const obstacle = confirm === 'auto' ? knownObstacle(run) : undefined
  if (obstacle !== undefined) {
    run.notice(
      `as selftest found on this server, ${obstacle}: counting rows instead of asking for receipts. ` +
        'Run selftest again once that has changed',
    )
    return undefined
  }
  const recorder = newRecorder(run, await recordedTarget(run, description, control))
  try {
    const delivery = await openReceipts({ run, rules, recorder, description }, control)
    if (run.facts.sharesStreams === false) keepFacts(run, { sharesStreams: true })
    return delivery
  } catch (error) {
    if (confirm === 'receipts' || !(error instanceof ServerError)) throw error
    run.notice(`no receipts on this server (${error.serverMessage}): counting rows instead`)
    return undefined
  }
}

/** Why receipts need not be tried; undefined where nothing is known that is in their way. */
function knownObstacle({ facts, plan: { target } }: Run): string | undefined {
  if (facts.sharesStreams === false) return 'this user may not share stream tables'
  return target.kind === 'function' && facts.plainViews === false
    ? 'receipts are not to be had for views that are declared without mutable'
    : undefined
}

/** A session that data goes out on. */
function connectData(run: Run): Promise<Session> {
  return connectServer(run.platform, run.server, {
    deadlineMs: connectDeadlineMs(run.platform, run.server),
    signal: run.options.signal,
    closeTimeoutMs: closeTimeoutMs(run.plan),
    highWaterBytes: run.plan.maxInFlightBytes,
    ...run.dataSession,
  })
}

interface MarkedWriter {
  readonly writer: Writer
  /** undefined without a marker. */
  readonly unmark: Unmark | undefined
}

/** The marker stands before the data session is opened, and is looked at again before the first row. */
async function openMarkedWriter(run: Run, control: Session): Promise<MarkedWriter> {
  const unmark = await mark(run, control)
  try {
    const writer = await openWriter(run)
    if (unmark !== undefined) await checkStillMarked(run, control, writer)
    return { writer, unmark }
  } catch (error) {
    // What an earlier process has left is for the next one.
    if (run.journal?.isResumed !== true) await unmark?.(control)
    throw error
  }
}

async function checkStillMarked(run: Run, control: Session, { session }: Writer): Promise<void> {
  try {
    await checkMarker(control, run.name, run.plan.confirmTimeoutMs)
  } catch (error) {
    session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row'))
    throw error
  }
}

async function openWriter(run: Run): Promise<Writer> {
  const { plan } = run
  const { target } = plan
  const rules = retryRules(run)
  const deadlineMs = connectDeadlineMs(run.platform, run.server)
  const session = await tryUntil(deadlineMs, rules, () => connectData(run), isConnectionError)
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

function isConnectionError(error: unknown): boolean {
  return error instanceof ConnectionError
}

/** What to count; undefined when nothing is to be counted, with a notice when that is less than one would hope. */
function countedTable(run: Run, target: TargetDescription): TableTarget | undefined {
  const { plan } = run
  if (plan.confirm === 'none') return undefined
  if (plan.target.kind === 'function') {
    if (plan.target.confirmTable !== undefined) return plan.target.confirmTable
    run.notice(
      'handed over, not confirmed: a function does not tell what it wrote. ' +
        'Name the table behind it with `target.confirmTable` to have its rows counted.',
    )
    return undefined
  }
  if (plan.target.method === 'upsert' || target.keyed) {
    if (plan.confirm === 'count') {
      throw new UsageError(
        'DDB_USAGE',
        'rows with known keys do not make the table longer: counting cannot confirm them. Use `delivery.confirm` receipts, or `delivery.mode` sync',
      )
    }
    run.notice(
      'handed over, not confirmed: rows with known keys do not make the table longer, so counting proves nothing. ' +
        'Use `delivery.mode` sync to have every batch answered.',
    )
    return undefined
  }
  return plan.target.table
}

function firstCount(run: Run, control: Session, table: TableTarget): Promise<number> {
  return askCount({ session: control, timeoutMs: run.plan.confirmTimeoutMs }, table)
}

function openCounting(
  target: TargetDescription,
  before: { counted: TableTarget; rows: number },
  control: Session,
  place: CountingPlace,
): Counting {
  const asking = newCountingSession(control, place)
  return {
    count: timeoutMs => asking.ask(timeoutMs, to => askCount(to, before.counted)),
    beforeRows: before.rows,
    idle: (sessionId, timeoutMs) => asking.ask(timeoutMs, to => askIdle(to, sessionId)),
    session: () => asking.session,
    giveUp: reason => asking.abandon(reason),
    close: () => asking.close(),
    outsideScheme: outsideScheme(target),
  }
}
