/*
  Functions about databases and the tables in them (docs/server-semantics.md#tables-in-databases).
*/
import type { ServerValue } from '../values/server-value.js'
import { check } from '../script-error.js'
import { duplicatePolicies, elementsOf, partitionTypeIds, stringVector } from '../values/values.js'
import type { DatabaseHandle } from '../tables/server-table.js'
import {
  createStoredTable,
  databaseAt,
  dropDatabase,
  dropTable,
  openDatabase,
  storedTable,
} from '../tables/dfs-database.js'
import {
  type PartitionLevel,
  checkPartitions,
  levelOf,
} from '../tables/partitions/partition-level.js'
import { emptied } from './insert-rows.js'
import { type ServerNode, nodeAlias, firstReleases, isAtLeast } from '../node.js'
import { boolResult, family, isAbsent, tableOf, textsArgument, wordArgument } from './arguments.js'
import { factsOf } from './types.js'
import { patternOf } from './vectors.js'

type Argument = ServerValue | undefined

const maxLevels = 3
const engines = { OLAP: 0, TSDB: 1, PKEY: 2 } as const

export const dfsFunctions = family({
  /**
   * All arguments are optional. Without a directory, returns a nameless handle: for tables in memory, or for one level
   * of a COMPO scheme, which combines several levels.
   */
  'database([directory: text], [partitionType], [partitionScheme], [locations], [engine], [atomic], [chunkGranularity])':
    ({ node, session }, [directory = '', partitionType, scheme, , engine, atomic]) => {
      const path = directoryOf(directory)
      const levels = isAbsent(partitionType) ? [] : levelsOf(partitionType, scheme)
      const isNothing = path === '' && levels.length === 0
      check(!isNothing, 'A database without a directory needs a partition scheme.')
      return openDatabase(node, session, {
        form: 'database',
        path,
        levels,
        engine: engineOf(node, engine),
        atomic: wordArgument(atomic, 'atomic', { TRANS: 0, CHUNK: 1 }) ?? 'TRANS',
        owner: session.user,
        tables: new Map(),
      })
    },
  /** Ignores compressMethods, because tables in memory are not compressed. */
  'createPartitionedTable(dbHandle: database, table: rows, [tableName: text], partitionColumns: texts, [compressMethods], [sortColumns: texts], [keepDuplicates], [sortKeyMappingFunction], [softDelete], [indexes], [primaryKey: texts])':
    (context, [database, template, name = '', partitionColumns, ...options]) => {
      const [, sortColumns, keepDuplicates, , , , primaryKey = sortColumns] = options
      const hasColumns = partitionColumns.length > 0
      check(hasColumns, 'The argument [partitionColumns] must name the partitioning columns.')
      return createStoredTable(context, database, template, {
        name,
        partitionColumns,
        sortColumns: primaryKey ?? [],
        keepDuplicates: policyOf(database, keepDuplicates),
      })
    },
  'createDimensionTable(dbHandle: database, table: rows, tableName: text, [compressMethods], [sortColumns: texts], [keepDuplicates], [softDelete], [indexes])':
    (context, [database, template, name, , sortColumns = [], keepDuplicates]) => {
      const isStored = database.path !== ''
      check(isStored, 'A dimension table can only be created in a DFS database.')
      return createStoredTable(context, database, template, {
        name,
        partitionColumns: [],
        sortColumns,
        keepDuplicates: policyOf(database, keepDuplicates),
      })
    },
  'existsDatabase(dbUrl: path)': ({ node }, [path]) => node.databases.has(path),
  /** `dbUrl` may be a path or a database handle. */
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
  'dropDatabase(directory: path)': ({ node, session }, [path]) => dropDatabase(node, session, path),
  'dropTable(dbHandle: database, tableName: text)': ({ node, session }, [{ path }, name]) =>
    dropTable(node, session, path, name),
  /** Returns the stored table itself, so loading reads no rows. */
  'loadTable(database: path, tableName: text, [partitions], [memoryMode])': (
    { node },
    [path, name],
  ) => storedTable(node, path, name),
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
  /**
   * Returns one row per table, because the embedded server does not store partitions as chunks. In the path, `*` and
   * `%` match any text, `?` matches one character (DolphinDB manual, page getChunksMeta).
   */
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
  'truncate(dbUrl: path, tableName: text)': (context, [path, name]) =>
    emptied(context, storedTable(context.node, path, name)),
})

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

function directoryOf(path: string): string {
  const isKnown = path === '' || path.startsWith('dfs://')
  check(isKnown, `The embedded server has no databases on disk: [${path}] must begin with dfs://.`)
  return path.replace(/\/+$/, '')
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
