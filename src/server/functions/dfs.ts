/*
  Functions about databases under dfs:// and their tables (server notes §3.2).
*/
import type { Builtin } from '../script/builtin.js'
import { ScriptError } from '../script/builtin.js'
import { duplicatePolicies } from '../script/constants.js'
import {
  boolScalar,
  intScalar,
  integerOf,
  stringVector,
  textOf,
  voidValue,
} from '../script/scalar.js'
import type { ServerValue } from '../script/values.js'
import { columnOfScalar } from '../tables/convert.js'
import type { DatabaseHandle } from '../tables/database.js'
import {
  createStoredTable,
  databaseAt,
  dropDatabase as dropDatabaseAt,
  dropTable as dropTableAt,
  storedTable,
} from '../tables/dfs.js'
import { addValues } from '../tables/partition-level.js'
import type { ServerTable } from '../tables/table.js'
import {
  databaseArgument,
  integerArgument,
  isAbsent,
  textArgument,
  textsArgument,
} from './arguments.js'
import { checkStoredWrite } from './privilege.js'

/** existsDatabase(dbUrl). */
const existsDatabase: Builtin = {
  name: 'existsDatabase',
  parameters: ['dbUrl'],
  minArguments: 1,
  maxArguments: 1,
  call: ({ node }, [path]) => boolScalar(node.databases.has(pathArgument(path, 'dbUrl'))),
}

/** existsTable(dbUrl, tableName); a handle is taken for the path. */
const existsTable: Builtin = {
  name: 'existsTable',
  parameters: ['dbUrl', 'tableName'],
  minArguments: 2,
  maxArguments: 2,
  call: ({ node }, [path, name]) => {
    const tables = node.databases.get(pathArgument(path, 'dbUrl'))?.tables
    return boolScalar(tables?.has(textArgument(name, 'tableName')) ?? false)
  },
}

/** exists(path): a database or a table by its path; the embedded server shows no files of its host. */
const exists: Builtin = {
  name: 'exists',
  parameters: ['path'],
  minArguments: 1,
  maxArguments: 1,
  call: ({ node }, [paths]) => {
    const found = textsArgument(paths, 'path').map(path => {
      const at = path.lastIndexOf('/')
      const tables = node.databases.get(path.slice(0, at))?.tables
      return node.databases.has(path) || (tables?.has(path.slice(at + 1)) ?? false)
    })
    if (paths?.form === 'scalar') return boolScalar(found[0]!)
    return {
      form: 'vector',
      type: 'BOOL',
      length: found.length,
      data: Int8Array.from(found, Number),
    }
  },
}

/** dropDatabase(directory). */
const dropDatabase: Builtin = {
  name: 'dropDatabase',
  parameters: ['directory'],
  minArguments: 1,
  maxArguments: 1,
  call: ({ node, session }, [path]) => {
    dropDatabaseAt(node, session, pathArgument(path, 'directory'))
    return voidValue
  },
}

/** dropTable(dbHandle, tableName). */
const dropTable: Builtin = {
  name: 'dropTable',
  parameters: ['dbHandle', 'tableName'],
  minArguments: 2,
  maxArguments: 2,
  call: (context, [database, name]) => {
    const { path } = databaseArgument(context, database)
    dropTableAt(context.node, context.session, path, textArgument(name, 'tableName'))
    return voidValue
  },
}

/** createPartitionedTable(dbHandle, table, tableName, partitionColumns, …): an empty table (server notes §3.2). */
const createPartitionedTable: Builtin = {
  name: 'createPartitionedTable',
  parameters: [
    'dbHandle',
    'table',
    'tableName',
    'partitionColumns',
    'compressMethods',
    'sortColumns',
    'keepDuplicates',
    'sortKeyMappingFunction',
    'softDelete',
    'indexes',
    'primaryKey',
  ],
  minArguments: 4,
  maxArguments: 11,
  call: (context, args) => {
    const [
      database,
      template,
      name,
      partitionColumns,
      compressMethods,
      sortColumns,
      keepDuplicates,
    ] = args
    const handle = databaseArgument(context, database)
    const primaryKey = textsArgument(args[10], 'primaryKey')
    const columns = textsArgument(partitionColumns, 'partitionColumns')
    if (columns.length === 0) {
      throw new ScriptError('The argument [partitionColumns] must name the partitioning columns.')
    }
    return createStoredTable(
      context.node,
      context.session,
      handle,
      templateArgument(template),
      isAbsent(name) ? '' : textArgument(name, 'tableName'),
      {
        partitionColumns: columns,
        compressMethods: methodsArgument(compressMethods),
        sortColumns: primaryKey.length > 0 ? primaryKey : textsArgument(sortColumns, 'sortColumns'),
        keepDuplicates: duplicatesOf(handle, keepDuplicates),
      },
    )
  },
}

/** createDimensionTable(dbHandle, table, tableName, …): an empty table that is not partitioned. */
const createDimensionTable: Builtin = {
  name: 'createDimensionTable',
  parameters: [
    'dbHandle',
    'table',
    'tableName',
    'compressMethods',
    'sortColumns',
    'keepDuplicates',
    'softDelete',
    'indexes',
  ],
  minArguments: 3,
  maxArguments: 8,
  call: (context, [database, template, name, compressMethods, sortColumns, keepDuplicates]) => {
    const handle = databaseArgument(context, database)
    if (handle.path === '') {
      throw new ScriptError('A dimension table can only be created in a DFS database.')
    }
    return createStoredTable(
      context.node,
      context.session,
      handle,
      templateArgument(template),
      textArgument(name, 'tableName'),
      {
        partitionColumns: [],
        compressMethods: methodsArgument(compressMethods),
        sortColumns: textsArgument(sortColumns, 'sortColumns'),
        keepDuplicates: duplicatesOf(handle, keepDuplicates),
      },
    )
  },
}

