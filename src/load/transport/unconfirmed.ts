/*
  Delivery without confirmation, over one connection. The server does not answer the batches, and their rows stay unconfirmed.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError } from '../../errors.js'
import type { Clock, Timer } from '../../platform/platform.js'
import { connectDeadlineMs, connectRun } from '../connection/connect.js'
import { retryRules, tryUntil } from '../connection/retry.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { jsonToValue, writeExpression } from '../target/target.js'
import { batchTable, ignoreLoss, silenceError, type Delivery } from './delivery.js'

/** Limit for batches that wait in this process. The server would not be faster: the kernel buffers about as many bytes. */
const mostUnsentBytes = 4 << 20

/** @throws {ConnectionError} if the connection cannot be opened */
export async function openUnconfirmed(run: Run, description: TargetDescription): Promise<Delivery> {
  const { checked, state, platform, server } = run
  const { target, maxInFlightBytes, confirmTimeoutMs } = checked
  const isFunction = target.kind === 'function'
  const leading = isFunction ? target.functionArguments.map(jsonToValue) : []
  const functionName = isFunction
    ? target.name
    : writeExpression(target.table, target.method, target.keyColumns, description.upsert)
  const columnNames = description.columns.map(column => column.name)
  const deadlineMs = connectDeadlineMs(platform, server.address)
  const highWaterBytes = Math.min(maxInFlightBytes, mostUnsentBytes)
  const session = await tryUntil(
    deadlineMs,
    retryRules(run),
    () => connectRun(run, { deadlineMs, highWaterBytes }),
    (error: unknown) => error instanceof ConnectionError,
  )
  return {
    used: 'none',
    keepsReceipts: false,
    get inFlightBytes() {
      return session.bufferedBytes
    },
    deliver(batch) {
      const { rowCount, encodedBytes } = batch
      const arguments_ = [...leading, batchTable(batch, columnNames)]
      const isTaken = session.send(functionName, arguments_, batch.release)
      state.sentRows += rowCount
      state.sentBytes += encodedBytes
      state.batches.sent++
      if (isTaken && session.bufferedBytes < maxInFlightBytes) return undefined
      return drainedInTime(session, platform.clock, confirmTimeoutMs)
    },
    async finish() {
      state.rows.unconfirmed = state.sentRows
      // The run claims only that the kernel took all bytes, and only closing the session proves that.
      await session.close()
    },
    leave: reason => session.abandon(reason),
    close: () => session.close().catch(ignoreLoss),
  }
}

/**
 * Waits until a session has room for more.
 * @throws {ConnectionError} DDB_UNCONFIRMED if the server stops reading (the session is then abandoned), or the
 *   session's error if the connection is lost
 */
export async function drainedInTime(
  session: Session,
  clock: Clock,
  timeoutMs: number,
): Promise<void> {
  let bufferedBytes = session.bufferedBytes
  let timer: Timer | undefined
  const drained = session.drained().finally(() => timer?.cancel())
  const silence = new Promise<never>((_, reject) => {
    const lookLater = (): void => {
      // Once the connection has ended, this timer must not keep the process alive.
      timer = clock.afterIfAlive(timeoutMs, () => {
        const before = bufferedBytes
        bufferedBytes = session.bufferedBytes
        if (bufferedBytes < before) return lookLater()
        const error = silenceError(timeoutMs, 'took nothing')
        reject(error)
        session.abandon(error)
      })
    }
    lookLater()
  })
  await Promise.race([drained, silence])
}
