/*
  `demo`: shows newcomers the three ways of asynchronous writing, on an embedded server that runs only for the tour.
*/
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { basename, isAbsolute, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { connect, type Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import { load } from '../../load/load.js'
import type { LoadResult, TargetOptions } from '../../load/options.js'
import { packageFile, version } from '../../version.js'
import { catchSignals } from '../interruption.js'
import { startProgress } from '../output/progress.js'
import { clean, grouped } from '../output/terminal-text.js'
import type { ProcessEnvironment } from '../process-environment.js'
import { tableText } from '../render/table.js'
import { countOf, measure, ratioText } from './bench.js'
import type { Call } from './command.js'

interface DemoWay {
  readonly title: string
  readonly explanation: string
  /** A script under fixtures/, quoted from DolphinDB's documentation. */
  readonly script: string
  readonly input: string
  /** A statement to run before the script. */
  readonly before?: string
  /** The expression that the loader calls with every batch. */
  readonly runs: string
  readonly target: TargetOptions
  /** The flags with which `load` writes to the same target, one string per printed line. */
  readonly flags: readonly string[]
  /** The table in which to count the rows. */
  readonly counted: string
}

const tradeTypes = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'

const ways: readonly DemoWay[] = [
  {
    title: 'A shared stream table',
    explanation: `Lives in the server's memory. Every session sees it, and subscribers are told of
new rows at once: the usual place for quotes and sensor values as they come in.`,
    script: 'scripts/trades.dos',
    input: 'csv/trades.csv',
    runs: 'tableInsert{trades}',
    target: { table: 'trades' },
    flags: ['--table trades --user admin'],
    counted: 'trades',
  },
  {
    title: 'A table of the distributed file system (DFS)',
    explanation: `Stored on disk in partitions, here one for each ticker. A cluster spreads them
over its machines: the place for all data that you want to keep.`,
    script: 'scripts/dfs.dos',
    input: 'csv/tb1.csv',
    runs: 'append!{loadTable("dfs://testDB","tb1")}',
    target: { table: 'dfs://testDB/tb1', method: 'append' },
    flags: ['--table dfs://testDB/tb1 --method append --user admin'],
    counted: 'loadTable("dfs://testDB","tb1")',
  },
  {
    title: 'A function view',
    explanation: `A function stored in the server. It receives every batch and may change the rows
before it writes them. In this example the file has a TIMESTAMP and the table
needs a DATE, so appendStreamingData converts each TIMESTAMP to a DATE.`,
    script: 'scripts/function-view.dos',
    input: 'csv/trades.csv',
    // Removes the table that the first part shared as `trades`: the script below shares a new one under this name.
    before: 'undef(`trades, SHARED)',
    runs: 'appendStreamingData',
    target: { function: 'appendStreamingData', types: tradeTypes, confirmTable: 'trades' },
    flags: [
      '--function appendStreamingData --confirm-table trades',
      `--types ${tradeTypes}`,
      '--user admin',
    ],
    counted: 'trades',
  },
]

/** As in DolphinDB's documentation: 50,000 requests of 100 rows, but fewer if the time limit comes first. */
const measured = { requests: 50_000, rows: 100, longestMs: 4_000 }
const columns = 80

/** The embedded server's initial login, as on a new DolphinDB. */
const admin = { user: 'admin', password: '123456' }

interface Tour {
  readonly call: Call
  readonly server: { readonly host: string; readonly port: number }
  readonly control: Session
  readonly signal: AbortSignal
  /** The name by which users can call this program, for the commands that the tour prints. */
  readonly command: string
}

/** @returns the exit code: 4 if a row of the tour is not accounted for */
export async function run(_settings: unknown, call: Call): Promise<number> {
  const { output, processEnvironment } = call
  const interruption = catchSignals(processEnvironment)
  const title = `ddb-ingest ${version}: writing to DolphinDB asynchronously`
  await output.write(`${output.paintResult('bold', title)}

DolphinDB can take data without answering: the client sends and goes on sending.
That is fast, and it hides failures. ddb-ingest sends that way and then asks the
server what has arrived. It can write into three kinds of targets; this tour
shows each.

`)
  const { host, port, stop } = await startEmbeddedProcess(processEnvironment.environment)
  try {
    await output.write(
      `An embedded DolphinDB-compatible server listens on ${host}:${port}, in a\n` +
        'process of its own. It ends with this tour.\n',
    )
    const { signal } = interruption
    const control = await connect({ host, port, ...admin, signal })
    const server = { host, port }
    const confirmed = await takeTour({ call, server, control, signal, command: commandName() })
    await control.close()
    return interruption.exitCode ?? (confirmed ? 0 : 4)
  } catch (error) {
    if (interruption.exitCode === undefined) throw error
    output.problem('interrupted')
    return interruption.exitCode
  } finally {
    await stop()
    interruption.release()
  }
}

/** @returns true if every row of every part is confirmed */
async function takeTour(tour: Tour): Promise<boolean> {
  const { call, server, signal, command } = tour
  const { output } = call
  const { paintResult } = output
  let allConfirmed = true
  for (const [index, way] of ways.entries()) {
    if (signal.aborted) return false
    allConfirmed = (await showWay(tour, way, index + 1)) && allConfirmed
  }
  await output.write(`
${paintResult('bold', '4. Is asynchronous writing worth it?')}

This repeats the measurement of DolphinDB's documentation: requests of ${measured.rows} rows
into a stream table. First come as many as the server answers within ${measured.longestMs / 1000}
seconds (at most ${grouped(measured.requests)}), then the same number without waiting for answers.

`)
  const print = (line: string): void => void output.write(`  ${line}\n`)
  const options = { ...measured, connect: () => connect({ ...server, signal }), signal, print }
  const { ratio, requests } = await measure(options, call)
  const verdict = allConfirmed
    ? paintResult('green', 'Everything that was sent has been confirmed.')
    : paintResult('red', 'Not everything was confirmed; see above.')
  await output.write(`
  ${paintResult('bold', ratioText(ratio))}.
  Each mode wrote ${grouped(requests)} requests; every row was counted on the server.

${verdict}

${paintResult('bold', 'Next, with a server of your own')}

  ${command} load FILE --host HOST:8848 --user NAME --table TABLE
  ${command} exec --host HOST:8848 -e 'select top 5 * from TABLE'
  ${command} bench --host HOST:8848
  ${command} serve              an embedded server to try things on
  ${command} load --help-all    all options
`)
  return allConfirmed
}

async function showWay(tour: Tour, way: DemoWay, number: number): Promise<boolean> {
  const { call, control, command } = tour
  const { output } = call
  const { paintResult } = output
  const script = packageFile(`fixtures/${way.script}`)
  const input = packageFile(`fixtures/${way.input}`)
  // Each flag is on its own line.
  const typed = [`${command} load ${shownPath(input)}`, ...way.flags].join(` \\\n${' '.repeat(20)}`)
  await output.write(`
${paintResult('bold', `${number}. ${way.title}`)}

${way.explanation}

  created by      ${shownPath(script)}
  DolphinDB runs  ${paintResult('cyan', way.runs)}
  you type        ${paintResult('cyan', typed)}

`)
  if (way.before !== undefined) await control.run(way.before)
  await control.run(await readFile(script, 'utf8'))
  // No field of the inputs has a line break.
  const lines = (await readFile(input, 'utf8')).split('\n').filter(line => line.trim() !== '')
  const expected = lines.length - 1
  const { exitCode, rows, error } = await loadWay(tour, way, input)
  const landed = countOf(await control.run(`exec count(*) from ${way.counted}`))
  const sample = await control.run(`select top 4 * from ${way.counted}`)
  for (const line of tableText(sample, columns - 2, paintResult)) {
    await output.write(line.replace(/^(?=.)/gm, '  '))
  }
  const isComplete = exitCode === 0 && rows.confirmed === expected && landed === expected
  const verdict = isComplete
    ? paintResult('green', 'all there')
    : paintResult('red', 'NOT ALL THERE')
  await output.write(`
  expected ${grouped(expected)}   confirmed ${grouped(rows.confirmed)}   in the table ${grouped(landed)}   ${verdict}
`)
  if (error !== null) output.problem(error.message, error.code)
  return isComplete
}

async function loadWay(
  { call, server, signal }: Tour,
  { target }: DemoWay,
  input: string,
): Promise<LoadResult> {
  const progress = await startProgress(false, call.output, call.processEnvironment)
  try {
    return await load({
      inputs: [input],
      server: { ...server, ...admin },
      target,
      delivery: { mode: 'async' },
      runId: `demo-${randomBytes(4).toString('hex')}`,
      onReport: report => progress.report(report),
      onNotice: notice => progress.note(notice),
      signal,
    })
  } finally {
    progress.stop()
  }
}

/** A running server, which never outlives this process. */
interface EmbeddedProcess {
  readonly host: string
  readonly port: number
  /** Shuts the server down cleanly and waits for its end. */
  stop(this: void): Promise<void>
}

/**
 * Runs the embedded server in its own process, so that all data crosses a socket, and no event loop is shared.
 * @throws {DdbError} DDB_INTERNAL if the server prints no ready line
 */
export async function startEmbeddedProcess(
  environment: ProcessEnvironment['environment'],
): Promise<EmbeddedProcess> {
  const args = [packageFile('bin/ddb-ingest.js'), 'serve', '--host', '127.0.0.1', '--port', '0']
  // Leaves out settings meant for the user's own server.
  const others = Object.entries(environment).filter(([name]) => !name.startsWith('DDB_'))
  // The channel (ipc) closes however this process ends, and `serve` then ends, too.
  const child = spawn(process.execPath, args, {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: Object.fromEntries(others),
  })
  const exited = once(child, 'exit')
  const killAfter = (ms: number): NodeJS.Timeout => setTimeout(() => child.kill('SIGKILL'), ms)
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const timer = killAfter(5_000)
    await exited
    clearTimeout(timer)
  }
  const timer = killAfter(20_000)
  try {
    for await (const line of createInterface({ input: child.stdout! })) {
      const [, host, port] = /^listening on (.+):(\d+)$/.exec(line) ?? []
      if (host !== undefined) return { host, port: Number(port), stop }
    }
    await exited
    const code = child.exitCode ?? child.signalCode
    throw new DdbError('DDB_INTERNAL', `the embedded server did not start (exit code ${code})`)
  } finally {
    clearTimeout(timer)
    child.stdout!.resume()
  }
}

/** For a file in the working folder, the path relative to that folder; otherwise the path as given. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return clean(near.startsWith('..') || isAbsolute(near) ? path : near)
}

/** `ddb-ingest` if it is installed, else the command that works in this checkout. */
function commandName(): string {
  const script = process.argv[1] ?? ''
  return basename(script) === 'ddb-ingest.js' ? `node ${shownPath(script)}` : 'ddb-ingest'
}
