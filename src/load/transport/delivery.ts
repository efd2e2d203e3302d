/*
  The interface of all code that sends batches to the server and learns their outcome. There are two implementations: one with
  receipts or answers, and one without confirmation.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, option, type DdbError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import type { ConfirmUsed } from '../load-result.js'
import type { SentBatch } from '../journal/recorded-run.js'

export interface Delivery {
  readonly used: ConfirmUsed
  /** Why the delivery accepts no more batches. For callers without a batch; `deliver` throws the same failure. */
  readonly failure?: DdbError | undefined
  /** Bytes handed over whose outcome is unknown, or which this machine may not have sent yet. */
  readonly inFlightBytes?: number
  /**
   * Hands over one batch and counts it as sent. If a promise is returned, the caller must wait for it before the next batch. The
   * batch's columns belong to the delivery until it releases them.
   * @param known  the batch as an earlier process of the run sent it, or was about to
   * @throws {DdbError} at once if nothing more can be sent; the batch is then not counted. If the promise rejects instead, the batch
   *   is counted
   */
  deliver(batch: Batch, known?: SentBatch): void | Promise<void>
  /**
   * Looks at the target once every batch so far has an outcome. More may follow.
   * @returns the session for queries @throws {DdbError}
   */
  settled?(): Promise<Session>
  /**
   * Resolves once every batch that was handed over has an outcome.
   * @throws {DdbError} after that, if an outcome makes the run fail
   */
  finish?(): Promise<void>
  /**
   * Must be called after the computer was suspended. Checks whether a different process has claimed the run on the server.
   * @throws {DdbError} DDB_LOCKED
   */
  checkOwner?(): Promise<void>
  /** Ends every wait and all connections at once. The outcome of batches in flight stays unknown. */
  leave?(reason: ConnectionError): void
  close?(): Promise<void>
}

/** The error for a silent server: batches in flight stay unconfirmed, and nothing more is sent. */
export function silenceError(timeoutMs: number, awaited: string): ConnectionError {
  return new ConnectionError(
    'DDB_UNCONFIRMED',
    `the server keeps the connection open, but ${awaited} for ${timeoutMs / 1000} s: nothing more is sent. ` +
      `Find out what it is busy with, or allow more time with ${option('delivery.confirmTimeoutMs')}`,
  )
}

/** Use it when closing a session, whose loss then does not matter. @throws all errors but ConnectionError */
export function ignoreLoss(error: unknown): void {
  if (!(error instanceof ConnectionError)) throw error
}
