/* Functions that insert rows, and those about names, shared tables and stream tables (docs/server-semantics.md#inserting). */
import type { Evaluation, ServerValue, Suspension } from '../values/server-value.js'
import { ScriptError, check } from '../script-error.js'
import { intScalar, objectKinds, tupleOf } from '../values/values.js'
import { countError, isStream } from '../tables/prepare.js'
import { checkWrite, findTable, shareTable, unshareTable } from '../tables/privileges.js'
import {
  boolResult,
  type Call,
  type Given,
  columnArgument,
  dictionaryOf,
  family,
  isAbsent,
  tableArgument,
  tableOf,
  textsArgument,
  wordArgument,
} from './arguments.js'
import { firstReleases, isAtLeast } from '../node.js'
import { tableBytes } from './schema.js'
import { columnTypeOf, concatColumns, vectorOf } from '../../protocol/element.js'
import type { Column, Vector } from '../../protocol/value.js'
import { convertColumn } from '../columns/convert-column.js'
import { rowsOfArguments, writeRows } from '../tables/write-rows.js'
import { type ServerTable, type UpsertCount, columnIndex } from '../tables/server-table.js'

const leastCacheRows = 1_000

export const rowFunctions = family({
  'defined(names, [type])': ({ session, node }, [names, type]) => {
    const known: Readonly<Record<keyof typeof objectKinds, (name: string) => boolean>> = {
      VAR: name => session.variables.has(name),
      SHARED: name => node.shared.has(name),
      DEF: name => session.functions.has(name) || node.functionViews.has(name),
    }
    const kind = wordArgument(type, 'type', objectKinds) ?? 'VAR'
    return boolResult(names, textsArgument(names, 'names').map(known[kind]))
  },
  'share(table: table, sharedName: text, ...rest)': (context, [table, name, ...rest]) => {
    const isPlain = rest.every(isAbsent)
    check(isPlain, 'The embedded server is one node: a table is shared by its name alone.')
    shareTable(context, table, name)
  },
  /** The name `all` stands for all objects of the given kind; without a kind, of the session (DolphinDB manual, page undef). */
  'undef(obj, [objType])': ({ node, session }, [obj, objType]) => {
    // In `undef all`, the word is the name of a function.
    const names = obj.form === 'function' ? [obj.name] : textsArgument(obj, 'obj')
    const isAll = names.length === 1 && names[0] === 'all'
    const given = wordArgument(objType, 'objType', objectKinds)
    const known = { VAR: session.variables, DEF: session.functions, SHARED: node.shared }
    const kinds =
      given !== undefined ? [given] : isAll ? (['VAR', 'DEF'] as const) : ['VAR' as const]
    for (const kind of kinds) {
      for (const name of isAll ? [...known[kind].keys()] : names) {
        if (kind === 'SHARED') unshareTable({ node, session }, name)
        else check(known[kind].delete(name), `Can't find the object with name ${name}`)
      }
    }
  },
  /** A variable of the session, or else a shared table; `sharedVar` looks for one of them alone (DolphinDB manual, page objByName). */
  'objByName(name: text, [sharedVar: bool])': ({ node, session }, [name, sharedVar]) => {
    const own = session.variables.get(name)
    const isShared = sharedVar ?? own === undefined
    const found = isShared ? node.shared.get(name)?.table : own
    check(found !== undefined, `Can't find the object with name ${name}`)
    return found
  },
  'dropStreamTable(tableName: text, [force: bool])': ({ node, session }, [name, force]) => {
    const table = findTable({ node, session }, name)
    if (table === undefined || !isStream(table)) {
      check(force === true, `Can't find stream table ${name}`)
      return
    }
    if (node.shared.get(name)?.table === table) unshareTable({ node, session }, name)
    if (session.variables.get(name) === table) session.variables.delete(name)
  },
  /** Shares the table but writes nothing to disk. Refuses the call if the setting persistenceDir is empty (S03006). */
  'enableTableShareAndPersistence(table: table, tableName: text, [asynWrite], [compress], [cacheSize: int], [retentionMinutes], [flushMode], [preCache])':
    ({ node, session }, [table, name, , , cacheSize = 0]) => {
      const text =
        'To enable table persistence, specify persistenceDir in server configuration and restart node. RefId: S03006'
      check(node.config.persistenceDir !== '', text)
      check(isStream(table), 'Only a stream table can be persisted.')
      shareTable({ node, session }, table, name)
      table.cachedRows = cacheSize <= 0 ? Infinity : Math.max(leastCacheRows, cacheSize)
    },
  /** The figures that a persisted stream table would have. The embedded server writes no rows to disk. */
  'getPersistenceMeta(table: table)': ({ node }, [{ rows, totalRows, cachedRows }]) => {
    check(cachedRows !== undefined, 'The table is not persisted.')
    return dictionaryOf({
      sizeInMemory: BigInt(rows),
      totalSize: BigInt(totalRows),
      memoryOffset: BigInt(totalRows - rows),
      sizeOnDisk: BigInt(totalRows),
      persistenceDir: node.config.persistenceDir,
    })
  },
  'getStreamTables([option])': ({ node }) => {
    const tables = [...node.shared.values()].map(entry => entry.table).filter(isStream)
    const purge = isAtLeast(node.release, firstReleases.cachePurgeEnabled)
    return tableOf(
      `name STRING, shared BOOL, persisted BOOL, ${purge ? 'cachePurgeEnabled BOOL, ' : ''}loaded BOOL, columns INT, rowsInMemory LONG, totalRows LONG, memoryUsed LONG`,
      tables.map(table => {
        const { sharedName, cachedRows, columnNames, rows, totalRows } = table
        const counts = [rows, totalRows, tableBytes(table)].map(BigInt)
        const purged = purge ? [node.discarded !== undefined] : []
        const state = [true, cachedRows !== undefined, ...purged, true]
        return [sharedName, ...state, columnNames.length, ...counts]
      }),
    )
  },
  /** The name of the column for the arrival time, which no table has here. Writers to streams ask (docs/protocol.md#table-writers). */
  'getStreamTableTimestamp(tableName: table)': (_, [table]) => {
    check(isStream(table), 'getStreamTableTimestamp(table). table must be a stream table.')
    return ''
  },
  /** Returns an INT, the number of rows that the table really took (docs/server-semantics.md#tableinsert). */
  'tableInsert(mutable table: table, values, ...rest)': (context, [table, ...values]) => {
    checkWrite(context, table)
    const [first] = values
    const isTable = first.form === 'serverTable'
    const fault = context.session.fault?.insert?.({
      sessionId: context.session.id,
      table: table.sharedName,
      rows: isTable ? first.rows : 0,
    })
    if (fault === 'drop') return 0
    if (fault !== undefined && 'error' in fault) throw new ScriptError(fault.error)
    const insert = (): ServerValue | Evaluation<ServerValue> => {
      const present = values.map((value, index) => {
        check(value !== undefined, `Argument ${index + 2} of tableInsert must not be empty.`)
        return value
      })
      const rows = rowsOfArguments(table, present)
      return writeRows(context, table, rows, isTable, ({ inserted }) => intScalar(inserted))
    }
    return fault === undefined ? insert() : later(fault, insert)
  },
  /** Appends rows or elements to obj, and returns obj (docs/server-semantics.md#append). */
  'append!(mutable obj, newData)': (context, [target, addition]) => {
    if (target.form === 'vector' || target.form === 'arrayVector') {
      const more = convertColumn(additionOf(target, addition), columnTypeOf(target))
      // In place, because variables refer to the target.
      return Object.assign(target, concatColumns([target, more]))
    }
    const table = tableArgument(target, context)
    checkWrite(context, table)
    const isTable = addition.form === 'serverTable'
    check(isTable, 'append!(obj, newData). newData must be a table when obj is a table.')
    return writeRows(context, table, addition.columns, true, () => table)
  },
  /** Returns obj (docs/server-semantics.md#upsert-and-tableupsert). */
  'upsert!(mutable obj: table, newData: rows, [ignoreNull: bool], [keyColNames: texts], [sortColumns])':
    upsert(table => table),
  /** Returns a LONG pair inserted:updated (DolphinDB manual, page tableUpsert). */
  'tableUpsert(mutable obj: table, newData: rows, [ignoreNull: bool], [keyColNames: texts], [sortColumns])':
    upsert((_, { inserted, updated }) => {
      const elements = vectorOf({ type: 'LONG' }, [inserted, updated]) as Vector
      return { form: 'pair', elements }
    }),
})

