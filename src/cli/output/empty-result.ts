/* The result of a load that failed before it began: every field is present, and all row counts are 0. */
import { attempt } from '../../errors.js'
import { checkedOptions } from '../../load/checked-options.js'
import type { LoadResult } from '../../load/options.js'
import { loadResult } from '../../load/result.js'
import { newRun } from '../../load/run.js'
import { parseTarget } from '../../load/target/target.js'
import { systemPlatform } from '../../platform/system.js'
import type { LoadFields } from '../options/definition.js'
import { failureOf } from './failures.js'

export function peakMemory(): LoadResult['memory'] {
  // Node reports kilobytes.
  return { peakRssBytes: process.resourceUsage().maxRSS * 1024 }
}

/** Options that every run accepts. */
const anyRun = { inputs: ['-'], server: { host: '', port: 1 }, target: { table: 't' } }

/** @param asked  what is known of its options @param error  why it did not begin; the result gets its code and message */
export function emptyResult(asked: LoadFields, startedAt: Date, error: unknown): LoadResult {
  const { exitCode, ...failure } = failureOf(error)
  const { runId, server, target: given = {}, delivery } = asked
  const { random } = systemPlatform
  const nothing = loadResult(newRun(anyRun, checkedOptions(anyRun, random), systemPlatform))
  const target = attempt(() => parseTarget(given))
  return {
    ...nothing,
    runId: runId ?? nothing.runId,
    status: 'failed',
    exitCode,
    startedAt: startedAt.toISOString(),
    target: {
      host: server === undefined ? '' : `${server.host}:${server.port}`,
      table: given.table ?? null,
      function: given.function ?? null,
      method: target?.kind === 'table' ? target.method : null,
    },
    confirm: { ...nothing.confirm, asked: delivery?.confirm ?? nothing.confirm.asked },
    batchRows: null,
    memory: peakMemory(),
    error: failure,
  }
}
