/*
  The result of a check that ended before it began: everything is there, nothing is claimed.
*/
import type { CheckResult } from '../../load/check/check-result.js'
import type { ServerAddress, TargetOptions } from '../../load/options.js'
import { emptyResult } from './empty-result.js'

/** @param error  why it did not begin; its code and message are the result's */
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
    rejects: { byClass, byCode },
    batches: { looked: 0, expected: null },
    frozen: [],
    commands: [],
    notices: [],
    error: run.error,
  }
}
