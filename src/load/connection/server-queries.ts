/* A run's questions to the server, on its control session: what a name stands for, row counts, whether a session's work is done. */
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { nullInt32, nullInt64 } from '../../protocol/null-value.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import { nearestNames } from '../../schema/nearest.js'
import { isTransient } from '../outcomes/refusals.js'
import { tableExpression, tableText, type TableTarget } from '../target/target.js'

/** The session to ask, and how long to wait for an answer before a TimeoutError. */
export interface Asking {
  readonly session: Session
  readonly timeoutMs: number
}

export const ask = ({ session, timeoutMs }: Asking, script: string): Promise<Value | undefined> =>
  session.run(script, { timeoutMs })

/** @param script  turns `schema(t)`, which answers a dictionary, into what to ask @throws {ServerError} DDB_TARGET with similar names */
export async function askSchema(
  asking: Asking,
  table: TableTarget,
  script = (schema: string): string => schema,
): Promise<Value> {
  const [name, names] =
    table.kind === 'dfs'
      ? [table.table, `getTables(database("${table.database}"))`]
      : [table.name, 'exec name from objs(true) where shared=true, form="TABLE"']
  const asked = script(`schema(${tableExpression(table)})`)
  const schema = await askNamed(asking, asked, `table "${tableText(table)}"`, name, names)
  if (schema !== undefined) return schema
  throw new ServerError('', 'DDB_TARGET', `"${tableText(table)}" has no schema on this server`)
}

/** @throws {ServerError} DDB_TARGET if the function does not exist */
export async function askFunction(asking: Asking, name: string): Promise<void> {
  const advice = ' Define it and publish it with addFunctionView first.'
  const names = 'exec name from getFunctionViews()'
  await askNamed(asking, `typestr(${name})`, `function "${name}"`, name, names, advice)
}

/** @param names  a script that returns the names among which similar ones are suggested if the server does not know this one */
async function askNamed(
  asking: Asking,
  script: string,
  what: string,
  name: string,
  names: string,
  advice = '',
): Promise<Value | undefined> {
  try {
    return await ask(asking, script)
  } catch (error) {
    // A server that is starting or electing a leader does not say so, and what the user has no right to see may exist.
    if (isTransient(error) || !(error instanceof ServerError)) throw error
    if (error.code === 'DDB_PRIVILEGE' || error.code === 'DDB_LOGIN') throw error
    const near = nearestNames(name, textsOf(await unlessRefused(ask(asking, names))))
    const hint = near.length === 0 ? '' : ` Did you mean ${near.map(n => `"${n}"`).join(' or ')}?`
    const { serverMessage } = error
    // Without a fix: a command that is pasted must not load into a table that the user did not name.
    const message = `the server has no ${what} (it says: ${serverMessage}).${hint}${advice}`
    throw new ServerError(serverMessage, 'DDB_TARGET', message)
  }
}

/** Present row count of the target; the answer is an INT or LONG. */
export async function askCount(asking: Asking, table: TableTarget): Promise<number> {
  const answer = await ask(asking, `exec count(*) from ${tableExpression(table)}`)
  if (answer?.form === 'scalar' && (answer.type === 'INT' || answer.type === 'LONG')) {
    return Number(answer.value ?? 0)
  }
  const what = `how many rows ${tableText(table)} has`
  throw new ServerError('', 'DDB_SERVER', `the server did not answer ${what}`)
}

/** Whether no job of these earlier sessions runs or waits on the server; undefined if it does not say (docs/server-semantics.md#console-jobs). */
export async function askIdle(asking: Asking, ...sessionIds: readonly string[]) {
  // A server that has restarted may give an earlier session's number to the one that asks.
  const earlier = sessionIds.filter(id => id !== asking.session.id)
  if (earlier.length === 0 || !earlier.every(id => /^\d{1,19}$/.test(id))) return undefined
  // A run that has often reconnected has many, and a condition may have at most 1,024 operators from 3.00.3 on (its release notes).
  const jobs = await askJobs(asking, `sessionId in [${earlier.map(id => `${id}l`).join(', ')}]`)
  return jobs === undefined ? undefined : jobs === 0
}

