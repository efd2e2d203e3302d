/* `serve`: runs the embedded server in the foreground, or for as long as a command runs. */
import { spawn } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { constants } from 'node:os'
import { resolve } from 'node:path'
import { addressText } from '../../client/failure.js'
import { DdbError, UsageError, usageError } from '../../errors.js'
import {
  readSettings,
  requestedFaults,
  startServer,
  type AsynchronousFailure,
  type EmbeddedServer,
} from '../../server/index.js'
import { certificateInPem } from '../../platform/pem-file.js'
import type { Call } from './command.js'
import { defined } from '../options/definition.js'
import { catchSignals, type Interruption } from '../process-environment.js'
import type { Settings } from '../options/options.js'
import { readScriptFile } from '../files/one-file.js'
import { embeddedServerVariable, servingProcessVariable } from '../files/state.js'
import { printFailure } from '../output/failures.js'
import { clean, systemCode } from '../output/output.js'

/** @returns the exit code, CMD's if there is one @throws {UsageError} DDB_CONFIG if it would be exposed with the initial password */
export async function run(settings: Settings<'serve'>, call: Call): Promise<number> {
  const server = await start(settings, call)
  try {
    const [file, ...args] = call.childCommand
    const code =
      file === undefined
        ? await serveForeground(server, call)
        : await serveChild(server, settings, call, file, args)
    try {
      if (settings.discard) await call.output.write(`${JSON.stringify(server.discarded)}\n`)
    } catch (error) {
      if (code === 0) throw error
      printFailure(call.output, error, call.asked)
    }
    return code
  } finally {
    await server.close()
  }
}

async function start(settings: Settings<'serve'>, call: Call): Promise<EmbeddedServer> {
  const { listenHost: host, init, as: report, setting, fault } = settings
  const { requireLogin, newValuePartitions, discard } = settings
  const given = {
    ...{ host, port: settings.listenPort, version: settings.serverVersion },
    ...{ requireLogin, newValuePartitions, discard, allowOrigins: settings.allowOrigin },
    ...{ tlsCertFile: settings.tlsCert, tlsKeyFile: settings.tlsKey },
    faults: fault === undefined ? undefined : requestedFaults(fault),
    initScript: init === undefined ? undefined : await readScriptFile(init, call),
    report: report === undefined ? undefined : await readScriptFile(report, call),
    settings: setting && readSettings(setting),
    onAsyncError: failureLog(call),
  }
  try {
    return await startServer(defined(given))
  } catch (cause) {
    // The library's message names an option that `serve` lacks.
    if (!(cause instanceof DdbError) || cause.fix?.options?.['host'] === undefined) throw cause
    throw new UsageError(
      'DDB_CONFIG',
      `serve does not listen on ${clean(host)}: other users could log in as admin with the well-known password; ` +
        'stay on 127.0.0.1',
      { cause },
    )
  }
}

/** How many failures are shown: a faulty sender repeats the same failure thousands of times. */
const shownFailures = 3

/** Logs failures of asynchronous requests, which the server reports to no client. */
function failureLog({ output }: Call): (failure: AsynchronousFailure) => void {
  let count = 0
  return ({ sessionId, text, message }) => {
    count++
    if (count > shownFailures) return
    output.note(`asynchronous request of session ${sessionId} failed: ${message} (${text})`)
    if (count === shownFailures) output.note('further failures are not shown')
  }
}

async function serveForeground(server: EmbeddedServer, { processEnvironment, output }: Call) {
  using interruption = catchSignals(processEnvironment)
  const ended = once(interruption.signal, 'abort')
  const told = output.write(`listening on ${addressText(server.host, server.port)}\n`)
  await Promise.race([ended, told.then(() => ended)])
  return 0
}

/** Variables with which CMD finds this server. `undefined` removes what the user has set for another server; login and demands stay. */
async function childEnvironment({ tlsCert }: Settings<'serve'>, server: EmbeddedServer) {
  // Addresses that mean "all interfaces" can be listened on, but not connected to.
  const host = server.host.replace(/^0\.0\.0\.0$/, '127.0.0.1').replace(/^::$/, '::1')
  const pem = tlsCert === undefined ? '' : await readFile(tlsCert, 'utf8')
  const isAuthority = (pem.match(certificateInPem) ?? []).some(block => {
    const { issuer, subject } = new X509Certificate(block)
    return issuer === subject
  })
  const noTls = {
    ...{ DDB_INGEST_TLS: undefined, DDB_INGEST_TLS_INSECURE: undefined },
    ...{ DDB_INGEST_CA_FILE: undefined, DDB_INGEST_CERT_FILE: undefined },
  }
  return {
    ...(tlsCert === undefined ? noTls : { DDB_INGEST_TLS: 'true' }),
    ...(isAuthority
      ? { DDB_INGEST_CA_FILE: resolve(tlsCert!), DDB_INGEST_TLS_INSECURE: undefined }
      : {}),
    DDB_INGEST_HOST: undefined,
    DDB_HOST: host,
    DDB_PORT: String(server.port),
    [embeddedServerVariable]: `${host}:${server.port}`,
    [servingProcessVariable]: String(process.pid),
  }
}

async function serveChild(
  server: EmbeddedServer,
  settings: Settings<'serve'>,
  { processEnvironment }: Call,
  file: string,
  args: readonly string[],
): Promise<number> {
  const own = await childEnvironment(settings, server)
  let interruption: Interruption | undefined
  try {
    const env = { ...processEnvironment.environment, ...own }
    const child = spawn(file, args, { stdio: 'inherit', env })
    interruption = catchSignals(
      {
        signals: processEnvironment.signals,
        leave(exitCode) {
          child.kill('SIGKILL')
          processEnvironment.leave(exitCode)
        },
      },
      {
        onFirst(name) {
          // A Ctrl-C in a terminal reaches the whole process group, including the command.
          if (name !== 'SIGINT' || !processEnvironment.stdin.isTTY) child.kill(name)
        },
      },
    )
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null]
    // As in shells, 128 plus the signal's number if a signal ended the command.
    return code ?? 128 + constants.signals[signal ?? 'SIGTERM']
  } catch (cause) {
    throw usageError(`cannot run ${clean(file)} (${systemCode(cause)})`, { cause })
  } finally {
    interruption?.[Symbol.dispose]()
  }
}
