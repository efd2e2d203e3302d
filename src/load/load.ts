/*
  One run from options to result: open the inputs, connect, ask what the target is, read batches, deliver them, confirm,
  report.
*/
import { TimeoutError, UsageError } from '../errors.js'
import type { Platform } from '../platform/platform.js'
import { awakeClock } from '../platform/awake-clock.js'
import { systemPlatform } from '../platform/system.js'
import { columnTypeText } from '../protocol/data-type.js'
import type { TargetColumn } from '../schema/target-schema.js'
import { openDelivery } from './delivery/open-delivery.js'
import { abandon, close, endJournal, endOnSignal, whenLeaving, type Opened } from './ending.js'
import { checkFollowed } from './follow/check-followed.js'
import { newDurability, type Durability } from './target/durability.js'
import { findTarget } from './target/find-target.js'
import { openInputs } from './inputs.js'
import type { LoadOptions, LoadResult } from './options.js'
import { checkAlone, takeRun } from './journal/check-alone.js'
import { asTargetChanged, checkTarget } from './journal/check-target.js'
import { dropKept } from './marker/drop-run-tables.js'
import { makePlan, type Plan } from './plan.js'
import { pump } from './pump.js'
import { loadResult } from './result.js'
import { newRun, type Run } from './run.js'

/**
 * Loads the inputs into the target and finds out what became of every row.
 *
 * @returns the outcome, failures of the run included (`error`, `exitCode`); it rejects only for wrong options
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export function load(options: LoadOptions): Promise<LoadResult> {
  return loadOn(systemPlatform, options)
}

/** As `load`, on the platform given. */
export async function loadOn(platform: Platform, options: LoadOptions): Promise<LoadResult> {
  const plan = makePlan(options, platform.random)
  const clock = awakeClock(platform.clock)
  try {
    return await loadPlan({ ...platform, clock }, options, plan)
  } finally {
    clock.stop()
  }
}

async function loadPlan(platform: Platform, options: LoadOptions, plan: Plan): Promise<LoadResult> {
  const run = newRun(options, plan, platform)
  let columns: readonly TargetColumn[] = []
  const opened: Opened = {}
  let durability: Durability | undefined
  let misuse: UsageError | undefined
  const stopListening = endOnSignal(run, opened)
  const left = whenLeaving(run, opened)
  try {
    opened.inputs = await openInputs(run)
    const [control, target] = await findTarget(run, session => (opened.control = session))
    columns = target.columns
    durability = newDurability(plan, target)
    await checkAlone(run, control)
    const identity = await checkTarget(run, control, target)
    if (opened.inputs.areDone) {
      run.notice('already loaded')
      await dropKept(run, control)
    } else {
      opened.delivery = await openDelivery(run, target, control)
      checkFollowed(run, opened.delivery)
      await takeRun(run, control)
      if (identity !== undefined) run.journal?.target(identity, opened.delivery.used)
      // An input that cannot be interrupted must not keep the run from leaving.
      await Promise.race([pump(run, opened.inputs, target, opened.delivery), left])
      run.phase('confirming', opened.delivery)
      await opened.delivery.finish()
    }
  } catch (error) {
    if (error instanceof UsageError && opened.control === undefined) misuse = error
    else run.fail(asTargetChanged(run, error))
    // Whoever does not answer a query does not say goodbye either.
    if (error instanceof TimeoutError) abandon(opened, error)
  } finally {
    stopListening()
    askDurability(run, opened, durability)
    await close(run, opened, left)
    run.phase('done', opened.delivery)
  }
  if (misuse !== undefined) {
    await endJournal(run)
    throw misuse
  }
  const counts = opened.inputs?.columnCounts() ?? []
  const result = loadResult(run, {
    inputs: opened.inputs?.summaries() ?? [],
    bytesError: opened.inputs?.bytesError,
    ...(durability && { stored: await durability.result(hasConfirmed(run)) }),
    columns: columns.map(({ name, type }, i) => ({
      name,
      type: columnTypeText(type),
      nulls: counts[i]?.nulls ?? 0,
      coerced: counts[i]?.coerced ?? 0,
    })),
  })
  await endJournal(run, result)
  return result
}

function hasConfirmed({ counts: { rows } }: Run): boolean {
  return rows.confirmed + rows.skipped > 0
}

/** Of what is nowhere nothing is asked, nor by a run that is to leave at once. */
function askDurability(run: Run, { control }: Opened, durability: Durability | undefined): void {
  if (control !== undefined && hasConfirmed(run) && !run.isLeaving) durability?.ask(control)
}
