/*
  The ledger, a shared table of claims and outcomes: its columns, which only this file defines, the DolphinDB scripts that create and
  read it, and the functions that write batches and their receipts, with their answers. Names in these scripts come from `target.ts` and
  `register/table-names.ts`, which have checked them.
*/
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError } from '../../errors.js'
import type { Table, Value } from '../../protocol/value.js'
import { redirectIn } from '../connection/connect.js'
import { longsOf, textsOf, type Asking } from '../connection/server-queries.js'
import type { Place } from '../journal/journal-record.js'
import { usualUpsert, writeBody, type Target, type UpsertForm } from '../target/target.js'
import { maxErrorChars, transformScript, writeLines } from '../target/transform.js'

interface LedgerColumn {
  readonly name: string
  readonly type: 'INT' | 'LONG' | 'STRING' | 'TIMESTAMP'
  /** Of several rows with equal key columns, the table keeps only the first. */
  readonly isKey?: true
}

/** The first four columns are the place of the rows (`Place`). */
const columns = {
  /** Rows of stream 0 are the head: they do not belong to a batch (`LedgerHead`). */
  streamNo: { name: 'streamNo', type: 'LONG', isKey: true },
  batchNo: { name: 'batchNo', type: 'LONG', isKey: true },
  laneNo: { name: 'laneNo', type: 'INT', isKey: true },
  partNo: { name: 'partNo', type: 'LONG', isKey: true },
  /** From 0. A new attempt begins only if the last attempt certainly stored no rows. */
  attempt: { name: 'attempt', type: 'INT', isKey: true },
  phase: { name: 'phase', type: 'INT', isKey: true },
  cutDigest: { name: 'cutDigest', type: 'LONG' },
  /** Send number of the copy that wrote the row. Each copy of a batch has a new send number. In the head: a session. */
  sendNo: { name: 'sendNo', type: 'LONG' },
  rowsReceived: { name: 'rowsReceived', type: 'LONG' },
  /**
   * Rows that the transform returned; without a transform, rows that arrived. Null if the transform threw an error, and in rows that
   * do not record an outcome.
   */
  rowsLeft: { name: 'rowsLeft', type: 'LONG' },
  /** Rows that the target accepted: −1 if it refused them, null if the server does not report it. */
  rowsTaken: { name: 'rowsTaken', type: 'LONG' },
  /** Why the target refused the rows, otherwise ''. */
  errText: { name: 'errText', type: 'STRING' },
  loggedAt: { name: 'loggedAt', type: 'TIMESTAMP' },
} as const satisfies Readonly<Record<string, LedgerColumn>>

export type LedgerColumnName = keyof typeof columns

/** In the order of the table. Whenever they change, the version in `ledgerName` must increase. */
const ledgerColumns: readonly LedgerColumn[] = Object.values(columns)

/** Values of columns that `cells` of `insertReceipt` omits. An omitted column without a value here becomes null. */
const unnamed: Readonly<Record<string, string>> = {
  streamNo: '0l',
  batchNo: '0l',
  laneNo: '0',
  partNo: '0l',
  cutDigest: '0l',
  sendNo: '0l',
  errText: '""',
  loggedAt: 'now()',
}
const nulls = { INT: '00i', LONG: '00l', STRING: '""', TIMESTAMP: '00T' } as const

/** The cells of one row, as expressions. Their types must be exactly those of the columns (docs/server-semantics.md#inserting). */
type LedgerCells = Partial<Readonly<Record<LedgerColumnName, string>>>

/** A `tableInsert(…)` of one row. It returns 1 for a new row; for known keys see `WrittenLedger.countsDuplicates`. */
export function insertReceipt(ledger: string, cells: LedgerCells): string {
  const given: Readonly<Record<string, string | undefined>> = cells
  const values = ledgerColumns.map(({ name, type }) => given[name] ?? unnamed[name] ?? nulls[type])
  return `tableInsert(${ledger}, ${values.join(', ')})`
}

/** Value of `phase` (a column of the ledger) in rows of the head. */
const headPhase = 8
/** Phase of rows of the head with what the shards of a run share: the plan, and streams that have ended. */
const sharedPhase = 7
/**
 * Phase of claims. In each attempt to write a batch, the server may receive several copies of the batch. Each copy
 * tries to insert a claim. Only the copy with the first claim may insert its rows.
 */
