/*
  Builds the page of --report: one self-contained HTML file with the result of a run and its progress over time.
*/
import { createHash } from 'node:crypto'
import type { LoadResult } from '../../load/options.js'
import { bytesText, durationText } from '../output/terminal-text.js'
import {
  dataScript,
  escapeHtml,
  numberText,
  section,
  tableOf,
  type Cell,
  type Tone,
} from './page-parts.js'
import { script, style } from './style.js'
import { speedsOf, type Moment } from './timeline.js'
import { inBothLanguages, pageWords, type PageWord } from './words.js'

export interface Plotting {
  readonly script: string
  readonly style: string
}

/** Content of the page besides the result. */
export interface PageContent {
  /** The language in which the page opens; default the browser's. */
  readonly language?: 'en' | 'zh' | undefined
  /** The command to run next, unless the result already contains it. */
  readonly next?: string | undefined
}

/** Limit of rows in the table of files; browsers show this many without delay. */
const mostFiles = 1_000
/** Number of time spans in the chart of speeds, and of rows in the tables next to the charts. */
const spans = { chart: 120, table: 20 }

/** A whole HTML document. It fetches nothing, and only its own scripts run. */
export function reportPage(
  result: LoadResult,
  moments: readonly Moment[],
  plotting: Plotting,
  { language, next }: PageContent = {},
): string {
  const scripts = [plotting.script, script]
  const allowed = scripts.map(
    text => `'sha256-${createHash('sha256').update(text).digest('base64')}'`,
  )
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src ${allowed.join(' ')}`
  const name = result.target.table ?? result.target.function ?? ''
  return `<!doctype html>
<html lang="en"${language === undefined ? '' : ` data-lang="${language}"`}>
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(name)} – ddb-ingest</title>
<style>${plotting.style}${style}</style>
</head>
<body><main>
${head(result, name, next)}
${outcomes(result)}
${overTime(moments)}
${latencies(result)}
${byConnection(result)}
${rejects(result)}
${columns(result)}
${files(result)}
${uncertain(result)}
<footer>ddb-ingest ${escapeHtml(result.version)} · ${escapeHtml(result.endedAt)}</footer>
</main>
${dataScript('moments', chartData(moments))}
${scripts.map(text => `<script>${text}</script>`).join('\n')}
</body>
</html>
`
}

function head(result: LoadResult, name: string, command: string | undefined): string {
  const { rows, rate, resume, error, exitCode, startedAt, endedAt, confirm, stored } = result
  const text = (value: string | null): string | null => value && escapeHtml(value)
  const note = confirm.note === null ? '' : `: ${escapeHtml(confirm.note)}`
  const { peakRssBytes } = result.memory
  const facts: [PageWord, string | null][] = [
    ['server', text(result.target.host)],
    ['run', text(result.runId)],
    ['began', text(startedAt)],
    ['lasted', durationText(Date.parse(endedAt) - Date.parse(startedAt))],
    ['exitCode', String(exitCode)],
    ['confirmedBy', inBothLanguages(confirm.used) + note],
    ['stored', stored.grade && inBothLanguages(stored.grade)],
    ['peakMemory', peakRssBytes === null ? null : bytesText(peakRssBytes)],
  ]
  const ways: [PageWord, string | null][] = [
    ['toGoOn', text(resume.command)],
    ['toLook', text(resume.look)],
    ['toRestart', text(resume.restart)],
    ['next', text(command ?? null)],
  ]
  const told = facts.filter(([, html]) => html !== null && html !== '')
  const next = ways
    .filter(([, html]) => html !== null)
    .map(([word, html]) => `<p>${inBothLanguages(word)}: <code>${html}</code></p>`)
  const why = error === null ? '' : `<p>${escapeHtml(`${error.message} [${error.code}]`)}</p>`
  return `<header><h1>${inBothLanguages('title')}</h1><button id="language" type="button">${inBothLanguages('toLanguage')}</button></header>
