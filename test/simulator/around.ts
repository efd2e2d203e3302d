/* Plays one seed of events around runs. The user calls each run again and again under the same name. Meanwhile other users replace its
   target, write into it, restart the server, change clocks, restore or damage journals, and start the run on a second host. At the end the
   simulator compares the reports of the calls with the contents of the target and with the events. */
import { recordLine, recordOf } from '../../src/load/journal/journal-record.js'
import { lockPath } from '../../src/load/journal/journal-file.js'
import { checkAround, type CallEnd, type History } from './around-check.js'
import {
  drawAround,
  hostNames,
  namesOf,
  scriptsOf,
  type AroundScenario,
  type Damage,
  type Deed,
  type Event,
  type Job,
} from './around-scenario.js'
import { countsOf } from './check.js'
import { SimDisk } from './disk.js'
import { putInputs, startRun, type Run } from './loader.js'
import { SimNetwork } from './network.js'
import type { SimEnvironment, SimProcess } from './process.js'
import { Chance } from './random.js'
import { SimServer } from './server.js'
import { goingOn } from './several.js'
import { simulationOf, whenKilled, type Simulation } from './simulate.js'
import { World } from './world.js'

/** Longer than all timeouts of all processes of a run together. */
const longestMs = 100 * 3_600_000
/** The largest number of processes in a call. The last processes are not killed. */
const mostProcesses = 8
/** After this time, everything in flight has arrived. */
const quietMs = 60_000

/** @param traced  records a trace, which takes time */
export async function simulateAround(seed: number, traced = false): Promise<Simulation> {
  const scenario = drawAround(seed)
  const around = new Around(scenario, new World(traced))
  return around.play()
}

interface JobState {
  readonly job: Job
  call: number
  /** Number of processes of this call. */
  processes: number
  /** Number of processes killed in all calls. */
  killed: number
  isAnew: boolean
  isOver: boolean
  /** Number of processes about to start. */
  waiting: number
  readonly active: Set<Run>
  /** Events of this call that have not happened yet. */
  pending: Event[]
  /** Changes to the journal that wait until no process uses the journal. */
  journal: Deed[]
  /** A copy of the journal, and the time of the copy. */
  kept: { readonly bytes: Uint8Array; readonly atMs: number } | undefined
  /** The journal before the damage; undefined if the journal is not damaged. */
  whole: Uint8Array | undefined
  damaged: Uint8Array | undefined
  writesBefore: number
}

class Around {
  readonly #scenario: AroundScenario
  readonly #world: World
  readonly #chance: Chance
  readonly #network: SimNetwork
  readonly #disk: SimDisk
  readonly #server: SimServer
  readonly #environment: SimEnvironment
  readonly #offsetsMs: number[]
  readonly #runs: Run[] = []
  readonly #history: History = { changes: [], ends: [] }
  #writes = 0
  #foreignRows = 0

