#!/usr/bin/env node
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

// Node would open its debugger to every user of this machine at this signal.
process.on('SIGUSR1', () => undefined)

try {
  const { main } = await import('../dist/cli/main.js')
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error
  const [missing] = /'[^']+'/.exec(error.message) ?? ['a part of it']
  const isCheckout = existsSync(new URL('../scripts/build.js', import.meta.url))
  const remedy = isCheckout
    ? `run "npm run build" in ${fileURLToPath(new URL('..', import.meta.url))}`
    : 'pack it again without --ignore-scripts, and install that'
  process.stderr.write(`ddb-ingest: not complete, ${missing} is missing: ${remedy}\n`)
  process.exitCode = 78
}