export const claimPhase = 0
/** Phase of outcomes: the number of rows that the target accepted, or −1 and the reason for a refusal. */
export const outcomePhase = 1

/** In an answer, instead of a number of rows: a different copy of the batch has the claim, and only the ledger shows its outcome. */
export const takenByOther = -2

export const deliverFunction = 'ddbIngestDeliver'

/** A row of a ledger's head: a process that works on the run. */
export interface LedgerHead {
  readonly processNo: number
  /** From 0, with each session that the process opens to read the ledger. */
  readonly change: number
  readonly sessionId: bigint
}

/** The head of a ledger that belongs to no run. */
const noProcess: LedgerHead = { processNo: 0, change: 0, sessionId: 0n }

/** Adds a row of the head to the ledger `ddbIngestLedger`. */
export function headRow({ processNo, change, sessionId }: LedgerHead): string {
  return insertReceipt('ddbIngestLedger', {
    batchNo: `${processNo}l`,
    attempt: String(change),
    phase: String(headPhase),
    sendNo: `${sessionId}l`,
    rowsReceived: '0l',
  })
}

/**
 * Creates the ledger unless it exists, and probes it with the same row twice: sets `ddbIngestHad` to the rows that it had, and
 * `ddbIngestKnown` to the server's answer to inserting a known key, which is 0 if the server counts rows as documented (DolphinDB manual,
 * keyedStreamTable).
 */
export function ledgerScript(ledger: string, head: LedgerHead = noProcess): string {
  return `${shareScript(ledger)}ddbIngestLedger = objByName("${ledger}", true)
ddbIngestHad = rows(ddbIngestLedger)
${headRow(head)}
ddbIngestKnown = ${headRow(head)}
`
}

/** A text of a table in memory has 256 KB at most. */
const pieceChars = 60_000

/** Adds a value to the head, for the shards of a run. Of several with a number, the first one stays. @param no  0 for the plan */
export async function addShared(
  { session, timeoutMs }: Asking,
  ledger: string,
  no: number,
  value: unknown,
): Promise<void> {
  const text = deflateRawSync(JSON.stringify(value)).toString('base64')
  for (let at = 0; at < text.length; at += pieceChars) {
    const row = insertReceipt('ddbIngestLedger', {
      batchNo: 'ddbIngestNo',
      attempt: String(at / pieceChars),
      phase: String(sharedPhase),
      errText: 'ddbIngestText',
    })
    const added = `(def(mutable ddbIngestLedger, ddbIngestNo, ddbIngestText){ return ${row} }){objByName("${ledger}", true)}`
    const piece: Value = { form: 'scalar', type: 'STRING', value: text.slice(at, at + pieceChars) }
    await session.call(added, [long(no), piece], { timeoutMs })
  }
}

/** Such values by number, oldest first. @throws {ServerError} if the ledger is gone */
export async function askShared(
  { session, timeoutMs }: Asking,
  ledger: string,
): Promise<ReadonlyMap<number, unknown>> {
  const script = `select batchNo, errText from objByName("${ledger}", true) where phase = ${sharedPhase}`
  const answer = await session.run(script, { timeoutMs })
  const [numbers, pieces] = answer?.form === 'table' ? answer.columns : []
  const texts = new Map<number, string>()
  for (const [row, piece] of textsOf(pieces).entries()) {
    const no = Number(longsOf(numbers)[row])
    texts.set(no, (texts.get(no) ?? '') + piece)
  }
  const valueOf = (text: string): unknown =>
    JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString())
  return new Map([...texts].map(([no, text]) => [no, valueOf(text)]))
}

/**
 * @param stream  default: all streams
 * @returns the number of claims, and of the rows that the target has taken
 * @throws {ServerError} if the ledger is gone
 */
