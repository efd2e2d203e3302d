/* Builds the page of --report: one HTML file, which fetches nothing and runs no script, with the result of a run and its progress. */
import type { LoadResult } from '../../load/options.js'
import { escapeOf } from '../../platform/control-characters.js'
import type { NextStep } from '../output/run-report.js'
import { confirmText } from '../output/summary.js'
import { bytesText, shortCount } from '../../parse/cells/cell-bytes.js'
import { durationText } from '../output/output.js'
import type { Moment } from '../output/progress.js'

/** Limit of rows in the table of files; browsers show this many without delay. */
const mostFiles = 1_000

const statusTexts: Readonly<Record<LoadResult['status'], string>> = {
  loaded: 'Loaded: every row is accounted for',
  rejects: 'Loaded, and some rows were rejected',
  unconfirmed: 'The outcome of some rows is unknown',
  failed: 'The run failed',
  interrupted: 'The run was interrupted',
}

/** A whole HTML document. @param steps  what to do after the run */
export function reportPage(
  result: LoadResult,
  moments: readonly Moment[],
  steps: readonly NextStep[] = [],
): string {
  const name = result.target.table ?? result.target.function ?? ''
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)} – ddb-ingest</title>
<style>${style}</style>
</head>
<body><main>
${head(result, name, steps)}
${outcomes(result)}
${overTime(moments)}
${delivery(result)}
${rejects(result)}
${columns(result)}
${files(result)}
${uncertain(result)}
<footer>ddb-ingest ${escapeHtml(result.version)} · ${escapeHtml(result.endedAt)}</footer>
</main></body>
</html>
`
}

/** Text for elements and attributes; control characters become visible. */
function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, sign => `&#${sign.charCodeAt(0)};`)
    .replaceAll(/[\p{Cc}\p{Cf}\p{Cs}]/gu, escapeOf)
}

type Tone = 'sent' | 'good' | 'doubt' | 'bad' | 'plain'

/** A cell of a table: text, a number, or a number with a bar for its share of `of`; by default, of the largest number in its column. */
type Cell = string | number | { readonly value: number; readonly tone: Tone; readonly of?: number }

