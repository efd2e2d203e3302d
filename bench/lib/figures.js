/*
  Figures of the benchmarks: the table on standard output, and what is published: bench/results.json, the table in docs/speed.md, and
  docs/bench.svg, the picture in the README. A complete run publishes itself. After a run with `--scale`, or to draw the same figures again:
    node bench/lib/figures.js          from bench/results/all.json, which Git ignores
    node bench/lib/figures.js again    from bench/results.json
*/
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { fileURLToPath } from 'node:url'

/**
 * One figure. `work` describes the work in words. `ours` and `reference` are in `unit`; `ratio` is their ratio, and `bar` the limit for
 * it, `{ atLeast }` or `{ atMost }`. If the reference cannot do the work, `reference` and `ratio` are missing, and `note` may say why.
 * Figures of other programs also have the names of file (`input`) and program (`against`), and the processor time of both.
 * @typedef {{ work: string, unit: string, ours: number, reference?: number,
 *   ratio?: number, bar?: { atLeast?: number, atMost?: number }, note?: string,
 *   input?: string, against?: string }} Figure
 */

/** The figure of work that took `ours` seconds, and in another way `reference` seconds. */
export function figureOf(work, { ours, reference }, bar, more = {}) {
  const quotient = bar?.atMost === undefined ? reference / ours : ours / reference
  const ratio = reference === undefined ? undefined : quotient
  return { work, unit: 's', ours, reference, ratio, bar, ...more }
}

const meets = ({ ratio, bar: { atLeast = -Infinity, atMost = Infinity } }) =>
  ratio >= atLeast && ratio <= atMost

const short = number => String(Number(number.toPrecision(3)))

function rowOf(figure) {
  const { work, unit, ours, reference, ratio, bar, note = '' } = figure
  const limit = bar?.atLeast === undefined ? `at most ${bar?.atMost}` : `at least ${bar.atLeast}`
  const verdict = bar && ratio ? `${meets(figure) ? 'met' : 'MISSED'} (${limit})` : note
  if (ratio === undefined) return [work, `${short(ours)} ${unit}`, '–', '–', verdict]
  return [work, `${short(ours)} ${unit}`, `${short(reference)} ${unit}`, short(ratio), verdict]
}

const tableOf = rows =>
  [['work', 'ours', 'reference', 'ratio', 'bar'], Array(5).fill('---'), ...rows]
    .map(cells => `| ${cells.join(' | ')} |`)
    .join('\n')

/** The page with a new table of the results, between `<!-- figures -->` and `<!-- end -->`. */
export function withTable(page, { at, machine, scale, repeats, loadBefore, figures }) {
  const { cpu, cores, node } = machine
  const inputs = scale === 1 ? 'whole inputs' : `inputs of ${short(scale)} times the length`
  const others =
    loadBefore < 1 ? '' : `; other work was going on (load ${short(loadBefore)} at the start)`
  const conditions =
    `${at.slice(0, 10)}, Node ${node.slice(1)}, ${cores} cores (${cpu}), ${inputs}, ` +
    `medians of ${repeats}${others}.`
  return page.replace(
    /(<!-- figures -->\n)[^]*?(\n<!-- end -->)/,
    (_, before, after) => `${before}\n${conditions}\n\n${tableOf(figures.map(rowOf))}\n${after}`,
  )
}

const panels = [
  { input: 'narrow.csv', title: '4 columns' },
  { input: 'wide.csv', title: '40 numbers' },
  { input: 'text.csv', title: 'quoted text' },
]

/** Bars of a panel, from the top: the compared program, and its name in the picture. */
const bars = [
  [undefined, 'ddb-ingest, loaded'],
  ['its own parser alone', 'ddb-ingest, parsed'],
  ['DuckDB, one thread', 'DuckDB'],
  ['uDSV', 'uDSV'],
  ['csv-parse', 'csv-parse'],
  ['a loader of the official JavaScript client', 'official JS client'],
]

