/*
  Gives up on a server that keeps its connections open but makes no progress for `confirmTimeoutMs`.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, option } from '../../errors.js'
import type { Clock, Timer } from '../../platform/platform.js'

export interface IdleTimeout {
  clock: Clock
  timeoutMs: number
}

/** The error for a silent server: batches in flight stay unconfirmed, and nothing more is sent. */
export function silenceError(timeoutMs: number, awaited: string): ConnectionError {
  return new ConnectionError(
    'DDB_UNCONFIRMED',
    `the server keeps the connection open, but ${awaited} for ${timeoutMs / 1000} s: nothing more is sent. ` +
      `Find out what it is busy with, or allow more time with ${option('delivery.confirmTimeoutMs')}`,
  )
}

/**
 * Waits until a session has room for more.
 * @throws {ConnectionError} DDB_UNCONFIRMED if the server stops reading (the session is then abandoned), or the
 *   session's error if the connection is lost
 */
export async function drainedInTime(
  session: Session,
  { clock, timeoutMs }: IdleTimeout,
): Promise<void> {
  let bufferedBytes = session.bufferedBytes
  let timer: Timer | undefined
  const drained = session.drained().finally(() => timer?.cancel())
  const silence = new Promise<never>((_, reject) => {
    const lookLater = (): void => {
      // Once the connection has ended, this timer must not keep the process alive.
      timer = clock.afterIfAlive(timeoutMs, () => {
        const before = bufferedBytes
        bufferedBytes = session.bufferedBytes
        if (bufferedBytes < before) return lookLater()
        const error = silenceError(timeoutMs, 'took nothing')
        reject(error)
        session.abandon(error)
      })
    }
    lookLater()
  })
  await Promise.race([drained, silence])
}
