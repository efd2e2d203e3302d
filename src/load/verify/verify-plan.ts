/*
  Plans how to find the rows of a run again (`delivery.verify`): by position if the table appends rows and keeps them,
  otherwise by key. The plan is made before the first row, because a run that cannot verify its rows must not begin.
*/
import type { Session } from '../../client/open-session.js'
import { ServerError, UsageError } from '../../errors.js'
import { columnTypeText, type ColumnType } from '../../protocol/data-type.js'
import { stringsOf } from '../../protocol/types/strings.js'
import { elementAt } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import { isIdentifier } from '../../schema/identifier.js'
import { nearestHint } from '../../schema/nearest.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import { askSchema, type Asking } from '../connection/server-queries.js'
import type { Run } from '../run.js'
import { tableText, type TableTarget } from '../target/target.js'
import { conversion } from './converted-column.js'

/** A sent column and the table's column to compare it with. */
export interface VerifiedColumn {
  readonly name: string
  readonly sentIndex: number
  readonly storedIndex: number
  readonly storedType: ColumnType
}

export interface VerifyPlan {
  readonly table: TableTarget
  readonly by: 'position' | 'key'
  /** `keys`: columns that identify rows. `narrowing`: partition columns that narrow the search. */
  readonly keys: readonly VerifiedColumn[]
  readonly narrowing: readonly VerifiedColumn[]
  /** Whether the table keeps one row per key, so that a later row may replace an earlier one. */
  readonly keepsOne: boolean
  readonly columns: readonly VerifiedColumn[]
  /** Names of sent columns that cannot be compared: the table lacks them, or stores them as an incomparable type. */
  readonly skipped: readonly string[]
}

/**
 * @param sent  columns of the run's batches
 * @throws {UsageError} DDB_USAGE if rows cannot be found again, or the user may not read them
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function planVerification(
  run: Run,
  control: Session,
  sent: readonly TargetColumn[],
): Promise<VerifyPlan> {
  const { target, confirmTimeoutMs: timeoutMs } = run.plan
  // Functions without `confirmTable` have already been refused.
  const table = target.kind === 'function' ? target.confirmTable! : target.table
  const asking = { session: control, timeoutMs }
  const schema = await askSchema(asking, table)
  const found = matchedColumns(sent, schemaFromServer(schema).columns)
  const isDfs = table.kind === 'dfs' || textsOf(schema, 'dbUrl').some(url => url !== '')
  const given = run.options.target.keyColumns ?? []
  const partitionColumns = textsOf(schema, 'partitionColumnName')
  const tableKey = textsOf(schema, 'keyColumn')
  const keepsOne =
    tableKey.length > 0 ||
    (target.kind === 'table' && target.method === 'upsert') ||
    textsOf(schema, 'keepDuplicates').some(kept => kept !== 'ALL') ||
    textsOf(schema, 'engineType').includes('PKEY')
  const own = [tableKey, textsOf(schema, 'primaryKey'), textsOf(schema, 'sortColumns')]
  const names = given.length > 0 ? given : (own.find(key => key.length > 0) ?? [])
  const isKeyed = names.length > 0 || isDfs || keepsOne || partitionColumns.length > 0
  const keys = isKeyed ? keyColumns(names, found, tableText(table)) : []
  if (!isKeyed) run.connectionCount.limit(1, 'rows are read back by their place')
  if (!isKeyed && run.plan.connections > 1) {
    throw new UsageError(
      'DDB_USAGE',
      '`delivery.verify` over several connections finds rows by columns that make them unique: name these in `target.keyColumns`, ' +
        'or leave `delivery.connections` at 1',
    )
  }
  if (!isKeyed) await refusePurged(asking, table)
  await refuseUnreadable(asking, table)
  const narrowing = partitionColumns.flatMap(name =>
    found.columns.filter(column => column.name === name && !keys.includes(column)),
  )
  return { table, by: isKeyed ? 'key' : 'position', keys, narrowing, keepsOne, ...found }
}

/** For messages: `by position`, or for example `by sym and time`. */
export function lookupText({ by, keys }: Pick<VerifyPlan, 'by' | 'keys'>): string {
  return by === 'position' ? 'by position' : `by ${keys.map(({ name }) => name).join(', ')}`
}

