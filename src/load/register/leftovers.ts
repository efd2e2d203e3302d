/*
  Finds tables that other runs have left on the server. Only the user can remove these tables.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import type { Value } from '../../protocol/value.js'
import type { LoadOptions } from '../options.js'
import { remedies } from '../remedies.js'
import type { Run } from '../run.js'
import { headPhase } from '../transport/receipts/script.js'
import { longOf, textsOf } from '../connection/server-queries.js'
import { isLedgerName, isLedgerOf } from './table-names.js'

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
ddbIngestNames = exec name from objs(true) where shared=true, name like "ddbIngestLedger%"
`

/** Names of tables, ids of sessions, users of the sessions, this user. All but the first are VOID if the server does not tell. */
export const listAnswers = 'ddbIngestNames, ddbIngestSessions, ddbIngestUsers, ddbIngestUser'

/** Limit of ledgers to check. A server with more leftover ledgers has worse problems. */
const maxLedgers = 50

/**
 * Reports tables that other runs have left on the server. Does not delay the run, because nothing waits for the answer.
 * @param listed  `listAnswers`
 */
export function reportLeftovers(run: Run, control: Session, listed: readonly Value[]): void {
  const { options, checked, history, reporter } = run
  const { token } = history.name
  const asked = leftoversNotice(control, token, listed, checked.confirmTimeoutMs, options.leftovers)
  void asked.then(notice => {
    if (notice !== undefined) reporter.notice(notice)
  })
}

/**
 * @param worth  selects the tables to report
 * @returns a sentence that names leftover tables; undefined if there are none, or if the server cannot be asked
 */
export async function leftoversNotice(
  session: Session,
  ownToken: bigint,
  [names, sessions, users, user]: readonly Value[],
  timeoutMs: number,
  worth: LoadOptions['leftovers'],
): Promise<string | undefined> {
  const connected = sessionsOf(sessions)
  if (connected === undefined) return undefined
  const others = textsOf(names).filter(name => isLedgerName(name) && !isLedgerOf(ownToken, name))
  const found: string[] = []
  try {
    for (const name of others.slice(0, maxLedgers)) {
      const sessionId = await lastSession(session, name, timeoutMs)
      if (sessionId !== 0n && !connected.has(sessionId)) found.push(name)
    }
    const left = found.length === 0 || worth === undefined ? found : await worth(found)
    if (left.length === 0) return undefined
    const whose = showsOthers(textsOf(users), user)
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

/** The session of the process that works on a run, as the head of the ledger names it; 0 if the last process has ended cleanly. */
export async function lastSession(
  session: Session,
  ledger: string,
  timeoutMs: number,
): Promise<bigint> {
  const script = `exec last(sendNo) from objByName("${ledger}", true) where phase = ${headPhase}`
  return longOf(await session.run(script, { timeoutMs })) ?? -1n
}

/** The open sessions that this user may see: without special rights, only the user's own. Undefined if the server does not tell. */
export function sessionsOf(value: Value | undefined): ReadonlySet<bigint> | undefined {
  const isLongs = value?.form === 'vector' && value.type === 'LONG' && 'data' in value
  return isLongs ? new Set(value.data.subarray(0, value.length)) : undefined
}

/** Whether other users are among `users`. A name that begins with two underscores is the server itself. */
function showsOthers(users: readonly string[], user: Value | undefined): boolean {
  const own = user?.form === 'scalar' ? user.value : undefined
  return users.some(name => name !== own && !name.startsWith('__'))
}