/** Whether the server says that it has requests of other sessions of the user, running or queued. */
export async function askOthersBusy(asking: Asking, user = 'guest'): Promise<boolean> {
  const { session } = asking
  if (!/^\d{1,19}$/.test(session.id)) return false
  await session.upload({ ddbIngestUser: user })
  const jobs = await askJobs(asking, `userID = ddbIngestUser, sessionId != ${session.id}l`)
  return jobs !== undefined && jobs > 0
}

async function askJobs(asking: Asking, condition: string): Promise<number | undefined> {
  const { session, timeoutMs } = asking
  const query = `exec count(*) from getConsoleJobs() where ${condition}`
  // Urgent, as in the vendor's interface, so that the server answers while all workers are busy.
  const answer = await unlessRefused(session.run(query, { timeoutMs, urgent: true }))
  return answer?.form === 'scalar' && answer.value !== null ? Number(answer.value) : undefined
}

/** Undefined if the server refuses to answer. */
export const unlessRefused = <T>(asked: Promise<T>): Promise<T | undefined> =>
  asked.catch((error: unknown) => {
    if (error instanceof ServerError) return undefined
    throw error
  })

/** The values that a script returned as one vector of any type; empty if the answer has a different form. */
export function partsOf(answer: Value | undefined): readonly Value[] {
  return answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
}

/** Several numbers that a script returned as one vector of INT or LONG, undefined for nulls; empty if the answer has a different form. */
export function longsOf(answer: Value | undefined): (bigint | undefined)[] {
  if (answer?.form !== 'vector' || (answer.type !== 'INT' && answer.type !== 'LONG')) return []
  return Array.from<number | bigint, bigint | undefined>(
    answer.data.subarray(0, answer.length),
    value => (value === nullInt32 || value === nullInt64 ? undefined : BigInt(value)),
  )
}

/** A number in a column of INT or LONG, exact up to 2^53; undefined for a null, and in any other column. */
export function numberAt(column: Value | undefined, row: number): number | undefined {
  if (column?.form !== 'vector' || (column.type !== 'INT' && column.type !== 'LONG')) return
  const value = column.data[row]
  return value === nullInt32 || value === nullInt64 ? undefined : Number(value)
}

/** A single LONG that a script returned; undefined for anything else. */
export function longOf(value: Value | undefined): bigint | undefined {
  return value?.form === 'scalar' && typeof value.value === 'bigint' ? value.value : undefined
}

/** A single text that a script returned; undefined for anything else, and for ''. */
export function textOf(value: Value | undefined): string | undefined {
  const isText = value?.form === 'scalar' && typeof value.value === 'string' && value.value !== ''
  return isText ? String(value.value) : undefined
}

/** The names that a script returned as a vector; empty if the answer has a different form. */
export function textsOf(value: Value | undefined): readonly string[] {
  return value?.form === 'vector' && value.type === 'STRING' ? stringsOf(value) : []
}

/** Null numbers are undefined. */
type RowOf<Columns extends Readonly<Record<string, string>>> = {
  readonly [Name in keyof Columns]: Columns[Name] extends 'STRING' ? string : bigint | undefined
}

/** The rows of a small table that a server has answered; none for anything else. @param columns  names and types */
export function rowsOf<Columns extends Readonly<Record<string, string>>>(
  answer: Value | undefined,
  columns: Columns,
): readonly RowOf<Columns>[] {
  if (answer?.form !== 'table') return []
  const cells = Object.entries(columns).map(([name, type]) => {
    const column = answer.columns[answer.columnNames.indexOf(name)]
    return [name, type === 'STRING' ? textsOf(column) : longsOf(column)] as const
  })
  return Array.from({ length: answer.rows }, (_, row) => {
    return Object.fromEntries(cells.map(([name, all]) => [name, all[row]])) as RowOf<Columns>
  })
}