function* later(
  wait: Suspension,
  insert: () => ServerValue | Evaluation<ServerValue>,
): Evaluation<ServerValue> {
  yield wait
  const begun = insert()
  return 'form' in begun ? begun : yield* begun
}

function additionOf(target: Column, addition: ServerValue): Column {
  // A tuple takes the addition as one element (configuration appendTupleAsAWhole, on by default).
  const isTuple = target.form === 'vector' && target.type === 'ANY'
  if (isTuple) return tupleOf([addition])
  const column = columnArgument(addition, 'append!')
  const isOneRow =
    target.form === 'arrayVector' && column.form === 'vector' && column.type !== 'ANY'
  return isOneRow ? tupleOf([column]) : column
}

/** An upsert needs only the right to update, not the right to insert (tests of the Python client). */
function upsert(
  answer: (table: ServerTable, count: UpsertCount) => ServerValue,
): Call<
  Given<'upsert(obj: table, newData: rows, [ignoreNull: bool], [keyColNames: texts], [sortColumns])'>
> {
  return (context, [table, newData, ignoreNull, keyColNames, sortColumns]) => {
    checkWrite(context, table, 'UPDATE')
    const { kind, stored, keyColumns: ownKeys } = table
    const isStored = kind === 'dfs'
    const isKeyed = isStored || (ownKeys.length > 0 && kind !== 'keyedStream')
    check(isKeyed, 'The first argument of upsert! must be a keyed, an indexed or a DFS table.')
    check(
      isAbsent(sortColumns),
      'The embedded server keeps rows in order of arrival: sortColumns is not supported.',
    )
    if (newData.columnNames.length !== table.columnNames.length) throw countError(table)
    const isPrimaryKey = stored?.engine === 'PKEY'
    const isPlain = !isPrimaryKey || (ignoreNull === undefined && keyColNames === undefined)
    check(isPlain, 'PKEY tables take neither ignoreNull nor keyColNames nor sortColumns.')
    const keyNames = isPrimaryKey ? stored.sortColumns : (keyColNames ?? [])
    const keyColumns = keyNames.map(name => columnIndex(table, name))
    const hasKeys = !isStored || ownKeys.length > 0 || keyColumns.length > 0
    check(hasKeys, 'The argument [keyColNames] must be specified for a DFS table.')
    const nullsMatch = !isAtLeast(context.node.release, firstReleases.nullsDiffer, [1, 30, 22])
    const options = { keyColumns, ignoreNull, nullsMatch }
    const result = (count: UpsertCount): ServerValue => answer(table, count)
    return writeRows(context, table, newData.columns, true, result, options)
  }
}
