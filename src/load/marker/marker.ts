/*
  The marker of a run: a small shared table on the server, named after the run id. The run that writes the first row of
  this table owns the name. As long as the marker exists, the server has not restarted.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Random } from '../../platform/platform.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import { remedies } from '../remedies.js'
import {
  dropTableScript,
  isFirstLedger,
  isLedgerOf,
  ledgerName,
  markerName,
  sentName,
  type RunPlace,
} from './run-tables.js'

/** 62 random bits and a last bit of 1, so that the token is never 0. */
export function newToken(random: Random): bigint {
  const bits = new DataView(random.bytes(8).slice().buffer).getBigUint64(0)
  return (bits & 0x7fff_ffff_ffff_ffffn) | 1n
}

/** A run as its marker identifies it. */
export interface RunName {
  readonly runId: string
  /** Cannot be guessed: only this run writes rows with this token. */
  readonly token: bigint
  /** Where the run's journal is; left out if there is none. */
  readonly place?: RunPlace
  /**
   * Only for a unit of a plan: its ledger, which replaces the marker. The plan, not this run, creates and removes the
   * ledger.
   */
  readonly ledger?: string
}

/**
 * Writes the first row of the marker unless there is one; `ddbIngestOwner` gets the token in that row. The key decides between two
 * runs: the server does not insert an existing key again (DolphinDB manual, keyedStreamTable).
 */
export function markScript(session: Session, run: RunName): string {
  const { runId, token, ledger } = run
  if (ledger !== undefined) return ownerScript(run)
  const name = markerName(runId)
  return `if(!defined("${name}", SHARED)) {
    share(keyedStreamTable(\`entry, 16:0, \`entry\`token\`runId\`sessionId\`markedAt, [INT, LONG, STRING, LONG, TIMESTAMP]), "${name}")
}
ddbIngestMarker = objByName("${name}", true)
tableInsert(ddbIngestMarker, 1, ${token}l, "${placedName(run)}", ${sessionId(session)}, now())
ddbIngestOwner = exec first(token) from ddbIngestMarker where entry = 1
`
}

/** `nightly on host-a: /var/lib/ddb-ingest`, without characters that would end a string in a script. */
function placedName({ runId, place }: RunName): string {
  if (place === undefined) return runId
  const plain = (text: string): string => text.replace(/[^\p{L}\p{N} ._:/@+=,~-]/gu, '?')
  return `${runId} on ${plain(place.hostName)}: ${plain(place.folder)}`
}

function sessionId({ id }: Session): string {
  return `${BigInt(id)}l`
}

/** Records the session with which the run continues; `ddbIngestOwner` gets the token of the latest row, 0 if the marker is gone. */
function remarkScript(session: Session, run: RunName): string {
  const { token, ledger } = run
  if (ledger !== undefined) return ownerScript(run)
  return `${ownerScript(run)}if(ddbIngestOwner == ${token}l) {
    tableInsert(ddbIngestMarker, int(1 + (exec count(*) from ddbIngestMarker)), ${token}l, "${placedName(run)}", ${sessionId(session)}, now())
}
`
}

/** `ddbIngestOwner` gets the token of the latest row, 0 without a marker. */
function ownerScript({ runId, token, ledger }: RunName): string {
  if (ledger !== undefined) {
    return `ddbIngestOwner = 0l
if(defined("${ledger}", SHARED)) { ddbIngestOwner = ${token}l }
`
  }
  const name = markerName(runId)
  return `ddbIngestOwner = 0l
if(defined("${name}", SHARED)) {
    ddbIngestMarker = objByName("${name}", true)
    ddbIngestOwner = exec last(token) from ddbIngestMarker
}
`
}

/**
 * Claims the run's name.
 * @throws {DdbError} DDB_LOCKED if another run has the name
 * @throws {ServerError} if the server refuses shared tables
 * @throws {TimeoutError}
 */
