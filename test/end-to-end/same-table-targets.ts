/* Kinds of targets that other users may recreate, and the confirmations that each kind allows. */
import type { DeliveryOptions, TargetOptions } from '../../src/load/options.js'

export interface TargetKind {
  readonly name: string
  readonly script: string
  /** Removes and recreates the target. */
  readonly remake: string
  /** Removes the target's rows; undefined for stream tables, whose rows cannot be deleted. */
  readonly empty?: string
  /** A script of another user that inserts this many rows. */
  readonly foreign: (rows: number) => string
  readonly target: TargetOptions
  /** A row with a known key does not raise the row count, so the row count proves nothing. */
  readonly isKeyed?: true
  /** The program can check whether the table is still the same. */
  readonly hasEvidence: boolean
}

const columns = '`id`sym, [INT,SYMBOL]'
const strangers = (rows: number): string =>
  `table(1000000 + 0..${rows - 1} as id, take(\`A\`B, ${rows}) as sym)`

const inMemory = (name: string, make: string, rest: Partial<TargetKind> = {}): TargetKind => ({
  name,
  script: `share ${make} as target`,
  remake: `undef(\`target, SHARED)\nshare ${make} as target`,
  foreign: rows => `tableInsert(objByName("target"), ${strangers(rows)})`,
  target: { table: 'target' },
  hasEvidence: true,
  ...(/stream/i.test(make) ? {} : { empty: 'delete from objByName("target")' }),
  ...rest,
})

const stored = (name: string, made: string, rest: Partial<TargetKind> = {}): TargetKind => {
  const template = 'table(1:0, `id`sym, [INT,SYMBOL])'
  const engine = name.startsWith('TSDB') ? ', engine="TSDB"' : ''
  const make = `database("dfs://d").createPartitionedTable(${template}, \`t, \`sym${made})`
  return {
    name,
    script: `database("dfs://d", VALUE, \`A\`B${engine})\n${make}`,
    remake: `dropTable(database("dfs://d"), \`t)\n${make}`,
    empty: 'delete from loadTable("dfs://d", "t")',
    foreign: rows => `tableInsert(loadTable("dfs://d", "t"), ${strangers(rows)})`,
    target: { table: 'dfs://d/t' },
    hasEvidence: true,
    ...rest,
  }
}

const stream = inMemory('stream table', `streamTable(10:0, ${columns})`)
const view = (confirmTable: object): TargetOptions => ({
  function: 'put',
  types: 'id:INT,sym:SYMBOL',
  ...confirmTable,
})
const viewScript = `${stream.script}
def put(mutable data) { tableInsert(objByName("target"), select -id as id, sym from data) }
addFunctionView(put)`

const tsdb = ', sortColumns=`sym`id, keepDuplicates=LAST'
const keys = { method: 'upsert', keyColumns: ['id'] } as const

export const targets: readonly TargetKind[] = [
  stream,
  inMemory('in-memory table', `table(10:0, ${columns})`),
  inMemory('keyed stream table', `keyedStreamTable(\`id, 10:0, ${columns})`, { isKeyed: true }),
  inMemory('keyed table', `keyedTable(\`id, 10:0, ${columns})`, { isKeyed: true }),
  inMemory('keyed table with upsert', `keyedTable(\`id, 10:0, ${columns})`, {
    isKeyed: true,
    target: { table: 'target', method: 'upsert' },
  }),
  stored('DFS table', ''),
  stored('DFS table with upsert', '', { isKeyed: true, target: { table: 'dfs://d/t', ...keys } }),
  stored('TSDB table that keeps the last row of each key', tsdb, { isKeyed: true }),
  { ...stream, name: 'function view', script: viewScript, target: view({}), hasEvidence: false },
  {
    ...stream,
    name: 'function view with `--confirm-table`',
    script: viewScript,
    target: view({ confirmTable: 'target' }),
  },
]

interface ConfirmationKind {
  readonly name: string
  readonly delivery: DeliveryOptions
}

/** The ways to confirm rows. */
export const confirmations: readonly ConfirmationKind[] = [
  { name: 'receipts', delivery: { mode: 'async' } },
  { name: 'sync', delivery: { mode: 'sync' } },
]
