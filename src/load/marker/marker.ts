/*
  The marker of a run: a small shared table on the server, named after the run id. Whoever writes its first row owns
  the name, and as long as it is there the server has not restarted.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Random } from '../../platform/platform.js'
import type { Value } from '../../protocol/value.js'
import { ledgerName, markerName } from './run-tables.js'

/** 63 random bits, never 0. */
export function newToken(random: Random): bigint {
  const bits = new DataView(random.bytes(8).slice().buffer).getBigUint64(0)
  return (bits & 0x7fff_ffff_ffff_ffffn) | 1n
}

/** The run that a marker stands for. */
export interface RunName {
  readonly runId: string
  /** Cannot be guessed: what carries it was written by this run. */
  readonly token: bigint
}

/**
 * Writes the first row of the marker unless somebody else has; `ddbIngestOwner` is the token of the row that stands
 * there. The key decides between two runs: an existing key is not inserted again (DolphinDB manual, keyedStreamTable).
 */
export function markScript(session: Session, { runId, token }: RunName): string {
  const name = markerName(runId)
  return `if(!defined("${name}", SHARED)) {
    share(keyedStreamTable(\`entry, 16:0, \`entry\`token\`runId\`sessionId\`markedAt, [INT, LONG, STRING, LONG, TIMESTAMP]), "${name}")
}
ddbIngestMarker = objByName("${name}", true)
tableInsert(ddbIngestMarker, 1, ${token}l, "${runId}", ${sessionId(session)}, now())
ddbIngestOwner = exec first(token) from ddbIngestMarker where entry = 1
`
}

function sessionId({ id }: Session): string {
  return `${BigInt(id)}l`
}

/**
 * Says under which session the run goes on; `ddbIngestOwner` is the token of the latest row, 0 when the marker is
 * gone.
 */
function remarkScript(session: Session, { runId, token }: RunName): string {
  const name = markerName(runId)
  return `${ownerScript(name)}if(ddbIngestOwner == ${token}l) {
    tableInsert(ddbIngestMarker, int(1 + (exec count(*) from ddbIngestMarker)), ${token}l, "${runId}", ${sessionId(session)}, now())
}
`
}

/** `ddbIngestOwner` is the token of the latest row, 0 without a marker. */
function ownerScript(name: string): string {
  return `ddbIngestOwner = 0l
if(defined("${name}", SHARED)) {
    ddbIngestMarker = objByName("${name}", true)
    ddbIngestOwner = exec last(token) from ddbIngestMarker
}
`
}

/**
 * Marks the run's name as taken.
 *
 * @throws {DdbError} DDB_LOCKED when another run has the name
 * @throws {ServerError} when the server refuses shared tables
 * @throws {TimeoutError}
 */
export async function markRun(session: Session, run: RunName, timeoutMs: number): Promise<void> {
  const script = `${markScript(session, run)}ddbIngestOwner`
  checkOwner(tokenOf(await session.run(script, { timeoutMs })), run)
}

/** What an earlier process of a run has left on a server. */
export interface LeftOnServer {
  /** The server has not restarted since. */
  readonly marker: boolean
  readonly ledger: boolean
}

/**
 * To be asked before anything is made: a process that is killed in between must not leave a marker that says otherwise.
 * @throws {ServerError} @throws {TimeoutError}
 */
export async function askLeft(
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

/** The elements of a vector of LONG, as an answer of several numbers is. */
export function longsOf(answer: Value | undefined): readonly (bigint | undefined)[] {
  if (answer?.form !== 'vector' || answer.type !== 'LONG' || !('data' in answer)) return []
  return [...answer.data.subarray(0, answer.length)]
}

/**
 * Looks at the marker again, a round trip after it was written: two runs that both saw no marker may both have shared
 * one, and the later one replaced the other's. To be asked before the first row goes out.
 *
 * @throws {DdbError} DDB_LOCKED when another run has the name
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function checkMarker(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<void> {
  const script = `${ownerScript(markerName(run.runId))}ddbIngestOwner`
  checkOwner(tokenOf(await session.run(script, { timeoutMs })), run)
}

/** @throws {DdbError} DDB_LOCKED unless the answer is the run's own token */
export function checkOwner(found: bigint | undefined, { runId, token }: RunName): void {
  if (found === token) return
  if (found === undefined) {
    throw new ServerError('', 'DDB_SERVER', 'the server does not tell who has the name of this run')
  }
  throw nameIsTaken({ runId, token })
}

/** Two runs under one name would take each other's rows for their own. */
export function nameIsTaken({ runId }: RunName): DdbError {
  return new DdbError(
    'DDB_LOCKED',
    `the server knows run "${runId}" already (table ${markerName(runId)}): it is under way, or was killed. ` +
      'Wait for it, or use another `runId`. After a killed run remove the table: ' +
      `ddb-ingest exec -e 'undef("${markerName(runId)}", SHARED)'`,
  )
}

function silent(cause: TimeoutError): ConnectionError {
  return new ConnectionError('DDB_CONNECTION_LOST', cause.message, { cause })
}

/** What became of a marker while the connection was lost. */
export type MarkerState = 'ours' | 'gone' | 'taken'

/**
 * Asks over a new connection whether the marker is still there.
 * @throws {ServerError}
 * @throws {ConnectionError}
 * @throws {TimeoutError}
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

/** Removes the marker if it is ours; whether that can be done changes nothing for the rows. */
export async function dropMarker(session: Session, run: RunName, timeoutMs: number): Promise<void> {
  const name = markerName(run.runId)
  const script = `${ownerScript(name)}if(ddbIngestOwner == ${run.token}l) { undef("${name}", SHARED) }`
  try {
    await session.run(script, { timeoutMs })
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    // Nor does such a server say goodbye.
    if (error instanceof TimeoutError) session.abandon(silent(error))
  }
}

function tokenOf(value: Value | undefined): bigint | undefined {
  return value?.form === 'scalar' && typeof value.value === 'bigint' ? value.value : undefined
}
