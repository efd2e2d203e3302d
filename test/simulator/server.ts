/*
  The simulated server machine. Its embedded server runs in a process that dies and returns, and treats requests as the
  scenario demands.
*/
import type { EmbeddedServer, Faults, RequestInfo, WriteInfo } from '../../src/server/index.js'
import { actionOf, requestedFaults, startServerOn } from '../../src/server/index.js'
import type { FaultAfter, FaultBefore, FaultWrite } from '../../src/server/net/faults.js'
import { createScriptSession, runScript } from '../../src/server/script/session/session.js'
import { formatElement } from '../../src/protocol/element.js'
import { wait } from '../../src/platform/clocks.js'
import { SimProcess, type SimEnvironment } from './process.js'
import type { Chance } from './random.js'
import type { Scenario, TargetKind } from './scenario.js'
import {
  transientTexts,
  writeKinds,
  type Crash,
  type RequestTrouble,
  type RequestTroubleKind,
  type Troubles,
} from './troubles.js'

export const serverAddress = { host: '127.0.0.1', port: 8848 } as const
/** The second node of a cluster. */
export const secondAddress = { host: '127.0.0.1', port: 8849 } as const
const notLeader = ({ host, port }: { host: string; port: number }): FaultWrite => ({
  error: `<NotLeader>${host}:${port}:dnode`,
})

const texts = {
  unknown: 'SYSTEM_Runtime: nobody has seen this text',
  privilege: '<NoPrivilege>Not granted to write data to table dfs://d/t',
  'bad rows':
    'The partitioning column of a value-partitioning cannot contain NULL values. RefId: S01001',
  'too large':
    'Memory size of append transaction 2000000216 exceeds max limit (429496729) for OLAP. Please split data into batches.',
  'leader elected': '<NotLeader>',
} as const

/** The session of another user. */
const otherSession = { id: '1', remoteAddress: '', remotePort: 0 } as const

/** Whether the table belongs to a run of the program, and so holds no data of the user. */
const isOurs = (table: string): boolean => table.startsWith('ddbIngest')
const isData = ({ rows }: RequestInfo): boolean => rows > 0

export class SimServer {
  readonly #environment: SimEnvironment
  readonly #kind: TargetKind
  readonly #troubles: Troubles
  readonly #storeMs: number
  readonly #chance: Chance
  /** How often each trouble has occurred so far. */
  readonly #used = new Map<RequestTrouble, number>()
  process: SimProcess | undefined
  server: EmbeddedServer | undefined
  /** The last time when a server died and lost its memory. */
  lastDeathMs = -Infinity
  /**
   * Sessions whose job writes receipts (`#writing`), and those whose job was killed before an outcome (`#killed`).
   */
  readonly #writing = new Set<string>()
  readonly #killed = new Set<string>()
  /** Whether the second node, not the first, accepts writes into the target. */
  #secondLeads = false
  #hasSecond = false
  /** Whether both nodes accept writes. */
  readonly #hasLiveNode: boolean
  /** Number of server processes so far. */
  #generation = 0
  #listening: SimProcess | undefined
  #onDeath: (process: SimProcess, silently: boolean) => void = () => undefined
  #isCalm = false
  /** Called before each write of a loader into the target. */
  onTargetWrite: () => void = () => undefined

  constructor(
    environment: SimEnvironment,
    {
      kind,
      troubles,
      storeMs,
      hasLiveNode = false,
    }: Pick<Scenario, 'kind' | 'troubles' | 'storeMs' | 'hasLiveNode'>,
  ) {
    this.#environment = environment
    this.#kind = kind
    this.#troubles = troubles
    this.#storeMs = storeMs
    this.#hasLiveNode = hasLiveNode
    this.#chance = environment.chance.fork()
  }

