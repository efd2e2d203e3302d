/*
  Confirms by counting: compares the target's row count before the first batch and after the last, on a session of its own. The
  comparison proves how many rows arrived, not which. If others write at the same time, the result is unknown.
*/
import type { Clock } from '../../platform/platform.js'
import { wait as waitFor } from '../../platform/wait.js'

export type CountVerdict =
  /** The table grew by exactly the rows sent. */
  | { kind: 'reached' }
  /** The table grew by fewer rows than were sent, and nothing changes any more. */
  | { kind: 'short'; grownRows: number }
  /** The table grew by more rows than were sent, or shrank: others write, too. */
  | { kind: 'cannotTell'; grownRows: number }
  /** The server did not answer any more. */
  | { kind: 'unreachable'; cause: unknown }

export interface CountWait {
  count: (timeoutMs: number) => Promise<number>
  beforeRows: number
  sentRows: number
  /** How long to wait without progress, ms. */
  timeoutMs: number
  /**
   * True once the server has nothing left to do for this run, so that an unchanged count is final. False while the server may be busy;
   * undefined if it does not tell.
   */
  idle: (timeoutMs: number) => Promise<boolean | undefined>
  /** Bytes that have not left this machine yet: a falling number is progress. */
  bufferedBytes: () => number
  clock: Clock
}

const firstPollMs = 5
const slowestPollMs = 500
/** How long a count must stay unchanged after the server became idle: rows may appear after their job has ended. */
const idleForMs = 1_000

/** Polls until the target has grown by the number of rows sent, or nothing changes any more. */
export async function waitForCount(wait: CountWait): Promise<CountVerdict> {
  try {
    return await poll(wait)
  } catch (cause) {
    return { kind: 'unreachable', cause }
  }
}

async function poll(wait: CountWait): Promise<CountVerdict> {
  const { clock } = wait
  let pollMs = firstPollMs
  let grownRows = 0
  let bufferedBytes = wait.bufferedBytes()
  let movedAtMs = clock.nowMs()
  let idleSinceMs: number | undefined
  // An unanswered question must not outlast the wait.
  const leftMs = (): number => Math.max(1, Math.ceil(movedAtMs + wait.timeoutMs - clock.nowMs()))
  for (;;) {
    const rows = (await wait.count(leftMs())) - wait.beforeRows
    if (rows < 0 || rows > wait.sentRows) return { kind: 'cannotTell', grownRows: rows }
    if (rows === wait.sentRows) return { kind: 'reached' }
    const nowMs = clock.nowMs()
    const hasLeft = wait.bufferedBytes() < bufferedBytes
    bufferedBytes = wait.bufferedBytes()
    if (rows !== grownRows || hasLeft) {
      grownRows = rows
      movedAtMs = nowMs
      idleSinceMs = undefined
    }
    if (nowMs - movedAtMs >= wait.timeoutMs) {
      return { kind: 'short', grownRows }
    }
    if (pollMs === slowestPollMs || idleSinceMs !== undefined) {
      const idle = await wait.idle(leftMs())
      if (idle !== true) idleSinceMs = undefined
      else if (idleSinceMs === undefined) idleSinceMs = nowMs
      else if (nowMs - idleSinceMs >= idleForMs) return { kind: 'short', grownRows }
    }
    await waitFor(clock, pollMs)
    pollMs = Math.min(pollMs * 2, slowestPollMs)
  }
}
