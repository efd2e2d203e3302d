/*
  A run's figures in Prometheus' text format 0.0.4.
*/
import { readFile } from 'node:fs/promises'
import type { LoadResult } from '../../load/options.js'
import { placeOf } from '../files/one-file.js'
import type { ResultContent } from '../files/output-files.js'

/** Labels and value of one line; a line with an unknown value is left out. */
type Sample = readonly [labels: Readonly<Record<string, string>>, value: number | null | undefined]

const lastSuccessName = 'last_success_timestamp_seconds'

/** Content for the file of --metrics-file, which may already contain figures of an earlier run. */
export function metricsContent(path: string): ResultContent<LoadResult> {
  let before: Promise<string> | '' | undefined
  return {
    name: 'metrics',
    async textOf(result) {
      // Reading a pipe would find nothing, and might wait forever.
      before ??= placeOf(path).isOrdinary ? readFile(path, 'utf8').catch(() => '') : ''
      return metricsText(result, lastSuccessOf(await before))
    },
  }
}

/** @param lastSuccess  when a run last succeeded, in seconds since 1970, if known */
export function metricsText(result: LoadResult, lastSuccess: number | undefined): string {
  const { version, status, exitCode, confirm, target, rejects, inputs, batches, memory } = result
  const { read, ...outcomes } = result.rows
  const [startedAt, endedAt] = [result.startedAt, result.endedAt].map(at => Date.parse(at) / 1000)
  const { p50, p95, p99 } = result.latencyMs
  const bytes = inputs.reduce((sum, input) => sum + input.bytes, 0)
  const succeededAt = exitCode === 0 ? endedAt : lastSuccess
  const duration = Math.max(0, round(endedAt! - startedAt!))
  const latencies = by('quantile', { '0.5': p50, '0.95': p95, '0.99': p99 })
  const common = { target: target.table ?? target.function ?? '', host: target.host }
  const metric = (name: string, help: string, value: Sample[1] | readonly Sample[]): string => {
    const samples = Array.isArray(value) ? (value as readonly Sample[]) : [[{}, value] as Sample]
    const lines = samples.map(sample => sampleLine(`ddb_ingest_${name}`, common, sample)).join('')
    const type = name === 'batch_latency_seconds' ? 'summary' : 'gauge'
    return lines && `# HELP ddb_ingest_${name} ${help}\n# TYPE ddb_ingest_${name} ${type}\n${lines}`
  }
  return [
    metric('run_info', 'The last run, in its labels.', [
      [{ version, status, confirm: confirm.used }, 1],
    ]),
    metric('exit_code', 'Exit code of the last run.', exitCode),
    metric('last_run_timestamp_seconds', 'When the last run ended.', endedAt),
    metric(lastSuccessName, 'When a run last ended with exit code 0.', succeededAt),
    metric('duration_seconds', 'How long the last run took.', duration),
    metric('rows_read', 'Rows read by the last run: the sum of all outcomes.', read),
    metric('rows', 'Rows of the last run by their outcome.', by('outcome', outcomes)),
    metric(
      'rejected_rows',
      'Rejected rows of the last run by error code.',
      by('code', rejects.byCode),
    ),
    metric('input_bytes', 'Bytes of input read by the last run.', bytes),
    metric(
      'batches',
      'Batches of the last run: sent, sent again, given up.',
      by('outcome', batches),
    ),
    metric(
      'batch_latency_seconds',
      'From sending a batch to knowing its outcome.',
      latencies.map(([labels, ms]) => [labels, ms && round(ms / 1000)]),
    ),
    metric('peak_memory_bytes', 'Largest resident memory of the last run.', memory.peakRssBytes),
  ].join('')
}

const by = (label: string, values: Readonly<Record<string, number | null>>): Sample[] =>
  Object.entries(values).map(([name, value]) => [{ [label]: name }, value])

function sampleLine(name: string, common: object, [labels, value]: Sample): string {
  if (value === null || value === undefined) return ''
  const pairs = Object.entries<string>({ ...common, ...labels }).map(
    ([label, text]) => `${label}="${escapeLabel(text)}"`,
  )
  return `${name}{${pairs.join(',')}} ${value}\n`
}

function escapeLabel(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}

/** The time of the last success in the present file. If this run fails, the new file must keep that time. */
function lastSuccessOf(text: string): number | undefined {
  const line = `^ddb_ingest_${lastSuccessName}(?:\\{.*\\})? (\\d+(?:\\.\\d+)?)$`
  const match = new RegExp(line, 'm').exec(text)
  return match === null ? undefined : Number(match[1])
}

/** Rounds seconds to microseconds, so that they print without the noise of binary fractions. */
function round(value: number): number {
  return Math.round(value * 1e6) / 1e6
}
