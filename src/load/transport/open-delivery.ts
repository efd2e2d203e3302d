/*
  Chooses how the run sends and confirms batches: as the options request, if the server allows it.
*/
import type { Session } from '../../client/open-session.js'
import { settingAdvice } from '../../client/failure.js'
import { DdbError, ServerError, option } from '../../errors.js'
import { retryRules, type RetryRules } from '../connection/retry.js'
import type { Evidence } from '../evidence/evidence.js'
import type { TargetDescription } from '../target/describe-target.js'
import { reportLeftovers } from '../marker/leftovers.js'
import { openReceipts } from './receipts/open-receipts.js'
import { openEarly, type EarlySession } from './receipts/sessions.js'
import type { Run } from '../run.js'
import { remedies } from '../remedies.js'
import { openUnconfirmed } from './unconfirmed.js'
import type { Delivery } from './delivery.js'
import { openAnswered } from './open-answered.js'
import { openRecorder } from './open-recorder.js'
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
  const { mode, confirm } = run.checked
  const rules = retryRules(run)
  if (mode === 'async' && confirm === 'none') {
    return openUnconfirmed(run, description)
  }
  if (triesReceipts(run)) {
    const receipts = await receiptsIfAny(run, rules, description, control, evidence, early)
    if (!(receipts instanceof ServerError)) {
      reportLeftovers(run, control)
      return receipts
    }
    const why = `no receipts on this server (${refusalText(receipts)})`
    const need = receiptsNeed(receipts.serverMessage)
    if (!mayAnswer(run)) throw receiptsRefused(why, need)
    checkNeedsNoReceipts(run, why)
    run.reporter.notice(`${why}: ${answersInstead}. ${need}`)
  }
  return openAnswered(run, rules, description, control, evidence)
}

/** Without `delivery.mode`, a run whose server gives no receipts has every batch answered. */
function mayAnswer({ options }: Run): boolean {
  return options.delivery?.mode === undefined
}

const answersInstead =
  'the server answers every batch instead, which proves as much and takes a round trip per batch'

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

/** @returns the delivery, or the server's refusal if it gives no receipts */
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
    if (!(error instanceof ServerError)) throw error
    return error
  }
}

function triesReceipts({ checked: { mode, confirm } }: Run): boolean {
  return mode === 'async' && confirm === 'auto'
}
