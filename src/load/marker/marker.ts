/*
  The marker of a run: a small shared table on the server, named after the run id. The run that writes the first row of the table
  owns the name. While the marker exists, the server has not restarted.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Random } from '../../platform/platform.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import { remedies } from '../remedies.js'
import { dropTableScript, isLedgerOf, ledgerName, markerName, type RunPlace } from './run-tables.js'

/** 62 random bits, followed by a 1 so that the token is never 0. */
export function newToken(random: Random): bigint {
  const bits = new DataView(random.bytes(8).slice().buffer).getBigUint64(0)
  return (bits & 0x7fff_ffff_ffff_ffffn) | 1n
}

export interface RunName {
  readonly runId: string
  /** A random number that others cannot guess, so only this run writes rows with it. */
  readonly token: bigint
  /** The place of the run's journal; left out without a journal. */
  readonly place?: RunPlace
}

/**
 * Writes the first row of the marker unless there is one, and sets the variable `ddbIngestOwner` to the token in the
 * first row. If two runs write the first row at the same time, the server keeps only one of the two rows, because it
 * does not insert a key again (DolphinDB manual, keyedStreamTable).
 */
export function markScript(session: Session, run: RunName): string {
  const { runId, token } = run
  const name = markerName(runId)
  return `if(!defined("${name}", SHARED)) {
    share(keyedStreamTable(\`entry, 16:0, \`entry\`token\`runId\`sessionId\`markedAt, [INT, LONG, STRING, LONG, TIMESTAMP]), "${name}")
}
ddbIngestMarker = objByName("${name}", true)
tableInsert(ddbIngestMarker, 1, ${token}l, "${placedName(run)}", ${sessionId(session)}, now())
ddbIngestOwner = exec first(token) from ddbIngestMarker where entry = 1
`
}

/** For example `nightly on host-a: /var/lib/ddb-ingest`. Replaces characters that could end a string in a script. */
function placedName({ runId, place }: RunName): string {
  if (place === undefined) return runId
  const plain = (text: string): string => text.replace(/[^\p{L}\p{N} ._:/@+=,~-]/gu, '?')
  return `${runId} on ${plain(place.hostName)}: ${plain(place.folder)}`
}

function sessionId({ id }: Session): string {
  return `${BigInt(id)}l`
}

/** Sets `ddbIngestOwner` like `ownerScript`. If the run owns the marker, also adds the session to the marker. */
function remarkScript(session: Session, run: RunName): string {
  const { token } = run
  return `${ownerScript(run)}if(ddbIngestOwner == ${token}l) {
    tableInsert(ddbIngestMarker, int(1 + (exec count(*) from ddbIngestMarker)), ${token}l, "${placedName(run)}", ${sessionId(session)}, now())
}
`
}

/** A script that sets `ddbIngestOwner` to the token in the marker's last row; to 0 without a marker. */
function ownerScript({ runId }: RunName): string {
  const name = markerName(runId)
  return `ddbIngestOwner = 0l
if(defined("${name}", SHARED)) {
    ddbIngestMarker = objByName("${name}", true)
    ddbIngestOwner = exec last(token) from ddbIngestMarker
}
`
}

/** Objects of a run that an earlier process has left on the server. */
export interface LeftOnServer {
  /** Whether the run's marker exists. A restart of the server removes it. */
  readonly marker: boolean
  readonly ledger: boolean
}

/**
 * Asks which objects of the run earlier processes have left on the server. Call this before the run creates anything;
 * otherwise, it would take its own marker for that of an earlier process.
 * @throws {ServerError} @throws {TimeoutError}
 */
export async function askLeftOnServer(
  session: Session,
  { runId, token }: RunName,
  ledgerNumber: number,
  timeoutMs: number,
): Promise<LeftOnServer> {
  const names = [markerName(runId), ledgerName(token, ledgerNumber)]
  const script = `[${names.map(name => `long(defined("${name}", SHARED))`).join(', ')}]`
  const [marker, ledger] = longsOf(await session.run(script, { timeoutMs }))
  return { marker: marker === 1n, ledger: ledger === 1n }
}

/** Several numbers that a script returned as one vector of LONG; empty if the answer has a different form. */
export function longsOf(answer: Value | undefined): readonly (bigint | undefined)[] {
  if (answer?.form !== 'vector' || answer.type !== 'LONG' || !('data' in answer)) return []
  return [...answer.data.subarray(0, answer.length)]
}

/**
 * A script that answers with the token in the marker. To be asked a round trip after the marker was written, before the first row
 * is sent. If two runs saw no marker, both may have made one, and the later marker has replaced the earlier.
 */
export function checkScript(run: RunName): string {
  return `${ownerScript(run)}ddbIngestOwner`
}

/**
 * @param found  the token in the marker
 * @throws {DdbError} DDB_LOCKED if the token belongs to a different run
 * @throws {ServerError} if the server's answer contained no token
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
  throw await nameTakenError(session, run, timeoutMs)
}

/** In the marker's column `entry`, numbers from this one on identify processes of the run, lower numbers sessions. */
export const firstOwner = 1_000_000

interface Holder {
  readonly token: bigint
  readonly place: RunPlace | undefined
  /** Number of rows that receipts confirm. */
  readonly rows: number
}

/** The error if a different run has the name. Two runs with one name would regard each other's rows as their own. */
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

/** Number of rows that the target has taken, according to all ledgers of a run. */
async function askTakenRows(session: Session, token: bigint, timeoutMs: number): Promise<number> {
  const names = await ledgersOf(session, token, timeoutMs)
  let rows = 0
  for (const name of names) {
    const script = `[long(exec sum(rowsTaken) from objByName("${name}") where phase = 1 and rowsTaken > 0)]`
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

/** Who owns the marker after the connection was lost. */
export type MarkerState = 'ours' | 'gone' | 'taken'

/**
 * Asks on a new connection who owns the marker. If this run does, also adds the session to the marker.
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
 * Removes this run's marker, but not the marker of a different run. Ignores errors, because no row depends on it.
 * @param ledger  a ledger to remove first, in the same round trip
 */
export async function dropMarker(
  session: Session,
  run: RunName,
  timeoutMs: number,
  ledger?: string,
): Promise<void> {
  const name = markerName(run.runId)
  const first = ledger === undefined ? '' : dropTableScript(ledger)
  const script = `${first}${ownerScript(run)}if(ddbIngestOwner == ${run.token}l) { undef("${name}", SHARED) }`
  try {
    await session.run(script, { timeoutMs })
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // A server that ignores a query would also ignore the closing of the session.
    if (error instanceof TimeoutError) session.abandon(silent(error))
  }
}

export function tokenOf(value: Value | undefined): bigint | undefined {
  return value?.form === 'scalar' && typeof value.value === 'bigint' ? value.value : undefined
}
