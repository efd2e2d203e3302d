#!/usr/bin/env node
const { existsSync } = require('node:fs')
const { join } = require('node:path')

// Node would open its debugger to every user of this machine at this signal.
process.on('SIGUSR1', () => undefined)

// Nothing is left to do: without this, Node would first release its memory piece by piece.
process.on('beforeExit', () => process.exit())

function showMissing(error) {
  if (!['ENOENT', 'MODULE_NOT_FOUND'].includes(error.code)) throw error
  const [missing] = /'[^']+'/.exec(error.message) ?? ['a part of it']
  const root = join(__dirname, '..')
  const remedy = existsSync(join(root, 'scripts', 'build.js'))
    ? `run "npm run build" in ${root}`
    : 'pack it again without --ignore-scripts, and install that'
  process.stderr.write(`ddb-ingest: not complete, ${missing} is missing: ${remedy}\n`)
  return 78
}

/** Processor time, since the time that passes depends on what else the machine does. */
const shortMicroseconds = 10_000_000

async function run() {
  const { keepCompiled, main, script } = require('./program.js')
  const words = process.argv.slice(2)
  const exitCode = await main(words)
  // V8 drops the code of functions that have not run for long.
  const { user, system } = process.cpuUsage()
  const isShortLoad = ['load', 'demo'].includes(words[0]) && user + system < shortMicroseconds
  if (exitCode === 0 && isShortLoad && script.cachedDataRejected === undefined) keepCompiled()
  return exitCode
}

// If nothing is left to wait for before the command has ended, it has not done its work.
process.exitCode = 70

void run()
  .catch(showMissing)
  .then(exitCode => {
    process.exitCode = exitCode
  })
