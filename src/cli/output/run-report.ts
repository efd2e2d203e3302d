/*
  A run with a journal as one plain object: `runs --json` prints the object, and `runs` makes its text from it.
*/
import { inputProgress, type UncertainRange } from '../../load/journal/input-progress.js'
import type { KnownRun, RunState } from '../../load/journal/known-runs.js'
import type { ConfirmUsed, LoadResult, RowCounts } from '../../load/options.js'
import { mayKnowBatches } from '../../load/transport/confirmations.js'

/** Every field is always present; unknown values are null. */
export interface RunReport {
  readonly runId: string
  readonly state: RunState
  /** When the first process started, and the last recorded end of a process (null if none); ISO 8601, in UTC. */
  readonly startedAt: string
  readonly endedAt: string | null
  /** The exit code of the last process that recorded its end. */
  readonly exitCode: number | null
  readonly target: {
    readonly host: string
    readonly table: string | null
    readonly function: string | null
  }
  readonly confirmUsed: ConfirmUsed | null
  /** Rows of all processes together, so no row counts as skipped. */
  readonly rows: Omit<RowCounts, 'skipped'>
  readonly inputs: readonly InputReport[]
  readonly processes: readonly {
    readonly startedAt: string
    readonly endedAt: string | null
    readonly status: LoadResult['status'] | null
    readonly exitCode: number | null
    /** Why the process failed; null if it recorded no failure. */
    readonly error: { readonly code: string; readonly message: string } | null
  }[]
  /** The process that works on the run now. */
  readonly holder: { readonly pid: number; readonly since: string } | null
  readonly rejects: { readonly files: readonly { readonly path: string; readonly rows: number }[] }
  readonly journal: { readonly path: string; readonly tornBytes: number }
  /** The base of relative paths; null if unknown. */
  readonly folder: string | null
  /** If `ways` is not empty, `command` alone cannot resume the run. */
  readonly resume: {
    readonly possible: boolean
    readonly command: string | null
    readonly ways: readonly ResumeChoice[]
  }
}

/** Progress in one input; bytes count the content, decompressed and as UTF-8. */
export interface InputReport {
  readonly path: string
  /** Stored size, perhaps compressed. */
  readonly sizeBytes: number
  /** The position before which no rows are left to send, and no outcome is left to ask for. */
  readonly settled: {
    readonly offsetBytes: number
    readonly lineNumber: number
    readonly rows: number
  }
  readonly isDone: boolean
  readonly rejected: number
  readonly uncertain: readonly UncertainRange[]
}

/** @param command  resumes the run @param ways  what to do if `command` alone cannot resume the run */
export function reportOf(
  known: KnownRun,
  command: string,
  ways: readonly ResumeChoice[],
): RunReport {
  const { run, journal, state, processes, holder } = known
  const { server, target } = run.options
  const lastEnd = processes.findLast(({ end }) => end !== undefined)?.end
  const rows = rowsOf(known)
  // Resuming would fail again, because the journal keeps the refused options.
  const isMisuse = lastEnd?.error?.code === 'DDB_USAGE' && journal.isUntouched
  const possible = state !== 'running' && state !== 'finished' && ways.length === 0 && !isMisuse
  return {
    runId: known.runId,
    state,
    startedAt: run.startedAt,
    endedAt: lastEnd?.at ?? null,
    exitCode: lastEnd?.exitCode ?? null,
    target: {
      host: `${server.host}:${server.port}`,
      table: target.table ?? null,
      function: target.function ?? null,
    },
    confirmUsed: journal.used ?? null,
    rows,
    inputs: journal.inputs.map((input, index) => {
      const { settled, isDone, uncertain } = inputProgress(input, index)
      const { offsetBytes, lineNumber, records } = settled
      const { path, fingerprint } = input
      const upTo = { offsetBytes, lineNumber, rows: records }
      const rejected = journal.rejects?.byInput[path]?.rejected ?? 0
      return { path, sizeBytes: fingerprint.sizeBytes, settled: upTo, isDone, rejected, uncertain }
    }),
    processes: processes.map(({ startedAt, end }) => ({
      startedAt,
      endedAt: end?.at ?? null,
      status: end?.status ?? null,
      exitCode: end?.exitCode ?? null,
      error: end?.error ?? null,
    })),
    holder: holder ?? null,
    rejects: { files: journal.rejects?.files.map(({ path, rows }) => ({ path, rows })) ?? [] },
    journal: { path: known.path, tornBytes: known.tornBytes },
    folder: run.folder === '' ? null : run.folder,
    resume: { possible, command: possible ? command : null, ways },
  }
}

/** Prefers the counts in the record of the run's end, which include rows that were read but are in no batch. */
function rowsOf({ journal }: KnownRun): RunReport['rows'] {
  if (journal.end !== undefined) {
    const { skipped, confirmed, ...others } = journal.end.rows
    return { ...others, confirmed: confirmed + skipped }
  }
  const { confirmed, filtered, unconfirmed, rejected, unsent } = journal.rows()
  const read = confirmed + filtered + unconfirmed + rejected + unsent
  return { read, confirmed, filtered, unconfirmed, rejected, unsent }
}

/** A command, and the case in which to use it. */
interface ResumeChoice {
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
): ResumeChoice[] {
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
