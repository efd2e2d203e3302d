/*
  Opens the data sessions of a run without receipts. If the server answers its batches, the run first writes its marker
  (a table on the server).
*/
import { setMaxListeners } from 'node:events'
import type { Session } from '../../client/open-session.js'
import { ConnectionError, ServerError } from '../../errors.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { retryRules, tryUntil } from '../connection/retry.js'
import {
  jsonToValue,
  writeBody,
  writeExpression,
  type Target,
  type UpsertForm,
} from '../target/target.js'
import { longestUnmarkMs, reportLeftovers } from '../marker/leftovers.js'
import { askMarker, checkMarker, dropMarker, markRun } from '../marker/marker.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { answerScript, writeFunction } from '../target/transform.js'
import { abandonAll, type Writer } from './delivery.js'
import { refusalText } from '../outcomes/refusal.js'

export type Unmark = (session: Session) => Promise<void>

export interface MarkedWriter {
  readonly writer: Writer
  /** undefined if the server refuses shared tables. */
  readonly unmark: Unmark | undefined
}

/**
 * Limit for batches that wait in this process, if the server does not answer them. A higher limit would not speed up
 * the server. The kernel buffers about as many bytes.
 */
const mostUnaskedBytes = 4 << 20

/** Name of a function that upserts and returns the number of rows, for servers whose own upsert does not return it. */
const upsertFunction = 'ddbIngestUpsert'

/** Writes the marker, opens the data sessions, and then checks the marker before the first row is sent. */
export async function openMarkedWriter(
  run: Run,
  description: TargetDescription,
  control: Session,
): Promise<MarkedWriter> {
  const unmark = await mark(run, control)
  try {
    const writer = await openWriter(run, description, true)
    if (unmark !== undefined) await checkStillMarked(run, control, writer)
    return { writer, unmark }
  } catch (error) {
    // If an earlier process has worked on the run, the next process still needs the marker.
    if (run.history.found.processes === 0) await unmark?.(control)
    throw error
  }
}

/** @returns a function that removes the marker; undefined if the server refuses shared tables */
async function mark(run: Run, control: Session): Promise<Unmark | undefined> {
  const { checked } = run
  const { name } = run.history
  try {
    await markRun(control, name, checked.confirmTimeoutMs)
    // If the last process ended cleanly, the marker names no session. From now on it must name the current one.
    if (run.history.found.processes > 0) await askMarker(control, name, checked.confirmTimeoutMs)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    run.reporter.notice(unmarkedNotice(run, error))
    return undefined
  }
  reportLeftovers(run, control)
  return session => dropMarker(session, name, Math.min(longestUnmarkMs, checked.confirmTimeoutMs))
}

function unmarkedNotice({ options, checked }: Run, refusal: ServerError): string {
  const { target } = checked
  const inMemory = target.kind === 'function' || target.table.kind === 'shared'
  const less = [
    ...(options.runId === undefined ? [] : ['another run of the same name is not noticed']),
    ...(inMemory ? ['if the connection is lost, confirmed rows become unconfirmed'] : []),
  ]
  const meaning = less.length === 0 ? 'nothing depends on it here' : less.join(', and ')
  return `the run leaves no marker on this server (${refusalText(refusal)}): ${meaning}`
}

async function checkStillMarked(run: Run, control: Session, writer: Writer): Promise<void> {
  try {
    await checkMarker(control, run.history.name, run.checked.confirmTimeoutMs)
  } catch (error) {
    abandonAll(writer, unused())
    throw error
  }
}

function unused(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
}

/**
 * Opens the data sessions.
 * @param answered  whether the server answers every batch
 */
export async function openWriter(
  run: Run,
  description: TargetDescription,
  answered: boolean,
): Promise<Writer> {
  const { target } = run.checked
  const sessions = await connectEach(run, description, answered)
  if (target.kind === 'function') {
    const leading = target.functionArguments.map(jsonToValue)
    return { sessions, functionName: target.name, leading }
  }
  const { upsert } = description
  const { table, method, keyColumns } = target
  const functionName =
    target.transform !== undefined
      ? writeFunction
      : answered && upsert?.counts === false
        ? upsertFunction
        : writeExpression(table, method, keyColumns, answered, upsert)
  return { sessions, functionName, leading: [] }
}

/**
 * @throws {ConnectionError} if a connection cannot be opened
 */
export async function connectEach(
  run: Run,
  description: TargetDescription,
  answered: boolean,
): Promise<readonly Session[]> {
  const deadlineMs = connectDeadlineMs(run.platform, run.server.address)
  // Every connection adds a listener to its signal. A dependent signal keeps these listeners off the caller's signal.
  const ended = AbortSignal.any(run.options.signal === undefined ? [] : [run.options.signal])
  setMaxListeners(0, ended)
  const connecting = (): Promise<Session> =>
    connectData(run, description, answered, ended, deadlineMs)
  const opened = await Promise.allSettled(
    Array.from({ length: run.checked.connections }, () =>
      tryUntil(deadlineMs, retryRules(run), connecting, isConnectionError),
    ),
  )
  const sessions = opened.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  for (const one of opened) {
    if (one.status === 'fulfilled') continue
    abandonAll({ sessions }, unused())
    throw one.reason as Error
  }
  return sessions
}

function isConnectionError(error: unknown): boolean {
  return error instanceof ConnectionError
}

async function connectData(
  run: Run,
  { upsert }: TargetDescription,
  answered: boolean,
  ended: AbortSignal,
  deadlineMs: number,
): Promise<Session> {
  const { checked } = run
  const session = await connectServer(run.platform, run.server.address, {
    deadlineMs,
    signal: ended,
    closeTimeoutMs: closeTimeoutMs(checked),
    highWaterBytes: Math.ceil(
      (answered ? checked.maxInFlightBytes : Math.min(checked.maxInFlightBytes, mostUnaskedBytes)) /
        checked.connections,
    ),
    ...(answered ? {} : run.server.dataSession),
  })
  const script = answered ? definitions(checked.target, upsert) : undefined
  if (script === undefined) return session
  try {
    await session.run(script, { timeoutMs: checked.confirmTimeoutMs })
    return session
  } catch (error) {
    session.abandon(unused())
    throw error
  }
}

/** Script with the function that writes an answered batch; undefined if the server already has the function. */
function definitions(target: Target, upsert: UpsertForm | undefined): string | undefined {
  if (target.kind === 'function') return undefined
  const { transform } = target
  if (transform !== undefined) return answerScript(transform, writeBody(target, upsert))
  if (upsert?.counts !== false) return undefined
  return `def ${upsertFunction}(mutable data) {\n${writeBody(target, upsert)}\n}`
}
