/*
  Runs the embedded server in its own process, so that all data crosses a socket, and no event loop is shared.
*/
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import { DdbError } from '../../errors.js'
import { packageFile } from '../../version.js'
import type { ProcessEnvironment } from '../process-environment.js'

/** A running server, which never outlives this process. */
export interface EmbeddedProcess {
  readonly host: string
  readonly port: number
  /** Shuts the server down cleanly and waits for its end. */
  stop(): Promise<void>
}

const startsWithinMs = 20_000
const stopsWithinMs = 5_000

/** @throws {DdbError} DDB_INTERNAL if the server prints no ready line */
export async function startEmbeddedProcess(
  environment: ProcessEnvironment['environment'],
): Promise<EmbeddedProcess> {
  const bin = packageFile('bin/ddb-ingest.js')
  // The channel (ipc) closes however this process ends, and `serve` then ends, too.
  const child = spawn(process.execPath, [bin, 'serve', '--host', '127.0.0.1', '--port', '0'], {
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
    env: neutral(environment),
  })
  const exited = once(child, 'exit')
  const stop = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), stopsWithinMs)
    await exited
    clearTimeout(timer)
  }
  const timer = setTimeout(() => child.kill('SIGKILL'), startsWithinMs)
  try {
    const address = await readyAddress(
      createInterface({ input: child.stdout ?? Readable.from([]) }),
    )
    if (address !== undefined) return { ...address, stop }
    await exited
    throw new DdbError(
      'DDB_INTERNAL',
      `the embedded server did not start (exit code ${child.exitCode ?? child.signalCode})`,
    )
  } finally {
    clearTimeout(timer)
    child.stdout?.resume()
  }
}

/** The address in the ready line, or undefined if the output ends before it. */
async function readyAddress(
  lines: AsyncIterable<string>,
): Promise<{ host: string; port: number } | undefined> {
  for await (const line of lines) {
    const match = /^listening on (.+):(\d+)$/.exec(line)
    if (match !== null) return { host: match[1]!, port: Number(match[2]) }
  }
  return undefined
}

/** The environment without settings meant for the user's own server. */
function neutral(environment: ProcessEnvironment['environment']): Record<string, string> {
  const kept = Object.entries(environment).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('DDB_'),
  )
  return Object.fromEntries(kept)
}
