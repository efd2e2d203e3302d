/*
  What refusals and short answers of this run's target mean, asked of the server before the first batch.
*/
import type { Session } from '../../client/session.js'
import type { TargetDescription } from '../describe-target.js'
import { askAtomic } from '../connection/server-queries.js'
import { newFates, type Fates } from './outcome.js'
import type { RetryRules } from '../connection/retry.js'
import type { Run } from '../run.js'

/** Asks the control session, and only here: no question is asked while batches are out. */
export async function fatesOf(
  run: Run,
  target: TargetDescription,
  control: Session,
  rules: RetryRules,
): Promise<Fates> {
  const { target: asked } = run.plan
  return newFates({
    run,
    target,
    allOrNothing: await isAllOrNothing(run, control),
    keyed: target.keyed || (asked.kind === 'table' && asked.method === 'upsert'),
    rules,
  })
}

/** Whether a refused batch is known to have left nothing behind (design: receipts §6). */
async function isAllOrNothing({ plan }: Run, control: Session): Promise<boolean> {
  if (plan.target.kind === 'function') return false
  const { table } = plan.target
  const asking = { session: control, timeoutMs: plan.confirmTimeoutMs }
  return table.kind === 'shared' || (await askAtomic(asking, table.database)) === 'TRANS'
}
