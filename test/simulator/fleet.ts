/*
  Plays one seed of a plan loaded by several processes. Shards start at the same moment, are killed, started twice and
  restarted, with a different number of shards in each round. Server and network cause trouble. At the end the simulator
  compares the table with the inputs and with the reports of the shards and the server.
*/
import { inspect } from 'node:util'
import { loadShard } from '../../src/load/fleet/load-shard.js'
import { makeManifest } from '../../src/load/fleet/make-manifest.js'
import type { Manifest, PlannedUnit } from '../../src/load/fleet/manifest.js'
import { unitsOfShard, type Shard } from '../../src/load/fleet/shards.js'
import { planTableName } from '../../src/load/marker/run-tables.js'
import { checkEquation, checkExitCode, countsOf, type Complaint } from './check.js'
import { SimDisk } from './disk.js'
import { headerOf, putInputs, startRun, type Run } from './loader.js'
import { SimNetwork } from './network.js'
import { SimProcess, type SimEnvironment } from './process.js'
import { Chance } from './random.js'
import {
  drawScenario,
  type InputFile,
  type InputRow,
  type LoaderPlan,
  type Scenario,
} from './scenario.js'
import { SimServer } from './server.js'
import type { Simulation } from './simulate.js'
import { World } from './world.js'

/** From this seed on, scenarios are plans. */
export const firstFleetSeed = 20_000_000_000

/** Longer than all timeouts of all processes of a shard together. */
const longestMs = 100 * 3_600_000
const longestLookMs = 5_000
const runId = 'year'
/** The largest number of processes for one shard in a round: the first process and its replacements. */
const mostTries = 3

/** The shards of a seed, and the trouble that they meet. */
interface FleetScenario extends Scenario {
  readonly fleet: {
    readonly unitBytes: number
    readonly batchRows: number
    /** The number of shards in each round; the last round is undisturbed. */
    readonly rounds: readonly number[]
    /** Delays (ms) after the run's table first exists. After each, a process that looked too early shares it again. */
    readonly sharedAgainMs: readonly number[]
    /** Times (ms) when another user removes the receipts of all units begun by then. */
    readonly ledgersGoneMs: readonly number[]
  }
}

function drawFleet(seed: number): FleetScenario {
  const chance = new Chance(seed ^ 0x51ed270b)
  const base = drawScenario(seed - firstFleetSeed + 1)
  const [first] = base.loaders
  const { format } = first!
  let file = 0
  const more = Array.from({ length: chance.between(1, 5) }, () => drawFile(chance, base, format))
  const inputs = [...base.loaders.filter(one => one.format === format).flatMap(one => one.inputs)]
  const renamed = [...inputs, ...more].map(({ rows }): InputFile => ({
    path: `/in/day=2024-01-0${1 + (file % 4)}/${file++}.${format}`,
    rows: rows.map((row, i) => renumbered(row, file * 10_000 + i, format)),
    cut: undefined,
  }))
  const { mode: _, confirm: __, batchRows: ___, connections: ____, ...delivery } = first!.delivery
  const plan: LoaderPlan = {
    ...first!,
    name: 'shard',
    runId,
    inputs: renamed,
    delivery,
    limit: undefined,
    killAtCall: undefined,
    restartAfterMs: undefined,
    interruptAtMs: undefined,
    leaveAtMs: undefined,
  }
  return {
    ...base,
    seed,
    loaders: [plan],
    fleet: {
      unitBytes: Math.round(chance.spread(20, 3_000)),
      batchRows: chance.between(1, 20),
      rounds: [chance.between(2, 5), chance.between(1, 5), chance.between(1, 5)],
      sharedAgainMs: chance.oneIn(3)
        ? Array.from({ length: chance.between(1, 3) }, () => chance.spread(0.1, 900))
        : [],
      ledgersGoneMs: chance.oneIn(6)
        ? Array.from({ length: chance.between(1, 3) }, () => chance.spread(900, 30_000))
        : [],
    },
  }
}

function drawFile(chance: Chance, { kind }: Scenario, format: LoaderPlan['format']): InputFile {
  const isBad = chance.oneIn(4)
  const rows = Array.from({ length: Math.round(chance.spread(1, 80)) }, (_, id): InputRow => {
    const sym = chance.pick(['A', 'B'])
    if (isBad && chance.oneIn(10)) return rowOf({ kind: 'bad cell', sym }, id, format)
    if (isBad && kind.partitioned && chance.oneIn(10)) {
      return rowOf({ kind: 'refused', sym: '' }, id, format)
    }
    return rowOf({ kind: 'good', sym }, id, format)
  })
  return { path: '', rows, cut: undefined }
}

