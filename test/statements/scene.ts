/* Runs commands and records their statements, on an embedded server with a table of each kind. Each request is stored under the command
   that sent it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Test } from 'tap'
import { commands } from '../../src/cli/dispatch.js'
import { optionNames } from '../helpers/option-names.js'
import { type EmbeddedServer, type ServerOptions } from '../../src/server/index.js'
import { runMain, type Outcome } from '../cli/run-cli.js'
import { recordRequests, type SentRequest } from './sent-requests.js'
import { startServerFor } from '../helpers/load-server.js'

export const dfsScript = `db = database("dfs://myDatabase", VALUE, \`A\`B)
db.createPartitionedTable(table(1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]), \`myTable, \`sym)
`

/** The names of the user begin with `my`, to distinguish them from the names that every run sends. */
const initScript = `
share streamTable(1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]) as myStream
share keyedStreamTable(\`id, 1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]) as myKeyedStream
share keyedTable(\`id, 1:0, \`id\`sym\`price, [INT, SYMBOL, DOUBLE]) as myKeyed
${dfsScript}def myView(factor, mutable data) { tableInsert(objByName("myStream"), data) }
addFunctionView(myView)
createUser("myScramUser", "myPassword1", authMode="scram")`

const rows = 'id,sym,price\n1,A,1.5\n2,B,2.5\n3,A,3.5\n'

/** Commands that can show what they send. */
const traced = commands.filter(command => optionNames(command).has('trace')).map(({ name }) => name)

export interface Scene {
  readonly server: EmbeddedServer
  readonly folder: string
  readonly environment: Readonly<Record<string, string>>
  /** Runs a command against the server. The test fails if the command ends with a different exit code. */
  readonly run: (exitCode: number, ...argv: string[]) => Promise<Outcome>
  /** Like `run`, with a load of `my.csv` in batches of one row. */
  readonly load: (exitCode: number, ...argv: string[]) => Promise<Outcome>
}

const taken = recordRequests()

/** Command → the requests that it has sent so far. */
export const sent = new Map<string, SentRequest[]>()

/** Returns the requests since the last call, and adds them to those of `sender`. */
export function keepSent(sender: string): readonly SentRequest[] {
  const requests = taken()
  // Ignores the scripts of `exec`, because they are the user's.
  const own = requests.filter(({ request }) => sender !== 'exec' || request.kind !== 'script')
  sent.set(sender, [...(sent.get(sender) ?? []), ...own])
  return requests
}

/** The command that counts as the sender. Resuming a run counts as a load. */
function senderOf([command, second = '']: readonly string[]): string {
  if (command === 'resume' || command === 'retry') return 'load'
  return command === 'runs' ? `runs ${second}` : command!
}

export async function openScene(t: Test, options: ServerOptions = {}): Promise<Scene> {
  const server = await startServerFor(t, { initScript, ...options })
  const folder = t.testdir({ 'my.csv': rows, password: 'myPassword1', state: {} })
  const environment = {
    DDB_HOST: server.host,
    DDB_PORT: String(server.port),
    DDB_USER: 'admin',
    DDB_PASSWORD: '123456',
    XDG_STATE_HOME: join(folder, 'state'),
  }
  let count = 0
  const run: Scene['run'] = async (exitCode, ...argv) => {
    const trace = join(folder, `${++count}.trace`)
    const isTraced = traced.some(name => name === argv[0])
    const all = isTraced ? [...argv, '--trace', trace] : argv
    const outcome = await runMain(all, { environment })
    t.equal(outcome.code, exitCode, argv.join(' ').replaceAll(folder, ''), { outcome })
    const requests = keepSent(senderOf(argv))
    // If a fault breaks a connection, the requests in transit are lost.
    if (isTraced && options.faults === undefined) {
      const lines = (await readFile(trace, 'utf8')).split('\n').filter(line => line.includes(' > '))
      t.equal(lines.length, requests.length, 'the trace has a line for each request')
    }
    return outcome
  }
  return {
    server,
    folder,
    environment,
    run,
    load: (exitCode, ...argv) =>
      run(exitCode, 'load', join(folder, 'my.csv'), '-b', '1', '--confirm-timeout', '3s', ...argv),
  }
}
