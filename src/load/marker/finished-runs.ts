/*
  A small shared table of the runs that finished on a node. The table exists only in the server's memory, so it does
  not contain runs from before a restart, or from a different node.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { longsOf, type RunName } from './marker.js'

/** Must change whenever the table's columns change. */
const finishedTable = 'ddbIngestFinished1'

/** If the table has this many rows (some ten megabytes), the script removes the older half before it adds a row. */
const mostRuns = 100_000

/** Limit of attempts to record a run. A table that a different run creates may replace the table that has the record. */
const mostTries = 3

const ofRun = ({ runId, token }: RunName): string => `runId = "${runId}" and token = ${token}l`

/** The time is stored as text after the target's name. */
const begun = (begunMs: number): string => `", begun " + string(${begunMs}l)`
/** Separates the time from the number of the process. */
const byProcess = ', process '

export interface FinishedMark {
  /** Name of the target. Already checked, because scripts contain it. */
  readonly target: string
  /** Rows that the target has ever had; null if they cannot be counted. */
  readonly rows: number | null
  /** When the run was begun or restarted, in ms since 1970 by its machine's clock. Identifies a restarted run. */
  readonly begunMs: number
  readonly processNo: number
}

/**
 * A script that sets `ddbIngestMarked` to the number of rows about this run in the table of finished runs; 0 if the
 * server has no such table.
 * @param begunMs  if given, counts only rows of the run that was begun or restarted at this time
 */
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
 * Records that a run has finished. One round trip later, checks that the record is there: if two runs find no table,
 * both may create one, and the later table replaces the earlier.
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
 * Whether the server has a record that the run has finished; undefined if the server cannot answer.
 * @param begunMs  when the run was last restarted; earlier records do not count
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
 * The highest number of a process that finished the run. A journal with fewer processes is an outdated copy.
 * @returns 0 without a record; undefined if the server cannot answer
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
 * Removes a run from the table of finished runs. Removes the table, too, if it is then empty.
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
