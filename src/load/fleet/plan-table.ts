/*
  The table that shows all processes of a plan which units are done. A shared keyed stream table keeps the first row of a key, so every
  insert is a decision that all processes see (docs/decisions/0068).
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, ServerError } from '../../errors.js'
import { elementAt } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Column, Value } from '../../protocol/value.js'
import { longsOf } from '../marker/marker.js'
import { dropTableScript, planTableName, unitLedgerName } from '../marker/run-tables.js'
import { shareScript } from '../transport/receipts/script.js'

/** Kinds of rows; each uses `value` and `text` in its own way. */
const kinds = { plan: 1, look: 2, ledger: 3, done: 4 } as const

export interface PlanAsking {
  readonly session: Session
  readonly runId: string
  readonly timeoutMs: number
}

/** What a process needs to query the plan's table after `joinPlan`. */
export interface ShardAsking extends PlanAsking {
  /** Number of the row that `joinPlan` inserted for this process. If the row is gone, the table was replaced. */
  readonly look: bigint
}

export interface DoneRows {
  readonly read: number
  readonly confirmed: number
  readonly rejected: number
  /** When the unit was done, by the server's clock, ms since 1970. */
  readonly atMs: number
}

/** Rows that the transform left out; all other rows of a finished unit are confirmed or rejected. */
export function filteredOf({ read, confirmed, rejected }: Omit<DoneRows, 'atMs'>): number {
  return read - confirmed - rejected
}

export interface PlanState {
  /** Digests of the plan and of the options, as stored in the table; undefined if the table does not contain them. */
  readonly plan: string | undefined
  /** Rows that the target had before the run; null if unknown. */
  readonly rowsBefore: number | null
  /** By unit: the token of its ledger (table of receipts), for units that were begun. */
  readonly ledgers: ReadonlyMap<number, bigint>
  readonly done: ReadonlyMap<number, DoneRows>
  /** When the plan was begun, by the server's clock, ms since 1970; undefined if no row records it. */
  readonly begunMs: number | undefined
}

/** A unit whose rows all have a known outcome. */
export interface EndedUnit {
  readonly unit: number
  readonly token: bigint
  readonly rows: Omit<DoneRows, 'atMs'>
}

/** Columns of the table, in the order in which `insert` fills them; the last gets the server's time. */
const columns = [
  ...(['unit INT', 'kind INT', 'no LONG', 'value LONG', 'endedUnit INT'] as const),
  ...(['rowsRead LONG', 'rowsConfirmed LONG', 'rowsRejected LONG', 'text STRING'] as const),
  'loggedAt TIMESTAMP',
].map(column => column.split(' '))

interface Row {
  readonly unit?: number
  readonly kind: number
  readonly no: bigint | number
  readonly value?: bigint | number | null
  /** A row of any kind may also record that this unit is done. */
  readonly ended?: EndedUnit | undefined
  readonly text?: string
}

/** A script that inserts a row. The server ignores the row if the table already has its key. */
function insert(table: string, { unit = 0, kind, no, value, ended, text = '' }: Row): string {
  const { read, confirmed, rejected } = ended?.rows ?? {}
  const longs = [read, confirmed, rejected].map(long)
  const cells = [unit, kind, long(no), long(value), ended?.unit ?? 0, ...longs, `"${text}"`]
  return `tableInsert(${table}, ${cells.join(', ')}, now())`
}

const long = (value: bigint | number | null | undefined): string => `${value ?? '00'}l`

/**
 * Creates the table unless it exists, and inserts a row with the number `look`. If another process replaces the table,
 * the new table lacks this row.
 * @param look  a number that no process has used before: if the table lacks its row later, the table was replaced
 * @param plan  digest of the plan and of the options, hexadecimal
 * @param rowsBefore  how many rows the target had before the run; null if unknown
 * @returns the age of the oldest row by the server's clock, ms
 * @throws {ServerError} if the server refuses shared tables
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function joinPlan(
  { session, runId, timeoutMs }: PlanAsking,
  look: bigint,
  plan: string,
  rowsBefore: number | null,
): Promise<number> {
  const name = planTableName(runId)
  const table = 'ddbIngestPlan'
  const script = `if(!defined("${name}", SHARED)) {
    share(keyedStreamTable(\`unit\`kind\`no, 64:0, ${columns.map(([column]) => `\`${column}`).join('')}, [${columns.map(([, type]) => type).join(', ')}]), "${name}")
}
${table} = objByName("${name}", true)
${insert(table, { kind: kinds.plan, no: 0, value: rowsBefore, text: plan })}
${insert(table, { kind: kinds.look, no: look })}
[long(now() - (exec min(loggedAt) from ${table}))]`
  const [age] = longsOf(await session.run(script, { timeoutMs }))
  return age === undefined ? 0 : Number(age)
}

/**
 * A script that sets `ddbIngestLooks` to 1 if the table still has the row with the number `look` that `joinPlan` has
 * inserted. Otherwise another process has replaced the table, and the caller must not write.
 */
