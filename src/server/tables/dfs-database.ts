/*
  Databases under dfs:// and their tables, which the embedded server keeps in memory: creates, finds and drops them
  (docs/server-semantics.md#dfs-databases).
*/
import { type ColumnType, columnTypeText } from '../../protocol/data-type.js'
import { formatElement, formatValue } from '../../protocol/value-text.js'
import type { Scalar } from '../../protocol/value.js'
import type { DfsDatabase, ServerNode } from '../node.js'
import { ScriptError } from '../script-error.js'
import type { ScriptSession, ServerValue } from '../values/server-value.js'
import { nullColumn } from '../columns/column-layout.js'
import { convertColumn } from '../columns/convert-column.js'
import { newUuid } from '../values/scalar.js'
import type { DatabaseHandle, LevelScheme, ServerTable, StoredTableFacts } from './server-table.js'
import { createTable } from './memory-table.js'
import { checkEngine } from './prepare.js'
import { mayMakeDatabase, privilegeOf } from './privileges.js'
import { type TablePartitioning, levelOf } from './partitions/partition-level.js'

export interface StoredTableOptions {
  partitionColumns: readonly string[]
  compressMethods: ReadonlyMap<string, string>
  sortColumns: readonly string[]
  keepDuplicates: 'ALL' | 'LAST' | 'FIRST'
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
    if (handle.levels.length > 0 && !sameLevels(existing.handle, handle)) {
      throw new ScriptError(
        `It is not allowed to overwrite an existing database [${handle.path}] with another partition scheme.`,
      )
    }
    return existing.handle
  }
  if (handle.levels.length === 0) {
    throw new ScriptError(`The database [${handle.path}] does not exist. RefId: S04001`)
  }
  checkMayMake(node, session, handle.path)
  node.databases.set(handle.path, { handle, owner: session.user, tables: new Map() })
  return handle
}

/** @throws {ScriptError} S04001 if no database has this path */
export function databaseAt(node: ServerNode, path: string): DfsDatabase {
  const database = node.databases.get(path)
  if (database === undefined) {
    throw new ScriptError(`The database [${path}] does not exist. RefId: S04001`)
  }
  return database
}

/** @throws {ScriptError} if the database or the table does not exist */
export function storedTable(node: ServerNode, path: string, name: string): ServerTable {
  const table = node.databases.get(path)?.tables.get(name)
  if (table !== undefined) return table
  throw new ScriptError(
    path.startsWith('dfs://')
      ? `getFileBlocksMeta on path '${path.slice('dfs:/'.length)}/${name}.tbl' failed, reason: path does not exist`
      : `table file does not exist: ${path}/${name}.tbl`,
  )
}

/**
 * Creates an empty table with the columns of `template`. With the handle of a database, the table belongs to that
 * database, as a dimension table if it has no partition columns. With a nameless handle, it is partitioned in memory.
 * @throws {ScriptError} if the name exists, or if partition columns do not fit the scheme
 */
export function createStoredTable(
  node: ServerNode,
  session: ScriptSession,
  handle: DatabaseHandle,
  template: ServerTable,
  name: string,
  options: StoredTableOptions,
): ServerTable {
  const facts: StoredTableFacts = {
    databasePath: handle.path,
    tableName: name,
    physicalIndex: handle.path === '' ? '' : (node.nextPhysicalIndex++).toString(36),
    chunkId: handle.path === '' ? '' : newUuid(node.random),
    owner: session.user,
    engine: handle.engine,
    compressMethods: options.compressMethods,
    sortColumns: options.sortColumns,
    keepDuplicates: options.keepDuplicates,
  }
  const { columnNames: names, columnTypes: types } = template
  if (handle.path !== '') checkEngine(handle, template, options)
  const partitioning = partitioningOf(node, handle, template, options.partitionColumns)
  if (handle.path === '') {
    const keyColumns = template.keyColumns.map(index => names[index]!)
    return createTable('partitioned', names, types, { ...partitioning, keyColumns, stored: facts })
  }
  const database = databaseAt(node, handle.path)
  checkMayChange(node, session, database, 'DBOBJ_CREATE')
  checkTableName(name)
  if (database.tables.has(name)) {
    throw new ScriptError(`The table [${name}] already exists in database [${handle.path}].`)
  }
  const table = createTable('dfs', names, types, { ...partitioning, stored: facts })
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
  for (const table of tables.values()) forget(node, table)
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
  if (table === undefined) {
    throw new ScriptError(`The table [${name}] does not exist. RefId: S04001`)
  }
  forget(node, table)
  tables.delete(name)
}

