/*
  Functions about stream tables (docs/server-semantics.md#stream-tables).
*/
import { vectorOf } from '../../../protocol/element.js'
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { boolScalar, intScalar, longScalar, stringScalar, voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { isStream } from '../../tables/prepare.js'
import { findTable, shareTable, unshareTable } from '../../tables/sharing.js'
import type { ServerTable } from '../../tables/server-table.js'
import {
  builtin,
  booleanArgument,
  integerArgument,
  isAbsent,
  tableArgument,
  textArgument,
} from '../arguments.js'
import { makeKeyedTable, makeTable } from './make-tables.js'
import { dictionaryOf, tableOfColumns } from '../result-table.js'
import { tableBytes } from './object-list.js'

const leastCacheRows = 1_000

function cacheRows(value: ServerValue | undefined): number {
  const rows = isAbsent(value) ? 0 : integerArgument(value, 'cacheSize')
  return rows <= 0 ? Infinity : Math.max(leastCacheRows, rows)
}

export const streamTableFunctions: readonly Builtin[] = [
  builtin('streamTable(X, ...rest)', (context, args) => makeTable(context, 'stream', args)),

  /** The first row of each key wins, even within one batch (DolphinDB manual, page keyedStreamTable). */
  builtin('keyedStreamTable(keyColumn, X, ...rest)', (context, args) =>
    makeKeyedTable(context, 'keyedStream', args),
  ),

  builtin('existsStreamTable(tableName)', ({ node, session }, [name]) => {
    const table = findTable(node, session, textArgument(name, 'tableName'))
    return boolScalar(table !== undefined && isStream(table))
  }),
  builtin('dropStreamTable(tableName, [force])', ({ node, session }, [name, force]) => {
    const tableName = textArgument(name, 'tableName')
    const table = findTable(node, session, tableName)
    if (table === undefined || !isStream(table)) {
      if (booleanArgument(force, 'force', false)) return voidValue
      throw new ScriptError(`Can't find stream table ${tableName}`)
    }
    if (node.shared.get(tableName)?.table === table) unshareTable(node, session, tableName)
    if (session.variables.get(tableName) === table) session.variables.delete(tableName)
    return voidValue
  }),

  /** Shares the table but writes nothing to disk. Refuses the call if the setting persistenceDir is empty (S03006). */
  builtin(
    'enableTableShareAndPersistence(table, tableName, [asynWrite], [compress], [cacheSize], [retentionMinutes], [flushMode], [preCache])',
    (context, [target, name, , , cacheSize]) => {
      if (context.node.config.persistenceDir === '') {
        throw new ScriptError(
          'To enable table persistence, specify persistenceDir in server configuration and restart node. RefId: S03006',
        )
      }
      const table = tableArgument(context, target)
      if (!isStream(table)) throw new ScriptError('Only a stream table can be persisted.')
      shareTable(context.node, context.session, table, textArgument(name, 'tableName'))
      table.cachedRows = cacheRows(cacheSize)
      return voidValue
    },
  ),

  /** The figures that a persisted stream table would have. The embedded server writes no rows to disk. */
  builtin('getPersistenceMeta(table)', (context, [target]) => {
    const { rows, totalRows, cachedRows } = tableArgument(context, target)
    if (cachedRows === undefined) throw new ScriptError('The table is not persisted.')
    return dictionaryOf({
      lastLogSeqNum: longScalar(-1n),
      sizeInMemory: longScalar(BigInt(rows)),
      asynWrite: boolScalar(true),
      totalSize: longScalar(BigInt(totalRows)),
      raftGroup: intScalar(-1),
      compress: boolScalar(true),
      memoryOffset: longScalar(BigInt(totalRows - rows)),
      sizeOnDisk: longScalar(BigInt(totalRows)),
      retentionMinutes: intScalar(1440),
      persistenceDir: stringScalar(context.node.config.persistenceDir),
      hashValue: intScalar(0),
      diskOffset: longScalar(0n),
    })
  }),

  builtin('getStreamTables([option])', ({ node }) => {
    const tables = [...node.shared.values()].map(entry => entry.table).filter(isStream)
    const bools = (value: (table: ServerTable) => boolean): ReturnType<typeof vectorOf> =>
      vectorOf({ type: 'BOOL' }, tables.map(value))
    const longs = (value: (table: ServerTable) => number): ReturnType<typeof vectorOf> =>
      vectorOf(
        { type: 'LONG' },
        tables.map(table => BigInt(value(table))),
      )
    const columns = {
      name: vectorOf(
        { type: 'STRING' },
        tables.map(table => table.sharedName),
      ),
      shared: bools(() => true),
      persisted: bools(({ cachedRows }) => cachedRows !== undefined),
      cachePurgeEnabled: bools(() => node.discards),
      loaded: bools(() => true),
      columns: vectorOf(
        { type: 'INT' },
        tables.map(table => table.columnNames.length),
      ),
      rowsInMemory: longs(table => table.rows),
      totalRows: longs(table => table.totalRows),
      memoryUsed: longs(tableBytes),
    }
    return tableOfColumns(columns)
  }),

  /**
   * Returns the name of the column that receives the arrival time. Here it is always '', because no table has such a
   * column. Writers to stream tables call this function (docs/protocol.md#table-writers).
   */
  builtin('getStreamTableTimestamp(tableName)', (context, [target]) => {
    if (!isStream(tableArgument(context, target))) {
      throw new ScriptError('getStreamTableTimestamp(table). table must be a stream table.')
    }
    return stringScalar('')
  }),
]
