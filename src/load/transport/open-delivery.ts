/*
  Chooses how the run sends and confirms batches: as the plan requests, if the target allows it.
*/
import type { Session } from '../../client/open-session.js'
import { settingAdvice } from '../../client/missing-right.js'
import { DdbError, ServerError, UsageError } from '../../errors.js'
import { retryRules, type RetryRules } from '../connection/retry.js'
import { askCount, askIdle } from '../connection/server-queries.js'
import { checkAndMarkFinished } from '../evidence/final-check.js'
import type { Evidence } from '../evidence/evidence.js'
import type { TargetDescription } from '../target/describe-target.js'
import { reportLeftovers } from '../marker/leftovers.js'
import { oneConnection, type Plan } from '../plan.js'
import { openReceipts } from './receipts/open-receipts.js'
import { openEarly, type EarlySession } from './receipts/sessions.js'
import type { Run } from '../run.js'
import { hasTransform, type TableTarget } from '../target/target.js'
import { remedies } from '../remedies.js'
import { openCounted, type Counting } from './counted.js'
import { ReadSpeed } from './read-speed.js'
import { openUnconfirmed, type Flow } from './unconfirmed.js'
import { newCountingSession, type CountingPlace } from './counting-session.js'
import type { Delivery } from './delivery.js'
import { openAnswered } from './open-answered.js'
import { openRecorder } from './open-recorder.js'
import { openMarkedWriter } from './open-writer.js'
import { outsideScheme } from '../target/partition-scheme.js'
import { refusalText } from '../outcomes/refusal.js'

/** Opens a data session early if the run will probably use receipts. */
export function earlySession(run: Run, control: Session): EarlySession | undefined {
  return triesReceipts(run) ? openEarly({ run, rules: retryRules(run) }, control) : undefined
}

/**
 * Opens the data sessions, sends all queries that must come before the first batch, and returns the run's delivery.
 * @param early  a data session for receipts
 */
export async function openDelivery(
  run: Run,
  description: TargetDescription,
  control: Session,
  evidence?: Evidence,
  early?: EarlySession,
): Promise<Delivery> {
  const { mode, confirm } = run.plan
  const rules = retryRules(run)
  const answered = (): Promise<Delivery> => openAnswered(run, rules, description, control, evidence)
  if (mode === 'sync') return answered()
  let refusal: ServerError | undefined
  if (triesReceipts(run)) {
    const receipts = await receiptsIfAny(run, rules, description, control, evidence, early)
    if (!(receipts instanceof ServerError)) {
      reportLeftovers(run, control)
      return receipts
    }
    refusal = receipts
  }
  if (hasTransform(run.plan)) throw needsReceipts(refusal)
  // A program that passes rows needs the outcome of each row, so a count is used only on request.
  const counts = confirm === 'count' || run.rows === undefined
  const before = counts ? await countBefore(run, description, control) : undefined
  const instead = insteadOfReceipts(before !== undefined)
  if (refusal !== undefined) run.reporter.notice(fallbackNotice(refusal, instead))
  if (before === undefined && confirm === 'auto') return answered()
  checkGoesOn(run, before?.counted)
  if (before !== undefined && run.plan.connections > 1 && run.server.dataSession.enableAsync) {
    throw oneConnection(
      'the sessions of this server answer nothing, so counting works with one session only',
    )
  }
  const { writer, unmark } = await openMarkedWriter(run, description, control, false)
  const counting =
    before === undefined
      ? undefined
      : openCounting(description, before, control, {
          run,
          rules,
          inMemory: before.counted.kind === 'shared',
          marked: unmark !== undefined,
          data: {
            get closed() {
              return writer.sessions.every(({ closed }) => closed)
            },
          },
        })
  const flow: Flow = {
    run,
    reached: new ReadSpeed(run.batchSize, run.plan.connections),
    columnNames: description.columns.map(column => column.name),
    maxInFlightBytes: run.plan.maxInFlightBytes,
    idleTimeout: { clock: run.platform.clock, timeoutMs: run.plan.confirmTimeoutMs },
    unmark: unmark && (() => unmark(counting?.session() ?? control)),
    sending: batch => void evidence?.samples.taken(batch, 0, batch.rowCount),
    async look() {
      if (evidence === undefined || run.ending.isLeaving) return undefined
      let found: string | undefined
      const on = (session: Session): Promise<void> =>
        checkAndMarkFinished(run, session, evidence, change => (found = change))
      if (counting === undefined) await on(control)
      else await counting.ask(run.plan.confirmTimeoutMs, ({ session }) => on(session))
      return found
    },
  }
  if (counting === undefined) return openUnconfirmed(writer, flow)
  return openCounted(writer, flow, counting, description.dropsDuplicates === true ? null : 0)
}

