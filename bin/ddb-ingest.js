#!/usr/bin/env node
const { existsSync } = require('node:fs')
const { join } = require('node:path')
const program = require('./program.js')

// Node would open its debugger to every user of this machine at this signal.
process.on('SIGUSR1', () => undefined)

// Nothing is left to do: without this, Node would first release its memory piece by piece.
process.on('beforeExit', () => process.exit())

function showMissing(error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' && error.code !== 'MODULE_NOT_FOUND') throw error
  const [missing] = /'[^']+'/.exec(error.message) ?? ['a part of it']
  const root = join(__dirname, '..')
  const remedy = existsSync(join(root, 'scripts', 'build.js'))
    ? `run "npm run build" in ${root}`
    : 'pack it again without --ignore-scripts, and install that'
  process.stderr.write(`ddb-ingest: not complete, ${missing} is missing: ${remedy}\n`)
  return 78
}

async function run() {
  const { main } = program.main === undefined ? await import('../dist/cli/main.js') : program
  return main(process.argv.slice(2))
}

void run()
  .catch(showMissing)
  .then(exitCode => {
    process.exitCode = exitCode
  })
