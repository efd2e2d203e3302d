/*
  The face of what takes batches to the server and finds out what became of them. There is one implementation per
  kind of confirmation; the pipeline knows none of them.
*/
import type { Session } from '../../client/session.js'
import { ConnectionError } from '../../errors.js'
import type { Batch } from '../../parse/reader.js'
import type { Table, Value } from '../../protocol/value.js'
import type { ConfirmUsed } from '../options.js'

/** One run's way to the server. */
export interface Delivery {
  readonly used: ConfirmUsed
  /** Why confirmation is less than was asked for, or what it found; for the summary. */
  readonly note: string | undefined
  /** Bytes handed over whose fate, or at least whose departure, is still open. */
  readonly inFlightBytes: number
  /**
   * Hands one batch over and counts it in the tally. Returns a promise when the caller has to wait before the next
   * one. The batch's columns belong to the delivery until it releases them.
   *
   * @throws {DdbError} when nothing more can be sent; a batch that was not handed over is not counted
   */
  deliver(batch: Batch): void | Promise<void>
  /**
   * Resolves once every batch handed over has a fate in the tally.
   * @throws {DdbError} when the fate itself is a failure of the run; the tally is complete all the same
   */
  finish(): Promise<void>
  close(): Promise<void>
}

/** Where data requests go: one session, one function, arguments in front of the batch. */
export interface Lane {
  session: Session
  functionName: string
  leading: readonly Value[]
}

/** For sessions that end together with a run: what their loss means is in the tally already. @throws all else */
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
