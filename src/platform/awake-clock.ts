/*
  Time as a process had it: what it slept, because it was stopped or its machine stood still, is in no limit. What others did
  not answer in that time lay there unread.
*/
import type { Clock, Timer } from './platform.js'

/** A clock that counts the time in which the process could have done something. */
export interface AwakeClock extends Clock {
  /** How often it has slept so far; a machine that was suspended, or whose clock was set, counts as well. */
  readonly naps: number
  /** Ends its beat: later sleep is not found out. */
  stop(): void
}

/** The beat that a process which is awake keeps. */
const beatEveryMs = 500
/** Longer than a busy process is late. What it is late, it could not have spent on the answers of others either. */
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
      // A suspended machine's own clock stands still, the one on the wall does not.
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
        // Systems call back a part of a millisecond early.
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
