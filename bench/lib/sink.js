/*
  The other end of a measured load: `ddb-ingest serve --discard` in a process of its own. It counts what arrives, and
  a run is believed only when the counts agree with the input.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { program, runNode } from './measure.js'

/**
 * Starts the server with the tables of a script file.
 *
 * @param options  further options of `serve`
 */
export async function startSink(initFile, options = ['--discard']) {
  const child = spawn(
    process.execPath,
    [program, 'serve', '--port', '0', '--init', initFile, ...options],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  )
  const [line] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    once(child, 'exit').then(([code]) => {
      throw new Error(`the server ended with ${code} before it listened`)
    }),
  ])
  const address = /^listening on (.+):(\d+)$/.exec(line)
  if (address === null) throw new Error(`the server said: ${line}`)
  const server = ['--host', address[1], '--port', address[2]]
  return {
    /** Options that lead a command to this server. */
    server,
    async rowCount(table) {
      const script = `exec count(*) from ${table}`
      const { stdout } = await runNode([
        program,
        'exec',
        '-e',
        script,
        '--output',
        'csv',
        ...server,
      ])
      return Number(stdout.trim())
    },
    async stop() {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    },
  }
}

/** What the sink has counted when it has reached `expected`, or when it has stopped counting. */
async function settledRows(sink, table, expected) {
  let counted = -1
  for (;;) {
    const now = await sink.rowCount(table)
    if (now >= expected || now === counted) return now
    counted = now
  }
}

/**
 * Loads a file into a table of the sink and returns the seconds of the whole process.
 *
 * @throws when the sink did not count exactly the rows of the file
 */
export async function timedLoad(sink, path, table, rows, options = []) {
  const before = await sink.rowCount(table)
  const { seconds } = await runNode([
    program,
    'load',
    path,
    '--table',
    table,
    '--confirm',
    'none',
    '--json',
    ...sink.server,
    ...options,
  ])
  const arrived = (await settledRows(sink, table, before + rows)) - before
  if (arrived !== rows) throw new Error(`${arrived} of ${rows} rows arrived`)
  return seconds
}
