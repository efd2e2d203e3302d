/*
  The session on which the run counts rows. If the server has forgotten the session and its login, the run opens a new
  one. It gives up if the target is in memory and the server may have restarted, because a different table may then have
  the target's name.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError } from '../../errors.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { tryUntil, type RetryRules } from '../connection/retry.js'
import type { Asking } from '../connection/server-queries.js'
import { askMarker } from '../marker/marker.js'
import type { Run } from '../run.js'
import { ignoreLoss } from './delivery.js'

/** The session for queries. A new session with a different id may replace it. */
export interface CountingSession {
  readonly session: Session
  /**
   * Asks on the session. If the server has forgotten it, or its connection is lost, asks on a new session.
   * @param timeoutMs  limit for all attempts together
   * @throws {ConnectionError} if no session is open and none can be opened
   * @throws {ServerError} @throws {TimeoutError}
   */
  ask<T>(timeoutMs: number, question: (asking: Asking) => Promise<T>): Promise<T>
  abandon(reason: ConnectionError): void
  /** Closes the sessions opened here, but not the first session, which belongs to the run. */
  close(): Promise<void>
}

export interface CountingPlace {
  readonly run: Run
  readonly rules: RetryRules
  /** Whether a restart of the server removes the rows. */
  readonly inMemory: boolean
  /** Whether the run has a marker (its table on the server), which names the counting session. */
  readonly marked: boolean
  /** The data connections. `closed` is true once all of them have ended, for example because the server stopped. */
  readonly data: Pick<Session, 'closed'>
}

/** @param control  the run's session, which the run closes */
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

/** A server that stops loses its tables in memory. While a data connection is open, the server has not stopped. */
function mayBeSameTable({ inMemory, data }: CountingPlace): boolean {
  return !inMemory || !data.closed
}

/** Opens a session on the node of the lost session, because other nodes do not have that node's tables in memory. */
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
    // `askMarker` also records the new counting session. Its answer shows whether the server process is still the same.
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
    'the server may have restarted: its tables in memory may not be those that the run wrote to',
  )
}
