/*
  From the reader to the delivery, batch by batch: below the rate that was asked for, until the inputs end or the run is
  stopped.
*/
import type { Batch } from '../parse/input-reader.js'
import type { Delivery } from './delivery/delivery.js'
import type { TargetDescription } from './describe-target.js'
import type { Inputs } from './inputs.js'
import { newRateLimiter, type RateLimiter } from './rate-limit.js'
import { finalLimitFailure } from './rejects/reject-limit.js'
import type { Run } from './run.js'

/** Resolves when the last batch is handed over; failures end the run in order and are not thrown. */
export async function pump(
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
