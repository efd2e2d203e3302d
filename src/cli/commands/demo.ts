/*
  `demo`: shows newcomers the three ways of asynchronous writing, on an embedded server that runs only for the tour.
*/
import { randomBytes } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { basename, isAbsolute, relative } from 'node:path'
import { connect, type Session } from '../../client/open-session.js'
import { load } from '../../load/load.js'
import type { LoadOptions, LoadResult, TargetOptions } from '../../load/options.js'
import { packageFile, version } from '../../version.js'
import { catchSignals, type Interruption } from '../interruption.js'
import { startProgress } from '../output/progress.js'
import { clean, grouped } from '../output/terminal-text.js'
import { tableText } from '../render/table.js'
import type { Call } from './command.js'
import { type EmbeddedProcess, startEmbeddedProcess } from './embedded-process.js'
import { countOf, measure, modeNames, ratioText, showMeasuring } from './measure.js'

export interface DemoWay {
  readonly title: string
  readonly explanation: string
  /** A script under fixtures/, quoted from DolphinDB's documentation. */
  readonly script: string
  readonly input: string
  /** Statements to run before the script: they prepare what the script expects. */
  readonly preparations: readonly string[]
  /** The expression that the loader calls with every batch. */
  readonly runs: string
  readonly target: TargetOptions
  /** The flags with which `load` writes to the same target, one string per printed line. */
  readonly flags: readonly string[]
  /** The table in which to count the rows. */
  readonly counted: string
}

const tradeTypes = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'

