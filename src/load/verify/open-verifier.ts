/*
  Prepares a run to read its rows back: makes the plan before the first row, and passes every batch to the verifier.
*/
import type { Session } from '../../client/open-session.js'
import { UsageError } from '../../errors.js'
import { traitsOf } from '../transport/confirmations.js'
import type { RetryRules } from '../connection/retry.js'
import { askCount } from '../connection/server-queries.js'
import type { Batch } from '../../parse/batch.js'
import type { Delivery } from '../transport/delivery.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { newRowReader } from './row-reader.js'
import { newVerifier, type Verifier } from './verifier.js'
import { planVerification } from './verify-plan.js'

/**
 * @returns undefined if no rows have to be read back
 * @throws {UsageError} DDB_USAGE if rows cannot be found again, or the user may not read them
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function openVerifier(
  run: Run,
  rules: RetryRules,
  { columns }: TargetDescription,
  control: Session,
): Promise<Verifier | undefined> {
  const { verify: how, confirmTimeoutMs: timeoutMs } = run.plan
  if (how === undefined) return undefined
  const plan = await planVerification(run, control, columns)
  const rowsBefore =
    plan.by === 'key' ? 0 : await askCount({ session: control, timeoutMs }, plan.table)
  return newVerifier({ run, how, plan, reader: newRowReader(run, rules, plan), rules, rowsBefore })
}

/** @throws {UsageError} DDB_USAGE if the run does not learn the outcome of single batches */
export function withVerifier(delivery: Delivery, verifier: Verifier | undefined): Delivery {
  if (verifier === undefined) return delivery
  if (!traitsOf(delivery.used).knowsBatches) throw noConfirmation()
  return {
    used: delivery.used,
    get verified() {
      return verifier.result()
    },
    get failure() {
      return delivery.failure
    },
    get inFlightBytes() {
      return delivery.inFlightBytes + verifier.heldBytes
    },
    deliver(batch, sentBefore, lanes) {
      const batches = lanes === undefined ? [batch] : lanes.lanes.map(lane => lane.batch)
      for (const each of batches) verifier.sending(each)
      const deliver = (): void | Promise<void> => delivery.deliver(batch, sentBefore, lanes)
      const sent = handedOver(deliver, batches, verifier)
      return sent === undefined ? verifier.room() : sent.then(() => verifier.room())
    },
    ...(delivery.connections && { connections: delivery.connections }),
    ...(delivery.checkOwner && { checkOwner: () => delivery.checkOwner!() }),
    finish: () => delivery.finish(),
    leave(reason) {
      verifier.leave(reason)
      delivery.leave(reason)
    },
    async close() {
      await delivery.close()
      await verifier.close()
    },
  }
}

function handedOver<T>(deliver: () => T, batches: readonly Batch[], verifier: Verifier): T {
  try {
    return deliver()
  } catch (error) {
    for (const batch of batches) verifier.released(batch)
    throw error
  }
}

export function noConfirmation(): UsageError {
  return new UsageError(
    'DDB_USAGE',
    '`delivery.verify` reads back what receipts or answers say is stored, and this run has neither: use `delivery.mode` sync',
  )
}
