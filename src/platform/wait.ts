/*
  Makes promises that resolve after a delay.
*/
import type { Clock } from './platform.js'

/** Resolves after `ms`, or as soon as `ended` is aborted. Keeps the process alive until then. */
export function wait(clock: Clock, ms: number, ended?: AbortSignal): Promise<void> {
  if (ended?.aborted === true) return Promise.resolve()
  return new Promise(resolve => {
    const done = (): void => {
      timer.cancel()
      ended?.removeEventListener('abort', done)
      resolve()
    }
    const timer = clock.after(ms, done)
    ended?.addEventListener('abort', done)
  })
}
