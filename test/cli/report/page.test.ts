/*
  --report: a page with the result of the run, which opens without a network and runs no script.
*/
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { emptyResult } from '../../../src/cli/output/summary.js'
import type { NextStep } from '../../../src/cli/output/run-report.js'
import { newTimeline, type Moment } from '../../../src/cli/output/progress.js'
import { reportPage } from '../../../src/cli/report/page.js'
import type { LoadReport, LoadResult } from '../../../src/load/options.js'
import { noRows } from '../../../src/load/outcomes/run-state.js'
import { runMain } from '../run-cli.js'
import { deepTest } from '../../helpers/runs.js'
import { startServerFor } from '../../helpers/load-server.js'

const asked = { server: { host: 'h', port: 8848 }, target: { table: 'trades' } }

const result = (given: Partial<LoadResult> = {}): LoadResult => ({
  ...emptyResult(asked, new Date('2024-01-01T00:00:00Z'), new Error('no')),
  status: 'loaded',
  exitCode: 0,
  error: null,
  ...given,
})

const input: LoadResult['inputs'][number] = {
  ...{ path: 'a.csv', format: 'csv', compression: 'none', bytes: 1, rows: 1, rejected: 0 },
  contentBytes: { read: 1, rows: 1, rejected: 0, header: 0, other: 0, skipped: 0 },
  ...{ firstError: null, detected: null, ragged: 0 },
}

const moments: Moment[] = Array.from({ length: 50 }, (_, index) => ({
  elapsedMs: index * 100,
  sentRows: index * 1000,
  confirmedRows: index * 900,
}))

/** The text of the page, without tags. */
function textOf(page: string): string {
  return page
    .replace(/<(style|svg)[^]*?<\/\1>/g, ' ')
    .replaceAll(/<[^>]*>/g, ' ')
    .replaceAll('&#60;', '<')
    .replaceAll('&#62;', '>')
    .replaceAll(/\s+/g, ' ')
}

t.test('rows are shown by outcome, and no share is rounded to nothing or to all', async t => {
  const rows = { ...noRows(), read: 1e7, confirmed: 1e7 - 2, unconfirmed: 1, rejected: 1 }
  const text = textOf(reportPage(result({ rows }), moments))
  t.match(
    text,
    / confirmed 9,999,998 > 99\.9 % filtered 0 0\.0 % unconfirmed 1 < 0\.1 % rejected 1 < 0\.1 % /,
  )
  t.match(text, /unsent 0 0\.0 % read 10,000,000 /)
})

t.test('a run that was loaded before names the proof of the process that loaded it', async t => {
  const rows = { ...noRows(), read: 5, skipped: 5 }
  const text = textOf(reportPage(result({ rows, alreadyLoaded: true }), moments))
  t.match(text, / Proof confirmed by an earlier process /)
})

t.test('texts from files and servers stay plain text everywhere', async t => {
  const evil = `<img src=x onerror=alert(1)>"'&</script><script>alert(2)</script>\u202e\u0007\ud800`
  const page = reportPage(
    result({
      runId: evil,
      status: 'failed',
      target: { host: evil, table: evil, function: null, method: 'insert' },
      error: { code: 'DDB_SERVER', message: evil, fix: null },
      rows: { ...noRows(), read: 2, confirmed: 1, rejected: 1 },
      inputTotals: { count: 1, bytes: 3 },
      inputs: [{ ...input, path: evil, firstError: { code: 'X', message: evil, lineNumber: 1 } }],
      rejects: {
        file: evil,
        files: [{ path: evil, rows: 1 }],
        unplaced: 0,
        byClass: { parse: 1, type: 0, server: 0 },
        byCode: { [evil]: 1 },
        first: [{ code: evil, file: evil, lineNumber: 1, message: evil }],
      },
      columns: [{ name: evil, type: 'INT', nulls: 1, coerced: 0 }],
      confirm: {
        ...result().confirm,
        uncertain: [{ file: evil, firstLine: 1, lastLine: 2, batches: 1, reason: evil }],
      },
    }),
    moments,
    [{ when: 'next', command: evil }],
  )
  t.notMatch(page, '<img')
  t.notMatch(page, 'alert(2)</script>')
  for (const sign of '\u202e\u0007\ud800') t.notOk(page.includes(sign))
  t.notMatch(page, '<script')
  t.match(page, '\\u202e')
})

