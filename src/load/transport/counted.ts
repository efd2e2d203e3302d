/*
  Delivery whose rows are counted: batches go out unanswered, and at the end the target's row count is compared with what was sent.
*/
import type { CountingSession } from './counting-session.js'
import type { Session } from '../../client/open-session.js'
import { ConnectionError, ServerError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { rowsText } from '../fate/row-counts.js'
import { newBarrier } from './barrier.js'
import { waitForCount, type CountVerdict } from './count.js'
import { ignoreLoss, type Delivery, type Writer } from './delivery.js'
import { sendOff, whyNotAsked, type Flow } from './unasked.js'

/** How the target's rows are counted, and what it had before the first batch. */
export interface Counting {
  count: (timeoutMs: number) => Promise<number>
  beforeRows: number
  /** See CountWait.idle; asked of the session that counts. */
  idle: (sessionId: string, timeoutMs: number) => Promise<boolean | undefined>
  /** Asks on the session that counts, and on another once the server has forgotten it. */
  ask: CountingSession['ask']
  /** The session that counts now. */
  session: () => Session
  /** The server does not answer: nothing more is asked. */
  giveUp: (reason: ConnectionError) => void
  /** Closes the session that counts, unless it is the run's. */
  close: () => Promise<void>
  /** Rows of a batch that lie outside the target's partition scheme, when the scheme tells. */
  outsideScheme: ((batch: Batch) => number) | undefined
}

/** @param duplicates  of a table whose rows have no keys, once it was counted */
export function openCounted(
  writer: Writer,
  flow: Flow,
  counting: Counting,
  duplicates: 0 | null,
): Delivery {
  const { session } = writer
  const { run, idleTimeout, look, unmark } = flow
  let outsideRows = 0
  run.emit({ kind: 'duplicatesKnown', rows: duplicates })
  return {
    used: 'count',
    get inFlightBytes() {
      return session.bufferedBytes
    },
    deliver(batch) {
      outsideRows += counting.outsideScheme?.(batch) ?? 0
      return sendOff(writer, flow, batch)
    },
    async finish() {
      const { sentRows } = run.state
      if (sentRows === 0) return
      const barrier = newBarrier(session)
      const verdict = await waitForCount({
        count: counting.count,
        beforeRows: counting.beforeRows,
        sentRows,
        idle: async timeoutMs => {
          const idle = await counting.idle(session.id, timeoutMs)
          return idle === true ? barrier.passed() : idle
        },
        bufferedBytes: () => session.bufferedBytes,
        ...idleTimeout,
      })
      const note = verdictNote(verdict, sentRows, outsideRows)
      run.emit({ kind: 'counted', arrived: confirmedRows(verdict, sentRows), note })
      if (verdict.kind === 'reached') {
        const change = await look().catch(whyNotAsked)
        if (change === undefined) return
        const but = `the target has grown by ${rowsText(sentRows)}, but rows may be gone: ${change}`
        run.emit({ kind: 'counted', arrived: 0, note: but })
      }
      if (verdict.kind === 'unreachable') {
        if (isRefused(verdict.cause)) throw verdict.cause
        const reason = new ConnectionError('DDB_CONNECTION_LOST', note ?? '')
        session.abandon(reason)
        counting.giveUp(reason)
      }
    },
    leave(reason) {
      session.abandon(reason)
      counting.giveUp(reason)
    },
    async close() {
      await session.close().catch(ignoreLoss)
      await unmark?.()
      await counting.close()
    },
  }
}

/** Whether the server is there, and does not tell this user any more: it can be left in order. */
function isRefused(cause: unknown): boolean {
  return (
    cause instanceof ServerError && (cause.code === 'DDB_LOGIN' || cause.code === 'DDB_PRIVILEGE')
  )
}

function confirmedRows(verdict: CountVerdict, sentRows: number): number {
  switch (verdict.kind) {
    case 'reached':
      return sentRows
    case 'short':
      return verdict.grownRows
    case 'cannotTell':
    case 'unreachable':
      return 0
  }
}

function verdictNote(
  verdict: CountVerdict,
  sentRows: number,
  outsideRows: number,
): string | undefined {
  switch (verdict.kind) {
    case 'reached':
      return undefined
    case 'short': {
      const missing = sentRows - verdict.grownRows
      if (outsideRows > 0 && missing === outsideRows) {
        return `${rowsText(missing)} outside the target's partition scheme, dropped by the server`
      }
      const lie = outsideRows === 1 ? 'lies' : 'lie'
      const outside =
        outsideRows > 0 ? `; ${rowsText(outsideRows)} ${lie} outside its partition scheme` : ''
      return `the target grew by ${verdict.grownRows} of ${rowsText(sentRows)} sent${outside}`
    }
    case 'cannotTell':
      return `cannot tell: the target changed by ${rowsText(verdict.grownRows)} while ${sentRows} were sent, so others write to it too`
    case 'unreachable':
      return 'the server could not be asked how many rows arrived'
  }
}
