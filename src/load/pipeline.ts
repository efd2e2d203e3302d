/*
  What every run does, wherever its rows go: open the inputs, open the target, move batches, and close everything,
  whatever happens.
*/
import { TimeoutError, UsageError } from '../errors.js'
import type { Delivery } from './transport/delivery.js'
import type { UnsentCheck } from './evidence/unsent-rows.js'
import { abandon, close, endOnSignal, whenLeaving, type Opened } from './ending.js'
import type { Inputs } from './inputs/input-reading.js'
import { openInputs } from './inputs/inputs.js'
import { pump } from './pump.js'
import type { Run } from './run.js'
import type { TargetDescription } from './target/describe-target.js'
import type { ExpandedSources } from '../source/expand-sources.js'

export interface Way {
  readonly target: TargetDescription
  readonly delivery: Delivery
  /** Set for a resumed run. */
  readonly unsent?: UnsentCheck | undefined
}

/** What distinguishes one kind of run from another. */
export interface Course {
  /**
   * Finds the target and opens a delivery to it.
   *
   * @param opened  gets the session as soon as there is one
   * @returns undefined if there is nothing to read
   */
  readonly open: (inputs: Inputs, opened: Opened) => Promise<Way | undefined>
  /** Called once nothing more will be handed over. */
  readonly finish: (delivery: Delivery) => Promise<void>
  readonly fail: (error: unknown) => void
  /** Called once every row has its outcome as far as is known, with connections still open. */
  readonly ended?: (opened: Opened) => void
}

/**
 * Failures become the run's.
 *
 * @param sources  the expanded inputs, if the caller has just expanded them
 * @returns what was opened (and closed again), and wrong options found before the server was reached
 */
export async function runPipeline(
  run: Run,
  { open, finish, fail, ended }: Course,
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
      // A blocked read must not delay leaving.
      const pumped = pump(run, inputs, target, delivery, unsent)
      opened.leavesRest = (await Promise.race([pumped, leaving.left])) === true
      await finish(delivery)
    }
  } catch (error) {
    if (error instanceof UsageError && opened.control === undefined) opened.misuse = error
    else fail(error)
    // A server that does not answer a query would not answer the closing of the connection either.
    if (error instanceof TimeoutError) abandon(opened, error)
  } finally {
    stopListening()
    ended?.(opened)
    await close(run, opened, leaving)
    run.delivery = opened.delivery
    run.reporter.tell('done')
  }
  return opened
}
