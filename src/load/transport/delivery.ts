/*
  The face of what takes batches to the server and finds out what became of them. There are four transports: with receipts,
  answered, counted, and unasked; the pipeline knows none of them.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, type DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { Table, Value } from '../../protocol/value.js'
import type { LaneRows } from '../fate/lane-batches.js'
import type { SentBefore } from '../journal/resumed-input.js'
import type { ConfirmUsed } from '../options.js'
import type { VerifyResult } from '../load-result.js'

/** One run's way to the server. */
export interface Delivery {
  readonly used: ConfirmUsed
  /** What reading back found so far, where it was asked for. */
  readonly verified?: VerifyResult
  /** Why nothing more will be taken, for whoever has nothing to hand over; others are told by `deliver`. */
  readonly failure?: DdbError | undefined
  /** Bytes handed over of which it is not known what became, or at least that they have left. */
  readonly inFlightBytes: number
  /**
   * Hands one batch over and counts it as sent. Returns a promise when the caller has to wait before the next
   * one. The batch's columns belong to the delivery until it releases them.
   *
   * @param sentBefore  an earlier process of the run has sent these rows, and nobody knows what became of them
   * @param lanes  its rows by the connections that they have to go over; left out where any will do
   * @throws {DdbError} at once when nothing more can be sent: then the batch is not counted. A promise that rejects is of a
   *   batch that is
   */
  deliver(batch: Batch, sentBefore?: SentBefore, lanes?: LaneRows): void | Promise<void>
  /** Of deliveries whose connections may become more or fewer between two batches. */
  readonly connections?: Connections
  /**
   * Resolves once every batch handed over is counted.
   * @throws {DdbError} when what became of them is a failure of the run; all are counted all the same
   */
  finish(): Promise<void>
  /**
   * To be asked after the process has slept: whether the server knows of another process that has the run.
   * @throws {DdbError} DDB_LOCKED
   */
  checkOwner?(): Promise<void>
  /** Ends every wait at once, and with it the connections: what is out stays unknown. */
  leave(reason: ConnectionError): void
  close(): Promise<void>
}

export interface Connections {
  /** Resolves once nothing is out. @throws {DdbError} what ended the run */
  idle(): Promise<void>
  /**
   * Opens sessions, or gives some up, until there are as many as the run has now. Nothing may be out.
   * @throws {DdbError} when they cannot be opened: then there are as many as before
   */
  fit(): Promise<void>
}

/** Opening further sessions takes no longer, as nothing is sent meanwhile, ms. */
export const longestFitMs = 5_000

/** Where data requests go: any of these sessions, one function, arguments in front of the batch. */
export interface Writer {
  sessions: readonly Session[]
  functionName: string
  leading: readonly Value[]
}

/** Of all sessions. */
export function bufferedBytes({ sessions }: Writer): number {
  return sessions.reduce((sum, session) => sum + session.bufferedBytes, 0)
}

export function abandonAll({ sessions }: Pick<Writer, 'sessions'>, reason: ConnectionError): void {
  for (const session of sessions) session.abandon(reason)
}

/** @throws what is no loss */
export async function closeAll({ sessions }: Writer): Promise<void> {
  await Promise.all(sessions.map(session => session.close().catch(ignoreLoss)))
}

export function movedOn(): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', 'another connection took the place of this one')
}

/** For sessions that end together with a run: what their loss means is counted already. @throws all else */
export function ignoreLoss(error: unknown): void {
  if (!(error instanceof ConnectionError)) throw error
}

/** A batch as the one argument that every way of writing takes. */
export function batchTable(batch: Batch, columnNames: readonly string[]): Table {
  return {
    form: 'table',
    name: '',
    rows: batch.rowCount,
    columnNames,
    columns: batch.columns,
  }
}
