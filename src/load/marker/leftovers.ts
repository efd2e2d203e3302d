/*
  Tables that other runs have left on the server: nobody removes them but the user.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError } from '../../errors.js'
import { elementAt } from '../../protocol/element.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import type { Run } from '../run.js'
import { isLedgerOf, markerName } from './run-tables.js'
import type { RunName } from './marker.js'

/** `(names, session ids)`; the second is VOID where the server does not tell who is connected. */
const listScript = `ddbIngestSessions = NULL
try { ddbIngestSessions = exec sessionId from getSessionMemoryStat() } catch(ex) { ddbIngestSessions = NULL }
ddbIngestNames = exec name from objs(true) where shared=true, name like "ddbIngest%"
(ddbIngestNames, ddbIngestSessions)`

const marker = /^ddbIngest_[a-z0-9_]+$/
const ledger = /^ddbIngestLedger_[0-9a-f_]+$/

/** Markers looked at; a server with more has other troubles. */
const maxMarkers = 50

/** What a marker tells of its run. */
interface MarkedRun {
  readonly token: bigint
  readonly sessionId: bigint
}

/** Not waited for: the run has better to do. */
export function tellLeftovers(run: Run, control: Session): void {
  void leftoversNotice(control, run.name, run.plan.confirmTimeoutMs).then(notice => {
    if (notice !== undefined) run.notice(notice)
  })
}

/** @returns a sentence that names what was left; undefined when there is nothing, or when the server cannot be asked */
export async function leftoversNotice(
  session: Session,
  own: RunName,
  timeoutMs: number,
): Promise<string | undefined> {
  try {
    const left = await leftTables(session, own, timeoutMs)
    if (left.length === 0) return undefined
    return (
      `the server has tables of runs that were killed, or that could not confirm all they sent: ${left.join(', ')}. ` +
      'What belongs to a run in the list of `ddb-ingest runs` goes with its own resume, or with `ddb-ingest runs RUN --clean`; ' +
      `the others stay until somebody removes them: undef("${left[0]}", SHARED)`
    )
  } catch (error) {
    if (!(error instanceof DdbError)) throw error
    return undefined
  }
}

async function leftTables(session: Session, own: RunName, timeoutMs: number): Promise<string[]> {
  const answer = await session.run(listScript, { timeoutMs })
  const [names, connected] = pairOf(answer)
  if (connected === undefined) return []
  const others = names.filter(
    name => name !== markerName(own.runId) && !isLedgerOf(own.token, name),
  )
  const left: string[] = []
  const tokensInUse: bigint[] = []
  for (const name of others.filter(name => marker.test(name)).slice(0, maxMarkers)) {
    const run = await markedRun(session, name, timeoutMs)
    // A run that has just ended has taken its marker with it.
    if (run === undefined) continue
    if (connected.has(run.sessionId)) tokensInUse.push(run.token)
    else left.push(name)
  }
  for (const name of others.filter(name => ledger.test(name))) {
    if (!tokensInUse.some(token => isLedgerOf(token, name))) left.push(name)
  }
  return left
}

async function markedRun(
  session: Session,
  name: string,
  timeoutMs: number,
): Promise<MarkedRun | undefined> {
  const answer = await session.run(
    `select last(token) as token, last(sessionId) as sessionId from objByName("${name}")`,
    { timeoutMs },
  )
  if (answer?.form !== 'table' || answer.rows !== 1) return undefined
  const [token, sessionId] = answer.columns.map(column =>
    column.form === 'vector' ? longOf(elementAt(column, 0)) : undefined,
  )
  return token === undefined || sessionId === undefined ? undefined : { token, sessionId }
}

function pairOf(answer: Value | undefined): [readonly string[], Set<bigint> | undefined] {
  if (answer?.form !== 'vector' || answer.type !== 'ANY') return [[], undefined]
  const [names, sessions] = answer.data
  const isText = names?.form === 'vector' && names.type === 'STRING'
  const ids =
    sessions?.form === 'vector' && sessions.type === 'LONG' && 'data' in sessions
      ? new Set(sessions.data)
      : undefined
  return [isText ? stringsOf(names) : [], ids]
}

function longOf(value: Value | undefined): bigint | undefined {
  return value?.form === 'scalar' && typeof value.value === 'bigint' ? value.value : undefined
}
