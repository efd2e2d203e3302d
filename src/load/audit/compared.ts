/*
  Decides what an audit compares: which table and columns, what identifies a row there, and which part of the table to read.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, option, usageError } from '../../errors.js'
import { columnTypeText, type ColumnType } from '../../protocol/data-type.js'
import { nearestHint } from '../../schema/nearest.js'
import type { PartitionScheme } from '../../schema/partition-dimension.js'
import { member, schemaFromServer } from '../../schema/server-schema.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { CheckedOptions } from '../checked-options.js'
import { askSchema } from '../connection/server-queries.js'
import { askIdentity, watchedTable, type TargetIdentity } from '../evidence/identity.js'
import { neverDecreases } from '../target/table-state.js'
import type { TargetDescription } from '../target/describe-target.js'
import { hasTransform, tableText, type TableTarget } from '../target/target.js'
import type { Keeps } from './row-sets.js'

export interface Compared {
  readonly table: TableTarget
  readonly identity: TargetIdentity
  /** Columns to compare, as the table has them. */
  readonly columns: readonly TargetColumn[]
  /** Their indexes among the columns that a load sends. */
  readonly sent: readonly number[]
  /** Those that identify a row, as indexes of `columns`; empty if the table keeps every row. */
  readonly keys: readonly number[]
  readonly keeps: Keeps
  readonly partition: PartitionScheme | undefined
  /** Whether the table is in memory and without partitions, so that rows keep their place. */
  readonly isPlain: boolean
}

/**
 * @param names  columns that the user chose; default all
 * @throws {UsageError} DDB_USAGE if values cannot be compared
 * @throws {DdbError} DDB_UNPROVEN if nothing shows which rows the table keeps
 * @throws {ConnectionError} @throws {ServerError} @throws {TimeoutError}
 */
export async function findCompared(
  control: Session,
  checked: CheckedOptions,
  target: TargetDescription,
  names: readonly string[] | undefined,
): Promise<Compared> {
  const table = watchedTable(checked)
  if (table === undefined) {
    throw usageError(
      `an audit reads a table: name the one that the function writes to with ${option('target.confirmTable')}`,
    )
  }
  const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
  const schema = await askSchema(asking, table)
  const { identity } = await askIdentity({ session: control, checked, description: target })
  const stored = schemaFromServer(schema)
  const columns = storedColumns(checked, target, stored.columns, names)
  const { keyColumns = [], keyed, upsert } = target
  const isKeyed = keyed || upsert !== undefined
  const keys = isKeyed ? keyColumns.map(key => columns.findIndex(({ name }) => name === key)) : []
  const { dimensions = [] } = stored.partition ?? {}
  const isByKey = dimensions.every(({ columnName }) => keyColumns.includes(columnName))
  if (isKeyed && (keys.length === 0 || keys.includes(-1) || !isByKey)) {
    throw new DdbError(
      'DDB_UNPROVEN',
      `${tableText(table)} keeps one of several rows, and the compared columns do not show which rows these are: an audit of it decides nothing`,
    )
  }
  const kept = member(schema, 'keepDuplicates')
  const keepsFirst =
    neverDecreases(identity.total) || (kept?.form === 'scalar' && kept.value === 'FIRST')
  return {
    ...{ table, identity, columns, keys, partition: stored.partition },
    sent: columns.map(({ name }) => target.columns.findIndex(one => one.name === name)),
    keeps: !isKeyed ? 'all' : keepsFirst ? 'first' : 'last',
    isPlain: table.kind === 'shared' && stored.partition === undefined && target.isHandle !== true,
  }
}

function storedColumns(
  checked: CheckedOptions,
  { columns: sent }: TargetDescription,
  stored: readonly TargetColumn[],
  names: readonly string[] | undefined,
): readonly TargetColumn[] {
  if (names === undefined && hasTransform(checked)) {
    throw usageError(
      `name the columns that ${option('target.transform')} leaves as they are in ${option('columns')}: only these can be compared`,
    )
  }
  if (names?.length === 0) throw usageError(`name a column to compare in ${option('columns')}`)
  const known = stored.map(({ name }) => name)
  return [...new Set(names ?? sent.map(({ name }) => name))].map(name => {
    const column = stored.find(one => one.name === name)
    const source = sent.find(one => one.name === name)
    if (column === undefined || source === undefined) {
      throw usageError(
        `column "${name}" is not both in the table and among those that a load sends${nearestHint(name, known)}: name the columns to compare in ${option('columns')}`,
      )
    }
    if (isSameType(column.type, source.type)) return column
    throw usageError(
      `column "${name}" is sent as ${columnTypeText(source.type)} and stored as ${columnTypeText(column.type)}: name the other columns in ${option('columns')}`,
    )
  })
}

/** Texts are compared whatever their type: SYMBOL columns may come as STRING. */
export function isSameType(a: ColumnType, b: ColumnType): boolean {
  const isText = ({ type }: ColumnType): boolean => type === 'SYMBOL' || type === 'STRING'
  return columnTypeText(a) === columnTypeText(b) || (isText(a) && isText(b))
}
