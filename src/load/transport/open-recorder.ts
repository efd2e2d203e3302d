/*
  Determines what a run may conclude if the server refuses rows or takes fewer rows than were sent. That depends on the
  target. The queries are sent before the first batch, because none may be sent while a batch is in flight.
*/
import type { Session } from '../../client/open-session.js'
import { askAtomic } from '../connection/server-queries.js'
import type { Evidence } from '../evidence/evidence.js'
import { Recorder } from '../outcomes/recorder.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'

/** @throws {ConnectionError} @throws {TimeoutError} */
export async function openRecorder(
  run: Run,
  description: TargetDescription,
  control: Session,
  evidence: Evidence | undefined,
): Promise<Recorder> {
  const { target, retries } = run.checked
  const isFunction = target.kind === 'function'
  const recorded = {
    description,
    kind: target.kind,
    retries,
    upserts: !isFunction && target.method === 'upsert',
    allOrNothing: await isAllOrNothing(run, control),
    keyed: !isFunction && (description.keyed || target.method === 'upsert'),
    inMemory: isFunction || target.table.kind === 'shared',
    ...(evidence === undefined ? {} : { evidence }),
  }
  return new Recorder(run, recorded)
}

/** Whether a refused batch never leaves rows in the table (docs/server-semantics.md#what-receipts-rely-on). */
async function isAllOrNothing({ checked }: Run, control: Session): Promise<boolean> {
  if (checked.target.kind === 'function') return false
  const { table } = checked.target
  const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
  return table.kind === 'shared' || (await askAtomic(asking, table.database)) === 'TRANS'
}
