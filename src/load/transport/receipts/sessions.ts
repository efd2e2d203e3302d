/*
  Opens and reopens the sessions of a run with receipts.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError, type DdbError, ServerError, TimeoutError } from '../../../errors.js'
import { replacedError } from '../delivery.js'
import { connectRun } from '../../connection/connect.js'
import type { RetryRules } from '../../connection/retry.js'
import { classifyRefusal } from '../../outcomes/refusals.js'
import type { Run } from '../../run.js'
import type { UpsertForm } from '../../target/target.js'
import {
  askMemory,
  checkClaim,
  checkScript,
  claimAnswers,
  nameTakenError,
} from '../../register/register.js'
import { nextHead, type Ledger } from './ledger.js'
import { deliverFunction, deliverScript } from './script.js'

/** Whether the server still knows the run after the connection was lost. */
export type Memory =
  | 'kept'
  /** The server has no trace of the run: it has restarted, or this is a different node. */
  | 'lost'
  /** The server keeps nothing of the run. */
  | 'unknown'

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

export interface SessionSetup {
  readonly run: Run
  readonly rules: RetryRules
  /** Default: `usualUpsert`. */
  readonly upsert?: UpsertForm | undefined
}

/** Opens the session for queries and determines whether the server still knows this run. */
async function openControl(
  { run, rules }: SessionSetup,
  ledger: Ledger | undefined,
  deadlineMs: number,
): Promise<[Session, Memory]> {
  const control = await connectRun(run, { deadlineMs })
  try {
    const { name } = run.history
    const head = ledger && { name: ledger.name, headRow: nextHead(ledger, BigInt(control.id)) }
    const state = await askMemory(control, name, head, remainingMs(rules, deadlineMs))
    if (state === 'taken') {
      throw await nameTakenError(control, name, remainingMs(rules, deadlineMs))
    }
    return [control, state === 'ours' ? 'kept' : 'lost']
  } catch (error) {
    control.abandon(replacedError())
    throw error
  }
}

/** The share of the reconnecting time in which the run tries only the nodes that the user has named: 1/4. */
const ownShare = 4

/**
 * The time until which the run tries only the nodes that the user has named. The lost node may come back, and no other
 * node can report the outcome of its batches.
 */
export function namedNodesUntilMs({ run, rules }: SessionSetup, deadlineMs: number): number {
  const nowMs = rules.clock.nowMs()
  const isOwed = run.state.inFlightCount > 0 && run.server.liveNodes.length > 0
  return isOwed ? nowMs + (deadlineMs - nowMs) / ownShare : nowMs
}

/**
 * As `openControl`, to replace a lost session.
 * @param ownMs  time until which the run tries only the nodes that the user has named
 */
export async function openAgain(
  setup: SessionSetup,
  lost: Session,
  ledger: Ledger | undefined,
  deadlineMs: number,
  ownMs: number,
): Promise<[Session, Memory]> {
  const { run, rules } = setup
  const isWaited = rules.clock.nowMs() < ownMs
  if (!isWaited) run.server.reachOut()
  const [control, memory] = await openControl(setup, ledger, isWaited ? ownMs : deadlineMs)
  if (!isSameNode(control, lost)) {
    const [from, to] = [lost, control].map(({ host, port }) => `${host}:${port}`)
    run.reporter.notice(`${from} is lost: the run continues with ${to}`)
  }
  return [control, memory]
}

/** Opens a data session on the node of the session for queries. Defines no functions on it. */
function connectData(
  { run }: Pick<SessionSetup, 'run'>,
  node: Session,
  deadlineMs: number,
  givenUp?: AbortSignal,
): Promise<Session> {
  return connectRun(run, {
    node,
    deadlineMs,
    ...(givenUp && { signal: AbortSignal.any([run.ending.leaving, givenUp]) }),
    highWaterBytes: run.checked.maxInFlightBytes,
    ...(run.checked.mode === 'sync' ? {} : run.server.dataSession),
  })
}

/** A data session that is opened before the run knows whether it needs the session. */
export interface EarlySession {
  /** The caller must use or close the session. Later calls of `giveUp` do nothing. */
  take(): Promise<Session>
  giveUp(): Promise<void>
}

/** Begins to open a data session at once, because round trips may be long and the session depends on no earlier answer. */
export function openEarly(
  setup: Pick<SessionSetup, 'run' | 'rules'>,
  control: Session,
): EarlySession {
  const { clock, reconnectMs } = setup.rules
  const givenUp = new AbortController()
  const connecting = connectData(setup, control, clock.nowMs() + reconnectMs, givenUp.signal)
  connecting.catch(() => undefined)
  let isTaken = false
  return {
    take() {
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

export function neverUsed(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
}

/**
 * Opens missing or lost data sessions, all at the same time, because a run may have many.
 * @param data  receives the sessions that could be opened, even if an error is thrown
 * @param first  a connection that is already being opened
 */
export async function openMissing(
  setup: SessionSetup,
  control: Session,
  data: Session[],
  ledger: Ledger | undefined,
  deadlineMs: number,
  first?: Promise<Session>,
): Promise<void> {
  const missing = Array.from({ length: setup.run.checked.connections }, (_, i) => i).filter(
    i => data[i]?.closed !== false,
  )
  const opened = await Promise.allSettled(
    missing.map(async (i, at) => {
      const connecting =
        at === 0 && first !== undefined ? first : connectData(setup, control, deadlineMs)
      data[i] = await openData(setup, control, connecting, ledger, deadlineMs)
    }),
  )
  for (const one of opened) if (one.status === 'rejected') throw one.reason as Error
}

async function openData(
  setup: SessionSetup,
  control: Session,
  connecting: Promise<Session>,
  ledger: Ledger | undefined,
  deadlineMs: number,
): Promise<Session> {
  const { run, rules } = setup
  const data = await connecting
  try {
    run.note({ dataSessions: [...run.history.now.dataSessions, data.id] })
    await defineFunctions(setup, control, data, ledger, remainingMs(rules, deadlineMs))
    return data
  } catch (error) {
    data.abandon(replacedError())
    throw error
  }
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

/** At least 1 ms. */
export function remainingMs({ clock }: RetryRules, deadlineMs: number): number {
  return Math.max(1, Math.ceil(deadlineMs - clock.nowMs()))
}

export function mayBeTemporary(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true
  return error instanceof ServerError && classifyRefusal(error.received) === 'transient'
}

export function isSameNode(a: Session, b: Session): boolean {
  return a.host === b.host && a.port === b.port
}

/** The error if a lost connection cannot be reopened. If the first connection fails, the error is DDB_CONNECT instead. */
export function reconnectFailed(cause: DdbError): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    `the connection was lost and could not be opened again: ${cause.message}`,
    { cause },
  )
}
