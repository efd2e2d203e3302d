/*
  Whether a run that goes on finds its target as it left it.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { Run } from '../run.js'
import { targetChanged } from './changed-run.js'
import { askIdentity, whatChanged, type TargetIdentity } from './target-identity.js'

/**
 * @returns what the target is, and was before the first row of the run; undefined without a journal
 * @throws {DdbError} DDB_TARGET_CHANGED when confirmed rows cannot be in it any more
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkTarget(
  { journal, plan }: Run,
  control: Session,
  description: TargetDescription,
): Promise<TargetIdentity | undefined> {
  if (journal === undefined) return undefined
  const now = await askIdentity(control, plan, description)
  const { found } = journal
  const before = found.target
  if (before === undefined) return now
  const { confirmed } = found.rows()
  const forgotten = 'the server was restarted, and rows in memory went with it'
  const change = found.isForgotten && now.inMemory ? forgotten : whatChanged(before, now, confirmed)
  if (change !== undefined) throw targetChanged(found, change)
  return { ...now, rows: before.rows }
}

/** What a missing target means to a run that has written into it. */
export function asTargetChanged({ journal }: Run, error: unknown): unknown {
  const isMissing = error instanceof ServerError && error.code === 'DDB_TARGET'
  if (!isMissing || journal === undefined || journal.found.rows().confirmed === 0) return error
  return targetChanged(journal.found, error.message)
}
