/* A round of kills, drawn from a seed: target, inputs, options, and which process is killed at which time. The progress of a process at
   that time depends on the machine. */
import { Chance } from '../simulator/random.js'

/** `target`: another user replaces the target. `journal`: an older copy is restored after the loader has ended. */
export type Victim = 'loader' | 'server' | 'both' | 'target' | 'journal'
export const victims: readonly Victim[] = ['loader', 'server', 'both', 'target', 'journal']

export interface SoakTarget {
  readonly name: string
  /** Options of `load` that name the target. */
  readonly argv: readonly string[]
  /** Script that creates the target on an empty server. */
  readonly script: string
  /** Removes and recreates the target; undefined if the program could not notice the loss of rows. */
  readonly remake: string | undefined
  /** The expression that reads the target. */
  readonly from: string
  /** Whether the table ignores a row whose id it already has. */
  readonly keyed: boolean
  /** Whether the server refuses rows without a symbol. */
  readonly refusesNull: boolean
  /** Whether the target accepts rows over several connections. */
  readonly takesConnections?: true
}

export interface SoakRow {
  readonly id: number
  readonly line: string
  /** bad: the reader rejects the row. refused: the server rejects the row if the target is partitioned. */
  readonly kind: 'good' | 'bad' | 'refused'
}

export interface SoakInput {
  readonly name: string
  readonly rows: readonly SoakRow[]
}

/** The time of a kill: a delay after the journal has reached a size. */
export interface Kill {
  readonly victim: Victim
  readonly journalBytes: number
  readonly laterMs: number
}

export interface Scene {
  readonly seed: number
  readonly target: SoakTarget
  readonly inputs: readonly SoakInput[]
  readonly header: string
  readonly mode: 'async' | 'sync'
  readonly onDoubt: 'report' | 'resend'
  readonly batchRows: number
  readonly maxInFlight: string
  readonly kills: readonly Kill[]
  /** Time between the kill of a server and the next start. */
  readonly downMs: number
  /** A second client inserts this many rows into the target at each interval; undefined without such a client. */
  readonly writer: { readonly rows: number; readonly everyMs: number } | undefined
  /** Number of connections in every second process of a run. All other processes have one. */
  readonly connections: number
}

const columns = '`id`sym`price, [INT,SYMBOL,DOUBLE]'
const dfs = (engine: string, table: string): string =>
  `db = database("dfs://soak", VALUE, \`A\`B\`C, , ${engine})
db.createPartitionedTable(table(1:0, ${columns}), \`t, \`sym${table})`
const stream = `share streamTable(1:0, ${columns}) as target`
const keyedStream = `share keyedStreamTable(\`id, 1:0, ${columns}) as target`
const keyed = `share keyedTable(\`id, 1:0, ${columns}) as target`

/** The first id for rows of a different client. */
export const firstForeignId = 1_000_000_000

const shared = (name: string, script: string, keyed: boolean, ...argv: string[]): SoakTarget => ({
  ...{ name, script, keyed, argv: ['-t', 'target', ...argv] },
  remake: `undef("target", SHARED)\n${script}`,
  from: 'target',
  refusesNull: false,
})
const partitioned = (name: string, script: string, keyed = false): SoakTarget => ({
  ...{ name, script, keyed, argv: ['-t', 'dfs://soak/t'] },
  remake: `dropDatabase("dfs://soak")\n${script}`,
  from: 'loadTable("dfs://soak","t")',
  refusesNull: true,
})

const targets: readonly SoakTarget[] = [
  { ...shared('stream table', stream, false), takesConnections: true },
  shared('keyed stream table', keyedStream, true),
  shared('keyed table with upsert', keyed, true, '--method', 'upsert'),
  partitioned('DFS table, TRANS', dfs(', "TRANS"', '')),
  partitioned('DFS table, CHUNK', dfs(', "CHUNK"', '')),
  partitioned(
    'TSDB table that keeps the last of a key',
    dfs('"TSDB"', ', sortColumns=`sym`id, keepDuplicates=LAST'),
    true,
  ),
  {
    name: 'function view',
    argv: [
      ...'--function put --types id:INT,sym:SYMBOL,price:DOUBLE --confirm-table target'.split(' '),
    ],
    script: `${stream}
def put(mutable data) { tableInsert(objByName("target"), data) }
addFunctionView(put)`,
    remake: undefined,
    from: 'target',
    keyed: false,
    refusesNull: false,
  },
]

