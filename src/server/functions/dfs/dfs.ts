/*
  Functions about databases and the tables in them (docs/server-semantics.md#tables-in-databases).
*/
import type { Builtin, CallContext, ServerValue } from '../../values/server-value.js'
import { ScriptError } from '../../script-error.js'
import {
  boolScalar,
  duplicatePolicies,
  intScalar,
  integerOf,
  partitionTypeIds,
  stringVector,
  textOf,
  voidValue,
} from '../../values/scalar.js'
import type { LevelScheme, PartitionType, ServerTable } from '../../tables/server-table.js'
import {
  createStoredTable,
  databaseAt,
  dropDatabase,
  dropTable,
  openDatabase,
  storedTable,
} from '../../tables/dfs-database.js'
import {
  addValues,
  levelOf,
  maxPartitions,
  tooManyPartitions,
} from '../../tables/partitions/partition-level.js'
import { checkWrite } from '../../tables/privileges.js'
import { type ServerNode, nodeAlias } from '../../node.js'
import { firstReleases, isAtLeast } from '../../release.js'
import {
  boolResult,
  builtin,
  columnArgument,
  databaseArgument,
  elementsArgument,
  integerArgument,
  isAbsent,
  textArgument,
  textsArgument,
  wordArgument,
} from '../arguments.js'
import { tableOf } from '../result-table.js'
import { factsOf } from '../types/type.js'

type Argument = ServerValue | undefined

const maxLevels = 3
const engines = ['OLAP', 'TSDB', 'PKEY'] as const
const atomicities = ['TRANS', 'CHUNK'] as const

