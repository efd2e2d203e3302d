/*
  A run's questions to the server, always synchronous and on its control session: schemas, row counts, whether a function
  exists, whether a session's requests are all done, its version (docs/server-semantics.md#versions).
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Value } from '../../protocol/value.js'
import { nearestNames } from '../../schema/nearest.js'
import type { NewValuePolicy } from '../target/partition-scheme.js'
import { classifyRefusal } from '../outcomes/refusals.js'
import { tableExpression, tableText, type TableTarget } from '../target/target.js'

/** The session to ask, and how long to wait for an answer before a TimeoutError. */
export interface Asking {
  readonly session: Session
  readonly timeoutMs: number
}

function ask({ session, timeoutMs }: Asking, script: string): Promise<Value | undefined> {
  return session.run(script, { timeoutMs })
}

/**
 * The dictionary `schema(t)` of the target.
 * @param and  a script to run after it, and the expressions to answer with the schema, as a vector
 * @throws {ServerError} DDB_TARGET if the table does not exist, with the names of similar tables; the server's own
 *   error if the server is not ready to answer
 */
export async function askSchema(
  asking: Asking,
  table: TableTarget,
  and?: { readonly script: string; readonly answers: string },
): Promise<Value> {
  const asked = `schema(${tableExpression(table)})`
  try {
    const script =
      and === undefined
        ? asked
        : `ddbIngestSchema = ${asked}\n${and.script}(ddbIngestSchema, ${and.answers})`
    const schema = await ask(asking, script)
    if (schema !== undefined) return schema
  } catch (error) {
    if (!saysUnknown(error) || error.code === 'DDB_PRIVILEGE') throw error
    throw await unknownTable(asking, table, error)
  }
  throw new ServerError('', 'DDB_TARGET', `"${tableText(table)}" has no schema on this server`)
}

/** Whether the server says that no such name exists; a server that is starting or electing a leader does not say so. */
function saysUnknown(error: unknown): error is ServerError {
  return error instanceof ServerError && classifyRefusal(error.received) !== 'transient'
}

async function unknownTable(
  asking: Asking,
  table: TableTarget,
  { serverMessage }: ServerError,
): Promise<ServerError> {
  const isDfs = table.kind === 'dfs'
  const [near, hint] = await similar(
    asking,
    isDfs ? table.table : table.name,
    isDfs
      ? `getTables(database("${table.database}"))`
      : 'exec name from objs(true) where shared=true, form="TABLE"',
  )
  const message = `the server has no table "${tableText(table)}" (it says: ${serverMessage}).${hint}`
  const meant = isDfs && near !== undefined ? `${table.database}/${near}` : near
  const fix =
    meant === undefined ? {} : { options: { 'target.table': meant, 'target.create': null } }
  return new ServerError(serverMessage, 'DDB_TARGET', message, serverMessage, fix)
}

/**
 * The most similar of the names that a script returns, and a sentence that suggests some; none if the server is old, or the user lacks the
 * right to ask.
 */
async function similar(
  asking: Asking,
  name: string,
  script: string,
): Promise<readonly [best: string | undefined, hint: string]> {
  const near = nearestNames(name, textsOf(await askIfAllowed(asking, script)))
  const hint = near.length === 0 ? '' : ` Did you mean ${near.map(n => `"${n}"`).join(' or ')}?`
  return [near[0], hint]
}

/** @throws {ServerError} DDB_TARGET if the function does not exist */
export async function askFunction(asking: Asking, name: string): Promise<void> {
  try {
    await ask(asking, `typestr(${name})`)
  } catch (error) {
    // If the message says that the user has no right to call or see the function, the function may exist.
    if (!saysUnknown(error) || classifyRefusal(error.serverMessage) === 'privilege') throw error
    const [, hint] = await similar(asking, name, 'exec name from getFunctionViews()')
    throw new ServerError(
      error.serverMessage,
      'DDB_TARGET',
      `the server has no function "${name}" (it says: ${error.serverMessage}).${hint} ` +
        'Define it and publish it with addFunctionView first.',
    )
  }
}

/** Present row count of the target; the answer is an INT or LONG. */
export async function askCount(asking: Asking, table: TableTarget): Promise<number> {
  const answer = await ask(asking, `exec count(*) from ${tableExpression(table)}`)
  if (answer?.form === 'scalar' && (answer.type === 'INT' || answer.type === 'LONG')) {
    return Number(answer.value ?? 0)
  }
  throw new ServerError(
    '',
    'DDB_SERVER',
    `the server did not answer how many rows ${tableText(table)} has`,
  )
}

/**
 * Whether the server has no running or queued job of these sessions; undefined if the server does not answer that
 * (getConsoleJobs, docs/server-semantics.md#console-jobs).
 */
export async function askIdle(
  asking: Asking,
  ...sessionIds: readonly string[]
): Promise<boolean | undefined> {
  if (!sessionIds.every(id => /^\d{1,19}$/.test(id))) return undefined
  const isOurs = sessionIds.map(id => `sessionId = ${id}l`).join(' or ')
  const jobs = await askJobs(asking, isOurs)
  return jobs === undefined ? undefined : jobs === 0
}

