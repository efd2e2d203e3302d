/*
  Moves batches from the reader to the delivery, within the rate limit, until the inputs end or the run is stopped.
*/
import type { DdbError } from '../errors.js'
import type { Batch } from '../parse/batch.js'
import type { TargetDescription } from './target/describe-target.js'
import { rowsOf, type SentBatch } from './journal/recorded-run.js'
import type { Inputs } from './inputs/input-reading.js'
import { fixedSizes } from './outcomes/turns.js'
import { earlierLimitFailure, limitFailure } from './rejects/reject.js'
import { newOddValues } from './odd-values.js'
import type { Run } from './run.js'
import type { Clock } from '../platform/platform.js'
import { wait } from '../platform/clocks.js'
import type { RateLimit } from './checked-options.js'

/**
 * Resolves once the last batch is handed over. Failures end the run cleanly and are not thrown.
 * @returns true if rejects of an earlier process end the run. Rows that were read but not sent must then be counted at
 *   the end of the run, because the rejects may lie before or after them
 */
export async function pump(run: Run, inputs: Inputs, target: TargetDescription): Promise<boolean> {
  run.reporter.tell(run.watch === undefined ? 'loading' : 'checking')
  const earlierLimit = earlierLimitFailure(run, run.history.found.rejects)
  // A program's rows are read once, so no process has to find them again.
  if (run.rows === undefined) run.cutSizes = fixedSizes(run, target.columns)
  const pass = newRateLimiter(run.checked.rateLimit, run.platform.clock)
  const { reporter, options } = run
  const odd = newOddValues(target.columns, options.cells?.dateFormats ?? {}, reporter.notice)
  try {
    for await (const batch of inputs.batches(target)) {
      odd.look(batch)
      if (run.ending.isLeaving) break
      const known = run.history.resumption.knownOf(batch)
      // Once there are too many rejects, only batches that an earlier process sent may still be confirmed.
      if (known === undefined || hasUnsent(known)) failIfSet(run, earlierLimit)
      // All records may be bad. Reading may also have stopped within a batch that an earlier process sent.
      const isBroken = batch.endedBy === 'broken'
      const isNone = batch.rowCount === 0 || (known !== undefined && isBroken)
      // No other shard would find the end of this batch.
      const isLeft = isBroken && run.shared !== undefined
      if (isNone) batch.release()
      else if (!run.ending.stopped && !isLeft) {
        await hand(run, batch, known, pass)
      } else if (known === undefined && earlierLimit === undefined) {
        run.state.rows.unsent += batch.rowCount
      }
      run.reporter.report()
    }
  } catch (error) {
    run.ending.fail(error)
  }
  odd.end()
  if (!run.ending.isLeaving) failIfSet(run, earlierLimit ?? limitFailure(run))
  return earlierLimit !== undefined
}

function hasUnsent({ pieces }: SentBatch): boolean {
  return [...pieces.values()].some(ended => ended.unsent > 0 && ended.unsent === rowsOf(ended))
}

function failIfSet(run: Run, failure: DdbError | undefined): void {
  if (failure !== undefined) run.ending.fail(failure)
}

async function hand(
  run: Run,
  batch: Batch,
  known: SentBatch | undefined,
  pass: ReturnType<typeof newRateLimiter>,
): Promise<void> {
  const delivery = run.delivery!
  let handedOver = false
  try {
    run.rejects.flush()
    const passing = pass(batch.rowCount, batch.encodedBytes)
    if (passing !== undefined) await passing
    if (run.ending.hasSlept()) await delivery.checkOwner?.()
    if (run.ending.isLeaving) return
    if (!run.ending.maySend()) throw run.ending.failure!
    const wait = delivery.deliver(batch, known)
    handedOver = true
    if (wait !== undefined) await wait
  } catch (error) {
    if (!handedOver && known === undefined) run.state.rows.unsent += batch.rowCount
    run.ending.fail(error)
  }
}

/**
 * Time counts from this call, so the first batch waits, too. A pause of the caller shortens only the next wait.
 * @param limit  Infinity for no limit
 */
export function newRateLimiter(limit: RateLimit, clock: Clock) {
  let passedAtMs = clock.nowMs()
  return (rows: number, bytes: number): Promise<void> | undefined => {
    const { rowsPerSecond, bytesPerSecond } = limit
    const costMs = 1000 * Math.max(rows / rowsPerSecond, bytes / bytesPerSecond)
    if (costMs === 0) return undefined
    const nowMs = clock.nowMs()
    passedAtMs = Math.max(passedAtMs + costMs, nowMs)
    return passedAtMs > nowMs ? wait(clock, passedAtMs - nowMs) : undefined
  }
}
