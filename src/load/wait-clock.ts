/*
  What a run waits by; tests bring a clock that only moves when waited on.
*/
/** Time as a run sees it. */
export interface WaitClock {
  /** Milliseconds that only go up. */
  nowMs: () => number
  wait: (ms: number) => Promise<void>
}

/** Its timers keep the process alive: a run waits for them. */
export const systemClock: WaitClock = {
  nowMs: () => performance.now(),
  wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
}
