/* Fails if the last test run covered fewer than nine in ten lines of src/. tap itself can only require all lines. A lower limit detects
   untested modules, but does not invite tests that merely visit lines. */
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'

const floorPercent = 90
const report = new URL('../.tap/report/coverage-summary.json', import.meta.url)
const { total, ...files } = JSON.parse(readFileSync(report, 'utf8'))
const thinnest = Object.entries(files)
  .map(([path, { lines }]) => ({ path, percent: lines.pct }))
  .filter(({ percent }) => percent < floorPercent)
  .sort((a, b) => a.percent - b.percent)
for (const { path, percent } of thinnest) console.log(`${percent} %  ${relative('.', path)}`)
const { pct, total: lines } = total.lines
console.log(`${pct} % of ${lines} lines covered, the floor is ${floorPercent} %`)
process.exitCode = pct >= floorPercent ? 0 : 1
