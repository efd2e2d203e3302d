/*
  Chooses how the run sends and confirms batches: as the options request, if the server allows it.
*/
import type { Session } from '../../client/open-session.js'
import { settingAdvice } from '../../client/failure.js'
import { DdbError, ServerError, option } from '../../errors.js'
import { retryRules } from '../connection/retry.js'
import { askAtomic } from '../connection/server-queries.js'
import type { Evidence } from '../evidence/evidence.js'
import type { TargetDescription } from '../target/describe-target.js'
import { openReceipts } from './receipts/open-receipts.js'
import { openEarly, type EarlySession } from './receipts/receipt-node.js'
import type { Run } from '../run.js'
import { remedies } from '../remedies.js'
import { openUnconfirmed } from './unconfirmed.js'
import type { Delivery } from './delivery.js'
import { Recorder } from '../outcomes/recorder.js'
import { refusalText } from '../outcomes/refusals.js'

/** Opens a data session early if the run will probably use receipts. */
export function earlySession(run: Run, control: Session): EarlySession | undefined {
  return triesReceipts(run) ? openEarly(run, control) : undefined
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
  const { mode, confirm } = run.checked
  const rules = retryRules(run)
  if (mode === 'async' && confirm === 'none') {
    return openUnconfirmed(run, description)
  }
  const recorder = await openRecorder(run, description, control, evidence)
  const setup = { run, rules, recorder, description }
  try {
    return await openReceipts({ ...setup, early, hasLedger: true }, control)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const why = `no receipts on this server (${refusalText(error)})`
    const need = receiptsNeed(error.serverMessage)
    // `chooseMode` may have made a requested asynchronous run a synchronous one.
    if (mode === 'async' && run.options.delivery?.mode === 'async') throw receiptsRefused(why, need)
    checkNeedsNoReceipts(run, why)
    run.checked = { ...run.checked, mode: 'sync' }
    run.reporter.notice(
      `${why}: the answers of the server are the only proof. ${meaning(run)}. ${need}`,
    )
    return openReceipts({ ...setup, hasLedger: false }, control)
  }
}

function meaning({ options, checked: { target } }: Run): string {
  const inMemory = target.kind === 'function' || target.table.kind === 'shared'
  const less = [
    'Each batch takes a round trip, and a batch whose answer is lost is uncertain',
    ...(options.runId === undefined ? [] : ['another run of the same name is not noticed']),
    ...(inMemory ? ['if the connection is lost, confirmed rows become unconfirmed'] : []),
  ]
  return less.join('; ')
}

function receiptsRefused(why: string, need: string): DdbError {
  return new DdbError(
    'DDB_PRIVILEGE',
    `${why}, and ${option('delivery.mode')} async needs them. ${need} Or use ${option('delivery.mode')} sync, in which the server answers every batch, ` +
      `or ${option('delivery.confirm')} none, which proves nothing`,
  )
}

/** @throws {DdbError} DDB_UNAVAILABLE if only receipts show the outcome of batches of earlier processes */
function checkNeedsNoReceipts({ history: { found } }: Run, why: string): void {
  if (found.used !== 'receipts' || found.rows().unconfirmed === 0) return
  throw new DdbError(
    'DDB_UNAVAILABLE',
    `${why}, and only receipts show the outcome of what earlier processes of this run sent. ${remedies.removeThenRestart()}`,
  )
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

/** Whether batches have receipts, unless the server refuses them. */
function triesReceipts({ checked: { mode, confirm } }: Run): boolean {
  return mode === 'sync' || confirm === 'auto'
}

/**
 * Determines what a run may conclude if the server refuses rows or takes fewer rows than were sent. That depends on the target. The queries
 * are sent before the first batch, because none may be sent while a batch is in flight.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
async function openRecorder(
  run: Run,
  description: TargetDescription,
  control: Session,
  evidence: Evidence | undefined,
): Promise<Recorder> {
  const { target, retries } = run.checked
  const isFunction = target.kind === 'function'
  const recorded = {
    description,
    kind: target.kind,
    retries,
    upserts: !isFunction && target.method === 'upsert',
    allOrNothing: await isAllOrNothing(run, control),
    keyed: !isFunction && (description.keyed || target.method === 'upsert'),
    inMemory: isFunction || target.table.kind === 'shared',
    ...(evidence === undefined ? {} : { evidence }),
  }
  return new Recorder(run, recorded)
}

/** Whether a refused batch never leaves rows in the table (docs/server-semantics.md#what-receipts-rely-on). */
async function isAllOrNothing({ checked }: Run, control: Session): Promise<boolean> {
  if (checked.target.kind === 'function') return false
  const { table } = checked.target
  const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
  return table.kind === 'shared' || (await askAtomic(asking, table.database)) === 'TRANS'
}