const looksScript = (name: string, look: bigint): string => `ddbIngestLooks = 0l
if(defined("${name}", SHARED)) { ddbIngestLooks = long(exec count(*) from objByName("${name}", true) where kind = ${kinds.look}, no = ${look}l) }
`

/**
 * False if another process has replaced the table, which then lacks the row with the number `look` from `joinPlan`.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function hasLook(
  { session, runId, timeoutMs }: PlanAsking,
  look: bigint,
): Promise<boolean> {
  const script = `${looksScript(planTableName(runId), look)}[ddbIngestLooks]`
  const [looks] = longsOf(await session.run(script, { timeoutMs }))
  return looks === 1n
}

/** Whether the table exists. @throws {ConnectionError} @throws {TimeoutError} */
async function hasPlan({ session, runId, timeoutMs }: PlanAsking): Promise<boolean> {
  const answer = await session.run(`defined("${planTableName(runId)}", SHARED)`, { timeoutMs })
  return answer?.form === 'scalar' && answer.value === true
}

/** Reads the table; undefined if none exists. @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError} */
export async function readPlanState(asking: PlanAsking): Promise<PlanState | undefined> {
  const { session, runId, timeoutMs } = asking
  if (!(await hasPlan(asking))) return undefined
  const answer = await session.run(
    `select unit, kind, value, endedUnit, rowsRead, rowsConfirmed, rowsRejected, text, loggedAt from objByName("${planTableName(runId)}", true) where kind != ${kinds.look}`,
    { timeoutMs },
  )
  return stateOf(answer)
}

function stateOf(answer: Value | undefined): PlanState {
  if (answer?.form !== 'table') {
    throw new ServerError(
      '',
      'DDB_SERVER',
      'the server did not say which units of the plan are done',
    )
  }
  const [unit, kind, value, ended, read, confirmed, rejected, text, at] = answer.columns
  const texts = text?.form === 'vector' && text.type === 'STRING' ? stringsOf(text) : []
  const ledgers = new Map<number, bigint>()
  const done = new Map<number, DoneRows>()
  const rest: { plan?: string; rowsBefore: number | null; begunMs?: number } = { rowsBefore: null }
  for (let row = 0; row < answer.rows; row++) {
    const number = Number(cellOf(unit, row) ?? 0n)
    const cell = cellOf(value, row)
    const atMs = Number(cellOf(at, row) ?? 0n)
    switch (Number(cellOf(kind, row))) {
      case kinds.plan:
        rest.plan = texts[row] ?? ''
        rest.rowsBefore = cell === undefined ? null : Number(cell)
        rest.begunMs = atMs
        break
      case kinds.ledger:
        ledgers.set(number, cell ?? 0n)
    }
    const endedUnit = Number(cellOf(ended, row) ?? 0n)
    if (endedUnit === 0 || done.has(endedUnit)) continue
    done.set(endedUnit, {
      read: Number(cellOf(read, row) ?? 0n),
      confirmed: Number(cellOf(confirmed, row) ?? 0n),
      rejected: Number(cellOf(rejected, row) ?? 0n),
      atMs,
    })
  }
  return { plan: undefined, begunMs: undefined, ...rest, ledgers, done }
}

/** The number in a cell; undefined for a null. */
function cellOf(column: Column | undefined, row: number): bigint | undefined {
  if (column?.form !== 'vector') return undefined
  const { value } = elementAt(column, row) as { value?: unknown }
  return typeof value === 'bigint' || typeof value === 'number' ? BigInt(value) : undefined
}

const endedCount = (table: string, unit: number): string =>
  `long(exec count(*) from ${table} where endedUnit = ${unit})`

/** Inserts a row that marks the unit as done, unless one exists. Sets `ddbIngestEnded` to the number of such rows. */
function endScript(table: string, ended: EndedUnit): string {
  const { unit } = ended
  return `    if(${endedCount(table, unit)} == 0) { ${insert(table, { unit, kind: kinds.done, no: 0, ended })} }
    ddbIngestEnded = ${endedCount(table, unit)}
`
}

/** Drops the ledger of a unit that is done, so that requests that arrive later cannot write. */
const dropEndedScript = ({ token }: EndedUnit): string => `if(ddbIngestEnded > 0) {
${dropTableScript(unitLedgerName(token))}}
`

/**
 * The state in which a process finds a unit. `ledger`: the unit's receipts exist. `done`: no row is left to be sent.
 * `lost`: the receipts existed and are gone. `gone`: the plan's table is gone or replaced.
 */
export type BegunUnit =
  { readonly kind: 'ledger'; readonly token: bigint } | { readonly kind: 'done' | 'lost' | 'gone' }

