/*
  Functions that insert rows into tables (docs/server-semantics.md#inserting), and functions about names, shared tables
  (#shared-tables) and stream tables (#stream-tables).
*/
import type { Builtin, CallContext, Evaluation, ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import {
  boolScalar,
  intScalar,
  longScalar,
  objectKinds,
  stringScalar,
  voidValue,
} from '../../values/scalar.js'
import { columnCountError, isStream } from '../../tables/prepare.js'
import { checkWrite, findTable, shareTable, unshareTable } from '../../tables/privileges.js'
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
import { columnTypeOf, concatColumns } from '../../../protocol/element.js'
import type { Column, Value } from '../../../protocol/value.js'
import { firstReleases } from '../../release.js'
import { columnOfScalar, convertColumn } from '../../columns/convert-column.js'
import { discardedRows, insertTable, insertValues } from '../../tables/insert-values.js'
import { columnIndex } from '../../tables/memory-table.js'
import type { ServerTable, UpsertCount } from '../../tables/server-table.js'
import { type WrittenRows, checkTransactionSize, inTransaction } from '../../tables/transactions.js'

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

/** Appends rows or elements to obj, and returns obj (docs/server-semantics.md#append). */
const append = builtin(
  'append!(obj, newData)',
  (context, [target, addition]) => {
    if (target?.form === 'vector' || target?.form === 'arrayVector') {
      return appendToVector(target, addition)
    }
    const table = writable(context, target)
    if (addition?.form !== 'serverTable') {
      throw new ScriptError('append!(obj, newData). newData must be a table when obj is a table.')
    }
    if (discardedRows(context, table, [addition]) !== undefined) return table
    checkTransactionSize(context.node, table, [addition])
    return inTransaction(context, table, writtenRows([addition]), () => {
      insertTable(table, addition)
      return table
    })
  },
  { mutatesFirst: true },
)

/** Returns obj (docs/server-semantics.md#upsert-and-tableupsert). */
const upsert = builtin(
  'upsert!(obj, newData, [ignoreNull], [keyColNames], [sortColumns])',
  (context, args) => {
    const table = writable(context, args[0], 'UPDATE')
    return upsertRows(context, table, args, () => table)
  },
  { mutatesFirst: true },
)

/** tableUpsert(…) returns a LONG pair inserted:updated (DolphinDB manual, page tableUpsert). */
const tableUpsert: Builtin = {
  ...upsert,
  name: 'tableUpsert',
  since: firstReleases.tableUpsert,
  call: (context, args) =>
    upsertRows(context, writable(context, args[0], 'UPDATE'), args, ({ inserted, updated }) => {
      const data = BigInt64Array.of(BigInt(inserted), BigInt(updated))
      return { form: 'pair', elements: { form: 'vector', type: 'LONG', length: 2, data } }
    }),
}

export const insertFunctions: readonly Builtin[] = [
  /** Returns an INT, the number of rows that the table really took (docs/server-semantics.md#tableinsert). */
  builtin(
    'tableInsert(table, values, ...rest)',
    (context, [target, ...values]) => {
      const table = writable(context, target)
      const { node, session } = context
      const [first] = values
      const fault = node.faults.beforeWrite?.({
        sessionId: session.id,
        table: table.sharedName,
        rows: first?.form === 'serverTable' ? first.rows : 0,
      })
      if (fault === 'drop') return intScalar(0)
      const insert = (): ServerValue | Evaluation<ServerValue> => insertInto(context, table, values)
      if (fault === undefined) return insert()
      if ('until' in fault) return afterWait(fault.until, insert)
      throw new ScriptError(fault.error)
    },
    { mutatesFirst: true },
  ),
  append,
  upsert,
  tableUpsert,
]

function insertInto(
  context: CallContext,
  table: ServerTable,
  values: readonly (ServerValue | undefined)[],
): ServerValue | Evaluation<ServerValue> {
  const present = presentValues(values)
  const discarded = discardedRows(context, table, present)
  if (discarded !== undefined) return intScalar(discarded)
  checkTransactionSize(context.node, table, present)
  return inTransaction(context, table, writtenRows(present), () =>
    intScalar(insertValues(table, present)),
  )
}

function* afterWait(
  until: Promise<unknown>,
  insert: () => ServerValue | Evaluation<ServerValue>,
): Evaluation<ServerValue> {
  yield { until }
  const inserted = insert()
  return 'form' in inserted ? inserted : yield* inserted
}

/**
 * The table, if the user may write to it. For an upsert, the right to update suffices; the right to insert is not
 * needed (tests of the Python client).
 */
function writable(
  context: CallContext,
  target: ServerValue | undefined,
  change: 'INSERT' | 'UPDATE' = 'INSERT',
): ServerTable {
  const table = tableArgument(context, target)
  checkWrite(context, table, change)
  return table
}

function presentValues(values: readonly (ServerValue | undefined)[]): ServerValue[] {
  return values.map((value, index) => {
    if (value !== undefined) return value
    throw new ScriptError(`Argument ${index + 2} of tableInsert must not be empty.`)
  })
}

/** Converts the addition to the type of `target` and appends it in place, because variables refer to `target`. */
function appendToVector(target: Column, addition: ServerValue): ServerValue {
  const more = convertColumn(additionOf(target, addition), columnTypeOf(target))
  return Object.assign(target, concatColumns(target, more))
}

function additionOf(target: Column, addition: ServerValue): Column {
  // A tuple takes the addition as one element (configuration appendTupleAsAWhole, on by default).
  const isTuple = target.form === 'vector' && target.type === 'ANY'
  if (isTuple && isWireValue(addition)) {
    return { form: 'vector', type: 'ANY', length: 1, data: [addition] }
  }
  if (addition.form === 'scalar') return columnOfScalar(addition)
  if (addition.form === 'arrayVector') return addition
  if (addition.form === 'vector') {
    const isOneRow = target.form === 'arrayVector' && addition.type !== 'ANY'
    return isOneRow ? { form: 'vector', type: 'ANY', length: 1, data: [addition] } : addition
  }
  throw new ScriptError(`append!(obj, newData). newData can't be a ${addition.form}.`)
}

function isWireValue(value: ServerValue): value is Extract<ServerValue, Value> {
  return ['scalar', 'vector', 'arrayVector', 'pair', 'matrix', 'set'].includes(value.form)
}

function upsertRows(
  context: CallContext,
  table: ServerTable,
  [, newData, ignoreNull, keyColNames, sortColumns]: readonly (ServerValue | undefined)[],
  answer: (count: UpsertCount) => ServerValue,
): ServerValue | Evaluation<ServerValue> {
  if (newData?.form !== 'serverTable') {
    throw new ScriptError('upsert!(obj, newData). newData must be a table.')
  }
  if (table.kind !== 'dfs' && (table.keyColumns.length === 0 || table.kind === 'keyedStream')) {
    throw new ScriptError(
      'The first argument of upsert! must be a keyed, an indexed or a DFS table.',
    )
  }
  if (!isAbsent(sortColumns)) {
    throw new ScriptError(
      'The embedded server keeps rows in order of arrival: sortColumns is not supported.',
    )
  }
  if (newData.columnNames.length !== table.columnNames.length) throw columnCountError(table)
  const isPrimaryKey = table.stored?.engine === 'PKEY'
  if (isPrimaryKey && !(isAbsent(ignoreNull) && isAbsent(keyColNames))) {
    throw new ScriptError('PKEY tables take neither ignoreNull nor keyColNames nor sortColumns.')
  }
  const keyNames = isPrimaryKey
    ? table.stored.sortColumns
    : textsArgument(keyColNames, 'keyColNames')
  const keyColumns = keyNames.map(name => columnIndex(table, name))
  if (table.kind === 'dfs' && table.keyColumns.length === 0 && keyColumns.length === 0) {
    throw new ScriptError('The argument [keyColNames] must be specified for a DFS table.')
  }
  const discarded = discardedRows(context, table, [newData])
  if (discarded !== undefined) return answer({ inserted: discarded, updated: 0 })
  checkTransactionSize(context.node, table, [newData])
  const written = writtenRows([newData])
  const options = { keyColumns, ignoreNull: booleanArgument(ignoreNull, 'ignoreNull', false) }
  return inTransaction(context, table, written, () =>
    answer(table.upsert(written.columns, written.rows, options)),
  )
}

/** The rows of a table argument, for a transaction; none for other arguments, because DFS tables accept only tables. */
function writtenRows([source]: readonly ServerValue[]): WrittenRows {
  if (source?.form !== 'serverTable') return { columns: [], rows: 0 }
  return {
    columns: source.columnNames.map((_, index) => source.column(index)),
    rows: source.rows,
  }
}