export async function askTaken(
  { session, timeoutMs }: Asking,
  ledger: string,
  stream?: number,
): Promise<{ readonly claims: number; readonly rows: number }> {
  const from = `from objByName("${ledger}", true) where${stream === undefined ? '' : ` streamNo = ${stream},`}`
  const script = `[long(exec count(*) ${from} phase = ${claimPhase}), long(exec sum(rowsTaken) ${from} phase = ${outcomePhase}, rowsTaken > 0)]`
  const [claims, rows] = longsOf(await session.run(script, { timeoutMs }))
  return { claims: Number(claims ?? 0n), rows: Number(rows ?? 0n) }
}

function shareScript(ledger: string): string {
  const names = (all: typeof ledgerColumns): string => all.map(({ name }) => `\`${name}`).join('')
  const types = ledgerColumns.map(({ type }) => type).join(', ')
  const keys = names(ledgerColumns.filter(({ isKey }) => isKey))
  return `if(!defined("${ledger}", SHARED)) {
    share(keyedStreamTable(${keys}, 1024:0, ${names(ledgerColumns)}, [${types}]), "${ledger}")
}
`
}

/** The ledger that the functions of a data session write to. */
export interface WrittenLedger {
  readonly name: string
  /**
   * Whether the server counts an inserted row even if the table already has the row's key (a probe tests this). A
   * claim, the row that reserves a batch for one copy, must then be read back to find out which copy came first.
   */
  readonly countsDuplicates: boolean
}

/**
 * Defines the functions of a data session. The function that writes a batch returns (rows that the transform left, rows taken, error
 * text). Instead of a number of taken rows, −1 is a refusal, and −2 says that a different copy has the claim. The function finds the
 * ledger with `objByName` each time it runs. A bare name would be bound when the server parses the function, and the function might
 * later write into a table that was dropped.
 * @param ledger  undefined if the server refuses it: the answer is then the only receipt
 * @param session  the text of claims, if several processes share the ledger: the session that writes
 */
export function deliverScript(
  ledger: WrittenLedger | undefined,
  target: Target,
  upsert: UpsertForm = usualUpsert,
  session = '',
): string {
  const transform = target.kind === 'table' ? target.transform : undefined
  const place = { streamNo: 't', batchNo: 'b', laneNo: 'l', partNo: 'p' }
  const receipt = { ...place, cutDigest: 'c', attempt: 'a', sendNo: 's' }
  const claimRow = insertReceipt('ledger', {
    ...receipt,
    phase: String(claimPhase),
    rowsReceived: 'm',
    errText: `"${session}"`,
  })
  const outcomeRow = insertReceipt('ledger', {
    ...receipt,
    phase: String(outcomePhase),
    rowsReceived: 'm',
    rowsLeft: 'kept',
    rowsTaken: 'n',
    errText: 'why',
  })
  const taken = `return (00l, ${takenByOther}l, "")`
  const isTaken =
    ledger?.countsDuplicates === true
      ? `${claimRow}
    if((exec first(sendNo) from ledger where streamNo=t, batchNo=b, laneNo=l, partNo=p, attempt=a, phase=${claimPhase}) != s) { ${taken} }`
      : `if(${claimRow} != 1) { ${taken} }`
  const claim =
    ledger === undefined ? '' : `    ledger = objByName("${ledger.name}", true)\n    ${isTaken}\n`
  const write =
    transform === undefined
      ? `n = long(ddbIngestTarget(${targetArguments(target)}data))`
      : writeLines('kept', 'n', 'ddbIngestTarget(made)')
  return `${transform === undefined ? '' : transformScript(transform)}def ddbIngestTarget(${targetParameters(target)}mutable data) {
${target.kind === 'table' ? writeBody(target, upsert) : callBody(target)}
}
def ${deliverFunction}(t, b, l, p, c, a, s, ${targetParameters(target)}mutable data) {
    m = long(data.rows())
    kept = ${transform === undefined ? 'm' : '00l'}
${claim}    n = -1l
    why = ""
    try {
        ${write}
    } catch(ex) {
        why = left(ex[0] + ": " + ex[1], ${maxErrorChars})
    }
${ledger === undefined ? '' : `    ${outcomeRow}\n`}    return (kept, n, why)
}
`
}

/** One copy of rows that the function writes, and the claim under which it may do so. */
export interface Copy {
  readonly place: Place
  readonly cut: number
  readonly attempt: number
  readonly sendNo: number
}

