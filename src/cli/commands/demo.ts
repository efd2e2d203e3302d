/*
  `demo`: shows newcomers the three ways of asynchronous writing, on an embedded server that runs only for the tour.
*/
import { readFile } from 'node:fs/promises'
import { basename, isAbsolute, relative } from 'node:path'
import { connect, type Session } from '../../client/open-session.js'
import { load } from '../../load/load.js'
import type { LoadOptions, TargetOptions } from '../../load/options.js'
import { startServer } from '../../server/index.js'
import { packageFile, version } from '../../version.js'
import { catchSignals } from '../process-environment.js'
import type { Output } from '../output/output.js'
import { clean, grouped } from '../output/terminal-text.js'
import { tableText } from '../render/render.js'
import { countRows } from './bench.js'
import type { Call } from './command.js'

interface DemoWay {
  readonly title: string
  readonly explanation: string
  /** A script and an input under fixtures/, quoted from DolphinDB's documentation, and the number of rows in the input. */
  readonly script: string
  readonly input: string
  readonly rows: number
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
    title: '1. A shared stream table',
    explanation: `Lives in the server's memory. Every session sees it, and subscribers are told of
new rows at once: the usual place for quotes and sensor values as they come in.`,
    script: 'scripts/trades.dos',
    input: 'csv/trades.csv',
    rows: 1000,
    runs: 'tableInsert{trades}',
    target: { table: 'trades' },
    flags: ['--table trades --user admin'],
    counted: 'trades',
  },
  {
    title: '2. A table of the distributed file system (DFS)',
    explanation: `Stored on disk in partitions, here one for each ticker. A cluster spreads them
over its machines: the place for all data that you want to keep.`,
    script: 'scripts/dfs.dos',
    input: 'csv/tb1.csv',
    rows: 4,
    runs: 'append!{loadTable("dfs://testDB","tb1")}',
    target: { table: 'dfs://testDB/tb1', method: 'append' },
    flags: ['--table dfs://testDB/tb1 --method append --user admin'],
    counted: 'loadTable("dfs://testDB","tb1")',
  },
  {
    title: '3. A function view',
    explanation: `A function stored in the server. It receives every batch and may change the rows
before it writes them. In this example the file has a TIMESTAMP and the table
needs a DATE, so appendStreamingData converts each TIMESTAMP to a DATE.`,
    script: 'scripts/function-view.dos',
    input: 'csv/trades.csv',
    rows: 1000,
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

/** @returns the exit code: 4 if a row of the tour is not accounted for */
export async function run(_settings: unknown, call: Call): Promise<number> {
  const { output } = call
  const { paintResult } = output
  const interruption = catchSignals(call.processEnvironment)
  const { signal } = interruption
  const embedded = await startServer({ port: 0 })
  const { host, port } = embedded
  const title = `ddb-ingest ${version}: writing to DolphinDB asynchronously`
  // `ddb-ingest` if it is installed, else the command that works in this checkout.
  const script = process.argv[1] ?? ''
  const isFile = basename(script) === 'ddb-ingest.js'
  const command = isFile ? `node ${shownPath(script)}` : 'ddb-ingest'
  try {
    await output.write(`${paintResult('bold', title)}

DolphinDB can take data without answering: the client sends and goes on sending.
That is fast, and it hides failures. ddb-ingest sends that way and then asks the
server what has arrived. It can write into three kinds of targets; this tour
shows each.

An embedded DolphinDB-compatible server listens on ${host}:${port}. It ends with
this tour.
`)
    // The embedded server's initial login, as on a new DolphinDB.
    const server = { host, port, user: 'admin', password: '123456' }
    await using control = await connect({ ...server, signal })
    let allConfirmed = true
    for (const way of ways) {
      if (signal.aborted) break
      const isComplete = await showWay(way, command, { server, signal }, control, output)
      allConfirmed = isComplete && allConfirmed
    }
    if (interruption.exitCode !== undefined) return interruption.exitCode
    const verdict = allConfirmed
      ? paintResult('green', 'Everything that was sent has been confirmed.')
      : paintResult('red', 'Not everything was confirmed; see above.')
    await output.write(`
${verdict}

${paintResult('bold', 'Next, with a server of your own')}

  ${command} load FILE --host HOST:8848 --user NAME --table TABLE
  ${command} exec --host HOST:8848 -e 'select top 5 * from TABLE'
  ${command} bench --host HOST:8848     is asynchronous writing worth it?
  ${command} serve              an embedded server to try things on
  ${command} load --help-all    all options
`)
    return allConfirmed ? 0 : 4
  } catch (error) {
    if (interruption.exitCode === undefined) throw error
    output.problem('interrupted')
    return interruption.exitCode
  } finally {
    await embedded.close()
    interruption.release()
  }
}

/** @param command  the name by which users can call this program @returns true if every row is confirmed and in the table */
async function showWay(
  { title, explanation, runs, target, flags, counted, ...way }: DemoWay,
  command: string,
  where: Required<Pick<LoadOptions, 'server' | 'signal'>>,
  control: Session,
  output: Output,
): Promise<boolean> {
  const { paintResult } = output
  const script = packageFile(`fixtures/${way.script}`)
  const input = packageFile(`fixtures/${way.input}`)
  const typed = [`${command} load ${shownPath(input)}`, ...flags].join(` \\\n${' '.repeat(20)}`)
  await output.write(`
${paintResult('bold', title)}

${explanation}

  created by      ${shownPath(script)}
  DolphinDB runs  ${paintResult('cyan', runs)}
  you type        ${paintResult('cyan', typed)}

`)
  await control.run(await readFile(script, 'utf8'))
  const { exitCode, rows, error } = await load({
    ...where,
    inputs: [input],
    target,
    delivery: { mode: 'async' },
    onNotice: output.note,
  })
  const landed = await countRows(control, counted)
  const sample = await control.run(`select top 4 * from ${counted}`)
  for (const line of tableText(sample, 78, paintResult)) {
    await output.write(line.replace(/^(?=.)/gm, '  '))
  }
  // Two of the scripts share a table under this name.
  if (counted === 'trades') await control.run('undef(`trades, SHARED)')
  const isComplete = exitCode === 0 && rows.confirmed === way.rows && landed === way.rows
  const verdict = isComplete
    ? paintResult('green', 'all there')
    : paintResult('red', 'NOT ALL THERE')
  await output.write(`
  expected ${grouped(way.rows)}   confirmed ${grouped(rows.confirmed)}   in the table ${grouped(landed)}   ${verdict}
`)
  if (error !== null) output.problem(error.message, error.code)
  return isComplete
}

/** For a file in the working folder, the path relative to that folder; otherwise the path as given. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return clean(near.startsWith('..') || isAbsolute(near) ? path : near)
}
