/*
  The runs that finished on a node, in one small shared table. The table exists only in the server's memory: a finished
  run is missing if it was loaded before a restart, or on another node.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { longsOf, type RunName } from './marker.js'

/** Must change whenever the table's columns change. */
export const finishedTable = 'ddbIngestFinished1'

/** Once the table has this many marks (some ten megabytes), the next mark's script removes the older half first. */
const mostRuns = 100_000

/** How many times to try to write a mark: another run's table may replace the table that has the mark. */
const mostTries = 3

const ofRun = ({ runId, token }: RunName): string => `runId = "${runId}" and token = ${token}l`

/** Stored as text behind the target's name, because tables made by earlier versions have no column for the time. */
const begun = (begunMs: number): string => `", begun " + string(${begunMs}l)`
/** Separates the time from the number of the process. Earlier versions stored no number. */
const byProcess = ', process '

export interface FinishedMark {
  /** Name of the target, already checked: scripts contain it. */
  readonly target: string
  /** How many rows the target has had so far; null if nothing can be counted. */
  readonly rows: number | null
  /** When the run was begun or restarted, ms since 1970 by its machine's clock; distinguishes a restarted run. */
  readonly begunMs: number
  /** Number of the process that finished the run. */
  readonly processNo: number
}

/** Sets `ddbIngestMarked` to the number of marks of the run; 0 without the table. */
const countScript = (run: RunName, begunMs?: number): string => `ddbIngestMarked = 0l
if(defined("${finishedTable}", SHARED)) {
    ddbIngestFinished = objByName("${finishedTable}")
    ddbIngestMarked = long(exec count(*) from ddbIngestFinished where ${ofRun(run)}${begunMs === undefined ? '' : ` and target like ("%" + ${begun(begunMs)} + "%")`})
}
`

const markScript = (
  run: RunName,
  { target, rows, begunMs, processNo }: FinishedMark,
): string => `if(!defined("${finishedTable}", SHARED)) {
    share(table(1:0, \`runId\`token\`target\`rowsHad\`finishedAt, [STRING, LONG, STRING, LONG, TIMESTAMP]), "${finishedTable}")
}
ddbIngestFinished = objByName("${finishedTable}")
if(ddbIngestFinished.rows() >= ${mostRuns}) {
    ddbIngestOldest = (exec finishedAt from ddbIngestFinished)[${mostRuns / 2}]
    delete from ddbIngestFinished where finishedAt < ddbIngestOldest
}
tableInsert(ddbIngestFinished, "${run.runId}", ${run.token}l, "${target}" + ${begun(begunMs)} + "${byProcess}" + string(${processNo}l), ${rows === null ? '00l' : `${rows}l`}, now())
`

/**
 * Records that a run has finished. One round trip later, checks that the record is there: if two runs both see no
 * table, each may make one, and the later table replaces the earlier.
 * @returns whether the server has stored the record; it refuses if the user may not share tables
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
 * Whether the server knows that the run has finished; undefined if it does not tell.
 * @param begunMs  when a restarted run began again: earlier marks do not count
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
 * The highest number of a process that finished the run. A journal that knows fewer processes is an outdated copy.
 * @returns 0 if there is no mark, or only marks of earlier versions; undefined if the server does not tell
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askFinisher(
  session: Session,
  run: RunName,
  timeoutMs: number,
): Promise<number | undefined> {
  const script = `ddbIngestTargets = NULL
if(defined("${finishedTable}", SHARED)) {
    ddbIngestFinished = objByName("${finishedTable}")
    ddbIngestTargets = exec target from ddbIngestFinished where ${ofRun(run)}
}
ddbIngestTargets`
  try {
    const answer = await session.run(script, { timeoutMs })
    const isKnown = answer?.form === 'vector' && answer.type === 'STRING'
    const targets = isKnown ? stringsOf(answer) : []
    const numbers = targets.map(target => Number(target.split(byProcess).at(-1)))
    return Math.max(0, ...numbers.filter(number => Number.isSafeInteger(number)))
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

/**
 * Removes a run from the table of finished runs, and removes this table once it is empty.
 * @throws {ServerError} if the server does not allow it
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
