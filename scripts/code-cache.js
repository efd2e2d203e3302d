/*
  Caches V8's compiled code for a small load, so that the program starts faster (bin/program.js). build.js runs this file under `serve`.
*/
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { setFlagsFromString } from 'node:v8'
import { cachePath, main, script } from '../bin/program.js'

const input = fileURLToPath(new URL('../fixtures/csv/trades.csv', import.meta.url))
process.exitCode = await main(['load', input, '--table', 'trades', '--run-id', 'build', '--quiet'])
// Restores the flags of the program's start, because V8 accepts compiled code only with the flags that produced it.
setFlagsFromString('--semi-space-growth-factor=2')
if (process.exitCode === 0) writeFileSync(cachePath, script.createCachedData())
