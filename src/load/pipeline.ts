/*
  The steps of every run: open the inputs, open the target, move batches, and close everything, even after failures.
*/
import { TimeoutError, UsageError } from '../errors.js'
import type { Delivery } from './transport/delivery.js'
import type { StoredRowsCheck } from './evidence/unsent-rows.js'
import { abandon, close, endOnSignal, whenLeaving, type Opened } from './ending.js'
import type { Inputs } from './inputs/input-reading.js'
import { openInputs } from './inputs/inputs.js'
import { pump } from './pump.js'
import type { Run } from './run.js'
import type { TargetDescription } from './target/describe-target.js'
import type { ExpandedSources } from '../source/expand-sources.js'

export interface Destination {
  readonly target: TargetDescription
  readonly delivery: Delivery
  /** Checks batches that no earlier process is known to have sent; undefined if there was no earlier process. */
  readonly unsent?: StoredRowsCheck | undefined
}

/** The steps that differ between kinds of runs. */
export interface RunSteps {
  /**
   * Finds the target and opens a delivery to it.
   * @param opened  gets the session as soon as there is one
   * @returns undefined if there is nothing to read
   */
  readonly open: (inputs: Inputs, opened: Opened) => Promise<Destination | undefined>
  /** Called after the last batch was handed over. */
  readonly finish: (delivery: Delivery) => Promise<void>
  readonly fail: (error: unknown) => void
}

/**
 * If a step fails, the run fails with that error.
 * @param sources  the expanded inputs, if the caller has just expanded them
 * @returns what the run opened, closed by now; `misuse` is set instead of a failure for wrong options found early
 */
export async function runPipeline(
  run: Run,
  { open, finish, fail }: RunSteps,
  sources?: ExpandedSources,
): Promise<Opened & { readonly misuse?: UsageError }> {
  const opened: Opened & { misuse?: UsageError } = {}
  const stopListening = endOnSignal(run, opened)
  const leaving = whenLeaving(run, opened)
  try {
    const inputs = await openInputs(run, sources)
    opened.inputs = inputs
    const way = await open(inputs, opened)
    if (way !== undefined) {
      const { target, delivery, unsent } = way
      // At the signal to leave, the run must not wait for a blocked read.
      const pumped = pump(run, inputs, target, delivery, unsent)
      opened.leavesRest = (await Promise.race([pumped, leaving.left])) === true
      await finish(delivery)
    }
  } catch (error) {
    if (error instanceof UsageError && opened.control === undefined) opened.misuse = error
    else fail(error)
    // Drops the connections, because a server that does not answer a query would not answer their closing either.
    if (error instanceof TimeoutError) abandon(opened, error)
  } finally {
    stopListening()
    await close(run, opened, leaving)
    run.delivery = opened.delivery
    run.reporter.tell('done')
  }
  return opened
}