export async function markRun(session: Session, run: RunName, timeoutMs: number): Promise<void> {
  const script = `${markScript(session, run)}ddbIngestOwner`
  await checkOwner(session, tokenOf(await session.run(script, { timeoutMs })), run, timeoutMs)
}

/** Objects that an earlier process of a run has left on a server. */
export interface LeftOnServer {
  /** Whether the run's marker exists: a server that restarts loses it. */
  readonly marker: boolean
  readonly ledger: boolean
  readonly ledgerVersion: 1 | 2
}

/**
 * Must be called before the run creates anything: otherwise the run would find its own marker and take it for one of an
 * earlier process.
 * @throws {ServerError} @throws {TimeoutError}
 */
export async function askLeftOnServer(
  session: Session,
  { runId, token }: RunName,
  ledgerNumber: number,
  timeoutMs: number,
): Promise<LeftOnServer> {
  const names = [
    markerName(runId),
    ledgerName(token, ledgerNumber, 2),
    ledgerName(token, ledgerNumber, 1),
  ]
  const script = `[${names.map(name => `long(defined("${name}", SHARED))`).join(', ')}]`
  const [marker, ledger, first] = longsOf(await session.run(script, { timeoutMs }))
  return {
    marker: marker === 1n,
    ledger: ledger === 1n || first === 1n,
    ledgerVersion: ledger === 1n || first !== 1n ? 2 : 1,
  }
}

/** The elements of a vector of LONG, the form of an answer with several numbers. */
export function longsOf(answer: Value | undefined): readonly (bigint | undefined)[] {
  if (answer?.form !== 'vector' || answer.type !== 'LONG' || !('data' in answer)) return []
  return [...answer.data.subarray(0, answer.length)]
}

/**
 * Looks at the marker again, a round trip after it was written. Two runs that both saw no marker may each have made
 * one: the later marker has then replaced the earlier. Must be called before the first row is sent.
 * @throws {DdbError} DDB_LOCKED if another run has the name
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkMarker(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<void> {
  const script = `${ownerScript(run)}ddbIngestOwner`
  await checkOwner(session, tokenOf(await session.run(script, { timeoutMs })), run, timeoutMs)
}

/**
 * @param found  the token in the marker
 * @throws {DdbError} DDB_LOCKED if the token is another run's
 * @throws {ServerError} if the server's answer contains no token
 */
export async function checkOwner(
  session: Session,
  found: bigint | undefined,
  run: RunName,
  timeoutMs: number,
): Promise<void> {
  if (found === run.token) return
  if (found === undefined) {
    throw new ServerError(
      '',
      'DDB_SERVER',
      'the server does not say which process holds the name of this run',
    )
  }
  if (run.ledger !== undefined) throw ledgerIsGone(run)
  throw await nameTakenError(session, run, timeoutMs)
}

/**
 * The error for a lost ledger of a unit. The ledger is created only once, so another process has finished the unit, or the server
 * has restarted.
 */
export function ledgerIsGone({ runId }: RunName): DdbError {
  return new DdbError(
    'DDB_UNAVAILABLE',
    `the server no longer has receipts of this unit of run "${runId}": nothing more of it is sent`,
  )
}

/** Entries with this number or a higher one stand for processes of the run, lower ones for sessions. */
export const firstOwner = 1_000_000

/** What the server knows of the run that holds this run id. */
interface Holder {
  readonly token: bigint
  readonly place: RunPlace | undefined
  /** How many rows of the run have receipts. */
  readonly rows: number
}

/** The error if another run has the name: each run would take the other's rows for its own. */
export async function nameTakenError(
  session: Session,
  { runId }: RunName,
  timeoutMs: number,
): Promise<DdbError> {
  const holder = await askHolder(session, runId, timeoutMs).catch((error: unknown) => {
    if (error instanceof DdbError) return undefined
    throw error
  })
  const { place, rows = 0 } = holder ?? {}
  const where = place === undefined ? '' : ` on host "${place.hostName}"`
  const loaded = rows === 0 ? 'some of its rows may be there' : `${rows} of its rows are there`
  return new DdbError(
    'DDB_LOCKED',
    `the server already knows run "${runId}": it began${where}, is in progress or was killed, and ${loaded}. ` +
      remedies.goOnThere(runId, place, session),
  )
}

