/*
  One run from options to result: connect, ask what the target is, read batches, deliver them, confirm, report.
*/
import type { Session } from '../client/session.js'
import { ConnectionError, DdbError, UsageError } from '../errors.js'
import type { Batch } from '../parse/reader.js'
import type { Platform } from '../platform/platform.js'
import { systemPlatform } from '../platform/system.js'
import { columnTypeText } from '../protocol/data-type.js'
import type { TargetColumn } from '../schema/target-schema.js'
import { connectServer, sessionLimits } from './connection/connect.js'
import { describeTarget, type TargetDescription } from './describe-target.js'
import { openDelivery } from './delivery/open-delivery.js'
import type { Delivery } from './delivery/delivery.js'
import { openInputs, type Inputs } from './inputs.js'
import type { LoadOptions, LoadResult } from './options.js'
import { makePlan } from './plan.js'
import { newRateLimiter, type RateLimiter } from './rate-limit.js'
import { maxRedirects, redirected, redirectOf } from './connection/redirect.js'
import { loadResult } from './result.js'
import { retryRules, withRetries } from './connection/retry.js'
import { finalLimitFailure, newRun, type Run } from './run.js'

/**
 * Loads the inputs into the target and finds out what became of every row.
 *
 * @returns the outcome, failures of the run included (`error`, `exitCode`); it rejects only for options that cannot be
 * @throws {UsageError} DDB_USAGE, DDB_NAME
 */
export function load(options: LoadOptions): Promise<LoadResult> {
  return loadOn(systemPlatform, options)
}

/** As `load`, on the platform given. */
export async function loadOn(platform: Platform, options: LoadOptions): Promise<LoadResult> {
  const plan = makePlan(options, platform.random)
  const run = newRun(options, plan, platform)
  let columns: readonly TargetColumn[] = []
  const opened: { inputs?: Inputs; control?: Session; delivery?: Delivery } = {}
  const stopListening = onAbort(options.signal, () => {
    run.fail(new DdbError('DDB_INTERRUPTED', 'the run was interrupted'))
    // A read that waits for more input has to end, too.
    void opened.inputs?.close()
  })
  try {
    opened.inputs = await openInputs(platform, options, plan)
    const [control, target] = await findTarget(run, opened)
    columns = target.columns
    opened.delivery = await openDelivery(run, target, control)
    await pump(run, opened.inputs, target, opened.delivery)
  } catch (error) {
    if (error instanceof UsageError && opened.control === undefined) throw error
    run.fail(error)
  } finally {
    stopListening()
    await closeAll(run, opened)
    run.phase('done', opened.delivery)
  }
  const counts = opened.inputs?.columnCounts() ?? []
  return loadResult(run, {
    inputs: opened.inputs?.summaries() ?? [],
    columns: columns.map(({ name, type }, i) => ({
      name,
      type: columnTypeText(type),
      nulls: counts[i]?.nulls ?? 0,
      coerced: counts[i]?.coerced ?? 0,
    })),
  })
}

/** Connects and asks what the target is, of the node that the cluster sends us to. */
async function findTarget(
  run: Run,
  opened: { control?: Session },
): Promise<[Session, TargetDescription]> {
  for (let followed = 0; ; followed++) {
    const control = await firstConnection(run)
    opened.control = control
    try {
      return [control, await describeTarget(control, run.plan, run.options)]
    } catch (error) {
      const to = redirectOf(error)
      if (to === undefined || followed === maxRedirects) throw error
      run.server = redirected(run.server, to)
      await control.close()
    }
  }
}

/** A server that is just starting is waited for by the retry rules. */
function firstConnection(run: Run): Promise<Session> {
  const { options, plan } = run
  let told = false
  return withRetries(
    retryRules(plan, run.platform),
    () => connectServer(run.platform, run.server, options.signal, sessionLimits(plan)),
    error => {
      const again = error instanceof ConnectionError && !run.stopped
      if (again && !told) run.notice(`${error.message} Trying again.`)
      told = true
      return again
    },
  )
}

function onAbort(signal: AbortSignal | undefined, listener: () => void): () => void {
  if (signal?.aborted) listener()
  signal?.addEventListener('abort', listener, { once: true })
  return () => signal?.removeEventListener('abort', listener)
}

/** Reads and delivers until the inputs end or the run is stopped; then waits for every batch's fate. */
async function pump(
  run: Run,
  inputs: Inputs,
  target: TargetDescription,
  delivery: Delivery,
): Promise<void> {
  run.phase('loading', delivery)
  const limiter = newRateLimiter(run.plan.rateLimit, run.platform.clock)
  try {
    for await (const batch of inputs.batches(run, target)) {
      if (run.stopped) run.tally.unsent += batch.rowCount
      else await hand(run, batch, delivery, limiter)
      run.report()
    }
  } catch (error) {
    run.fail(error)
  }
  const limit = finalLimitFailure(run)
  if (limit !== undefined) run.fail(limit)
  run.phase('confirming', delivery)
  await delivery.finish()
}

async function hand(
  run: Run,
  batch: Batch,
  delivery: Delivery,
  limiter: RateLimiter,
): Promise<void> {
  const { tally } = run
  const sentBefore = tally.sent
  try {
    run.rejects.flush()
    await limiter.pass(batch.rowCount, batch.encodedBytes)
    const wait = delivery.deliver(batch)
    if (wait !== undefined) await wait
  } catch (error) {
    if (tally.sent === sentBefore) tally.unsent += batch.rowCount
    run.fail(error)
  }
}

async function closeAll(
  run: Run,
  opened: { inputs?: Inputs; control?: Session; delivery?: Delivery },
): Promise<void> {
  const closings: (() => Promise<void> | void)[] = [
    () => opened.inputs?.close(),
    () => opened.delivery?.close(),
    () => opened.control?.close(),
    () => run.rejects.close(),
  ]
  for (const close of closings) {
    try {
      await close()
    } catch (error) {
      run.fail(error)
    }
  }
}
