/* Every fault × confirmation × kind of target: the summary always reports what the table holds. The tests write the results into the table
   of docs/delivery.md. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { nextSteps, type UserCall } from '../../src/cli/output/failures.js'
import { errorCodes, type ErrorCode } from '../../src/errors.js'
import type { DeliveryOptions, LoadResult, TargetOptions } from '../../src/load/options.js'
import { formatElement } from '../../src/protocol/element.js'
import { startServer, type EmbeddedServer } from '../../src/server/index.js'
import { csv, dfsScript, ids, streamScript, upTo } from '../helpers/delivery.js'
import { platformOn } from '../helpers/failing-files.js'
import { startLoadServer, type LoadServer } from '../helpers/load-server.js'
import { checkTable } from '../helpers/pages.js'
import { deepTest, sampled } from '../helpers/runs.js'
import { startTcpProxy } from '../helpers/proxies.js'
import { dataRequest, faults, type Fault, type Mishap, type Victim } from './delivery-faults.js'
import { useTurnClock } from '../helpers/turn-clock.js'

useTurnClock()

const rowCount = 60
const batchRows = 10

interface TargetKind {
  readonly name: string
  readonly script: string
  readonly target: TargetOptions
  /** Expression that returns the rows of the target. */
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
  { name: 'receipts, no retries', delivery: { ...quick, mode: 'async', retries: 0 } },
  { name: 'receipts', delivery: { ...quick, mode: 'async' } },
  { name: 'sync', delivery: { ...quick, mode: 'sync' } },
]

interface Seen {
  result: LoadResult
  /** ids in the table after the run, including duplicates. */
  there: number[]
  /** ids that the server lost when it restarted. */
  gone: number[]
  rejectedIds: number[]
}

let cellNumber = 0

