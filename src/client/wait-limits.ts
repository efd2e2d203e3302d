/* Limits of a caller's wait: a time limit, or an AbortSignal. */
import { DdbError, TimeoutError } from '../errors.js'
import type { Clock } from '../platform/platform.js'

/** Limits that end the caller's wait; the server continues its work. */
export interface WaitLimits {
  timeoutMs?: number
  signal?: AbortSignal | undefined
}

export const noLimits = (): void => undefined

/** Calls `giveUp` at most once. @param late  the error when the time is up @returns a function that cancels timer and signal */
export function limitWait(
  clock: Clock,
  { timeoutMs, signal }: WaitLimits,
  late: (timeoutMs: number) => DdbError,
  giveUp: (error: DdbError) => void,
): () => void {
  if (timeoutMs === undefined && signal === undefined) return noLimits
  const end = (error: DdbError): void => {
    release()
    giveUp(error)
  }
  const onAbort = (): void => end(interrupted(signal))
  const timer =
    timeoutMs === undefined ? undefined : clock.after(timeoutMs, () => end(late(timeoutMs)))
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

export const noAnswer = (timeoutMs: number): TimeoutError =>
  new TimeoutError(
    `No answer within ${timeoutMs} ms; the server may still be working on the request.`,
    'timeoutMs',
  )
