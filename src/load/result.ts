/*
  The outcome of a run as one plain object, and the exit code that follows from it (docs/errors.md#exit-codes).
*/
import { hideInData } from '../client/login/hide-password.js'
import { DdbError } from '../errors.js'
import { version } from '../version.js'
import type { InputSummary } from './inputs/input-reading.js'
import type { InputTotals, LoadOptions, LoadResult, LoadStatus, SourceNotes } from './options.js'
import { lookScript } from './evidence/look-script.js'
import { isUnfinished, type Run } from './run.js'
import { traitsOf } from './transport/confirmations.js'
import { summaryNote, uncertainLines } from './outcomes/projections.js'
import { connectionFigures } from './outcomes/by-connection.js'
import { equationError, rowsText, unsentError } from './outcomes/row-counts.js'
import { noSourceNotes } from './inputs/expand-inputs.js'
import { tableText } from './target/target.js'

export interface ResultParts {
  inputs: readonly InputSummary[]
  /** Undefined if no input was opened. */
  inputTotals?: InputTotals | undefined
  /** 1 when left out. */
  sources?: SourceNotes | undefined
  columns: LoadResult['columns']
  /** Left out if the run did not reach its target. */
  /** Set if the byte counts of an input do not add up. */
  bytesError: DdbError | undefined
  /** True if earlier processes had finished the run, so that this one neither read nor sent rows. */
  alreadyLoaded?: boolean
}

/** If rows or bytes do not add up, the run fails (DDB_INTERNAL), whatever else happened. */
export function loadResult(run: Run, parts: ResultParts): LoadResult {
  const { checked, state, options, delivery } = run
  const hide = run.reporter.secrets.hideInSentence
  const say = (sentence: string): string => hide(run.reporter.words(sentence))
  const rows = { ...state.rows }
  const note = summaryNote(state)
  const error =
    equationError(rows) ??
    run.rejects.equationError(rows.rejected) ??
    parts.bytesError ??
    run.ending.failure ??
    (run.watch === undefined ? unsentError(rows) : undefined) ??
    unmetExpectation(run)
  const endedAt = new Date(run.platform.clock.wallMs())
  const seconds = Math.max((endedAt.getTime() - run.reporter.startedAt.getTime()) / 1000, 0.001)
  const { target } = checked
  const { inputTotals = { count: 0, bytes: 0 } } = parts
  return {
    schema: 'ddb-ingest/load/2',
    version,
    runId: checked.runId,
    status: statusOf(run, error),
    exitCode: exitCodeOf(run, error),
    alreadyLoaded: parts.alreadyLoaded === true && error === undefined,
    startedAt: run.reporter.startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    target: {
      host: `${options.server.host}:${options.server.port}`,
      table: target.kind === 'table' ? tableText(target.table) : null,
      function: target.kind === 'function' ? target.name : null,
      method: target.kind === 'table' ? target.method : null,
    },
    inputTotals,
    inputs: parts.inputs.map(input => ({
      ...input,
      firstError: hideInData(input.firstError, say),
    })),
    sources: parts.sources ?? noSourceNotes(),
    rows,
    confirm: {
      asked: checked.confirm,
      used: isNothingSent(run) ? 'none' : (delivery?.used ?? 'none'),
      note: note === undefined ? null : say(note),
      uncertain: uncertainLines(state).map(lines => ({
        ...lines,
        reason: say(lines.reason),
      })),
    },
    rejects: rejectsOf(run, say),
    columns: hideInData(parts.columns, hide),
    connections: state.batches.sent === 0 ? 0 : checked.connections,
    batches: { ...state.batches },
    byConnection: connectionFigures(state.totalsByConnection),
    batchRows: checked.batchRows,
    latencyMs: state.latencies.percentiles(),
    rate: {
      rowsPerSec: Math.round(state.sentRows / seconds),
      bytesPerSec: Math.round(inputTotals.bytes / seconds),
    },
    memory: { peakRssBytes: null },
    notices: [...run.reporter.notices],
    resume: resumeOf(run, error),
    error:
      error === undefined
        ? null
        : {
            code: error.code,
            message: say(error.message),
            fix: hideInData(error.fix ?? null, say),
          },
  }
}

function rejectsOf({ rejects }: Run, say: (sentence: string) => string): LoadResult['rejects'] {
  const result = rejects.result()
  const first = result.first.map(reject => ({ ...reject, message: say(reject.message) }))
  return { ...result, first }
}

