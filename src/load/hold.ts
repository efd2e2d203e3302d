/*
  Whether a run is still this process's: one that was stopped for long may have lost it to another, and must leave alone what
  that one goes on with.
*/
import type { DdbError } from '../errors.js'
import type { Clock } from '../platform/platform.js'
import type { LoadOptions } from './options.js'

/** A process's hold on its run. */
export interface Hold {
  /** Aborted once the run is lost. */
  readonly lost: AbortSignal
  /** Ends the run at once: another process goes on with it. */
  lose(this: void, error: DdbError): void
  /** Whether rows may go out; if not, the run has failed. To be asked before every batch. */
  maySend(this: void): boolean
  /** True once after each time that the process has slept. */
  hasSlept(this: void): boolean
}

/** A run that may be lost. */
interface Held {
  readonly whyLost: () => DdbError | undefined
  readonly fail: (error: unknown) => void
}

/** @param run  asked once it is there */
export function newHold(
  clock: Clock,
  { beforeSending }: Pick<LoadOptions, 'beforeSending'>,
  run: () => Held,
): Hold {
  const losing = new AbortController()
  let seenNaps = 0
  const hold: Hold = {
    lost: losing.signal,
    lose(error) {
      run().fail(error)
      losing.abort()
    },
    maySend() {
      if (losing.signal.aborted) return false
      const lost = run().whyLost()
      if (lost !== undefined) {
        hold.lose(lost)
        return false
      }
      try {
        beforeSending?.()
        return true
      } catch (error) {
        run().fail(error)
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
  return hold
}
