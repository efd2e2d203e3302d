/* Databases under dfs:// and their tables, kept in memory (docs/server-semantics.md#dfs-databases, #tables-in-databases). */
import { columnTypeText } from '../../protocol/data-type.js'
import { formatValue } from '../../protocol/element.js'
import type { Value } from '../../protocol/value.js'
import { nullColumn } from '../columns/column-layout.js'
import { convertColumn } from '../columns/convert-column.js'
import { type ServerNode, firstReleases, isAtLeast, nodeAlias } from '../node.js'
import { ScriptError, check } from '../script-error.js'
import {
  type PartitionLevel,
  type TablePartitioning,
  checkPartitions,
  levelOf,
} from '../tables/partitions/partition-level.js'
import { type StoredTableOptions, checkEngine } from '../tables/prepare.js'
import { checkMayChange, databaseAt, hasRight, mayNot } from '../tables/privileges.js'
import { type DatabaseHandle, type ServerTable, createTable } from '../tables/server-table.js'
import type { CallContext, ServerValue } from '../values/server-value.js'
import {
  duplicatePolicies,
  elementsOf,
  newUuid,
  partitionTypeIds,
  stringVector,
} from '../values/values.js'
import { boolResult, family, isAbsent, tableOf, textsArgument, wordArgument } from './arguments.js'
import { factsOf } from './types.js'
import { patternOf } from './vectors.js'

type Argument = ServerValue | undefined

const maxLevels = 3
const engines = { OLAP: 0, TSDB: 1, PKEY: 2 } as const