function rowOf(
  { kind, sym }: Pick<InputRow, 'kind' | 'sym'>,
  id: number,
  format: LoaderPlan['format'],
): InputRow {
  const field = kind === 'bad cell' ? `x${id}` : id
  return {
    id,
    sym,
    kind,
    line: format === 'csv' ? `${field},${sym}` : JSON.stringify({ id: field, sym }),
  }
}

const renumbered = (row: InputRow, id: number, format: LoaderPlan['format']): InputRow =>
  rowOf(row, id, format)

/** @param traced  records a trace, which takes time */
export async function simulateFleet(seed: number, traced = false): Promise<Simulation> {
  return new Fleet(drawFleet(seed), new World(traced)).play()
}

/** A process of a shard in one round. */
interface Task {
  readonly shard: Shard
  readonly plan: LoaderPlan
  readonly last: Run
}

class Fleet {
  readonly #scenario: FleetScenario
  readonly #world: World
  readonly #chance: Chance
  readonly #network: SimNetwork
  readonly #disk: SimDisk
  readonly #server: SimServer
  readonly #environment: SimEnvironment
  readonly #runs: Run[] = []
  /** The shards of the last round, with their results. */
  #tasks: Task[] = []
  #manifest: Manifest | undefined
  #waiting = 0

  constructor(scenario: FleetScenario, world: World) {
    this.#scenario = scenario
    this.#world = world
    const chance = new Chance(scenario.seed ^ 0x2f7a3b19)
    this.#chance = chance
    this.#network = new SimNetwork(world, chance.fork(), scenario.weather)
    this.#disk = new SimDisk(world, chance.fork())
    this.#disk.pieceBytes = scenario.pieceBytes
    this.#environment = {
      world,
      chance,
      network: process => this.#network.of(process),
      files: process => this.#disk.of(process),
    }
    this.#server = new SimServer(this.#environment, scenario)
  }

  async play(): Promise<Simulation> {
    const world = this.#world
    const { fleet, troubles } = this.#scenario
    putInputs(this.#disk, this.#plan)
    await this.#makePlan()
    this.#disk.badReadOneIn = troubles.badReadOneIn
    this.#server.begin((process, silently) => this.#network.processDied(process, silently))
    this.#shareAgain()
    for (const atMs of fleet.ledgersGoneMs) world.schedule(atMs, () => this.#dropLedgers())
    const complaints: Complaint[] = []
    for (const [round, count] of fleet.rounds.entries()) {
      this.#startRound(round, count)
      const isOver = (): boolean =>
        this.#waiting === 0 && this.#runs.every(run => run.endedMs !== undefined)
      const ended = await world.run(isOver, world.nowMs + longestMs)
      if (ended !== 'over') {
        const text = ended === 'idle' ? 'waits for ever' : 'does not end'
        complaints.push({ about: `round ${round + 1}`, text })
        break
      }
      // Requests of dead processes may arrive late. They must do no harm.
      await world.run(() => false, world.nowMs + this.#chance.spread(1, 20_000))
    }
    await world.run(() => false, world.nowMs + 120_000)
    this.#check(complaints)
    return {
      scenario: this.#scenario,
      runs: this.#runs,
      complaints,
      eventCount: world.eventCount,
      virtualMs: world.nowMs,
      trace: world.trace ?? [],
    }
  }

  get #plan(): LoaderPlan {
    return this.#scenario.loaders[0]!
  }

  async #makePlan(): Promise<void> {
    const { unitBytes, batchRows } = this.#scenario.fleet
    const planner = new SimProcess('planner', this.#environment)
    const { format, inputs } = this.#plan
    const files = inputs.map(({ path }) => ({ path, written: path }))
    const input = { format, ...(format === 'csv' ? { header: 'yes' as const } : {}) }
    const options = { batchRows, batchBytes: 1 << 20, unitBytes, input }
    let failure: unknown
    makeManifest(planner.platform, files, options).then(
      manifest => (this.#manifest = manifest),
      (error: unknown) => (failure = error),
    )
    const isOver = (): boolean => this.#manifest !== undefined || failure !== undefined
    await this.#world.run(isOver, longestMs)
    if (this.#manifest === undefined) throw failure
  }

  /** Shares the table again, like a process that looked for the table just before a different process shared it. */
  #shareAgain(): void {
    const name = planTableName(runId)
    const left = [...this.#scenario.fleet.sharedAgainMs]
    if (left.length === 0) return
    const script = `share(keyedStreamTable(\`unit\`kind\`no, 64:0, \`unit\`kind\`no\`value\`endedUnit\`rowsRead\`rowsConfirmed\`rowsRejected\`text\`loggedAt, [INT, INT, LONG, LONG, INT, LONG, LONG, LONG, STRING, TIMESTAMP]), "${name}")`
    const look = (): void => {
      // Gives up after `longestLookMs`, because a server that never starts has no table.
      if (!this.#server.ownTables().includes(name)) {
        if (this.#world.nowMs < longestLookMs) this.#world.schedule(0.05, look)
        return
      }
      for (const afterMs of left) {
        this.#world.schedule(afterMs, () => this.#server.otherRuns(script))
      }
    }
    this.#world.schedule(0, look)
  }

  #dropLedgers(): void {
    const drops = this.#ledgers().map(name => `undef("${name}", SHARED)\n`)
    if (drops.length > 0) this.#server.otherRuns(drops.join(''))
  }

  #ledgers(): readonly string[] {
    return this.#server.ownTables().filter(name => name.startsWith('ddbIngestUnit'))
  }

  #startRound(round: number, count: number): void {
    const chance = this.#chance
    this.#tasks = []
    for (let index = 1; index <= count; index++) {
      const shard = { index, count }
      const twins = chance.oneIn(3) ? 2 : 1
      for (let twin = 0; twin < twins; twin++) {
        const startMs = chance.oneIn(2) ? 0 : chance.spread(0.01, 2_000)
        this.#start(round, shard, startMs, 0)
      }
    }
  }

  #start(round: number, shard: Shard, afterMs: number, tries: number): void {
    const chance = this.#chance
    const isLast = round === this.#scenario.fleet.rounds.length - 1
    const manifest = this.#manifest!
    const paths = new Set(
      unitsOfShard(manifest, shard).flatMap(({ files }) => files.map(f => f.path)),
    )
    const plan: LoaderPlan = {
      ...this.#plan,
      name: `round ${round + 1}, shard ${shard.index}/${shard.count}`,
      inputs: this.#plan.inputs.filter(({ path }) => paths.has(path)),
      interruptAtMs: !isLast && chance.oneIn(12) ? chance.spread(1, 3_000) : undefined,
      leaveAtMs: !isLast && chance.oneIn(12) ? chance.spread(1, 3_000) : undefined,
    }
    const killAtCall = !isLast && !chance.oneIn(3) ? Math.round(chance.spread(5, 5_000)) : undefined
    this.#waiting++
    this.#world.schedule(afterMs, () => {
      this.#waiting--
      const run = startRun(
        this.#environment,
        plan,
        this.#scenario.kind,
        killAtCall,
        (platform, options) =>
          loadShard(
            platform,
            { ...options, inputs: [] },
            { manifest, shard, placeOf: path => path },
          ),
      )
      this.#runs.push(run)
      const again = (): void => {
        if (tries + 1 < mostTries) this.#start(round, shard, chance.spread(1, 5_000), tries + 1)
      }
      run.process.onDeath = () => {
        run.endedMs = this.#world.nowMs
        this.#network.processDied(run.process, false)
        again()
      }
      if (!run.process.isAlive) run.process.onDeath()
      run.onEnd = () => {
        if (isLast) this.#tasks.push({ shard, plan, last: run })
        if (run.result !== undefined && ![0, 3].includes(run.result.exitCode)) again()
      }
    })
  }

  #check(complaints: Complaint[]): void {
    const there = countsOf(this.#server.rows().map(({ id }) => id))
    const { kind, troubles } = this.#scenario
    for (const run of this.#runs) {
      const complain = (text: string): void => void complaints.push({ about: run.plan.name, text })
      if (run.thrown !== undefined) complain(`load threw ${inspect(run.thrown)}`)
      const { result } = run
      if (result === undefined) continue
      checkEquation(result, complain)
      checkExitCode(result, complain)
      const { code } = result.error ?? {}
      if (code === 'DDB_RUN_CHANGED' || code === 'DDB_PROTOCOL') {
        complain(`nothing has changed: ${result.error!.message}`)
      }
    }
    const complain = (text: string): void => void complaints.push({ about: 'plan', text })
    if (!kind.keyed && this.#plan.delivery.onDoubt !== 'resend') {
      for (const [id, copies] of there)
        if (copies > 1) complain(`row ${id} is there ${copies} times`)
    }
    for (const { shard, last } of this.#tasks) this.#checkShard(shard, last, there, complain)
    const sent = new Set(this.#plan.inputs.flatMap(({ rows }) => rows.map(({ id }) => id)))
    for (const id of there.keys()) if (!sent.has(id)) complain(`nobody sent row ${id}`)
    const { stallOneIn, resetOneIn, vanishOneIn, deafOneIn } = this.#scenario.weather
    const isFair = [stallOneIn, resetOneIn, vanishOneIn, deafOneIn].every(one => one === Infinity)
    const isCalm =
      isFair &&
      troubles.crashes.length + troubles.requests.length + troubles.elections.length === 0 &&
      troubles.freezes.length === 0 &&
      this.#scenario.fleet.ledgersGoneMs.length === 0 &&
      troubles.refusing === undefined &&
      troubles.badReadOneIn === Infinity &&
      (this.#plan.delivery.confirmTimeoutMs ?? 0) >= 5_000
    if (isCalm) this.#checkCalm(complain)
  }

  #rowsOf(units: readonly PlannedUnit[]): InputRow[] {
    return units.flatMap(({ files: [first, ...others], range }) => {
      const rowsIn = (path: string): readonly InputRow[] =>
        this.#plan.inputs.find(input => input.path === path)!.rows
      if (range === undefined) return [first!, ...others].flatMap(({ path }) => rowsIn(path))
      let offset = headerOf(this.#plan).length
      return rowsIn(first!.path).filter(({ line }) => {
        const start = offset
        offset += line.length + 1
        return start >= range.startBytes && start < range.endBytes
      })
    })
  }

  #checkShard(
    shard: Shard,
    { result, process }: Run,
    there: ReadonlyMap<number, number>,
    complain: (text: string) => void,
  ): void {
    if (result === undefined) return
    const { kind } = this.#scenario
    // The server lost the rows in memory, and may have returned since.
    if (!kind.onDisk && this.#server.lastDeathMs > process.heardFromMs) return
    const rows = this.#rowsOf(unitsOfShard(this.#manifest!, shard))
    const found = rows.filter(({ id }) => there.has(id)).length
    const { read, confirmed, filtered, skipped, rejected } = result.rows
    const name = `shard ${shard.index}/${shard.count}`
    if (read > rows.length) complain(`${name} read ${read} of ${rows.length} rows`)
    if (found < confirmed + skipped) {
      complain(`${name} says ${confirmed + skipped} rows, and ${found} are there`)
    }
    if (result.exitCode !== 0 && result.exitCode !== 3) return
    if (read !== rows.length)
      complain(`${name} ended well, and read ${read} of ${rows.length} rows`)
    if (confirmed + filtered + skipped + rejected !== rows.length) {
      complain(`${name} ended well: ${JSON.stringify(result.rows)} of ${rows.length} rows`)
    }
  }

  #checkCalm(complain: (text: string) => void): void {
    const { rejects } = this.#plan
    const limit = rejects.maxErrors ?? 100
    const isLenient = rejects.onError !== 'stop' && typeof limit === 'number' && limit >= 100
    const bad = this.#plan.inputs.some(({ rows }) => rows.some(({ kind }) => kind !== 'good'))
    if (bad && (!isLenient || this.#scenario.kind.name.includes('CHUNK'))) return
    for (const { shard, last } of this.#tasks) {
      const { exitCode, error } = last.result!
      if (exitCode === 0 || exitCode === 3) continue
      // On a very slow connection a login can exceed its timeout.
      if (error?.code === 'DDB_CONNECT' || error?.code === 'DDB_TIMEOUT') return
      complain(
        `in calm weather shard ${shard.index}/${shard.count} ends with ${exitCode}: ${error?.message}`,
      )
    }
    const left = this.#ledgers()
    // Sharing the table of units again replaces the table. A process that ended just before may have left a ledger
    // that only the old table named.
    if (left.length > this.#scenario.fleet.sharedAgainMs.length)
      complain(`ledgers are left: ${left.join(', ')}`)
  }
}
