/*
  The session that rows are counted on. A server may forget it, and with it the user who may count: it is opened again,
  as long as nothing suggests that the table is another one by now.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError } from '../../errors.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { tryUntil, type RetryRules } from '../connection/retry.js'
import type { Asking } from '../connection/server-queries.js'
import { askMarker } from '../marker/marker.js'
import type { Run } from '../run.js'
import { ignoreLoss } from './delivery.js'

/** A session that asks, under changing ids. */
export interface CountingSession {
  /** The latest one. */
  readonly session: Session
  /**
   * Asks on the session, and on another when the server has forgotten this one or the connection is lost.
   *
   * @param timeoutMs  for everything together
   * @throws {ConnectionError} when there is no session, and none is to be had
   * @throws {ServerError} @throws {TimeoutError}
   */
  ask<T>(timeoutMs: number, question: (asking: Asking) => Promise<T>): Promise<T>
  abandon(reason: ConnectionError): void
  /** Closes what was opened here; the first session belongs to the run. */
  close(): Promise<void>
}

/** What a run with counted rows knows of its server. */
export interface CountingPlace {
  readonly run: Run
  readonly rules: RetryRules
  /** The rows end with the server: another process has none of them, whatever it has. */
  readonly inMemory: boolean
  /** The run has a marker, which names the session that asks. */
  readonly marked: boolean
  /** Connections that end with the server: `closed` once all are. */
  readonly data: Pick<Session, 'closed'>
}

/** @param control  of the run, which closes it */
export function newCountingSession(control: Session, place: CountingPlace): CountingSession {
  const { rules } = place
  let session = control
  return {
    get session() {
      return session
    },
    ask(timeoutMs, question) {
      const deadlineMs = rules.clock.nowMs() + timeoutMs
      const leftMs = (): number => Math.max(1, Math.ceil(deadlineMs - rules.clock.nowMs()))
      const attempt = async (): Promise<Awaited<ReturnType<typeof question>>> => {
        if (session.closed && rules.retries > 0) {
          session = await openAgain(session, place, deadlineMs, leftMs)
        }
        return await question({ session, timeoutMs: leftMs() })
      }
      const mayRetry = (error: unknown): boolean =>
        error instanceof ConnectionError && session.closed && mayBeSameTable(place)
      return tryUntil(deadlineMs, rules, attempt, mayRetry)
    },
    abandon: reason => session.abandon(reason),
    async close() {
      if (session !== control) await session.close().catch(ignoreLoss)
    },
  }
}

/** A table in memory is the same as long as a connection that was there before it was counted still stands. */
function mayBeSameTable({ inMemory, data }: CountingPlace): boolean {
  return !inMemory || !data.closed
}

/** On the same node: others do not have its tables in memory. */
async function openAgain(
  { host, port }: Session,
  place: CountingPlace,
  deadlineMs: number,
  leftMs: () => number,
): Promise<Session> {
  const { run, inMemory, marked } = place
  const server = { ...run.server.address, host, port, otherHosts: [] }
  const session = await connectServer(run.platform, server, {
    deadlineMs: Math.min(deadlineMs, connectDeadlineMs(run.platform, server)),
    signal: run.ending.leaving,
    closeTimeoutMs: closeTimeoutMs(run.plan),
  })
  try {
    // Writes which session asks from now on, and tells whether this is still the same server.
    const isKnown = !marked || (await askMarker(session, run.history.name, leftMs())) === 'ours'
    if (inMemory && !(isKnown && mayBeSameTable(place))) throw anotherServer()
    return session
  } catch (error) {
    session.abandon(anotherServer())
    throw error
  }
}

function anotherServer(): ConnectionError {
  return new ConnectionError(
    'DDB_CONNECTION_LOST',
    'the server may have restarted: its tables in memory may be others than those that were written to',
  )
}
