/*
  Times only the parser, without file and server: a million texts of each type into a column, relative to INT.
*/
import { fileURLToPath } from 'node:url'
import { cellTexts } from './lib/cell-texts.js'
import { runNode } from './lib/measure.js'

const fullRows = 1_000_000
const reader = fileURLToPath(new URL('lib/read-cells.js', import.meta.url))

/** Seconds for each type, and the ratio to INT. */
export async function measure({ repeats, scale }) {
  const rows = Math.round(fullRows * scale)
  const figures = []
  for (const name of cellTexts.keys()) {
    const { stdout } = await runNode([reader, name, String(rows), String(repeats)])
    const { ours, reference } = JSON.parse(stdout)
    const work = `text into ${name}, against INT`
    const ratio = ours / reference
    figures.push({ work, type: name, unit: 's', ours, reference, ratio, bar: { atMost: 3 } })
  }
  return figures
}
