/* The table of an audit: which of its columns are compared, what identifies a row there, and how a part of it is read. */
import { DdbError, option, ServerError, TimeoutError, usageError } from '../../errors.js'
import type { Timer } from '../../platform/platform.js'
import { columnTypeText, dataTypes, type ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import { nearestHint } from '../../schema/nearest.js'
import { member, schemaFromServer } from '../../schema/server-schema.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import type { CheckedOptions } from '../checked-options.js'
import { askCount } from '../connection/server-queries.js'
import { watchedTable } from '../evidence/identity.js'
import type { Run } from '../run.js'
import { leavesMemory, neverDecreases } from '../target/table-state.js'
import { hasTransform, selectText, tableText } from '../target/target.js'
import { boundsOf, type ValueRange } from '../target/touched-partitions.js'
import type { Keeps, Rows } from './hashes.js'

export type ComparedTable = ReturnType<typeof comparedTable>

/** @throws {UsageError} DDB_USAGE if values cannot be compared @throws {DdbError} DDB_UNPROVEN if it is unclear which rows stay */
export function comparedTable(run: Run, names: readonly string[] | undefined) {
  const { checked, options, platform } = run
  const { target } = run
  const { state, keyColumns = [], keyed } = target
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
  const { dimensions = [] } = partition ?? {}
  const isByKey = dimensions.every(({ columnName }) => keyColumns.includes(columnName))
  if (keyed && (keys.length === 0 || keys.includes(-1) || !isByKey)) {
    throw new DdbError(
      'DDB_UNPROVEN',
      `${tableText(table)} keeps one of several rows, and the compared columns do not show which rows these are: an audit of it decides nothing`,
    )
  }
  const kept = member(schema, 'keepDuplicates')
  const keepsFirst = neverDecreases(total) || (kept?.form === 'scalar' && kept.value === 'FIRST')
  const keeps: Keeps = !keyed ? 'all' : keepsFirst ? 'first' : 'last'
  return {
    ...{ session: run.control!, timeoutMs: checked.confirmTimeoutMs, clock: platform.clock },
    signal: AbortSignal.any([options.signal, options.leave].filter(one => one !== undefined)),
    ...{ target, table, partition, state },
    /** Identifiers of its storage; null if the server gives none. */
    identity: chunkId === null && physicalIndex === null ? null : `${chunkId}/${physicalIndex}`,
    /** Columns to compare, as the table has them, and their indexes among the columns that a load sends. */
    columns,
    sent: columns.map(({ name }) => target.columns.findIndex(one => one.name === name)),
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

/** Texts are compared whatever their type: SYMBOL columns may come as STRING. */
function isSameType(a: ColumnType, b: ColumnType): boolean {
  const isText = ({ type }: ColumnType): boolean => type === 'SYMBOL' || type === 'STRING'
  return columnTypeText(a) === columnTypeText(b) || (isText(a) && isText(b))
}

/** Rows of one query for a table in memory. */
const sliceRows = 65_536
/** Servers count the size of a block in records or in bytes (docs/protocol.md#blocks): as records, a block may have so many bytes. */
const mostBlockBytes = 8 * 1024 * 1024
const leastFetchSize = 8_192
const bytesOfText = 32

/**
 * Prepares to read these ranges of the table; if it is in memory and without partitions, so that rows keep their place, its first rows.
 * @param mostRows  limit for a table in memory
 * @returns `read` may fail with any error of a session, or DDB_TARGET_CHANGED if the table has other columns by now
 */
export async function openTable(
  found: ComparedTable,
  touched: readonly (ValueRange | null)[],
  mostRows = Infinity,
) {
  const { session, timeoutMs, clock, signal, table, partition, target, columns, state } = found
  const isPlain = table.kind === 'shared' && partition === undefined && target.isDivided !== true
  const count = isPlain ? await askCount({ session, timeoutMs }, table) : 0
  const rows = Math.min(count, mostRows)
  const slices = Array.from({ length: Math.ceil(rows / sliceRows) }, (_, i) => {
    return { from: i * sliceRows, rows: Math.min(sliceRows, rows - i * sliceRows) }
  })
  const queries = isPlain
    ? slices.map(slice => ({ range: null, slice }))
    : touched.map(range => ({ range, slice: undefined }))
  const names = columns.map(({ name }) => name)
  const widths = columns.map(({ type }) => dataTypes[type.type].bytesPerValue || bytesOfText)
  const rowBytes = widths.reduce((sum, width) => sum + width)
  const fetchSize = Math.max(leastFetchSize, Math.floor(mostBlockBytes / rowBytes))
  const silent = new TimeoutError(`No rows within ${timeoutMs} ms.`, 'delivery.confirmTimeoutMs')
  // A time limit for the whole answer would end the reading of a large partition.
  const watch = (): Timer => clock.after(timeoutMs, () => session.abandon(silent))
  async function* read(): AsyncGenerator<Rows> {
    for (const { range, slice } of queries) {
      if (range !== null) await session.upload(boundsOf(range))
      const script = selectText(table, names, range, slice)
      let timer = watch()
      try {
        for await (const block of session.readBlocks(script, { fetchSize, signal })) {
          timer.cancel()
          yield rowsOf(block, found)
          timer = watch()
        }
      } finally {
        timer.cancel()
      }
    }
  }
  const goneRows = isPlain && leavesMemory(state.total) ? state.rows! - count : 0
  return { ranges: isPlain ? [null] : touched, goneRows, read }
}

/** The block with its columns in the order of the table's. */
function rowsOf(block: Value, { table, columns }: ComparedTable): Rows {
  if (block.form !== 'table') throw new ServerError('', 'DDB_SERVER', 'the answer has no rows')
  const found = columns.map(({ name, type }) => {
    const column = block.columns[block.columnNames.indexOf(name)]
    if (column && isSameType(columnTypeOf(column), type)) return column
    const what = `column ${name} of type ${columnTypeText(type)}`
    throw new DdbError('DDB_TARGET_CHANGED', `${tableText(table)} has no ${what} any more`)
  })
  return { columns: found, rowCount: block.rows }
}
