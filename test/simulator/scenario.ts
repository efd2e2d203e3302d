/* Defines the meaning of a seed: which loaders load which inputs into which table, over which network, and what goes wrong. Each seed draws
   only a few kinds of trouble, because some failures show only if nothing else is wrong. */
import type {
  DeliveryOptions,
  LoadOptions,
  RejectOptions,
  TargetOptions,
} from '../../src/load/options.js'
import { Chance } from './random.js'
import { fairWeather, type Weather } from './network.js'
import { drawNodes, firstNodesSeed } from './nodes.js'
import { drawLanes, drawSeveral, firstLanesSeed, firstSeveralSeed } from './several.js'
import { drawTransformed, firstTransformedSeed, type SimTransform } from './transformed.js'
import { drawTroubles, type Troubles } from './troubles.js'

/** The target of rows, and the script that creates it. */
export interface TargetKind {
  readonly name: string
  readonly target: TargetOptions
  /** Runs each time the server starts. */
  readonly script: string
  readonly onDisk: boolean
  /** Whether the table ignores a row whose id it already has. */
  readonly keyed: boolean
  /** Whether the server refuses rows without a symbol, and drops rows with an unknown symbol. */
  readonly partitioned: boolean
}

const columns = '`id`sym, [INT,SYMBOL]'
const stream = `share streamTable(10:0, ${columns}) as target`
const dfs = (atomic: string): string => `if(!existsDatabase("dfs://d")) {
  db = database("dfs://d", VALUE, \`A\`B, , , "${atomic}")
  db.createPartitionedTable(table(1:0, ${columns}), \`t, \`sym)
}`
const view = (head: string, name: string): string => `${stream}
def ${name}(${head}mutable data) { tableInsert(objByName("target"), data) }
try { addFunctionView(${name}) } catch(ex) { }`

const types = 'id:INT,sym:SYMBOL'
const inMemory = { onDisk: false, keyed: false, partitioned: false }

export const targetKinds: readonly TargetKind[] = [
  { name: 'stream table', target: { table: 'target' }, script: stream, ...inMemory },
  {
    name: 'keyed stream table',
    target: { table: 'target' },
    script: `share keyedStreamTable(\`id, 10:0, ${columns}) as target`,
    ...inMemory,
    keyed: true,
  },
  {
    name: 'keyed table',
    target: { table: 'target', method: 'upsert' },
    script: `share keyedTable(\`id, 10:0, ${columns}) as target`,
    ...inMemory,
    keyed: true,
  },
  {
    name: 'DFS table',
    target: { table: 'dfs://d/t' },
    script: dfs('TRANS'),
    onDisk: true,
    keyed: false,
    partitioned: true,
  },
  {
    name: 'DFS table, CHUNK',
    target: { table: 'dfs://d/t' },
    script: dfs('CHUNK'),
    onDisk: true,
    keyed: false,
    partitioned: true,
  },
  {
    name: 'function view',
    target: { function: 'put', types, confirmTable: 'target' },
    script: view('', 'put'),
    ...inMemory,
  },
  {
    name: 'function view in two steps',
    target: { function: 'putHalves', types, confirmTable: 'target' },
    script: `${stream}
def putHalves(mutable data) {
  tableInsert(objByName("target"), select * from data where id % 2 = 0)
  tableInsert(objByName("target"), select * from data where id % 2 = 1)
}
try { addFunctionView(putHalves) } catch(ex) { }`,
    ...inMemory,
  },
  {
    name: 'function view with an argument',
    target: { function: 'putTagged', types, functionArguments: ['x'] },
    script: view('tag, ', 'putTagged'),
    ...inMemory,
  },
]

/** A row of an input: its text and its meaning. */
export interface InputRow {
  readonly id: number
  readonly sym: string
  readonly line: string
  readonly kind: 'good' | 'bad cell' | 'refused' | 'outside'
}

export interface InputFile {
  /** `-` for standard input. */
  readonly path: string
  readonly rows: readonly InputRow[]
  /** After `afterReads` reads, the input is cut to this share of its bytes. */
  readonly cut: { readonly afterReads: number; readonly share: number } | undefined
}

export type InputFormat = 'csv' | 'ndjson'

