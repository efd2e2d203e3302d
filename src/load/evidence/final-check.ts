/*
  Checks the target for the last time at the end of a run, and records that the run has finished. If the process is
  killed before it records this, a later process records it.
*/
import type { Session } from '../../client/open-session.js'
import { chunkText } from '../journal/target-identity.js'
import { runDigest } from '../journal/portable-options.js'
import { targetChanged } from '../journal/changed-run.js'
import { registerFinished } from '../register/register.js'
import { isUnfinished, type Run } from '../run.js'
import type { Evidence, Look } from './evidence.js'

function claimsRows({ state }: Run): boolean {
  return state.rows.confirmed + state.rows.skipped > 0
}

/**
 * Checks whether the run's confirmed rows can still be in the table.
 * @param session  a session to the node that the run uses
 * @param evidence  undefined if there is nothing to check
 * @param takeBack  makes confirmed rows unconfirmed
 * @throws {ConnectionError} @throws {TimeoutError} @throws {ServerError}
 */
export async function checkAtEnd(
  run: Run,
  session: Session,
  evidence: Evidence | undefined,
  takeBack: (change: string) => void,
): Promise<Look | undefined> {
  if (evidence === undefined || !claimsRows(run)) return undefined
  const look = await evidence.look(session)
  if (look.change !== undefined) takeBack(look.change)
  return look
}

/** How often a run that follows its inputs looks at the target. */
const lookEveryMs = 10_000

/**
 * A run that follows its inputs may not end for months. So it looks at the target now and then.
 * @returns a function to call whenever rows were accepted. It fails the run if the target is another table by now. If only
 *   rows are missing, as after their retention, it says so and looks for newer rows from then on
 */
export function followedLook(
  run: Run,
  evidence: Evidence | undefined,
  takeBack: (change: string) => void,
): (session: Session) => Promise<void> {
  const { clock } = run.platform
  let lookedAtMs = clock.nowMs()
  return async session => {
    const isDue = run.options.input?.follow === true && clock.nowMs() - lookedAtMs >= lookEveryMs
    if (evidence === undefined || !isDue) return
    const { change, isRemoval } = await evidence.look(session, 0)
    lookedAtMs = clock.nowMs()
    if (change === undefined || isRemoval) {
      if (isRemoval) run.reporter.notice(`${evidence.identity.name}: ${change}. The run goes on`)
      // The values of rows that a function made are known of the first rows only.
      if (isRemoval || run.checked.target.kind === 'table') evidence.samples.clear()
    } else {
      takeBack(change)
      run.ending.fail(targetChanged({ run: run.checked, target: evidence.identity }, change))
    }
  }
}

/**
 * Records on the server and in the journal that a run has finished. A later process can then check whether the rows
 * are still in the table.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function noteFinished(
  run: Run,
  session: Session,
  evidence: Evidence | undefined,
  rows: number | null,
  timeoutMs: number,
): Promise<void> {
  const { journal } = run.history
  if (journal === undefined || evidence === undefined || isUnfinished(run)) return
  // Writes the journal before the server's record: if the process is killed in between, the journal has all rows.
  journal.commit()
  const processNo = Math.max(journal.owner, journal.past.owner)
  const { state, options, checked } = run
  const { name } = run.history
  const finished = {
    ...{ rows, begunMs: journal.begunMs },
    digest: runDigest(options, checked, run.history.now.inputs),
    chunk: chunkText(evidence.identity),
    stored: state.rows.confirmed + state.rows.skipped,
  }
  const isMarked = await registerFinished(session, name, processNo, finished, timeoutMs)
  run.note(evidence.sampled())
  const server = `${session.host}:${session.port}`
  run.note({ finished: { isMarked, server } })
}
