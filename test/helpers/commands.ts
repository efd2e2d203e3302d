/* A server, a folder of files, and the command line between them. */
import { join } from 'node:path'
import type { Test } from 'tap'
import type { Faults, ServerOptions } from '../../src/server/index.js'
import { runMain, type Outcome } from '../cli/run-cli.js'
import { startLoadServer, type LoadServer } from './load-server.js'

export interface Commands extends LoadServer {
  readonly dir: string
  /** Runs a command as the administrator, with the state of this folder. */
  readonly run: (...argv: string[]) => Promise<Outcome>
  /** `run` with this standard input. */
  readonly runWith: (stdin: string | Uint8Array, ...argv: string[]) => Promise<Outcome>
  /** The rows of a table, each a line of CSV, in the order of the lines. */
  readonly lines: (table: string) => Promise<string[]>
}

export async function startCommands(
  t: Test,
  initScript: string,
  files: Parameters<Test['testdir']>[0] = {},
  options: ServerOptions & Partial<Faults> = {},
): Promise<Commands> {
  const here = await startLoadServer(t, initScript, options)
  const dir = t.testdir(files)
  const environment = {
    DDB_HOST: `127.0.0.1:${here.server.port}`,
    DDB_USER: 'admin',
    DDB_PASSWORD: '123456',
    XDG_STATE_HOME: join(dir, '.state'),
  }
  const runWith: Commands['runWith'] = (stdin, ...argv) => runMain(argv, { environment, stdin })
  return {
    ...here,
    dir,
    runWith,
    run: (...argv) => runWith('', ...argv),
    lines: async table => (await here.rows(`select * from ${table}`)).map(String).sort(),
  }
}
