/*
  One run from options to result: connect, ask what the target is, read batches, deliver them, confirm, report.
*/
import type { Session } from '../client/open-session.js'
import { ConnectionError, DdbError, TimeoutError, UsageError } from '../errors.js'
import type { Batch } from '../parse/input-reader.js'
import type { Platform } from '../platform/platform.js'
import { systemPlatform } from '../platform/system.js'
import { columnTypeText } from '../protocol/data-type.js'
import type { TargetColumn } from '../schema/target-schema.js'
import { closeTimeoutMs, connectDeadlineMs, connectServer } from './connection/connect.js'
import { maxRedirects, redirectOf } from './connection/redirect.js'
import { retryRules, tryUntil } from './connection/retry.js'
import type { Delivery } from './delivery/delivery.js'
import { openDelivery } from './delivery/open-delivery.js'
import { describeTarget, type TargetDescription } from './describe-target.js'
import { openInputs, type Inputs } from './inputs.js'
import type { LoadOptions, LoadResult } from './options.js'
import { makePlan } from './plan.js'
import { newRateLimiter, type RateLimiter } from './rate-limit.js'
import { finalLimitFailure } from './rejects/reject-limit.js'
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

/** What a run holds of its machine and of the server. */
interface Opened {
  inputs?: Inputs
  control?: Session
  delivery?: Delivery
}

/** As `load`, on the platform given. */
export async function loadOn(platform: Platform, options: LoadOptions): Promise<LoadResult> {
  const plan = makePlan(options, platform.random)
  const run = newRun(options, plan, platform)
  let columns: readonly TargetColumn[] = []
  const opened: Opened = {}
  const stopListening = onAbort(options.signal, () => {
    run.fail(interrupted())
    // A read that waits for more input has to end, too.
    void opened.inputs?.close()
  })
  const left = leaving(run, opened)
  try {
    opened.inputs = await openInputs(platform, options, plan)
    const [control, target] = await findTarget(run, opened)
    columns = target.columns
    opened.delivery = await openDelivery(run, target, control)
    // An input that cannot be interrupted must not keep the run from leaving.
    await Promise.race([pump(run, opened.inputs, target, opened.delivery), left])
    run.phase('confirming', opened.delivery)
    await opened.delivery.finish()
  } catch (error) {
    if (error instanceof UsageError && opened.control === undefined) throw error
    run.fail(error)
    // Whoever does not answer a question does not say goodbye either.
    if (error instanceof TimeoutError) abandon(opened, error)
  } finally {
    stopListening()
    const closing = platform.clock.after(closeTimeoutMs(plan), () => abandon(opened, notClosing()))
    await Promise.race([closeAll(run, opened), left])
    closing.cancel()
    // Rows on their way from the reader to the delivery: no session was given them.
    if (run.isLeaving) run.counts.restIsUnsent()
    closeRejects(run)
    run.phase('done', opened.delivery)
  }
  const counts = opened.inputs?.columnCounts() ?? []
  return loadResult(run, {
    inputs: opened.inputs?.summaries() ?? [],
    bytesError: opened.inputs?.bytesError,
    columns: columns.map(({ name, type }, i) => ({
      name,
      type: columnTypeText(type),
      nulls: counts[i]?.nulls ?? 0,
      coerced: counts[i]?.coerced ?? 0,
    })),
  })
}

/** Ends the connections at once. */
function abandon({ delivery, control }: Opened, cause: DdbError): void {
  const reason = new ConnectionError('DDB_CONNECTION_LOST', cause.message, { cause })
  delivery?.leave(reason)
  control?.abandon(reason)
}

/** Resolves once the run has been told to leave and has ended what it waits for on the network. */
function leaving(run: Run, opened: Opened): Promise<void> {
  return new Promise(resolve => {
    onAbort(run.leaving, () => {
      const reason = interrupted()
      run.fail(reason)
      void opened.inputs?.close()
      abandon(opened, reason)
      resolve()
    })
  })
}

function notClosing(): DdbError {
  return new DdbError('DDB_CONNECTION_LOST', 'the server did not close its connections in time')
}

function interrupted(): DdbError {
  return new DdbError('DDB_INTERRUPTED', 'the run was interrupted')
}

/** Connects and asks what the target is, of the node that the cluster sends us to. */
async function findTarget(run: Run, opened: Opened): Promise<[Session, TargetDescription]> {
  const deadlineMs = connectDeadlineMs(run.platform, run.server)
  for (let followed = 0; ; followed++) {
    const control = await firstConnection(run, deadlineMs)
    opened.control = control
    try {
      return [control, await describeTarget(control, run.plan, run.options)]
    } catch (error) {
      const to = redirectOf(error)
      if (to === undefined || followed === maxRedirects) throw error
      run.follow(to)
      await control.close()
    }
  }
}

/** A server that is just starting is waited for, in the time there is for connecting. */
function firstConnection(run: Run, deadlineMs: number): Promise<Session> {
  const { options, plan, platform, leaving } = run
  const rules = retryRules(run)
  // There is nothing yet that could end in order: the first signal ends the pause, too.
  const ended = options.signal === undefined ? leaving : AbortSignal.any([leaving, options.signal])
  let told = false
  return tryUntil(
    deadlineMs,
    { ...rules, ended },
    () =>
      connectServer(platform, run.server, {
        deadlineMs,
        signal: options.signal,
        closeTimeoutMs: closeTimeoutMs(plan),
      }),
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

/** Reads and delivers until the inputs end or the run is stopped. */
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
      if (run.isLeaving) return
      if (run.stopped) run.counts.unsent(batch.rowCount)
      else await hand(run, batch, delivery, limiter)
      run.report()
    }
  } catch (error) {
    run.fail(error)
  }
  const limit = finalLimitFailure(run)
  if (limit !== undefined) run.fail(limit)
}

async function hand(
  run: Run,
  batch: Batch,
  delivery: Delivery,
  limiter: RateLimiter,
): Promise<void> {
  let handedOver = false
  try {
    run.rejects.flush()
    await limiter.pass(batch.rowCount, batch.encodedBytes)
    if (run.isLeaving) return
    const wait = delivery.deliver(batch)
    handedOver = true
    if (wait !== undefined) await wait
  } catch (error) {
    if (!handedOver) run.counts.unsent(batch.rowCount)
    run.fail(error)
  }
}

async function closeAll(run: Run, opened: Opened): Promise<void> {
  const closings: (() => Promise<void> | void)[] = [
    () => opened.inputs?.close(),
    () => opened.delivery?.close(),
    () => opened.control?.close(),
  ]
  for (const close of closings) {
    try {
      await close()
    } catch (error) {
      run.fail(error)
    }
  }
}

/** Also when the run leaves: how many rejects are in their files is known once they are closed. */
function closeRejects(run: Run): void {
  try {
    run.rejects.close()
  } catch (error) {
    run.fail(error)
  }
}
