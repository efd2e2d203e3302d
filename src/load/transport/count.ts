/*
  Confirms rows by counting: compares the target's row count before the first batch and after the last, on a separate session. The
  comparison shows how many rows arrived, not which. If other users write at the same time, the result is unknown.
*/
import type { Clock } from '../../platform/platform.js'
import { wait as waitFor } from '../../platform/wait.js'

export type CountVerdict =
  /** The table grew by exactly the number of sent rows. */
  | { kind: 'reached' }
  /** The table grew by fewer rows than were sent, and the server has no more work. */
  | { kind: 'short'; grownRows: number }
  /** The table grew by more rows than were sent, or shrank, so other users also write to it. */
  | { kind: 'cannotTell'; grownRows: number }
  | { kind: 'unreachable'; cause: unknown }

export interface CountWait {
  count: (timeoutMs: number) => Promise<number>
  beforeRows: number
  sentRows: number
  /** Time limit without progress, in ms. */
  timeoutMs: number
  /**
   * True if the server has no more work for this run, so that an unchanged count is final. False if the server may have
   * such work; undefined if it does not report its work.
   */
  idle: (timeoutMs: number) => Promise<boolean | undefined>
  /** Bytes that this machine has not sent yet. A falling number is progress. */
  bufferedBytes: () => number
  clock: Clock
}

const firstPollMs = 5
const slowestPollMs = 500
/** How long the count must stay unchanged while the server is idle, because rows may appear after their job has ended. */
const idleForMs = 1_000

/** Polls until the target has grown by the number of sent rows, or until no more rows will come. */
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
  // No query may take longer than the remaining wait.
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