export const dfsFunctions: readonly Builtin[] = [
  /**
   * All arguments are optional. Without a directory, returns a nameless handle: for tables in memory, or for one level
   * of a COMPO scheme, which combines several levels.
   */
  builtin(
    'database([directory], [partitionType], [partitionScheme], [locations], [engine], [atomic], [chunkGranularity])',
    ({ node, session }, [directory, partitionType, scheme, , engine, atomic]) => {
      const path = isAbsent(directory) ? '' : directoryOf(textArgument(directory, 'directory'))
      const levels = isAbsent(partitionType) ? [] : levelsOf(partitionTypeOf(partitionType), scheme)
      if (path === '' && levels.length === 0) {
        throw new ScriptError('A database without a directory needs a partition scheme.')
      }
      return openDatabase(node, session, {
        form: 'database',
        path,
        levels,
        engine: engineOf(node, engine),
        atomic: oneOf(atomicities, atomic, 'atomic'),
      })
    },
  ),
  builtin(
    'createPartitionedTable(dbHandle, table, [tableName], partitionColumns, [compressMethods], [sortColumns], [keepDuplicates], [sortKeyMappingFunction], [softDelete], [indexes], [primaryKey])',
    (context, args) => {
      const [database, template, name, columns, methods, sortColumns, keepDuplicates] = args
      const partitionColumns = textsArgument(columns, 'partitionColumns')
      if (partitionColumns.length === 0) {
        throw new ScriptError('The argument [partitionColumns] must name the partitioning columns.')
      }
      const given = { database, template, methods, sortColumns, keepDuplicates }
      return makeStoredTable(context, {
        ...given,
        ...(textsArgument(args[10], 'primaryKey').length > 0 ? { sortColumns: args[10] } : {}),
        name: isAbsent(name) ? '' : textArgument(name, 'tableName'),
        partitionColumns,
      })
    },
  ),
  dimensionTableFunction('createDimensionTable'),
  dimensionTableFunction('createTable'),

  builtin('existsDatabase(dbUrl)', ({ node }, [path]) =>
    boolScalar(node.databases.has(pathArgument(path, 'dbUrl'))),
  ),

  /** `dbUrl` may be a path or a database handle. */
  builtin('existsTable(dbUrl, tableName)', ({ node }, [path, name]) => {
    const tables = node.databases.get(pathArgument(path, 'dbUrl'))?.tables
    return boolScalar(tables?.has(textArgument(name, 'tableName')) ?? false)
  }),

  /** Finds databases and tables by path, but never files of the host. */
  builtin('exists(path)', ({ node }, [paths]) => {
    const found = textsArgument(paths, 'path').map(path => {
      const at = path.lastIndexOf('/')
      const tables = node.databases.get(path.slice(0, at))?.tables
      return node.databases.has(path) || (tables?.has(path.slice(at + 1)) ?? false)
    })
    return boolResult(paths, found)
  }),

  builtin('dropDatabase(directory)', ({ node, session }, [path]) => {
    dropDatabase(node, session, pathArgument(path, 'directory'))
    return voidValue
  }),
  builtin('dropTable(dbHandle, tableName)', (context, [database, name]) => {
    const { path } = databaseArgument(context, database)
    dropTable(context.node, context.session, path, textArgument(name, 'tableName'))
    return voidValue
  }),

  /** Returns the stored table itself, so loading reads no rows. */
  builtin(
    'loadTable(database, tableName, [partitions], [memoryMode])',
    ({ node }, [database, name]) =>
      storedTable(node, pathArgument(database, 'database'), textArgument(name, 'tableName')),
  ),

  builtin('getClusterDFSDatabases([includeSysDb])', ({ node }) =>
    stringVector([...node.databases.keys()].sort()),
  ),

  builtin('getTables(dbHandle)', (context, [database]) => {
    const { path } = databaseArgument(context, database)
    return stringVector([...databaseAt(context.node, path).tables.keys()].sort())
  }),

  /** Lists the tables of a database. A table that was dropped and created again has a new physical index. */
  builtin('listTables(dbUrl)', ({ node }, [path]) => {
    const { tables } = databaseAt(node, pathArgument(path, 'dbUrl'))
    return tableOf(
      [...tables].sort(([a], [b]) => (a < b ? -1 : 1)),
      {
        tableName: ['STRING', ([name]) => name],
        physicalIndex: ['STRING', ([, { stored }]) => stored?.physicalIndex ?? ''],
      },
    )
  }),

  /**
   * Returns one row per table, because the embedded server does not store partitions as chunks. In the path, `*` and
   * `%` match any text, `?` matches one character (DolphinDB manual, page getChunksMeta).
   */
  builtin('getChunksMeta([chunkPath], [top])', ({ node }, [chunkPath, top]) => {
    const paths = isAbsent(chunkPath) ? ['*'] : textsArgument(chunkPath, 'chunkPath')
    const patterns = paths.map(pathPattern)
    const most = integerArgument(top, 'top', 1_024)
    const chunks = [...node.databases.values()]
      .flatMap(({ tables }) => [...tables.values()])
      .flatMap(({ stored }) => (stored === undefined ? [] : [stored]))
      .map(({ databasePath, tableName, chunkId }) => {
        return { chunkId, dfsPath: `${databasePath.slice('dfs:/'.length)}/${tableName}.tbl` }
      })
      .filter(({ dfsPath }) => patterns.some(pattern => pattern.test(dfsPath)))
    return tableOf(most < 0 ? chunks : chunks.slice(0, most), {
      site: ['STRING', () => nodeAlias(node)],
      chunkId: ['UUID', chunk => chunk.chunkId],
      path: ['STRING', () => ''],
      dfsPath: ['STRING', chunk => chunk.dfsPath],
      type: ['INT', () => 0],
      flag: ['INT', () => 0],
      size: ['LONG', () => 0n],
      version: ['INT', () => 1],
      state: ['INT', () => 0],
      versionList: ['STRING', () => ''],
      resolved: ['BOOL', () => false],
    })
  }),

  /** Returns the number of partitions added. */
  builtin(
    'addValuePartitions(dbHandle, newValues, [level], [locations])',
    (context, [database, values, level]) => {
      const { levels } = databaseArgument(context, database)
      const scheme = levels[integerArgument(level, 'level', 0)]
      if (scheme?.type !== 'VALUE') {
        throw new ScriptError(
          'Partitions can only be added to a level that is partitioned by VALUE.',
        )
      }
      const isColumn = values.form === 'scalar' || values.form === 'vector'
      const column = isColumn ? columnArgument(values, 'addValuePartitions') : undefined
      if (column?.form === 'vector') return intScalar(addValues(scheme, column))
      throw new ScriptError('The argument [newValues] must be a scalar or a vector.')
    },
  ),

  builtin('truncate(dbUrl, tableName)', (context, [path, name]) => {
    const tableName = textArgument(name, 'tableName')
    const table = storedTable(context.node, pathArgument(path, 'dbUrl'), tableName)
    checkWrite(context, table)
    table.keepRows(new Int32Array(0))
    return voidValue
  }),
]

function dimensionTableFunction(name: string): Builtin {
  return builtin(
    `${name}(dbHandle, table, tableName, [compressMethods], [sortColumns], [keepDuplicates], [softDelete], [indexes])`,
    (context, [database, template, tableName, methods, sortColumns, keepDuplicates]) => {
      if (databaseArgument(context, database).path === '') {
        throw new ScriptError('A dimension table can only be created in a DFS database.')
      }
      const given = { database, template, methods, sortColumns, keepDuplicates }
      const name = textArgument(tableName, 'tableName')
      return makeStoredTable(context, { ...given, name, partitionColumns: [] })
    },
  )
}

