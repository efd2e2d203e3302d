/*
  Time as experienced by a process: time in which it slept, because it was stopped or its machine suspended, counts towards no
  limit. Answers that arrived meanwhile lay there unread.
*/
import type { Clock, Timer } from './platform.js'

/** A clock that counts only the time in which the process could have done something. */
export interface AwakeClock extends Clock {
  /** How often it has slept so far; a suspended machine or a changed clock counts as well. */
  readonly naps: number
  /** Ends its beat: later sleep is not detected. */
  stop(): void
}

/** Interval of the beat of a process that is awake. */
const beatEveryMs = 500
/** A busy process is never this late; and while late it could not have used others' answers either. */
const lateMs = 1_000

export function awakeClock(clock: Clock): AwakeClock {
  let seenMs = clock.nowMs()
  let seenWallMs = clock.wallMs()
  let sleptMs = 0
  let naps = 0
  const look = (): number => {
    const ms = clock.nowMs()
    const wallMs = clock.wallMs()
    const gapMs = ms - seenMs
    if (gapMs > beatEveryMs + lateMs) {
      sleptMs += gapMs - beatEveryMs
      naps++
      // The monotonic clock of a suspended machine stops, the wall clock does not.
    } else if (Math.abs(wallMs - seenWallMs - gapMs) > lateMs) naps++
    seenMs = ms
    seenWallMs = wallMs
    return ms - sleptMs
  }
  const beat = (): void => {
    look()
    beating = clock.afterIfAlive(beatEveryMs, beat)
  }
  let beating = clock.afterIfAlive(beatEveryMs, beat)
  const after =
    (start: Clock['after']): Clock['after'] =>
    (delayMs, callback): Timer => {
      const dueMs = look() + delayMs
      const fire = (): void => {
        const leftMs = dueMs - look()
        // Some systems call back a fraction of a millisecond early.
        if (leftMs < 1) callback()
        else timer = start(leftMs, fire)
      }
      let timer = start(delayMs, fire)
      return { cancel: () => timer.cancel() }
    }
  return {
    nowMs: look,
    wallMs: () => clock.wallMs(),
    after: after((delayMs, callback) => clock.after(delayMs, callback)),
    afterIfAlive: after((delayMs, callback) => clock.afterIfAlive(delayMs, callback)),
    nextTurn: callback => clock.nextTurn(callback),
    get naps() {
      look()
      return naps
    },
    stop: () => beating.cancel(),
  }
}
