/*
  A small shared table of the runs that finished on a node. The table exists only in the server's memory, so it does
  not contain runs from before a restart, or from a different node.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { elementAt } from '../../protocol/element.js'
import type { RunName } from './marker.js'

/** Must change whenever the table's columns change. */
const finishedTable = 'ddbIngestFinished2'

/** If the table has this many rows (some ten megabytes), the script removes the older half before it adds a row. */
const mostRuns = 100_000

/** Limit of attempts to record a run. A table that a different run creates may replace the table that has the record. */
const mostTries = 3

const ofRun = ({ runId, token }: RunName): string => `runId = "${runId}" and token = ${token}l`

/** A run that has finished, as the server knows it. */
export interface FinishedRun {
  readonly token: bigint
  /** When the run was begun or restarted, in ms since 1970 by its machine's clock. Identifies a restarted run. */
  readonly begunMs: number
  /** The number of the process that finished it. */
  readonly processNo: number
  /** Rows that the target has ever had; null if they cannot be counted. */
  readonly rows: number | null
  /** `runDigest`. */
  readonly digest: string
  /** Id of the chunk of a DFS table, letters, digits and hyphens; '' if unknown. */
  readonly chunk: string
  /** Rows of the run that are stored. */
  readonly stored: number
}

/** `target`: name of the target. Already checked, because scripts contain it. */
export type FinishedMark = Omit<FinishedRun, 'token'> & { readonly target: string }

const markScript = (
  run: RunName,
  { target, rows, begunMs, processNo, digest, chunk, stored }: FinishedMark,
): string => `if(!defined("${finishedTable}", SHARED)) {
    share(table(1:0, \`runId\`token\`target\`begunMs\`processNo\`rowsHad\`digest\`chunk\`stored\`finishedAt, [STRING, LONG, STRING, LONG, LONG, LONG, STRING, STRING, LONG, TIMESTAMP]), "${finishedTable}")
}
ddbIngestFinished = objByName("${finishedTable}")
if(ddbIngestFinished.rows() >= ${mostRuns}) {
    ddbIngestOldest = (exec finishedAt from ddbIngestFinished)[${mostRuns / 2}]
    delete from ddbIngestFinished where finishedAt < ddbIngestOldest
}
tableInsert(ddbIngestFinished, "${run.runId}", ${run.token}l, "${target}", ${begunMs}l, ${processNo}l, ${rows === null ? '00l' : `${rows}l`}, "${digest}", "${chunk}", ${stored}l, now())
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
      const known = await askFinished(session, run.runId, timeoutMs)
      if (known?.some(({ token }) => token === run.token) === true) return true
    }
    return false
  } catch (error) {
    if (error instanceof ServerError) return false
    throw error
  }
}

/**
 * The records of finished runs of this name, oldest first.
 * @returns undefined if the server cannot answer
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function askFinished(
  session: Session,
  runId: string,
  timeoutMs: number,
): Promise<readonly FinishedRun[] | undefined> {
  const script = `ddbIngestMarked = NULL
if(defined("${finishedTable}", SHARED)) {
    ddbIngestFinished = objByName("${finishedTable}")
    ddbIngestMarked = select token, begunMs, processNo, rowsHad, digest, chunk, stored from ddbIngestFinished where runId = "${runId}"
}
ddbIngestMarked`
  try {
    const answer = await session.run(script, { timeoutMs })
    if (answer?.form !== 'table') return []
    return Array.from({ length: answer.rows }, (_, row) => {
      const [token, begunMs, processNo, rows, digest, chunk, stored] = answer.columns.map(
        column => {
          const cell = column.form === 'vector' ? elementAt(column, row) : undefined
          return cell?.form === 'scalar' ? cell.value : null
        },
      )
      return {
        token: typeof token === 'bigint' ? token : 0n,
        begunMs: Number(begunMs),
        processNo: Number(processNo),
        rows: rows === null ? null : Number(rows),
        digest: typeof digest === 'string' ? digest : '',
        chunk: typeof chunk === 'string' ? chunk : '',
        stored: Number(stored),
      }
    })
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
  const script = `if(defined("${finishedTable}", SHARED)) {
    ddbIngestFinished = objByName("${finishedTable}")
    delete from ddbIngestFinished where ${ofRun(run)}
    if(ddbIngestFinished.rows() == 0) { undef("${finishedTable}", SHARED) }
}`
  await session.run(script, { timeoutMs })
}