/** The arguments of the function. @param leading  fixed arguments of a target function */
export function deliverArguments(
  { place: { stream, no, lane, part }, cut, attempt, sendNo }: Copy,
  leading: readonly Value[],
  rows: Table,
): Value[] {
  const numbers = [long(stream), long(no), int(lane), long(part), long(cut), int(attempt)]
  numbers.push(long(sendNo), ...leading, rows)
  return numbers
}

const int = (value: number): Value => ({ form: 'scalar', type: 'INT', value })

const long = (value: number): Value => ({ form: 'scalar', type: 'LONG', value: BigInt(value) })

/** For example `mutable p0, mutable p1, ` for a function with two fixed arguments, which the function may change. */
function targetParameters(target: Target): string {
  if (target.kind !== 'function') return ''
  return target.functionArguments.map((_, i) => `mutable p${i}, `).join('')
}

/** For example `p0, p1, ` to call a function with two fixed arguments. */
function targetArguments(target: Target): string {
  return targetParameters(target).replaceAll('mutable ', '')
}

function callBody(target: Extract<Target, { kind: 'function' }>): string {
  return `    n = data.rows()
    ${target.name}(${targetArguments(target)}data)
    return n`
}

export function lastSessionQuery(ledger: string): string {
  return `exec last(sendNo) from objByName("${ledger}", true) where phase = ${headPhase}`
}

/** Reads at most `rows` rows after the first `from` rows of the ledger. Rows of a ledger never change and are never removed. */
export function ledgerQuery(ledger: string, from: number, rows: number): string {
  const read = Object.keys(columns).filter(name => name !== columns.loggedAt.name)
  return `select ${read.join(', ')} from objByName("${ledger}", true) limit ${from}, ${rows}`
}

/** What came of the call of the function that writes a batch. */
export type Answer =
  | {
      readonly kind: 'outcome'
      /** As in `LedgerRow`; `takenByOther` if only the ledger shows the outcome. */
      readonly rowCount: number | null
      readonly left: number | undefined
      readonly errText: string
    }
  /** The server refused the call, or has lost what the function needs. */
  | { readonly kind: 'notRun'; readonly errText: string }
  /** No answer will come over this connection. */
  | { readonly kind: 'cutOff' }

/**
 * Calls the function that writes a batch. Abandons a session whose answers cannot be relied on any more.
 * @param hasLedger  whether the ledger would show that the function has begun; if not, every refused call is a refusal
 */
export async function askOutcome(
  session: Session,
  arguments_: readonly Value[],
  hasLedger: boolean,
): Promise<Answer> {
  try {
    return { kind: 'outcome', ...answeredOutcome(await session.call(deliverFunction, arguments_)) }
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    if (error instanceof ServerError) {
      const errText = error.received
      // A node that does not lead has executed nothing.
      const isRefusal = !hasLedger || redirectIn(errText) !== undefined
      if (!isRefusal) return { kind: 'notRun', errText }
      return { kind: 'outcome', rowCount: -1, left: undefined, errText }
    }
    if (!(error instanceof ConnectionError)) {
      session.abandon(new ConnectionError('DDB_CONNECTION_LOST', error.message, { cause: error }))
    }
    return { kind: 'cutOff' }
  }
}

/** Reads the answer of the function that writes a batch. @throws {DdbError} DDB_PROTOCOL if it is an answer to something else */
export function answeredOutcome(answer: Value | undefined): {
  readonly rowCount: number | null
  readonly left: number | undefined
  readonly errText: string
} {
  const [left, taken, why] = answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
  const rows = taken?.form === 'scalar' && taken.type === 'LONG' ? taken.value : undefined
  if (rows === undefined || why?.form !== 'scalar' || typeof why.value !== 'string') {
    throw new DdbError('DDB_PROTOCOL', 'the server did not answer a batch with its rows')
  }
  const isKnown = left?.form === 'scalar' && typeof left.value === 'bigint'
  return {
    rowCount: rows === null ? null : Number(rows),
    left: isKnown ? Number(left.value) : undefined,
    errText: why.value,
  }
}
