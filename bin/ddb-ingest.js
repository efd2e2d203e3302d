#!/usr/bin/env node
// Node would open its debugger to every user of this machine at this signal, and programs that log by it know no better.
process.on('SIGUSR1', () => undefined)

const { main } = await import('../dist/cli/main.js')

process.exitCode = await main(process.argv.slice(2))