/** Other name of createDimensionTable. */
const createTable: Builtin = { ...createDimensionTable, name: 'createTable' }

/** loadTable(dbHandle or path, tableName): the table itself, not its rows. */
const loadTable: Builtin = {
  name: 'loadTable',
  parameters: ['database', 'tableName', 'partitions', 'memoryMode'],
  minArguments: 2,
  maxArguments: 4,
  call: ({ node }, [database, name]) =>
    storedTable(node, pathArgument(database, 'database'), textArgument(name, 'tableName')),
}

/** getClusterDFSDatabases([includeSysDb]): the paths of all databases. */
const getClusterDFSDatabases: Builtin = {
  name: 'getClusterDFSDatabases',
  parameters: ['includeSysDb'],
  minArguments: 0,
  maxArguments: 1,
  call: ({ node }) => stringVector([...node.databases.keys()].sort()),
}

/** getDFSDatabases(): on a single node the same. */
const getDFSDatabases: Builtin = {
  ...getClusterDFSDatabases,
  name: 'getDFSDatabases',
  parameters: [],
  maxArguments: 0,
}

/** getTables(dbHandle): names of the tables of a database. */
const getTables: Builtin = {
  name: 'getTables',
  parameters: ['dbHandle'],
  minArguments: 1,
  maxArguments: 1,
  call: (context, [database]) => {
    const { path } = databaseArgument(context, database)
    return stringVector([...databaseAt(context.node, path).tables.keys()].sort())
  },
}

/** addValuePartitions(dbHandle, newValues, [level=0], [locations]): how many partitions were added. */
const addValuePartitions: Builtin = {
  name: 'addValuePartitions',
  parameters: ['dbHandle', 'newValues', 'level', 'locations'],
  minArguments: 2,
  maxArguments: 4,
  call: (context, [database, values, level]) => {
    const { levels } = databaseArgument(context, database)
    const scheme = levels[isAbsent(level) ? 0 : integerArgument(level, 'level')]
    if (scheme?.type !== 'VALUE') {
      throw new ScriptError('Partitions can only be added to a level that is partitioned by VALUE.')
    }
    const column = values?.form === 'scalar' ? columnOfScalar(values) : values
    if (column?.form !== 'vector') {
      throw new ScriptError('The argument [newValues] must be a scalar or a vector.')
    }
    return intScalar(addValues(scheme, column))
  },
}

/** truncate(dbUrl, tableName): forgets all rows of a table. */
const truncate: Builtin = {
  name: 'truncate',
  parameters: ['dbUrl', 'tableName'],
  minArguments: 2,
  maxArguments: 2,
  call: (context, [path, name]) => {
    const table = storedTable(
      context.node,
      pathArgument(path, 'dbUrl'),
      textArgument(name, 'tableName'),
    )
    checkStoredWrite(context, table)
    table.keepRows(new Int32Array(0))
    return voidValue
  },
}

export const dfsFunctions: readonly Builtin[] = [
  existsDatabase,
  existsTable,
  exists,
  dropDatabase,
  dropTable,
  createPartitionedTable,
  createDimensionTable,
  createTable,
  loadTable,
  getClusterDFSDatabases,
  getDFSDatabases,
  getTables,
  addValuePartitions,
  truncate,
]

type DuplicatePolicy = keyof typeof duplicatePolicies

/** A path, or the path behind a handle. */
function pathArgument(value: ServerValue | undefined, name: string): string {
  const path = value?.form === 'database' ? value.path : textArgument(value, name)
  return path.replace(/\/+$/, '')
}

function templateArgument(value: ServerValue | undefined): ServerTable {
  if (value?.form === 'serverTable') return value
  throw new ScriptError('The argument [table] must be a table.')
}

/** The dictionary column → compression method; methods are told by schema(), nothing is compressed in memory. */
function methodsArgument(value: ServerValue | undefined): ReadonlyMap<string, string> {
  if (isAbsent(value)) return new Map()
  if (value.form !== 'serverDictionary') {
    throw new ScriptError('The argument [compressMethods] must be a dictionary.')
  }
  return new Map(
    [...value.entries.values()].map(({ key, value: method }) => [
      textArgument(key, 'compressMethods'),
      textArgument(method, 'compressMethods'),
    ]),
  )
}

/** Only TSDB tables drop duplicates of their sort columns; of a PKEY table's key the newest row stays. */
function duplicatesOf(handle: DatabaseHandle, value: ServerValue | undefined): DuplicatePolicy {
  if (handle.engine === 'PKEY') return 'LAST'
  return handle.engine === 'TSDB' ? duplicatesArgument(value) : 'ALL'
}

function duplicatesArgument(value: ServerValue | undefined): DuplicatePolicy {
  if (isAbsent(value)) return 'ALL'
  const id = integerOf(value)
  const name = textOf(value)?.toUpperCase()
  const policies = Object.keys(duplicatePolicies) as DuplicatePolicy[]
  const policy = policies.find(one => one === name || duplicatePolicies[one] === id)
  if (policy === undefined) {
    throw new ScriptError('The argument [keepDuplicates] must be ALL, LAST or FIRST.')
  }
  return policy
}