function forget(node: ServerNode, table: ServerTable): void {
  table.isDropped = true
  node.transactions.unflushed.delete(table)
}

/** @throws {ScriptError} unless the user may change columns of the tables in this database */
export function checkMayAlter(node: ServerNode, session: ScriptSession, path: string): void {
  checkMayChange(node, session, databaseAt(node, path), 'DBOBJ_CREATE')
}

/** @throws {ScriptError} unless the user is an administrator, or has DB_OWNER for a name prefix of this path */
function checkMayMake(node: ServerNode, { user, isAdmin }: ScriptSession, path: string): void {
  if (isAdmin || mayMakeDatabase(node, user, path)) return
  throw mayNot()
}

/**
 * @param right  a right that suffices, besides DB_MANAGE
 * @throws {ScriptError} unless the user is an administrator, owns the database or has such a right; guests own nothing
 */
function checkMayChange(
  node: ServerNode,
  { user, isAdmin }: ScriptSession,
  { handle: { path }, owner }: DfsDatabase,
  right?: 'DBOBJ_CREATE' | 'DBOBJ_DELETE',
): void {
  const isOwner = user !== 'guest' && user === owner
  const rights = ['DB_MANAGE', ...(right === undefined ? [] : [right])]
  if (isAdmin || isOwner || rights.some(one => privilegeOf(node, user, one, path) === true)) return
  throw mayNot()
}

function mayNot(): ScriptError {
  return new ScriptError('<NoPrivilege>Not granted to create or delete databases')
}

function sameLevels(a: DatabaseHandle, b: DatabaseHandle): boolean {
  if (a.levels.length !== b.levels.length) return false
  return a.levels.every((level, index) => {
    const other = b.levels[index]!
    if (level.type !== other.type) return false
    const { first = level.scheme } = level
    const known = [level, { ...level, scheme: first }].map(schemeText)
    return known.includes(schemeText(other))
  })
}

/** Type and values of a scheme as text. Equal schemes give equal texts, even if their arrays are stored differently. */
function schemeText(level: LevelScheme): string {
  const { type, schema } = levelOf(level)
  return JSON.stringify([columnTypeText(type), elementTexts(schema)])
}

function elementTexts(schema: ServerValue): unknown {
  if (schema.form !== 'vector') return formatValue(schema as Scalar)
  return schema.type === 'ANY'
    ? schema.data.slice(0, schema.length).map(list => elementTexts(list as ServerValue))
    : Array.from({ length: schema.length }, (_, row) => formatElement(schema, row))
}

function partitioningOf(
  node: ServerNode,
  handle: DatabaseHandle,
  template: ServerTable,
  columnNames: readonly string[],
): { partitioning?: TablePartitioning } {
  if (columnNames.length === 0) return {}
  if (columnNames.length !== handle.levels.length) {
    throw new ScriptError(
      `The number of partitioning columns must be ${handle.levels.length}, the number of partition levels.`,
    )
  }
  const columns = columnNames.map((name, level) => {
    const index = template.columnNames.indexOf(name)
    if (index < 0) throw new ScriptError(`The partitioning column [${name}] does not exist.`)
    checkFits(template.columnTypes[index]!, levelOf(handle.levels[level]!).type, name)
    return index
  })
  const newValues =
    handle.path === ''
      ? (): 'memory' => 'memory'
      : (): ServerNode['config']['newValuePartitionPolicy'] => node.config.newValuePartitionPolicy
  return { partitioning: { columns, levels: handle.levels, newValues } }
}

function checkFits(column: ColumnType, scheme: ColumnType, name: string): void {
  try {
    convertColumn(nullColumn(column, 0), scheme)
  } catch {
    throw new ScriptError(
      `The data type of the partitioning column [${name}] does not match the partition scheme.`,
    )
  }
}

function checkTableName(name: string): void {
  if (!/^[\p{L}][\p{L}\p{N}_]*$/u.test(name)) {
    throw new ScriptError(
      'A table name must consist of letters, digits and underscores and begin with a letter.',
    )
  }
}
