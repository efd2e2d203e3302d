/*
  Delivery without confirmation. The server does not answer the batches, and their rows stay unconfirmed.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { Clock, Timer } from '../../platform/platform.js'
import { connectDeadlineMs, connectRun } from '../connection/connect.js'
import { retryRules, tryUntil } from '../connection/retry.js'
import type { LaneRows } from '../outcomes/lanes.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import type { TargetDescription } from '../target/describe-target.js'
import { jsonToValue, writeExpression } from '../target/target.js'
import { batchTable, ignoreLoss, silenceError, type Delivery } from './delivery.js'

/** Limit for batches that wait in this process. The server would not be faster: the kernel buffers about as many bytes. */
const mostUnsentBytes = 4 << 20

export async function openUnconfirmed(run: Run, description: TargetDescription): Promise<Delivery> {
  const { checked, state, platform } = run
  const { target, maxInFlightBytes, confirmTimeoutMs } = checked
  const isFunction = target.kind === 'function'
  const leading = isFunction ? target.functionArguments.map(jsonToValue) : []
  const functionName = isFunction
    ? target.name
    : writeExpression(target.table, target.method, target.keyColumns, description.upsert)
  const columnNames = description.columns.map(column => column.name)
  const sessions = await connectEach(run)
  const bufferedBytes = (): number => sessions.reduce((sum, one) => sum + one.bufferedBytes, 0)
  /** Of several sessions with equally few unsent bytes, takes each in turn. */
  const leastBusy = (): number => {
    let least = state.batches.sent % sessions.length
    for (const [i, { bufferedBytes: bytes }] of sessions.entries()) {
      if (bytes < sessions[least]!.bufferedBytes) least = i
    }
    return least
  }
  const sendOn = (connection: number, batch: Batch): Promise<void> | undefined => {
    const session = sessions[connection]!
    const { rowCount, encodedBytes } = batch
    const arguments_ = [...leading, batchTable(batch, columnNames)]
    const isTaken = session.send(functionName, arguments_, batch.release)
    state.sentRows += rowCount
    state.sentBytes += encodedBytes
    state.batches.sent++
    if (isTaken && bufferedBytes() < maxInFlightBytes) return undefined
    return drainedInTime(session, platform.clock, confirmTimeoutMs)
  }
  const sendLanes = (batch: Batch, { lanes }: LaneRows): Promise<void> | undefined => {
    const waits: (Promise<void> | undefined)[] = []
    let left = batch.rowCount
    try {
      for (const { batch: each, lane } of lanes) {
        waits.push(sendOn(lane, each))
        left -= each.rowCount
      }
    } catch (error) {
      // If this function throws, the caller counts all rows as unsent. So it may throw only if no lane was sent.
      if (waits.length === 0) throw error
      state.rows.unsent += left
      waits.push(Promise.reject(asDdbError(error)))
    }
    const some = waits.filter(wait => wait !== undefined)
    return some.length === 0 ? undefined : Promise.all(some).then(() => undefined)
  }
  return {
    used: 'none',
    keepsReceipts: false,
    get inFlightBytes() {
      return bufferedBytes()
    },
    deliver: (batch, lanes) =>
      lanes === undefined ? sendOn(leastBusy(), batch) : sendLanes(batch, lanes),
    async finish() {
      state.rows.unconfirmed = state.sentRows
      // The run claims only that the kernel took all bytes, and only closing the sessions proves that.
      await Promise.all(sessions.map(session => session.close()))
    },
    leave: reason => sessions.forEach(session => session.abandon(reason)),
    close: async () => {
      await Promise.all(sessions.map(session => session.close().catch(ignoreLoss)))
    },
  }
}

/** @throws {ConnectionError} if a connection cannot be opened */
async function connectEach(run: Run): Promise<readonly Session[]> {
  const { checked, platform, server } = run
  const deadlineMs = connectDeadlineMs(platform, server.address)
  const connecting = (): Promise<Session> =>
    connectRun(run, {
      deadlineMs,
      highWaterBytes: Math.ceil(
        Math.min(checked.maxInFlightBytes, mostUnsentBytes) / checked.connections,
      ),
      ...server.dataSession,
    })
  const opened = await Promise.allSettled(
    Array.from({ length: checked.connections }, () =>
      tryUntil(
        deadlineMs,
        retryRules(run),
        connecting,
        (error: unknown) => error instanceof ConnectionError,
      ),
    ),
  )
  const sessions = opened.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
  const failed = opened.find(one => one.status === 'rejected')
  if (failed === undefined) return sessions
  const unused = new ConnectionError('DDB_CONNECTION_LOST', 'the run ends before its first row')
  for (const session of sessions) session.abandon(unused)
  throw failed.reason as Error
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
