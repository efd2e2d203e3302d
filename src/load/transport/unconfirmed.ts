/*
  Delivery without confirmation. The server does not answer the batches, and their rows stay unconfirmed.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { Value } from '../../protocol/value.js'
import { connectDeadlineMs, connectRun } from '../connection/connect.js'
import { drainedInTime, type IdleTimeout } from '../connection/idle-timeout.js'
import { retryRules, tryUntil } from '../connection/retry.js'
import type { LaneRows } from '../outcomes/lanes.js'
import { addSent } from '../outcomes/run-state.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import type { TargetDescription } from '../target/describe-target.js'
import { jsonToValue, writeExpression } from '../target/target.js'
import { batchTable, ignoreLoss, type Delivery } from './delivery.js'

/** The sessions for data, the function to call on them, and its arguments before the batch. */
interface Writer {
  readonly sessions: readonly Session[]
  readonly functionName: string
  readonly leading: readonly Value[]
}

/** Limit for batches that wait in this process. The server would not be faster: the kernel buffers about as many bytes. */
const mostUnsentBytes = 4 << 20

export async function openUnconfirmed(run: Run, description: TargetDescription): Promise<Delivery> {
  const { target } = run.checked
  const sessions = await connectEach(run)
  const writer =
    target.kind === 'function'
      ? {
          sessions,
          functionName: target.name,
          leading: target.functionArguments.map(jsonToValue),
        }
      : {
          sessions,
          functionName: writeExpression(
            target.table,
            target.method,
            target.keyColumns,
            description.upsert,
          ),
          leading: [],
        }
  const columnNames = description.columns.map(column => column.name)
  const idleTimeout = { clock: run.platform.clock, timeoutMs: run.checked.confirmTimeoutMs }
  const flow: Flow = { run, writer, columnNames, idleTimeout }
  return {
    used: 'none',
    keepsReceipts: false,
    get inFlightBytes() {
      return bufferedBytes(writer)
    },
    deliver: (batch, lanes) => sendBatch(flow, batch, lanes),
    async finish() {
      run.state.rows.unconfirmed = run.state.sentRows
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

function bufferedBytes({ sessions }: Writer): number {
  return sessions.reduce((sum, session) => sum + session.bufferedBytes, 0)
}

interface Flow {
  readonly run: Run
  readonly writer: Writer
  readonly columnNames: readonly string[]
  readonly idleTimeout: IdleTimeout
}

/**
 * Sends each lane on its session, or all rows on the session with the fewest unsent bytes.
 * @returns as `Delivery.deliver`
 */
function sendBatch(
  flow: Flow,
  batch: Batch,
  rows: LaneRows | undefined,
): Promise<void> | undefined {
  if (rows === undefined) return sendOn(leastBusy(flow), flow, batch)
  const waits: (Promise<void> | undefined)[] = []
  let left = batch.rowCount
  try {
    for (const { batch: each, lane } of rows.lanes) {
      waits.push(sendOn(lane, flow, each))
      left -= each.rowCount
    }
  } catch (error) {
    // If this function throws, the caller counts all rows as unsent. So it may throw only if no lane was sent.
    if (waits.length === 0) throw error
    flow.run.state.rows.unsent += left
    waits.push(Promise.reject(asDdbError(error)))
  }
  const some = waits.filter(wait => wait !== undefined)
  return some.length === 0 ? undefined : Promise.all(some).then(() => undefined)
}

function sendOn(
  connection: number,
  { run, writer, columnNames, idleTimeout }: Flow,
  batch: Batch,
): Promise<void> | undefined {
  const session = writer.sessions[connection]!
  const arguments_ = [...writer.leading, batchTable(batch, columnNames)]
  const { rowCount, encodedBytes } = batch
  const isTaken = session.send(writer.functionName, arguments_, batch.release)
  run.state.sentRows += rowCount
  run.state.sentBytes += encodedBytes
  run.state.batches.sent++
  addSent(run.state, connection, rowCount, encodedBytes)
  if (isTaken && bufferedBytes(writer) < run.checked.maxInFlightBytes) return undefined
  return drainedInTime(session, idleTimeout)
}

/** Of several sessions with equally few unsent bytes, takes each in turn. */
function leastBusy({ run, writer: { sessions } }: Flow): number {
  let least = run.state.batches.sent % sessions.length
  for (const [i, { bufferedBytes: bytes }] of sessions.entries()) {
    if (bytes < sessions[least]!.bufferedBytes) least = i
  }
  return least
}
