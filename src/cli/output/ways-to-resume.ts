/*
  Lists the commands for a run that a plain `resume` does not continue safely: an input has changed, the outcome of some
  rows stays unknown, or a new process would store rows again. Only the user can decide which command is right.
*/
import type { KnownRun } from '../../load/journal/known-runs.js'
import type { ConfirmUsed, LoadResult } from '../../load/options.js'
import { mayKnowBatches } from '../../load/transport/confirmations.js'

/** A command, and the case in which to use it. */
export interface Way {
  readonly when: string
  readonly command: string
}

/** True if the run ended without an error, but the server's answers about some rows were lost. */
export function isLeftUnanswered({
  status,
  error,
  used,
}: Pick<LoadResult, 'status'> & {
  readonly error?: { readonly code: string } | null
  readonly used: ConfirmUsed | undefined
}): boolean {
  return status === 'unconfirmed' && (error ?? null) === null && used === 'answers'
}

/**
 * @param changed  inputs that have changed @param resume  the command that resumes the run
 * @param clean  the command that abandons the run
 * @returns one command for each possible case if only the user can know the case; none if `resume` is always right
 */
export function waysToResume(
  { journal, run: { options } }: Pick<KnownRun, 'journal' | 'run'>,
  changed: readonly string[],
  resume: string,
  clean: string,
): Way[] {
  const { end, used, isUntouched } = journal
  const giveUp = {
    when: 'to give the run up, and keep the rows that it has stored',
    command: clean,
  }
  const isChanged = changed.length > 0 || end?.error?.code === 'DDB_RUN_CHANGED'
  if (isChanged && !isUntouched) {
    const files = changed.length === 1 ? `"${changed[0]}"` : 'the inputs of the run'
    return [
      { when: `after restoring ${files} with the same modification time (cp -p)`, command: resume },
      {
        when: 'to load all rows again; first remove the rows of the run from the table, unless new rows replace them by key',
        command: `${resume} --restart`,
      },
      giveUp,
    ]
  }
  const code = end?.error?.code
  if (code === 'DDB_TARGET_CHANGED' || code === 'DDB_UNPROVEN') {
    return [
      { when: 'after the rows of the run are in the table again', command: resume },
      {
        when: 'to load all rows again, if the table has none of them',
        command: `${resume} --restart`,
      },
      giveUp,
    ]
  }
  if (isUntouched) return []
  const { mode, confirm } = options.delivery ?? {}
  // A killed process may not have recorded how it confirmed rows.
  if (!mayKnowBatches(used ?? (mode === 'sync' ? undefined : confirm))) {
    const when = 'to load all rows again; first remove the rows of the run from the table'
    return [{ when, command: resume }, giveUp]
  }
  if (end === undefined || !isLeftUnanswered({ ...end, used })) return []
  return [
    {
      when: 'if none of the rows of unknown outcome is in the table',
      command: `${resume} --on-doubt resend`,
    },
    { when: 'if all rows of unknown outcome are in the table', command: clean },
  ]
}
