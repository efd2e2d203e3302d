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

export const noLimits = (): void => undefined

/** Calls `giveUp` at most once: when the time is up or the signal fires. @returns a function that cancels both */
export function limitWait(
  clock: Clock,
  { timeoutMs, signal }: WaitLimits,
  awaited: 'answer' | 'room',
  giveUp: (error: DdbError) => void,
): () => void {
  if (timeoutMs === undefined && signal === undefined) return noLimits
  const end = (error: DdbError): void => {
    release()
    giveUp(error)
  }
  const onAbort = (): void => end(interrupted(signal))
  const timer =
    timeoutMs === undefined
      ? undefined
      : clock.after(timeoutMs, () =>
          end(new TimeoutError(timeoutTexts[awaited](timeoutMs), 'timeoutMs')),
        )
  const release = (): void => {
    timer?.cancel()
    signal?.removeEventListener('abort', onAbort)
  }
  signal?.addEventListener('abort', onAbort)
  if (signal?.aborted === true) onAbort()
  return release
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
