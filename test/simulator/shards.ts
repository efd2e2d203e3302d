/* Seeds of runs that shards load: several users call shards of one run again and again, with other numbers of shards and the same shards at
   once, while processes are killed and suspended, and others replace the target or restart the server. After all trouble one user repeats
   every shard, and follows the advice of a refusal. The model of this file knows the rows of each input and each change of the table. */
import { inspect } from 'node:util'
import { DdbError } from '../../src/errors.js'
import type { LoadResult } from '../../src/load/options.js'
import { forgetShards, lookAtShards } from '../../src/load/shards/report.js'
import { isSlow, losesMemory, takesRows, type Change } from './around-check.js'
import { isForeign, scriptsOf, type Deed } from './around-scenario.js'
import { play } from './audited.js'
import { checkEquation, checkExitCode, countsOf, type Complaint } from './check.js'
import { headerOf, putInputs, startRun, type Run } from './loader.js'
import { fairWeather } from './network.js'
import { Chance } from './random.js'
import {
  drawRow,
  drawScenario,
  targetKinds,
  type InputRow,
  type LoaderPlan,
  type Scenario,
  type TargetKind,
} from './scenario.js'
import { serverAddress } from './server.js'
import { firstLanesSeed, firstSeveralSeed, goingOn } from './several.js'
import { newMachines, simulationOf, whenKilled, type Simulation } from './simulate.js'
import { drawTroubles } from './troubles.js'

/** From this seed on, several processes load each run, without a journal. */
export const firstShardsSeed = 18_000_000_000

const runId = 'shared'
const rejectsName = '/out/r'
/** Longer than all timeouts of all processes together. */
const longestMs = 100 * 3_600_000
/** After this time, everything in flight has arrived. */
const quietMs = 60_000
/** How often the last user repeats a shard that may be repeated. */
const mostRepeats = 4

interface Call {
  readonly index: number
  readonly count: number
  readonly killAtCall: number | undefined
  readonly asleep: { readonly atMs: number; readonly forMs: number } | undefined
}

interface ShardsScenario extends Scenario {
  /** What each user calls, one call after the other. */
  readonly users: readonly (readonly Call[])[]
  /** What others do after so many writes into the target. */
  readonly deeds: readonly { readonly writes: number; readonly deed: Deed }[]
  /** What others do after the last shard has ended. */
  readonly late: Deed | undefined
  readonly isRough: boolean
}

function drawShards(seed: number): ShardsScenario {
  const chance = new Chance(seed ^ 0x51ed270b)
  const n = seed - firstShardsSeed + 1
  const base = drawScenario(n + chance.pick([0, 0, firstSeveralSeed, firstLanesSeed]))
  const [given] = base.loaders as [LoaderPlan]
  // Without a table to look at, each run of shards is refused.
  const isBlind = base.kind.name === 'function view with an argument'
  const kind = isBlind ? targetKinds[5]! : base.kind
  const isRough = chance.oneIn(4)
  const calm = drawTroubles(chance.fork(), true, false)
  // A shard cannot tell a register that others removed from a server without a record.
  const requests = base.troubles.requests.filter(trouble => trouble.kind !== 'register dropped')
  const slow = { kind: 'slow write', oneIn: chance.pick([1, 2, 5, 20]), most: 1_000 } as const
  const plan: LoaderPlan = {
    ...{ name: 'shard', startMs: 0, runId, format: given.format, connectTimeoutMs: 20_000 },
    inputs: drawStreams(chance, kind, given),
    delivery: {
      ...given.delivery,
      ...{ confirm: 'auto', confirmTimeoutMs: chance.pick([5_000, 20_000]), onDoubt: 'report' },
      ...{ retries: 40, retryTimeoutMs: 60_000 },
    },
    rejects: { file: `${rejectsName}.${given.format}`, maxErrors: 10_000 },
    ...{ limit: undefined, killAtCall: undefined, restartAfterMs: undefined },
    ...{ interruptAtMs: undefined, leaveAtMs: undefined },
  }
  const writes = plan.inputs.reduce((sum, { rows }) => sum + rows.length, 0) / 8
  return {
    ...{ seed, kind, isRough, pieceBytes: base.pieceBytes, storeMs: base.storeMs },
    ...{ loaders: [plan], allArrive: false },
    troubles: isRough
      ? { ...calm, requests, freezes: base.troubles.freezes }
      : { ...calm, requests: chance.oneIn(2) ? [slow] : [] },
    weather: {
      ...base.weather,
      ...(isRough ? {} : { stallOneIn: Infinity, resetOneIn: Infinity, vanishOneIn: Infinity }),
      deafOneIn: Infinity,
    },
    users: Array.from({ length: chance.between(1, 3) }, () =>
      Array.from({ length: chance.between(1, 4) }, () => drawCall(chance)),
    ),
    deeds: Array.from({ length: chance.pick([0, 0, 1, 1, 2]) }, () => ({
      writes: Math.ceil(chance.spread(1, Math.max(2, writes))),
      deed: drawDeed(chance),
    })),
    late: chance.oneIn(3) ? drawDeed(chance) : undefined,
  }
}

