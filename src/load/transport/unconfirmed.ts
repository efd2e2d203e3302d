/*
  Delivery without confirmation. The server does not answer the batches, and their rows stay unconfirmed.
*/
import { DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { LaneRows } from '../outcomes/lane-batches.js'
import { drainedInTime, type IdleTimeout } from '../connection/idle-timeout.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import type { ReadSpeed } from './read-speed.js'
import {
  abandonAll,
  batchTable,
  bufferedBytes,
  closeAll,
  type Delivery,
  type Writer,
} from './delivery.js'

/** State and limits that deliveries without answers share. */
export interface Flow {
  run: Pick<Run, 'state' | 'emit'>
  reached: ReadSpeed
  columnNames: readonly string[]
  maxInFlightBytes: number
  idleTimeout: IdleTimeout
  unmark: (() => Promise<void>) | undefined
  /** Called before a batch is sent, while its rows can still be read. */
  sending: (batch: Batch) => void
  /**
   * If rows were confirmed, checks the target again. If the run has finished, also records its end.
   * @returns the change of the target which suggests that rows are gone; undefined if no such change is known
   * @throws {DdbError} if the server cannot be asked
   */
  look: () => Promise<string | undefined>
}

export function openUnconfirmed(writer: Writer, flow: Flow): Delivery {
  const { run, look, unmark } = flow
  run.emit({ kind: 'duplicatesKnown', rows: null })
  return {
    used: 'none',
    get inFlightBytes() {
      return bufferedBytes(writer)
    },
    deliver: (batch, _, lanes) => sendUnnumbered(writer, flow, batch, lanes),
    async finish() {
      run.emit({ kind: 'counted', arrived: 0 })
      // The run claims only that the kernel took all bytes, and only closing the sessions proves that.
      await Promise.all(writer.sessions.map(session => session.close()))
      // The run does not claim that rows are stored, so it does not matter if recording its end fails.
      await look().catch(notAskedMessage)
    },
    leave: reason => abandonAll(writer, reason),
    async close() {
      await closeAll(writer)
      await unmark?.()
    },
  }
}

/**
 * Sends a batch without a number: each lane on its session, or all rows on the session with the fewest unsent bytes.
 * @returns as `Delivery.deliver`
 */
export function sendUnnumbered(
  writer: Writer,
  flow: Flow,
  batch: Batch,
  rows: LaneRows | undefined,
): Promise<void> | undefined {
  if (rows === undefined) {
    return sendOn(leastBusy(writer, flow.run.state.batches.sent), writer, flow, batch)
  }
  const waits: (Promise<void> | undefined)[] = []
  let left = batch.rowCount
  try {
    for (const { batch: each, lane } of rows.lanes) {
      waits.push(sendOn(lane, writer, flow, each))
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
  writer: Writer,
  { run, reached, columnNames, maxInFlightBytes, idleTimeout, sending }: Flow,
  batch: Batch,
): Promise<void> | undefined {
  const session = writer.sessions[connection]!
  const arguments_ = [...writer.leading, batchTable(batch, columnNames)]
  sending(batch)
  const { rowCount, encodedBytes } = batch
  const beforeBytes = bufferedBytes(writer)
  reached.look(beforeBytes, idleTimeout.clock.nowMs())
  const isTaken = session.send(writer.functionName, arguments_, batch.release)
  const afterBytes = bufferedBytes(writer)
  reached.handedOver(rowCount, afterBytes - beforeBytes)
  run.emit({ kind: 'handedOver', rows: rowCount, sent: { connection, bytes: encodedBytes } })
  if (isTaken && afterBytes < maxInFlightBytes) return undefined
  reached.full()
  return drainedInTime(session, idleTimeout)
}

/** @param turn  index of the session to prefer if several have equally few unsent bytes */
function leastBusy({ sessions }: Writer, turn: number): number {
  let least = turn % sessions.length
  for (const [i, { bufferedBytes: bytes }] of sessions.entries()) {
    if (bytes < sessions[least]!.bufferedBytes) least = i
  }
  return least
}

/**
 * The message if the server could not be asked again after the last batch. @throws every error but DdbError
 */
export function notAskedMessage(error: unknown): string {
  if (error instanceof DdbError) return `the server could not be asked again: ${error.message}`
  throw error
}
