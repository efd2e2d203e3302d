/*
  Asynchronous delivery without receipts: batches go out unanswered, and at the end the target's row count is
  compared with what was sent, or nothing is asked at all.
*/
import type { CountingSession } from './counting-session.js'
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError } from '../../errors.js'
import type { Batch } from '../../parse/input-reader.js'
import { newBarrier } from './barrier.js'
import { waitForCount, type CountVerdict } from './count.js'
import { batchTable, ignoreLoss, type Delivery, type Writer } from './delivery.js'
import { drainedInTime, type IdleTimeout } from '../connection/idle-timeout.js'
import { rowsText } from '../fate/row-counts.js'
import type { Run } from '../run.js'

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

/** Where rows are counted as sent, and when a run waits before it sends more. */
export interface Flow {
  run: Pick<Run, 'state' | 'emit'>
  columnNames: readonly string[]
  maxInFlightBytes: number
  idleTimeout: IdleTimeout
  /** Removes the marker, when the run has one. */
  unmark: (() => Promise<void>) | undefined
  /** A batch is about to go out; it can be looked at until then. */
  sending: (batch: Batch) => void
  /**
   * Looks at the target once more where rows were confirmed, and notes it when the run has finished.
   * @returns why they cannot be there; undefined when nothing speaks against it
   * @throws {DdbError} when the server cannot be asked
   */
  look: () => Promise<string | undefined>
  /** Of a table whose rows have no keys, once it was counted. */
  duplicates: 0 | null
}

/** @param counting  undefined: nothing is asked, and what was sent stays unconfirmed */
export function openAsyncDelivery(
  writer: Writer,
  { run, columnNames, maxInFlightBytes, idleTimeout, unmark, sending, look, duplicates }: Flow,
  counting: Counting | undefined,
): Delivery {
  const { session } = writer
  let outsideRows = 0
  run.emit({ kind: 'duplicatesKnown', rows: counting === undefined ? null : duplicates })
  return {
    used: counting === undefined ? 'none' : 'count',
    get inFlightBytes() {
      return session.bufferedBytes
    },
    deliver(batch) {
      if (counting?.outsideScheme !== undefined) outsideRows += counting.outsideScheme(batch)
      const arguments_ = [...writer.leading, batchTable(batch, columnNames)]
      sending(batch)
      const room = session.send(writer.functionName, arguments_, batch.release)
      run.emit({ kind: 'handedOver', rows: batch.rowCount })
      return room && session.bufferedBytes < maxInFlightBytes
        ? undefined
        : drainedInTime(session, idleTimeout)
    },
    async finish() {
      if (counting === undefined) {
        run.emit({ kind: 'counted', arrived: 0 })
        // Closing is what tells whether the kernel took everything: more is not claimed without confirmation.
        await session.close()
        // Nothing is claimed: whether it could be noted is all the same.
        await look().catch(whyNotAsked)
        return
      }
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
      counting?.giveUp(reason)
    },
    async close() {
      await session.close().catch(ignoreLoss)
      await unmark?.()
      await counting?.close()
    },
  }
}

function whyNotAsked(error: unknown): string {
  if (error instanceof DdbError) return `the server could not be asked again: ${error.message}`
  throw error
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
