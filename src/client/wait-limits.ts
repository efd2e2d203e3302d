/*
  Limits of a caller's wait: a time limit, or an AbortSignal.
*/
import { DdbError, TimeoutError } from '../errors.js'
import type { Clock } from '../platform/platform.js'

/** Limits that end the caller's wait; the server continues its work. */
export interface WaitLimits {
  timeoutMs?: number
  signal?: AbortSignal
}

/** Calls `giveUp` once when the time is up or the signal fires. @returns a function that cancels both */
export function limitWait(
  clock: Clock,
  limits: WaitLimits,
  awaited: 'answer' | 'room',
  giveUp: (error: DdbError) => void,
): () => void {
  const { timeoutMs, signal } = limits
  if (signal?.aborted === true) {
    giveUp(interrupted(signal))
    return () => undefined
  }
  const onAbort = (): void => giveUp(interrupted(signal))
  signal?.addEventListener('abort', onAbort, { once: true })
  const timer =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () =>
          giveUp(new TimeoutError(timeoutTexts[awaited](timeoutMs), 'timeoutMs')),
        )
  return () => {
    timer?.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
}

/** A DDB_INTERRUPTED error, with the signal's own reason as the cause. */
export function interrupted(signal: AbortSignal | undefined): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'The caller cancelled the wait.', {
    cause: signal?.reason,
  })
}

const timeoutTexts = {
  answer: (timeoutMs: number): string =>
    `No answer within ${timeoutMs} ms; the server may still be working on the request.`,
  room: (timeoutMs: number): string =>
    `The server took nothing more for ${timeoutMs} ms, perhaps because too much was sent at once.`,
}