/** True if this process sent nothing and knows of no row that earlier processes sent. */
function isNothingSent({ state: { rows, batches } }: Run): boolean {
  return batches.sent === 0 && rows.confirmed + rows.unconfirmed === 0
}

/**
 * Errors after which the result does not offer to resume the run. After `DDB_LOCKED`, the other process continues the
 * run, and resuming from this journal as well would load all rows twice. After any of the other errors, a resumed run
 * would fail with the same error until the user removes the cause.
 */
const refusals = [
  ...['DDB_RUN_CHANGED', 'DDB_RUN_DAMAGED', 'DDB_TARGET_CHANGED', 'DDB_UNPROVEN'],
  'DDB_LOCKED',
]

function canGoOn(run: Run, error: DdbError | undefined): boolean {
  // A resumed run takes its options from the journal, so unusable options would fail again.
  const isMisuse = error?.code === 'DDB_USAGE' && !hasSent(run)
  const isRefused = isMisuse || (error !== undefined && refusals.includes(error.code))
  const { journal } = run.history
  const isOurs = journal !== undefined && journal.isInPlace() && journal.lost() === undefined
  return isUnfinished(run) && isOurs && !isRefused
}

/** Whether some row of the run may be in the target. */
function hasSent({ state, history: { found } }: Run): boolean {
  return state.batches.sent > 0 || (found.processes > 0 && !found.isUntouched)
}

/**
 * Whether a process that resumes the run would store rows twice. If a run cannot learn the outcome of single batches,
 * the process sends all rows again.
 */
function storesAgain(run: Run): boolean {
  const used = run.delivery?.used ?? run.history.found.used
  return used !== undefined && !traitsOf(used).knowsBatches && hasSent(run)
}

function resumeOf(run: Run, error: DdbError | undefined): LoadResult['resume'] {
  const isPossible = canGoOn(run, error)
  const isTwice = isPossible && storesAgain(run)
  return {
    possible: isPossible && !isTwice,
    command: null,
    look: isLeftOpen(error) || isTwice ? lookScript(run.checked, run.history.found.samples) : null,
    restart: null,
  }
}

/** Whether the user has to check if rows of the run are in the table. */
function isLeftOpen(error: DdbError | undefined): boolean {
  return error?.code === 'DDB_TARGET_CHANGED' || error?.code === 'DDB_UNPROVEN'
}

/** The number of delivered rows: the confirmed rows, or, in a run without confirmation, the rows handed over. */
function deliveredRows({ state, delivery }: Run): number {
  const { confirmed, unconfirmed, skipped } = state.rows
  return skipped + confirmed + (traitsOf(delivery?.used).leavesDoubt ? 0 : unconfirmed)
}

function openRows({ state, delivery }: Run): number {
  return traitsOf(delivery?.used).leavesDoubt ? state.rows.unconfirmed : 0
}

/** The expected number of rows as text; undefined if `rows` meets the expectation. */
export function unmetCount(expected: LoadOptions['expectRows'], rows: number): string | undefined {
  if (typeof expected !== 'object') {
    return expected === undefined || expected === rows ? undefined : rowsText(expected)
  }
  return rows < expected.atLeast ? `at least ${rowsText(expected.atLeast)}` : undefined
}

function unmetExpectation(run: Run): DdbError | undefined {
  // Unconfirmed rows are worse than a wrong number of rows, so exit code 4 takes precedence over exit code 5.
  if (openRows(run) > 0) return undefined
  const delivered = deliveredRows(run)
  const wanted = unmetCount(run.options.expectRows, delivered)
  if (wanted === undefined) return undefined
  const were = delivered === 1 ? 'was' : 'were'
  return new DdbError('DDB_EXPECTATION', `expected ${wanted}, ${delivered} ${were} delivered`)
}

function statusOf(run: Run, error: DdbError | undefined): LoadStatus {
  if (error?.code === 'DDB_INTERRUPTED') return 'interrupted'
  if (error !== undefined) return error.code === 'DDB_CONNECTION_LOST' ? 'unconfirmed' : 'failed'
  if (openRows(run) > 0) return 'unconfirmed'
  return run.state.rows.rejected > 0 ? 'rejects' : 'loaded'
}

function exitCodeOf(run: Run, error: DdbError | undefined): number {
  if (error !== undefined) return error.exitCode
  if (openRows(run) > 0) return 4
  return run.state.rows.rejected > 0 ? 3 : 0
}
