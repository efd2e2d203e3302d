/*
  What a run waits by; tests bring a clock that only moves when waited on.
*/
/** Time as a run sees it. */
export interface WaitClock {
  /** Milliseconds that only go up. */
  nowMs: () => number
  /** Resolves after `ms`, or as soon as `ended` is aborted. */
  wait: (ms: number, ended?: AbortSignal) => Promise<void>
}

/** Its timers keep the process alive: a run waits for them. */
export const systemClock: WaitClock = {
  nowMs: () => performance.now(),
  wait: (ms, ended) =>
    new Promise(resolve => {
      const done = (): void => {
        clearTimeout(timer)
        ended?.removeEventListener('abort', done)
        resolve()
      }
      const timer = setTimeout(done, ms)
      ended?.addEventListener('abort', done)
    }),
}
