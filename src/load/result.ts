/*
  The outcome of a run as one plain object, and the exit code that follows from it (docs/errors.md#exit-codes).
*/
import { hideInData } from '../client/login/hide-password.js'
import { DdbError } from '../errors.js'
import { version } from '../version.js'
import type { InputSummary } from './input-reading.js'
import type { LoadResult, LoadStatus } from './options.js'
import { isUnfinished, type Run } from './run.js'
import { equationError } from './row-counts.js'
import { nothingStored } from './target/durability.js'
import { tableText } from './target/target.js'

/** What the inputs add to a result. */
export interface ResultParts {
  inputs: readonly InputSummary[]
  columns: LoadResult['columns']
  /** Of runs that were confirmed. */
  stored?: LoadResult['stored']
  /** The bytes of an input do not add up. */
  bytesError: DdbError | undefined
}

/** Rows or bytes that do not add up make the run fail (DDB_INTERNAL), whatever else happened. */
export function loadResult(run: Run, parts: ResultParts): LoadResult {
  const { plan, counts, options, delivery } = run
  const hide = run.secrets.hideInSentence
  const rows = { ...counts.rows }
  const error =
    equationError(rows) ??
    run.rejects.equationError(rows.rejected) ??
    parts.bytesError ??
    run.failure ??
    unmetExpectation(run)
  const endedAt = new Date(run.platform.clock.wallMs())
  const seconds = Math.max((endedAt.getTime() - run.startedAt.getTime()) / 1000, 0.001)
  const { target } = plan
  const bytes = parts.inputs.reduce((sum, input) => sum + input.bytes, 0)
  return {
    schema: 'ddb-ingest/load/1',
    version,
    runId: plan.runId,
    status: statusOf(run, error),
    exitCode: exitCodeOf(run, error),
    startedAt: run.startedAt.toISOString(),
    endedAt: endedAt.toISOString(),
    target: {
      host: `${options.server.host}:${options.server.port}`,
      table: target.kind === 'table' ? tableText(target.table) : null,
      function: target.kind === 'function' ? target.name : null,
      method: target.kind === 'table' ? target.method : null,
    },
    inputs: parts.inputs.map(input => ({
      ...input,
      firstError: hideInData(input.firstError, hide),
    })),
    rows,
    confirm: {
      asked: plan.confirm,
      used: delivery?.used ?? 'none',
      note: delivery?.note === undefined ? null : hide(delivery.note),
      uncertain: (delivery?.uncertain ?? []).map(lines => ({
        ...lines,
        reason: hide(lines.reason),
      })),
    },
    stored: parts.stored ?? nothingStored,
    rejects: run.rejects.result(),
    columns: hideInData(parts.columns, hide),
    batches: { ...counts.batches },
    latencyMs: run.latencies.percentiles(),
    rate: {
      rowsPerSec: Math.round(counts.sentRows / seconds),
      bytesPerSec: Math.round(bytes / seconds),
    },
    memory: { peakRssBytes: null },
    resume: { possible: canGoOn(run, error), command: null },
    error: error === undefined ? null : { code: error.code, message: hide(error.message) },
  }
}

/** What is refused because it has changed is refused again. */
function canGoOn(run: Run, error: DdbError | undefined): boolean {
  const refused = ['DDB_RUN_CHANGED', 'DDB_RUN_DAMAGED', 'DDB_TARGET_CHANGED']
  const isRefused = error !== undefined && refused.includes(error.code)
  const isOurs = run.journal?.isInPlace() === true && run.journal.lost() === undefined
  return isUnfinished(run) && isOurs && !isRefused
}

/** Rows delivered: confirmed ones, and, where nothing was asked, those handed over. */
function deliveredRows({ counts, delivery }: Run): number {
  const { confirmed, unconfirmed, skipped } = counts.rows
  return skipped + (delivery?.used === 'none' ? confirmed + unconfirmed : confirmed)
}

function openRows({ counts, delivery }: Run): number {
  return delivery?.used === 'none' ? 0 : counts.rows.unconfirmed
}

function unmetExpectation(run: Run): DdbError | undefined {
  const expected = run.options.expectRows
  const delivered = deliveredRows(run)
  // Unconfirmed rows are the graver news: code 4 goes before code 5.
  if (expected === undefined || expected === delivered || openRows(run) > 0) return undefined
  return new DdbError('DDB_EXPECTATION', `expected ${expected} rows, ${delivered} were delivered`)
}

function statusOf(run: Run, error: DdbError | undefined): LoadStatus {
  if (error?.code === 'DDB_INTERRUPTED') return 'interrupted'
  if (error !== undefined) return error.code === 'DDB_CONNECTION_LOST' ? 'unconfirmed' : 'failed'
  if (openRows(run) > 0) return 'unconfirmed'
  return run.counts.rows.rejected > 0 ? 'rejects' : 'loaded'
}

function exitCodeOf(run: Run, error: DdbError | undefined): number {
  if (error !== undefined) return error.exitCode
  if (openRows(run) > 0) return 4
  return run.counts.rows.rejected > 0 ? 3 : 0
}
