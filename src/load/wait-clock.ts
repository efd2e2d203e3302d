/*
  What a run waits by; tests bring a clock that only moves when waited on.
*/
export interface WaitClock {
  /** Milliseconds that only go up. */
  nowMs: () => number
  wait: (ms: number) => Promise<void>
}

export const systemClock: WaitClock = {
  nowMs: () => performance.now(),
  wait: ms => new Promise(resolve => setTimeout(resolve, ms)),
}