/** One loading process, and the trouble that it meets. */
export interface LoaderPlan {
  readonly name: string
  readonly startMs: number
  readonly runId: string | undefined
  readonly format: InputFormat
  readonly inputs: readonly InputFile[]
  readonly delivery: DeliveryOptions
  readonly rejects: RejectOptions
  readonly connectTimeoutMs: number
  readonly limit: number | undefined
  /** The number of the platform call at which the process is killed, and how much later it is restarted. */
  readonly killAtCall: number | undefined
  readonly restartAfterMs: number | undefined
  readonly interruptAtMs: number | undefined
  readonly leaveAtMs: number | undefined
  /** A restarted process resumes where the previous process stopped. */
  readonly isJournaled?: true
  readonly hostName?: string
  /** Names of the inputs, if they differ from the paths. */
  readonly names?: readonly string[]
  /** Whether the user has named the second node of the cluster. */
  readonly namesSecondNode?: true
  /** The user passes --restart. */
  readonly isAnew?: boolean
  readonly shard?: LoadOptions['shard']
}

export interface Scenario {
  readonly seed: number
  readonly kind: TargetKind
  readonly weather: Weather
  /** Largest number of bytes that a read returns. */
  readonly pieceBytes: number
  readonly loaders: readonly LoaderPlan[]
  readonly troubles: Troubles
  /** How long the server takes to store a write. The write locks its partitions meanwhile. */
  readonly storeMs: number
  /** A second node of the cluster is live, and loaders may connect to it. */
  readonly hasLiveNode?: boolean
  /** All trouble passes, so at the end every row is stored once. */
  readonly allArrive: boolean
  /** The change that the server makes to rows before it writes them. */
  readonly transform?: SimTransform
}

/** Draws an ordinary scenario with one of these targets. */
export type Draw = (seed: number, kinds: readonly TargetKind[]) => Scenario

/** From this seed on, writers share a partition, which is rare in other seeds. */
export const firstDfsSeed = 3_000_000_000

/** From this seed on, files become shorter while they are read. */
export const firstCutSeed = 17_000_000_000

export function drawScenario(seed: number): Scenario {
  if (seed >= firstCutSeed) return drawCut(seed)
  if (seed >= firstTransformedSeed) return drawTransformed(seed, targetKinds, drawOrdinary)
  if (seed >= firstNodesSeed) return drawNodes(seed, targetKinds, drawOrdinary)
  if (seed >= firstLanesSeed) return drawLanes(seed, targetKinds, drawOrdinary)
  if (seed >= firstSeveralSeed) return drawSeveral(seed, targetKinds[0]!, drawOrdinary)
  if (seed >= firstDfsSeed) return drawDfsScenario(seed, new Chance(seed))
  return drawOrdinary(seed, targetKinds)
}

function drawOrdinary(seed: number, kinds: readonly TargetKind[]): Scenario {
  const chance = new Chance(seed)
  const kind = chance.pick(kinds)
  const calm = chance.oneIn(6)
  const weather = drawWeather(chance, calm)
  const troubles = drawTroubles(chance.fork(), calm, kind.onDisk)
  const loaderCount = chance.oneIn(4) ? chance.between(2, 3) : 1
  const sharedName = chance.oneIn(2) ? 'nightly' : undefined
  const loaders = Array.from({ length: loaderCount }, (_, index) =>
    drawLoader(chance.fork(), kind, index, loaderCount, sharedName, calm),
  )
  const pieceBytes = Math.round(chance.spread(20, 65_536))
  return { seed, kind, weather, pieceBytes, loaders, troubles, storeMs: 0, allArrive: false }
}

/**
 * Loads of CSV files that all become shorter, read in pieces of a few records. No other trouble hides what the loader makes of the last
 * record.
 */
function drawCut(seed: number): Scenario {
  const chance = new Chance(seed ^ 0x3c6ef372)
  const kind = chance.pick(targetKinds)
  const loaders = Array.from({ length: 3 }, (_, index) => ({
    ...drawLoader(chance.fork(), kind, index, 1, undefined, true),
    format: 'csv' as const,
    connectTimeoutMs: 10_000,
    limit: undefined,
    inputs: [
      {
        path: `/in/${index}-0.csv`,
        rows: Array.from({ length: chance.between(60, 120) }, (_, row) =>
          drawRow(chance, (index + 1) * firstIds + row, 'csv', Infinity, Infinity),
        ),
        cut: { afterReads: chance.between(2, 8), share: 1 - chance.number() / 2 },
      },
    ],
  }))
  const troubles = drawTroubles(chance.fork(), true, kind.onDisk)
  const pieceBytes = chance.between(16, 32)
  return {
    ...{ seed, kind, weather: fairWeather, pieceBytes, loaders, troubles },
    ...{ storeMs: 0, allArrive: false },
  }
}

