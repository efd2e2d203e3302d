/*
  Lists a server's tables for users who have not named one: shared tables, and DFS tables by the name that `target.table` takes.
*/
import { ServerError } from '../../errors.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import { askSchema, type Asking } from '../connection/server-queries.js'
import { parseTableTarget } from './target.js'

export interface ListedTable {
  readonly name: string
  readonly columns: readonly TargetColumn[]
}

/** Limit of databases whose tables are listed, because each costs a request. */
const mostDatabases = 50

/** Tables that runs keep on the server are never targets. */
const ownName = /^ddbIngest/

/** Names of the tables that this user may see. @throws {ConnectionError} @throws {TimeoutError} */
export async function* tableNames(asking: Asking): AsyncGenerator<string, void, void> {
  yield* await names(asking, 'exec name from objs(true) where shared=true, form="TABLE"')
  const databases = await texts(asking, 'getClusterDFSDatabases()')
  for (const database of databases.filter(isQuotable).slice(0, mostDatabases)) {
    const tables = await names(asking, `getTables(database("${database}"))`)
    yield* tables.map(table => `${database}/${table}`).filter(isTable)
  }
}

/**
 * Lists at most this many tables with their columns; leaves out tables whose columns the server does not show.
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function listTables(asking: Asking, most: number): Promise<ListedTable[]> {
  const found: ListedTable[] = []
  for await (const name of tableNames(asking)) {
    if (found.length === most) break
    try {
      const { columns } = schemaFromServer(await askSchema(asking, parseTableTarget(name)))
      found.push({ name, columns })
    } catch (error) {
      if (!(error instanceof ServerError)) throw error
    }
  }
  return found
}

async function names(asking: Asking, script: string): Promise<string[]> {
  return (await texts(asking, script)).filter(name => !ownName.test(name))
}

/** Empty if the user may not ask, or the server is not part of a cluster. */
async function texts({ session, timeoutMs }: Asking, script: string): Promise<readonly string[]> {
  try {
    const answer = await session.run(script, { timeoutMs })
    return answer?.form === 'vector' && answer.type === 'STRING' ? stringsOf(answer) : []
  } catch (error) {
    if (error instanceof ServerError) return []
    throw error
  }
}

/** True if the name, which comes from the server, can stand between quotes in a script. */
function isQuotable(database: string): boolean {
  return isTable(`${database}/t`)
}

function isTable(name: string): boolean {
  try {
    parseTableTarget(name)
    return true
  } catch {
    return false
  }
}
