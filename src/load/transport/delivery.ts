/*
  The interface of whatever takes batches to the server and learns their outcome. There are four implementations: with receipts,
  answered, counted, and unasked; the pipeline does not tell them apart.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, type DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { Table, Value } from '../../protocol/value.js'
import type { LaneRows } from '../fate/lane-batches.js'
import type { SentBefore } from '../journal/resumed-input.js'
import type { ConfirmUsed } from '../options.js'
import type { VerifyResult } from '../load-result.js'

export interface Delivery {
  readonly used: ConfirmUsed
  /** Result of reading back so far, if requested. */
  readonly verified?: VerifyResult
  /** Why no more batches are accepted, for callers with nothing to hand over; `deliver` tells the others. */
  readonly failure?: DdbError | undefined
  /** Bytes handed over whose outcome is unknown, or that are not even known to have left. */
  readonly inFlightBytes: number
  /**
   * Hands over one batch and counts it as sent. Returns a promise if the caller has to wait before the next one. The batch's
   * columns belong to the delivery until it releases them.
   * @param sentBefore  set if an earlier process of the run sent these rows and their outcome is unknown
   * @param lanes  its rows by connection; left out if any connection will do
   * @throws {DdbError} at once when nothing more can be sent: then the batch is not counted. If the promise rejects, it is
   */
  deliver(batch: Batch, sentBefore?: SentBefore, lanes?: LaneRows): void | Promise<void>
  /** For deliveries whose connections may change in number between two batches. */
  readonly connections?: Connections
  /**
   * Resolves once every batch handed over is counted.
   * @throws {DdbError} if their outcome makes the run fail; all are counted all the same
   */
  finish(): Promise<void>
  /**
   * Call it after the process has slept: checks whether another process has told the server that it works on the run.
   * @throws {DdbError} DDB_LOCKED
   */
  checkOwner?(): Promise<void>
  /** Ends every wait and the connections at once: batches in flight stay unknown. */
  leave(reason: ConnectionError): void
  close(): Promise<void>
}

export interface Connections {
  /**
   * Resolves once nothing is in flight.
   * @throws {DdbError} what ended the run
   */
  idle(): Promise<void>
  /**
   * Opens or closes sessions until there are as many as the plan now says. Nothing may be in flight.
   * @throws {DdbError} if they cannot be opened: then there are as many as before
   */
  fit(): Promise<void>
}

/** Limit of opening further sessions, as nothing is sent meanwhile, ms. */
export const longestFitMs = 5_000

/** Where data requests go: any of these sessions, one function, arguments before the batch. */
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

/** @throws anything but a lost connection */
export async function closeAll({ sessions }: Writer): Promise<void> {
  await Promise.all(sessions.map(session => session.close().catch(ignoreLoss)))
}

export function movedOn(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'another connection replaced this one')
}

/**
 * Ignores the loss of a session while the run ends: its batches are counted already.
 * @throws everything else
 */
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
