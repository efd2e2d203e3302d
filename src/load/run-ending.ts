/* Ends a run after its first failure, at the signal to leave, or once another process has taken it over: then it sends nothing more. */
import { setMaxListeners } from 'node:events'
import { bugError, DdbError, messageOf, TimeoutError, usageError } from '../errors.js'
import type { Clock } from '../platform/platform.js'

export type RunEnding = ReturnType<typeof newRunEnding>

/** @param leave  the caller's signal to leave @param whyLost  gives the DDB_LOCKED error if another process has taken the run */
export function newRunEnding(
  clock: Clock,
  leave: AbortSignal | undefined,
  whyLost: () => DdbError | undefined,
  onSending?: () => void,
) {
  const losing = new AbortController()
  const leaving = AbortSignal.any([leave ?? losing.signal, losing.signal])
  // Every connection of the run adds a listener, and Node would warn about so many.
  setMaxListeners(0, leaving)
  let failure: DdbError | undefined
  let seenNaps = 0
  /** Ends the run cleanly, unless there is no error. Wraps anything that is not a DdbError as an internal error (70). */
  const fail = (error: unknown): void => {
    if (error === undefined) return
    const next = withOwnLimit(asDdbError(error))
    const replaces = failure?.code === 'DDB_INTERRUPTED' && next.code === 'DDB_INPUT_TRUNCATED'
    if (failure === undefined || replaces) failure = next
  }
  return {
    /** Aborted when the run must stop without waiting. */
    leaving,
    get isLeaving(): boolean {
      return leaving.aborted
    },
    /** The first failure. The error for a truncated input replaces an interruption, because rows are lost. */
    get failure(): DdbError | undefined {
      return failure
    },
    /** True once nothing more may be read or handed over. */
    get stopped(): boolean {
      return failure !== undefined
    },
    fail,
    /** Whether rows may be sent; if not, the run has failed. Ask before every batch. */
    maySend(this: void): boolean {
      if (losing.signal.aborted) return false
      const lost = whyLost()
      if (lost === undefined) {
        onSending?.()
        return true
      }
      fail(lost)
      losing.abort()
      return false
    },
    /** Whether the machine or the process has slept since the last call. */
    hasSlept(this: void): boolean {
      const { naps = 0 } = clock
      const isNew = naps > seenNaps
      seenNaps = naps
      return isNew
    },
  }
}

/** Wraps anything that is not a DdbError as an internal error (70). */
export function asDdbError(error: unknown): DdbError {
  if (error instanceof DdbError) return error
  if ((error as NodeJS.ErrnoException | undefined)?.syscall === 'uv_cwd') {
    return usageError('the folder in which the program was started is gone: change to another')
  }
  return bugError(`unexpected failure: ${messageOf(error)}`, '', error)
}

/** A timeout of a session names the run's own option. */
function withOwnLimit(failure: DdbError): DdbError {
  const { cause = failure } = failure
  // A lost connection may repeat the message of its cause.
  const isLimited =
    cause instanceof TimeoutError && cause.limit && cause.message === failure.message
  if (isLimited) failure.message = new TimeoutError(cause.fact, 'delivery.confirmTimeoutMs').message
  return failure
}