async function runCell(t: Test, fault: Fault, { delivery }: ConfirmationKind, kind: TargetKind) {
  let mishap: Mishap = {}
  let next: EmbeddedServer | undefined
  let gone: number[] = []
  let restarting: Promise<unknown> | undefined
  const here = await startLoadServer(t, kind.script, {
    before: request => mishap.faults?.before?.(request),
  })
  const { server } = here
  const victim: Victim = {
    dropLedger() {
      for (const name of server.node.shared.keys()) {
        if (name.startsWith('ddbIngestLedger')) server.node.shared.delete(name)
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
    endLane: () => proxy.endWhere(sent => dataRequest(sent, 1) !== undefined),
  }
  t.teardown(() => next?.close())
  mishap = fault.begin(victim, ++cellNumber * 7919)
  mishap.prepare?.(victim)
  const dir = t.testdir({
    'in.csv': mishap.badRow ? csv(rowCount).replace('\n35,', '\nx,') : csv(rowCount),
  })
  const rejects = join(dir, 'rejects.csv')
  const proxy = await startTcpProxy(
    t,
    () => server.port,
    sent => mishap.cut?.(sent),
  )
  const result = await here.load(
    join(dir, 'in.csv'),
    {
      server: { host: '127.0.0.1', port: proxy.port, user: 'admin', password: '123456' },
      target: kind.target,
      delivery: { ...delivery, ...mishap.delivery },
      rejects: { file: rejects },
    },
    platformOn(mishap.disk ?? {}),
  )
  if (mishap.cut !== undefined && result.rows.read > 0) t.equal(proxy.cuts, 1, 'the fault occurred')
  mishap.release?.()
  await restarting
  // The server executes held requests before this question.
  const there = next === undefined ? await settledIds(here, kind) : idsInside(next, kind)
  return { result, there, gone, rejectedIds: idsOf(rejects) }
}

/** ids of a table, read from the memory of the server, because a server that is ending answers nothing. */
function idsInside({ node }: EmbeddedServer, kind: TargetKind): number[] {
  const table =
    kind.name === 'DFS table'
      ? node.databases.get('dfs://d')?.tables.get('t')
      : node.shared.get('target')?.table
  if (table === undefined) return []
  const column = table.column(0)
  return Array.from({ length: table.rows }, (_, row) => Number(formatElement(column, row)))
}

/** Asks for the ids until two successive answers have the same number of ids. */
async function settledIds(here: LoadServer, kind: TargetKind): Promise<number[]> {
  // Data sent before the connection closed may still be in flight.
  while (here.server.node.jobs.size > 0) await new Promise(resolve => setImmediate(resolve))
  let before = await ids(here, kind.rows)
  for (;;) {
    const now = await ids(here, kind.rows)
    if (before.length === now.length) return now
    before = now
  }
}

function idsOf(path: string): number[] {
  if (!existsSync(path)) return []
  return readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map(line => parseInt(line))
}

/** ids of the lines that the run reports as uncertain. The header is line 1. */
function uncertainIds({ confirm }: LoadResult): number[] {
  return confirm.uncertain.flatMap(({ firstLine, lastLine }) =>
    upTo(rowCount).filter(id => id + 2 >= firstLine && id + 2 <= lastLine),
  )
}

/** The call of a user who loads the file into this target. */
function callOf({ target }: TargetKind): UserCall {
  const flags = Object.entries({
    table: target.table,
    function: target.function,
    types: target.types,
    'confirm-table': target.confirmTable,
  }).flatMap(([name, value]) => (typeof value === 'string' ? [[name, [value]] as const] : []))
  return { command: 'load', args: ['in.csv'], flags: new Map(flags), mayHaveStored: true }
}

function checkCell(
  t: Test,
  fault: Fault,
  kind: TargetKind,
  { result, there, gone, rejectedIds }: Seen,
): void {
  const badRow = fault.name.includes('rejects')
  const { read, confirmed, unconfirmed, unsent } = result.rows
  t.equal(result.exitCode, expectedCode(result), 'the exit code')
  if (result.exitCode === 4) {
    const lastCommand = nextSteps(result, callOf(kind)).at(-1)?.command
    t.match(lastCommand, /^ddb-ingest audit in\.csv /, 'it says so')
  }
  const readIds = upTo(read).filter(id => !badRow || id !== 35)
  const sent = readIds.slice(0, readIds.length - unsent)
  const seen = new Set([...there, ...gone])
  t.equal(new Set(there).size, there.length, 'no row is in the table twice')
  const others = [...seen].filter(id => !sent.includes(id) || rejectedIds.includes(id))
  t.strictSame(others, [], 'no rejected or unsent row is in the table')
  const { used } = result.confirm
  if (used === 'none') return void t.equal(confirmed, 0, 'nothing is reported as confirmed')
  const uncertain = uncertainIds(result)
  // Includes rows that a DFS table held before a restart: DolphinDB would keep them, the embedded server does not.
  const kept = kind.name === 'DFS table' ? seen : new Set(there)
  t.equal(uncertain.length, unconfirmed, 'every uncertain row is named')
  t.strictSame(
    sent.filter(id => !uncertain.includes(id) && !rejectedIds.includes(id) && !kept.has(id)),
    [],
    'every confirmed row is in the table',
  )
}

function expectedCode({ error, rows, confirm }: LoadResult): number {
  if (error !== null) return errorCodes[error.code as ErrorCode]
  if (rows.unconfirmed > 0 && confirm.used !== 'none') return 4
  return rows.rejected > 0 ? 3 : 0
}

/** The text of a cell in the documentation. It must not depend on timing. */
function outcomeText(fault: Fault, { result, there }: Seen): string {
  const { exitCode, confirm } = result
  if (confirm.used === 'none' && exitCode !== 64 && exitCode !== 74) {
    if (fault.breaks) return '0 or 4, outcome unknown; after 4 `audit` settles it'
    return there.length === rowCount ? '0, handed over' : '**0, loss unnoticed**'
  }
  switch (exitCode) {
    case 0:
      return '0, every row once'
    case 3:
      return '3, batch rejected'
    case 4:
      return '4, some rows unconfirmed; `audit` settles it'
    case 64:
      return '64, refused'
    default:
      return `${exitCode}, stopped`
  }
}

const marks = [
  '<!-- matrix: written by test/end-to-end/delivery-matrix.test.ts -->\n',
  '<!-- end of matrix -->\n',
] as const
/** Fault and confirmation → target → text. */
const outcomes = new Map<string, Map<string, string>>()

t.jobs = 1
for (const fault of sampled(faults, 4)) {
  t.test(`when ${fault.name}, the summary reports what the table holds`, async t => {
    const cells = confirmations
      .filter(({ name }) => !fault.notFor?.includes(name.split(',')[0]!))
      .flatMap(confirmation => targets.map(kind => ({ confirmation, kind })))
    t.jobs = 8
    for (const { confirmation, kind } of sampled(cells)) {
      void t.test(`${confirmation.name} into a ${kind.name}`, async t => {
        const seen = await runCell(t, fault, confirmation, kind)
        checkCell(t, fault, kind, seen)
        if (seen.result.exitCode === 0 && seen.result.confirm.used !== 'none') {
          t.strictSame(seen.there, upTo(rowCount), '0 means every row, once')
        }
        const key = `${fault.name}/${confirmation.name}`
        const texts = outcomes.get(key) ?? new Map<string, string>()
        outcomes.set(key, texts.set(kind.name, outcomeText(fault, seen)))
      })
    }
  })
}

/**
 * The text for most targets, followed by the exceptions with their names. A missing result shows as `?`.
 */
function cellText(texts: Map<string, string> | undefined): string {
  if (texts === undefined) return '–'
  const kinds = targets.map(({ name }) => name)
  const named = (text: string): string[] => kinds.filter(kind => (texts.get(kind) ?? '?') === text)
  return [...new Set(kinds.map(kind => texts.get(kind) ?? '?'))]
    .sort((a, b) => named(b).length - named(a).length)
    .map((text, index) => (index === 0 ? text : `${named(text).join(', ')}: ${text}`))
    .join('; ')
}

deepTest(t, 'docs/delivery.md has the table of these results', async t => {
  const head = ['when …', ...confirmations.map(({ name }) => `\`${name}\``)]
  checkTable(t, 'docs/delivery.md', marks, [
    head,
    ...faults.map(fault => [
      fault.name,
      ...confirmations.map(({ name }) => cellText(outcomes.get(`${fault.name}/${name}`))),
    ]),
  ])
})