<p class="about">${escapeHtml(inputText(result))} → ${escapeHtml(name)}</p>
<div class="status ${result.status}">${inBothLanguages(result.status)}${why}${next.join('')}</div>
<div class="tiles">
${tile('rowsRead', numberText(rows.read))}
${tile('confirmed', numberText(rows.confirmed))}
${tile('rejected', numberText(rows.rejected))}
${tile('rowsPerSecond', numberText(rate.rowsPerSec))}
${tile('bytesPerSecond', bytesText(rate.bytesPerSec))}
</div>
<dl>
${told.map(([word, html]) => `<dt>${inBothLanguages(word)}</dt><dd>${html}</dd>`).join('\n')}
</dl>`
}

/** The paths of the first inputs; if there are more, also the number of all inputs. */
function inputText({ inputs, inputTotals: { count } }: LoadResult): string {
  const some = inputs.slice(0, 3).map(({ path }) => path)
  if (count <= some.length) return some.join(', ')
  return [...some, `… (${numberText(count)})`].join(', ')
}

function tile(word: PageWord, text: string): string {
  return `<div class="tile"><b>${escapeHtml(text)}</b>${inBothLanguages(word)}</div>`
}

function outcomes({ rows }: LoadResult): string {
  const parts: [PageWord, number, Tone][] = [
    ['confirmed', rows.confirmed, 'good'],
    ['filtered', rows.filtered, 'plain'],
    ['unconfirmedRows', rows.unconfirmed, 'doubt'],
    ['rejected', rows.rejected, 'bad'],
    ['skipped', rows.skipped, 'plain'],
    ['unsent', rows.unsent, 'plain'],
  ]
  const share = (count: number): number => (rows.read === 0 ? 0 : count / rows.read)
  const stack = parts
    .filter(([, count]) => count > 0)
    .map(([, count, tone]) => `<span class="bar ${tone}" style="flex:${share(count)}"></span>`)
  const table = tableOf(
    ['outcome', 'rows', 'share'],
    [
      ...parts.map(([word, count, tone]): Cell[] => [
        { html: inBothLanguages(word) },
        { value: count, share: share(count), tone },
        { figure: percentText(share(count)) },
      ]),
      [{ html: inBothLanguages('rowsRead') }, rows.read, ''],
    ],
  )
  return section(
    'outcomes',
    `<div class="stack" aria-hidden="true">${stack.join('')}</div>${table}`,
  )
}

/** A share above 0 is never shown as 0 %, and a share below 1 never as 100 %. */
function percentText(share: number): string {
  if (share > 0 && share < 0.001) return '< 0.1 %'
  if (share < 1 && share > 0.999) return '> 99.9 %'
  return `${(share * 100).toFixed(1)} %`
}

function overTime(moments: readonly Moment[]): string {
  const speeds = speedsOf(moments, spans.table)
  const steps = new Set(moments.map(({ sentRows }) => sentRows))
  if (steps.size < 3 || speeds.length === 0) {
    const why = moments.at(-1)?.sentRows === 0 ? 'nothingSent' : 'tooShort'
    return section('overTime', `<p>${inBothLanguages(why)}</p>`)
  }
  const step = Math.ceil(moments.length / spans.table)
  const some = moments.filter((_, index) => index % step === 0 || index === moments.length - 1)
  return section(
    'overTime',
    chart(
      'progress',
      'sentAndConfirmed',
      tableOf(
        ['seconds', 'sent', 'confirmed', 'rejected'],
        some.map(moment => [
          { figure: secondsText(moment.elapsedMs) },
          moment.sentRows,
          moment.confirmedRows,
          moment.rejectedRows,
        ]),
      ),
    ) +
      chart(
        'speed',
        'speed',
        tableOf(
          ['seconds', 'sent', 'confirmed'],
          speeds.map(({ fromMs, toMs, sentPerSec, confirmedPerSec }) => [
            { figure: `${secondsText(fromMs)} – ${secondsText(toMs)}` },
            Math.round(sentPerSec),
            Math.round(confirmedPerSec),
          ]),
        ),
      ),
  )
}

function chart(id: string, word: PageWord, table: string): string {
  const [en, zh] = pageWords[word]
  return `<h3>${inBothLanguages(word)}</h3><div class="chart" id="${id}" role="img" aria-label="${en} / ${zh}"></div>
