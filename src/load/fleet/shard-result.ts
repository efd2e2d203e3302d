/*
  Combines the results of a shard's units into the result of one run.
*/
import { DdbError, errorCodes, type ErrorCode } from '../../errors.js'
import { version } from '../../version.js'
import { noSourceNotes } from '../inputs/source-notes.js'
import type { LoadOptions, LoadResult, RowCounts } from '../options.js'
import { noRows } from '../outcomes/row-counts.js'
import { nothingStored } from '../target/durability.js'
import { tableText, type Target } from '../target/target.js'
import { unitText, type PlannedUnit } from './manifest.js'

export interface FailedUnit {
  readonly unit: PlannedUnit
  readonly code: ErrorCode
  readonly message: string
}

export interface ShardCourse {
  /** Results of the units that this process has worked on. */
  readonly results: LoadResult[]
  /** Rows of units that this process skips, because another process has finished them. */
  skippedRows: number
  skippedRejects: number
  skippedFiltered: number
  /** Three numbers of units: in the whole shard, finished by other processes, and finished by this process. */
  units: number
  doneBefore: number
  doneNow: number
  readonly failed: FailedUnit[]
  failure: DdbError | undefined
}

/** Limit of inputs to list, so that a shard of a hundred thousand files does not need an object for each. */
const mostInputs = 100
/** Limits of the rejects and notices to list, as for a single run. */
const mostFirst = 60
const mostNotices = 20

export function shardResult(
  { runId = '', server }: LoadOptions,
  target: Target,
  startedMs: number,
  endedMs: number,
  course: ShardCourse,
): LoadResult {
  const { results, failed, failure } = course
  const rows = rowsOf(course)
  const { byClass, byCode } = rejectsOf(results)
  const files = results.flatMap(({ rejects }) => rejects.files)
  const error = failure ?? worstOf(failed, course.units)
  const last = results.at(-1)
  const seconds = Math.max((endedMs - startedMs) / 1000, 0.001)
  const sum = (of: (result: LoadResult) => number): number =>
    results.reduce((total, result) => total + of(result), 0)
  const bytes = sum(({ inputTotals }) => inputTotals.bytes)
  const exitCode = error?.exitCode ?? (rows.unconfirmed > 0 ? 4 : rows.rejected > 0 ? 3 : 0)
  return {
    schema: 'ddb-ingest/load/2',
    version,
    runId,
    status: statusOf(error, rows),
    exitCode,
    alreadyLoaded: error === undefined && course.doneBefore === course.units,
    startedAt: new Date(startedMs).toISOString(),
    endedAt: new Date(endedMs).toISOString(),
    target: {
      host: `${server.host}:${server.port}`,
      table: target.kind === 'table' ? tableText(target.table) : null,
      function: target.kind === 'function' ? target.name : null,
      method: target.kind === 'table' ? target.method : null,
    },
    inputTotals: { count: sum(({ inputTotals }) => inputTotals.count), bytes },
    threads: Math.max(1, ...results.slice(-mostInputs).map(({ threads }) => threads)),
    inputs: wrongInputs(results),
    sources: noSourceNotes(),
    rows,
    duplicates:
      last === undefined || results.some(({ duplicates }) => duplicates === null)
        ? null
        : sum(({ duplicates }) => duplicates ?? 0),
    confirm: {
      asked: last?.confirm.asked ?? 'receipts',
      used: last ? 'receipts' : 'none',
      note: notesOf(course),
      uncertain: results.flatMap(({ confirm }) => confirm.uncertain).slice(0, 1_000),
      verified: null,
    },
    stored: results.findLast(one => one.rows.confirmed > 0)?.stored ?? nothingStored,
    rejects: {
      file: files[0]?.path ?? null,
      files,
      unplaced: sum(({ rejects }) => rejects.unplaced),
      byClass,
      byCode,
      first: results.flatMap(({ rejects }) => rejects.first).slice(0, mostFirst),
    },
    columns: columnsOf(results),
    connectionsNote: last?.connectionsNote ?? null,
    connections: Math.max(0, ...results.slice(-mostInputs).map(({ connections }) => connections)),
    batches: {
      sent: sum(({ batches }) => batches.sent),
      retried: sum(({ batches }) => batches.retried),
      failed: sum(({ batches }) => batches.failed),
    },
    byConnection: byConnection(results),
    batchRows: last?.batchRows ?? { first: null, found: null },
    latencyMs: last?.latencyMs ?? { p50: null, p95: null, p99: null },
    rate: {
      rowsPerSec: Math.round(sum(({ rows: own }) => own.confirmed) / seconds),
      bytesPerSec: Math.round(bytes / seconds),
    },
    notices: noticesOf(results),
    memory: { peakRssBytes: null },
    resume: { possible: false, command: null, look: null, restart: null },
    error: error === undefined ? null : { code: error.code, message: error.message },
  }
}

