/*
  Functions about names and shared tables: share tables, find objects, remove definitions
  (docs/server-semantics.md#shared-tables), and functions about stream tables (#stream-tables).
*/
import type { Builtin, CallContext, ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import { objectKinds } from '../../values/constants.js'
import { boolScalar, intScalar, longScalar, stringScalar, voidValue } from '../../values/scalar.js'
import { isStream } from '../../tables/prepare.js'
import { findTable, shareTable, unshareTable } from '../../tables/privileges.js'
import {
  boolResult,
  booleanArgument,
  builtin,
  integerArgument,
  isAbsent,
  tableArgument,
  textArgument,
  textsArgument,
  wordArgument,
} from '../arguments.js'
import { dictionaryOf, tableOf } from '../result-table.js'
import { tableBytes } from './schema.js'

type ObjectKind = keyof typeof objectKinds

const leastCacheRows = 1_000

function cacheRows(value: ServerValue | undefined): number {
  const rows = isAbsent(value) ? 0 : integerArgument(value, 'cacheSize')
  return rows <= 0 ? Infinity : Math.max(leastCacheRows, rows)
}

export const shareFunctions: readonly Builtin[] = [
  builtin('defined(names, [type])', ({ session, node }, [names, type]) => {
    const known: Readonly<Record<ObjectKind, (name: string) => boolean>> = {
      VAR: name => session.variables.has(name),
      SHARED: name => node.shared.has(name),
      DEF: name => session.functions.has(name) || node.functionViews.has(name),
    }
    const kind = wordArgument(type, 'type', objectKinds) ?? 'VAR'
    return boolResult(names, textsArgument(names, 'names').map(known[kind]))
  }),
  builtin(
    'share(table, sharedName, [database], [dbName], [partitionColumn], [readonly])',
    (context, [target, name, database, dbName, partitionColumn, readOnly]) => {
      if (![database, dbName, partitionColumn].every(isAbsent)) {
        throw new ScriptError(
          'The embedded server is one node: a table is shared by its name alone.',
        )
      }
      const table = tableArgument(context, target)
      const isReadOnly = booleanArgument(readOnly, 'readonly', false)
      const { node, session } = context
      shareTable(node, session, table, textArgument(name, 'sharedName'), isReadOnly)
      return voidValue
    },
  ),
  /**
   * Removes variables, shared tables or functions by name. The name `all` removes all objects of the given kind;
   * without a kind, it removes all objects of the session (DolphinDB manual, page undef).
   */
  builtin('undef(obj, [objType])', (context, [obj, objType]) => {
    const names = textsArgument(obj, 'obj')
    const kind = wordArgument(objType, 'objType', objectKinds)
    if (names.length === 1 && names[0] === 'all') forgetAll(context, kind)
    else for (const name of names) forget(context, name, kind ?? 'VAR')
    return voidValue
  }),
  /**
   * Finds a variable of the session, or else a shared table. With sharedVar true, finds only shared tables; with false,
   * only variables (DolphinDB manual, page objByName).
   */
  builtin('objByName(name, [sharedVar])', ({ node, session }, [name, sharedVar]) => {
    const text = textArgument(name, 'name')
    const own = session.variables.get(text)
    const shared = node.shared.get(text)?.table
    const isShared = booleanArgument(sharedVar, 'sharedVar', own === undefined)
    const found = isShared ? shared : own
    if (found === undefined) throw new ScriptError(`Can't find the object with name ${text}`)
    return found
  }),
]

function forget(context: CallContext, name: string, kind: ObjectKind): void {
  const { node, session } = context
  if (kind === 'SHARED') {
    unshareTable(node, session, name)
    return
  }
  const known = kind === 'VAR' ? session.variables : session.functions
  if (!known.delete(name)) throw new ScriptError(`Can't find the object with name ${name}`)
}

function forgetAll({ node, session }: CallContext, kind: ObjectKind | undefined): void {
  if (kind === undefined || kind === 'VAR') session.variables.clear()
  if (kind === undefined || kind === 'DEF') session.functions.clear()
  if (kind === 'SHARED')
    for (const name of [...node.shared.keys()]) unshareTable(node, session, name)
}

export const streamTableFunctions: readonly Builtin[] = [
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
    return tableOf(tables, {
      name: ['STRING', table => table.sharedName],
      shared: ['BOOL', () => true],
      persisted: ['BOOL', ({ cachedRows }) => cachedRows !== undefined],
      cachePurgeEnabled: ['BOOL', () => node.discards],
      loaded: ['BOOL', () => true],
      columns: ['INT', table => table.columnNames.length],
      rowsInMemory: ['LONG', table => BigInt(table.rows)],
      totalRows: ['LONG', table => BigInt(table.totalRows)],
      memoryUsed: ['LONG', table => BigInt(tableBytes(table))],
    })
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
