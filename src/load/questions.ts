/*
  What a run asks the server on its control session, always synchronously: schemas, row counts, whether a function
  exists, whether a lane's requests are all done.
*/
import type { Session } from '../client/session.js'
import { ConnectionError, ServerError } from '../errors.js'
import type { Value } from '../protocol/value.js'
import { nearestNames } from '../schema/nearest.js'
import { tableExpression, tableText, type TableTarget } from './target.js'

/**
 * The dictionary `schema(t)` of the target.
 * @throws {ServerError} DDB_TARGET when there is no such table, naming near ones
 */
export async function askSchema(session: Session, table: TableTarget): Promise<Value> {
  try {
    const schema = await session.run(`schema(${tableExpression(table)})`)
    if (schema !== undefined) return schema
  } catch (error) {
    if (!(error instanceof ServerError) || error.code === 'DDB_PRIVILEGE') throw error
    throw new ServerError(
      error.serverMessage,
      'DDB_TARGET',
      await unknownTable(session, table, error),
    )
  }
  throw new ServerError('', 'DDB_TARGET', `"${tableText(table)}" has no schema on this server`)
}

async function unknownTable(
  session: Session,
  table: TableTarget,
  error: ServerError,
): Promise<string> {
  const near = nearestNames(
    table.kind === 'dfs' ? table.table : table.name,
    await existingTables(session, table),
  )
  const hint = near.length === 0 ? '' : ` Did you mean ${near.map(n => `"${n}"`).join(' or ')}?`
  return `the server has no table "${tableText(table)}" (it says: ${error.serverMessage}).${hint}`
}

/** Best effort: an older server or missing rights give no names, and the message goes without them. */
async function existingTables(session: Session, table: TableTarget): Promise<readonly string[]> {
  const script =
    table.kind === 'dfs'
      ? `getTables(database("${table.database}"))`
      : 'exec name from objs(true) where shared=true, form="TABLE"'
  try {
    const names = await session.run(script)
    return names?.form === 'vector' && names.type === 'STRING' && 'data' in names ? names.data : []
  } catch (error) {
    if (error instanceof ConnectionError) throw error
    return []
  }
}

/** @throws {ServerError} DDB_TARGET when the server knows no such function (design: asked with typestr). */
export async function askFunction(session: Session, name: string): Promise<void> {
  try {
    await session.run(`typestr(${name})`)
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    const near = nearestNames(name, await existingViews(session))
    const hint = near.length === 0 ? '' : ` Did you mean ${near.map(n => `"${n}"`).join(' or ')}?`
    throw new ServerError(
      error.serverMessage,
      'DDB_TARGET',
      `the server has no function "${name}" (it says: ${error.serverMessage}).${hint} ` +
        'Define it and publish it with addFunctionView first.',
    )
  }
}

async function existingViews(session: Session): Promise<readonly string[]> {
  try {
    const names = await session.run('exec name from getFunctionViews()')
    return names?.form === 'vector' && names.type === 'STRING' && 'data' in names ? names.data : []
  } catch (error) {
    if (error instanceof ConnectionError) throw error
    return []
  }
}

/** Rows of the target now; INT or LONG answers (design: cli "Confirmation"). */
export async function askCount(session: Session, table: TableTarget): Promise<number> {
  const answer = await session.run(`exec count(*) from ${tableExpression(table)}`)
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
 * Whether the server has no job of this session running or queued; undefined when it does not tell
 * (getConsoleJobs, server notes §5.2).
 */
export async function askIdle(
  session: Session,
  laneSessionId: string,
): Promise<boolean | undefined> {
  if (!/^\d{1,19}$/.test(laneSessionId)) return undefined
  try {
    const answer = await session.run(
      `exec count(*) from getConsoleJobs() where sessionId = ${laneSessionId}l`,
    )
    return answer?.form === 'scalar' && answer.value !== null
      ? Number(answer.value) === 0
      : undefined
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

/** `TRANS` or `CHUNK`; undefined when the server does not tell (`schema(database(path)).atomic`). */
export async function askAtomic(session: Session, database: string): Promise<string | undefined> {
  try {
    const answer = await session.run(`schema(database("${database}"))["atomic"]`)
    return answer?.form === 'scalar' && typeof answer.value === 'string' ? answer.value : undefined
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}
