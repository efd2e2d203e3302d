/*
  `serve`: the embedded server in the foreground, or for as long as a command runs.
*/
import { spawn, type ChildProcess } from 'node:child_process'
import { constants } from 'node:os'
import { UsageError } from '../../errors.js'
import { startServer, type EmbeddedServer } from '../../server/index.js'
import type { Call } from '../command.js'
import { defined } from '../defined.js'
import { catchSignals } from '../interruption.js'
import type { ServeSettings } from '../registry.js'
import { readScriptFile } from '../script-file.js'
import { clean } from '../text.js'

export async function run(settings: ServeSettings, call: Call): Promise<number> {
  const initScript = settings.init === undefined ? undefined : await readScriptFile(settings.init)
  const server = await startServer(
    defined({
      host: settings.host,
      port: settings.port,
      initScript,
      requireLogin: settings.requireLogin,
      allowOrigins: settings.allowOrigin,
      discard: settings.discard,
    }),
  )
  try {
    if (call.childCommand.length > 0) return await serveChild(server, call)
    await serveForeground(server, call)
    return 0
  } finally {
    await server.close()
    if (process.connected) process.disconnect()
  }
}

/** Announces the server and waits for the end: a signal, or the end of the Node process that started this one. */
async function serveForeground(
  server: EmbeddedServer,
  { surroundings, output }: Call,
): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const interruption = catchSignals(surroundings, () => {
      interruption.release()
      resolve()
    })
    process.once('disconnect', resolve)
    output.write(`listening on ${addressText(server)}\n`).catch(reject)
  })
}

function addressText({ host, port }: EmbeddedServer): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
}

/** Addresses that mean "all of this machine" can be listened on, not connected to. */
function reachableHost(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  return host === '::' ? '::1' : host
}

async function serveChild(
  server: EmbeddedServer,
  { childCommand, surroundings }: Call,
): Promise<number> {
  const [file, ...args] = childCommand
  const child = spawn(file!, args, {
    stdio: 'inherit',
    env: {
      ...surroundings.environment,
      DDB_HOST: reachableHost(server.host),
      DDB_PORT: String(server.port),
    },
  })
  const interruption = catchSignals(
    {
      signals: surroundings.signals,
      leave(exitCode) {
        child.kill('SIGKILL')
        surroundings.leave(exitCode)
      },
    },
    name => {
      // A Ctrl-C in a terminal reaches the whole process group, the command included.
      if (name !== 'SIGINT' || !surroundings.stdin.isTTY) child.kill(name)
    },
  )
  try {
    return await exitCodeOf(child, file!)
  } finally {
    interruption.release()
  }
}

/** A command's own exit code; 128 and the signal's number when a signal ended it, as a shell has it. */
function exitCodeOf(child: ChildProcess, file: string): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) =>
      reject(
        new UsageError('DDB_USAGE', `cannot run ${clean(file)} (${error.code})`, { cause: error }),
      ),
    )
    child.once('exit', (code, signal) =>
      resolve(code ?? 128 + constants.signals[signal ?? 'SIGTERM']),
    )
  })
}
