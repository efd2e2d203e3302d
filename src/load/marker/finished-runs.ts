/*
  The runs that have finished on a node, in one small shared table: it lives as long as the server's memory does, so that a
  run that is not in it any more was loaded before a restart, or on another node.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { longsOf, type RunName } from './marker.js'

/** Its columns belong to the name. */
export const finishedTable = 'ddbIngestFinished1'

/** Oldest ones go when there are more: some ten megabytes on the server. */
const mostRuns = 100_000

/** A mark that another run's table has taken the place of is written again so often. */
const mostTries = 3

const ofRun = ({ runId, token }: RunName): string => `runId = "${runId}" and token = ${token}l`

/** Written after the target: tables that earlier versions have made have no column for it. */
const begun = (begunMs: number): string => `", begun " + string(${begunMs}l)`

/** What a mark says of its run. */
export interface FinishedMark {
  /** Name of the target, checked. */
  readonly target: string
  /** Rows that the target has had; null where nothing can be counted. */
  readonly rows: number | null
  /** When the run was begun, or begun anew, by the clock of its machine: it is known by that, ms since 1970. */
  readonly begunMs: number
}

/** `ddbIngestMarked` is how many rows the run has; none without a table. */
const countScript = (run: RunName, begunMs?: number): string => `ddbIngestMarked = 0l
if(defined("${finishedTable}", SHARED)) {
    ddbIngestFinished = objByName("${finishedTable}")
    ddbIngestMarked = long(exec count(*) from ddbIngestFinished where ${ofRun(run)}${begunMs === undefined ? '' : ` and target like ("%" + ${begun(begunMs)})`})
}
`

const markScript = (
  run: RunName,
  { target, rows, begunMs }: FinishedMark,
): string => `if(!defined("${finishedTable}", SHARED)) {
    share(table(1:0, \`runId\`token\`target\`rowsHad\`finishedAt, [STRING, LONG, STRING, LONG, TIMESTAMP]), "${finishedTable}")
}
ddbIngestFinished = objByName("${finishedTable}")
if(ddbIngestFinished.rows() >= ${mostRuns}) {
    ddbIngestOldest = (exec finishedAt from ddbIngestFinished)[${mostRuns / 2}]
    delete from ddbIngestFinished where finishedAt < ddbIngestOldest
}
tableInsert(ddbIngestFinished, "${run.runId}", ${run.token}l, "${target}" + ${begun(begunMs)}, ${rows === null ? '00l' : `${rows}l`}, now())
`

/**
 * Notes that a run has finished. Two runs that both see no table may both share one, and the later replaces the other's:
 * so it is looked at again a round trip later.
 *
 * @returns whether the server keeps it: it may allow this user no shared tables
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function markFinished(
  session: Session,
  run: RunName,
  mark: FinishedMark,
  timeoutMs: number,
): Promise<boolean> {
  try {
    for (let tries = 0; tries < mostTries; tries++) {
      await session.run(markScript(run, mark), { timeoutMs })
      if ((await askFinished(session, run, timeoutMs)) === true) return true
    }
    return false
  } catch (error) {
    if (error instanceof ServerError) return false
    throw error
  }
}

/**
 * Whether the server knows that the run has finished; undefined when it does not tell.
 *
 * @param begunMs  of a run that was begun anew: marks of what was before do not count
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askFinished(
  session: Session,
  run: RunName,
  timeoutMs: number,
  begunMs?: number,
): Promise<boolean | undefined> {
  try {
    const answer = await session.run(`${countScript(run, begunMs)}[ddbIngestMarked]`, { timeoutMs })
    const [count] = longsOf(answer)
    return count === undefined ? undefined : count > 0n
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

/**
 * Removes what the table has of a run, and the table with its last run.
 * @throws {ServerError} when the server does not let it go
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function forgetFinished(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<void> {
  const script = `${countScript(run)}if(ddbIngestMarked > 0) {
    delete from ddbIngestFinished where ${ofRun(run)}
    if(ddbIngestFinished.rows() == 0) { undef("${finishedTable}", SHARED) }
}`
  await session.run(script, { timeoutMs })
}
