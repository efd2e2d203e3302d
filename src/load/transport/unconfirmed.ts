/*
  Delivery without confirmation. The server does not answer the batches, and their rows stay unconfirmed.
*/
import type { Batch } from '../../parse/batch.js'
import { drainedInTime, type IdleTimeout } from '../connection/idle-timeout.js'
import type { LaneRows } from '../outcomes/lane-batches.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import type { TargetDescription } from '../target/describe-target.js'
import {
  abandonAll,
  batchTable,
  bufferedBytes,
  closeAll,
  type Delivery,
  type Writer,
} from './delivery.js'
import { openWriter } from './open-writer.js'

export async function openUnconfirmed(run: Run, description: TargetDescription): Promise<Delivery> {
  const writer = await openWriter(run, description, false)
  const columnNames = description.columns.map(column => column.name)
  const idleTimeout = { clock: run.platform.clock, timeoutMs: run.checked.confirmTimeoutMs }
  const flow: Flow = { run, writer, columnNames, idleTimeout }
  return {
    used: 'none',
    get inFlightBytes() {
      return bufferedBytes(writer)
    },
    deliver: (batch, lanes) => sendBatch(flow, batch, lanes),
    async finish() {
      run.emit({ kind: 'unasked' })
      // The run claims only that the kernel took all bytes, and only closing the sessions proves that.
      await Promise.all(writer.sessions.map(session => session.close()))
    },
    leave: reason => abandonAll(writer, reason),
    close: () => closeAll(writer),
  }
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
    flow.run.emit({ kind: 'unsent', rows: left })
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
  run.emit({ kind: 'handedOver', rows: rowCount, sent: { connection, bytes: encodedBytes } })
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
