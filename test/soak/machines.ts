/* The processes of a round: a server and loaders, started in the way of users, and killed. */
import type { ChildProcess } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadResult } from '../../src/load/options.js'
import { spawnCli } from '../cli/run-cli.js'

export interface ServerProcess {
  readonly port: number
  /** Resolves once the process has ended. */
  kill(): Promise<void>
}

/** @param port  a port from `quietPort`, because the next server needs the same port */
export async function startServerProcess(scriptFile: string, port: number): Promise<ServerProcess> {
  const argv = ['serve', '--port', String(port), '--init', scriptFile]
  const { child, firstLine, outcome } = spawnCli([...argv, '--new-value-partitions', 'skip'])
  await firstLine
  return {
    port,
    kill: async () => {
      child.kill('SIGKILL')
      await outcome
    },
  }
}

/** A free port below the range of outgoing connections, so the port stays free while its server is down. */
export async function quietPort(): Promise<number> {
  for (;;) {
    const port = 12_000 + Math.floor(Math.random() * 20_000)
    const server = createServer()
    const isFree = await new Promise<boolean>(resolve => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise(resolve => server.close(resolve))
    return port
  }
}

export interface LoaderEnd {
  /** Undefined if the process was killed. */
  readonly result: LoadResult | undefined
  readonly stderr: string
}

export interface LoaderProcess {
  readonly end: Promise<LoaderEnd>
  kill(): void
  readonly isAlive: () => boolean
}

export function startLoaderProcess(argv: readonly string[], cwd: string): LoaderProcess {
  const environment = { DDB_PASSWORD: '123456' }
  const { child, outcome } = spawnCli(argv, { cwd, environment })
  const end = outcome.then(({ stdout, stderr, signal }) => {
    if (signal !== null) return { stderr, result: undefined }
    if (stdout === '') throw new Error(`no result: ${stderr}`)
    return { stderr, result: JSON.parse(stdout) as LoadResult }
  })
  end.catch(() => undefined)
  return { end, kill: () => void child.kill('SIGKILL'), isAlive: () => isAlive(child) }
}

const isAlive = ({ exitCode, signalCode }: ChildProcess): boolean =>
  exitCode === null && signalCode === null

/** Resolves once the file has this many bytes, the process has ended, or five seconds have passed. */
export async function grown(path: string, bytes: number, loader: LoaderProcess): Promise<void> {
  const start = performance.now()
  while (loader.isAlive() && performance.now() < start + 5_000) {
    const { size } = await stat(path).catch(() => ({ size: 0 }))
    if (size >= bytes) return
    await sleep(2)
  }
}

export async function endsWithin(loader: LoaderProcess, ms: number): Promise<boolean> {
  const stop = new AbortController()
  const isOver = await Promise.race([
    loader.end.then(() => true),
    sleep(ms, false, { signal: stop.signal }).catch(() => false),
  ])
  stop.abort()
  return isOver
}
