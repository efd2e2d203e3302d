/*
  The sessions of a run with receipts on one node: opens data sessions, defines the functions that write batches, and finds out whether the
  server still has them.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError, ServerError, TimeoutError } from '../../../errors.js'
import { connectRun, type ConnectRules } from '../../connection/connect.js'
import type { RetryRules } from '../../connection/retry.js'
import { classifyRefusal } from '../../outcomes/refusals.js'
import { askMemory, checkClaim, checkScript, claimAnswers } from '../../register/register.js'
import type { Run } from '../../run.js'
import type { UpsertForm } from '../../target/target.js'
import { replacedError } from '../delivery.js'
import { nextHead, type Ledger } from './ledger.js'
import { deliverFunction, deliverScript } from './script.js'

export interface SessionSetup {
  readonly run: Run
  /** Default: `usualUpsert`. */
  readonly upsert?: UpsertForm | undefined
}

/** Whether the server still knows the run after the connection was lost. */
export type Memory =
  | 'kept'
  /** The server has no trace of the run: it has restarted, or this is a different node. */
  | 'lost'
  /** The server keeps nothing of the run. */
  | 'unknown'

/** Opens the session for queries again, and determines whether the server still knows this run. */
export async function openControl(
  run: Run,
  ledger: Ledger | undefined,
  deadlineMs: number,
): Promise<[Session, Memory]> {
  const control = await connectRun(run, { deadlineMs })
  try {
    const head = ledger && { name: ledger.name, headRow: nextHead(ledger, BigInt(control.id)) }
    const leftMs = remainingMs(run.platform, deadlineMs)
    return [control, (await askMemory(control, run.history.name, head, leftMs)) ? 'kept' : 'lost']
  } catch (error) {
    control.abandon(replacedError())
    throw error
  }
}

/** A data session that is opened before the run knows whether it needs the session. */
export interface EarlySession {
  /** The session, for the first caller, which must use or close it. Later calls of `giveUp` do nothing. */
  take(): Promise<Session> | undefined
  giveUp(): Promise<void>
}

/** Begins to open a data session at once, because round trips may be long and the session depends on no earlier answer. */
export function openEarly(run: Run, control: Session): EarlySession {
  const givenUp = new AbortController()
  const connecting = connectData(run, control, {
    deadlineMs: run.platform.clock.nowMs() + run.checked.retryTimeoutMs,
    signal: AbortSignal.any([run.ending.leaving, givenUp.signal]),
  })
  connecting.catch(() => undefined)
  let isTaken = false
  return {
    take() {
      if (isTaken) return undefined
      isTaken = true
      return connecting
    },
    async giveUp() {
      if (isTaken) return
      isTaken = true
      givenUp.abort(neverUsed())
      await connecting.then(session => session.abandon(neverUsed())).catch(() => undefined)
    },
  }
}

/** Opens a data session on a node. Defines no functions on it. */
export function connectData(
  run: Run,
  node: Session,
  rules: Pick<ConnectRules, 'deadlineMs' | 'signal'>,
): Promise<Session> {
  return connectRun(run, {
    node,
    ...rules,
    highWaterBytes: run.checked.maxInFlightBytes,
    ...(run.checked.mode === 'sync' ? {} : run.server.dataSession),
  })
}

/**
 * Defines the functions that write batches, and in the same request checks once more that the run has its name: the register has the run since
 * a round trip ago, so any process that saw no register at that time has made its own by now. On an asynchronous session, the server does not report errors in
 * the functions.
 */
export async function defineFunctions(
  { run, upsert }: SessionSetup,
  control: Session,
  data: Session,
  ledger: Ledger | undefined,
  timeoutMs: number,
): Promise<void> {
  const { name } = run.history
  const functions = deliverScript(ledger, run.checked.target, upsert)
  if (ledger === undefined || ledger.isChecked || !name.isRegistered) {
    return void (await data.run(functions, { timeoutMs }))
  }
  const checking = `${checkScript(name, ledger.processNo)}${claimAnswers}`
  // A purely asynchronous session answers nothing.
  if (data.enableAsync) await data.run(functions, { timeoutMs })
  const claim = data.enableAsync
    ? await control.run(checking, { timeoutMs })
    : await data.run(`${functions}${checking}`, { timeoutMs })
  await checkClaim(control, claim, name, ledger.name, ledger.processNo, timeoutMs)
  ledger.isChecked = true
}

/** The result of a query that was sent after all data. */
export type BarrierAnswer =
  /** The server has read everything, and still has the functions that write batches. */
  | 'passed'
  /** The server has read everything, but may have forgotten the functions that write batches. */
  | 'forgotten'
  | 'unknown'
  | 'silent'

/**
 * Asks on a data session whether the server still has the function that writes batches.
 * @param idle  whether the server has no work for the data sessions; undefined if it does not say
 * @throws {ConnectionError} @throws {ServerError}
 */
export async function askBarrier(
  session: Session,
  timeoutMs: number,
  idle: boolean | undefined,
): Promise<BarrierAnswer> {
  if (session.enableAsync) return idle === true ? 'forgotten' : 'unknown'
  try {
    const known = await session.run(`defined("${deliverFunction}", DEF)`, { timeoutMs })
    return known?.form === 'scalar' && known.value === false ? 'forgotten' : 'passed'
  } catch (error) {
    if (error instanceof TimeoutError) return 'silent'
    throw error
  }
}

export function neverUsed(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
}

export function mayBeTemporary(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true
  return error instanceof ServerError && classifyRefusal(error.received) === 'transient'
}

export function isSameNode(a: Session, b: Session): boolean {
  return a.host === b.host && a.port === b.port
}

/** At least 1 ms. */
export function remainingMs({ clock }: Pick<RetryRules, 'clock'>, deadlineMs: number): number {
  return Math.max(1, Math.ceil(deadlineMs - clock.nowMs()))
}