/** The error for a transform without receipts. A count cannot show how many rows a transform leaves out. */
function needsReceipts(refusal: ServerError | undefined): UsageError {
  const why = refusal && refusalText(refusal)
  return new UsageError(
    'DDB_USAGE',
    `\`target.transform\` needs receipts, and this server gives none (${why ?? ''}): use \`delivery.mode\` sync, in which every batch is answered` +
      (refusal === undefined ? '' : `. ${receiptsNeed(refusal.serverMessage)}`),
  )
}

/**
 * Without receipts, it is unknown which rows earlier processes stored. A resumed run fails if the journal lists batches.
 * Otherwise it starts over with a warning.
 */
function checkGoesOn(run: Run, counted: TableTarget | undefined): void {
  const { journal } = run.history
  if (journal === undefined || journal.found.processes === 0) return
  if (journal.found.lastNo > 0 && journal.found === journal.past) {
    throw new DdbError(
      'DDB_UNAVAILABLE',
      'the server no longer gives receipts, and the run cannot continue without them. ' +
        remedies.removeThenRestart(),
    )
  }
  const how = counted === undefined ? 'are not confirmed' : 'are only counted'
  run.reporter.notice(
    `rows of this run ${how}: it starts over, so rows that an earlier process sent may be in the table twice. ` +
      'Use `delivery.confirm` receipts for a run that continues where it stopped',
  )
}

function insteadOfReceipts(isCounted: boolean): string {
  return isCounted
    ? 'rows are counted instead, which proves how many arrived, not which'
    : 'the server answers every batch instead, which proves as much and takes a round trip per batch'
}

function fallbackNotice(refusal: ServerError, instead: string): string {
  const { serverMessage } = refusal
  return `no receipts on this server (${refusalText(refusal)}): ${instead}. ${receiptsNeed(serverMessage)}`
}

/** Advice for the refusal; if no specific advice exists, names the right and the setting that receipts need. */
function receiptsNeed(serverMessage: string): string {
  const setting = settingAdvice(serverMessage)
  if (setting !== undefined) return setting
  return (
    'Receipts need shared stream tables: the right CREATE_SHARED_VAR if the server is set to ' +
    'enableSharedVarCreationControl, and maxPubConnections above 0.'
  )
}

/** @returns the delivery; with `auto`, the server's refusal if it gives no receipts */
async function receiptsIfAny(
  run: Run,
  rules: RetryRules,
  description: TargetDescription,
  control: Session,
  evidence: Evidence | undefined,
  early: EarlySession | undefined,
): Promise<Delivery | ServerError> {
  const recorder = await openRecorder(run, description, control, evidence)
  try {
    return await openReceipts({ run, rules, recorder, description, early }, control)
  } catch (error) {
    if (run.plan.confirm === 'receipts' || !(error instanceof ServerError)) throw error
    return error
  }
}

function triesReceipts(run: Run): boolean {
  const { mode, confirm } = run.plan
  return mode === 'async' && (confirm === 'receipts' || confirm === 'auto')
}

/**
 * @returns undefined if there is nothing to count. With `auto`, also undefined if the user may not read the table, or if
 *   a count proves nothing: for an upsert, or a table with keys
 */
async function countBefore(
  { plan }: Run,
  description: TargetDescription,
  control: Session,
): Promise<{ counted: TableTarget; rows: number } | undefined> {
  const counted = countedTable(plan, description)
  if (counted === undefined) return undefined
  try {
    const asking = { session: control, timeoutMs: plan.confirmTimeoutMs }
    return { counted, rows: await askCount(asking, counted) }
  } catch (error) {
    if (plan.confirm === 'count' || !(error instanceof ServerError)) throw error
    return undefined
  }
}

/** @throws {UsageError} DDB_USAGE if counting is requested but proves nothing */
function countedTable(
  { target, confirm }: Plan,
  { keyed }: TargetDescription,
): TableTarget | undefined {
  if (confirm === 'none') return undefined
  const isUpsert = target.kind === 'table' && target.method === 'upsert'
  if (!isUpsert && !keyed) return target.kind === 'table' ? target.table : target.confirmTable
  if (confirm !== 'count') return undefined
  throw new UsageError(
    'DDB_USAGE',
    'rows with known keys do not make the table longer: counting cannot confirm them. Use `delivery.confirm` receipts, or `delivery.mode` sync',
  )
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
    ask: (timeoutMs, question) => asking.ask(timeoutMs, question),
    session: () => asking.session,
    giveUp: reason => asking.abandon(reason),
    close: () => asking.close(),
    outsideScheme: outsideScheme(target),
  }
}
