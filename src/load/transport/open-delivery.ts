/*
  Chooses how the run sends and confirms batches: as the options request, if the server allows it.
*/
import type { Session } from '../../client/open-session.js'
import { settingAdvice } from '../../client/failure.js'
import { ConnectionError, DdbError, ServerError, option } from '../../errors.js'
import { askAtomic } from '../connection/server-queries.js'
import type { Evidence } from '../evidence/evidence.js'
import type { TargetDescription } from '../target/describe-target.js'
import { ReceiptNode } from './receipts/receipt-node.js'
import { openEarly, type EarlySession } from './receipts/sessions.js'
import { ReceiptWatcher } from './receipts/watcher.js'
import { checkMemory } from '../journal/check-sole-process.js'
import type { Run } from '../run.js'
import { remedies } from '../remedies.js'
import { openUnconfirmed } from './unconfirmed.js'
import type { Delivery } from './delivery.js'
import { Recorder } from '../outcomes/recorder.js'
import { refusalText } from '../outcomes/refusals.js'

const onlyAnswers =
  'the answers of the server are the only proof. Each batch takes a round trip, and a batch whose answer is lost is uncertain; if the ' +
  'connection is lost, confirmed rows in memory become unconfirmed; and another run of the same name is not noticed.'

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
  if (!triesReceipts(run)) return openUnconfirmed(run, description)
  const { mode } = run.checked
  const recorder = await openRecorder(run, description, control, evidence)
  try {
    return await openReceipts(run, recorder, control, early)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const why = `no receipts on this server (${refusalText(error)})`
    const need = receiptsNeed(error.serverMessage)
    // `chooseMode` may have made a requested asynchronous run a synchronous one.
    if (mode === 'async' && run.options.delivery?.mode === 'async') throw receiptsRefused(why, need)
    checkNeedsNoReceipts(run, why)
    run.checked = { ...run.checked, mode: 'sync' }
    run.reporter.notice(`${why}: ${onlyAnswers} ${need}`)
    return openReceipts(run, recorder, control, undefined, false)
  }
}

/**
 * @param control  the run's session, which from now on reads the ledger (the server-side table of receipts)
 * @throws {ServerError} if the server refuses something that receipts need
 * @throws {DdbError} DDB_LOCKED if a different run has this run's name
 * @throws {ConnectionError}
 */
async function openReceipts(
  run: Run,
  recorder: Recorder,
  control: Session,
  early?: EarlySession,
  asksLedger = true,
): Promise<Delivery> {
  const { description } = recorder.target
  const isLeft = checkMemory(run, recorder.target.inMemory)
  // No later ledger gets the number of a lost ledger.
  const { history } = run
  let number = Math.max(0, history.ledgerNumber - (isLeft ? 1 : 0))
  const nodeSetup = {
    run,
    hasLedger: asksLedger,
    upsert: description.upsert,
    columnNames: description.columns.map(column => column.name),
    nextLedger: () => {
      number++
      return { number, processNo: history.beginsLedger(number) }
    },
  }
  const node = await ReceiptNode.open(nodeSetup, control, early)
  try {
    // Somebody may have removed the ledger since the server reported it.
    const hasLedger = isLeft && node.ledger?.isNew === false
    const delivery = new ReceiptWatcher({ run, recorder, node })
    await delivery.link.receipts.readEarlier(hasLedger)
    return delivery
  } catch (error) {
    node.leave(new ConnectionError('DDB_CONNECTION_LOST', 'the run does not continue'))
    throw error
  }
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
