/*
  A run's figures as Prometheus' text format 0.0.4.
*/
import { readFile } from 'node:fs/promises'
import type { LoadResult } from '../../load/options.js'
import { placeOf } from '../files/file-place.js'
import type { ResultContent } from '../files/result-file.js'

type Labels = Readonly<Record<string, string>>

interface Metric {
  readonly name: string
  readonly type: 'gauge' | 'summary'
  readonly help: string
  /** What is not known has no sample. */
  readonly samples: readonly (readonly [labels: Labels, value: number])[]
}

const lastSuccessName = 'ddb_ingest_last_success_timestamp_seconds'

/** What goes into the file of --metrics-file; it may hold figures of a run before. */
export function metricsContent(path: string): ResultContent<LoadResult> {
  let before: Promise<string> | undefined
  return {
    name: 'metrics',
    async textOf(result) {
      // Of a pipe there is nothing to read, and nobody knows how long that takes.
      before ??= placeOf(path).isOrdinary
        ? readFile(path, 'utf8').catch(() => '')
        : Promise.resolve('')
      return metricsText(result, lastSuccessOf(await before))
    },
  }
}

/**
 * @param lastSuccess  when a run before this one ended with 0, seconds since 1970; undefined when none is known
 */
export function metricsText(result: LoadResult, lastSuccess: number | undefined): string {
  const common: Labels = {
    target: result.target.table ?? result.target.function ?? '',
    host: result.target.host,
  }
  return metricsOf(result, lastSuccess)
    .filter(({ samples }) => samples.length > 0)
    .map(metric => metricLines(metric, common))
    .join('')
}

function metricsOf(result: LoadResult, lastSuccess: number | undefined): Metric[] {
  const endedAt = seconds(result.endedAt)
  const success = result.exitCode === 0 ? endedAt : lastSuccess
  return [
    gauge('run_info', 'The last run, in its labels.', [
      [{ version: result.version, status: result.status, confirm: result.confirm.used }, 1],
    ]),
    gauge('exit_code', 'Exit code of the last run.', [[{}, result.exitCode]]),
    gauge('last_run_timestamp_seconds', 'When the last run ended.', [[{}, endedAt]]),
    gauge(
      lastSuccessName.replace('ddb_ingest_', ''),
      'When a run last ended with exit code 0.',
      success === undefined ? [] : [[{}, success]],
    ),
    gauge('duration_seconds', 'How long the last run took.', [
      [{}, Math.max(0, round(endedAt - seconds(result.startedAt)))],
    ]),
    ...rowMetrics(result),
    ...deliveryMetrics(result),
  ]
}

function rowMetrics({
  rows: { read, ...outcomes },
  duplicates,
  rejects,
  inputs,
}: LoadResult): Metric[] {
  return [
    gauge('rows_read', 'Rows read by the last run: the sum of all outcomes.', [[{}, read]]),
    gauge(
      'rows',
      'Rows of the last run by their outcome.',
      Object.entries(outcomes).map(([outcome, rowCount]: [string, number]) => [
        { outcome },
        rowCount,
      ]),
    ),
    gauge(
      'duplicate_rows',
      'Confirmed rows of the last run whose key the target had already.',
      duplicates === null ? [] : [[{}, duplicates]],
    ),
    gauge(
      'rejected_rows',
      'Rejected rows of the last run by error code.',
      Object.entries(rejects.byCode).map(([code, rowCount]) => [{ code }, rowCount]),
    ),
    gauge('input_bytes', 'Bytes of input read by the last run.', [
      [{}, inputs.reduce((sum, input) => sum + input.bytes, 0)],
    ]),
  ]
}

function deliveryMetrics({ batches, latencyMs, memory }: LoadResult): Metric[] {
  const quantiles: [string, number | null][] = [
    ['0.5', latencyMs.p50],
    ['0.95', latencyMs.p95],
    ['0.99', latencyMs.p99],
  ]
  return [
    gauge(
      'batches',
      'Batches of the last run: sent, sent again, given up.',
      Object.entries(batches).map(([outcome, batchCount]) => [{ outcome }, batchCount]),
    ),
    {
      name: 'ddb_ingest_batch_latency_seconds',
      type: 'summary',
      help: 'From sending a batch to knowing its outcome.',
      samples: quantiles.flatMap(([quantile, ms]) =>
        ms === null ? [] : [[{ quantile }, round(ms / 1000)] as const],
      ),
    },
    gauge(
      'peak_memory_bytes',
      'Largest resident memory of the last run.',
      memory.peakRssBytes === null ? [] : [[{}, memory.peakRssBytes]],
    ),
  ]
}

function gauge(name: string, help: string, samples: Metric['samples']): Metric {
  return { name: `ddb_ingest_${name}`, type: 'gauge', help, samples }
}

function metricLines({ name, type, help, samples }: Metric, common: Labels): string {
  const head = `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`
  return (
    head +
    samples.map(([labels, value]) => sampleLine(name, { ...common, ...labels }, value)).join('')
  )
}

function sampleLine(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(text)}"`)
  return `${name}{${pairs.join(',')}} ${value}\n`
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** What an older file says of the last success: a run that fails must not make it forgotten. */
function lastSuccessOf(text: string): number | undefined {
  const match = new RegExp(`^${lastSuccessName}(?:\\{.*\\})? (\\d+(?:\\.\\d+)?)$`, 'm').exec(text)
  return match === null ? undefined : Number(match[1])
}

function seconds(isoTime: string): number {
  return Date.parse(isoTime) / 1000
}

/** Milliseconds and microseconds without the noise of binary fractions. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
