/*
  Delivery that is confirmed by counting. The server does not answer the batches. At the end, the run compares the growth of the
  target with the number of sent rows.
*/
import type { CountingSession } from './counting-session.js'
import type { Session } from '../../client/open-session.js'
import { ConnectionError, ServerError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { answerWatch } from '../connection/idle-timeout.js'
import { rowsText } from '../outcomes/row-counts.js'
import { newBarrier } from './barrier.js'
import { waitForCount, type CountVerdict } from './count.js'
import { abandonAll, bufferedBytes, closeAll, type Delivery, type Writer } from './delivery.js'
import { sendUnnumbered, notAskedMessage, type Flow } from './unconfirmed.js'

export interface Counting {
  count: (timeoutMs: number) => Promise<number>
  beforeRows: number
  /** As `CountWait.idle`, for one session. Asks on the counting session. */
  idle: (sessionId: string, timeoutMs: number) => Promise<boolean | undefined>
  /** Asks on the counting session. Opens a new one if the server has forgotten it. */
  ask: CountingSession['ask']
  session: () => Session
  /** Called if the server does not answer. No query is sent after this call. */
  giveUp: (reason: ConnectionError) => void
  /** Closes the counting session, unless it belongs to the run. */
  close: () => Promise<void>
  /** Number of a batch's rows outside the target's partition scheme; undefined if the scheme does not show it. */
  outsideScheme: ((batch: Batch) => number) | undefined
}

/** @param duplicates  0 if the table keeps every row; null if it may drop duplicates, whose number is then unknown */
export function openCounted(
  writer: Writer,
  flow: Flow,
  counting: Counting,
  duplicates: 0 | null,
): Delivery {
  const { run, idleTimeout, look, unmark } = flow
  let outsideRows = 0
  run.emit({ kind: 'duplicatesKnown', rows: duplicates })
  return {
    used: 'count',
    get inFlightBytes() {
      return bufferedBytes(writer)
    },
    deliver(batch, _, lanes) {
      outsideRows += counting.outsideScheme?.(batch) ?? 0
      const isFirst = run.state.batches.sent === 0
      // The first batch is sent alone, even if its rows belong to several lanes.
      const sent = sendUnnumbered(writer, flow, batch, isFirst ? undefined : lanes)
      if (!isFirst || writer.sessions.length === 1) return sent
      return Promise.all([sent, taken(writer, flow, counting)]).then(() => undefined)
    },
    async finish() {
      const { sentRows } = run.state
      if (sentRows === 0) return
      const barriers = writer.sessions.map(newBarrier)
      const verdict = await waitForCount({
        count: counting.count,
        beforeRows: counting.beforeRows,
        sentRows,
        idle: async timeoutMs => {
          // Sends one query after another, because any query may reopen the session that all of them use.
          for (const { id } of writer.sessions) {
            const idle = await counting.idle(id, timeoutMs)
            if (idle !== true) return idle
          }
          return allOf(barriers.map(barrier => barrier.passed()))
        },
        bufferedBytes: () => bufferedBytes(writer),
        ...idleTimeout,
      })
      const note = verdictNote(verdict, sentRows, outsideRows)
      run.emit({ kind: 'counted', arrived: confirmedRows(verdict, sentRows), note })
      if (verdict.kind === 'reached') {
        const change = await look().catch(notAskedMessage)
        if (change === undefined) return
        const but = `the target has grown by ${rowsText(sentRows)}, but rows may be gone: ${change}`
        run.emit({ kind: 'counted', arrived: 0, note: but })
      }
      if (verdict.kind === 'unreachable') {
        if (isRefused(verdict.cause)) throw verdict.cause
        const reason = new ConnectionError('DDB_CONNECTION_LOST', note ?? '')
        abandonAll(writer, reason)
        counting.giveUp(reason)
      }
    },
    leave(reason) {
      abandonAll(writer, reason)
      counting.giveUp(reason)
    },
    async close() {
      await closeAll(writer)
      await unmark?.()
      await counting.close()
    },
  }
}

/**
 * Resolves once the server has received the first batch. The caller sends other batches only after that: the first
 * batch must be stored first, because the run looks up only this batch at its end, to detect that the table was
 * replaced (docs/decisions/0065).
 */
async function taken(
  { sessions }: Writer,
  { idleTimeout }: Flow,
  { idle }: Counting,
): Promise<void> {
  const session = sessions[0]!
  const watch = answerWatch(session, ms => idle(session.id, ms), idleTimeout)
  try {
    await watch.until(session.run('1'))
  } catch (error) {
    // Even a refusal is an answer: the server has received everything sent before.
    if (!(error instanceof ServerError)) throw error
  } finally {
    watch.end()
  }
}

function allOf(answers: readonly (boolean | undefined)[]): boolean | undefined {
  if (answers.includes(false)) return false
  return answers.includes(undefined) ? undefined : true
}

/** True if the server can be reached but refuses to answer this user. The run can then close its sessions cleanly. */
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
      return `cannot tell: the target changed by ${rowsText(verdict.grownRows)} while ${sentRows} were sent, so other users also write into it`
    case 'unreachable':
      return 'the server could not be asked how many rows arrived'
  }
}
