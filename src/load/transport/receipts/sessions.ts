/*
  Opens the sessions of a run with receipts, and reopens lost ones.
*/
import type { Session } from '../../../client/open-session.js'
import { ConnectionError, type DdbError, ServerError, TimeoutError } from '../../../errors.js'
import { movedOn } from '../delivery.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../../connection/connect.js'
import type { RetryRules } from '../../connection/retry.js'
import { classifyRefusal } from '../../fate/refusal.js'
import { askMarker, nameIsTaken } from '../../marker/marker.js'
import type { Run } from '../../run.js'
import type { UpsertForm } from '../../target/target.js'
import type { Ledger } from './ledger.js'
import { deliverScript, sessionScript } from './script.js'

/** What a server still knows of a run after the connection was lost. */
export type Memory =
  | 'kept'
  /** The marker is gone: the server restarted, or this is another node. */
  | 'lost'

/** The result of a synchronous question after everything that was sent. */
export type BarrierAnswer =
  /** The server has read everything, and still has our functions. */
  | 'passed'
  /** The server has read everything, and has lost our functions, or does not tell. */
  | 'forgotten'
  | 'unknown'
  | 'silent'

export interface SessionSetup {
  readonly run: Run
  readonly rules: RetryRules
  /** An expression for the rows that the target has had; null if it cannot be asked. */
  readonly rowsHad: string
  /** The usual one if left out. */
  readonly upsert?: UpsertForm | undefined
}

/** The session for queries, on a server that knew this run before. */
export async function openControl(
  { run, rules }: SessionSetup,
  deadlineMs: number,
): Promise<[Session, Memory]> {
  const control = await connectServer(run.platform, run.server.address, {
    deadlineMs: Math.min(deadlineMs, connectDeadlineMs(run.platform, run.server.address)),
    signal: run.ending.leaving,
    closeTimeoutMs: closeTimeoutMs(run.plan),
  })
  try {
    const state = await askMarker(control, run.history.name, leftMs(rules, deadlineMs))
    if (state === 'taken')
      throw await nameIsTaken(control, run.history.name, leftMs(rules, deadlineMs))
    return [control, state === 'ours' ? 'kept' : 'lost']
  } catch (error) {
    control.abandon(movedOn())
    throw error
  }
}

/** For this part of the time to reconnect, only the same node is tried, before others are. */
const ownShare = 4

/** Until then no other live node is tried, because only the present one can answer for what it was sent. */
export function ownUntilMs({ run, rules }: SessionSetup, deadlineMs: number): number {
  const nowMs = rules.clock.nowMs()
  const isOwed = run.state.sentCount > 0 && run.server.liveNodes.length > 0
  return isOwed ? nowMs + (deadlineMs - nowMs) / ownShare : nowMs
}

/**
 * As `openControl`, to replace a lost session.
 * @param ownMs  until then only on the nodes that the user has named
 */
export async function openAgain(
  setup: SessionSetup,
  lost: Session,
  deadlineMs: number,
  ownMs: number,
): Promise<[Session, Memory]> {
  const { run, rules } = setup
  const isWaited = rules.clock.nowMs() < ownMs
  if (!isWaited) run.server.reachOut()
  const [control, memory] = await openControl(setup, isWaited ? ownMs : deadlineMs)
  if (!isSameNode(control, lost)) {
    const [from, to] = [lost, control].map(({ host, port }) => `${host}:${port}`)
    run.reporter.notice(`${from} is lost: the run continues with ${to}`)
  }
  return [control, memory]
}

/** A session for data, on the node of the session for queries; no functions are defined there yet. */
export function connectData(
  { run }: SessionSetup,
  { host, port }: Session,
  deadlineMs: number,
  givenUp?: AbortSignal,
): Promise<Session> {
  const server = { ...run.server.address, host, port, otherHosts: [] }
  return connectServer(run.platform, server, {
    deadlineMs: Math.min(deadlineMs, connectDeadlineMs(run.platform, server)),
    signal:
      givenUp === undefined ? run.ending.leaving : AbortSignal.any([run.ending.leaving, givenUp]),
    closeTimeoutMs: closeTimeoutMs(run.plan),
    highWaterBytes: run.plan.maxInFlightBytes,
    ...run.server.dataSession,
  })
}

/**
 * Opens the missing or lost data sessions, all at once, because a run may have many.
 * @param data  afterwards has those that could be opened, even if this throws
 * @param first  a connection that is already being opened
 */
export async function openMissing(
  setup: SessionSetup,
  control: Session,
  data: Session[],
  ledger: Ledger,
  deadlineMs: number,
  first?: Promise<Session>,
): Promise<void> {
  const missing = Array.from({ length: setup.run.plan.connections }, (_, i) => i).filter(
    i => data[i]?.closed !== false,
  )
  const opened = await Promise.allSettled(
    missing.map(async (i, at) => {
      const connecting =
        at === 0 && first !== undefined ? first : connectData(setup, control, deadlineMs)
      data[i] = await openData(setup, connecting, ledger, deadlineMs)
    }),
  )
  for (const one of opened) if (one.status === 'rejected') throw one.reason as Error
}

/** Defines the functions for data on a session as soon as it is connected. */
export async function openData(
  setup: SessionSetup,
  connecting: Promise<Session>,
  ledger: Ledger,
  deadlineMs: number,
): Promise<Session> {
  const { run, rules } = setup
  const data = await connecting
  try {
    run.emit({ kind: 'session', id: data.id })
    await defineFunctions(setup, data, ledger, leftMs(rules, deadlineMs))
    return data
  } catch (error) {
    data.abandon(movedOn())
    throw error
  }
}

/** Defines the functions that write batches; an asynchronous session does not tell whether it could. */
export function defineFunctions(
  { run, rowsHad, upsert }: SessionSetup,
  data: Session,
  ledger: Ledger,
  timeoutMs: number,
): Promise<unknown> {
  const { target, unit } = run.plan
  const own = unit === undefined ? '' : sessionScript(ledger, data.id)
  return data.run(deliverScript(ledger, target, rowsHad, upsert, unit?.unit) + own, { timeoutMs })
}

/** Time until the deadline, at least 1 ms. */
export function leftMs({ clock }: RetryRules, deadlineMs: number): number {
  return Math.max(1, Math.ceil(deadlineMs - clock.nowMs()))
}

/** Whether a failure to open a session may be temporary. */
export function passes(error: unknown): boolean {
  if (error instanceof ConnectionError || error instanceof TimeoutError) return true
  return error instanceof ServerError && classifyRefusal(error.received) === 'transient'
}

export function isSameNode(a: Session, b: Session): boolean {
  return a.host === b.host && a.port === b.port
}

/** For a server that answered before; one that never answered is another failure. */
export function notComingBack(cause: DdbError): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    `the connection was lost and could not be opened again: ${cause.message}`,
    { cause },
  )
}
