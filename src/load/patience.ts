/*
  How long a run waits for a server that keeps its connections and does nothing: until nothing has moved for the time
  that `--confirm-timeout` gives.
*/
import type { Session } from '../client/session.js'
import { ConnectionError, TimeoutError } from '../errors.js'
import type { WaitClock } from './wait-clock.js'

export interface Patience {
  clock: WaitClock
  /** Without progress. */
  timeoutMs: number
}

/** A silent server: what is out stays unconfirmed, and nothing more is sent. */
export function silenceError(timeoutMs: number, awaited: string): ConnectionError {
  return new ConnectionError(
    'DDB_UNCONFIRMED',
    `the server keeps its connection, but ${awaited} for ${timeoutMs / 1000} s: nothing more is sent. ` +
      'See what it is busy with, or allow more time with --confirm-timeout',
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
  { clock, timeoutMs }: Patience,
): Promise<void> {
  let bufferedBytes = session.bufferedBytes
  await inTime(session.drained(), { clock, timeoutMs }, () => {
    const before = bufferedBytes
    bufferedBytes = session.bufferedBytes
    if (bufferedBytes < before) return Promise.resolve()
    const error = silenceError(timeoutMs, 'took nothing')
    session.abandon(error)
    throw error
  })
}

/**
 * Waits for an answer as long as the server works on it.
 *
 * @param isIdle  whether it has nothing of the session to do; undefined when it does not tell
 * @throws {ConnectionError} DDB_UNCONFIRMED when it does not work and does not answer: the session is given up then
 */
export function answerInTime<T>(
  session: Session,
  answer: Promise<T>,
  isIdle: () => Promise<boolean | undefined>,
  patience: Patience,
): Promise<T> {
  return inTime(answer, patience, async () => {
    const idle = await isIdle().catch((error: unknown) => {
      if (error instanceof TimeoutError) return undefined
      throw error
    })
    if (idle === false) return
    const error = silenceError(patience.timeoutMs, 'did not answer')
    session.abandon(error)
    throw error
  })
}

/** Waits for `awaited`; whenever the time is up, `late` may say by throwing that it was waited for long enough. */
async function inTime<T>(
  awaited: Promise<T>,
  { clock, timeoutMs }: Patience,
  late: () => Promise<void>,
): Promise<T> {
  const ended = new AbortController()
  const end = (): void => ended.abort()
  awaited.then(end, end)
  for (;;) {
    await clock.wait(timeoutMs, ended.signal)
    if (ended.signal.aborted) return awaited
    await late()
  }
}
