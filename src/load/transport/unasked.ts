/*
  Delivery of which nothing is asked: batches go out unanswered, and what was sent stays unconfirmed.
*/
import { DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { LaneRows } from '../fate/lane-batches.js'
import { drainedInTime, type IdleTimeout } from '../connection/idle-timeout.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import type { Reached } from './reached.js'
import {
  abandonAll,
  batchTable,
  bufferedBytes,
  closeAll,
  type Delivery,
  type Writer,
} from './delivery.js'

/** Where rows are counted as sent, and when a run waits before it sends more. */
export interface Flow {
  run: Pick<Run, 'state' | 'emit'>
  reached: Reached
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
}

/** What was sent stays unconfirmed. */
export function openUnasked(writer: Writer, flow: Flow): Delivery {
  const { run, look, unmark } = flow
  run.emit({ kind: 'duplicatesKnown', rows: null })
  return {
    used: 'none',
    get inFlightBytes() {
      return bufferedBytes(writer)
    },
    deliver: (batch, _, lanes) => sendOff(writer, flow, batch, lanes),
    async finish() {
      run.emit({ kind: 'counted', arrived: 0 })
      // Closing is what tells whether the kernel took everything: more is not claimed without confirmation.
      await Promise.all(writer.sessions.map(session => session.close()))
      // Nothing is claimed: whether it could be noted is all the same.
      await look().catch(whyNotAsked)
    },
    leave: reason => abandonAll(writer, reason),
    async close() {
      await closeAll(writer)
      await unmark?.()
    },
  }
}

/**
 * Sends a batch under no number: its lanes on their sessions, or all of it on the session with the fewest bytes to send.
 * @returns as `Delivery.deliver`
 */
export function sendOff(
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
    // None of its rows is counted yet, or all of them have to be.
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

/** @param turn  which one is first among equals */
function leastBusy({ sessions }: Writer, turn: number): number {
  let least = turn % sessions.length
  for (const [i, { bufferedBytes: bytes }] of sessions.entries()) {
    if (bytes < sessions[least]!.bufferedBytes) least = i
  }
  return least
}

/** A last look that failed for reasons of the server. @throws all else */
export function whyNotAsked(error: unknown): string {
  if (error instanceof DdbError) return `the server could not be asked again: ${error.message}`
  throw error
}
