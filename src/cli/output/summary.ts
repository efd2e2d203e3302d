/* The summary of a finished load: five lines on standard output; on standard error, places of rejected rows and inputs with problems. Also
   a run's figures in Prometheus' text format 0.0.4, and the result of a load that failed before it began. */
import { readFile } from 'node:fs/promises'
import { confirmationWords, type LoadResult } from '../../load/options.js'
import { bytesText } from '../../parse/cells/cell-bytes.js'
import { reasonsPath } from '../../source/data-files.js'
import { clean, counted, durationText, fieldLines, grouped, wrapped } from './output.js'
import { attempt } from '../../errors.js'
import { checkedOptions } from '../../load/checked-options.js'
import { loadResult } from '../../load/result.js'
import { newRun } from '../../load/run.js'
import { parseTarget } from '../../load/target/target.js'
import { systemPlatform } from '../../platform/system-files.js'
import type { LoadFields } from '../options/definition.js'
import { failureOf } from './failures.js'
import { systemName } from '../../platform/file-name.js'
import { placeOf } from '../files/one-file.js'
import type { ResultContent } from '../files/output-files.js'

/**
 * Five lines: row counts by outcome, speed, refused rows and why, the proof, and the next step.
 * @param next  a command, if anything is left to do @param columns  of the terminal; undefined leaves lines whole
 */
export function summaryLines(result: LoadResult, next: string | undefined, columns = Infinity) {
  const fields = {
    took: speedText(result),
    refused: refusedText(result),
    proof: confirmText(result),
    next: next ?? 'nothing',
  }
  return [
    ...wrapped(clean(headText(result)), columns),
    ...fieldLines(Object.entries(fields), columns, label => label === 'next'),
  ]
}

function headText(result: LoadResult): string {
  const { rows, target, status, alreadyLoaded, confirm } = result
  const { read, confirmed, filtered, skipped, unconfirmed } = rows
  const into = `into ${target.table ?? target.function ?? ''} on ${target.host}`
  // Earlier processes of the run may have sent everything.
  const isAllSkipped = status === 'loaded' && skipped > 0 && skipped + filtered === read
  if (alreadyLoaded || isAllSkipped) {
    const what = skipped === 0 ? 'this run' : `${counted(skipped, 'row')} of this run`
    return `Already loaded: ${what} ${into}, nothing was left to do`
  }
  const isHandedOver = confirm.used === 'none' && skipped === 0 && unconfirmed > 0
  const done =
    status === 'failed' || status === 'interrupted'
      ? `${status === 'failed' ? 'Failed' : 'Interrupted'} after ${counted(confirmed, 'confirmed row')}`
      : read === 0
        ? 'No rows to load'
        : isHandedOver
          ? `Handed over ${counted(unconfirmed, 'row')}`
          : `Loaded ${counted(confirmed, 'row')}`
  const before = skipped === 0 ? '' : ` (${grouped(skipped)} were loaded before)`
  const isAll = read === confirmed + skipped || (isHandedOver && read === unconfirmed)
  const ofAll = isAll ? '' : `, of ${grouped(read)} read`
  const left = filtered === 0 ? '' : `; the transform left out ${grouped(filtered)}`
  return `${done}${before} ${into}${ofAll}${left}`
}

function speedText({ startedAt, endedAt, rate, connections }: LoadResult): string {
  const time = durationText(Date.parse(endedAt) - Date.parse(startedAt))
  const over = connections > 1 ? `, over ${counted(connections, 'connection')}` : ''
  return `${time}: ${grouped(rate.rowsPerSec)} rows/s, ${bytesText(rate.bytesPerSec)}/s sent${over}`
}

const shownCodes = 3

function refusedText({ rows, columns, rejects: { byCode, files, unplaced } }: LoadResult): string {
  const nulled = columns.reduce((sum, { coerced }) => sum + coerced, 0)
  const cells = nulled === 0 ? '' : `; ${counted(nulled, 'bad cell')} made null`
  const unsent = rows.unsent === 0 ? cells : `${cells}; ${counted(rows.unsent, 'row')} not sent`
  if (rows.rejected === 0) return `nothing${unsent}`
  const codes = codeTexts(byCode)
  const more = codes.length - shownCodes
  const why = [...codes.slice(0, shownCodes), ...(more > 0 ? [`${more} more`] : [])].join(', ')
  const where = files.length === 0 ? '' : `, in ${files[0]!.path}`
  const others = files.length < 2 ? '' : ` and ${counted(files.length - 1, 'more file')}`
  const lost = unplaced === 0 ? '' : `, ${grouped(unplaced)} of them in no file that the run finds`
  return `${counted(rows.rejected, 'row')}${why && `: ${why}`}${where}${others}${lost}${unsent}`
}

/** `DDB_INPUT_CELL 3`: the most frequent codes first. */
export function codeTexts(byCode: LoadResult['rejects']['byCode']): string[] {
  const codes = Object.entries(byCode).sort(([, a], [, b]) => b - a)
  return codes.map(([code, rowCount]) => `${code} ${grouped(rowCount)}`)
}

export function confirmText({ confirm, rows, batches }: LoadResult): string {
  const { confirmed, unconfirmed, skipped } = rows
  const note = confirm.note === null ? '' : `: ${confirm.note}`
  const doubt = unconfirmed === 0 ? '' : `; ${counted(unconfirmed, 'row')} unconfirmed`
  // This process sent nothing, so it had nothing to confirm.
  if (confirm.used === 'none' && skipped > 0) return `confirmed by an earlier process${doubt}`
  if (batches.sent === 0 && confirmed + unconfirmed === 0) return `nothing was sent${note}`
  return `${confirmationWords[confirm.used]}${note}${doubt}`
}

/** Lines for standard error. @param isApart  true if the summary is not on the screen */
export function detailLines({ rows, rejects, inputs, inputTotals }: LoadResult, isApart: boolean) {
  const lines: string[] = []
  const { byCode, files, unplaced } = rejects
  if (rows.rejected > 0 && (isApart || files.length > 1)) {
    const codes = codeTexts(byCode).join(', ')
    lines.push(`${counted(rows.rejected, 'row')} rejected${codes && ` (${codes})`}`)
    for (const { path, rows: rowCount } of files) {
      lines.push(`${grouped(rowCount)} of them are in ${path}, the reasons in ${reasonsPath(path)}`)
    }
    if (unplaced > 0) {
      lines.push(
        `${grouped(unplaced)} of them are in no file that the run finds: only in the input, unless their file was moved`,
      )
    }
  }
  return inputTotals.count > 1 ? [...lines, ...inputLines(inputs)] : lines
}

const shownInputs = 10

function inputLines(inputs: LoadResult['inputs']): string[] {
  const wrong = inputs.filter(({ rejected, firstError }) => rejected > 0 || firstError !== null)
  const lines = wrong.slice(0, shownInputs).map(({ path, rows, rejected, firstError }) => {
    const line = firstError?.lineNumber ? `line ${firstError.lineNumber}: ` : ''
    const first = firstError === null ? '' : `; first: ${line}${firstError.message}`
    return `${path}: ${grouped(rejected)} of ${counted(rows, 'row')} rejected${first}`
  })
  const more = wrong.length - lines.length
  return more > 0 ? [...lines, `and ${counted(more, 'more input')} with rejected rows`] : lines
}

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