function rowsOf({ results, skippedRows, skippedRejects, skippedFiltered }: ShardCourse): RowCounts {
  const before = { skipped: skippedRows, rejected: skippedRejects, filtered: skippedFiltered }
  const read = skippedRows + skippedRejects + skippedFiltered
  const rows = { ...noRows(), read, ...before }
  for (const { rows: own } of results) {
    for (const name of Object.keys(rows) as (keyof RowCounts)[]) rows[name] += own[name]
  }
  return rows
}

function rejectsOf(
  results: readonly LoadResult[],
): Pick<LoadResult['rejects'], 'byClass' | 'byCode'> {
  const byClass = { parse: 0, type: 0, server: 0 }
  const byCode: Record<string, number> = {}
  for (const { rejects } of results) {
    for (const name of Object.keys(byClass) as (keyof typeof byClass)[]) {
      byClass[name] += rejects.byClass[name]
    }
    for (const [code, count] of Object.entries(rejects.byCode)) {
      byCode[code] = (byCode[code] ?? 0) + count
    }
  }
  return { byClass, byCode }
}

function isWrong({ rejected, firstError }: LoadResult['inputs'][number]): boolean {
  return rejected > 0 || firstError !== null
}

function columnsOf(results: readonly LoadResult[]): LoadResult['columns'] {
  const sums: LoadResult['columns'] = []
  for (const { columns } of results) {
    for (const [i, { nulls, coerced, ...column }] of columns.entries()) {
      const own = (sums[i] ??= { ...column, nulls: 0, coerced: 0 })
      own.nulls += nulls
      own.coerced += coerced
    }
  }
  return sums
}

/** Adds up the connections' counts over all units. The latencies are those of the last unit. */
function byConnection(results: readonly LoadResult[]): LoadResult['byConnection'] {
  const sums: LoadResult['byConnection'] = []
  for (const { byConnection: own } of results) {
    for (const [i, { batches, rows, bytes, latencyMs }] of own.entries()) {
      const sum = (sums[i] ??= { batches: 0, rows: 0, bytes: 0, latencyMs })
      sum.batches += batches
      sum.rows += rows
      sum.bytes += bytes
      sum.latencyMs = latencyMs
    }
  }
  return sums
}

function notesOf({ units, doneBefore, doneNow, failed, results }: ShardCourse): string {
  const open = units - doneBefore - doneNow - failed.length
  const parts = [
    `${doneNow} loaded`,
    ...(doneBefore > 0 ? [`${doneBefore} loaded before`] : []),
    ...(failed.length > 0 ? [`${failed.length} failed`] : []),
    ...(open > 0 ? [`${open} not done`] : []),
  ]
  const notes = new Set(results.flatMap(({ confirm }) => confirm.note ?? []))
  return [`${units === 1 ? '1 unit' : `${units} units`}: ${parts.join(', ')}`, ...notes].join('; ')
}

/** If several units failed, the exit code is the first in this list that any of them has. */
const order = [66, 64, 65, 75, 4]
const mostNamed = 5

function worstOf(failed: readonly FailedUnit[], units: number): DdbError | undefined {
  const placeOf = ({ code }: FailedUnit): number => {
    const place = order.indexOf(errorCodes[code])
    return place < 0 ? order.length : place
  }
  const [worst] = [...failed].sort((a, b) => placeOf(a) - placeOf(b))
  if (worst === undefined) return undefined
  const named = failed.slice(0, mostNamed).map(({ unit, message }) => {
    const name = unitText(unit)
    return message.startsWith(name) ? message : `${name}: ${message}`
  })
  const more = failed.length > mostNamed ? `; and ${failed.length - mostNamed} more` : ''
  const text = `${failed.length} of ${units} units failed: ${named.join('; ')}${more}`
  return new DdbError(worst.code, text)
}

function statusOf(error: DdbError | undefined, rows: RowCounts): LoadResult['status'] {
  if (error?.code === 'DDB_INTERRUPTED') return 'interrupted'
  if (error !== undefined) return error.exitCode === 4 ? 'unconfirmed' : 'failed'
  if (rows.unconfirmed > 0) return 'unconfirmed'
  return rows.rejected > 0 ? 'rejects' : 'loaded'
}

function noticesOf(results: readonly LoadResult[]): string[] {
  return results.flatMap(({ notices }) => notices).slice(0, mostNotices)
}

function wrongInputs(results: readonly LoadResult[]): LoadResult['inputs'] {
  const inputs = results.flatMap(({ inputs }) => inputs)
  return inputs.filter(isWrong).slice(0, mostInputs)
}
