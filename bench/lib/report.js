/*
  Reports all benchmarks in the same way: a table for people on standard output, and the same figures as JSON in bench/results/, which
  Git ignores.
*/
import { mkdirSync, writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { fileURLToPath } from 'node:url'
import { defaultRepeats } from './measure.js'

/**
 * One figure: `work` in words, `ours` and `reference` in `unit`, their `ratio`, and the `bar` for the ratio: `{ atLeast }` or
 * `{ atMost }`. If the reference cannot do the work, `reference` and `ratio` are missing, and `note` may say why. `type` is for
 * figures that differ only in a DolphinDB type. Figures of bench/peers.js have the names of file (`input`) and program (`against`),
 * and the processor time of both. `cost` marks what one more row, batch or the like costs.
 * @typedef {{ work: string, unit: string, ours: number, reference?: number,
 *   ratio?: number, bar?: { atLeast?: number, atMost?: number }, note?: string,
 *   type?: string, input?: string, against?: string, cost?: boolean }} Figure
 */

/** Whether a ratio is within its bar. */
export function meets({ ratio, bar: { atLeast = -Infinity, atMost = Infinity } }) {
  return ratio >= atLeast && ratio <= atMost
}

/** Whether the ratio is within its bar, and the bar; without a bar, the note. */
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

/** Options of every benchmark; `--scale 0.1` makes inputs a tenth as long, for a first look. */
export function benchOptions() {
  const { values } = parseArgs({
    options: {
      repeats: { type: 'string', default: String(defaultRepeats) },
      scale: { type: 'string', default: '1' },
      large: { type: 'boolean', default: false },
    },
  })
  return { repeats: Number(values.repeats), scale: Number(values.scale), large: values.large }
}

/**
 * Prints figures and writes them to bench/results/NAME.json.
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

/** Runs a benchmark if its file is the program that was started. */
export async function runAlone(moduleUrl, name, measure) {
  if (process.argv[1] === fileURLToPath(moduleUrl)) report(name, await measure(benchOptions()))
}