function makeStoredTable(
  context: CallContext,
  given: {
    readonly name: string
    readonly partitionColumns: readonly string[]
  } & Record<'database' | 'template' | 'methods' | 'sortColumns' | 'keepDuplicates', Argument>,
): ServerTable {
  const { node, session } = context
  const { name, partitionColumns, template, keepDuplicates } = given
  const handle = databaseArgument(context, given.database)
  if (template?.form !== 'serverTable') {
    throw new ScriptError(
      template?.form === 'list'
        ? 'The argument [table] must be one table: the embedded server takes no table for each partition.'
        : 'The argument [table] must be a table.',
    )
  }
  // PKEY tables always keep the newest row of each key, and OLAP tables keep all rows.
  const policies = { PKEY: 'LAST', OLAP: 'ALL', TSDB: undefined } as const
  const policy = policies[handle.engine]
  return createStoredTable(node, session, handle, template, name, {
    partitionColumns,
    compressMethods: methodsArgument(given.methods),
    sortColumns: textsArgument(given.sortColumns, 'sortColumns'),
    keepDuplicates:
      policy ?? wordArgument(keepDuplicates, 'keepDuplicates', duplicatePolicies) ?? 'ALL',
  })
}

/** Column → compression method. schema() returns these methods, but the server compresses nothing in memory. */
function methodsArgument(value: Argument): ReadonlyMap<string, string> {
  if (isAbsent(value)) return new Map()
  if (value.form !== 'serverDictionary') {
    throw new ScriptError('The argument [compressMethods] must be a dictionary.')
  }
  const text = (one: ServerValue): string => textArgument(one, 'compressMethods')
  return new Map(Array.from(value.entries.values(), ({ key, value }) => [text(key), text(value)]))
}

/** Version 2.00 introduced the choice of engines and the argument [engine]; 3.00.1 added PKEY. */
function engineOf({ release }: ServerNode, given: Argument): (typeof engines)[number] {
  if (given !== undefined && !isAtLeast(release, firstReleases.engines)) {
    throw new ScriptError('The function [database] has no argument [engine].')
  }
  const hasPrimaryKeys = isAtLeast(release, firstReleases.primaryKeyEngine)
  return oneOf(hasPrimaryKeys ? engines : ['OLAP', 'TSDB'], given, 'engine')
}

function oneOf<T extends string>(values: readonly T[], given: Argument, name: string): T {
  if (isAbsent(given)) return values[0]!
  const text = textOf(given)?.toUpperCase()
  const value = values.find(one => one === text)
  if (value !== undefined) return value
  throw new ScriptError(`The argument [${name}] must be one of ${values.join(', ')}.`)
}

function directoryOf(path: string): string {
  if (path === '' || path.startsWith('dfs://')) return path.replace(/\/+$/, '')
  throw new ScriptError(
    `The embedded server has no databases on disk: [${path}] must begin with dfs://.`,
  )
}

function partitionTypeOf(value: ServerValue): PartitionType {
  const id = integerOf(value)
  const name = textOf(value)?.toUpperCase()
  const types = Object.keys(partitionTypeIds) as PartitionType[]
  const type = types.find(one => one === name || partitionTypeIds[one] === id)
  if (type !== undefined && type !== 'SEQ') return type
  throw new ScriptError('The argument [partitionType] must be VALUE, RANGE, HASH, LIST or COMPO.')
}

function levelsOf(type: PartitionType, scheme: Argument): LevelScheme[] {
  if (isAbsent(scheme)) {
    throw new ScriptError('The argument [partitionScheme] must not be empty.')
  }
  if (type === 'COMPO') return compoLevels(scheme)
  if (factsOf(scheme).size > maxPartitions) throw tooManyPartitions()
  const level: LevelScheme = { type, scheme }
  // Compiles the scheme now. An invalid scheme would otherwise fail only at the first insert.
  levelOf(level)
  return [level]
}

function compoLevels(scheme: ServerValue): LevelScheme[] {
  const levels = elementsArgument(scheme).flatMap(handle => {
    if (handle.form === 'database') return handle.levels
    throw new ScriptError('The scheme of a COMPO database must be a vector of database handles.')
  })
  if (levels.length < 2 || levels.length > maxLevels) {
    throw new ScriptError('The scheme of a COMPO database must be 2 or 3 database handles.')
  }
  // Copies the levels, because added partitions must not appear in other databases made from the same handles.
  return levels.map(level => ({ ...level }))
}

function pathArgument(value: Argument, name: string): string {
  const path = value?.form === 'database' ? value.path : textArgument(value, name)
  return path.replace(/\/+$/, '')
}

function pathPattern(text: string): RegExp {
  const signs: Readonly<Record<string, string>> = { '*': '.*', '%': '.*', '?': '.' }
  return new RegExp(`^${text.replace(/[\\^$.|?*+()[\]{}%]/g, sign => signs[sign] ?? `\\${sign}`)}$`)
}
