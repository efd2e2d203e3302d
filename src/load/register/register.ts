/* The register: one shared table of all named runs of a server node. Rows are never removed, and their order decides: of all runs of a name
   whose ledger exists, the one that came first has it. The last row of a token says what became of that run. Like all shared tables, the
   register lives in the server's memory: while it has a row of the run, the server has not restarted. Also the names of a run's tables, and
   the scripts that create them, add rows and remove them. The names begin with `ddbIngest`, so that administrators can distinguish these
   tables from tables with data. */
import type { Session } from '../../client/open-session.js'
import { DdbError, ServerError } from '../../errors.js'
import type { Random } from '../../platform/platform.js'
import type { Value } from '../../protocol/value.js'
import { ask, partsOf, rowsOf, textsOf, type Asking } from '../connection/server-queries.js'
import { remedies, recordGone } from '../journal/changed-run.js'

export interface RunName {
  readonly runId: string
  /** A random number that others cannot guess, so only this run writes rows with it. Its ledgers are named after it. */
  readonly token: bigint
  /** A random number that distinguishes this process from other processes of the run. */
  readonly processKey: bigint
  /** Whether the run has an entry in the register: the user has named it, or it keeps a journal. */
  readonly isRegistered: boolean
  /** Whether shards load the run, and this process has found its record. */
  readonly isShared?: true
  /** The place of the run's journal; left out without a journal. */
  readonly place?: { readonly hostName: string; readonly folder: string }
}

/** 62 random bits, followed by a 1 so that the token is never 0. */
export function newToken(random: Random): bigint {
  const bits = new DataView(random.bytes(8).slice().buffer).getBigUint64(0)
  return (bits & 0x7fff_ffff_ffff_ffffn) | 1n
}

/** Must change whenever the columns change. */
export const registerName = 'ddbIngestRuns2'

/** Version of a ledger's columns, of its head (`transport/script.ts`), and of the digests of cuts (`cutOf`). */
const ledgerVersion = 8

const digitsOf = (token: bigint): string => token.toString(16).padStart(16, '0')

/** Name of a run's ledger (table of receipts), with its token, so that no other run writes there. @param number  from 1, for each ledger */
export function ledgerName(token: bigint, number: number): string {
  return `ddbIngestLedger${ledgerVersion}_${digitsOf(token)}${number === 1 ? '' : `_${number}`}`
}

/** The number of a ledger of the run, of any version. Matches exactly: scripts will contain the name, and others may choose similar. */
export function ledgerNumberOf(token: bigint, name: string): number | undefined {
  const [, digits, number = 1] =
    /^ddbIngestLedger[1-9]?_([0-9a-f]{16})(?:_(\d+))?$/.exec(name) ?? []
  return digits === digitsOf(token) ? Number(number) : undefined
}

/** A script that removes one of these tables if it exists. */
export function dropTableScript(name: string): string {
  return `if(defined("${name}", SHARED)) { undef("${name}", SHARED) }
`
}

type ColumnTypes = Readonly<Record<string, keyof typeof unnamed>>

/** The cell of a column that a row does not name. */
const unnamed = { INT: '00i', LONG: '00l', STRING: '""', TIMESTAMP: 'now()' } as const

/** @param keys  of several rows with equal keys, the table keeps only the first; none if it keeps all */
export function shareScript(table: string, columns: ColumnTypes, keys: readonly string[] = []) {
  const listed = (names: readonly string[]): string => names.map(name => `\`${name}`).join('')
  const made = keys.length === 0 ? 'streamTable(' : `keyedStreamTable(${listed(keys)}, `
  return `if(!defined("${table}", SHARED)) {
    share(${made}1024:0, ${listed(Object.keys(columns))}, [${Object.values(columns).join(', ')}]), "${table}")
}
`
}

/** A `tableInsert(…)` of one row, an expression like the cells, whose types must be the columns' (docs/server-semantics.md#inserting). */
export function insertScript<Columns extends ColumnTypes>(
  table: string,
  columns: Columns,
  cells: { readonly [Name in keyof Columns]?: string },
): string {
  const values = Object.entries(columns).map(([name, type]) => cells[name] ?? unnamed[type])
  return `tableInsert(${table}, ${values.join(', ')})`
}

/**
 * `rowsHad`: rows that the target has ever had; null if they cannot be counted. `chunk`: id of the chunk of a DFS table, letters, digits and
 * hyphens; '' if unknown. `stored`: rows of the run in the target. `rejected`: rows that are in its rejects, if it wrote any.
 */
export type FinishedRun = NonNullable<ReturnType<typeof finishedIn>>