t.test('no script may run, and nothing is fetched', async t => {
  const page = reportPage(result(), moments)
  t.match(page, `content="default-src 'none'; style-src 'unsafe-inline'"`)
  t.notMatch(page, /<script|(?:src|href)=|@import|url\(|https?:/)
})

t.test('the chart shows every moment within its frame', async t => {
  const page = reportPage(result(), moments)
  const curves = [...page.matchAll(/<polyline class="(\w+)" points="([^"]*)"/g)]
  const tones = curves.map(([, tone]) => tone)
  t.strictSame(tones, ['sent', 'good'])
  const points = curves.map(([, , list]) =>
    list!.split(' ').map(pair => pair.split(',').map(Number)),
  )
  const lengths = points.map(({ length }) => length)
  t.strictSame(lengths, [50, 50])
  t.ok(points.flat().every(([x, y]) => x! >= 60 && x! <= 1000 && y! >= 8 && y! <= 216))
  t.strictSame(points[0]!.at(-1), [1000, 8], 'the last moment has the most rows')
  t.strictSame(points[1]![0], [60, 216])
  t.match(page, '>49.0k</text>')
  t.match(page, '>4.90 s</text>')
})

t.test('a short run, or one of at most one batch, has no chart: it would be empty', async t => {
  const sent = (rows: number): Moment[] =>
    moments.map((moment, index) => ({ ...moment, sentRows: index < 40 ? 0 : rows }))
  t.strictSame(newTimeline().moments(), [])
  t.match(textOf(reportPage(result(), [])), 'The run was too short for a chart.')
  const nothing = reportPage(result(), sent(0))
  t.match(textOf(nothing), 'Nothing was sent.')
  const one = reportPage(result(), sent(9))
  t.match(textOf(one), 'The run was too short for a chart.')
  for (const page of [nothing, one]) t.notMatch(page, '<svg')
})

t.test('inputs and the next steps come before the figures', async t => {
  const inputs = ['a.csv', 'b.csv', 'c.csv', 'd.csv'].map(path => ({ ...input, path }))
  const top = (given: Partial<LoadResult>, steps: readonly NextStep[] = []): string =>
    textOf(reportPage(result(given), [], steps)).split('Rows read')[0]!
  const inputTotals = { count: 4, bytes: 4 }
  const audit = { when: 'to find out which rows are there', command: 'ddb-ingest audit r' }
  const next = { when: 'next', command: 'ddb-ingest retry r.csv' }
  t.match(
    top({ inputs, inputTotals }, [audit, next]),
    / a\.csv, b\.csv, c\.csv, … \(4\) → .* to find out which rows are there: ddb-ingest audit r next: ddb-ingest retry r\.csv 0 $/,
  )
  const inputsOfOne = { inputs: inputs.slice(0, 1), inputTotals: { count: 1, bytes: 1 } }
  t.match(top(inputsOfOne), / a\.csv → .* accounted for 0 $/)
  const none = { ...result().confirm, used: 'none' as const }
  const rows = { ...result().rows, confirmed: 0, unconfirmed: 9 }
  t.match(top({ ...inputsOfOne, confirm: none, rows }), /Handed over: nothing proves .* arrived/)
})

t.test('numbers and their headings are right aligned', async t => {
  const page = reportPage(
    result({ columns: [{ name: 'a', type: 'INT', nulls: 7, coerced: 0 }] }),
    moments,
  )
  t.match(page, '<th scope="col">Column</th>')
  t.match(page, '<th scope="col" class="number">Nulls</th>')
  t.match(page, /\.number\{text-align:right\}/)
})

t.test('of many files, a thousand are shown, and the rest is counted', async t => {
  const inputs = Array.from({ length: 1_234 }, (_, index) => ({ ...input, path: `f${index}.csv` }))
  const text = textOf(reportPage(result({ inputs, inputTotals: { count: 1_234, bytes: 1 } }), []))
  t.match(text, 'f999.csv')
  t.notMatch(text, 'f1000.csv')
  t.match(text, /234 files are not listed\./)
})

t.test('a load writes the page', async t => {
  const server = await startServerFor(t, {
    initScript: 'share streamTable(1:0, `id`sym, [INT, STRING]) as trades',
  })
  const folder = t.testdir({})
  const rows = Array.from({ length: 30_000 }, (_, index) => `${index === 77 ? 'x' : index},s\n`)
  writeFileSync(join(folder, 'in.csv'), `id,sym\n${rows.join('')}`)
  const path = join(folder, 'report.html')
  const to = ['-t', 'trades', '--host', `127.0.0.1:${server.port}`, '--report', path]
  // The load is slow enough for several moments in the chart.
  const slowly = ['--rate-limit', '60krows/s', '--batch-rows', '1000']
  const kept = ['--rejects', join(folder, 'rejects.csv')]
  const { code } = await runMain(['load', join(folder, 'in.csv'), ...to, ...kept, ...slowly])
  t.equal(code, 3)
  const text = textOf(readFileSync(path, 'utf8'))
  t.match(text, /Rows read .* confirmed 29,999 /)
  t.match(text, /DDB_INPUT_CELL 1 First such rows \S*in\.csv, line 79: INT column/)
  t.match(text, / next: ddb-ingest retry \S*rejects\.csv /)
  t.match(readFileSync(path, 'utf8'), '<svg')
})

t.test('after rows are stored, the page suggests the same steps as the terminal', async t => {
  const server = await startServerFor(t, {
    initScript: 'share streamTable(1:0, `id`sym, [INT, STRING]) as trades',
  })
  const folder = t.testdir({ 'in.csv': `id,sym\n${'1,s\n'.repeat(50)}x,s\n` })
  const path = join(folder, 'report.html')
  const to = ['-t', 'trades', '--host', `127.0.0.1:${server.port}`, '--report', path]
  const { code, stderr } = await runMain(['load', join(folder, 'in.csv'), ...to, '-b', '10'])
  t.equal(code, 65)
  const next = /^next: (ddb-ingest audit \S+\.csv .*)$/m.exec(stderr)?.[1]
  t.ok(next, stderr)
  t.match(textOf(readFileSync(path, 'utf8')), ` next: ${next} 51 Rows read`)
})

const reportAt = (elapsedMs: number, sentRows: number, confirmed: number): LoadReport => ({
  phase: 'loading',
  input: undefined,
  rows: { ...noRows(), read: sentRows, confirmed },
  sentRows,
  sentBatches: 0,
  inFlightBytes: 0,
  bytesRead: 0,
  totalBytes: undefined,
  elapsedMs,
})

deepTest(t, 'a week of reports takes limited memory, with first and last moment', async t => {
  const timeline = newTimeline()
  const count = 100_003
  for (let index = 0; index < count; index++) timeline.add(reportAt(index * 100, index * 7, index))
  const moments = timeline.moments()
  t.ok(moments.length <= 401, `${moments.length} moments`)
  t.ok(moments.length >= 199, `${moments.length} moments`)
  t.match(moments[0], { elapsedMs: 0, sentRows: 0 })
  t.match(moments.at(-1), { elapsedMs: (count - 1) * 100, confirmedRows: count - 1 })
  const gaps = moments
    .slice(1, -1)
    .map(({ elapsedMs }, index) => elapsedMs - moments[index]!.elapsedMs)
  t.equal(new Set(gaps).size, 1, 'evenly thinned')
})
