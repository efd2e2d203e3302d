/*
  Databases under dfs:// and their tables, which the embedded server keeps in memory: creates, finds and drops them
  (docs/server-semantics.md#dfs-databases).
*/
import { columnTypeText } from '../../protocol/data-type.js'
import { formatValue } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import type { ServerNode } from '../node.js'
import { ScriptError, check } from '../script-error.js'
import type { CallContext, ScriptSession } from '../values/server-value.js'
import { nullColumn } from '../columns/column-layout.js'
import { convertColumn } from '../columns/convert-column.js'
import { newUuid } from '../values/values.js'
import {
  type DatabaseHandle,
  type ServerTable,
  type StoredTableFacts,
  createTable,
} from './server-table.js'
import { checkEngine } from './prepare.js'
import { hasRight, mayMakeDatabase } from './privileges.js'
import type { TablePartitioning } from './partitions/partition-level.js'

export interface StoredTableOptions extends Pick<
  StoredTableFacts,
  'sortColumns' | 'keepDuplicates'
> {
  name: string
  partitionColumns: readonly string[]
}

/**
 * Registers a new database. Returns the existing one if `handle` has the same scheme or none.
 * @throws {ScriptError} if the existing database has a different scheme, or if a new database has no scheme
 */
export function openDatabase(
  node: ServerNode,
  session: ScriptSession,
  handle: DatabaseHandle,
): DatabaseHandle {
  if (handle.path === '') return handle
  const existing = node.databases.get(handle.path)
  if (existing !== undefined) {
    check(
      handle.levels.length === 0 || sameLevels(existing, handle),
      `It is not allowed to overwrite an existing database [${handle.path}] with another partition scheme.`,
    )
    return existing
  }
  check(handle.levels.length > 0, noDatabase(handle.path))
  check(session.isAdmin || mayMakeDatabase(node, session.user, handle.path), mayNot)
  node.databases.set(handle.path, handle)
  return handle
}

/** @throws {ScriptError} S04001 if no database has this path */
export function databaseAt(node: ServerNode, path: string): DatabaseHandle {
  const database = node.databases.get(path)
  check(database !== undefined, noDatabase(path))
  return database
}

function noDatabase(path: string): string {
  return `The database [${path}] does not exist. RefId: S04001`
}

/** @throws {ScriptError} if the database or the table does not exist */
export function storedTable(node: ServerNode, path: string, name: string): ServerTable {
  const table = node.databases.get(path)?.tables.get(name)
  check(
    table !== undefined,
    path.startsWith('dfs://')
      ? `getFileBlocksMeta on path '${path.slice('dfs:/'.length)}/${name}.tbl' failed, reason: path does not exist`
      : `table file does not exist: ${path}/${name}.tbl`,
  )
  return table
}

/**
 * Creates an empty table with the columns of `template`. With the handle of a database, the table belongs to that
 * database, as a dimension table if it has no partition columns. With a nameless handle, it is partitioned in memory.
 * @throws {ScriptError} if the name exists, or if partition columns do not fit the scheme
 */
export function createStoredTable(
  { node, session }: CallContext,
  handle: DatabaseHandle,
  template: ServerTable,
  options: StoredTableOptions,
): ServerTable {
  const { name, partitionColumns, ...engineOptions } = options
  const { columnNames: names, columnTypes: types } = template
  const isStored = handle.path !== ''
  if (isStored) checkEngine(handle, template, options)
  const partitioning = partitioningOf(node, handle, template, partitionColumns)
  if (!isStored) {
    const keyColumns = template.keyColumns.map(index => names[index]!)
    return createTable('partitioned', names, types, { ...partitioning, keyColumns })
  }
  const database = databaseAt(node, handle.path)
  checkMayChange(node, session, database, 'DBOBJ_CREATE')
  check(
    /^[\p{L}][\p{L}\p{N}_]*$/u.test(name),
    'A table name must consist of letters, digits and underscores and begin with a letter.',
  )
  const isNew = !database.tables.has(name)
  check(isNew, `The table [${name}] already exists in database [${handle.path}].`)
  const stored: StoredTableFacts = {
    databasePath: handle.path,
    tableName: name,
    physicalIndex: (node.nextPhysicalIndex++).toString(36),
    chunkId: newUuid(node.random),
    owner: session.user,
    engine: handle.engine,
    ...engineOptions,
  }
  const table = createTable('dfs', names, types, { ...partitioning, stored })
  database.tables.set(name, table)
  return table
}

