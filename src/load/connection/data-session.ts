/*
  The sessions that carry the rows of a run. The first is opened early, before the run knows whether it needs it.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError } from '../../errors.js'
import type { ServerAddress } from '../options.js'
import type { Run } from '../run.js'
import { connectRun } from './connect.js'

export interface EarlySession {
  readonly node: ServerAddress
  /** The session, for the first caller. */
  take(): Promise<Session> | undefined
  /** Abandons the session if it is open or being opened. */
  giveUp(): Promise<void>
}

/**
 * Begins to open a data session at once, because round trips may be long and the session depends on no earlier answer.
 * @param former  stays if it is on the same node
 */
export function openEarly(run: Run, control: Session, former?: EarlySession): EarlySession {
  const { host, port } = control
  if (former?.node.host === host && former.node.port === port) return former
  void former?.giveUp()
  const givenUp = new AbortController()
  const deadlineMs = run.platform.clock.nowMs() + run.checked.retryTimeoutMs
  const opening = connectData(run, control, deadlineMs, givenUp.signal)
  opening.catch(() => undefined)
  let isTaken = false
  return {
    node: { host, port },
    take() {
      const isFirst = !isTaken
      isTaken = true
      return isFirst ? opening : undefined
    },
    async giveUp() {
      givenUp.abort(neverUsed())
      await opening.then(session => session.abandon(neverUsed())).catch(() => undefined)
    },
  }
}

/** Opens a data session on a node. Defines no functions on it. */
export function connectData(
  run: Run,
  node: Session,
  deadlineMs: number,
  givenUp?: AbortSignal,
): Promise<Session> {
  const { leaving } = run.ending
  return connectRun(run, {
    node,
    deadlineMs,
    signal: givenUp === undefined ? leaving : AbortSignal.any([leaving, givenUp]),
    highWaterBytes: highWaterBytes(run),
  })
}

/** Limit for unconfirmed batches that wait in this process. The server would not be faster: the kernel buffers about as many bytes. */
const mostUnconfirmedBytes = 4 << 20

export function highWaterBytes({ checked: { mode, confirm, maxInFlightBytes } }: Run): number {
  const isConfirmed = mode === 'sync' || confirm === 'auto'
  return isConfirmed ? maxInFlightBytes : Math.min(maxInFlightBytes, mostUnconfirmedBytes)
}

export function neverUsed(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
}