export const dfsFunctions = family({
  /** Without a directory, returns a nameless handle: for tables in memory, or for one level of a COMPO scheme. */
  'database([directory: text], [partitionType], [partitionScheme], [locations], [engine], [atomic], [chunkGranularity])':
    (context, [directory = '', partitionType, scheme, , engine, atomic]) => {
      const path = directory.replace(/\/+$/, '')
      const isKnown = directory === '' || directory.startsWith('dfs://')
      check(
        isKnown,
        `The embedded server has no databases on disk: [${directory}] must begin with dfs://.`,
      )
      const levels = isAbsent(partitionType) ? [] : levelsOf(partitionType, scheme)
      const isNothing = path === '' && levels.length === 0
      check(!isNothing, 'A database without a directory needs a partition scheme.')
      return opened(context, {
        form: 'database',
        path,
        levels,
        engine: engineOf(context.node, engine),
        atomic: wordArgument(atomic, 'atomic', { TRANS: 0, CHUNK: 1 }) ?? 'TRANS',
        owner: context.session.user,
        tables: new Map(),
      })
    },
  /** Ignores compressMethods, because tables in memory are not compressed. */
  'createPartitionedTable(dbHandle: database, table: rows, [tableName: text], partitionColumns: texts, [compressMethods], [sortColumns: texts], [keepDuplicates], [sortKeyMappingFunction], [softDelete], [indexes], [primaryKey: texts])':
    (context, [database, template, name = '', partitionColumns, ...options]) => {
      const [, sortColumns, keepDuplicates, , , , primaryKey = sortColumns] = options
      const hasColumns = partitionColumns.length > 0
      check(hasColumns, 'The argument [partitionColumns] must name the partitioning columns.')
      return createdTable(context, database, template, name, {
        partitionColumns,
        sortColumns: primaryKey ?? [],
        keepDuplicates: policyOf(database, keepDuplicates),
      })
    },
  'createDimensionTable(dbHandle: database, table: rows, tableName: text, [compressMethods], [sortColumns: texts], [keepDuplicates], [softDelete], [indexes])':
    (context, [database, template, name, , sortColumns = [], keepDuplicates]) => {
      check(database.path !== '', 'A dimension table can only be created in a DFS database.')
      return createdTable(context, database, template, name, {
        partitionColumns: [],
        sortColumns,
        keepDuplicates: policyOf(database, keepDuplicates),
      })
    },
  'existsDatabase(dbUrl: path)': ({ node }, [path]) => node.databases.has(path),
  'existsTable(dbUrl: path, tableName: text)': ({ node }, [path, name]) =>
    node.databases.get(path)?.tables.has(name) ?? false,
  /** Finds databases and tables by path, but never files of the host. */
  'exists(path)': ({ node }, [paths]) => {
    const found = textsArgument(paths, 'path').map(path => {
      const at = path.lastIndexOf('/')
      const tables = node.databases.get(path.slice(0, at))?.tables
      return node.databases.has(path) || (tables?.has(path.slice(at + 1)) ?? false)
    })
    return boolResult(paths, found)
  },
  /** Sessions that still refer to a dropped table can read but not write it. */
  'dropDatabase(directory: path)': (context, [path]) => {
    const database = databaseAt(context.node, path)
    checkMayChange(context, database)
    for (const table of database.tables.values()) table.isDropped = true
    context.node.databases.delete(path)
  },
  'dropTable(dbHandle: database, tableName: text)': (context, [{ path }, name]) => {
    const database = databaseAt(context.node, path)
    checkMayChange(context, database, 'DBOBJ_DELETE')
    const { tables } = database
    const table = tables.get(name)
    check(table !== undefined, `The table [${name}] does not exist. RefId: S04001`)
    table.isDropped = true
    tables.delete(name)
  },
  /** Returns the stored table itself, so loading reads no rows. */
  'loadTable(database: path, tableName: text, [partitions], [memoryMode])': (
    { node },
    [path, name],
  ) => {
    const table = node.databases.get(path)?.tables.get(name)
    check(
      table !== undefined,
      path.startsWith('dfs://')
        ? `getFileBlocksMeta on path '${path.slice('dfs:/'.length)}/${name}.tbl' failed, reason: path does not exist`
        : `table file does not exist: ${path}/${name}.tbl`,
    )
    return table
  },
  'getClusterDFSDatabases([includeSysDb])': ({ node }) =>
    stringVector([...node.databases.keys()].sort()),
  'getTables(dbHandle: database)': ({ node }, [{ path }]) =>
    stringVector([...databaseAt(node, path).tables.keys()].sort()),
  /** Lists the tables of a database. A table that was dropped and created again has a new physical index. */
  'listTables(dbUrl: path)': ({ node }, [path]) => {
    const tables = [...databaseAt(node, path).tables].sort(([a], [b]) => (a < b ? -1 : 1))
    return tableOf(
      'tableName STRING, physicalIndex STRING',
      tables.map(([name, { stored }]) => [name, stored?.physicalIndex ?? '']),
    )
  },
  /** One row per table, which is not stored in chunks. In paths, `*` and `%` are any text, `?` a character (manual, page getChunksMeta). */
  'getChunksMeta([chunkPath: texts], [top: int])': ({ node }, [paths = ['*'], top = 1_024]) => {
    const patterns = paths.map(path => patternOf(path, { '*': '.*', '%': '.*', '?': '.' }))
    const chunks = [...node.databases.values()]
      .flatMap(({ tables }) => [...tables.values()])
      .flatMap(({ stored }) => (stored === undefined ? [] : [stored]))
      .map(({ databasePath, tableName, chunkId }) => {
        return { chunkId, dfsPath: `${databasePath.slice('dfs:/'.length)}/${tableName}.tbl` }
      })
      .filter(({ dfsPath }) => patterns.some(pattern => pattern.test(dfsPath)))
    const shown = top < 0 ? chunks : chunks.slice(0, top)
    const site = nodeAlias(node)
    return tableOf(
      'site STRING, chunkId UUID, path STRING, dfsPath STRING, type INT, flag INT, size LONG, version INT, state INT, versionList STRING, resolved BOOL',
      shown.map(one => [site, one.chunkId, '', one.dfsPath, 0, 0, 0n, 1, 0, '', false]),
    )
  },
})

/** Registers a new database, or returns the existing one. @throws {ScriptError} for another scheme, and for no scheme of a new one */
function opened(context: CallContext, handle: DatabaseHandle): DatabaseHandle {
  const { path, levels } = handle
  if (path === '') return handle
  const { databases } = context.node
  if (databases.has(path) || levels.length === 0) {
    const existing = databaseAt(context.node, path)
    const text = `It is not allowed to overwrite an existing database [${path}] with another partition scheme.`
    check(levels.length === 0 || sameLevels(existing, handle), text)
    return existing
  }
  check(hasRight(context, [`DB_OWNER ${path}`]), mayNot)
  databases.set(path, handle)
  return handle
}

