/* A simulated loader and its reports: a process that runs `load` and may be killed, interrupted and restarted. */
import { Readable } from 'node:stream'
import { loadOn } from '../../src/load/load.js'
import type { LoadOptions, LoadReport, LoadResult } from '../../src/load/options.js'
import type { SimDisk } from './disk.js'
import { SimProcess, type SimEnvironment } from './process.js'
import type { Chance } from './random.js'
import type { InputFile, LoaderPlan, TargetKind } from './scenario.js'
import { secondAddress, serverAddress } from './server.js'

/** One process from start to end. */
export interface Run {
  readonly plan: LoaderPlan
  readonly process: SimProcess
  readonly startedMs: number
  endedMs: number | undefined
  /** Undefined while the process runs, and forever if it was killed. */
  result: LoadResult | undefined
  /** The error that `load` threw instead of returning a result. */
  thrown: unknown
  mostInFlightBytes: number
  readonly notices: string[]
  readonly interrupt: AbortController
  /** Aborted after the simulation, it frees the memory of a killed process, which Node keeps while a signal may come. */
  readonly leave: AbortController
  /** Called whenever the process is about to send rows. */
  onSending: () => void
  /** Called when the process ends without being killed. */
  onEnd: () => void
}

/** The text before the rows of an input. */
export function headerOf({ format }: LoaderPlan): string {
  return format === 'csv' ? 'id,sym\n' : ''
}

function textOf(plan: LoaderPlan, { rows }: InputFile): string {
  return headerOf(plan) + rows.map(({ line }) => `${line}\n`).join('')
}

export function putInputs(disk: SimDisk, plan: LoaderPlan): void {
  for (const input of plan.inputs) {
    if (input.path !== '-') disk.put(input.path, textOf(plan, input))
  }
}

/** A pipe into which a simulated program writes slowly. */
function pipeOf(text: string, process: SimProcess, chance: Chance): Readable {
  const pipe = new Readable({ read: () => undefined })
  const bytes = Buffer.from(text)
  let at = 0
  const write = (): void => {
    if (pipe.destroyed) return
    const piece = bytes.subarray(at, at + chance.between(1, 400))
    at += piece.length
    pipe.push(piece.length === 0 ? null : piece)
    if (piece.length > 0) process.later(chance.spread(0.01, 3_000), write)
  }
  process.later(chance.number(), write)
  return pipe
}

export function startRun(
  environment: SimEnvironment,
  plan: LoaderPlan,
  kind: TargetKind,
  killAtCall: number | undefined,
  load: typeof loadOn = loadOn,
): Run {
  const { world } = environment
  const process = new SimProcess(plan.name, environment, plan.hostName)
  const run: Run = {
    plan,
    process,
    startedMs: world.nowMs,
    endedMs: undefined,
    result: undefined,
    thrown: undefined,
    mostInFlightBytes: 0,
    notices: [],
    interrupt: new AbortController(),
    leave: new AbortController(),
    onSending: () => undefined,
    onEnd: () => undefined,
  }
  process.killAtCall = killAtCall ?? Infinity
  const end = (): void => void (run.endedMs ??= world.nowMs)
  world.note(() => `${plan.name} starts`)
  const onSending = (): void => run.onSending()
  load(process.platform, optionsOf(run, plan, kind, environment), { onSending }).then(
    result => {
      if (!process.isAlive) return
      end()
      run.result = result
      world.note(() => `${plan.name} ends: ${JSON.stringify(result)}`)
      run.onEnd()
    },
    (error: unknown) => {
      if (!process.isAlive) return
      end()
      run.thrown = error
      world.note(() => `${plan.name} throws: ${String(error)}`)
    },
  )
  return run
}

function optionsOf(
  run: Run,
  plan: LoaderPlan,
  kind: TargetKind,
  { world, chance }: SimEnvironment,
): LoadOptions {
  const piped = plan.inputs.find(({ path }) => path === '-')
  for (const [controller, atMs] of [
    [run.interrupt, plan.interruptAtMs],
    [run.leave, plan.leaveAtMs],
  ] as const) {
    if (atMs === undefined) continue
    run.process.later(atMs, () => {
      world.note(
        () => `${plan.name} is ${controller === run.leave ? 'told to leave' : 'interrupted'}`,
      )
      controller.abort()
    })
  }
  return {
    inputs: plan.names ?? plan.inputs.map(({ path }) => path),
    server: {
      ...serverAddress,
      user: 'admin',
      password: '123456',
      connectTimeoutMs: plan.connectTimeoutMs,
      ...(plan.namesSecondNode === true ? { otherHosts: [secondAddress] } : {}),
    },
    target: kind.target,
    input: {
      format: plan.format,
      ...(plan.format === 'csv' ? { header: 'yes' } : {}),
      ...(piped === undefined
        ? {}
        : { stdin: pipeOf(textOf(plan, piped), run.process, chance.fork()) }),
      ...(plan.limit === undefined ? {} : { limit: plan.limit }),
    },
    delivery: plan.delivery,
    rejects: plan.rejects,
    ...(plan.runId === undefined ? {} : { runId: plan.runId }),
    ...(plan.shard === undefined ? {} : { shard: plan.shard }),
    ...(plan.isJournaled === true
      ? { journal: { folder: '/state', ...(plan.isAnew === true ? { restart: true } : {}) } }
      : {}),
    onReport: (report: LoadReport) => {
      run.mostInFlightBytes = Math.max(run.mostInFlightBytes, report.inFlightBytes)
    },
    onNotice: notice => {
      run.notices.push(notice)
      world.note(() => `${plan.name} says: ${notice}`)
    },
    signal: run.interrupt.signal,
    leave: run.leave.signal,
  }
}