async function askHolder(
  session: Session,
  runId: string,
  timeoutMs: number,
): Promise<Holder | undefined> {
  const marker = `objByName("${markerName(runId)}")`
  const script = `ddbIngestOwner = exec last(token) from ${marker}
ddbIngestPlace = exec last(runId) from ${marker} where entry < ${firstOwner}, runId like "% on %"
(ddbIngestOwner, ddbIngestPlace)`
  const answer = await session.run(script, { timeoutMs })
  const [token, name] = answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
  const owner = tokenOf(token)
  if (owner === undefined) return undefined
  const text = name?.form === 'scalar' && typeof name.value === 'string' ? name.value : ''
  const [, hostName, folder] = /^\S+ on (.+?): (.+)$/.exec(text) ?? []
  const place = hostName === undefined || folder === undefined ? undefined : { hostName, folder }
  return { token: owner, place, rows: await askTakenRows(session, owner, timeoutMs) }
}

/** Rows in all ledgers of a run, including ledgers that an earlier version of the program made. */
async function askTakenRows(session: Session, token: bigint, timeoutMs: number): Promise<number> {
  const names = await ledgersOf(session, token, timeoutMs)
  let rows = 0
  for (const name of names) {
    if (name === sentName(token)) continue
    const column = isFirstLedger(name) ? 'rowCount' : 'rowsTaken'
    const script = `[long(exec sum(${column}) from objByName("${name}") where phase = 1 and ${column} > 0)]`
    const [sum] = longsOf(await session.run(script, { timeoutMs }))
    rows += Number(sum ?? 0n)
  }
  return Math.max(0, rows)
}

/** Names of the existing ledgers of a run. @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError} */
export async function ledgersOf(
  session: Session,
  token: bigint,
  timeoutMs: number,
): Promise<string[]> {
  const answer = await session.run(
    'exec name from objs(true) where shared=true, name like "ddbIngestLedger%"',
    { timeoutMs },
  )
  const names = answer?.form === 'vector' && answer.type === 'STRING' ? stringsOf(answer) : []
  return names.filter(name => isLedgerOf(token, name))
}

function silent(cause: TimeoutError): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', cause.message, { cause })
}

/** State of the marker after the connection was lost. */
export type MarkerState = 'ours' | 'gone' | 'taken'

/**
 * Asks over a new connection whether the marker still exists. If it is ours, also records the session in it.
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askMarker(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<MarkerState> {
  const owner = tokenOf(
    await session.run(`${remarkScript(session, run)}ddbIngestOwner`, { timeoutMs }),
  )
  if (owner === run.token) return 'ours'
  return owner === 0n || owner === undefined ? 'gone' : 'taken'
}

/**
 * Removes this run's marker, but not one of another run. If this run has a journal, also removes the number of its last
 * batch. Ignores failures, because no row depends on the marker or the number.
 * @param ledger  a ledger to remove first, in the same round trip
 */
export async function dropMarker(
  session: Session,
  run: RunName,
  timeoutMs: number,
  ledger?: string,
): Promise<void> {
  if (run.ledger !== undefined) return
  const [name, sent] = [markerName(run.runId), sentName(run.token)]
  const dropSent = run.place === undefined ? '' : dropTableScript(sent)
  const first = ledger === undefined ? '' : dropTableScript(ledger)
  const script = `${first}${ownerScript(run)}if(ddbIngestOwner == ${run.token}l) { undef("${name}", SHARED) }
${dropSent}`
  try {
    await session.run(script, { timeoutMs })
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // A server that ignores a query would ignore the closing of the session, too.
    if (error instanceof TimeoutError) session.abandon(silent(error))
  }
}

function tokenOf(value: Value | undefined): bigint | undefined {
  return value?.form === 'scalar' && typeof value.value === 'bigint' ? value.value : undefined
}