function matchedColumns(
  sent: readonly TargetColumn[],
  stored: readonly TargetColumn[],
): Pick<VerifyPlan, 'columns' | 'skipped'> {
  const columns: VerifiedColumn[] = []
  const skipped: string[] = []
  for (const [sentIndex, { name, type }] of sent.entries()) {
    const storedIndex = stored.findIndex(column => column.name === name)
    const storedType = stored[storedIndex]?.type
    if (storedType === undefined || conversion(type, storedType) === undefined) skipped.push(name)
    else columns.push({ name, sentIndex, storedIndex, storedType })
  }
  if (columns.length > 0) return { columns, skipped }
  throw new UsageError(
    'DDB_USAGE',
    '`delivery.verify`: the table to read back has none of the columns that are sent',
  )
}

function keyColumns(
  names: readonly string[],
  { columns }: Pick<VerifyPlan, 'columns'>,
  table: string,
): VerifiedColumn[] {
  if (names.length === 0) {
    throw new UsageError(
      'DDB_USAGE',
      `\`delivery.verify\`: nothing shows where the rows of ${table} are: name the columns that make a row unique in \`target.keyColumns\``,
    )
  }
  return names.map(name => {
    const column = columns.find(one => one.name === name)
    const known = columns.map(one => one.name)
    if (column === undefined || !isIdentifier(name)) {
      throw new UsageError(
        'DDB_USAGE',
        `\`delivery.verify\` cannot find rows by "${name}", which is not a column of both what is sent and ${table}${nearestHint(name, known)}: ` +
          'name others in `target.keyColumns`',
      )
    }
    const { storedType } = column
    if (storedType.array !== true && storedType.type !== 'BLOB') return column
    throw new UsageError(
      'DDB_USAGE',
      `\`delivery.verify\` cannot find rows by "${name}", a ${columnTypeText(storedType)}: name others in \`target.keyColumns\``,
    )
  })
}

/**
 * Refuses a table that removes old rows from memory: positions change, and rows may be gone before they are read.
 */
async function refusePurged(asking: Asking, table: TableTarget): Promise<void> {
  if (table.kind === 'dfs') return
  const script = `exec cachePurgeEnabled from getStreamTables() where name = "${table.name}"`
  const answer = await answerIfAny(asking, script)
  const isPurged =
    answer?.form === 'vector' &&
    Array.from({ length: answer.length }, (_, i) => elementAt(answer, i))
  const isTrue = (value: Value): boolean => value.form === 'scalar' && value.value === true
  if (isPurged === false || isPurged === undefined || !isPurged.some(isTrue)) return
  throw new UsageError(
    'DDB_USAGE',
    `\`delivery.verify\`: rows of ${tableText(table)} leave memory as it grows, and cannot be read back then`,
  )
}

async function answerIfAny(
  { session, timeoutMs }: Asking,
  script: string,
): Promise<Value | undefined> {
  try {
    return await session.run(script, { timeoutMs })
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

async function refuseUnreadable({ session, timeoutMs }: Asking, table: TableTarget): Promise<void> {
  try {
    await session.run(`select top 1 * from ${sourceText(table)}`, { timeoutMs })
  } catch (error) {
    if (!(error instanceof ServerError)) throw error
    throw new UsageError(
      'DDB_USAGE',
      `\`delivery.verify\` reads rows back, and those of ${tableText(table)} may not be read (the server says: ${error.serverMessage}): ` +
        'ask for the right, or leave it out',
      { cause: error },
    )
  }
}

/** An expression that finds the table each time a query runs. A bare name would be bound when a function is defined. */
export function sourceText(table: TableTarget): string {
  return table.kind === 'shared'
    ? `objByName("${table.name}")`
    : `loadTable("${table.database}", "${table.table}")`
}

/** The texts in an entry of the result of `schema()`: none, one or several. */
function textsOf(schema: Value, key: string): readonly string[] {
  if (schema.form !== 'dictionary') return []
  const { keys, values } = schema
  if (keys.type !== 'STRING' || !('data' in keys) || values.type !== 'ANY') return []
  const value = values.data[keys.data.indexOf(key)]
  if (value?.form === 'scalar' && typeof value.value === 'string')
    return value.value === '' ? [] : [value.value]
  if (value?.form === 'vector' && value.type === 'STRING') return stringsOf(value)
  return []
}
