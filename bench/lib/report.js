/*
  Reports all benchmarks in the same way: as a table on standard output, and as JSON in bench/results/, which Git ignores.
*/
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { defaultRepeats } from './measure.js'

/**
 * One figure. `work` describes the work in words. `ours` and `reference` are in `unit`; `ratio` is their ratio, and `bar` the limit for
 * it, `{ atLeast }` or `{ atMost }`. If the reference cannot do the work, `reference` and `ratio` are missing, and `note` may say why.
 * `type` is for figures that differ only in a DolphinDB type. Figures of bench/peers.js also have the names of file (`input`) and program
 * (`against`), and the processor time of both.
 * @typedef {{ work: string, unit: string, ours: number, reference?: number,
 *   ratio?: number, bar?: { atLeast?: number, atMost?: number }, note?: string,
 *   type?: string, input?: string, against?: string }} Figure
 */

/** The figure of work that took `ours` seconds, and in another way `reference` seconds. */
export function figureOf(work, { ours, reference }, bar, more = {}) {
  const ratio = bar?.atMost === undefined ? reference / ours : ours / reference
  return { work, unit: 's', ours, reference, ratio, bar, ...more }
}

/** Whether a ratio is within its bar. */
export function meets({ ratio, bar: { atLeast = -Infinity, atMost = Infinity } }) {
  return ratio >= atLeast && ratio <= atMost
}

/** Says whether the ratio is within its bar. A figure without a bar has its note as the verdict. */
export function verdict(figure) {
  const { ratio, bar, note = '' } = figure
  if (ratio === undefined || bar === undefined) return note
  const { atLeast, atMost } = bar
  const limit = atLeast === undefined ? `at most ${atMost}` : `at least ${atLeast}`
  return `${meets(figure) ? 'met' : 'MISSED'} (${limit})`
}

function table(figures) {
  const head = ['work', 'ours', 'reference', 'unit', 'ratio', 'bar']
  const lines = figures.map(figure => [
    figure.work,
    figure.ours.toPrecision(4),
    figure.reference?.toPrecision(4) ?? '-',
    figure.unit,
    figure.ratio?.toPrecision(3) ?? '-',
    verdict(figure),
  ])
  const widths = head.map((_, i) => Math.max(...[head, ...lines].map(line => line[i].length)))
  return [head, ...lines].map(line => line.map((cell, i) => cell.padEnd(widths[i])).join('  '))
}

/**
 * Options that all benchmarks have. `--scale 0.1` makes inputs a tenth as long, for a quick result; `--only WORDS` measures only
 * benchmarks and loads whose name contains the words.
 */
export function benchOptions() {
  const { values } = parseArgs({
    options: {
      repeats: { type: 'string', default: String(defaultRepeats) },
      scale: { type: 'string', default: '1' },
      large: { type: 'boolean', default: false },
      only: { type: 'string', default: '' },
    },
  })
  const { large, only } = values
  return { repeats: Number(values.repeats), scale: Number(values.scale), large, only }
}

/**
 * Prints the figures and writes them to bench/results/NAME.json.
 * @param more  further members of the JSON object
 */
export function report(name, figures, more = {}) {
  for (const line of table(figures)) process.stdout.write(`${line.trimEnd()}\n`)
  const folder = fileURLToPath(new URL('../results/', import.meta.url))
  mkdirSync(folder, { recursive: true })
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? '', cores: cpus().length }
  const text = JSON.stringify(
    { at: new Date().toISOString(), machine, ...more, figures },
    undefined,
    2,
  )
  writeFileSync(`${folder}${name}.json`, `${text}\n`)
}