/** Concurrent loads into one partition. */
function drawDfsScenario(seed: number, chance: Chance): Scenario {
  const kind = chance.pick(targetKinds.filter(({ onDisk }) => onDisk))
  const allArrive = !chance.oneIn(4)
  const troubles = drawTroubles(chance.fork(), allArrive, true)
  const loaders = Array.from({ length: chance.between(2, 4) }, (_, index) => {
    const plan = drawLoader(chance.fork(), kind, index, 1, undefined, true)
    return {
      ...plan,
      startMs: index === 0 ? 0 : chance.spread(0.01, 100),
      connectTimeoutMs: 10_000,
      runId: chance.oneIn(2) ? `run${index}` : undefined,
      inputs: plan.inputs.map(input => ({ ...input, rows: input.rows.map(goodRow(plan.format)) })),
      delivery: { ...plan.delivery, ...drawPatience(chance, kind.script.includes('CHUNK')) },
      limit: undefined,
    }
  })
  return {
    seed,
    kind,
    weather: drawDfsWeather(chance),
    pieceBytes: Math.round(chance.spread(20, 65_536)),
    loaders,
    troubles,
    storeMs: chance.spread(0.1, 20),
    allArrive,
  }
}

/** Puts most rows into one partition, so that writers compete for the partition. */
function goodRow(format: InputFormat): (row: InputRow) => InputRow {
  return ({ id }) => {
    const sym = id % 8 === 0 ? 'B' : 'A'
    const line = format === 'csv' ? `${id},${sym}` : JSON.stringify({ id, sym })
    return { id, sym, kind: 'good', line }
  }
}

function drawDfsWeather(chance: Chance): Weather {
  // A run that does not wait for rows in flight would give up before slow bytes arrive, so little may be in flight.
  return { ...drawWeather(chance, true), pieceBytes: 4_096, windowBytes: 65_536 }
}

/** @param waits  whether a writer waits while a different writer locks the partition */
function drawPatience(chance: Chance, waits: boolean): DeliveryOptions {
  const [mode, confirm] = chance.pick([
    ['async', 'auto'],
    ['async', 'auto'],
    ['sync', 'auto'],
    // Without answers, the loader cannot send a refused batch again.
    ['async', waits ? 'none' : 'auto'],
  ] as const)
  return {
    mode,
    confirm,
    confirmTimeoutMs: 60_000,
    retries: 40,
    retryTimeoutMs: 60_000,
    onDoubt: 'report',
  }
}

function drawWeather(chance: Chance, calm: boolean): Weather {
  const weather: Weather = {
    ...fairWeather,
    latencyMs: chance.spread(0.05, 80),
    jitterMs: chance.spread(0.01, 40),
    pieceBytes: Math.round(chance.spread(16, 65_536)),
    windowBytes: Math.round(chance.spread(512, 262_144)),
  }
  if (calm) return weather
  if (chance.oneIn(5)) {
    weather.stallOneIn = chance.between(20, 400)
    weather.longestStallMs = chance.spread(50, 20_000)
  }
  if (chance.oneIn(4)) weather.resetOneIn = chance.between(20, 600)
  if (chance.oneIn(8)) weather.vanishOneIn = chance.between(40, 600)
  if (chance.oneIn(10)) weather.deafOneIn = chance.between(2, 8)
  return weather
}

const firstIds = 100_000