  constructor(scenario: AroundScenario, world: World) {
    const chance = new Chance(scenario.seed ^ 0x7feb352d)
    this.#scenario = scenario
    this.#world = world
    this.#chance = chance
    this.#network = new SimNetwork(world, chance.fork(), scenario.weather)
    this.#disk = new SimDisk(world, chance.fork())
    this.#disk.pieceBytes = scenario.pieceBytes
    this.#offsetsMs = [...scenario.wallOffsetsMs]
    this.#environment = {
      world,
      chance,
      network: process => this.#network.of(process),
      files: process => this.#disk.of(process),
      wallOffsetMs: name => this.#offsetsMs[hostNames.findIndex(host => host === name)] ?? 0,
    }
    this.#server = new SimServer(this.#environment, scenario)
  }

  readonly #died = (process: SimProcess, silently: boolean): void =>
    this.#network.processDied(process, silently)

  async play(): Promise<Simulation> {
    const world = this.#world
    this.#server.begin(this.#died)
    const states = this.#scenario.jobs.map(job => this.#begin(job))
    this.#server.onTargetWrite = () => {
      this.#writes++
      for (const state of states) this.#whenWritten(state)
    }
    const isOver = (): boolean =>
      states.every(({ isOver }) => isOver) && this.#runs.every(run => run.endedMs !== undefined)
    const ended = await world.run(isOver, longestMs)
    await world.run(() => false, world.nowMs + 2 * quietMs)
    world.note(() => this.#journalsText())
    this.#note('the end')
    const complaints = checkAround(this.#scenario, this.#runs, this.#history, this.#disk)
    return simulationOf(world, ended, { scenario: this.#scenario, runs: this.#runs, complaints })
  }

  #begin(job: Job): JobState {
    putInputs(this.#disk, job.plan)
    for (const { path } of job.plan.inputs) {
      for (const name of namesOf(path)) this.#disk.link(path, name)
    }
    const state: JobState = {
      job,
      call: 0,
      processes: 0,
      killed: 0,
      isAnew: false,
      isOver: false,
      waiting: 0,
      active: new Set(),
      pending: [],
      journal: [],
      kept: undefined,
      whole: undefined,
      damaged: undefined,
      writesBefore: 0,
    }
    this.#beginCall(state, job.plan.startMs)
    return state
  }

  #beginCall(state: JobState, delayMs: number): void {
    const { job, call } = state
    state.processes = 0
    state.writesBefore = this.#writes
    const own = job.events.filter(event => event.call === call)
    state.pending = own.filter(({ writes }) => writes !== undefined)
    for (const { writes, deed } of own) if (writes === undefined) this.#do(state, deed)
    this.#later(state, delayMs)
  }

  /** Starts the run after a delay. */
  #later(state: JobState, delayMs: number, host: string = hostNames[0]): void {
    state.waiting++
    this.#world.schedule(delayMs, () => {
      state.waiting--
      this.#start(state, host)
    })
  }

  #start(state: JobState, hostName: string): void {
    const { job, active } = state
    if (active.size === 0) for (const deed of state.journal.splice(0)) this.#touch(state, deed)
    const killAtCall = job.kills[state.killed]
    if (killAtCall !== undefined || state.killed < job.kills.length) state.killed++
    const isFirst = state.call === 0 && state.processes === 0
    const plan = {
      ...job.plan,
      hostName,
      names: job.names[state.call]!,
      isAnew: state.isAnew,
      interruptAtMs: isFirst ? job.plan.interruptAtMs : undefined,
    }
    const called = goingOn(plan, state.call + state.processes)
    const run = startRun(this.#environment, called, this.#scenario.kind, killAtCall)
    const end: CallEnd = {
      run,
      job,
      call: state.call,
      isDamaged: this.#isDamaged(state) && !state.isAnew,
      others: active.size,
      there: undefined,
      sendsWithoutLease: false,
    }
    // After a kill the user resumes the run, unless the scenario says otherwise.
    state.isAnew = false
    this.#history.ends.push(end)
    this.#runs.push(run)
    active.add(run)
    state.processes++
    run.onSending = () => {
      const owner = this.#disk.lockOwner(lockPath(journalPath(job)))
      if (owner !== undefined && owner !== run.process) end.sendsWithoutLease = true
    }
    const over = (): void => {
      active.delete(run)
      end.there = this.#there()
      this.#next(state, run)
    }
    const died = this.#died
    whenKilled(run, { world: this.#world, died }, over)
    run.onEnd = over
  }

  /** Plays the user after a process has ended: starts a new process, starts the run over, or makes the next call. */
  #next(state: JobState, { result }: Run): void {
    if (state.active.size > 0 || state.waiting > 0) return
    const code = result?.error?.code
    const isAgain = result === undefined || result.resume.possible || code === 'DDB_LOCKED'
    if (isAgain && state.processes < mostProcesses) {
      this.#later(state, this.#chance.spread(1, 5_000) * (code === 'DDB_LOCKED' ? 10 : 1))
      return
    }
    const isRefused = /^DDB_(TARGET_CHANGED|UNPROVEN|RUN_DAMAGED|TARGET)$/.test(code ?? '')
    if (isRefused && state.processes < mostProcesses && state.job.beginsAnew) {
      this.#world.schedule(quietMs, () => this.#beginAnew(state, code === 'DDB_RUN_DAMAGED'))
      state.waiting++
      return
    }
    if (isRefused || ++state.call === state.job.calls) state.isOver = true
    else this.#beginCall(state, this.#chance.spread(10, 100_000))
  }

  /** Follows the advice of a refusal: restores the undamaged journal, or removes the rows and starts the run over. */
  #beginAnew(state: JobState, isDamaged: boolean): void {
    if (!this.#server.isUp) {
      this.#world.schedule(quietMs, () => this.#beginAnew(state, isDamaged))
      return
    }
    state.waiting--
    const path = journalPath(state.job)
    if (isDamaged && this.#isDamaged(state) && this.#chance.oneIn(2)) {
      this.#disk.put(path, state.whole!)
      this.#world.note(() => `${path} is brought back as it was`)
    } else {
      this.#change('made again for another beginning', scriptsOf(this.#scenario.kind).remake)
      state.isAnew = true
    }
    this.#later(state, 1_000)
  }

  #whenWritten(state: JobState): void {
    const due = (event: Event): boolean => event.writes! <= this.#writes - state.writesBefore
    const now = state.pending.filter(due)
    if (now.length === 0) return
    state.pending = state.pending.filter(event => !due(event))
    for (const { deed } of now) {
      this.#world.schedule(this.#chance.spread(0.01, 200), () => this.#do(state, deed))
    }
  }

  #do(state: JobState, deed: Deed): void {
    const { remake, empty, fill } = scriptsOf(this.#scenario.kind)
    const filled = (rows: number): string => {
      const first = this.#foreignRows
      this.#foreignRows += rows
      return fill(rows, first)
    }
    this.#world.note(() => `deed: ${JSON.stringify(deed)}`)
    switch (deed.kind) {
      case 'made again':
        return this.#change(deed.kind, `${remake}\n${filled(deed.rows)}`, deed.rows)
      case 'emptied':
        return this.#change(deed.kind, empty)
      case 'written':
        return this.#change(deed.kind, filled(deed.rows))
      case 'restarted':
      case 'another server': {
        if (!this.#server.isUp) return
        this.#note(deed.kind)
        const isSame = deed.kind === 'restarted'
        const crash = { downMs: deed.downMs, silently: false, makesTarget: true }
        this.#server.crash(crash, isSame)
        if (deed.rows > 0 && this.#chance.oneIn(2)) {
          const write = (): void => this.#change('written', filled(deed.rows))
          this.#world.schedule(deed.downMs + 10, write)
        }
        return
      }
      case 'clock':
        this.#offsetsMs[deed.host] = (this.#offsetsMs[deed.host] ?? 0) + deed.byMs
        return
      case 'called on the other host':
        if (!state.isOver) this.#later(state, this.#chance.spread(0.1, 100), hostNames[1])
        return
      case 'asleep':
        for (const { process } of state.active) {
          process.frozenUntilMs = this.#world.nowMs + deed.forMs
        }
        return
      case 'journal kept': {
        const bytes = this.#disk.bytes(journalPath(state.job))
        if (bytes !== undefined && bytes.length > 0) state.kept = { bytes, atMs: this.#world.nowMs }
        return
      }
      case 'journal brought back':
      case 'journal damaged':
        state.journal.push(deed)
    }
  }

  /** Changes the journal while no process uses it. */
  #touch(state: JobState, deed: Deed): void {
    const path = journalPath(state.job)
    const before = this.#disk.bytes(path)
    if (before === undefined || this.#isDamaged(state)) return
    if (deed.kind === 'journal damaged') {
      const bytes = damaged(before, deed.damage)
      if (bytes === undefined) return
      state.whole = before
      state.damaged = bytes
      this.#disk.put(path, bytes)
    } else if (state.kept !== undefined) {
      this.#disk.put(path, state.kept.bytes)
      this.#history.changes.push({
        kind: 'journal brought back',
        atMs: this.#world.nowMs,
        sinceMs: state.kept.atMs,
        runId: state.job.plan.runId,
        before: this.#there(),
      })
    }
    this.#world.note(() => `${path}: ${JSON.stringify(deed)}`)
  }

  #isDamaged({ damaged: bytes, job }: JobState): boolean {
    return bytes !== undefined && this.#disk.bytes(journalPath(job)) === bytes
  }

  #change(kind: string, script: string, refilled?: number): void {
    if (script === '' || !this.#server.isUp) return
    this.#note(kind, refilled)
    this.#server.otherRuns(script)
  }

  #note(kind: string, refilled?: number): void {
    const [atMs, before] = [this.#world.nowMs, this.#there()]
    const learned = this.#scenario.jobs
      .filter(job => this.#disk.text(journalPath(job))?.includes('"isLearned":true'))
      .map(({ plan }) => plan.name)
    this.#history.changes.push({ kind, atMs, before, refilled, learned: new Set(learned) })
  }

  /** How often each row is in the target. */
  #there(): ReadonlyMap<number, number> {
    return countsOf(this.#server.rows().map(({ id }) => id))
  }

  #journalsText(): string {
    return this.#scenario.jobs
      .map(job => `${job.plan.runId}\n${this.#disk.text(journalPath(job))}`)
      .join('\n')
  }
}

const journalPath = ({ plan: { runId } }: Job): string => `/state/runs/${runId}.journal`

/** Returns undefined if nothing can be damaged. */
function damaged(bytes: Uint8Array, damage: Damage): Uint8Array | undefined {
  const text = new TextDecoder().decode(bytes)
  const end = text.indexOf('\n') + 1
  const first = text.slice(0, Math.max(0, end - 1))
  const record = recordOf(first)
  if (record?.kind !== 'run') return undefined
  const rest = text.slice(end)
  switch (damage) {
    case 'empty':
      return new Uint8Array(0)
    case 'zeros':
      return new Uint8Array(bytes.length)
    case 'CRLF':
      return bytesOf(text.replaceAll('\n', '\r\n'))
    case 'cut in its first line':
      return bytes.subarray(0, end >> 1)
    case 'first line gone':
      return bytesOf(rest)
    case 'another format':
      return bytesOf(recordLine({ ...record, format: 99 }) + rest)
    case 'an unknown kind':
      return bytesOf(recordLine({ ...record, kind: 'runs' } as unknown as typeof record) + rest)
    case 'another run':
      return bytesOf(recordLine({ ...record, runId: 'another' }) + rest)
  }
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)