function tableOf(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = heads.map((text, i) => {
    const form = typeof (rows[0]?.[i] ?? '') === 'string' ? '' : ' class="number"'
    return `<th scope="col"${form}>${text}</th>`
  })
  const valueOf = (cell: Cell = 0): number => (typeof cell === 'object' ? cell.value : 0)
  const most = heads.map((_, i) => Math.max(1, ...rows.map(cells => valueOf(cells[i]))))
  const lines = rows.map(cells => cells.map((cell, i) => cellHtml(cell, i, most[i]!)).join(''))
  const body = lines.map(line => `<tr>${line}</tr>`).join('\n')
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>\n${body}\n</tbody></table></div>`
}

function cellHtml(cell: Cell, index: number, most: number): string {
  if (typeof cell === 'string') {
    const text = escapeHtml(cell)
    return index === 0 ? `<th scope="row">${text}</th>` : `<td>${text}</td>`
  }
  if (typeof cell === 'number') return `<td class="number">${numberText(cell)}</td>`
  const { value, of = most, tone } = cell
  const percent = (Math.max(0, Math.min(1, value / of)) * 100).toFixed(1)
  const bar = value > 0 ? `<span class="bar ${tone}" style="width:${percent}%"></span>` : ''
  return `<td class="number with-bar">${bar}<span>${numberText(value)}</span></td>`
}

/** Thousands separators, and up to three decimals for values below 10. */
function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 3 : 0 })
}

function section(title: string, ...contents: readonly string[]): string {
  return `<section><h2>${title}</h2>\n${contents.join('')}\n</section>`
}

const paragraph = (text: string): string => `<p>${escapeHtml(text)}</p>`

/** Names and texts; a text that is null is left out. */
function listOf(facts: Readonly<Record<string, string | null>>): string {
  const told = Object.entries(facts).flatMap(([name, text]) =>
    text === null ? [] : [`<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`],
  )
  return `<dl>${told.join('\n')}</dl>`
}

function head(result: LoadResult, name: string, steps: readonly NextStep[]): string {
  const { rows, rate, error, status, confirm, memory, inputs, inputTotals } = result
  const told = steps.map(
    ({ when, command }) => `<p class="step">${when}: <code>${escapeHtml(command)}</code></p>`,
  )
  const why = error === null ? '' : paragraph(`${error.message} [${error.code}]`)
  const some = inputs.slice(0, 3).map(({ path }) => path)
  if (inputTotals.count > some.length) some.push(`… (${numberText(inputTotals.count)})`)
  const tiles = {
    'Rows read': numberText(rows.read),
    confirmed: numberText(rows.confirmed),
    rejected: numberText(rows.rejected),
    'Rows sent a second': numberText(rate.rowsPerSec),
    'Bytes sent a second': bytesText(rate.bytesPerSec),
  }
  const shown = Object.entries(tiles).map(
    ([label, text]) => `<div class="tile"><b>${text}</b>${label}</div>`,
  )
  const isProven = error !== null || confirm.used !== 'none' || rows.unconfirmed === 0
  const text = isProven ? statusTexts[status] : 'Handed over: nothing proves that the rows arrived'
  return `<h1>Load report</h1>
<p class="about">${escapeHtml(some.join(', '))} → ${escapeHtml(name)}</p>
<div class="status ${status}">${text}${why}${told.join('')}</div>
<div class="tiles">
${shown.join('\n')}
</div>
${listOf({
  Server: result.target.host,
  Run: result.runId,
  Started: result.startedAt,
  Took: durationText(Date.parse(result.endedAt) - Date.parse(result.startedAt)),
  'Exit code': String(result.exitCode),
  Proof: confirmText(result),
  'Peak memory': memory.peakRssBytes === null ? null : bytesText(memory.peakRssBytes),
})}`
}

function outcomes({ rows: { read, ...parts } }: LoadResult): string {
  const tones: Readonly<Record<string, Tone>> = {
    confirmed: 'good',
    unconfirmed: 'doubt',
    rejected: 'bad',
  }
  const rows = Object.entries(parts).map(([name, value]): Cell[] => {
    const share = percentText(read === 0 ? 0 : value / read)
    return [name, { value, of: Math.max(1, read), tone: tones[name] ?? 'plain' }, share]
  })
  const table = tableOf(['Outcome', 'Rows', 'Share'], [...rows, ['read', read, '']])
  return section('Outcome of the rows', table)
}

/** A share above 0 is never shown as 0 %, and a share below 1 never as 100 %. */
function percentText(share: number): string {
  if (share > 0 && share < 0.001) return '< 0.1 %'
  if (share < 1 && share > 0.999) return '> 99.9 %'
  return `${(share * 100).toFixed(1)} %`
}

function overTime(moments: readonly Moment[]): string {
  const counts = new Set(moments.map(({ sentRows }) => sentRows))
  const isNothing = counts.size > 0 && moments.at(-1)!.sentRows === 0
  const why = isNothing ? 'Nothing was sent.' : 'The run was too short for a chart.'
  return section('Over time', isNothing || counts.size < 3 ? paragraph(why) : chartOf(moments))
}

const chartSize = { width: 1000, height: 240, left: 60, bottom: 24, top: 8 }
const gridLines = 4

/** Rows sent and confirmed over time, as SVG: the steeper, the faster. */
function chartOf(moments: readonly Moment[]): string {
  const { width, height, left, bottom, top } = chartSize
  const curves = {
    sent: moments.map(({ sentRows }) => sentRows),
    good: moments.map(({ confirmedRows }) => confirmedRows),
  }
  const most = { x: moments.at(-1)!.elapsedMs, y: Math.max(...curves.sent, ...curves.good) }
  const x = (value: number): number => left + ((width - left) * value) / Math.max(1, most.x)
  const y = (value: number): number => height - bottom - ((height - bottom - top) * value) / most.y
  const lines = Object.entries(curves).map(([tone, values]) => {
    const points = moments.map(
      ({ elapsedMs }, i) => `${x(elapsedMs).toFixed(1)},${y(values[i]!).toFixed(1)}`,
    )
    return `<polyline class="${tone}" points="${points.join(' ')}"/>`
  })
  const grid = Array.from({ length: gridLines + 1 }, (_, i) => {
    const [across, up] = [(most.x * i) / gridLines, (most.y * i) / gridLines]
    const anchor = i === 0 ? 'start' : i === gridLines ? 'end' : 'middle'
    return `<line x1="${left}" x2="${width}" y1="${y(up)}" y2="${y(up)}"/><text x="${left - 8}" y="${y(up) + 4}" text-anchor="end">${shortCount(up)}</text><text x="${x(across)}" y="${height - 4}" text-anchor="${anchor}">${(across / 1000).toFixed(2)} s</text>`
  })
  return `<h3>Rows <span class="sent">sent</span> and <span class="good">confirmed</span></h3>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="Rows sent and confirmed">${[...grid, ...lines].join('')}</svg>`
}

function delivery(result: LoadResult): string {
  const { latencyMs, batches, batchRows, connections } = result
  const msText = (ms: number | null): string | null => (ms === null ? null : `${numberText(ms)} ms`)
  const list = listOf({
    'Batches sent': numberText(batches.sent),
    'sent again': numberText(batches.retried),
    'given up': numberText(batches.failed),
    'Limit of rows in a batch': batchRows === null ? null : numberText(batchRows),
    Connections: numberText(connections),
    'Half of the receipts came within': msText(latencyMs.p50),
    '95 % of the receipts came within': msText(latencyMs.p95),
    '99 % of the receipts came within': msText(latencyMs.p99),
  })
  return section('Delivery', list)
}

function rejects({ rejects: { byCode, first, files: kept } }: LoadResult): string {
  const title = 'Rejected rows by reason'
  const codes = Object.entries(byCode).toSorted(([, a], [, b]) => b - a)
  if (codes.length === 0) return section(title, paragraph('No row was rejected.'))
  const table = tableOf(
    ['Reason', 'Rows'],
    codes.map(([code, value]) => [code, { value, tone: 'bad' }]),
  )
  const examples = first.map(({ code, file, lineNumber, message }) =>
    escapeHtml(`${file}, line ${numberText(lineNumber)}: ${message} [${code}]`),
  )
  const list = `<h3>First such rows</h3><ul>${examples.map(html => `<li>${html}</li>`).join('')}</ul>`
  const where = kept.map(({ path, rows }) => `${path} (${numberText(rows)})`).join(', ')
  return section(title, table, list, where && paragraph(`Saved in ${where}`))
}

function columns({ columns: list }: LoadResult): string {
  if (list.length === 0) return ''
  const rows = list.map(({ name, type, nulls, coerced }): Cell[] => [
    ...[name, type, { value: nulls, tone: 'plain' as const }],
    { value: coerced, tone: 'bad' },
  ])
  return section(
    'Columns',
    tableOf(['Column', 'Type', 'Nulls', 'Bad cells that became null'], rows),
  )
}

function firstErrorText(error: LoadResult['inputs'][number]['firstError']): string {
  const line = error?.lineNumber ? `line ${numberText(error.lineNumber)}: ` : ''
  return error === null ? '' : `${line}${error.message}`
}

function files({ inputs, inputTotals: { count, bytes } }: LoadResult): string {
  if (count === 0) return ''
  const shown = inputs.slice(0, mostFiles)
  const rows = shown.map(({ path, rows: value, rejected, bytes: size, firstError }): Cell[] => [
    ...[path, { value, tone: 'sent' as const }, rejected, size, firstErrorText(firstError)],
  ])
  const left = count - shown.length
  return section(
    'Files',
    paragraph(`${numberText(count)} in all, total size ${bytesText(bytes)}`),
    rows.length === 0 ? '' : tableOf(['File', 'Rows', 'Rejected', 'Bytes', 'First error'], rows),
    left > 0 ? paragraph(`${numberText(left)} files are not listed.`) : '',
  )
}

function uncertain({ confirm }: LoadResult): string {
  if (confirm.uncertain.length === 0) return ''
  const rows = confirm.uncertain.map(({ file, firstLine, lastLine, batches, reason }) => [
    ...[file, `${numberText(firstLine)} – ${numberText(lastLine)}`, batches, reason],
  ])
  return section(
    'Lines that may or may not have arrived',
    tableOf(['File', 'Lines', 'Batches', 'Reason'], rows),
  )
}

/** A light and a dark page; each tone has a contrast of at least 3 to 1 with its background. */
const style = `
:root{color-scheme:light dark;--ground:#fff;--raised:#f5f6f8;--ink:#1b1f24;--faint:#5a6472;--rule:#d8dce2;
--sent:#2f6fdb;--good:#1a7f4b;--doubt:#a86400;--bad:#c4314b;--plain:#6b7685}
@media (prefers-color-scheme:dark){:root{--ground:#14171b;--raised:#1e2329;--ink:#e8eaed;--faint:#a3adba;--rule:#38404a;
--sent:#6ea0ff;--good:#4cc38a;--doubt:#e0a030;--bad:#ff7b8f;--plain:#8b95a3}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,"Noto Sans CJK SC","Microsoft YaHei",sans-serif}
main{max-width:1080px;margin:0 auto;padding:24px 20px 48px}
h1{font-size:24px;line-height:1.3;margin:0}
.about{margin:2px 0 0;color:var(--faint);overflow-wrap:anywhere}
h2{font-size:17px;margin:36px 0 10px}
h3{font-size:14px;margin:16px 0 6px;color:var(--faint);font-weight:600}
.status{border-left:5px solid var(--plain);background:var(--raised);padding:10px 14px;margin:14px 0;font-weight:600}
.status p{margin:4px 0 0;font-weight:400;overflow-wrap:anywhere}
.step::first-letter{text-transform:uppercase}
.status.loaded{border-color:var(--good)}.status.rejects,.status.unconfirmed,.status.interrupted{border-color:var(--doubt)}.status.failed{border-color:var(--bad)}
.tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(150px,1fr));gap:10px}
.tile{background:var(--raised);border-radius:8px;padding:10px 14px;color:var(--faint);font-size:13px}
.tile b{display:block;font-size:22px;line-height:1.3;color:var(--ink);font-variant-numeric:tabular-nums}
dl{display:grid;grid-template-columns:max-content 1fr;gap:4px 16px;margin:16px 0 0}
dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
.scroll{overflow:auto;max-height:440px}
table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}
th,td{text-align:left;padding:5px 12px 5px 0;border-bottom:1px solid var(--rule);vertical-align:top;font-weight:400;overflow-wrap:break-word}
thead th{color:var(--faint);font-size:13px;position:sticky;top:0;background:var(--ground);z-index:1;white-space:nowrap}
tbody th{min-width:130px}.number{text-align:right}td.number{white-space:nowrap;padding-left:12px}
td.with-bar{position:relative;min-width:140px}
.with-bar span:last-child{position:relative;padding-left:6px}
.bar{position:absolute;left:0;top:4px;height:24px;opacity:.3;border-radius:2px;min-width:1px}
.bar.sent{background:var(--sent)}.bar.good{background:var(--good)}.bar.doubt{background:var(--doubt)}.bar.bad{background:var(--bad)}.bar.plain{background:var(--plain)}
svg{width:100%;height:auto}svg line{stroke:var(--rule)}svg text{fill:var(--faint);font-size:12px}
polyline{fill:none;stroke-width:2}polyline.sent{stroke:var(--sent)}polyline.good{stroke:var(--good);stroke-dasharray:6 3}
h3 .sent{color:var(--sent)}h3 .good{color:var(--good)}
code{font:13px/1.5 ui-monospace,monospace;background:var(--raised);padding:2px 6px;border-radius:4px;overflow-wrap:anywhere;white-space:pre-wrap}
ul{margin:0;padding-left:26px}li{overflow-wrap:anywhere}footer{margin-top:40px;color:var(--faint);font-size:13px}
`
