/* `demo`: shows newcomers the three ways of asynchronous writing. It runs the commands that it prints, on an embedded server of its own. */
import { basename, isAbsolute, relative } from 'node:path'
import { startServer } from '../../server/index.js'
import { packageFile, version } from '../../version.js'
import { embeddedServerVariable } from '../files/state.js'
import { readCommandLine } from '../options/command-line.js'
import { shellText } from '../options/shell-command.js'
import { clean } from '../output/output.js'
import { catchSignals } from '../process-environment.js'
import type { Call } from './command.js'

/** The scripts and inputs below fixtures/ are quoted from DolphinDB's documentation. `runs` is what the loader calls with every batch. */
const ways = [
  {
    title: '1. A shared stream table',
    explanation: `Lives in the server's memory. Every session sees it, and subscribers are told of
new rows at once: the usual place for quotes and sensor values as they come in.`,
    runs: 'tableInsert{trades}',
    commands: [
      'exec fixtures/scripts/trades.dos',
      'load fixtures/csv/trades.csv --table trades --expect-rows 1000',
    ],
    table: 'trades',
  },
  {
    title: '2. A table of the distributed file system (DFS)',
    explanation: `Stored on disk in partitions, here one for each ticker. A cluster spreads them
over its machines: the place for all data that you want to keep.`,
    runs: 'append!{loadTable("dfs://testDB","tb1")}',
    commands: [
      'exec fixtures/scripts/dfs.dos',
      'load fixtures/csv/tb1.csv --table dfs://testDB/tb1 --method append --expect-rows 4',
    ],
    table: 'loadTable("dfs://testDB", "tb1")',
  },
  {
    title: '3. A function view',
    explanation: `A function stored in the server. It receives every batch and may change the rows
before it writes them. In this example the file has a TIMESTAMP and the table
needs a DATE, so appendStreamingData converts each TIMESTAMP to a DATE.`,
    runs: 'appendStreamingData',
    commands: [
      'exec fixtures/scripts/function-view.dos',
      'load fixtures/csv/trades.csv --function appendStreamingData --confirm-table tradeDates ' +
        '--types time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT --expect-rows 1000',
    ],
    table: 'tradeDates',
  },
] as const

/** @returns the exit code of a signal, or of the first command that fails, else 0 */
export async function run(_settings: unknown, call: Call): Promise<number> {
  const { output } = call
  const { paintResult } = output
  const embedded = await startServer({ port: 0 })
  const address = `${embedded.host}:${embedded.port}`
  // `ddb-ingest` if it is installed, else the command that works in this checkout.
  const script = process.argv[1] ?? ''
  const name = basename(script) === 'ddb-ingest.js' ? `node ${shownPath(script)}` : 'ddb-ingest'
  // A command may finish well although a signal has come: its work was done.
  using interruption = catchSignals(call.processEnvironment)
  try {
    await output.write(`${paintResult('bold', `ddb-ingest ${version}: writing to DolphinDB asynchronously`)}

DolphinDB can take data without answering: the client sends and goes on sending.
That is fast, and it hides failures. ddb-ingest sends that way and then asks the
server what has arrived. It can write into three kinds of targets; this tour
shows each.

An embedded DolphinDB-compatible server listens on ${address}. It ends with
this tour.
`)
    for (const { title, explanation, runs, commands, table } of ways) {
      await output.write(`\n${paintResult('bold', title)}\n\n${explanation}\n`)
      await output.write(`DolphinDB runs  ${paintResult('cyan', runs)}\n`)
      const calls = commands.map(text => text.split(' ').map(shownFixture))
      for (const words of [...calls, ['exec', '-e', `select top 4 * from ${table}`]]) {
        const typed = shellText(words).replace(/^ddb-ingest/, name)
        await output.write(
          `\n${paintResult('cyan', `$ ${typed.replaceAll(' --', ' \\\n    --')}`)}\n`,
        )
        const exitCode = await runCommand(words, address, call)
        const ended = interruption.exitCode ?? exitCode
        if (ended !== 0) return ended
      }
    }
    await output.write(`
${paintResult('green', 'Everything that was sent has been confirmed.')}

${paintResult('bold', 'Next, with a server of your own')}

  ${name} load FILE --host HOST:8848 --user NAME --table TABLE
  ${name} exec --host HOST:8848 -e 'select top 5 * from TABLE'
  ${name} bench --host HOST:8848     is asynchronous writing worth it?
  ${name} serve              an embedded server to try things on
  ${name} load --help-all    all options
`)
    return 0
  } finally {
    await embedded.close()
  }
}

/** Runs a command as if it were typed under `serve --`. The user's settings for other servers have no effect. */
async function runCommand(words: readonly string[], address: string, call: Call): Promise<number> {
  const line = readCommandLine(words, call.commands, 80)
  if ('answer' in line) throw new Error(line.answer)
  const { command } = line
  const others = Object.entries(call.processEnvironment.environment)
  const environment = {
    ...Object.fromEntries(others.filter(([name]) => !name.startsWith('DDB_'))),
    // The initial login of the embedded server, as on a new DolphinDB.
    ...{ DDB_HOST: address, DDB_USER: 'admin', DDB_PASSWORD: '123456' },
    [embeddedServerVariable]: address,
  }
  const sources = { flags: line.flags, environment }
  // Not a copy: reading the member `stdin` would open standard input.
  const processEnvironment = Object.create(call.processEnvironment, {
    environment: { value: environment },
  }) as Call['processEnvironment']
  const asked = { ...line, command: command.name, serverEnds: true }
  return command.prepare(sources)({ ...call, ...line, sources, processEnvironment, asked })
}

const shownFixture = (word: string): string =>
  word.startsWith('fixtures/') ? shownPath(packageFile(word)) : word

/** For a file in the working folder, the path relative to that folder; otherwise the path as given. */
function shownPath(path: string): string {
  const near = relative(process.cwd(), path)
  return clean(near.startsWith('..') || isAbsolute(near) ? path : near)
}
