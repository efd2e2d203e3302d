/* The ledger, a shared table of claims and outcomes: its columns, which only this file defines, the DolphinDB scripts that create and read
   it, and the functions that write batches and their receipts, with their answers. Names in these scripts come from `target.ts` and
   `register/register.ts`, which have checked them. Reads what the ledger answers. */
import { deflateRawSync, inflateRawSync } from 'node:zlib'
import { redirectIn } from '../../client/failure.js'
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Table, Value } from '../../protocol/value.js'
import {
  ask,
  type Asking,
  longOf,
  numberAt,
  partsOf,
  rowsOf,
  textsOf,
} from '../connection/server-queries.js'
import type { Place } from '../journal/journal-record.js'
import { digestOf } from '../outcomes/pieces.js'
import { type Outcome, outOfTurn } from '../outcomes/refusals.js'
import { type Target, type UpsertForm, usualUpsert, writeBody } from '../target/target.js'
import { maxErrorChars, transformFunction, transformScript } from '../target/transform.js'
import {
  askRegister,
  checkClaim,
  dropTableScript,
  entryScript,
  insertScript,
  ledgerName,
  otherHolder,
  type RunName,
  runsElsewhere,
  shareScript,
} from '../register/register.js'

/** Of several rows with equal values here, the table keeps only the first. */
const keys = {
  /** The place of the rows (`Place`). Rows of stream 0 are the head: they do not belong to a batch (`headRow`). */
  ...({ streamNo: 'LONG', batchNo: 'LONG', laneNo: 'INT', partNo: 'LONG' } as const),
  /** From 0. A new attempt begins only if the last attempt certainly stored no rows. */
  attempt: 'INT',
  phase: 'INT',
} as const

/** In the order of the table. Whenever they change, the version in `ledgerName` must increase. */
const ledgerColumns = {
  ...keys,
  cutDigest: 'LONG',
  /** Send number of the copy that wrote the row. Each copy of a batch has a new send number. In the head: a session. */
  sendNo: 'LONG',
  rowsReceived: 'LONG',
  /** Rows that the transform left, or that arrived without one. Null if the transform threw an error, and in rows without an outcome. */
  rowsLeft: 'LONG',
  /** Rows that the target accepted: −1 if it refused them, null if the server does not report it. */
  rowsTaken: 'LONG',
  /** Why the target refused the rows, otherwise ''. */
  errText: 'STRING',
  loggedAt: 'TIMESTAMP',
} as const

/** A statement that adds a row, and is 1 for a new one. @param cells  as expressions; the head's rows leave out those of `nowhere` */
export function insertReceipt(ledger: string, cells: Cells): string {
  return insertScript(ledger, ledgerColumns, { ...nowhere, ...cells })
}

type Cells = { readonly [Name in keyof typeof ledgerColumns]?: string }

const nowhere = { streamNo: '0l', laneNo: '0', partNo: '0l', cutDigest: '0l', sendNo: '0l' }

/** Value of `phase` (a column of the ledger) in rows of the head. */
const headPhase = 8
/** Phase of rows of the head with the sessions that send data: the session as the batch, and a digest of the table's name. */
const writerPhase = 9
/** Phase of rows of the head with what the shards of a run share: the plan, and streams that have ended. */
const sharedPhase = 7
/** Phase of claims. Of the copies of a batch that the server receives in an attempt, only the one with the first claim inserts rows. */
const claimPhase = 0
/** Phase of outcomes: the number of rows that the target accepted, or −1 and the reason for a refusal. */
export const outcomePhase = 1

/** In an answer, instead of a number of rows: a different copy of the batch has the claim, and only the ledger shows its outcome. */
export const takenByOther = -2

export const deliverFunction = 'ddbIngestDeliver'

/** A statement that adds a row to the head of `ddbIngestLedger`. */
const headReceipt = (phase: number, batchNo: string, attempt: number, cells: Cells): string =>
  insertReceipt('ddbIngestLedger', { batchNo, attempt: `${attempt}`, phase: `${phase}`, ...cells })

/** Adds a process of the run to the head. @param processNo  0 without a run @param change  from 0, by session */
export function headRow(processNo: number, change: number, sessionId: string): string {
  const cells = { sendNo: `${BigInt(sessionId)}l`, rowsReceived: '0l' }
  return headReceipt(headPhase, `${processNo}l`, change, cells)
}

/** Adds to the head that a session sends data. Call it before the first batch. @param table  '' if no table can be named */
export function writerRow(ledger: string, sessionId: string, table: string): string {
  const cells = { rowsReceived: '0l', cutDigest: `${digestOf(table)}l` }
  const row = headReceipt(writerPhase, `${BigInt(sessionId)}l`, 0, cells)
  return `ddbIngestLedger = objByName("${ledger}", true)\n${row}\n`
}

