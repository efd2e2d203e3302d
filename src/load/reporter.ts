/*
  What a run tells of itself while it goes on, at most ten times a second.
*/
import type { Clock, Timer } from '../platform/platform.js'
import type { LoadReport } from './load-result.js'

export interface Reporter {
  /** Says how far the run is, now or when the time for it has come. */
  report(): void
  /** Says so at once. */
  tell(): void
}

const reportIntervalMs = 100

export function newReporter(
  onReport: ((report: LoadReport) => void) | undefined,
  clock: Clock,
  state: (elapsedMs: number) => LoadReport,
): Reporter {
  const startedMs = clock.nowMs()
  let toldMs = -Infinity
  let timer: Timer | undefined
  const tell = (): void => {
    timer?.cancel()
    timer = undefined
    toldMs = clock.nowMs()
    onReport?.(state(toldMs - startedMs))
  }
  return {
    tell,
    report() {
      if (timer !== undefined) return
      const restMs = toldMs + reportIntervalMs - clock.nowMs()
      if (restMs <= 0) tell()
      else timer = clock.afterIfAlive(restMs, tell)
    },
  }
}
