/*
  Plays one seed from start to end: sets up the machines, lets the events happen, and compares the reports of the
  loaders with the tables.
*/
import './late-modules.js'
import { auditRuns } from './audited.js'
import { simulateAround } from './around.js'
import { isAround } from './around-scenario.js'
import { checkRun, checkStrangers, type Complaint } from './check.js'
import { SimDisk } from './disk.js'
import { putInputs, startRun, type Run } from './loader.js'
import { SimNetwork } from './network.js'
import type { SimProcess, SimEnvironment } from './process.js'
import { Chance } from './random.js'
import { drawScenario, type LoaderPlan, type Scenario } from './scenario.js'
import { SimServer } from './server.js'
import { firstShardsSeed, simulateShards } from './shards.js'
import { World, type Ended } from './world.js'

export interface Simulation {
  readonly scenario: Scenario
  readonly runs: readonly Run[]
  readonly complaints: readonly Complaint[]
  /** Loaders whose missing rows an audit has found and a load has added. */
  readonly completed: number
  readonly eventCount: number
  readonly virtualMs: number
  /** A line for every event; empty if `traced` is false. */
  readonly trace: readonly string[]
}

/** Longer than any timeout of a scenario. */
const longestMs = 3_600_000

/** The server, the network and the disk of a scenario. Nothing has happened yet. */
export function newMachines(scenario: Scenario, chance: Chance, traced: boolean) {
  const world = new World(traced)
  const network = new SimNetwork(world, chance.fork(), scenario.weather)
  const disk = new SimDisk(world, chance.fork())
  disk.badReadOneIn = scenario.troubles.badReadOneIn
  disk.pieceBytes = scenario.pieceBytes
  const environment: SimEnvironment = {
    world,
    chance,
    network: process => network.of(process),
    files: process => disk.of(process),
  }
  const server = new SimServer(environment, scenario)
  const died = (process: SimProcess, silently: boolean): void =>
    network.processDied(process, silently)
  server.begin(died)
  return { world, network, disk, environment, server, died }
}

/** Lets a killed process take its connections along, and then calls `over`. */
export function whenKilled(
  run: Run,
  { world, died }: Pick<ReturnType<typeof newMachines>, 'world' | 'died'>,
  over: () => void,
): void {
  run.process.onDeath = () => {
    run.endedMs = world.nowMs
    died(run.process, false)
    over()
  }
  // The process may have died before this listener was added.
  if (!run.process.isAlive) run.process.onDeath()
}

type Found = Pick<Simulation, 'scenario' | 'runs'> & { complaints: Complaint[]; completed?: number }

/** @param ended  how the events ended before the check */
export function simulationOf(world: World, ended: Ended, found: Found): Simulation {
  if (ended !== 'over') {
    const about = found.runs.find(run => run.endedMs === undefined)?.plan.name ?? 'simulation'
    found.complaints.push({ about, text: ended === 'idle' ? 'waits for ever' : 'does not end' })
  }
  const { eventCount, nowMs: virtualMs, trace = [] } = world
  return { completed: 0, ...found, eventCount, virtualMs, trace }
}

/** @param traced  records a trace, which takes time */
export function simulate(seed: number, traced = false): Promise<Simulation> {
  if (seed >= firstShardsSeed) return simulateShards(seed, traced)
  if (isAround(seed)) return simulateAround(seed, traced)
  return simulateScenario(drawScenario(seed), traced)
}

export async function simulateScenario(scenario: Scenario, traced = false): Promise<Simulation> {
  const { seed } = scenario
  const chance = new Chance(seed ^ 0x5bd1e995)
  const machines = newMachines(scenario, chance, traced)
  const { world, network, disk, environment, server } = machines

  const runs: Run[] = []
  let due = scenario.loaders.length
  const start = (plan: LoaderPlan, killAtCall: number | undefined): void => {
    due--
    const run = startRun(environment, plan, scenario.kind, killAtCall)
    runs.push(run)
    for (const { path, cut } of plan.inputs) {
      if (cut !== undefined) disk.cutAfter(path, cut.afterReads, cut.share)
    }
    whenKilled(run, machines, () => {
      if (plan.restartAfterMs === undefined) return
      due++
      world.schedule(plan.restartAfterMs, () => start(plan, undefined))
    })
  }
  for (const plan of scenario.loaders) {
    putInputs(disk, plan)
    world.schedule(plan.startMs, () => start(plan, plan.killAtCall))
  }
  disk.freeBytes = scenario.troubles.freeBytes

  const isOver = (): boolean => due === 0 && runs.every(run => run.endedMs !== undefined)
  const ended = await world.run(isOver, longestMs)
  // The server executes all received requests before the check.
  await world.run(() => false, world.nowMs + 120_000)
  const findings = { scenario, runs, server, disk, network }
  const complaints = [...runs.flatMap(run => checkRun(run, findings)), ...checkStrangers(findings)]
  const { completed, complaints: others } = await auditRuns(findings, environment)
  return simulationOf(world, ended, {
    ...{ scenario, runs, completed },
    complaints: [...complaints, ...others],
  })
}