function drawCall(chance: Chance): Call {
  const count = chance.between(1, 4)
  return {
    ...{ index: chance.between(1, count), count },
    killAtCall: chance.oneIn(2) ? Math.round(chance.spread(20, 3_000)) : undefined,
    asleep: chance.oneIn(6)
      ? { atMs: chance.spread(1, 3_000), forMs: chance.spread(100, 300_000) }
      : undefined,
  }
}

function drawDeed(chance: Chance): Deed {
  const rows = chance.oneIn(3) ? 0 : Math.round(chance.spread(1, 600))
  const downMs = chance.spread(1, 5_000)
  return chance.pick<Deed>([
    { kind: 'made again', rows },
    { kind: 'emptied' },
    { kind: 'written', rows: rows + 1 },
    { kind: 'restarted', downMs, rows },
    { kind: 'another server', downMs, rows },
  ])
}

/** A folder is a stream. With keys, later rows of a stream may have the keys of earlier ones. */
function drawStreams(chance: Chance, kind: TargetKind, { format }: LoaderPlan) {
  const [bad, refused, again] = [
    chance.oneIn(2) ? chance.between(3, 40) : Infinity,
    kind.partitioned && chance.oneIn(2) ? chance.between(3, 60) : Infinity,
    kind.keyed && chance.oneIn(2) ? chance.between(2, 10) : Infinity,
  ]
  let id = 100_000
  return Array.from({ length: chance.between(1, 5) }, (_, folder) => {
    const good: number[] = []
    return Array.from({ length: chance.pick([1, 1, 2, 3]) }, (_, file) => ({
      path: `/in/${folder}/${file}.${format}`,
      rows: Array.from({ length: chance.oneIn(8) ? 0 : Math.round(chance.spread(1, 60)) }, () => {
        const isAgain = good.length > 0 && chance.oneIn(again)
        const own = isAgain ? chance.pick(good) : id++
        const row = drawRow(chance, own, format, isAgain ? Infinity : bad, refused)
        if (row.kind === 'good') good.push(row.id)
        return row
      }),
      cut: undefined,
    }))
  }).flat()
}

/** @param traced  records a trace, which takes time */
export function simulateShards(seed: number, traced = false): Promise<Simulation> {
  return new Shards(drawShards(seed), traced).play()
}

class Shards {
  readonly #scenario: ShardsScenario
  readonly #plan: LoaderPlan
  readonly #rows: readonly InputRow[]
  readonly #chance: Chance
  readonly #machines: ReturnType<typeof newMachines>
  readonly #runs: Run[] = []
  readonly #changes: Change[] = []
  readonly #complaints: Complaint[] = []
  #writes = 0
  #foreignRows = 0

  constructor(scenario: ShardsScenario, traced: boolean) {
    this.#scenario = scenario
    this.#plan = scenario.loaders[0]!
    this.#rows = this.#plan.inputs.flatMap(({ rows }) => rows)
    this.#chance = new Chance(scenario.seed ^ 0x2545f491)
    this.#machines = newMachines(scenario, this.#chance, traced)
  }

