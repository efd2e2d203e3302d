/*
  The way of every run, whatever it does with its rows: inputs are opened, then what rows go into, batches are moved, and all of
  it is closed, whatever happens.
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

/** Where rows go. */
export interface Way {
  readonly target: TargetDescription
  readonly delivery: Delivery
  /** Of a run that goes on. */
  readonly unsent?: UnsentCheck | undefined
}

/** What a run does with its rows. */
export interface Course {
  /**
   * Finds the target, and opens the way there.
   *
   * @param opened  gets the session as soon as there is one
   * @returns undefined where nothing is to be read
   */
  readonly open: (inputs: Inputs, opened: Opened) => Promise<Way | undefined>
  /** Nothing more is handed over. */
  readonly finish: (delivery: Delivery) => Promise<void>
  readonly fail: (error: unknown) => void
  /** Everything has its place as far as is known, and connections are still there. */
  readonly ended?: (opened: Opened) => void
}

/**
 * Failures are those of the run.
 *
 * @param sources  what the inputs mean, where somebody has just looked
 * @returns what was opened, and closed again, and wrong options that were found out before the server was reached
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
      // An input that cannot be interrupted must not keep the run from leaving.
      const pumped = pump(run, inputs, target, delivery, unsent)
      opened.leavesRest = (await Promise.race([pumped, leaving.left])) === true
      await finish(delivery)
    }
  } catch (error) {
    if (error instanceof UsageError && opened.control === undefined) opened.misuse = error
    else fail(error)
    // Whoever does not answer a query does not say goodbye either.
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
