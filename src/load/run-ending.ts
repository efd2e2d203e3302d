/*
  Ends a run after its first failure, at the signal to leave, or because another process has taken over the run. In the last case this
  process must send nothing more.
*/
import { setMaxListeners } from 'node:events'
import { DdbError, messageOf, TimeoutError } from '../errors.js'
import type { Clock } from '../platform/platform.js'
import type { LoadOptions } from './options.js'

export interface RunEnding {
  /** The first failure. The error for a truncated input replaces an interruption. */
  readonly failure: DdbError | undefined
  /** True once nothing more may be read or handed over. */
  readonly stopped: boolean
  /** Ends the run cleanly. Wraps anything that is not a DdbError as an internal error (70). */
  fail(this: void, error: unknown): void
  /** Aborted when the run must stop without waiting. */
  readonly leaving: AbortSignal
  readonly isLeaving: boolean
  /** Whether rows may be sent; if not, the run has failed. Ask before every batch. */
  maySend(this: void): boolean
  /** Whether the machine or the process has slept since the last call. */
  hasSlept(this: void): boolean
}

interface EndingSetup {
  readonly clock: Clock
  readonly options: Pick<LoadOptions, 'leave'>
  readonly onSending?: (() => void) | undefined
  /** The DDB_LOCKED error if another process has taken the run. */
  readonly whyLost: () => DdbError | undefined
}

export function newRunEnding(setup: EndingSetup): RunEnding {
  const { clock, options, onSending, whyLost } = setup
  const losing = new AbortController()
  const leaving = AbortSignal.any([options.leave ?? losing.signal, losing.signal])
  // Every connection of the run adds a listener, and Node would warn about so many.
  setMaxListeners(0, leaving)
  let failure: DdbError | undefined
  let seenNaps = 0
  const fail = (error: unknown): void => {
    const next = asDdbError(error)
    failure = graver(failure, withOwnLimit(next))
  }
  return {
    leaving,
    get isLeaving() {
      return leaving.aborted
    },
    get failure() {
      return failure
    },
    get stopped() {
      return failure !== undefined
    },
    fail,
    maySend() {
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
    hasSlept() {
      const { naps = 0 } = clock
      const isNew = naps > seenNaps
      seenNaps = naps
      return isNew
    },
  }
}

/**
 * Keeps the first failure, with one exception: if an input proves truncated after an interruption, that error replaces
 * the interruption, because rows are lost.
 */
function graver(before: DdbError | undefined, failure: DdbError): DdbError {
  const replaces = before?.code === 'DDB_INTERRUPTED' && failure.code === 'DDB_INPUT_TRUNCATED'
  return before === undefined || replaces ? failure : before
}

/** Wraps anything that is not a DdbError as an internal error (70). */
export function asDdbError(error: unknown): DdbError {
  if (error instanceof DdbError) return error
  return new DdbError(
    'DDB_INTERNAL',
    `unexpected failure: ${messageOf(error)}; this is a bug of ddb-ingest: please report it`,
    {
      cause: error,
    },
  )
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