/** With a nameless handle in memory; without partition columns, a dimension table. @throws {ScriptError} for a name that exists */
function createdTable(
  context: CallContext,
  handle: DatabaseHandle,
  template: ServerTable,
  name: string,
  options: StoredTableOptions,
): ServerTable {
  const { partitionColumns, ...facts } = options
  const { node, session } = context
  const { columnNames: names, columnTypes: types } = template
  const { path, engine } = handle
  if (path !== '') checkEngine(handle, template, options)
  const partitioning = partitioningOf(node, handle, template, partitionColumns)
  if (path === '') {
    const keyColumns = template.keyColumns.map(index => names[index]!)
    return createTable('partitioned', names, types, { ...partitioning, keyColumns })
  }
  const database = databaseAt(node, path)
  checkMayChange(context, database, 'DBOBJ_CREATE')
  check(
    /^[\p{L}][\p{L}\p{N}_]*$/u.test(name),
    'A table name must consist of letters, digits and underscores and begin with a letter.',
  )
  check(!database.tables.has(name), `The table [${name}] already exists in database [${path}].`)
  const stored = {
    ...{ databasePath: path, tableName: name, owner: session.user, engine, ...facts },
    physicalIndex: (node.nextPhysicalIndex++).toString(36),
    chunkId: newUuid(node.random),
  }
  const table = createTable('dfs', names, types, { ...partitioning, stored })
  database.tables.set(name, table)
  return table
}

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
  const text = `The number of partitioning columns must be ${handle.levels.length}, the number of partition levels.`
  check(columnNames.length === handle.levels.length, text)
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
  const hasOldWords = !isAtLeast(node.release, firstReleases.newWords)
  return { partitioning: { columns, levels: handle.levels, newValues, hasOldWords } }
}

/** PKEY tables always keep the newest row of each key, and OLAP tables keep all rows. */
function policyOf({ engine }: DatabaseHandle, given: Argument): keyof typeof duplicatePolicies {
  if (engine === 'PKEY') return 'LAST'
  if (engine === 'OLAP') return 'ALL'
  return wordArgument(given, 'keepDuplicates', duplicatePolicies) ?? 'ALL'
}

/** Version 2.00 introduced the choice of engines and the argument [engine]; 3.00.1 added PKEY. */
function engineOf({ release }: ServerNode, given: Argument): keyof typeof engines {
  const hasEngines = given === undefined || isAtLeast(release, firstReleases.engines)
  check(hasEngines, 'The function [database] has no argument [engine].')
  const engine = wordArgument(given, 'engine', engines) ?? 'OLAP'
  const isKnown = engine !== 'PKEY' || isAtLeast(release, firstReleases.primaryKeyEngine)
  check(isKnown, 'The argument [engine] must be one of OLAP, TSDB.')
  return engine
}

function levelsOf(partitionType: ServerValue, scheme: Argument): PartitionLevel[] {
  const type = wordArgument(partitionType, 'partitionType', partitionTypeIds)
  const isKnown = type !== undefined && type !== 'SEQ'
  check(isKnown, 'The argument [partitionType] must be VALUE, RANGE, HASH, LIST or COMPO.')
  check(!isAbsent(scheme), 'The argument [partitionScheme] must not be empty.')
  if (type === 'COMPO') return compoLevels(scheme)
  checkPartitions(factsOf(scheme).size)
  return [levelOf(type, scheme)]
}

/** Copies the levels, because added partitions must not appear in other databases made from the same handles. */
function compoLevels(scheme: ServerValue): PartitionLevel[] {
  const levels = elementsOf(scheme).flatMap(handle => {
    const isHandle = handle.form === 'database'
    check(isHandle, 'The scheme of a COMPO database must be a vector of database handles.')
    return handle.levels.map(level => ({ ...level }))
  })
  const isCount = levels.length >= 2 && levels.length <= maxLevels
  check(isCount, 'The scheme of a COMPO database must be 2 or 3 database handles.')
  return levels
}
