/*
  Finds tables that other runs have left on the server. Only the user can remove these tables.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import { elementAt } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import type { LoadOptions } from '../options.js'
import { remedies } from '../remedies.js'
import type { Run } from '../run.js'
import { isLedgerName, isLedgerOf, markerName } from './run-tables.js'
import type { RunName } from './marker.js'

/** Sets the variables of `listAnswers`. */
export const listScript = `ddbIngestSessions = NULL
ddbIngestUsers = NULL
ddbIngestUser = NULL
try {
    ddbIngestStat = getSessionMemoryStat()
    ddbIngestUser = getCurrentSessionAndUser()[1]
    ddbIngestUsers = exec userId from ddbIngestStat
    ddbIngestSessions = exec sessionId from ddbIngestStat
} catch(ex) { ddbIngestSessions = NULL }
ddbIngestNames = exec name from objs(true) where shared=true, name like "ddbIngest%"
`

/** Names of tables, ids of sessions, users of the sessions, this user. All but the first are VOID if the server does not tell. */
export const listAnswers = 'ddbIngestNames, ddbIngestSessions, ddbIngestUsers, ddbIngestUser'

const marker = /^ddbIngest_[a-z0-9_]+$/

/** Limit of markers to check. A server with more leftover markers has worse problems. */
const maxMarkers = 50

interface MarkedRun {
  readonly token: bigint
  /** Session of the run's last process. `leftInOrder` if that process ended cleanly and the run will be resumed. */
  readonly sessionId: bigint
}

/** Stored in place of a session id if the process ended cleanly and the run will be resumed. */
const leftInOrder = 0n

/** The open sessions that this user may see. */
interface Connected {
  readonly sessions: ReadonlySet<bigint>
  /** Whether `sessions` includes sessions of other users. Without special rights, users see only their own sessions. */
  readonly showsOthers: boolean
}

/**
 * Records in the marker (the run's table on the server) that the process ended cleanly and the run will be resumed. The
 * run's objects on the server are then not leftovers. Errors are ignored, because no row depends on the marker.
 */
export async function leaveMarked(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<void> {
  const { runId, token } = run
  const name = markerName(runId)
  const script = `if(defined("${name}", SHARED)) {
    ddbIngestMarker = objByName("${name}", true)
    if((exec last(token) from ddbIngestMarker) == ${token}l) {
        tableInsert(ddbIngestMarker, int(1 + (exec count(*) from ddbIngestMarker)), ${token}l, "${runId}", ${leftInOrder}l, now())
    }
}
`
  try {
    await session.run(script, { timeoutMs })
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
  }
}

/**
 * Reports tables that other runs have left on the server. Does not delay the run, because nothing waits for the answer.
 * @param listed  `listAnswers`
 */
export function reportLeftovers(run: Run, control: Session, listed: readonly Value[]): void {
  const { leftovers } = run.options
  const asking = { timeoutMs: run.checked.confirmTimeoutMs, worth: leftovers }
  void leftoversNotice(control, run.history.name, listed, asking).then(notice => {
    if (notice !== undefined) run.reporter.notice(notice)
  })
}

interface Asking {
  readonly timeoutMs: number
  /** Selects the tables to report. */
  readonly worth?: LoadOptions['leftovers']
}

const all = (tables: readonly string[]): Promise<readonly string[]> => Promise.resolve(tables)

/** @returns a sentence that names leftover tables; undefined if there are none, or if the server cannot be asked */
export async function leftoversNotice(
  session: Session,
  own: RunName,
  listed: readonly Value[],
  { timeoutMs, worth = all }: Asking,
): Promise<string | undefined> {
  try {
    const { left: found, isCertain } = await leftTables(session, own, listed, timeoutMs)
    const left = found.length === 0 ? found : await worth(found)
    if (left.length === 0) return undefined
    const whose = isCertain
      ? 'of runs that were killed, or that could not confirm all they sent'
      : 'that may be left over from runs that were killed; they may also be in use, because this user may not see the sessions of other users'
    return (
      `the server has tables ${whose}: ${left.join(', ')}. ` +
      remedies.leftTables(left[0]!, session)
    )
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    return undefined
  }
}

async function leftTables(
  session: Session,
  own: RunName,
  listed: readonly Value[],
  timeoutMs: number,
): Promise<{ left: readonly string[]; isCertain: boolean }> {
  const [names, connected] = listOf(listed)
  if (connected === undefined) return { left: [], isCertain: false }
  const others = names.filter(
    name => name !== markerName(own.runId) && !isLedgerOf(own.token, name),
  )
  const left: string[] = []
  const tokensInUse: bigint[] = []
  for (const name of others.filter(name => marker.test(name)).slice(0, maxMarkers)) {
    const run = await markedRun(session, name, timeoutMs)
    // The run has just ended and removed its marker.
    if (run === undefined) continue
    const isInUse = run.sessionId === leftInOrder || connected.sessions.has(run.sessionId)
    if (isInUse) tokensInUse.push(run.token)
    else left.push(name)
  }
  for (const name of others.filter(isLedgerName)) {
    if (!tokensInUse.some(token => isLedgerOf(token, name))) left.push(name)
  }
  return { left, isCertain: connected.showsOthers }
}

async function markedRun(
  session: Session,
  name: string,
  timeoutMs: number,
): Promise<MarkedRun | undefined> {
  const answer = await session.run(
    `select last(token) as token, last(sessionId) as sessionId from objByName("${name}", true)`,
    { timeoutMs },
  )
  if (answer?.form !== 'table' || answer.rows !== 1) return undefined
  const [token, sessionId] = answer.columns.map(column =>
    column.form === 'vector' ? longOf(elementAt(column, 0)) : undefined,
  )
  return token === undefined || sessionId === undefined ? undefined : { token, sessionId }
}

function listOf(listed: readonly Value[]): [readonly string[], Connected | undefined] {
  const [names, sessions, users, user] = listed
  const connected =
    sessions?.form === 'vector' && sessions.type === 'LONG' && 'data' in sessions
      ? { sessions: new Set(sessions.data), showsOthers: showsOthers(textsOf(users), user) }
      : undefined
  return [textsOf(names), connected]
}

/** Whether other users are among `users`. A name that begins with two underscores is the server itself. */
function showsOthers(users: readonly string[], user: Value | undefined): boolean {
  const own = user?.form === 'scalar' ? user.value : undefined
  return users.some(name => name !== own && !name.startsWith('__'))
}

function textsOf(value: Value | undefined): readonly string[] {
  return value?.form === 'vector' && value.type === 'STRING' ? stringsOf(value) : []
}

function longOf(value: Value | undefined): bigint | undefined {
  return value?.form === 'scalar' && typeof value.value === 'bigint' ? value.value : undefined
}