<details><summary>${inBothLanguages('asTable')}</summary>${table}</details>`
}

const secondsText = (ms: number): string => (ms / 1000).toFixed(2)

/** Columns for the plotting library, and the words of its legends. */
function chartData(moments: readonly Moment[]): object {
  const speeds = speedsOf(moments, spans.chart)
  return {
    charts: {
      progress: [
        moments.map(({ elapsedMs }) => elapsedMs / 1000),
        moments.map(({ sentRows }) => sentRows),
        moments.map(({ confirmedRows }) => confirmedRows),
      ],
      speed: [
        speeds.map(({ toMs }) => toMs / 1000),
        speeds.map(({ sentPerSec }) => sentPerSec),
        speeds.map(({ confirmedPerSec }) => confirmedPerSec),
      ],
    },
    words: { seconds: pageWords.seconds, sent: pageWords.sent, confirmed: pageWords.confirmed },
  }
}

function latencies({ latencyMs, batches, batchRows, connections, threads }: LoadResult): string {
  const known = [
    ['50 %', latencyMs.p50],
    ['95 %', latencyMs.p95],
    ['99 %', latencyMs.p99],
  ] as const
  const most = latencyMs.p99 ?? 0
  const told = known.flatMap(([share, ms]): Cell[][] =>
    ms === null ? [] : [[share, { value: ms, share: most === 0 ? 0 : ms / most, tone: 'sent' }]],
  )
  const waited =
    told.length === 0
      ? `<p>${inBothLanguages('noLatency')}</p>`
      : tableOf(['percentile', 'milliseconds'], told)
  const facts: [PageWord, number | null][] = [
    ['batchesSent', batches.sent],
    ['batchesRetried', batches.retried],
    ['batchesFailed', batches.failed],
    ['batchRows', batchRows.found ?? batchRows.first],
    ['connections', connections],
    ['threads', threads],
  ]
  const list = facts
    .filter(([, count]) => count !== null)
    .map(([word, count]) => `<dt>${inBothLanguages(word)}</dt><dd>${numberText(count!)}</dd>`)
  return section(
    'latency',
    `${waited}<h3>${inBothLanguages('batches')}</h3><dl>${list.join('')}</dl>`,
  )
}

/** The rows and latencies of each connection; empty if the run had only one connection. */
function byConnection({ byConnection: all }: LoadResult): string {
  if (all.length < 2) return ''
  const most = (of: (one: (typeof all)[number]) => number | null): number =>
    Math.max(1, ...all.map(one => of(one) ?? 0))
  const mostRows = most(({ rows }) => rows)
  const mostMs = most(({ latencyMs }) => latencyMs.p95)
  return section(
    'byConnection',
    tableOf(
      ['connection', 'rows', 'batches', 'bytes', 'halfWithin', 'mostWithin'],
      all.map(({ rows, batches, bytes, latencyMs: { p50, p95 } }, index) => [
        String(index + 1),
        { value: rows, share: rows / mostRows, tone: 'sent' },
        batches,
        bytes,
        p50 ?? '',
        p95 === null ? '' : { value: p95, share: p95 / mostMs, tone: 'plain' },
      ]),
    ),
  )
}

function rejects({ rejects: { byCode, first, files: kept }, rows }: LoadResult): string {
  const codes = Object.entries(byCode).toSorted(([, a], [, b]) => b - a)
  if (codes.length === 0) return section('rejectReasons', `<p>${inBothLanguages('noRejects')}</p>`)
  const most = codes[0]![1]
  const table = tableOf(
    ['reason', 'rows', 'firstLines'],
    codes.map(([code, count]) => [
      code,
      { value: count, share: count / most, tone: 'bad' },
      {
        html: `<ul>${first
          .filter(reject => reject.code === code)
          .map(
            ({ file, lineNumber, message }) =>
              `<li>${place(file, lineNumber)}: ${escapeHtml(message)}</li>`,
          )
          .join('')}</ul>`,
      },
    ]),
  )
  const where = kept.map(({ path, rows: count }) => `${path} (${numberText(count)})`).join(', ')
  const keptText =
    where === '' ? '' : `<p>${inBothLanguages('rejectsFile')} ${escapeHtml(where)}</p>`
  return rows.rejected === 0 ? '' : section('rejectReasons', table + keptText)
}

function place(file: string, lineNumber: number): string {
  return `${escapeHtml(file)}, ${inBothLanguages('line')} ${numberText(lineNumber)}`
}

function columns({ columns: list }: LoadResult): string {
  if (list.length === 0) return ''
  const most = Math.max(1, ...list.map(({ nulls, coerced }) => Math.max(nulls, coerced)))
  return section(
    'columns',
    tableOf(
      ['column', 'type', 'nulls', 'coerced'],
      list.map(({ name, type, nulls, coerced }) => [
        name,
        type,
        { value: nulls, share: nulls / most, tone: 'plain' },
        { value: coerced, share: coerced / most, tone: 'bad' },
      ]),
    ),
  )
}

function files({ inputs, inputTotals }: LoadResult): string {
  if (inputTotals.count === 0) return ''
  const shown = inputs.slice(0, mostFiles)
  const most = Math.max(1, ...shown.map(({ rows }) => rows))
  const table = tableOf(
    ['file', 'rows', 'rejected', 'bytes', 'firstError'],
    shown.map(({ path, rows, rejected, bytes, firstError }) => [
      path,
      { value: rows, share: rows / most, tone: 'sent' },
      rejected,
      bytes,
      firstError === null ? '' : `${firstError.lineNumber ?? ''} ${firstError.message}`.trim(),
    ]),
  )
  const more = inputs.length - shown.length
  const left = more > 0 ? `<p>${numberText(more)} ${inBothLanguages('moreFiles')}</p>` : ''
  const note = inputs.length < inputTotals.count ? `<p>${inBothLanguages('onlyWrong')}</p>` : ''
  const total = `<p>${numberText(inputTotals.count)} ${inBothLanguages('filesOf')} ${bytesText(inputTotals.bytes)}</p>`
  return section('files', total + note + (shown.length === 0 ? '' : table) + left)
}

function uncertain({ confirm }: LoadResult): string {
  if (confirm.uncertain.length === 0) return ''
  return section(
    'uncertain',
    tableOf(
      ['file', 'lines', 'batches', 'reason'],
      confirm.uncertain.map(({ file, firstLine, lastLine, batches, reason }) => [
        file,
        `${numberText(firstLine)} – ${numberText(lastLine)}`,
        batches,
        reason,
      ]),
    ),
  )
}
