/*
  The interface of everything that takes batches to the server and learns their outcome. There are four implementations: with receipts,
  answered, counted, and unconfirmed. The pipeline does not tell them apart.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, type DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { Table, Value } from '../../protocol/value.js'
import type { LaneRows } from '../outcomes/lane-batches.js'
import type { SentBefore } from '../journal/resumed-input.js'
import type { ConfirmUsed } from '../options.js'
import type { VerifyResult } from '../load-result.js'

export interface Delivery {
  readonly used: ConfirmUsed
  /** Result of reading back so far, if requested. */
  readonly verified?: VerifyResult
  /** Why the delivery accepts no more batches, for callers without a batch at hand; other callers learn the reason from `deliver`. */
  readonly failure?: DdbError | undefined
  /** Bytes handed over whose outcome is unknown, or which may not have left this machine yet. */
  readonly inFlightBytes: number
  /**
   * Hands over one batch and counts it as sent. Returns a promise if the caller has to wait before the next one. The
   * batch's columns belong to the delivery until it releases them.
   * @param sentBefore  set if an earlier process of the run sent these rows and their outcome is unknown
   * @param lanes  the batch's rows by connection; left out if any connection will do
   * @throws {DdbError} at once if nothing more can be sent: the batch is then not counted. If instead the promise
   *   rejects, the batch is counted
   */
  deliver(batch: Batch, sentBefore?: SentBefore, lanes?: LaneRows): void | Promise<void>
  /** Set for deliveries whose connections may change in number between two batches. */
  readonly connections?: Connections
  /**
   * Resolves once the outcome of every batch handed over is counted.
   * @throws {DdbError} after all outcomes are counted, if one of them makes the run fail
   */
  finish(): Promise<void>
  /**
   * Must be called after the process has slept: checks whether another process has told the server that it works on the run.
   * @throws {DdbError} DDB_LOCKED
   */
  checkOwner?(): Promise<void>
  /** Ends every wait and the connections at once: batches in flight stay unknown. */
  leave(reason: ConnectionError): void
  close(): Promise<void>
}

export interface Connections {
  /** Resolves once nothing is in flight. @throws {DdbError} the failure that ended the run */
  idle(): Promise<void>
  /**
   * Opens or closes sessions until there are as many as in the plan. Nothing may be in flight.
   * @throws {DdbError} if sessions cannot be opened: their number then stays the same
   */
  fit(): Promise<void>
}

/** Time limit for opening further sessions, ms: meanwhile nothing is sent. */
export const longestFitMs = 5_000

/** The sessions for data requests, the function to call, and the arguments before the batch. */
export interface Writer {
  sessions: readonly Session[]
  functionName: string
  leading: readonly Value[]
}

export function bufferedBytes({ sessions }: Writer): number {
  return sessions.reduce((sum, session) => sum + session.bufferedBytes, 0)
}

export function abandonAll({ sessions }: Pick<Writer, 'sessions'>, reason: ConnectionError): void {
  for (const session of sessions) session.abandon(reason)
}

/** @throws any error but a lost connection */
export async function closeAll({ sessions }: Writer): Promise<void> {
  await Promise.all(sessions.map(session => session.close().catch(ignoreLoss)))
}

export function replacedError(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'another connection replaced this one')
}

/** For closing a session: ignores that the session is lost, as nobody needs it any more. @throws all other errors */
export function ignoreLoss(error: unknown): void {
  if (!(error instanceof ConnectionError)) throw error
}

/** A batch as the single argument that every way of writing takes. */
export function batchTable(batch: Batch, columnNames: readonly string[]): Table {
  return {
    form: 'table',
    name: '',
    rows: batch.rowCount,
    columnNames,
    columns: batch.columns,
  }
}
