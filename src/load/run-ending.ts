/*
  How a run comes to its end: its first failure, the signal to leave, and another process that goes on with it, whose rows it must
  leave alone.
*/
import { setMaxListeners } from 'node:events'
import { DdbError } from '../errors.js'
import type { Clock } from '../platform/platform.js'
import type { LoadOptions } from './options.js'

/** Whether a run goes on. */
export interface RunEnding {
  /** The first failure; later ones do not replace it, unless it is an interruption. */
  readonly failure: DdbError | undefined
  /** True once nothing more is to be read or handed over. */
  readonly stopped: boolean
  /** Ends the run in order. Anything but a DdbError is our own bug (70). */
  fail(this: void, error: unknown): void
  /** Aborted when nothing is to be waited for any more. */
  readonly leaving: AbortSignal
  readonly isLeaving: boolean
  /** Whether rows may go out; if not, the run has failed. To be asked before every batch. */
  maySend(this: void): boolean
  /** True once after each time that the process has slept. */
  hasSlept(this: void): boolean
}

interface EndingSetup {
  readonly clock: Clock
  readonly options: Pick<LoadOptions, 'beforeSending' | 'leave'>
  /** Why another process has the run by now, DDB_LOCKED. */
  readonly whyLost: () => DdbError | undefined
  /** A failure in the words of the run. */
  readonly worded?: (failure: DdbError) => DdbError
}

export function newRunEnding({ clock, options, whyLost, worded }: EndingSetup): RunEnding {
  const losing = new AbortController()
  const leaving = AbortSignal.any([options.leave ?? losing.signal, losing.signal])
  // Every connection of the run listens.
  setMaxListeners(0, leaving)
  let failure: DdbError | undefined
  let seenNaps = 0
  const fail = (error: unknown): void => {
    const next = asDdbError(error)
    failure = graver(failure, worded?.(next) ?? next)
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
      if (lost !== undefined) {
        fail(lost)
        losing.abort()
        return false
      }
      try {
        options.beforeSending?.()
        return true
      } catch (error) {
        fail(error)
        return false
      }
    },
    hasSlept() {
      const { naps = 0 } = clock
      const isNew = naps > seenNaps
      seenNaps = naps
      return isNew
    },
  }
}

/** The first one, but for an interruption: rows that an input has lost until then go before it. */
function graver(before: DdbError | undefined, failure: DdbError): DdbError {
  const replaces = before?.code === 'DDB_INTERRUPTED' && failure.code === 'DDB_INPUT_TRUNCATED'
  return before === undefined || replaces ? failure : before
}

/** Anything that is not a DdbError is our own bug (70). */
export function asDdbError(error: unknown): DdbError {
  if (error instanceof DdbError) return error
  const text = error instanceof Error ? error.message : String(error)
  return new DdbError(
    'DDB_INTERNAL',
    `unexpected failure: ${text}; this is a bug of ddb-ingest: please report it`,
    {
      cause: error,
    },
  )
}