/**
 * For each program that was measured, the input that it reads in a second of processor time, as a multiple of what csv-parse reads.
 * Processor time is used because other programs on the machine hardly change it.
 */
function speeds(figures, input) {
  const secondsOf = name =>
    figures.find(figure => figure.input === input && figure.against === name)?.processorSeconds
  const { ours, reference } = secondsOf('csv-parse')
  return bars.flatMap(([against, label], row) => {
    const seconds = against === undefined ? ours : secondsOf(against)?.reference
    return seconds === undefined
      ? []
      : [{ row, label, speed: Number((reference / seconds).toPrecision(2)) }]
  })
}

const title = 'CSV in a second of processor time, csv-parse = 1'

/** The figures of the picture in words, for readers who cannot see it. */
export function pictureText({ figures }) {
  const lines = panels.map(({ input, title }) => {
    const known = speeds(figures, input).map(({ label, speed }) => `${label} ${speed}`)
    return `${title}: ${known.join(', ')}`
  })
  return `In a second of processor time, csv-parse = 1. ${lines.join('. ')}.`
}

/** The picture as SVG for light and dark pages: how much of each input each program reads in a second of processor time. */
export function drawPicture(results) {
  const text = (x, y, content, more = '') => `<text x="${x}" y="${y}"${more}>${content}</text>`
  const drawn = panels.flatMap(({ input, title }, panel) => {
    const left = 150 + panel * 240
    const names = panel === 0 ? bars : []
    const found = speeds(results.figures, input)
    const most = Math.max(...found.map(({ speed }) => speed))
    return [
      text(left, 86, title),
      ...names.map(([, name], row) => text(left - 8, 118 + row * 34, name, ' text-anchor="end"')),
      ...found.map(({ row, speed }) => {
        const width = Math.round((185 * speed) / most)
        const bar = `<rect x="${left}" y="${101 + row * 34}" width="${width}" height="25" class="b${row}"/>`
        return bar + text(left + width + 6, 118 + row * 34, speed)
      }),
      `<path d="M${left} 98v235"/>`,
    ]
  })
  return `<svg width="860" height="345" viewBox="0 0 860 345" xmlns="http://www.w3.org/2000/svg">
<title>${title}</title>
<desc>${pictureText(results)}</desc>
<style>
svg { --ink: #1f2328; --page: #ffffff }
@media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --page: #0d1117 } }
text { fill: var(--ink); font: 12px sans-serif }
path { stroke: #8b949e }
rect { fill: #8b949e }
.b0 { fill: #3b82f6 }
.b1 { fill: #7ca9f4 }
</style>
<rect width="100%" height="100%" style="fill: var(--page)"/>
${text(10, 24, title, ' style="font-size: 15px; font-weight: bold"')}
${text(10, 46, '"loaded" and the JS client send every row to a server; DuckDB makes a table in memory; the others only parse.')}
${drawn.join('\n')}
</svg>
`
}

const pathOf = name => fileURLToPath(new URL(`../../${name}`, import.meta.url))

/** Prints the figures and writes them to bench/results/all.json. @param more  further members of the JSON object */
export function report(figures, more) {
  process.stdout.write(`${tableOf(figures.map(rowOf))}\n`)
  mkdirSync(pathOf('bench/results'), { recursive: true })
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: cpus().length }
  const all = { at: new Date().toISOString(), machine, ...more, figures }
  writeFileSync(pathOf('bench/results/all.json'), `${JSON.stringify(all, undefined, 2)}\n`)
}

/** @param again  true to use the figures that were published last */
export function publish(again = false) {
  const results = pathOf('bench/results.json')
  if (!again) copyFileSync(pathOf('bench/results/all.json'), results)
  const published = JSON.parse(readFileSync(results, 'utf8'))
  const page = pathOf('docs/speed.md')
  writeFileSync(page, withTable(readFileSync(page, 'utf8'), published))
  writeFileSync(pathOf('docs/bench.svg'), drawPicture(published))
}

if (process.argv[1] === fileURLToPath(import.meta.url)) publish(process.argv[2] === 'again')
