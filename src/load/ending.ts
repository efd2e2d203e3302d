/*
  How a run ends: in order when it is done or interrupted, at once when it leaves.
*/
import type { Session } from '../client/open-session.js'
import { ConnectionError, DdbError } from '../errors.js'
import { closeTimeoutMs } from './connection/connect.js'
import { ignoreLoss, type Delivery } from './transport/delivery.js'
import type { Inputs } from './inputs/input-reading.js'
import type { LoadResult } from './options.js'
import { isUnfinished, type Run } from './run.js'
import { asDdbError } from './run-ending.js'

/** What a run holds of its machine and of the server, as far as it has come. */
export interface Opened {
  inputs?: Inputs
  control?: Session
  delivery?: Delivery
  /** Rows that were read, and have no place in the end, are not sent. */
  leavesRest?: boolean
}

/**
 * Lets the caller's signal end a run in order: what was read is delivered and confirmed.
 * @returns stops listening
 */
export function endOnSignal(run: Run, opened: Opened): () => void {
  return onAbort(run.options.signal, () => {
    run.ending.fail(interrupted())
    // A read that waits for more input has to end, too.
    void opened.inputs?.close()
  })
}

/** A run that is told to leave ends what it waits for on the network. */
export interface Leaving {
  /** Resolves once it has done so. */
  readonly left: Promise<void>
  /** Node keeps a signal that depends on others, and all its listeners know, until the last of them is gone. */
  stopListening(): void
}

export function whenLeaving(run: Run, opened: Opened): Leaving {
  let stopListening = (): void => undefined
  const left = new Promise<void>(resolve => {
    stopListening = onAbort(run.ending.leaving, () => {
      const reason = interrupted()
      run.ending.fail(reason)
      void opened.inputs?.close()
      abandon(opened, reason)
      resolve()
    })
  })
  return { left, stopListening }
}

/** Ends the connections at once. */
export function abandon({ delivery, control }: Opened, cause: DdbError): void {
  const reason = new ConnectionError('DDB_CONNECTION_LOST', cause.message, { cause })
  delivery?.leave(reason)
  control?.abandon(reason)
}

/** Closes everything, connections within their time; failures become those of the run. */
export async function close(run: Run, opened: Opened, leaving: Leaving): Promise<void> {
  const { clock } = run.platform
  const closing = clock.after(closeTimeoutMs(run.plan), () => abandon(opened, notClosing()))
  const { inputs, delivery, control } = opened
  // What was asked on it has told of its own loss.
  const asking = { close: () => control?.close().catch(ignoreLoss) }
  const all = closeInTurn(run, [inputs, delivery, asking])
  await Promise.race([all, leaving.left])
  closing.cancel()
  leaving.stopListening()
  // Rows on their way from the reader to the delivery: no session was given them.
  if (run.ending.isLeaving || opened.leavesRest === true) run.emit({ kind: 'restUnsent' })
  // Only now is it known how many rejects are in their files.
  await closeInTurn(run, [run.rejects, { close: run.commit }])
}

/**
 * The last that a journal is told; a run that is done needs nothing of it but that.
 * @param result  undefined for a run that has not begun
 */
export async function endJournal(run: Run, result?: LoadResult): Promise<void> {
  const { journal } = run.history
  if (journal === undefined) return
  try {
    if (result !== undefined && journal.failure === undefined) {
      const { status, exitCode, rows } = result
      const at = new Date(run.platform.clock.wallMs()).toISOString()
      run.emit({ kind: 'end', at, isDone: !isUnfinished(run), status, exitCode, rows })
    }
  } finally {
    try {
      await journal.close()
    } catch (error) {
      // What ended the run is said already.
      if (error !== run.ending.failure) run.reporter.notice(asDdbError(error).message)
    }
  }
}

async function closeInTurn(
  run: Run,
  closing: readonly ({ close: () => Promise<void> | void } | undefined)[],
): Promise<void> {
  for (const one of closing) {
    try {
      await one?.close()
    } catch (error) {
      run.ending.fail(error)
    }
  }
}

function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener()
  signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}

function notClosing(): DdbError {
  return new DdbError('DDB_CONNECTION_LOST', 'the server did not close its connections in time')
}

function interrupted(): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'the run was interrupted')
}
