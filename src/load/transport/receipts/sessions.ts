/*
  The sessions of a run with receipts on one node: opens data sessions, defines the functions that write batches, and finds out whether the
  server still has them.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError, ServerError, TimeoutError } from '../../../errors.js'
import { connectRun, type ConnectRules } from '../../connection/connect.js'
import { partsOf } from '../../connection/server-queries.js'
import type { Platform } from '../../../platform/platform.js'
import { classifyRefusal } from '../../outcomes/refusals.js'
import {
  askMemory,
  checkClaim,
  knownAnswers,
  knownIn,
  knownScript,
} from '../../register/register.js'
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
): Promise<[Session, hasMemory: boolean]> {
  const control = await connectRun(run, { deadlineMs })
  try {
    const head = ledger && { name: ledger.name, headRow: nextHead(ledger, BigInt(control.id)) }
    const leftMs = remainingMs(run.platform, deadlineMs)
    return [control, await askMemory(control, run.history.name, head, leftMs)]
  } catch (error) {
    control.abandon(replacedError())
    throw error
  }
}

/** A data session that is opened before the run knows whether it needs the session. */
export interface EarlySession {
  readonly opening: Promise<Session>
  /** Abandons the session if it is open or being opened. */
  giveUp(): Promise<void>
}

/** Begins to open a data session at once, because round trips may be long and the session depends on no earlier answer. */
export function openEarly(run: Run, control: Session): EarlySession {
  const givenUp = new AbortController()
  const opening = connectData(run, control, {
    deadlineMs: run.platform.clock.nowMs() + run.checked.retryTimeoutMs,
    signal: AbortSignal.any([run.ending.leaving, givenUp.signal]),
  })
  opening.catch(() => undefined)
  return {
    opening,
    async giveUp() {
      givenUp.abort(neverUsed())
      await opening.then(session => session.abandon(neverUsed())).catch(() => undefined)
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
  })
}

/**
 * Defines the functions that write batches, and in the same request checks once more that the run has its name: the register has the run since
 * a round trip ago, so any process that saw no register at that time has made its own by now.
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
  const script = `${functions}${knownScript(name.runId)}(${knownAnswers})`
  const known = knownIn(partsOf(await data.run(script, { timeoutMs })))
  const claim = { ledger: ledger.name, processNo: ledger.processNo }
  await checkClaim(control, known, name, claim, timeoutMs)
  ledger.isChecked = true
}

/** The result of a query that was sent after all data. */
export type BarrierAnswer =
  /** The server has read everything, and still has the functions that write batches. */
  | 'passed'
  /** The server has read everything, but may have forgotten the functions that write batches. */
  | 'forgotten'
  | 'silent'

/**
 * Asks on a data session whether the server still has the function that writes batches.
 * @throws {ConnectionError} @throws {ServerError}
 */
export async function askBarrier(session: Session, timeoutMs: number): Promise<BarrierAnswer> {
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

/** At least 1 ms. */
export function remainingMs({ clock }: Pick<Platform, 'clock'>, deadlineMs: number): number {
  return Math.max(1, Math.ceil(deadlineMs - clock.nowMs()))
}