/**
 * Whether the server works on requests of the user's other sessions, or has them in its queue; undefined if it does not answer that.
 * @param user  the user of the asking session
 */
export async function askOthersBusy(asking: Asking, user: string): Promise<boolean | undefined> {
  const { session } = asking
  if (!/^\d{1,19}$/.test(session.id)) return undefined
  await session.upload({ ddbIngestUser: user })
  const jobs = await askJobs(asking, `userID = ddbIngestUser, sessionId != ${session.id}l`)
  return jobs === undefined ? undefined : jobs > 0
}

async function askJobs(asking: Asking, condition: string): Promise<number | undefined> {
  const query = `exec count(*) from getConsoleJobs() where ${condition}`
  // Urgent, as in the vendor's interface, so that the server answers while all workers are busy.
  const answer = await askIfAllowed(asking, query, true)
  return answer?.form === 'scalar' && answer.value !== null ? Number(answer.value) : undefined
}

/** `TRANS` or `CHUNK`; undefined if the server does not answer that (`schema(database(path)).atomic`). */
export function askAtomic(asking: Asking, database: string): Promise<string | undefined> {
  return askText(asking, `schema(database("${database}"))["atomic"]`)
}

/**
 * What the server does with values outside every partition of a VALUE scheme; undefined if the server does not answer
 * that, for example because the user may not ask (getConfig, docs/server-semantics.md#rows-outside-the-scheme).
 */
export async function askNewValuePolicy(asking: Asking): Promise<NewValuePolicy | undefined> {
  const text = await askText(asking, 'getConfig("newValuePartitionPolicy")')
  return text === 'add' || text === 'skip' || text === 'fail' ? text : undefined
}

/** The answer of `version()`; undefined if it is not a text. @throws {ConnectionError} @throws {TimeoutError} */
export function askVersion(asking: Asking): Promise<string | undefined> {
  return askText(asking, 'version()', true)
}

async function askText(
  asking: Asking,
  script: string,
  urgent = false,
): Promise<string | undefined> {
  const answer = await askIfAllowed(asking, script, urgent)
  return answer?.form === 'scalar' && typeof answer.value === 'string' ? answer.value : undefined
}

/** The answer; undefined if the server refuses the question. @throws {ConnectionError} @throws {TimeoutError} */
function askIfAllowed(
  { session, timeoutMs }: Asking,
  script: string,
  urgent = false,
): Promise<Value | undefined> {
  return unlessRefused(session.run(script, { timeoutMs, urgent }))
}

/** `2.00.10 2023.09.12` → [2, 0, 10]; undefined for anything else. */
export function parseVersion(text: string): readonly number[] | undefined {
  const match = /^\s*v?(\d{1,4})\.(\d{1,4})\.(\d{1,4})(?:\.(\d{1,4}))?(?![\d.])/i.exec(text)
  return match
    ?.slice(1)
    .filter(part => part !== undefined)
    .map(Number)
}

/** Missing parts count as 0. */
export function isBefore(version: readonly number[], other: readonly number[]): boolean {
  for (let i = 0; i < Math.max(version.length, other.length); i++) {
    const difference = (version[i] ?? 0) - (other[i] ?? 0)
    if (difference !== 0) return difference < 0
  }
  return false
}

/** Whether DFS tables limit the length of texts; true for unknown versions. */
export function limitsTexts(versionText: string | undefined): boolean {
  const version = parseVersion(versionText ?? '')
  if (version === undefined) return true
  const line = textLimitsFrom.findLast(([major]) => major! <= version[0]!) ?? textLimitsFrom[0]!
  return !isBefore(version, line)
}

/** First versions of two release lines that limit the length of texts; the last also applies to later lines (docs/server-semantics.md#conversions-on-insert). */
const textLimitsFrom: readonly (readonly number[])[] = [
  [1, 30, 23],
  [2, 0, 11],
]

/** Undefined if the server refuses to answer. */
export async function unlessRefused<T>(asked: Promise<T>): Promise<T | undefined> {
  try {
    return await asked
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

/** The values that a script returned as one vector of any type; empty if the answer has a different form. */
export function partsOf(answer: Value | undefined): readonly Value[] {
  return answer?.form === 'vector' && answer.type === 'ANY' ? answer.data : []
}

/** Several numbers that a script returned as one vector of LONG, undefined for nulls; empty if the answer has a different form. */
export function longsOf(answer: Value | undefined): readonly (bigint | undefined)[] {
  if (answer?.form !== 'vector' || answer.type !== 'LONG' || !('data' in answer)) return []
  return Array.from(answer.data.subarray(0, answer.length), value =>
    value === nullOfLong ? undefined : value,
  )
}

const nullOfLong = -(2n ** 63n)

/** A single LONG that a script returned; undefined for anything else. */
export function longOf(value: Value | undefined): bigint | undefined {
  return value?.form === 'scalar' && typeof value.value === 'bigint' ? value.value : undefined
}

/** The names that a script returned as a vector; empty if the answer has a different form. */
export function textsOf(value: Value | undefined): readonly string[] {
  return value?.form === 'vector' && value.type === 'STRING' ? stringsOf(value) : []
}