function drawLoader(
  chance: Chance,
  kind: TargetKind,
  index: number,
  loaderCount: number,
  sharedName: string | undefined,
  calm: boolean,
): LoaderPlan {
  const killed = !calm && chance.oneIn(8)
  const interrupted = !calm && chance.oneIn(8)
  const interruptAtMs = interrupted ? chance.spread(1, 3_000) : undefined
  const format = chance.oneIn(4) ? 'ndjson' : 'csv'
  const restarts = killed && chance.oneIn(2)
  return {
    name: `loader ${index + 1}`,
    startMs: index === 0 ? 0 : chance.spread(0.1, 400),
    runId: drawRunId(chance, sharedName, loaderCount),
    format,
    inputs: drawInputs(chance, kind, index, format, !calm && !restarts),
    delivery: drawDelivery(chance),
    rejects: drawRejects(chance, index),
    connectTimeoutMs: chance.pick([500, 3_000, 10_000]),
    limit: chance.oneIn(12) ? chance.between(1, 60) : undefined,
    killAtCall: killed ? Math.round(chance.spread(5, 4_000)) : undefined,
    restartAfterMs: restarts ? chance.spread(1, 5_000) : undefined,
    interruptAtMs,
    leaveAtMs:
      interruptAtMs !== undefined && chance.oneIn(2)
        ? interruptAtMs + chance.spread(1, 2_000)
        : undefined,
  }
}

/** Run IDs are similar, sometimes identical. */
function drawRunId(
  chance: Chance,
  sharedName: string | undefined,
  loaderCount: number,
): string | undefined {
  if (sharedName !== undefined && loaderCount > 1) return sharedName
  return chance.oneIn(3) ? chance.pick(['a-b', 'a_b', 'a.b', 'aB']) : undefined
}

function drawInputs(
  chance: Chance,
  kind: TargetKind,
  loader: number,
  format: InputFormat,
  mayBeCut: boolean,
): InputFile[] {
  const badOneIn = chance.oneIn(3) ? chance.between(3, 40) : Infinity
  const refusedOneIn = kind.partitioned && chance.oneIn(2) ? chance.between(3, 60) : Infinity
  let id = (loader + 1) * firstIds
  const piped = chance.oneIn(6)
  const fileCount = !piped && chance.oneIn(4) ? chance.between(2, 3) : 1
  return Array.from({ length: fileCount }, (_, file) => ({
    path: piped ? '-' : `/in/${loader}-${file}.${format}`,
    rows: Array.from({ length: chance.oneIn(10) ? 0 : Math.round(chance.spread(1, 150)) }, () =>
      drawRow(chance, id++, format, badOneIn, refusedOneIn),
    ),
    cut:
      mayBeCut && !piped && chance.oneIn(12)
        ? { afterReads: chance.between(1, 6), share: chance.number() }
        : undefined,
  }))
}

export function drawRow(
  chance: Chance,
  id: number,
  format: InputFormat,
  badOneIn: number,
  refusedOneIn: number,
): InputRow {
  const row = (kind: InputRow['kind'], field: number | string, sym: string): InputRow => ({
    id,
    sym,
    kind,
    line: format === 'csv' ? `${field},${sym}` : JSON.stringify({ id: field, sym }),
  })
  if (chance.oneIn(badOneIn)) return row('bad cell', `x${id}`, 'A')
  if (!chance.oneIn(refusedOneIn)) return row('good', id, chance.pick(['A', 'B']))
  return chance.oneIn(2) ? row('refused', id, '') : row('outside', id, 'ZZ')
}

function drawDelivery(chance: Chance): DeliveryOptions {
  const mode = chance.oneIn(5) ? 'sync' : 'async'
  // Without a mode, the loader may have batches answered if the server refuses receipts.
  const given: DeliveryOptions = mode === 'sync' || chance.oneIn(2) ? { mode } : {}
  const confirm = mode === 'async' && chance.oneIn(6) ? 'none' : 'auto'
  return {
    ...given,
    confirm,
    batchRows: chance.between(1, 20),
    confirmTimeoutMs: chance.pick([500, 2_000, 5_000, 20_000]),
    maxInFlightBytes: Math.round(chance.spread(60, 20_000)),
    retries: chance.pick([0, 1, 2, 5, 5, 5]),
    retryTimeoutMs: chance.pick([200, 2_000, 10_000, 40_000]),
    onDoubt: chance.oneIn(8) ? 'resend' : 'report',
    ...(chance.oneIn(10) ? { rateLimit: { rowsPerSecond: chance.spread(10, 10_000) } } : {}),
  }
}

function drawRejects(chance: Chance, loader: number): RejectOptions {
  const maxErrors = chance.pick([0, 1, 5, 100, 100, 1_000])
  switch (chance.between(0, 2)) {
    case 0:
      return { file: `/out/${loader}.csv`, maxErrors }
    case 1:
      return { onError: 'skip', maxErrors }
    default:
      return { onError: 'stop' }
  }
}
