/*
  Keeps what V8 has compiled for a small load, so that the program starts faster (bin/program.js). build.js runs it below
  `serve`.
*/
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { cachePath, script } from '../bin/program.js'
import { main } from '../dist/cli/main.js'

const input = fileURLToPath(new URL('../fixtures/csv/trades.csv', import.meta.url))
process.exitCode = await main(['load', input, '--table', 'trades', '--run-id', 'build', '--quiet'])
if (process.exitCode === 0) writeFileSync(cachePath, script.createCachedData())
