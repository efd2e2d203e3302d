/* The table of an audit: which of its columns are compared, and what identifies a row there. */
import { DdbError, option, usageError } from '../../errors.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { nearestHint } from '../../schema/nearest.js'
import { member, schemaFromServer, type TargetColumn } from '../../schema/target-schema.js'
import type { CheckedOptions } from '../checked-options.js'
import { watchedTable } from '../evidence/sample-rows.js'
import type { Run } from '../run.js'
import { neverDecreases } from '../target/describe-target.js'
import type { RowsOfColumns } from '../target/partition-scheme.js'
import { isSameType } from '../target/table-rows.js'
import { hasTransform, tableText } from '../target/target.js'
import type { Keeps } from './hashes.js'

export type ComparedTable = ReturnType<typeof comparedTable>

/** @throws {UsageError} DDB_USAGE if values cannot be compared @throws {DdbError} DDB_UNPROVEN if it is unclear which rows stay */
export function comparedTable(run: Run, names: readonly string[] | undefined) {
  const { checked, target } = run
  const { state, keyColumns = [], partitionColumns = [], keyed } = target
  const table = watchedTable(checked)
  if (table === undefined || state?.schema === undefined) {
    throw usageError(
      `an audit reads a table: name the one that the function writes to with ${option('target.confirmTable')}`,
    )
  }
  const { schema, total, chunkId, physicalIndex } = state
  const { columns: stored, partition } = schemaFromServer(schema)
  const columns = columnsToCompare(checked, target.columns, stored, names)
  const keys = keyed ? keyColumns.map(key => columns.findIndex(({ name }) => name === key)) : []
  const isByKey = partitionColumns.every(name => keyColumns.includes(name))
  if (keyed && (keys.length === 0 || keys.includes(-1) || !isByKey)) {
    throw new DdbError(
      'DDB_UNPROVEN',
      `${tableText(table)} keeps one of several rows, and the compared columns do not show which rows these are: an audit of it decides nothing`,
    )
  }
  const kept = member(schema, 'keepDuplicates')
  const keepsFirst = neverDecreases(total) || (kept?.form === 'scalar' && kept.value === 'FIRST')
  const keeps: Keeps = !keyed ? 'all' : keepsFirst ? 'first' : 'last'
  const sent = columns.map(({ name }) => target.columns.findIndex(one => one.name === name))
  return {
    ...{ table, partition },
    /** Identifiers of its storage; null if the server gives none. */
    identity: chunkId === null && physicalIndex === null ? null : `${chunkId}/${physicalIndex}`,
    /** Columns to compare, as the table has them. */
    columns,
    /** Takes these columns from a batch. */
    rowsOf: ({ columns: all, rowCount }: RowsOfColumns): RowsOfColumns => {
      return { rowCount, columns: sent.map(index => all[index]!) }
    },
    /** Those that identify a row, as indexes of `columns`; empty if the table keeps every row. */
    keys,
    keeps,
  }
}

function columnsToCompare(
  checked: CheckedOptions,
  sent: readonly TargetColumn[],
  stored: readonly TargetColumn[],
  names: readonly string[] | undefined,
): readonly TargetColumn[] {
  const refuse = (why: string): never => {
    throw usageError(`${why}: name the columns to compare in ${option('columns')}`)
  }
  if (names === undefined && hasTransform(checked)) {
    refuse(`only columns that ${option('target.transform')} leaves as they are can be compared`)
  }
  if (names?.length === 0) refuse('there is no column to compare')
  const known = stored.map(({ name }) => name)
  return [...new Set(names ?? sent.map(({ name }) => name))].map(name => {
    const [source, column] = [sent, stored].map(all => all.find(one => one.name === name))
    if (source && column && isSameType(source.type, column.type)) return column
    const types = [source, column].map(one => (one ? columnTypeText(one.type) : 'no such column'))
    const hint = nearestHint(name, known)
    return refuse(`column "${name}" is sent as ${types[0]} and stored as ${types[1]}${hint}`)
  })
}
