/*
  Every fault × confirmation × kind of target: whatever happens, what the summary claims is what the table holds. The
  table of docs/delivery.md is written from what is seen here.
*/
import { readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { DeliveryOptions, LoadResult, TargetOptions } from '../../src/load/options.js'
import { startServer, type EmbeddedServer } from '../../src/server/index.js'
import { csv, dfsScript, ids, streamScript, upTo } from '../helpers/delivery.js'
import { startLoadServer, type LoadServer } from '../helpers/load-server.js'
import { root } from '../helpers/checkout.js'
import { startTcpProxy } from '../helpers/tcp-proxy.js'
import { faults, type Fault, type Mishap, type Victim } from './delivery-faults.js'

const rowCount = 60
const batchRows = 10

interface TargetKind {
  readonly name: string
  readonly script: string
  readonly target: TargetOptions
  /** Expression that gives its rows. */
  readonly rows: string
}

const view = `def put(mutable data){ tableInsert(target, data) }
addFunctionView(put)`

const targets: readonly TargetKind[] = [
  { name: 'stream table', script: streamScript, target: { table: 'target' }, rows: 'target' },
  {
    name: 'keyed stream table',
    script: 'share keyedStreamTable(`id, 10:0, `id`sym, [INT,SYMBOL]) as target',
    target: { table: 'target' },
    rows: 'target',
  },
  {
    name: 'DFS table',
    script: dfsScript,
    target: { table: 'dfs://d/t' },
    rows: 'loadTable("dfs://d","t")',
  },
  {
    name: 'function view',
    script: `${streamScript}\n${view}`,
    target: { function: 'put', types: 'id:INT,sym:SYMBOL', confirmTable: 'target' },
    rows: 'target',
  },
]

interface ConfirmationKind {
  readonly name: string
  readonly delivery: DeliveryOptions
}

const quick = { batchRows, confirmTimeoutMs: 1_500 }

const confirmations: readonly ConfirmationKind[] = [
  { name: 'none', delivery: { ...quick, confirm: 'none' } },
  { name: 'count', delivery: { ...quick, confirm: 'count' } },
  { name: 'receipts, no retries', delivery: { ...quick, confirm: 'receipts', retries: 0 } },
  { name: 'receipts', delivery: { ...quick, confirm: 'receipts' } },
  { name: 'sync', delivery: { ...quick, mode: 'sync' } },
]

/** What a cell saw. */
interface Seen {
  result: LoadResult
  /** ids in the table after the run, each as often as it is there. */
  there: number[]
  /** ids that were there when the server restarted and took them with it. */
  gone: number[]
  rejectedIds: number[]
}

let cellNumber = 0

async function runCell(
  t: Test,
  fault: Fault,
  { delivery }: ConfirmationKind,
  kind: TargetKind,
): Promise<Seen> {
  let mishap: Mishap = {}
  let next: EmbeddedServer | undefined
  let gone: number[] = []
  let restarting: Promise<unknown> | undefined
  const here = await startLoadServer(t, kind.script, {
    faults: {
      beforeExecute: request => mishap.faults?.beforeExecute?.(request),
      afterExecute: request => mishap.faults?.afterExecute?.(request),
    },
  })
  const { server } = here
  const victim: Victim = {
    dropLedger() {
      for (const name of server.node.shared.keys()) {
        if (name.startsWith('ddbIngest_')) server.node.shared.delete(name)
      }
    },
    restart() {
      gone = idsInside(server, kind)
      restarting = server
        .close()
        .then(() => startServer({ port: server.port, initScript: kind.script }))
        .then(again => (next = again))
    },
    setClock: nowMs => (server.node.now = () => nowMs),
  }
  t.teardown(() => next?.close())
  mishap = fault.begin(victim, ++cellNumber * 7919)
  mishap.prepare?.(victim)
  const dir = t.testdir({ 'in.csv': mishap.badRow ? csv(rowCount).replace('\n35,', '\nx,') : csv(rowCount) })
  const rejects = join(dir, 'rejects.csv')
  if (mishap.rejects !== undefined) symlinkSync(mishap.rejects, rejects)
  const proxy = await startTcpProxy(t, () => server.port, sent => mishap.cut?.(sent))
  const result = await here.load(join(dir, 'in.csv'), {
    server: { host: '127.0.0.1', port: proxy.port, user: 'admin', password: '123456' },
    target: kind.target,
    delivery,
    rejects: { file: rejects },
    ...mishap.options,
  })
  mishap.release?.()
  await restarting
  // Requests that the server still holds are executed in order before ours is.
  const there = next === undefined ? await settledIds(here, kind) : idsInside(next, kind)
  const rejectedIds = mishap.rejects === undefined ? idsOf(rejects) : []
  return { result, there, gone, rejectedIds }
}

/** ids of a table, asked of the server's own memory: a server that ends answers no more. */
function idsInside({ node }: EmbeddedServer, kind: TargetKind): number[] {
  const table =
    kind.name === 'DFS table'
      ? node.databases.get('dfs://d')?.tables.get('t')
      : node.shared.get('target')?.table
  const column = table?.columnAt?.(0)
  return column === undefined ? [] : column
}

/** ids once two questions in a row find the same. */
async function settledIds(here: LoadServer, kind: TargetKind): Promise<number[]> {
  let before: number[] | undefined
  for (;;) {
    const now = await ids(here, kind.rows)
    if (before !== undefined && before.length === now.length) return now
    before = now
  }
}
