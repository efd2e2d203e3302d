/*
  A run with a journal as one plain object: `runs --json` prints the object, and `runs` makes its text from it.
*/
import { inputProgress, type UncertainRange } from '../../load/journal/input-progress.js'
import type { KnownRun, RunState } from '../../load/journal/known-runs.js'
import type { ConfirmUsed, LoadResult, RowCounts } from '../../load/options.js'
import type { Way } from './ways-to-resume.js'

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
    readonly ways: readonly Way[]
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
export function reportOf(known: KnownRun, command: string, ways: readonly Way[]): RunReport {
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