export const demoWays: readonly DemoWay[] = [
  {
    title: 'A shared stream table',
    explanation: `Lives in the server's memory. Every session sees it, and subscribers are told of
new rows at once: the usual place for quotes and sensor values as they come in.`,
    script: 'scripts/trades.dos',
    input: 'csv/trades.csv',
    preparations: [],
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
    preparations: [],
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
    preparations: ['undef(`trades, SHARED)'],
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
const measuredRequests = 50_000
const measuredMs = 4_000
const measuredRows = 100
const columns = 80

interface Tour {
  readonly call: Call
  readonly server: EmbeddedProcess
  readonly control: Session
  readonly interruption: Interruption
  /** The name by which users can call this program, for the commands that the tour prints. */
  readonly command: string
}

/** @returns the exit code: 4 if a row of the tour is not accounted for */
export async function run(_settings: unknown, call: Call): Promise<number> {
  const interruption = catchSignals(call.processEnvironment)
  const { output } = call
  await output.write(introduction(call))
  const server = await startEmbeddedProcess(call.processEnvironment.environment)
  try {
    await output.write(
      `An embedded DolphinDB-compatible server listens on ${server.host}:${server.port}, in a\n` +
        'process of its own. It ends with this tour.\n',
    )
    const { signal } = interruption
    const control = await connect({ ...addressOf(server), ...admin, signal })
    const tour: Tour = { call, server, control, interruption, command: commandName() }
    const confirmed = await tourOf(tour)
    await control.close()
    return interruption.exitCode ?? (confirmed ? 0 : 4)
  } catch (error) {
    if (interruption.exitCode === undefined) throw error
    output.problem('interrupted')
    return interruption.exitCode
  } finally {
    await server.stop()
    interruption.release()
  }
}

/** The embedded server's initial login, as on a new DolphinDB. */
const admin = { user: 'admin', password: '123456' }

function addressOf({ host, port }: EmbeddedProcess): { host: string; port: number } {
  return { host, port }
}

function introduction({ output }: Call): string {
  const title = output.paintResult(
    'bold',
    `ddb-ingest ${version}: writing to DolphinDB asynchronously`,
  )
  return `${title}

DolphinDB can take data without answering: the client sends and goes on sending.
That is fast, and it hides failures. ddb-ingest sends that way and then asks the
server what has arrived. It can write into three kinds of targets; this tour
shows each.

`
}

/** @returns true if every row of every part is confirmed */
async function tourOf(tour: Tour): Promise<boolean> {
  const { call, interruption } = tour
  let allConfirmed = true
  for (const [index, way] of demoWays.entries()) {
    if (interruption.signal.aborted) return false
    allConfirmed = (await showWay(tour, way, index + 1)) && allConfirmed
  }
  await showMeasurement(tour)
  await call.output.write(nextSteps(tour, allConfirmed))
  return allConfirmed
}

async function showWay(tour: Tour, way: DemoWay, number: number): Promise<boolean> {
  const { call, control, command } = tour
  const { output } = call
  const { paintResult } = output
  const script = packageFile(`fixtures/${way.script}`)
  const input = packageFile(`fixtures/${way.input}`)
  await output.write(`
${paintResult('bold', `${number}. ${way.title}`)}

${way.explanation}

  created by      ${shownPath(script)}
  DolphinDB runs  ${paintResult('cyan', way.runs)}
  you type        ${paintResult('cyan', typedCommand(command, shownPath(input), way.flags))}

`)
  for (const preparation of way.preparations) await control.run(preparation)
  await control.run(await readFile(script, 'utf8'))
  const expected = recordsOf(await readFile(input, 'utf8'))
  const result = await loadWay(tour, way, input)
  const landed = countOf(await control.run(`exec count(*) from ${way.counted}`))
  const sample = await control.run(`select top 4 * from ${way.counted}`)
  for (const line of tableText(sample, columns - 2, paintResult)) {
    await output.write(line.replace(/^(?=.)/gm, '  '))
  }
  const isComplete =
    result.exitCode === 0 && result.rows.confirmed === expected && landed === expected
  await output.write(`
  expected ${grouped(expected)}   confirmed ${grouped(result.rows.confirmed)}   in the table ${grouped(landed)}   ${
    isComplete ? paintResult('green', 'all there') : paintResult('red', 'NOT ALL THERE')
  }
`)
  if (result.error !== null) output.problem(result.error.message, result.error.code)
  return isComplete
}

/** The command, with each flag on its own line. */
function typedCommand(command: string, input: string, flags: readonly string[]): string {
  return [`${command} load ${input}`, ...flags].join(` \\\n${' '.repeat(20)}`)
}

async function loadWay(
  { call, server, interruption }: Tour,
  way: DemoWay,
  input: string,
): Promise<LoadResult> {
  const progress = await startProgress(false, call.output, call.processEnvironment)
  const options: LoadOptions = {
    inputs: [input],
    server: { ...addressOf(server), ...admin },
    target: way.target,
    delivery: { mode: 'async' },
    runId: `demo-${randomBytes(4).toString('hex')}`,
    onReport: report => progress.report(report),
    onNotice: notice => progress.note(notice),
    signal: interruption.signal,
  }
  try {
    return await load(options)
  } finally {
    progress.stop()
  }
}

async function showMeasurement({ call, server, interruption }: Tour): Promise<void> {
  const { output } = call
  const { paintResult } = output
  await output.write(`
${paintResult('bold', '4. Is asynchronous writing worth it?')}

This repeats the measurement of DolphinDB's documentation: requests of ${measuredRows} rows
into a stream table. First come as many as the server answers within ${measuredMs / 1000}
seconds (at most ${grouped(measuredRequests)}), then the same number without waiting for answers.

`)
  const meter = await showMeasuring(output, call.processEnvironment)
  const { ratio, requests } = await measure({
    connect: () => connect({ ...addressOf(server), signal: interruption.signal }),
    requests: measuredRequests,
    rows: measuredRows,
    longestMs: measuredMs,
    signal: interruption.signal,
    onProgress: meter.onProgress,
    onMode: (mode, { seconds, rowsPerSec }) => {
      meter.stop()
      const figures = `${seconds.toFixed(2).padStart(6)} s  ${grouped(rowsPerSec).padStart(10)} rows/s`
      void output.write(`  ${modeNames[mode].padEnd(12)}  ${figures}\n`)
    },
  }).finally(meter.stop)
  await output.write(`
  ${paintResult('bold', ratioText(ratio))}.
  Each mode wrote ${grouped(requests)} requests; every row was counted on the server.
`)
}

function nextSteps({ call, command }: Tour, allConfirmed: boolean): string {
  const { paintResult } = call.output
  const verdict = allConfirmed
    ? paintResult('green', 'Everything that was sent has been confirmed.')
    : paintResult('red', 'Not everything was confirmed; see above.')
  return `
${verdict}

${paintResult('bold', 'Next, with a server of your own')}

  ${command} load FILE --host HOST:8848 --user NAME --table TABLE
  ${command} exec --host HOST:8848 -e 'select top 5 * from TABLE'
  ${command} bench --host HOST:8848
  ${command} serve              an embedded server to try things on
  ${command} load --help-all    all options
`
}

/** For a file in the working folder, the path relative to that folder; otherwise the path as given. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return clean(near.startsWith('..') || isAbsolute(near) ? path : near)
}

/** Counts the records of a CSV file with a header and no line breaks inside fields. */
function recordsOf(text: string): number {
  return text.split('\n').filter(line => line.trim() !== '').length - 1
}

/** `ddb-ingest` if it is installed, else the command that works in this checkout. */
function commandName(): string {
  const script = process.argv[1] ?? ''
  return basename(script) === 'ddb-ingest.js' ? `node ${shownPath(script)}` : 'ddb-ingest'
}