  async play(): Promise<Simulation> {
    const { world, disk, server, network } = this.#machines
    putInputs(disk, this.#plan)
    let pending = [...this.#scenario.deeds]
    server.onTargetWrite = () => {
      this.#writes++
      for (const { writes, deed } of pending) {
        if (writes <= this.#writes)
          world.schedule(this.#chance.spread(0.01, 200), () => this.#do(deed))
      }
      pending = pending.filter(({ writes }) => writes > this.#writes)
    }
    let users = this.#scenario.users.length
    for (const calls of this.#scenario.users) this.#callInTurn(calls, () => users--)
    await this.#until(() => users === 0)
    await world.run(() => false, world.nowMs + quietMs)
    pending = []
    server.calm()
    network.weather = { ...fairWeather }
    await this.#finish()
    const found = { scenario: this.#scenario, runs: this.#runs, complaints: this.#complaints }
    return simulationOf(world, 'over', found)
  }

  #callInTurn([call, ...later]: readonly Call[], over: () => void): void {
    if (call === undefined) return over()
    const { world } = this.#machines
    world.schedule(this.#chance.spread(0.1, 2_000), () => {
      const run = this.#start(call, () => this.#callInTurn(later, over))
      const { asleep } = call
      if (asleep === undefined) return
      world.schedule(asleep.atMs, () => (run.process.frozenUntilMs = world.nowMs + asleep.forMs))
    })
  }

  #start(
    { index, count, killAtCall }: Pick<Call, 'index' | 'count' | 'killAtCall'>,
    over: () => void,
    load?: Parameters<typeof startRun>[4],
  ): Run {
    const { environment } = this.#machines
    const name = `process ${this.#runs.length + 1}, shard ${index}/${count}`
    const called = goingOn({ ...this.#plan, name, shard: { index, count } }, this.#runs.length)
    const run = startRun(environment, called, this.#scenario.kind, killAtCall, load)
    this.#runs.push(run)
    whenKilled(run, this.#machines, over)
    run.onEnd = () => {
      this.#check(run)
      over()
    }
    return run
  }

  async #until(isOver: () => boolean): Promise<void> {
    const { world } = this.#machines
    const ended = await world.run(isOver, world.nowMs + longestMs)
    for (const { thrown, plan } of this.#runs) {
      const isForgotten = thrown instanceof DdbError && thrown.code === 'DDB_RUN_MISSING'
      if (thrown !== undefined && !(isForgotten && this.#changes.some(losesMemory)))
        this.#complain(plan.name, `threw ${inspect(thrown)}`)
    }
    if (ended !== 'over') this.#complain('simulation', ended === 'idle' ? 'waits' : 'does not end')
  }

  /** A call without trouble. */
  async #alone(index: number, count: number, load?: Parameters<typeof startRun>[4]) {
    const run = this.#start({ index, count, killAtCall: undefined }, () => undefined, load)
    await this.#until(() => run.endedMs !== undefined || run.thrown !== undefined)
    return run.result
  }

  /** @returns the results of all shards, each the last one of its shard */
  async #loadAll(count: number): Promise<LoadResult[]> {
    const results: LoadResult[] = []
    for (let index = 1; index <= count; index++) {
      let result
      for (let calls = 0; calls < mostRepeats; calls++) {
        result = await this.#alone(index, count)
        if (result?.error === null && result.exitCode !== 4) break
      }
      if (result !== undefined) results.push(result)
    }
    return results
  }

  async #finish(): Promise<void> {
    const { environment, world } = this.#machines
    const server = { ...serverAddress, user: 'admin', password: '123456' }
    const results = await this.#loadAll(this.#chance.between(1, 3))
    const isLoaded = results.every(({ error, exitCode }) => error === null && exitCode !== 4)
    this.#note('the end')
    if (isLoaded) this.#checkLoaded(results)
    const before = this.#changes.length
    if (this.#scenario.late !== undefined) this.#do(this.#scenario.late)
    await world.run(() => false, world.nowMs + quietMs)
    const looked = await this.#alone(0, 1, (platform, { onNotice }) =>
      lookAtShards(platform, server, runId, onNotice!),
    ).catch(() => undefined)
    const isOwn = (id: number): boolean => !isForeign(id)
    const isLost = this.#changes
      .slice(before)
      .some(one => losesMemory(one) || (takesRows(one) && [...one.before.keys()].some(isOwn)))
    const says = looked?.error === null && looked.exitCode !== 4
    if ((says && (isLost || !isLoaded)) || (isLoaded && !isLost && !says && !this.#mayForget)) {
      const all = `${isLoaded ? 'all' : 'not all'} shards ended well, and rows were ${isLost ? '' : 'not '}removed`
      if (!this.#isUnsure) this.#complain('runs', `${JSON.stringify(looked?.error)}, ${all}`)
    }
    const code = results.find(({ error }) => error !== null)?.error?.code ?? ''
    if (!/^DDB_(TARGET_CHANGED|UNPROVEN)$/.test(code)) return
    // The user removes the rows, the rejects and the record, and repeats all shards.
    this.#machines.disk.clear(rejectsName)
    this.#change('made again for another beginning', scriptsOf(this.#scenario.kind).remake)
    const forgotten = await play(environment, platform =>
      forgetShards(platform, server, runId).then(() => '', String),
    )
    if (forgotten !== '' && !forgotten.includes('neither a journal'))
      this.#complain('runs --clean', forgotten)
    const again = await this.#loadAll(2)
    for (const { error } of again) {
      if (error !== null) this.#complain('after advice', error.message)
    }
    this.#note('the end')
    this.#checkLoaded(again)
  }

  #do(deed: Deed): void {
    const { world, server } = this.#machines
    const { remake, empty, fill } = scriptsOf(this.#scenario.kind)
    const filled = (rows: number): string => {
      this.#foreignRows += rows
      return fill(rows, this.#foreignRows - rows)
    }
    world.note(() => `deed: ${JSON.stringify(deed)}`)
    switch (deed.kind) {
      case 'made again':
        return this.#change(deed.kind, `${remake}\n${filled(deed.rows)}`, deed.rows)
      case 'emptied':
        return this.#change(deed.kind, empty)
      case 'written':
        return this.#change(deed.kind, filled(deed.rows))
      case 'restarted':
      case 'another server': {
        if (!server.isUp) return
        this.#note(deed.kind)
        const crash = { downMs: deed.downMs, silently: false, makesTarget: true }
        server.crash(crash, deed.kind === 'restarted')
        const write = (): void => this.#change('written', filled(deed.rows))
        if (deed.rows > 0) world.schedule(deed.downMs + 10, write)
        return
      }
      default:
        throw new Error(`not a deed around shards: ${deed.kind}`)
    }
  }

  #change(kind: string, script: string, refilled?: number): void {
    const { server } = this.#machines
    if (script === '' || !server.isUp) return
    this.#note(kind, refilled)
    if (!server.otherRuns(script)) this.#changes.pop()
  }

  #note(kind: string, refilled?: number): void {
    const { world, server } = this.#machines
    const change = {
      ...{ kind, atMs: world.nowMs, refilled },
      before: countsOf(server.rows().map(({ id }) => id)),
    }
    this.#changes.push(change)
    this.#checkTable(change)
  }

  #complain(about: string, text: string): void {
    this.#complaints.push({ about, text })
  }

  /** Whether the run may not know what rows a function has made: the process that has seen the first ones was killed. */
  get #mayForget(): boolean {
    return this.#scenario.kind.target.function !== undefined
  }

  /**
   * Whether nothing could show that the rows are gone: others put rows into the target of a function in their place. A shard knows the rows
   * of a function by their number alone until one of them has read what the function has stored.
   */
  get #isUnsure(): boolean {
    const { target } = this.#scenario.kind
    return target.function !== undefined && this.#foreignRows > 0 && this.#changes.some(takesRows)
  }

  /** Checks that no row is in the table twice, and that each comes from an input or from others. */
  #checkTable({ before }: Change): void {
    const known = new Set(this.#rows.map(({ id }) => id))
    const stranger = [...before.keys()].find(id => !known.has(id) && !isForeign(id))
    if (stranger !== undefined) this.#complain('table', `nobody sent its row ${stranger}`)
    const rowsOf = (folder: string): InputRow[] =>
      this.#plan.inputs.filter(({ path }) => folderOf(path) === folder).flatMap(({ rows }) => rows)
    for (const folder of new Set(this.#plan.inputs.map(({ path }) => folderOf(path)))) {
      const rows = rowsOf(folder)
      const twice = rows.find(({ id }) => (before.get(id) ?? 0) > 1)
      if (twice === undefined || this.#mayDouble(rows)) continue
      return this.#complain('table', `row ${twice.id} is there ${before.get(twice.id)} times`)
    }
  }

  /** Whether the server has forgotten a stream of which the first two batches were not all stored. */
  #mayDouble(rows: readonly InputRow[]): boolean {
    const { onDisk, name } = this.#scenario.kind
    const { batchRows = 'auto' } = this.#plan.delivery
    const first = rows.slice(0, batchRows === 'auto' ? rows.length : 2 * batchRows)
    const good = first.filter(({ kind }) => kind === 'good')
    const isForgetful = ({ kind, before }: Change): boolean =>
      onDisk && kind === 'restarted' && good.some(({ id }) => !before.has(id))
    return name.includes('keyed') || this.#changes.some(isForgetful)
  }

  /** Checks what a process reports. */
  #check({ plan, process, result, startedMs }: Run): void {
    if (result === undefined) return
    const { name } = plan
    const complain = (text: string): void => this.#complain(name, text)
    checkEquation(result, complain)
    checkExitCode(result, complain)
    const { error, rows, rejects } = result
    const { code = '', message = '' } = error ?? {}
    if (/^DDB_(RUN_CHANGED|PROTOCOL|LOCKED|INPUT_.*)$/.test(code)) complain(message)
    // A process that slept may have taken that for silence; one that only looks may find that a shard is left.
    const isKnown =
      !process.hasSlept && plan.shard!.index > 0 && !(this.#mayForget && code === 'DDB_UNPROVEN')
    const isCalm = isKnown && !this.#scenario.isRough && !this.#changes.some(takesRows)
    if (isCalm && !isSlow(this.#scenario.weather)) {
      // On a slow network a timeout can end before an answer arrives, and rows then stay without an outcome.
      if (!/^(|DDB_TIMEOUT|DDB_CONNECT)$/.test(code)) complain(`nothing was in the way: ${message}`)
      const isDoubtful = code === '' && rows.unconfirmed > 0 && !this.#isDivided
      if (isDoubtful) complain(`in doubt: ${inspect(rows)}`)
    }
    for (const { path, rows: count } of rejects.files) {
      const kept = this.#linesOf(path)
      if (kept.length !== count) complain(`${count} rejects placed, ${kept.length} in ${path}`)
    }
    const sockets = this.#machines.network.openSockets(process)
    if (sockets > 0) complain(`${sockets} connections are left open`)
    this.#checkClaims(name, startedMs, result)
  }

  /** Whether the server stores parts of a refused batch. */
  get #isDivided(): boolean {
    return this.#scenario.kind.name.includes('CHUNK')
  }

  /** Checks that rows that count as stored are there, unless others removed rows while the process ran. */
  #checkClaims(name: string, startedMs: number, { error, batches, rows }: LoadResult): void {
    if (error !== null && batches.sent === 0) return
    if (this.#isUnsure || this.#changes.some(one => takesRows(one) && one.atMs > startedMs)) return
    const there = countsOf(this.#machines.server.rows().map(({ id }) => id))
    const found = this.#rows.filter(({ id }) => there.has(id)).length
    if (rows.confirmed + rows.skipped <= found) return
    this.#complain(name, `${inspect(rows)}, and ${found} rows are there`)
  }

  /** Checks the table and the rejects files after all shards ended well. */
  #checkLoaded(results: readonly LoadResult[]): void {
    if (this.#isUnsure) return
    const complain = (text: string): void => this.#complain('all shards', text)
    const there = countsOf(this.#machines.server.rows().map(({ id }) => id))
    const sum = (name: keyof LoadResult['rows']): number =>
      results.reduce((rows, result) => rows + result.rows[name], 0)
    if (results.some(({ exitCode }) => exitCode === 4)) return
    if (sum('read') !== this.#rows.length) complain(`${sum('read')} rows were read`)
    const numbers = new Set(this.#plan.inputs.map(({ path }) => folderOf(path)))
    const kept = [...numbers.keys()].flatMap((_, i) =>
      this.#linesOf(`${rejectsName}.s${i + 1}.${this.#plan.format}`),
    )
    if (sum('rejected') !== kept.length)
      complain(`${sum('rejected')} rows were rejected, ${kept.length} are in the files`)
    const rejected = new Set(kept)
    const given = countsOf(this.#rows.map(({ line }) => line))
    const isTwice = [...countsOf(kept)].some(([line, count]) => count > (given.get(line) ?? 0))
    if (isTwice) complain('a row is in the rejects files twice')
    for (const { id, line, kind } of this.#rows) {
      const isGood = kind === 'good'
      if (there.has(id) === rejected.has(line))
        return complain(`row ${id} is there and rejected, or neither`)
      if (isGood === rejected.has(line) && !this.#scenario.isRough)
        return complain(`row ${id} is rejected, or should be`)
    }
    this.#checkOrder(complain)
  }

  /** Checks that of rows with one key the right one is there: the last one with upsert, otherwise the first. */
  #checkOrder(complain: (text: string) => void): void {
    const { keyed, target } = this.#scenario.kind
    if (!keyed || this.#scenario.isRough || this.#changes.some(takesRows)) return
    const rows = this.#rows.filter(({ kind }) => kind === 'good')
    const inOrder = target.method === 'upsert' ? rows : rows.reverse()
    const expected = new Map(inOrder.map(({ id, sym }) => [id, sym]))
    for (const { id, sym } of this.#machines.server.rows()) {
      if ((expected.get(id) ?? sym) !== sym) return complain(`row ${id} has the value of another`)
    }
  }

  #linesOf(path: string): string[] {
    const linesIn = (text = ''): string[] => text.split('\n').slice(0, -1)
    const { disk } = this.#machines
    const reasons = linesIn(disk.text(`${path}.reasons.ndjson`)).length
    const lines = linesIn(disk.text(path)?.slice(headerOf(this.#plan).length))
    if (reasons !== lines.length)
      this.#complain(path, `${lines.length} rejects, ${reasons} reasons`)
    return lines
  }
}

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'))