/**
 * Begins a unit, or joins the processes that load it. If several requests begin the unit, the table keeps the token of
 * one of them, and only this request creates the ledger.
 * @param token  never the same twice
 * @param no  number of the unit's ledger, from 1: a higher number replaces a ledger that was lost
 * @param ended  the previous unit, as for `endUnit`: this call marks it as done, unless the result is `gone`
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function beginUnit(
  { session, runId, timeoutMs, look }: ShardAsking,
  unit: number,
  token: bigint,
  no = 1,
  ended?: EndedUnit,
): Promise<BegunUnit> {
  const name = planTableName(runId)
  const table = 'ddbIngestPlan'
  const script = `ddbIngestDone = -1l
ddbIngestToken = 0l
ddbIngestEnded = 0l
${looksScript(name, look)}if(ddbIngestLooks == 1) {
    ${table} = objByName("${name}", true)
    ddbIngestDone = ${endedCount(table, unit)}
    if(ddbIngestDone == 0) {
        ${insert(table, { unit, kind: kinds.ledger, no, value: token, ended })}
        ddbIngestToken = exec first(value) from ${table} where unit = ${unit}, kind = ${kinds.ledger}, no = ${no}
        if(ddbIngestToken == ${token}l) { ${shareScript(unitLedgerName(token)).trim()} }
    }
${ended === undefined ? '' : endScript(table, ended)}}
${ended === undefined ? '' : dropEndedScript(ended)}[ddbIngestDone, ddbIngestToken]`
  const [done, found] = longsOf(await session.run(script, { timeoutMs }))
  if (done === -1n || found === undefined) return { kind: 'gone' }
  if (done !== 0n) return { kind: 'done' }
  const isThere = await ledgerIsThere(session, found, timeoutMs)
  return isThere ? { kind: 'ledger', token: found } : { kind: 'lost' }
}

async function ledgerIsThere(session: Session, token: bigint, timeoutMs: number): Promise<boolean> {
  const answer = await session.run(`defined("${unitLedgerName(token)}", SHARED)`, { timeoutMs })
  return answer?.form === 'scalar' && answer.value === true
}

/**
 * Records that the outcome of all rows of a unit is known, and removes its ledger. Requests that arrive later can then
 * write nothing. If two processes end the same unit, the counts of the first process stay.
 * @returns false if the table is gone or replaced
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function endUnit(
  { session, runId, timeoutMs, look }: ShardAsking,
  ended: EndedUnit,
): Promise<boolean> {
  const name = planTableName(runId)
  const table = 'ddbIngestPlan'
  const script = `ddbIngestEnded = 0l
${looksScript(name, look)}if(ddbIngestLooks == 1) {
    ${table} = objByName("${name}", true)
${endScript(table, ended)}}
${dropEndedScript(ended)}[ddbIngestEnded]`
  const [known] = longsOf(await session.run(script, { timeoutMs }))
  return known !== undefined && known > 0n
}

/** The ledger of a unit that is not done. */
export interface LedgerState {
  /** Batches that were begun, and how many of those have no recorded outcome. */
  readonly begun: number
  readonly open: number
  /** Rows that the target has taken so far. */
  readonly rows: number
}

/** @returns undefined if the ledger is gone @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError} */
export async function readUnitLedger(
  session: Session,
  token: bigint,
  timeoutMs: number,
): Promise<LedgerState | undefined> {
  const name = unitLedgerName(token)
  const ledger = `objByName("${name}", true)`
  const script = `ddbIngestBegun = -1l
ddbIngestEnded = 0l
ddbIngestRows = 0l
if(defined("${name}", SHARED)) {
    ddbIngestBegun = long(exec count(*) from ${ledger} where batchNo > 0, phase = 0)
    ddbIngestEnded = long(exec count(*) from ${ledger} where batchNo > 0, phase = 1)
    ddbIngestRows = long(exec sum(rowsTaken) from ${ledger} where batchNo > 0, phase = 1, rowsTaken > 0)
}
[ddbIngestBegun, ddbIngestEnded, ddbIngestRows]`
  const [begun, ended, rows] = longsOf(await session.run(script, { timeoutMs }))
  if (begun === undefined || begun < 0n) return undefined
  const taken = rows === undefined || rows < 0n ? 0 : Number(rows)
  return { begun: Number(begun), open: Number(begun - (ended ?? 0n)), rows: taken }
}

/**
 * Removes everything that the plan has on the server.
 * @returns how many ledgers existed; undefined without a table
 * @throws {ServerError} if the server refuses to remove them
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function dropPlan(asking: PlanAsking): Promise<number | undefined> {
  const { session, runId, timeoutMs } = asking
  const state = await readPlanState(asking)
  if (state === undefined) return undefined
  // Drops the ledgers before the table: if the process is killed in between, the table still has the ledgers' tokens.
  const open = [...state.ledgers].filter(([unit]) => !state.done.has(unit))
  const drops = open.map(([, token]) => dropTableScript(unitLedgerName(token)))
  const name = planTableName(runId)
  await session.run(
    `${drops.join('')}if(defined("${name}", SHARED)) { undef("${name}", SHARED) }`,
    {
      timeoutMs,
    },
  )
  if (!(await hasPlan(asking))) return open.length
  throw new DdbError(
    'DDB_SERVER',
    `the server did not remove ${name}: remove it with undef("${name}", SHARED)`,
  )
}
