/* A run's figures in Prometheus' text format 0.0.4. */
import { readFile } from 'node:fs/promises'
import type { LoadResult } from '../../load/options.js'
import { systemName } from '../../platform/file-name.js'
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
      before ??= placeOf(path).isOrdinary ? readFile(systemName(path), 'utf8').catch(() => '') : ''
      return metricsText(result, lastSuccessOf(await before))
    },
  }
}

/** @param lastSuccess  when a run last succeeded, in seconds since 1970, if known */
export function metricsText(result: LoadResult, lastSuccess: number | undefined): string {
  const { version, status, exitCode, confirm, target, rejects, inputTotals, batches } = result
  const { read, ...outcomes } = result.rows
  const [startedAt, endedAt] = [result.startedAt, result.endedAt].map(at => Date.parse(at) / 1000)
  const { p50, p95, p99 } = result.latencyMs
  const succeededAt = exitCode === 0 ? endedAt : lastSuccess
  const duration = Math.max(0, round(endedAt! - startedAt!))
  const latencies = by('quantile', { '0.5': p50, '0.95': p95, '0.99': p99 })
  const common = { target: target.table ?? target.function ?? '', host: target.host }
  const seconds = latencies.map(([labels, ms]): Sample => [labels, ms && round(ms / 1000)])
  const metrics: readonly (readonly [name: string, help: string, value: Sample[1] | Sample[]])[] = [
    ['run_info', 'The last run, in its labels.', [[{ version, status, confirm: confirm.used }, 1]]],
    ['exit_code', 'Exit code of the last run.', exitCode],
    ['last_run_timestamp_seconds', 'When the last run ended.', endedAt],
    [lastSuccessName, 'When a run last ended with exit code 0.', succeededAt],
    ['duration_seconds', 'How long the last run took.', duration],
    ['rows_read', 'Rows read by the last run: the sum of all outcomes.', read],
    ['rows', 'Rows of the last run by their outcome.', by('outcome', outcomes)],
    ['rejected_rows', 'Rejected rows of the last run by error code.', by('code', rejects.byCode)],
    ['input_bytes', 'Bytes of input read by the last run.', inputTotals.bytes],
    ['batches', 'Batches of the last run: sent, sent again, given up.', by('outcome', batches)],
    ['batch_latency_seconds', 'From sending a batch to knowing its outcome.', seconds],
    ['peak_memory_bytes', 'Largest resident memory of the last run.', result.memory.peakRssBytes],
  ]
  const texts = metrics.map(([name, help, value]) => {
    const samples = Array.isArray(value) ? value : [[{}, value] as Sample]
    const lines = samples.map(sample => sampleLine(`ddb_ingest_${name}`, common, sample)).join('')
    const type = name === 'batch_latency_seconds' ? 'summary' : 'gauge'
    return lines && `# HELP ddb_ingest_${name} ${help}\n# TYPE ddb_ingest_${name} ${type}\n${lines}`
  })
  return texts.join('')
}

const by = (label: string, values: Readonly<Record<string, number | null>>): Sample[] =>
  Object.entries(values).map(([name, value]) => [{ [label]: name }, value])

function sampleLine(name: string, common: object, [labels, value]: Sample): string {
  if (value === null || value === undefined) return ''
  const pairs = Object.entries<string>({ ...common, ...labels }).map(
    ([label, text]) => `${label}="${text.replaceAll(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`,
  )
  return `${name}{${pairs.join(',')}} ${value}\n`
}

/** The time of the last success in the present file. If this run fails, the new file must keep that time. */
function lastSuccessOf(text: string): number | undefined {
  const line = `^ddb_ingest_${lastSuccessName}(?:\\{.*\\})? (\\d+(?:\\.\\d+)?)$`
  const match = new RegExp(line, 'm').exec(text)
  return match === null ? undefined : Number(match[1])
}

/** Rounds seconds to microseconds, so that they print without the noise of binary fractions. */
const round = (value: number): number => Math.round(value * 1e6) / 1e6
