/*
  The server of a measured load is `ddb-ingest serve --discard` in its own process. The server counts rows, and figures are valid only
  if the counts agree with the input.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { program, runNode } from './measure.js'

/**
 * Starts the server with the tables of a script file.
 * @param options  further options of `serve`
 * @param server  a different program with the same options
 */
export async function startSink(initFile, options = ['--discard'], server = program) {
  const args = [server, 'serve', '--port', '0', '--init', initFile, ...options]
  const child = spawn(process.execPath, args, {
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
    /** Options with which a command connects to this server. */
    server: ['--host', `${address[1]}:${address[2]}`],
    host: address[1],
    port: Number(address[2]),
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

const columns = '`time`sym`price`id, [TIMESTAMP,SYMBOL,DOUBLE,INT]'

/** Creates a table for trades anew, so that every load starts with an empty table. */
export function emptyTable(table, where) {
  const script = table.startsWith('dfs://')
    ? `if(existsDatabase("dfs://bench")) dropDatabase("dfs://bench")
database("dfs://bench", HASH, [SYMBOL,40]).createPartitionedTable(table(1:0, ${columns}), \`t, \`sym)`
    : `undef(\`${table}, SHARED); share streamTable(10000:0, ${columns}) as ${table}`
  return runNode([program, 'exec', '-e', script, ...where])
}

/**
 * Ends the sink.
 * @throws if it did not receive exactly this many rows
 */
export async function stopCounting(sink, rows) {
  const { rows: arrived } = await sink.stop()
  if (arrived !== rows) throw new Error(`${arrived} of ${rows} rows arrived`)
}