/** The sessions that have been about to send data for this table. @throws {ServerError} if the ledger is gone */
export async function askWriters(asking: Asking, ledger: string, table: string) {
  const writers = await askHead(asking, ledger, writerPhase)
  const digest = BigInt(digestOf(table))
  return writers.filter(({ cutDigest }) => cutDigest === digest).map(({ batchNo }) => batchNo)
}

async function askHead(asking: Asking, ledger: string, phase: number, no?: number) {
  const only = no === undefined ? '' : `, batchNo = ${no}`
  const script = `select batchNo, cutDigest, errText from objByName("${ledger}", true) where phase = ${phase}${only}`
  return rowsOf(await ask(asking, script), ledgerColumns)
}

/**
 * Creates the ledger unless it exists, and probes it with the same row twice: sets `ddbIngestHad` to the rows that it had, `ddbIngestKnown`
 * to the answer to a known key, which is 0 if the server counts rows as documented (DolphinDB manual, keyedStreamTable).
 */
export function ledgerScript(ledger: string, head = headRow(0, 0, '0')): string {
  return `${shareScript(ledger, ledgerColumns, Object.keys(keys))}ddbIngestLedger = objByName("${ledger}", true)
ddbIngestHad = rows(ddbIngestLedger)
${head}
ddbIngestKnown = ${head}
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
    const cells = { errText: 'ddbIngestText' }
    const row = headReceipt(sharedPhase, 'ddbIngestNo', at / pieceChars, cells)
    const added = `(def(mutable ddbIngestLedger, ddbIngestNo, ddbIngestText){ return ${row} }){objByName("${ledger}", true)}`
    const piece: Value = { form: 'scalar', type: 'STRING', value: text.slice(at, at + pieceChars) }
    await session.call(added, [long(no), piece], { timeoutMs })
  }
}

/** Such values by number, oldest first. @param no  only this one @throws {ServerError} if the ledger is gone */
export async function askShared(asking: Asking, ledger: string, no?: number) {
  const texts = new Map<number, string>()
  for (const { batchNo, errText } of await askHead(asking, ledger, sharedPhase, no)) {
    const no = Number(batchNo)
    texts.set(no, (texts.get(no) ?? '') + errText)
  }
  const valueOf = (text: string): unknown =>
    JSON.parse(inflateRawSync(Buffer.from(text, 'base64')).toString())
  return new Map(Array.from(texts, ([no, text]) => [no, valueOf(text)]))
}

/** The number of claims, and of rows taken, of a stream (default: of all). @throws {ServerError} if the ledger is gone */
export async function askTaken(asking: Asking, ledger: string, stream?: number) {
  const from = `from objByName("${ledger}", true) where${stream === undefined ? '' : ` streamNo = ${stream},`}`
  const script = `(long(exec count(*) ${from} phase = ${claimPhase}), long(exec sum(rowsTaken) ${from} phase = ${outcomePhase}, rowsTaken > 0))`
  const [claims, rows] = partsOf(await ask(asking, script)).map(longOf)
  return { claims: Number(claims ?? 0n), rows: Number(rows ?? 0n) }
}

/** The ledger that the functions of a data session write to. */
export interface WrittenLedger {
  readonly name: string
  /** Whether inserted rows count even if their key is known (a probe tests it): a claim must then be read back to see which came first. */
  readonly countsDuplicates: boolean
}

/**
 * Defines the functions of a data session. The one that writes a batch returns (rows that the transform left, rows taken, error text). In
 * place of rows taken, −1 is a refusal, and −2 says that a different copy has the claim. It finds the ledger with `objByName` each time: a
 * bare name would be bound when it is parsed, and might later write into a table that was dropped. @param ledger  undefined if the server
 * refuses it: the answer is then the only receipt @param session  the text of claims, if processes share the ledger: the writing session
 * @param isOrdered  whether a call names the batch that must be stored before it (`Copy.after`)
 */
export function deliverScript(
  ledger: WrittenLedger | undefined,
  target: Target,
  upsert: UpsertForm = usualUpsert,
  session = '',
  isOrdered = false,
): string {
  const transform = target.kind === 'table' ? target.transform : undefined
  // For example `p0, p1, ` for a function with two fixed arguments, which the function may change.
  const fixed = target.kind === 'table' ? [] : target.functionArguments.map((_, i) => `p${i}, `)
  const given = fixed.join('')
  const parameters = fixed.map(name => `mutable ${name}`).join('')
  const place = { streamNo: 't', batchNo: 'b', laneNo: 'l', partNo: 'p' }
  const receipt = { ...place, cutDigest: 'c', attempt: 'a', sendNo: 's', rowsReceived: 'm' }
  const row = (phase: number, cells: Cells): string =>
    insertReceipt('ledger', { ...receipt, phase: `${phase}`, ...cells })
  const claimRow = row(claimPhase, { errText: `"${session}"` })
  const outcomeRow = row(outcomePhase, { rowsLeft: 'kept', rowsTaken: 'n', errText: 'why' })
  const taken = `return (00l, ${takenByOther}l, "")`
  const isTaken =
    ledger?.countsDuplicates === true
      ? `${claimRow}
    if((exec first(sendNo) from ledger where streamNo=t, batchNo=b, laneNo=l, partNo=p, attempt=a, phase=${claimPhase}) != s) { ${taken} }`
      : `if(${claimRow} != 1) { ${taken} }`
  const claim =
    ledger === undefined ? '' : `    ledger = objByName("${ledger.name}", true)\n    ${isTaken}\n`
  const lines =
    transform === undefined
      ? `n = long(ddbIngestTarget(${given}data))`
      : `made = ${transformFunction}(data)
        kept = long(made.rows())
        if(kept > 0) { n = long(ddbIngestTarget(made)) } else { n = 0l }`
  const before = `exec count(*) from ledger where batchNo=w, streamNo=t, laneNo=l, partNo=1, phase=${outcomePhase}, rowsTaken != -1`
  const write = isOrdered
    ? `if(w != 0 && (${before}) == 0) { why = "${outOfTurn}" } else {
        ${lines}
        }`
    : lines
  return `${transform === undefined ? '' : transformScript(transform)}def ddbIngestTarget(${parameters}mutable data) {
${
  target.kind === 'table'
    ? writeBody(target, upsert)
    : `    n = data.rows()
    ${target.name}(${given}data)
    return n`
}
}
def ${deliverFunction}(t, b, l, p, c, a, s, ${isOrdered ? 'w, ' : ''}${parameters}mutable data) {
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
export interface Copy extends Place {
  readonly cut: number
  readonly attempt: number
  readonly sendNo: number
  /** In an ordered run, the batch of its stream and lane that must be stored before: 0 if none, −1 if it is not known to be one of these. */
  readonly after?: number | undefined
}

/** The arguments of the function. @param leading  fixed arguments of a target function */
export function deliverArguments(
  { stream, no, lane, part, cut, attempt, sendNo, after }: Copy,
  leading: readonly Value[],
  rows: Table,
): Value[] {
  const numbers = [long(stream), long(no), int(lane), long(part), long(cut), int(attempt)]
  numbers.push(long(sendNo), ...(after === undefined ? [] : [long(after)]), ...leading, rows)
  return numbers
}

const int = (value: number): Value => ({ form: 'scalar', type: 'INT', value })

const long = (value: number): Value => ({ form: 'scalar', type: 'LONG', value: BigInt(value) })

export function lastSessionQuery(ledger: string): string {
  return `exec last(sendNo) from objByName("${ledger}", true) where phase = ${headPhase}`
}

/** Reads at most `rows` rows after the first `from` rows of the ledger. Rows of a ledger never change and are never removed. */
export function ledgerQuery(ledger: string, from: number, rows: number): string {
  const read = Object.keys(ledgerColumns).filter(name => name !== 'loggedAt')
  return `select ${read.join(', ')} from objByName("${ledger}", true) limit ${from}, ${rows}`
}

/** `notBegun`: why the server refused the call, or has lost what the function needs; undefined if no answer will come. */
export type Answer = Outcome | { readonly notBegun: string | undefined }

/** Abandons a session whose answers fail. @param hasLedger  whether it would show a begun call; if not, a refused call is a refusal */
export async function askOutcome(
  session: Session,
  arguments_: readonly Value[],
  hasLedger: boolean,
): Promise<Answer> {
  try {
    return answeredOutcome(await session.call(deliverFunction, arguments_))
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    if (error instanceof ServerError) {
      const errText = error.received
      // A node that does not lead has executed nothing.
      const isRefusal = !hasLedger || redirectIn(errText) !== undefined
      return isRefusal ? { rowCount: -1, left: undefined, errText } : { notBegun: errText }
    }
    if (!(error instanceof ConnectionError)) {
      session.abandon(new ConnectionError('DDB_CONNECTION_LOST', error.message, { cause: error }))
    }
    return { notBegun: undefined }
  }
}

/** @throws {DdbError} DDB_PROTOCOL if it is an answer to something else */
export function answeredOutcome(answer: Value | undefined): Outcome {
  const [left, taken, why] = partsOf(answer)
  const isCount = taken?.form === 'scalar' && taken.type === 'LONG'
  if (!isCount || why?.form !== 'scalar' || typeof why.value !== 'string') {
    throw new DdbError('DDB_PROTOCOL', 'the server did not answer a batch with its rows')
  }
  const [rowCount = null, leftRows] = [taken, left].map(value => {
    const rows = longOf(value)
    return rows === undefined ? undefined : Number(rows)
  })
  return { rowCount, left: leftRows, errText: why.value }
}

/** A claim or an outcome. `rowCount` of a claim: rows that arrived. `errText` of a claim, if shards load the run: the session that has made it. */
export interface LedgerRow extends Copy, Outcome {
  readonly phase: number
}

export interface Ledger extends WrittenLedger {
  /** True if this process created the ledger, which then had no rows when it was opened. */
  readonly isNew: boolean
  /** The number of this process in the register, from 1. */
  readonly processNo: number
  /** Whether the run had its name a round trip after it claimed it. */
  isChecked: boolean
  heads: number
  seen: number
}

/**
 * Creates the run's ledger, or continues with that of an earlier process, and claims the run's name, in one request. If a different run has
 * the name, the new ledger goes again. @param number  from 1; a run never uses a number twice
 * @param foundTokens  runs of this name that are known: another may have begun, and even finished, since
 * @throws {DdbError} DDB_LOCKED if a different run or process has the name @throws {ServerError} if the server refuses what receipts need
 */
export async function openLedger(
  asking: Asking,
  run: RunName,
  { number, processNo }: { readonly number: number; readonly processNo: number },
  foundTokens?: ReadonlySet<bigint | undefined>,
): Promise<Ledger> {
  const name = ledgerName(run.token, number)
  const claim = { ledger: name, processNo }
  const script = `${ledgerScript(name, headRow(processNo, 0, asking.session.id))}${entryScript(run, claim)}`
  const more = ['long(ddbIngestKnown)', 'long(ddbIngestHad)']
  const known = await askRegister(asking, run.runId, script, more)
  const [counted, had] = known.answers.map(longOf)
  // The ledger of an earlier process has at least one row, the head.
  const isNew = had === 0n
  const others = known.rows.filter(({ token }) => token !== run.token)
  const isLate = run.isRegistered && others.some(({ token }) => foundTokens?.has(token) === false)
  if (isNew && (isLate || otherHolder(known, run) !== undefined)) await dropLedger(asking, name)
  await checkClaim(asking, known, run, claim)
  if (isLate) throw runsElsewhere(run.runId)
  if (counted !== 0n && counted !== 1n) {
    throw new ServerError('', 'DDB_SERVER', 'the server does not say how many rows a ledger took')
  }
  const countsDuplicates = counted === 1n
  return { ...{ name, countsDuplicates, isNew, processNo }, isChecked: false, heads: 1, seen: 0 }
}

/** Removes the ledger. Ignores errors, because no row depends on it. */
export async function dropLedger(asking: Asking, name: string): Promise<void> {
  try {
    await ask(asking, dropTableScript(name))
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // A server that ignores a query would also ignore the closing of the session.
    if (error instanceof TimeoutError) {
      const { message } = error
      asking.session.abandon(new ConnectionError('DDB_CONNECTION_LOST', message, { cause: error }))
    }
  }
}

/** The claims and outcomes in what a server answers to `ledgerQuery`, from row `first`. */
export function ledgerRows({ columns, rows }: Table, first: number): LedgerRow[] {
  // In the order of the query. A record of all columns would take ten times as long, and small batches have many receipts.
  const [streams, nos, lanes, parts, attempts, phases, ...others] = columns
  const [cuts, sendNos, received, left, taken, texts] = others
  const errTexts = textsOf(texts)
  const found: LedgerRow[] = []
  for (let row = first; row < rows; row++) {
    const phase = numberAt(phases, row)!
    if (phase > outcomePhase) continue
    const isClaim = phase === claimPhase
    found.push({
      stream: numberAt(streams, row)!,
      no: numberAt(nos, row)!,
      lane: numberAt(lanes, row)!,
      part: numberAt(parts, row)!,
      attempt: numberAt(attempts, row)!,
      phase,
      cut: numberAt(cuts, row)!,
      sendNo: numberAt(sendNos, row)!,
      rowCount: numberAt(isClaim ? received : taken, row) ?? null,
      left: isClaim ? undefined : numberAt(left, row),
      errText: errTexts[row] ?? '',
    })
  }
  return found
}
