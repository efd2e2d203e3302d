/*
  Asks whether a server still has a run's marker (a shared table). If so, the server has not restarted.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError } from '../../errors.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from '../connection/connect.js'
import { tryUntil, type RetryRules } from '../connection/retry.js'
import type { Run } from '../run.js'
import { askMarker } from './marker.js'

/** Time limit for this query if the server is already silent on a different connection. */
const silentServerMs = 1_000

/**
 * @param control  a session that may still work
 * @param silent  whether the server keeps its connections open but does not answer; then no new connection is tried
 * @returns whether the server still has the marker; also false if the server cannot be asked
 */
export async function serverRemembersRun(
  run: Run,
  rules: RetryRules,
  control: Session,
  silent: boolean,
): Promise<boolean> {
  const timeoutMs = silent ? silentServerMs : run.checked.confirmTimeoutMs
  try {
    return await askOnAnySession(run, rules, control, silent, session =>
      hasMarker(run, session, timeoutMs),
    )
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    return false
  }
}

/** @throws {DdbError} if the server cannot be asked */
export async function hasMarker(
  { history: { name } }: Pick<Run, 'history'>,
  session: Session,
  timeoutMs: number,
): Promise<boolean> {
  return (await askMarker(session, name, timeoutMs)) === 'ours'
}

/**
 * Asks on a session that may still work. If it does not, asks on a new session.
 * @throws {DdbError} the error of the last attempt
 */
export async function askOnAnySession<T>(
  run: Run,
  rules: RetryRules,
  control: Session,
  silent: boolean,
  ask: (session: Session) => Promise<T>,
): Promise<T> {
  let failure: DdbError = new ConnectionError('DDB_CONNECTION_LOST', 'the connection was lost')
  try {
    if (!control.closed) return await ask(control)
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    control.abandon(new ConnectionError('DDB_CONNECTION_LOST', error.message, { cause: error }))
    failure = error
  }
  if (silent || rules.retries === 0) throw failure
  return askElsewhere(run, rules, ask)
}

function askElsewhere<T>(
  run: Run,
  rules: RetryRules,
  ask: (session: Session) => Promise<T>,
): Promise<T> {
  const endMs = rules.clock.nowMs() + rules.reconnectMs
  const attempt = async (): Promise<Awaited<T>> => {
    const deadlineMs = Math.min(endMs, connectDeadlineMs(run.platform, run.server.address))
    const session = await connectServer(run.platform, run.server.address, {
      deadlineMs,
      signal: run.ending.leaving,
      closeTimeoutMs: closeTimeoutMs(run.checked),
    })
    try {
      const answer = await ask(session)
      await session.close().catch(() => undefined)
      return answer
    } catch (error) {
      session.abandon(new ConnectionError('DDB_CONNECTION_LOST', 'the server did not answer'))
      throw error
    }
  }
  return tryUntil(endMs, rules, attempt, error => error instanceof DdbError)
}