interface Entry {
  /** '' after the run has ended. */
  readonly ledger: string
  readonly processNo: number
  readonly finished?: FinishedRun
  /** The token of a run that this one has replaced. */
  readonly replaces?: bigint | undefined
}

const columns = {
  runId: 'STRING',
  token: 'LONG',
  ledger: 'STRING',
  processNo: 'LONG',
  processKey: 'LONG',
  hostName: 'STRING',
  folder: 'STRING',
  replaces: 'LONG',
  rowsHad: 'LONG',
  digest: 'STRING',
  chunk: 'STRING',
  stored: 'LONG',
  loggedAt: 'TIMESTAMP',
} as const

/** Replaces characters that could end a string in a script. */
const plain = (text: string): string => text.replace(/[^\p{L}\p{N} ._:/@+=,~-]/gu, '?')

/** Adds a row. Call it in the request that has made the ledger; does nothing for a run without an entry. */
export function entryScript(
  { runId, token, processKey, place, isRegistered }: RunName,
  { finished, processNo = 0, ...entry }: Partial<Entry>,
): string {
  if (!isRegistered) return ''
  const { rejected, ...ended } = finished ?? {}
  const values = { runId, token, processNo, processKey, ...place, ...entry, ...ended }
  // The register has no column for them, and a register with another would not know the runs of this one.
  if (rejected) values.digest += `+${rejected}`
  const cells = Object.entries(values).map(([name, value]) => {
    return [name, typeof value === 'string' ? `"${plain(value)}"` : `${value ?? '00'}l`]
  })
  const table = `objByName("${registerName}", true)`
  const row = insertScript(table, columns, Object.fromEntries(cells) as Record<string, string>)
  return `${shareScript(registerName, columns)}${row}\n`
}

export interface KnownOnServer {
  /** Of all runs of a name, oldest first. */
  readonly rows: ReturnType<typeof rowsOf<typeof columns>>
  readonly ledgers: readonly string[]
}

/** @param before  a script to run first @param more  expressions to answer as `answers` */
export async function askRegister(
  asking: Asking,
  runId: string,
  before = '',
  more: readonly string[] = [],
): Promise<KnownOnServer & { readonly answers: readonly Value[] }> {
  const script = `${before}ddbIngestRows = NULL
if(defined("${registerName}", SHARED)) {
    ddbIngestRows = select * from objByName("${registerName}", true) where runId = "${runId}"
}
ddbIngestNames = exec name from objs(true) where shared=true, name like "ddbIngestLedger%"
(${['ddbIngestRows', 'ddbIngestNames', ...more].join(', ')})`
  const [rows, names, ...answers] = partsOf(await ask(asking, script))
  return { rows: rowsOf(rows, columns), ledgers: textsOf(names), answers }
}

/** Another run's row with this name: each would regard the rows of the other as its own. Undefined if there is none. */
export function otherHolder({ rows, ledgers }: KnownOnServer, { token }: Pick<RunName, 'token'>) {
  const holder = rows.find(
    ({ ledger, token: own }) =>
      ledgers.includes(ledger) && finishedIn(rows.filter(row => row.token === own)) === undefined,
  )
  return holder?.token === token ? undefined : holder
}

/** @throws {DdbError} DDB_LOCKED if a different run has the name */
export function checkName(
  known: KnownOnServer,
  run: Pick<RunName, 'runId' | 'token' | 'isShared'>,
  session: Session,
): void {
  const holder = otherHolder(known, run)
  if (holder === undefined) return
  if (run.isShared) throw recordGone(run.runId)
  const { hostName, folder, ledger } = holder
  const where = hostName === '' ? '' : ` on host "${hostName}"`
  throw new DdbError(
    'DDB_LOCKED',
    `the server already knows run "${run.runId}": it began${where}, is in progress or was killed, and some of its rows may be there. ` +
      remedies.goOnThere(run.runId, folder, ledger, session),
  )
}

/** How often a run repeats its claim, if the register that had it was replaced. */
const mostClaims = 3

/**
 * Checks that a run has its name, and this process its number. If two processes find no register, both may make one, and the later one
 * replaces the earlier. So a run asks again a round trip after its claim, before its first row, and repeats a claim that has gone.
 * @throws {DdbError} DDB_LOCKED if a different run has the name, or a different process works on the run
 */
