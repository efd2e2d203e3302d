/*
  Records on the server which process works on a run, and how far the run has come. The run's marker (its table on the
  server) gets one entry per process. A journal that was restored from an earlier copy does not have the latest numbers,
  which reveals it.
*/
import type { Session } from '../../client/open-session.js'
import { elementAt } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import { firstOwner, type RunName } from './marker.js'
import { ledgerNumberOf, markerName } from './run-tables.js'

/** The entry of a process in the marker is its `owner` number plus this constant. Lower entries record sessions. */
const beforeFirst = firstOwner

export interface KnownOnServer {
  /** The highest number that `takeOwnership` has written; 0 if there is none. */
  readonly owner: number
  /** The highest number of the run's ledgers (tables of receipts); 0 if there is none. */
  readonly ledgerNumber: number
  /** Whether the last recorded session is still connected; undefined if the user may not see sessions. */
  readonly isConnected: boolean | undefined
}

/** @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError} */
export async function askKnown(
  session: Session,
  { runId, token }: RunName,
  timeoutMs: number,
): Promise<KnownOnServer> {
  const marker = markerName(runId)
  const script = `ddbIngestSessions = NULL
try { ddbIngestSessions = exec sessionId from getSessionMemoryStat() } catch(ex) { ddbIngestSessions = NULL }
ddbIngestEntries = NULL
if(defined("${marker}", SHARED)) { ddbIngestEntries = select entry, sessionId from objByName("${marker}", true) where token = ${token}l }
ddbIngestNames = exec name from objs(true) where shared=true, name like "ddbIngestLedger%"
(ddbIngestNames, ddbIngestSessions, ddbIngestEntries)`
  const answer = await session.run(script, { timeoutMs })
  if (answer?.form !== 'vector' || answer.type !== 'ANY') {
    return { owner: 0, ledgerNumber: 0, isConnected: undefined }
  }
  const [names, sessions, entries] = answer.data
  const connected = sessionIds(sessions)
  const rows = entriesOf(entries)
  const last = rows.at(-1)
  return {
    owner: rows.reduce((most, { entry }) => Math.max(most, entry - beforeFirst), 0),
    ledgerNumber: namesOf(names).reduce(
      (most, name) => Math.max(most, ledgerNumberOf(token, name) ?? 0),
      0,
    ),
    isConnected:
      connected === undefined
        ? undefined
        : last !== undefined &&
          last.sessionId !== BigInt(session.id) &&
          connected.has(last.sessionId),
  }
}

/**
 * Records that this process works on the run.
 * @returns false if a different process has already recorded the same `number`
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function takeOwnership(
  session: Session,
  { runId, token }: RunName,
  number: number,
  timeoutMs: number,
): Promise<boolean> {
  const [name, entry] = [markerName(runId), beforeFirst + number]
  const own = `${BigInt(session.id)}l`
  // If the marker already has the key, the server keeps the old row. Without a marker, the script records nothing.
  const script = `ddbIngestOwner = ${own}
if(defined("${name}", SHARED)) {
    ddbIngestMarker = objByName("${name}", true)
    tableInsert(ddbIngestMarker, ${entry}, ${token}l, "${runId}", ${own}, now())
    ddbIngestOwner = exec first(sessionId) from ddbIngestMarker where entry = ${entry}
}
ddbIngestOwner`
  const owner = await session.run(script, { timeoutMs })
  return owner?.form === 'scalar' && owner.value === BigInt(session.id)
}

/**
 * The highest number that `takeOwnership` has written; 0 if there is none.
 * @throws {ServerError} @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askOwner(
  session: Session,
  name: RunName,
  timeoutMs: number,
): Promise<number> {
  const entry = await session.run(ownerScript(name), { timeoutMs })
  const number = entry?.form === 'scalar' && typeof entry.value === 'number' ? entry.value : 0
  return Math.max(0, number - beforeFirst)
}

/** Returns the highest entry of the run in its marker; 0 without a marker. */
export function ownerScript({ runId, token }: RunName): string {
  const name = markerName(runId)
  return `ddbIngestEntries = 0
if(defined("${name}", SHARED)) { ddbIngestEntries = exec max(entry) from objByName("${name}", true) where token = ${token}l }
ddbIngestEntries`
}

function namesOf(value: Value | undefined): readonly string[] {
  return value?.form === 'vector' && value.type === 'STRING' ? stringsOf(value) : []
}

function sessionIds(value: Value | undefined): Set<bigint> | undefined {
  const isLongs = value?.form === 'vector' && value.type === 'LONG' && 'data' in value
  return isLongs ? new Set(value.data.subarray(0, value.length)) : undefined
}

function entriesOf(value: Value | undefined): { entry: number; sessionId: bigint }[] {
  if (value?.form !== 'table') return []
  const [entries, sessions] = value.columns
  if (entries?.form !== 'vector' || sessions?.form !== 'vector') return []
  return Array.from({ length: value.rows }, (_, row) => {
    const [entry, sessionId] = [elementAt(entries, row), elementAt(sessions, row)]
    return {
      entry: entry?.form === 'scalar' ? Number(entry.value) : 0,
      sessionId: sessionId?.form === 'scalar' ? BigInt(sessionId.value as bigint) : 0n,
    }
  })
}
