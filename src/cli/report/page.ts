/*
  Builds the page of --report: one self-contained HTML file with the result of a run and its progress over time. The page
  fetches nothing and runs no script.
*/
import type { LoadReport, LoadResult } from '../../load/options.js'
import { confirmationWords } from '../../load/transport/confirmations.js'
import { bytesText, durationText, shortCount } from '../output/terminal-text.js'
import { style } from './style.js'

/** Limit of rows in the table of files; browsers show this many without delay. */
const mostFiles = 1_000

const statusTexts: Readonly<Record<LoadResult['status'], string>> = {
  loaded: 'Loaded: every row is accounted for',
  rejects: 'Loaded, and some rows were rejected',
  unconfirmed: 'The outcome of some rows is unknown',
  failed: 'The run failed',
  interrupted: 'The run was interrupted',
}

/** A whole HTML document. @param next  the command to run next, unless the result already contains it */
export function reportPage(result: LoadResult, moments: readonly Moment[], next?: string): string {
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
${head(result, name, next)}
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

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Text for elements and attributes; control characters become visible. */
function escapeHtml(text: string): string {
  return text
    .replaceAll(/[&<>"']/g, sign => entities[sign]!)
    .replaceAll(
      /[\p{Cc}\p{Cf}\p{Cs}]/gu,
      sign => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
}

type Tone = 'sent' | 'good' | 'doubt' | 'bad' | 'plain'

/** A cell of a table: text, a number, or a number with a bar for its share of a whole. */
type Cell = string | number | { readonly value: number; readonly of: number; readonly tone: Tone }

function tableOf(heads: readonly string[], rows: readonly (readonly Cell[])[]): string {
  const head = heads.map((text, i) => {
    const form = typeof (rows[0]?.[i] ?? '') === 'string' ? '' : ' class="number"'
    return `<th scope="col"${form}>${text}</th>`
  })
  const body = rows.map(cells => `<tr>${cells.map(cellHtml).join('')}</tr>`).join('\n')
  return `<div class="scroll"><table><thead><tr>${head.join('')}</tr></thead><tbody>\n${body}\n</tbody></table></div>`
}

function cellHtml(cell: Cell, index: number): string {
  if (typeof cell === 'string') {
    const text = escapeHtml(cell)
    return index === 0 ? `<th scope="row">${text}</th>` : `<td>${text}</td>`
  }
  if (typeof cell === 'number') return `<td class="number">${numberText(cell)}</td>`
  const { value, of, tone } = cell
  const width = of === 0 ? 0 : Math.max(0, Math.min(1, value / of)) * 100
  const bar =
    width === 0 ? '' : `<span class="bar ${tone}" style="width:${width.toFixed(1)}%"></span>`
  return `<td class="number with-bar">${bar}<span>${numberText(value)}</span></td>`
}

/** Thousands separators, and up to three decimals for values below 10. */
function numberText(value: number): string {
  return value.toLocaleString('en-US', { maximumFractionDigits: Math.abs(value) < 10 ? 3 : 0 })
}

function section(title: string, content: string): string {
  return `<section><h2>${title}</h2>\n${content}\n</section>`
}

/** Names and texts; a text that is null is left out. */
function listOf(facts: Readonly<Record<string, string | null>>): string {
  const told = Object.entries(facts).flatMap(([name, text]) =>
    text === null ? [] : [`<dt>${name}</dt><dd>${escapeHtml(text)}</dd>`],
  )
  return `<dl>${told.join('\n')}</dl>`
}

function head(result: LoadResult, name: string, command: string | undefined): string {
  const { rows, rate, resume, error, status, startedAt, endedAt, confirm, target, memory } = result
  const { inputs, inputTotals } = result
  const steps = {
    'To go on': resume.command,
    'To look for rows of this run': resume.look,
    'To load everything again, if none of its rows are there': resume.restart,
    Next: command ?? null,
  }
  const told = Object.entries(steps).flatMap(([label, text]) =>
    text === null ? [] : [`<p>${label}: <code>${escapeHtml(text)}</code></p>`],
  )
  const why = error === null ? '' : `<p>${escapeHtml(`${error.message} [${error.code}]`)}</p>`
  const some = inputs.slice(0, 3).map(({ path }) => path)
  const more = inputTotals.count > some.length ? [`… (${numberText(inputTotals.count)})`] : []
  const tiles = {
    'Rows read': numberText(rows.read),
    confirmed: numberText(rows.confirmed),
    rejected: numberText(rows.rejected),
    'Rows a second': numberText(rate.rowsPerSec),
    'Bytes a second': bytesText(rate.bytesPerSec),
  }
  const note = confirm.note === null ? '' : `: ${confirm.note}`
  return `<h1>Load report</h1>
<p class="about">${escapeHtml([...some, ...more].join(', '))} → ${escapeHtml(name)}</p>
<div class="status ${status}">${statusTexts[status]}${why}${told.join('')}</div>
<div class="tiles">
${Object.entries(tiles)
  .map(([label, text]) => `<div class="tile"><b>${text}</b>${label}</div>`)
  .join('\n')}
</div>
${listOf({
  Server: target.host,
  Run: result.runId,
  Started: startedAt,
  Took: durationText(Date.parse(endedAt) - Date.parse(startedAt)),
  'Exit code': String(result.exitCode),
  Proof: `${confirmationWords[confirm.used]}${note}`,
  'Peak memory': memory.peakRssBytes === null ? null : bytesText(memory.peakRssBytes),
})}`
}

const tones: Readonly<Record<Exclude<keyof LoadResult['rows'], 'read'>, Tone>> = {
  confirmed: 'good',
  filtered: 'plain',
  unconfirmed: 'doubt',
  rejected: 'bad',
  skipped: 'plain',
  unsent: 'plain',
}

function outcomes({ rows: { read, ...parts } }: LoadResult): string {
  const table = tableOf(
    ['Outcome', 'Rows', 'Share'],
    [
      ...Object.entries(parts).map(([name, value]): Cell[] => [
        name,
        { value, of: read, tone: tones[name as keyof typeof tones] },
        percentText(read === 0 ? 0 : value / read),
      ]),
      ['read', read, ''],
    ],
  )
  return section('Outcome of the rows', table)
}

/** A share above 0 is never shown as 0 %, and a share below 1 never as 100 %. */
function percentText(share: number): string {
  if (share > 0 && share < 0.001) return '< 0.1 %'
  if (share < 1 && share > 0.999) return '> 99.9 %'
  return `${(share * 100).toFixed(1)} %`
}

function overTime(moments: readonly Moment[]): string {
  if (new Set(moments.map(({ sentRows }) => sentRows)).size < 3) {
    const why =
      moments.at(-1)?.sentRows === 0 ? 'Nothing was sent.' : 'The run was too short for a chart.'
    return section('Over time', `<p>${why}</p>`)
  }
  return section(
    'Over time',
    chart('Rows sent and confirmed', {
      ms: moments.map(({ elapsedMs }) => elapsedMs),
      sent: moments.map(({ sentRows }) => sentRows),
      good: moments.map(({ confirmedRows }) => confirmedRows),
    }) +
      chart('Speed, rows a second', {
        ms: moments.slice(1).map(({ elapsedMs }) => elapsedMs),
        sent: speedsOf(moments, 'sentRows'),
        good: speedsOf(moments, 'confirmedRows'),
      }),
  )
}

/** Rows a second from each moment to the next. */
function speedsOf(moments: readonly Moment[], rows: 'sentRows' | 'confirmedRows'): number[] {
  return moments.slice(1).map((moment, i) => {
    const seconds = Math.max(moment.elapsedMs - moments[i]!.elapsedMs, 1) / 1000
    return Math.max(0, moment[rows] - moments[i]![rows]) / seconds
  })
}

interface Curves {
  readonly ms: readonly number[]
  readonly sent: readonly number[]
  readonly good: readonly number[]
}

const chartSize = { width: 1000, height: 240, left: 60, bottom: 24, top: 8 }
const gridLines = 4

/** Two curves over time as SVG. */
function chart(title: string, { ms, sent, good }: Curves): string {
  const { width, height, left, bottom, top } = chartSize
  const most = { x: Math.max(1, ms.at(-1)!), y: Math.max(1, ...sent, ...good) }
  const x = (value: number): number => left + ((width - left) * value) / most.x
  const y = (value: number): number => height - bottom - ((height - bottom - top) * value) / most.y
  const curve = (values: readonly number[], tone: Tone): string => {
    const points = values.map((value, i) => `${x(ms[i]!).toFixed(1)},${y(value).toFixed(1)}`)
    return `<polyline class="${tone}" points="${points.join(' ')}"/>`
  }
  const grid = Array.from({ length: gridLines + 1 }, (_, i) => {
    const [across, up] = [(most.x * i) / gridLines, (most.y * i) / gridLines]
    const anchor = i === 0 ? 'start' : i === gridLines ? 'end' : 'middle'
    return `<line x1="${left}" x2="${width}" y1="${y(up)}" y2="${y(up)}"/><text x="${left - 8}" y="${y(up) + 4}" text-anchor="end">${shortCount(up)}</text><text x="${x(across)}" y="${height - 4}" text-anchor="${anchor}">${(across / 1000).toFixed(2)} s</text>`
  })
  return `<h3>${title}: <span class="sent">sent</span>, <span class="good">confirmed</span></h3>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}">${grid.join('')}${curve(sent, 'sent')}${curve(good, 'good')}</svg>`
}

function delivery({
  latencyMs,
  batches,
  batchRows,
  connections,
  byConnection,
}: LoadResult): string {
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
  if (byConnection.length < 2) return section('Delivery', list)
  const of = Math.max(1, ...byConnection.map(({ rows }) => rows))
  const table = tableOf(
    ['Connection', 'Rows', 'Batches', 'Bytes', '50 % (ms)', '95 % (ms)'],
    byConnection.map(({ rows: value, batches: sent, bytes, latencyMs: { p50, p95 } }, i) => [
      ...[String(i + 1), { value, of, tone: 'sent' as const }, sent, bytes],
      ...[p50 ?? '', p95 ?? ''],
    ]),
  )
  return section('Delivery', list + table)
}

function rejects({ rejects: { byCode, first, files: kept } }: LoadResult): string {
  const title = 'Rejected rows by reason'
  const codes = Object.entries(byCode).toSorted(([, a], [, b]) => b - a)
  if (codes.length === 0) return section(title, '<p>No row was rejected.</p>')
  const of = codes[0]![1]
  const table = tableOf(
    ['Reason', 'Rows'],
    codes.map(([code, value]) => [code, { value, of, tone: 'bad' }]),
  )
  const examples = first.map(({ code, file, lineNumber, message }) =>
    escapeHtml(`${file}, line ${numberText(lineNumber)}: ${message} [${code}]`),
  )
  const list = `<h3>First such rows</h3><ul>${examples.map(html => `<li>${html}</li>`).join('')}</ul>`
  const where = kept.map(({ path, rows }) => `${path} (${numberText(rows)})`).join(', ')
  return section(title, table + list + (where && `<p>Saved in ${escapeHtml(where)}</p>`))
}

function columns({ columns: list }: LoadResult): string {
  if (list.length === 0) return ''
  const of = Math.max(1, ...list.map(({ nulls, coerced }) => Math.max(nulls, coerced)))
  return section(
    'Columns',
    tableOf(
      ['Column', 'Type', 'Nulls', 'Bad cells that became null'],
      list.map(({ name, type, nulls, coerced }) => [
        ...[name, type, { value: nulls, of, tone: 'plain' as const }],
        { value: coerced, of, tone: 'bad' },
      ]),
    ),
  )
}

function files({ inputs, inputTotals: { count, bytes } }: LoadResult): string {
  if (count === 0) return ''
  const shown = inputs.slice(0, mostFiles)
  const of = Math.max(1, ...shown.map(({ rows }) => rows))
  const table = tableOf(
    ['File', 'Rows', 'Rejected', 'Bytes', 'First error'],
    shown.map(({ path, rows: value, rejected, bytes: size, firstError }) => [
      ...[path, { value, of, tone: 'sent' as const }, rejected, size],
      firstError === null ? '' : `${firstError.lineNumber ?? ''} ${firstError.message}`.trim(),
    ]),
  )
  const total = `<p>${numberText(count)} in all, total size ${bytesText(bytes)}</p>`
  const left = count - shown.length
  const more = left > 0 ? `<p>${numberText(left)} files are not listed.</p>` : ''
  return section('Files', total + (shown.length === 0 ? '' : table) + more)
}

function uncertain({ confirm }: LoadResult): string {
  if (confirm.uncertain.length === 0) return ''
  return section(
    'Lines that may or may not have arrived',
    tableOf(
      ['File', 'Lines', 'Batches', 'Reason'],
      confirm.uncertain.map(({ file, firstLine, lastLine, batches, reason }) => [
        file,
        `${numberText(firstLine)} – ${numberText(lastLine)}`,
        ...[batches, reason],
      ]),
    ),
  )
}

/** Progress since the run began: time in ms, and rows. */
export interface Moment {
  readonly elapsedMs: number
  readonly sentRows: number
  readonly confirmedRows: number
}

export interface Timeline {
  add(this: void, report: LoadReport): void
  moments(): readonly Moment[]
}

const mostMoments = 400

/** Drops every second moment whenever there are too many: memory does not grow with the length of a run. */
export function newTimeline(): Timeline {
  let moments: Moment[] = []
  let latest: Moment | undefined
  let every = 1
  let seen = 0
  return {
    add({ elapsedMs, sentRows, rows: { confirmed: confirmedRows } }) {
      latest = { elapsedMs, sentRows, confirmedRows }
      if (seen++ % every !== 0) return
      moments.push(latest)
      if (moments.length < mostMoments) return
      moments = moments.filter((_, index) => index % 2 === 0)
      every *= 2
    },
    moments: () =>
      latest === undefined || latest === moments.at(-1) ? moments : [...moments, latest],
  }
}
