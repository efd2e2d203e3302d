/*
  The server of a measured load is `ddb-ingest serve --discard` in its own process. The server counts rows, and figures are valid only
  if the counts agree with the input.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { profiling, program, runNode } from './measure.js'

/**
 * Starts the server with the tables of a script file.
 * @param options  further options of `serve`
 * @param server  a different program with the same options
 */
export async function startSink(initFile, options = ['--discard'], server = program) {
  const serve = ['serve', '--port', '0', '--init', initFile, ...options]
  const args = [server, ...serve]
  const child = spawn(process.execPath, [...profiling(args), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const closed = once(child, 'close')
  // Ends the server even if the measurement fails.
  process.once('exit', () => child.kill())
  const lines = []
  const output = createInterface(child.stdout).on('line', line => lines.push(line))
  await Promise.race([once(output, 'line'), closed])
  const address = /^listening on (.+):(\d+)$/.exec(lines[0] ?? '')
  if (address === null) throw new Error(`the server did not listen, it said: ${lines.join('\n')}`)
  return {
    pid: child.pid,
    /** Options with which a command connects to this server. */
    server: ['--host', `${address[1]}:${address[2]}`],
    /** Ends the server. Returns its counts if it discards rows. */
    async stop() {
      child.kill('SIGTERM')
      await closed
      return lines.length > 1 ? JSON.parse(lines.at(-1)) : undefined
    },
  }
}

/**
 * Loads a file into a table of the sink, without confirmation. Returns the result of `runNode`.
 * @param flags  further options of `load`
 */
export function load(sink, path, table, options, flags = []) {
  const target = ['--table', table, '--confirm', 'none', '--json', ...sink.server, ...flags]
  return runNode([program, 'load', path, ...target], options)
}

const empty =
  'undef(`trades, SHARED); share streamTable(10000:0, `time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]) as trades'

/** Creates the table `trades` anew, so that every load starts with an empty table. */
export function emptyTrades({ server }) {
  return runNode([program, 'exec', '-e', empty, ...server])
}

/**
 * Ends the sink.
 * @throws if it did not receive exactly this many rows
 */
export async function stopCounting(sink, rows) {
  const { rows: arrived } = await sink.stop()
  if (arrived !== rows) throw new Error(`${arrived} of ${rows} rows arrived`)
}
