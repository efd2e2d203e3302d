/*
  The result of a load or a check that failed before it began: every field is present, and all row counts are 0.
*/
import { randomBytes } from 'node:crypto'
import type { CheckResult } from '../../load/check/check-result.js'
import { deliveryDefaults } from '../../load/defaults.js'
import { noRows } from '../../load/outcomes/row-counts.js'
import type { Confirmation, LoadResult, ServerAddress, TargetOptions } from '../../load/options.js'
import { noSourceNotes } from '../../load/inputs/expand-inputs.js'
import { parseTarget, type Target } from '../../load/target/target.js'
import { version } from '../../version.js'
import { failureOf } from './failures.js'

export function peakMemory(): LoadResult['memory'] {
  // Node reports kilobytes.
  return { peakRssBytes: process.resourceUsage().maxRSS * 1024 }
}

export interface AskedRun {
  readonly runId?: string | undefined
  /** undefined if not yet known. */
  readonly server: ServerAddress | undefined
  readonly target: TargetOptions
  readonly confirm?: Confirmation | undefined
}

/** @param error  why the run did not begin; the result gets its code and message */
export function emptyResult(asked: AskedRun, startedAt: Date, error: unknown): LoadResult {
  const { exitCode, ...failure } = failureOf(error)
  const { runId, server, confirm } = asked
  const target = targetOf(asked.target)
  return {
    schema: 'ddb-ingest/load/2',
    version,
    runId: runId ?? randomBytes(8).toString('hex'),
    status: 'failed',
    exitCode,
    alreadyLoaded: false,
    startedAt: startedAt.toISOString(),
    endedAt: new Date().toISOString(),
    target: {
      host: server === undefined ? '' : `${server.host}:${server.port}`,
      table: asked.target.table ?? null,
      function: asked.target.function ?? null,
      method: target?.kind === 'table' ? target.method : null,
    },
    inputTotals: { count: 0, bytes: 0 },
    inputs: [],
    sources: noSourceNotes(),
    rows: noRows(),
    confirm: {
      asked: confirm ?? deliveryDefaults.confirm,
      used: 'none',
      note: null,
      uncertain: [],
    },
    rejects: {
      file: null,
      files: [],
      unplaced: 0,
      byClass: { parse: 0, type: 0, server: 0 },
      byCode: {},
      first: [],
    },
    columns: [],
    connections: 0,
    batches: { sent: 0, retried: 0, failed: 0 },
    byConnection: [],
    batchRows: null,
    latencyMs: { p50: null, p95: null, p99: null },
    rate: { rowsPerSec: 0, bytesPerSec: 0 },
    memory: peakMemory(),
    notices: [],
    resume: { possible: false, command: null, look: null, restart: null },
    error: failure,
  }
}

function targetOf(options: TargetOptions): Target | undefined {
  try {
    return parseTarget(options)
  } catch {
    return undefined
  }
}

export function emptyCheck(
  server: ServerAddress,
  target: TargetOptions,
  error: unknown,
): CheckResult {
  const run = emptyResult({ server, target }, new Date(), error)
  const { byClass, byCode } = run.rejects
  return {
    schema: 'ddb-ingest/check/1',
    version: run.version,
    status: 'failed',
    exitCode: run.exitCode,
    target: run.target,
    inputs: [],
    sources: run.sources,
    rows: { read: 0, fit: 0, rejected: 0, unfit: 0 },
    columns: [],
    partitions: null,
    problems: [],
    remedies: [],
    rejects: { byClass, byCode },
    batches: { looked: 0, expected: null },
    frozen: [],
    commands: [],
    notices: [],
    error: run.error,
  }
}