  /** Starts the first server and schedules the trouble of the scenario. */
  begin(onDeath: (process: SimProcess, silently: boolean) => void): void {
    const { world } = this.#environment
    this.#onDeath = onDeath
    const { crashes, elections, freezes, serverStartMs } = this.#troubles
    world.schedule(serverStartMs, () => void this.#start(true))
    for (const atMs of elections) world.schedule(atMs, () => this.#elect())
    for (const crash of crashes) world.schedule(crash.atMs, () => this.crash(crash))
    for (const { atMs, forMs } of freezes) {
      world.schedule(atMs, () => {
        world.note(() => `the server stands still for ${forMs.toFixed(0)} ms`)
        if (this.process !== undefined) this.process.frozenUntilMs = world.nowMs + forMs
      })
    }
  }

  /** Rows in the target now, including duplicates. */
  rows(): { id: number; sym: string }[] {
    const node = this.server?.node
    const table = this.#kind.onDisk
      ? node?.databases.get('dfs://d')?.tables.get('t')
      : node?.shared.get('target')?.table
    if (table === undefined) return []
    const [ids, syms] = [table.column(0), table.column(1)]
    return Array.from({ length: table.rows }, (_, row) => ({
      id: Number(formatElement(ids, row)),
      sym: formatElement(syms, row),
    }))
  }

  hasTarget(): boolean {
    const node = this.server?.node
    return this.#kind.onDisk
      ? node?.databases.get('dfs://d')?.tables.get('t') !== undefined
      : node?.shared.get('target') !== undefined
  }

  /** From now on, nothing goes wrong. */
  calm(): void {
    this.#isCalm = true
    this.#secondLeads = false
  }

  /** Names of the tables that runs left behind. */
  ownTables(): string[] {
    return [...(this.server?.node.shared.keys() ?? [])].filter(isOurs)
  }

  async #start(makesTarget: boolean): Promise<void> {
    const { world } = this.#environment
    const process = new SimProcess(`server ${++this.#generation}`, this.#environment)
    const before = this.server
    process.turnMs = this.#storeMs
    this.process = process
    world.note(() => `${process.name} starts`)
    const server = await startServerOn(process.platform, {
      ...serverAddress,
      newValuePartitions: 'skip',
      ...(makesTarget ? { initScript: this.#kind.script } : {}),
      ...(before === undefined ? {} : { restartOf: before }),
      faults: this.#faults(process),
    })
    if (process.isAlive) {
      this.server = server
      this.#listening = process
    }
    const isCluster = this.#hasLiveNode || this.#troubles.elections.length > 0
    if (!isCluster || this.#hasSecond) return
    this.#hasSecond = true
    await this.#startSecond(server)
  }

  /** Starts a second node of the cluster. It shares the DFS databases and has its own memory. */
  #startSecond(first: EmbeddedServer): Promise<EmbeddedServer> {
    const process = new SimProcess('node 2', this.#environment)
    return startServerOn(process.platform, {
      ...secondAddress,
      newValuePartitions: 'skip',
      restartOf: first,
      faults: {
        before: () => ({
          insert: ({ table }) =>
            isOurs(table) || this.#secondLeads || this.#hasLiveNode
              ? undefined
              : notLeader(serverAddress),
        }),
      },
    })
  }

  #elect(): void {
    this.#secondLeads = !this.#secondLeads
    this.#environment.world.note(() => `node ${this.#secondLeads ? 2 : 1} leads`)
  }

  /** Runs a script of another user without interruption. @returns false if the script fails or no server runs */
  otherRuns(script: string): boolean {
    const node = this.server?.node
    if (node === undefined || !this.isUp) return false
    this.#environment.world.note(() => `another user runs ${JSON.stringify(script)}`)
    const session = createScriptSession(node, { ...otherSession, delay: () => Promise.resolve() })
    session.user = 'admin'
    try {
      const outcome = runScript(session, node, script)
      if (outcome instanceof Promise) outcome.catch(() => undefined)
      return true
    } catch (error) {
      this.#environment.world.note(() => `another user fails: ${String(error)}`)
      return false
    }
  }

  get isUp(): boolean {
    return this.process?.isAlive === true && this.#listening === this.process
  }

  /** @param keepsDisk  false: a different server takes the place of the server */
  crash({ downMs, silently, makesTarget }: Omit<Crash, 'atMs'>, keepsDisk = true): void {
    const { world } = this.#environment
    const { process } = this
    if (process?.isAlive !== true) return
    world.note(() => `${process.name} dies${silently ? ' silently' : ''}`)
    process.kill()
    this.lastDeathMs = world.nowMs
    this.#onDeath(process, silently)
    this.server?.node.shared.clear()
    if (!keepsDisk) this.server = undefined
    if (downMs !== Infinity) world.schedule(downMs, () => void this.#start(makesTarget))
  }

  #faults(process: SimProcess): Faults {
    const { before } = requestedFaults('limitEnd')
    return {
      before: request => ({
        ...actionOf(before(request)),
        request: this.#before(process, request),
        answer: () => this.#after(request),
        insert: write => this.#write(write),
      }),
    }
  }

  /** The trouble of one of these kinds that is due now, if any. */
  #comes(kinds: readonly RequestTroubleKind[]): RequestTrouble | undefined {
    if (this.#isCalm) return undefined
    for (const trouble of this.#troubles.requests) {
      if (!kinds.includes(trouble.kind)) continue
      const used = this.#used.get(trouble) ?? 0
      if (used >= trouble.most || !this.#chance.oneIn(trouble.oneIn)) continue
      this.#used.set(trouble, used + 1)
      this.#environment.world.note(() => `trouble: ${trouble.kind}`)
      return trouble
    }
    return undefined
  }

  #before(process: SimProcess, request: RequestInfo): FaultBefore | undefined {
    const { world } = this.#environment
    world.note(
      () =>
        `session ${request.sessionId} ${request.asynchronous ? 'async' : 'sync'} ${request.kind} ` +
        `${JSON.stringify(request.text.slice(0, 80))} ${request.rows} rows`,
    )
    this.#killed.delete(request.sessionId)
    if (request.text === 'ddbIngestDeliver') this.#writing.add(request.sessionId)
    else this.#writing.delete(request.sessionId)
    if (request.kind === 'connect') return undefined
    if (this.#comes(['closed before']) !== undefined) return 'close'
    if (this.#comes(['forgotten']) !== undefined) return 'forget'
    this.#dropTables()
    if (!isData(request)) return undefined
    switch (this.#comes(['lost', 'twice', 'late'])?.kind) {
      case 'lost':
        return 'drop'
      case 'twice':
        return 'twice'
      case 'late':
        return { until: wait(process.platform.clock, this.#chance.spread(1, 4_000)) }
      default:
        return undefined
    }
  }

  #dropTables(): void {
    const dropped =
      this.#comes(['ledger dropped']) === undefined
        ? this.#comes(['register dropped']) === undefined
          ? undefined
          : 'ddbIngestRuns'
        : 'ddbIngestLedger'
    if (dropped === undefined) return
    for (const name of this.ownTables()) {
      if (name.startsWith(dropped)) this.server?.node.shared.delete(name)
    }
  }

  #after(request: RequestInfo): FaultAfter | undefined {
    if (request.kind === 'connect') return undefined
    // A job that was killed does not answer as if it had ended.
    if (this.#killed.has(request.sessionId) && !request.asynchronous) return 'close'
    switch (this.#comes(['closed after', 'cut', 'unanswered'])?.kind) {
      case 'closed after':
        return 'close'
      case 'cut':
        return 'cut'
      case 'unanswered':
        return 'drop'
      default:
        return undefined
    }
  }

  #write({ table, sessionId }: WriteInfo): FaultWrite | undefined {
    if (sessionId === otherSession.id) return undefined
    if (!isOurs(table)) this.onTargetWrite()
    if (this.#killed.has(sessionId)) return 'drop'
    const isSlow = this.#writing.has(sessionId) && this.#comes(['slow write']) !== undefined
    return this.#brokenWrite(table, sessionId) ?? (isSlow ? this.#slowWrite() : undefined)
  }

  #slowWrite(): FaultWrite {
    return { until: wait(this.process!.platform.clock, this.#chance.spread(0.1, 300)) }
  }

  #brokenWrite(table: string, sessionId: string): FaultWrite | undefined {
    if (isOurs(table)) {
      const isKilled =
        this.#writing.has(sessionId) && this.#comes(['killed at ledger']) !== undefined
      if (!isKilled) return undefined
      this.#killed.add(sessionId)
      return 'drop'
    }
    if (this.#secondLeads) return notLeader(secondAddress)
    const { refusing } = this.#troubles
    const { nowMs } = this.#environment.world
    if (
      !this.#isCalm &&
      refusing !== undefined &&
      nowMs >= refusing.fromMs &&
      nowMs < refusing.toMs
    ) {
      return { error: refusing.text }
    }
    const trouble = this.#comes(writeKinds)?.kind
    switch (trouble) {
      case 'killed at target':
        if (!this.#writing.has(sessionId)) return undefined
        this.#killed.add(sessionId)
        return 'drop'
      case 'transient':
        return { error: this.#chance.pick(transientTexts) }
      case 'unknown':
      case 'privilege':
      case 'bad rows':
      case 'too large':
      case 'leader elected':
        return { error: texts[trouble] }
      default:
        return undefined
    }
  }
}
