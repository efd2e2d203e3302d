/*
  The processes of a round: a server and loaders, started as users start them and killed as nobody wants to be.
*/
import type { ChildProcess } from 'node:child_process'
import { stat } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { LoadResult } from '../../src/load/options.js'
import { spawnCli } from '../cli/run-cli.js'

export interface ServerProcess {
  readonly port: number
  /** Resolves once the process is no more. */
  kill(): Promise<void>
}

/** @param port  0 for one that is free */
export async function startServerProcess(scriptFile: string, port: number): Promise<ServerProcess> {
  const argv = ['serve', '--port', String(port), '--init', scriptFile]
  const { child, firstLine, outcome } = spawnCli([...argv, '--new-value-partitions', 'skip'])
  const line = await firstLine
  return {
    port: Number(/:(\d+)$/.exec(line)?.[1]),
    kill: async () => {
      child.kill('SIGKILL')
      await outcome
    },
  }
}

export interface LoaderEnd {
  /** undefined when the process was killed. */
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

/** Resolves once the file has so many bytes, the process is no more, or five seconds have gone. */
export async function grown(path: string, bytes: number, loader: LoaderProcess): Promise<void> {
  const start = performance.now()
  while (loader.isAlive() && performance.now() < start + 5_000) {
    const { size } = await stat(path).catch(() => ({ size: 0 }))
    if (size >= bytes) return
    await sleep(2)
  }
}

/** Whether the process ended within that time. */
export async function endsWithin(loader: LoaderProcess, ms: number): Promise<boolean> {
  const stop = new AbortController()
  const isOver = await Promise.race([
    loader.end.then(() => true),
    sleep(ms, false, { signal: stop.signal }).catch(() => false),
  ])
  stop.abort()
  return isOver
}
