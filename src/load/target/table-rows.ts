/* Reads the rows of a table in blocks: those in ranges of values, or the first rows of a table in memory. */
import { DdbError, ServerError, TimeoutError } from '../../errors.js'
import type { Timer } from '../../platform/platform.js'
import { columnTypeText, dataTypes, type ColumnType } from '../../protocol/data-type.js'
import { columnTypeOf } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import type { TargetColumn } from '../../schema/target-schema.js'
import { defined } from '../checked-options.js'
import { askCount } from '../connection/server-queries.js'
import type { Run } from '../run.js'
import type { RowsOfColumns } from './partition-scheme.js'
import { leavesMemory } from './describe-target.js'
import { selectText, tableText, type TableTarget } from './target.js'
import { boundsOf, type ValueRange } from './touched-partitions.js'

/** Texts are compared whatever their type: SYMBOL columns may come as STRING. */
export function isSameType(a: ColumnType, b: ColumnType): boolean {
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
 * @param table  that of the run's target, with the columns to read @param mostRows  limit for a table in memory
 * @returns `read` may fail with any error of a session, or DDB_TARGET_CHANGED if the table has other columns by now
 */
export async function openTable(
  { control, checked, platform, options: { signal }, target }: Run,
  { table, columns }: { readonly table: TableTarget; readonly columns: readonly TargetColumn[] },
  touched: readonly (ValueRange | null)[],
  mostRows = Infinity,
) {
  const asking = { session: control!, timeoutMs: checked.confirmTimeoutMs }
  const { session, timeoutMs } = asking
  const { state, isDivided = false, partitionColumns = [] } = target
  const isPlain = table.kind === 'shared' && !isDivided && partitionColumns.length === 0
  const count = isPlain ? await askCount(asking, table) : 0
  const rows = Math.min(count, mostRows)
  const queries = isPlain
    ? Array.from({ length: Math.ceil(rows / sliceRows) }, (_, i) => {
        const from = i * sliceRows
        return { range: null, slice: { from, rows: Math.min(sliceRows, rows - from) } }
      })
    : touched.map(range => ({ range, slice: undefined }))
  const names = columns.map(({ name }) => name)
  const widths = columns.map(({ type }) => dataTypes[type.type].bytesPerValue || bytesOfText)
  const rowBytes = widths.reduce((sum, width) => sum + width)
  const fetchSize = Math.max(leastFetchSize, Math.floor(mostBlockBytes / rowBytes))
  const silent = new TimeoutError(`No rows within ${timeoutMs} ms.`, 'delivery.confirmTimeoutMs')
  // A time limit for the whole answer would end the reading of a large partition.
  const watch = (): Timer => platform.clock.after(timeoutMs, () => session.abandon(silent))
  const columnsOf = (block: Value): RowsOfColumns => {
    if (block.form !== 'table') throw new ServerError('', 'DDB_SERVER', 'the answer has no rows')
    const found = columns.map(({ name, type }) => {
      const column = block.columns[block.columnNames.indexOf(name)]
      if (column && isSameType(columnTypeOf(column), type)) return column
      const what = `column ${name} of type ${columnTypeText(type)}`
      throw new DdbError('DDB_TARGET_CHANGED', `${tableText(table)} has no ${what} any more`)
    })
    return { columns: found, rowCount: block.rows }
  }
  async function* read(): AsyncGenerator<RowsOfColumns> {
    for (const { range, slice } of queries) {
      if (range !== null) await session.upload(boundsOf(range))
      const script = selectText(table, names, range, slice)
      let timer = watch()
      try {
        for await (const block of session.readBlocks(script, defined({ fetchSize, signal }))) {
          timer.cancel()
          yield columnsOf(block)
          timer = watch()
        }
      } finally {
        timer.cancel()
      }
    }
  }
  const goneRows = isPlain && leavesMemory(state!.total) ? state!.rows! - count : 0
  return { ranges: isPlain ? [null] : touched, goneRows, read }
}
