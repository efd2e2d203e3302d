/*
  Confirmation by counting: the target's row count before the first batch and after the last, asked on a session of
  its own. It proves numbers, not rows: when others write at the same time it can only say that it cannot tell.
*/
import type { Clock } from '../../platform/platform.js'
import { wait as waitFor } from '../../platform/wait.js'

/** What counting found out. */
export type CountVerdict =
  /** Grew by exactly what was sent. */
  | { kind: 'reached' }
  /** Grew by less, and nothing moves any more. */
  | { kind: 'short'; grownRows: number }
  /** Grew by more, or shrank: somebody else writes too. */
  | { kind: 'cannotTell'; grownRows: number }
  /** The count could not be asked any more. */
  | { kind: 'unreachable'; cause: unknown }

/** What is waited for, and how long. */
export interface CountWait {
  /** Rows of the target now. */
  count: (timeoutMs: number) => Promise<number>
  beforeRows: number
  sentRows: number
  /** How long no progress is waited for, ms. */
  timeoutMs: number
  /**
   * True once the server has nothing of this run left to do, so that a count standing still is final; false while
   * it may be busy, undefined when it cannot be told.
   */
  idle: (timeoutMs: number) => Promise<boolean | undefined>
  /** Bytes that have not left this machine yet: while they get fewer, something moves. */
  bufferedBytes: () => number
  clock: Clock
}

const firstPollMs = 5
const slowestPollMs = 500
/** How long a count must stand still after the server went idle: jobs are seen as finished before rows are. */
const idleForMs = 1_000

/** Polls until the count has reached what was sent, or nothing moves any more. */
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
  // One question that is not answered must not outlast the wait.
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
