/*
  Makes the table of docs/measuring.md and a picture for the README from bench/results.json. The same figures give
  the same bytes. echarts, one of the packages in bench/peers, draws the picture.
*/
import { missing, peer } from './packages.js'
import { meets, verdict } from './report.js'

const short = number => String(Number(number.toPrecision(3)))

const markdown = (head, rows) =>
  [head, head.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n')

function rowOf(figure) {
  const { work, unit, ours, reference, ratio } = figure
  const [other, times] =
    ratio === undefined ? ['–', '–'] : [`${short(reference)} ${unit}`, short(ratio)]
  return [work, `${short(ours)} ${unit}`, other, times, verdict(figure)]
}

/** One row for work that was timed with every type: the smallest and the largest ratio. */
function rowOfTypes(work, figures) {
  const sorted = figures
    .filter(({ ratio }) => ratio !== undefined)
    .sort((a, b) => a.ratio - b.ratio)
  const [from, to] = [sorted[0], sorted.at(-1)].map(
    ({ ratio, type }) => `${short(ratio)} (${type})`,
  )
  const held = sorted.filter(({ bar }) => bar !== undefined)
  const met = held.filter(meets).length
  const bar = held.length === 0 ? '' : `met by ${met} of ${held.length}`
  return [`${work}, ${sorted.length} types`, '', '', `${from} to ${to}`, bar]
}

function figuresTable(figures) {
  const rows = new Map()
  for (const figure of figures) {
    const { work, type } = figure
    const name = type === undefined ? work : work.replace(type, 'a column')
    rows.set(name, [...(rows.get(name) ?? []), figure])
  }
  const cells = Array.from(rows, ([name, all]) =>
    all[0].type === undefined ? rowOf(all[0]) : rowOfTypes(name, all),
  )
  return markdown(['work', 'ours', 'reference', 'ratio', 'bar'], cells)
}

function conditions({ at, machine, scale, repeats, loadBefore, note }) {
  const { cpu, cores, node } = machine
  const inputs = scale === 1 ? 'whole inputs' : `inputs of ${short(scale)} times the length`
  const others =
    loadBefore < 1 ? '' : `; other work was going on (load ${short(loadBefore)} at the start)`
  return `${at.slice(0, 10)}, Node ${node.slice(1)}, ${cores} cores (${cpu}), ${inputs}, medians of ${repeats}${others}.${note === undefined ? '' : ` ${note}`}`
}

/** The page with a new table of the results, between `<!-- figures -->` and `<!-- end -->`. */
export function withTable(page, results) {
  const table = `${conditions(results)}\n\n${figuresTable(results.figures)}`
  return page.replace(
    /(<!-- figures -->\n)[^]*?(\n<!-- end -->)/,
    (_, before, after) => `${before}\n${table}\n${after}`,
  )
}

const panels = [
  { input: 'narrow.csv', title: '4 columns' },
  { input: 'wide.csv', title: '40 numbers' },
  { input: 'text.csv', title: 'quoted text' },
]

/** Bars of a panel, from the top; `label` replaces a name that is too long. */
const bars = [
  { against: undefined, label: 'ddb-ingest, loaded', colour: '#3b82f6' },
  { against: 'its own parser alone', label: 'ddb-ingest, parsed', colour: '#7ca9f4' },
  { against: 'DuckDB, one thread', label: 'DuckDB' },
  { against: 'uDSV', label: 'uDSV' },
  { against: 'papaparse', label: 'papaparse' },
  { against: 'csv-parse', label: 'csv-parse' },
  { against: 'a loader of the official JavaScript client', label: 'official JS client' },
]

/**
 * For each program, from the top of the panel: the input that it reads in a second of processor time, as a multiple of what csv-parse
 * reads; null without a measurement. Processor time is used because other programs on the machine hardly change it.
 */
function speeds(figures, input) {
  const ofInput = figures.filter(figure => figure.input === input)
  const { ours, reference } = ofInput.find(
    ({ against }) => against === 'csv-parse',
  ).processorSeconds
  return bars.map(({ against }) => {
    const seconds =
      against === undefined
        ? ours
        : ofInput.find(figure => figure.against === against)?.processorSeconds?.reference
    return seconds === undefined ? null : Number((reference / seconds).toPrecision(2))
  })
}

/** The figures of the picture in words, for readers who cannot see it. */
export function pictureText({ figures }) {
  const lines = panels.map(({ input, title }) => {
    const known = speeds(figures, input).flatMap((speed, index) =>
      speed === null ? [] : [`${bars[index].label} ${speed}`],
    )
    return `${title}: ${known.join(', ')}`
  })
  return `In a second of processor time, csv-parse = 1. ${lines.join('. ')}.`
}

/** echarts draws text in this colour, which the style sheet then replaces by a colour for light or dark pages. */
const ink = '#010203'
const style = `<style>
svg { --ink: #1f2328; --page: #ffffff }
@media (prefers-color-scheme: dark) { svg { --ink: #e6edf3; --page: #0d1117 } }
</style>`

/** Visible on light and dark pages. */
const grey = '#8b949e'
const size = { width: 860, height: 345 }

function optionsOf({ figures }) {
  const text = { color: ink, fontFamily: 'sans-serif', fontSize: 12 }
  const left = index => 150 + index * 240
  return {
    animation: false,
    textStyle: text,
    title: [
      {
        text: 'CSV in a second of processor time, csv-parse = 1',
        subtext:
          '"loaded" and the JS client send every row to a server; DuckDB makes a table in memory; the others only parse.',
        left: 10,
        textStyle: { ...text, fontSize: 15 },
        subtextStyle: text,
      },
      ...panels.map(({ title }, index) => ({
        text: title,
        left: left(index),
        top: 70,
        textStyle: text,
      })),
    ],
    grid: panels.map((_, index) => ({ left: left(index), top: 98, width: 185, height: 235 })),
    xAxis: panels.map((_, index) => ({ gridIndex: index, type: 'value', show: false })),
    yAxis: panels.map((_, index) => ({
      gridIndex: index,
      type: 'category',
      inverse: true,
      data: bars.map(({ label }) => label),
      axisLabel: { ...text, show: index === 0 },
      axisTick: { show: false },
      axisLine: { lineStyle: { color: grey } },
    })),
    series: panels.map(({ input }, index) => ({
      type: 'bar',
      xAxisIndex: index,
      yAxisIndex: index,
      data: speeds(figures, input).map((value, at) => ({
        value,
        itemStyle: { color: bars[at].colour ?? grey },
      })),
      label: { ...text, show: true, position: 'right' },
    })),
  }
}

/** Whether the package that draws the picture is installed. */
export const canDraw = () => missing('echarts') === undefined

/** The picture as SVG for light and dark pages: how much of each input each program reads in a second of processor time. */
export function drawPicture(results) {
  const chart = peer('echarts').init(null, null, { renderer: 'svg', ssr: true, ...size })
  chart.setOption(optionsOf(results))
  const svg = chart.renderToSVGString()
  chart.dispose()
  const [, open, drawn] = /^(<svg[^>]*>)([^]*)$/.exec(svg)
  const page = '<rect width="100%" height="100%" fill="var(--page)"></rect>'
  const text = `<title>CSV in a second of processor time, csv-parse = 1</title>\n<desc>${pictureText(results)}</desc>`
  // echarts numbers its class names across pictures. Renaming them makes the bytes repeatable.
  const names = new Map()
  const named = drawn
    .replaceAll(/zr\d+-cls-\d+/g, name => {
      if (!names.has(name)) names.set(name, `bench-${names.size}`)
      return names.get(name)
    })
    .replaceAll(ink, 'var(--ink)')
  return `${open}\n${text}\n${style}\n${page}${named}\n`
}
