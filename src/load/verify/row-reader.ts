/*
  Reads stored rows from the server. The reader has its own session, because reading back moves as much data as sending and must not
  delay receipts.
*/
import type { Session } from '../../client/open-session.js'
import { ConnectionError, ServerError } from '../../errors.js'
import { takeRows } from '../../protocol/element.js'
import type { Column, Value } from '../../protocol/value.js'
import { closeTimeoutMs, connectServer } from '../connection/connect.js'
import { tryUntil, type RetryRules } from '../connection/retry.js'
import { askCount } from '../connection/server-queries.js'
import { ignoreLoss, replacedError } from '../transport/delivery.js'
import type { Run } from '../run.js'
import { keyTexts } from './key-texts.js'
import { sourceText, type VerifyPlan } from './verify-plan.js'

export interface StoredRows {
  readonly rows: number
  /** The columns of the verification plan, in its order. */
  readonly columns: readonly Column[]
}

/**
 * Reads rows. Reopens its session if the connection is lost or the server has forgotten the session. Every method:
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export interface RowReader {
  count(): Promise<number>
  /** Reads rows `first` to `first + rows` (exclusive), as far as they exist. */
  at(first: number, rows: number): Promise<StoredRows>
  /**
   * Finds the rows of `wanted`, and also rows that mix cells of several wanted rows, because it searches each column separately.
   * @param wanted  cells of the plan's key columns, then cells of columns that narrow the search
   */
  among(wanted: readonly Column[]): Promise<StoredRows>
  leave(reason: ConnectionError): void
  close(): Promise<void>
}

/** Limit of rows per query. It is reached only if the columns are not a key and many values are equal. */
export const maxFoundRows = 200_000

const findFunction = 'ddbIngestFind'

/** The first query opens the session. */
export function newRowReader(run: Run, rules: RetryRules, plan: VerifyPlan): RowReader {
  const { confirmTimeoutMs: timeoutMs } = run.plan
  const source = sourceText(plan.table)
  const filters = [...plan.keys, ...plan.narrowing]
  let session: Session | undefined
  let where = ''
  let left: ConnectionError | undefined

  const opened = async (): Promise<Session> => {
    if (left !== undefined) throw left
    const { host, port } = run.server.address
    // If a redirect has changed the run's address, the rows are on a different node.
    if (session !== undefined && !session.closed && where === `${host}:${port}`) return session
    await session?.close().catch(ignoreLoss)
    const deadlineMs = rules.clock.nowMs() + rules.reconnectMs
    const connected = await connectServer(run.platform, run.server.address, {
      deadlineMs,
      signal: run.ending.leaving,
      closeTimeoutMs: closeTimeoutMs(run.plan),
    })
    session = connected
    where = `${host}:${port}`
    if (filters.length > 0) await connected.run(findScript(source, filters), { timeoutMs })
    return connected
  }
  const asking = <T>(question: (session: Session) => Promise<T>): Promise<T> => {
    let hasForgotten = false
    return tryUntil(
      rules.clock.nowMs() + rules.reconnectMs,
      rules,
      async () => question(await opened()),
      error => {
        if (left !== undefined) return false
        if (error instanceof ConnectionError) return true
        // A server that has forgotten the session has also lost its functions. A new session defines them again.
        const mayPass = error instanceof ServerError && !hasForgotten
        hasForgotten = true
        if (mayPass) session?.abandon(replacedError())
        return mayPass
      },
    )
  }
  const rowsOf = (answer: Value | undefined): StoredRows => {
    if (answer?.form !== 'table') {
      throw new ServerError('', 'DDB_SERVER', 'the server did not answer with rows')
    }
    const { columns } = answer
    return {
      rows: answer.rows,
      columns: plan.columns.map(({ storedIndex }) => columns[storedIndex]!),
    }
  }
  return {
    count: () => asking(session => askCount({ session, timeoutMs }, plan.table)),
    at: (first, rows) =>
      asking(async session =>
        rowsOf(await session.run(`select * from ${source} limit ${first}, ${rows}`, { timeoutMs })),
      ),
    among: wanted =>
      asking(async session =>
        rowsOf(await session.call(findFunction, wanted.map(eachOnce), { timeoutMs })),
      ),
    leave(reason) {
      left = reason
      session?.abandon(reason)
    },
    close: async () => session?.close().catch(ignoreLoss),
  }
}

function findScript(source: string, filters: VerifyPlan['keys']): string {
  // The names are unusual, because a column of the table would hide a variable of the same name.
  const names = filters.map((_, i) => `${findFunction}${i}`)
  const where = filters.map(({ name }, i) => `${name} in ${names[i]}`).join(', ')
  return `def ${findFunction}(${names.join(', ')}) { return select top ${maxFoundRows} * from ${source} where ${where} }`
}

function eachOnce(column: Column): Column {
  const first = new Map<string, number>()
  const textOf = keyTexts(column)
  for (let row = 0; row < column.length; row++) {
    const text = textOf(row)
    if (!first.has(text)) first.set(text, row)
  }
  return first.size === column.length ? column : takeRows(column, Int32Array.from(first.values()))
}
