/*
  Functions that create tables in databases (docs/server-semantics.md#tables-in-databases).
*/
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { duplicatePolicies } from '../../values/constants.js'
import { integerOf, textOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import type { DatabaseHandle } from '../../tables/database-handle.js'
import { createStoredTable } from '../../tables/dfs-database.js'
import type { ServerTable } from '../../tables/server-table.js'
import { databaseArgument, isAbsent, textArgument, textsArgument } from '../arguments.js'

/** createPartitionedTable(dbHandle, table, tableName, partitionColumns, …): an empty table. */
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

export const storedTableFunctions: readonly Builtin[] = [
  createPartitionedTable,
  createDimensionTable,
  createTable,
]

type DuplicatePolicy = keyof typeof duplicatePolicies

function templateArgument(value: ServerValue | undefined): ServerTable {
  if (value?.form === 'serverTable') return value
  if (value?.form === 'list') {
    throw new ScriptError(
      'The argument [table] must be one table: the embedded server takes no table for each partition.',
    )
  }
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
