/* Caches V8's compiled code for the library and a small load, so that both start faster (bin/program.js). build.js runs this file under
   `serve`. */
import { fileURLToPath } from 'node:url'
import { entries, keepCompiled, main } from '../bin/program.js'

const input = fileURLToPath(new URL('../fixtures/csv/trades.csv', import.meta.url))
process.exitCode = await main(['load', input, '--table', 'trades', '--run-id', 'build', '--quiet'])
entries.index()
if (process.exitCode === 0) keepCompiled()