export async function checkClaim(
  asking: Asking,
  answered: KnownOnServer,
  run: RunName,
  claim: Pick<Entry, 'ledger' | 'processNo'>,
): Promise<void> {
  let known = answered
  for (let claims = 1; run.isRegistered; claims++) {
    checkName(known, run, asking.session)
    const processNo = BigInt(claim.processNo)
    const own = known.rows.find(row => row.token === run.token && row.processNo === processNo)
    if (own?.processKey === run.processKey) return
    if (own !== undefined) throw runsElsewhere(run.runId)
    if (claims === mostClaims) {
      const unsaid = 'the server does not say which process holds the name of this run'
      throw new ServerError('', 'DDB_SERVER', unsaid)
    }
    known = await askRegister(asking, run.runId, entryScript(run, claim))
  }
}

export function runsElsewhere(runId: string): DdbError {
  return new DdbError(
    'DDB_LOCKED',
    `run "${runId}" is in progress: the server has a session of another process, which has a different copy of the journal, or whose ` +
      'lock was removed. Wait until that process ends, or end it',
  )
}

export type KnownRun = ReturnType<typeof runOf>

export function runOf({ rows, ledgers: all }: KnownOnServer, token: bigint) {
  const own = rows.filter(row => row.token === token)
  const numberOf = (name: string): number => ledgerNumberOf(token, name) ?? 0
  const ledgers = all.filter(name => numberOf(name) > 0)
  return {
    /** The highest number of a process; 0 if there is none. */
    processNo: highest(own.map(({ processNo }) => Number(processNo))),
    /** The highest number of the run's ledgers; 0 if there is none. */
    ledgerNumber: highest([...ledgers, ...own.map(({ ledger }) => ledger)].map(numberOf)),
    ledgers,
    /** Set if the run has finished, and no later process has begun to continue it. */
    finished: finishedIn(own),
    /** Whether another run of this name was started over in its place. */
    isReplaced: rows.some(({ replaces }) => replaces === token),
    /** Whether the server has a trace of the run. A restart of the server removes all traces. */
    isKnown: own.length > 0 || ledgers.length > 0,
  }
}

const highest = (numbers: readonly number[]): number => numbers.reduce((a, b) => Math.max(a, b), 0)

/** A late request of an earlier process, which has a lower number, adds its row after the run has finished: it counts as nothing. */
function finishedIn(own: KnownOnServer['rows']) {
  const at = own.findLastIndex(({ stored }) => stored !== undefined)
  if (at < 0) return undefined
  const { rowsHad, digest, chunk, stored, processNo } = own[at]!
  if (own.slice(at + 1).some(later => later.processNo! >= processNo!)) return undefined
  const had = rowsHad === undefined ? null : Number(rowsHad)
  const [inputs, rejected = 0] = digest.split('+')
  return { rowsHad: had, digest: inputs, chunk, stored: Number(stored), rejected: Number(rejected) }
}

/** The run of this name that finished last, other than the runs `own`. */
export function otherFinished({ rows }: KnownOnServer, own: readonly bigint[]) {
  const tokens = new Set(rows.map(row => row.token).filter(token => !own.includes(token!)))
  return [...tokens]
    .map(other => finishedIn(rows.filter(row => row.token === other)))
    .findLast(finished => finished !== undefined && finished.stored > 0)
}

/** Removes ledgers, so that late requests write nothing and the run's name is free. @param and  a script to run after that */
export async function dropLedgers(asking: Asking, ledgers: readonly string[], and = '') {
  const script = `${ledgers.map(dropTableScript).join('')}${and}`
  if (script !== '') await ask(asking, script)
}

/** Removes a run's ledgers, and makes its entry in the register that of a run without a trace. @throws {ServerError} if that is refused */
export async function forgetRun(asking: Asking, runId: string, token: bigint): Promise<void> {
  const { ledgers, finished, processNo } = runOf(await askRegister(asking, runId), token)
  const run = { runId, token, processKey: 0n, isRegistered: true }
  const and = finished === undefined ? '' : entryScript(run, { processNo })
  await dropLedgers(asking, ledgers, and)
}

/**
 * Asks on a new connection whether the server still has the run's ledger or a row of it in the register: if not, it has restarted, or is
 * another node. Adds the session to the head of the ledger by `headRow`. @throws {DdbError} DDB_LOCKED if another run has the name
 */
export async function askMemory(
  asking: Asking,
  run: RunName,
  ledger: string | undefined,
  headRow = '',
): Promise<boolean> {
  const head = `if(defined("${ledger}", SHARED)) {
    ddbIngestLedger = objByName("${ledger}", true)
    ${headRow}
}
`
  const known = await askRegister(asking, run.runId, ledger === undefined ? '' : head)
  checkName(known, run, asking.session)
  const hasLedger = ledger !== undefined && known.ledgers.includes(ledger)
  return hasLedger || known.rows.some(({ token }) => token === run.token)
}
