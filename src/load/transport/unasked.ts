/*
  Delivery of which nothing is asked: batches go out unanswered, and what was sent stays unconfirmed.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { LaneRows } from '../fate/lane-batches.js'
import { drainedInTime, type IdleTimeout } from '../connection/idle-timeout.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
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
  const { sessions } = writer
  if (rows === undefined) {
    return sendOn(leastBusy(writer, flow.run.state.batches.sent), writer, flow, batch)
  }
  const waits: (Promise<void> | undefined)[] = []
  let left = batch.rowCount
  try {
    for (const { batch: each, lane } of rows.lanes) {
      waits.push(sendOn(sessions[lane]!, writer, flow, each))
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
  session: Session,
  writer: Writer,
  { run, columnNames, maxInFlightBytes, idleTimeout, sending }: Flow,
  batch: Batch,
): Promise<void> | undefined {
  const arguments_ = [...writer.leading, batchTable(batch, columnNames)]
  sending(batch)
  const room = session.send(writer.functionName, arguments_, batch.release)
  run.emit({ kind: 'handedOver', rows: batch.rowCount })
  return room && bufferedBytes(writer) < maxInFlightBytes
    ? undefined
    : drainedInTime(session, idleTimeout)
}

/** @param turn  which one is first among equals */
function leastBusy({ sessions }: Writer, turn: number): Session {
  let least = sessions[turn % sessions.length]!
  for (const session of sessions) if (session.bufferedBytes < least.bufferedBytes) least = session
  return least
}

/** A last look that failed for reasons of the server. @throws all else */
export function whyNotAsked(error: unknown): string {
  if (error instanceof DdbError) return `the server could not be asked again: ${error.message}`
  throw error
}