/** @param kills  number of kills in this round; undefined to draw the number */
export function drawScene(seed: number, kills?: number): Scene {
  const chance = new Chance(seed)
  const target = targets[seed % targets.length]!
  const isNdjson = chance.oneIn(4)
  const batchRows = Math.round(2 ** (3 + 7 * chance.number()))
  const mode = chance.oneIn(4) ? 'sync' : 'async'
  const batchCount = chance.between(20, 100)
  const inputs = drawInputs(chance, isNdjson, batchRows * batchCount)
  const scene: Scene = {
    seed,
    target,
    inputs,
    header: isNdjson ? '' : 'id,sym,price\n',
    mode,
    onDoubt: chance.oneIn(8) ? 'resend' : 'report',
    batchRows,
    maxInFlight: chance.oneIn(3) ? '64M' : `${batchRows * chance.between(30, 200)}`,
    kills: drawKills(chance, kills ?? chance.between(1, 4), batchCount),
    downMs: chance.between(0, 400),
    writer: undefined,
    connections: 1,
  }
  const sabotaged = scene.kills.map(kill => ({
    ...kill,
    victim: otherVictim(chance, target, kill),
  }))
  const writer = { rows: chance.between(1, 50), everyMs: chance.between(5, 100) }
  return { ...scene, kills: sabotaged, writer: chance.oneIn(2) ? writer : undefined }
}

/** Replaces one kill in three by sabotage of the target or the journal. */
function otherVictim(chance: Chance, { remake }: SoakTarget, { victim }: Kill): Victim {
  if (!chance.oneIn(3)) return victim
  return remake !== undefined && chance.oneIn(2) ? 'target' : 'journal'
}

/** Size of a journal before its first batch. */
const headBytes = 1_500
const bytesPerBatch = 200

/** Draws kills at increasing sizes of the journal. */
function drawKills(chance: Chance, count: number, batchCount: number): Kill[] {
  const killed: Victim[] = ['loader', 'loader', 'loader', 'server', 'both']
  return Array.from({ length: count }, () => ({
    victim: killed[chance.between(0, killed.length - 1)]!,
    journalBytes: chance.oneIn(6) ? 0 : chance.between(0, headBytes + batchCount * bytesPerBatch),
    laterMs: chance.oneIn(2) ? 0 : chance.between(0, 150),
  })).sort((a, b) => a.journalBytes - b.journalBytes)
}

function drawInputs(chance: Chance, isNdjson: boolean, rowCount: number): SoakInput[] {
  const files = chance.between(1, 3)
  const badOneIn = chance.oneIn(2) ? chance.between(20, 300) : Infinity
  const refusedOneIn = chance.oneIn(3) ? chance.between(100, 600) : Infinity
  let id = 0
  return Array.from({ length: files }, (_, file) => ({
    name: `rows-${file}.${isNdjson ? 'ndjson' : 'csv'}`,
    rows: Array.from({ length: Math.ceil(rowCount / files) }, (): SoakRow => {
      const kind = chance.oneIn(badOneIn) ? 'bad' : chance.oneIn(refusedOneIn) ? 'refused' : 'good'
      return { id: ++id, kind, line: lineOf(chance, isNdjson, id, kind) }
    }),
  }))
}

function lineOf(chance: Chance, isNdjson: boolean, id: number, kind: SoakRow['kind']): string {
  const sym = kind === 'refused' ? '' : 'ABC'[chance.between(0, 2)]!
  const price = kind === 'bad' ? `bad ${id}` : String(id / 4)
  if (!isNdjson) return `${id},${sym},${price}`
  return JSON.stringify({ id, sym, price: kind === 'bad' ? price : id / 4 })
}

/** Whether the target finally accepts the row. */
export const isTaken = ({ refusesNull }: SoakTarget, { kind }: SoakRow): boolean =>
  kind === 'good' || (kind === 'refused' && !refusesNull)

/** The same round with several connections, if the target accepts them. */
export function withConnections(scene: Scene, connections: Scene['connections']): Scene {
  return scene.target.takesConnections ? { ...scene, connections } : scene
}
