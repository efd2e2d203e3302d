/*
  How long a run waits for a server that keeps its connections and does nothing: until nothing has moved for the time
  that `confirmTimeoutMs` gives.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, TimeoutError } from '../../errors.js'
import type { Clock } from '../../platform/platform.js'
import { wait } from '../../platform/wait.js'

/** How long nothing may move. */
export interface IdleTimeout {
  clock: Clock
  timeoutMs: number
}

/** A silent server: what is out stays unconfirmed, and nothing more is sent. */
export function silenceError(timeoutMs: number, awaited: string): ConnectionError {
  return new ConnectionError(
    'DDB_UNCONFIRMED',
    `the server keeps its connection, but ${awaited} for ${timeoutMs / 1000} s: nothing more is sent. ` +
      'See what it is busy with, or allow more time with `delivery.confirmTimeoutMs`',
  )
}

/**
 * Waits until a session has room for more.
 *
 * @throws {ConnectionError} DDB_UNCONFIRMED when the server takes nothing any more: the session is given up then; or
 *   the loss of the connection
 */
export async function drainedInTime(
  session: Session,
  { clock, timeoutMs }: IdleTimeout,
): Promise<void> {
  let bufferedBytes = session.bufferedBytes
  await inTime(session, session.drained(), 'took nothing', { clock, timeoutMs }, () => {
    const before = bufferedBytes
    bufferedBytes = session.bufferedBytes
    return Promise.resolve(bufferedBytes < before)
  })
}

/**
 * Waits for an answer as long as the server works on it.
 *
 * @param isIdle  whether it has nothing of the session to do; undefined when it does not tell. It has so many
 *   milliseconds
 * @throws {ConnectionError} DDB_UNCONFIRMED when it does not work and does not answer: the session is given up then
 */
export function answerInTime<T>(
  session: Session,
  answer: Promise<T>,
  isIdle: (timeoutMs: number) => Promise<boolean | undefined>,
  timeout: IdleTimeout,
): Promise<T> {
  return inTime(session, answer, 'did not answer', timeout, async timeoutMs => {
    try {
      return (await isIdle(timeoutMs)) === false
    } catch (error) {
      if (error instanceof TimeoutError || error instanceof ConnectionError) return false
      throw error
    }
  })
}

/** Kept of the time for a question, and for what was on its way when the server had nothing more to do. */
const longestLookMs = 2_000

/** Waits for `awaited`; whenever the time is nearly up, `moves` says whether to wait on. */
async function inTime<T>(
  session: Session,
  awaited: Promise<T>,
  missing: string,
  { clock, timeoutMs }: IdleTimeout,
  moves: (timeoutMs: number) => Promise<boolean>,
): Promise<T> {
  const ended = new AbortController()
  const { signal } = ended
  const end = (): void => ended.abort()
  awaited.then(end, end)
  const lookMs = Math.min(longestLookMs, timeoutMs / 2)
  while (!signal.aborted) {
    await wait(clock, timeoutMs - lookMs, signal)
    if (signal.aborted || (await moves(Math.ceil(lookMs / 2))) || signal.aborted) continue
    await wait(clock, lookMs / 2, signal)
    if (signal.aborted) continue
    const error = silenceError(timeoutMs, missing)
    session.abandon(error)
    throw error
  }
  return awaited
}