/**
 * Drops a database. Sessions that still refer to its tables can read them but not write them.
 * @throws {ScriptError} S04001 if the database does not exist; `<NoPrivilege>…`
 */
export function dropDatabase(node: ServerNode, session: ScriptSession, path: string): void {
  const database = databaseAt(node, path)
  const { tables } = database
  checkMayChange(node, session, database)
  for (const table of tables.values()) table.isDropped = true
  node.databases.delete(path)
}

/** Like `dropDatabase`, for one table. @throws {ScriptError} S04001 if it does not exist; `<NoPrivilege>…` */
export function dropTable(
  node: ServerNode,
  session: ScriptSession,
  path: string,
  name: string,
): void {
  const database = databaseAt(node, path)
  const { tables } = database
  checkMayChange(node, session, database, 'DBOBJ_DELETE')
  const table = tables.get(name)
  check(table !== undefined, `The table [${name}] does not exist. RefId: S04001`)
  table.isDropped = true
  tables.delete(name)
}

/**
 * @param right  a right that suffices, besides DB_MANAGE
 * @throws {ScriptError} unless the user is an administrator, owns the database or has such a right; guests own nothing
 */
export function checkMayChange(
  node: ServerNode,
  { user, isAdmin }: ScriptSession,
  { path, owner }: DatabaseHandle,
  right?: 'DBOBJ_CREATE' | 'DBOBJ_DELETE',
): void {
  const isOwner = user !== 'guest' && user === owner
  const rights = ['DB_MANAGE', ...(right === undefined ? [] : [right])]
  const mayChange = rights.some(one => hasRight(node, user, one, path))
  check(isAdmin || isOwner || mayChange, mayNot)
}

const mayNot = '<NoPrivilege>Not granted to create or delete databases'

function sameLevels(a: DatabaseHandle, b: DatabaseHandle): boolean {
  if (a.levels.length !== b.levels.length) return false
  return a.levels.every((level, index) => {
    const { kind, type, schema } = b.levels[index]!
    const isSameType = level.kind === kind && columnTypeText(level.type) === columnTypeText(type)
    // Equal schemes give equal texts, even if their arrays are stored differently.
    const [now, first, wanted] = [level.schema, level.first ?? level.schema, schema].map(one =>
      formatValue(one as Value),
    )
    return isSameType && (now === wanted || first === wanted)
  })
}

function partitioningOf(
  node: ServerNode,
  handle: DatabaseHandle,
  template: ServerTable,
  columnNames: readonly string[],
): { partitioning?: TablePartitioning } {
  if (columnNames.length === 0) return {}
  check(
    columnNames.length === handle.levels.length,
    `The number of partitioning columns must be ${handle.levels.length}, the number of partition levels.`,
  )
  const columns = columnNames.map((name, level) => {
    const index = template.columnNames.indexOf(name)
    check(index >= 0, `The partitioning column [${name}] does not exist.`)
    try {
      convertColumn(nullColumn(template.columnTypes[index]!, 0), handle.levels[level]!.type)
    } catch {
      throw new ScriptError(
        `The data type of the partitioning column [${name}] does not match the partition scheme.`,
      )
    }
    return index
  })
  const newValues = (): ReturnType<TablePartitioning['newValues']> =>
    handle.path === '' ? 'memory' : node.config.newValuePartitionPolicy
  return { partitioning: { columns, levels: handle.levels, newValues } }
}
