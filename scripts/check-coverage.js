/*
  Fails if the last test run covered fewer than nine in ten lines of src/. tap itself can only require all lines. A lower limit
  detects untested modules, but does not invite tests that merely visit lines.
*/
import { readFileSync } from 'node:fs'
import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'

const floorPercent = 90
const root = fileURLToPath(new URL('..', import.meta.url))
const report = fileURLToPath(new URL('../.tap/report/coverage-summary.json', import.meta.url))

const { total, ...files } = JSON.parse(readFileSync(report, 'utf8'))
const thinnest = Object.entries(files)
  .filter(([, { lines }]) => lines.pct < floorPercent)
  .sort(([, a], [, b]) => a.lines.pct - b.lines.pct)
for (const [path, { lines }] of thinnest) console.log(`${lines.pct} %  ${relative(root, path)}`)
console.log(
  `${total.lines.pct} % of ${total.lines.total} lines covered, the floor is ${floorPercent} %`,
)
process.exitCode = total.lines.pct >= floorPercent ? 0 : 1
