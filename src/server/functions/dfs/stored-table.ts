/*
  Functions that create databases and the tables in them (docs/server-semantics.md#tables-in-databases).
*/
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { duplicatePolicies, partitionTypeIds } from '../../values/constants.js'
import { integerOf, textOf } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import type { DatabaseHandle, LevelScheme, PartitionType } from '../../tables/database-handle.js'
import { createStoredTable, openDatabase } from '../../tables/dfs-database.js'
import type { ServerTable } from '../../tables/server-table.js'
import {
  builtin,
  databaseArgument,
  isAbsent,
  textArgument,
  textsArgument,
  sizeOf,
  elementsArgument,
} from '../arguments.js'
import type { ServerNode } from '../../node.js'
import { firstReleases, isAtLeast } from '../../release.js'
import {
  levelOf,
  maxPartitions,
  tooManyPartitions,
} from '../../tables/partitions/partition-level.js'

const createDimensionTable = builtin(
  'createDimensionTable(dbHandle, table, tableName, [compressMethods], [sortColumns], [keepDuplicates], [softDelete], [indexes])',
  (context, [database, template, name, compressMethods, sortColumns, keepDuplicates]) => {
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
)

const createTable: Builtin = { ...createDimensionTable, name: 'createTable' }

export const storedTableFunctions: readonly Builtin[] = [
  builtin(
    'createPartitionedTable(dbHandle, table, [tableName], partitionColumns, [compressMethods], [sortColumns], [keepDuplicates], [sortKeyMappingFunction], [softDelete], [indexes], [primaryKey])',
    (context, args) => {
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
          sortColumns:
            primaryKey.length > 0 ? primaryKey : textsArgument(sortColumns, 'sortColumns'),
          keepDuplicates: duplicatesOf(handle, keepDuplicates),
        },
      )
    },
  ),
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

/** Column → compression method. schema() returns these methods, but the server compresses nothing in memory. */
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

/** For TSDB tables only. PKEY tables always keep the newest row of each key, and OLAP tables keep all rows. */
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

const maxLevels = 3
const engines = ['OLAP', 'TSDB', 'PKEY'] as const
const atomicities = ['TRANS', 'CHUNK'] as const

/**
 * All arguments are optional. Without a directory, returns a nameless handle: for tables in memory, or for one level of
 * a COMPO scheme, which combines several levels.
 */
const database = builtin(
  'database([directory], [partitionType], [partitionScheme], [locations], [engine], [atomic], [chunkGranularity])',
  (context, [directory, partitionType, scheme, , engine, atomic]) => {
    const path = isAbsent(directory) ? '' : pathOf(directory)
    const levels = isAbsent(partitionType) ? [] : levelsOf(partitionTypeOf(partitionType), scheme)
    if (path === '' && levels.length === 0) {
      throw new ScriptError('A database without a directory needs a partition scheme.')
    }
    return openDatabase(context.node, context.session, {
      form: 'database',
      path,
      levels,
      engine: engineOf(context.node, engine),
      atomic: oneOf(atomicities, atomic, 'atomic'),
    })
  },
)

/** Version 2.00 introduced the choice of engines and the argument [engine]; 3.00.1 added PKEY. */
function engineOf(
  { release }: ServerNode,
  given: ServerValue | undefined,
): (typeof engines)[number] {
  if (given !== undefined && !isAtLeast(release, firstReleases.engines)) {
    throw new ScriptError('The function [database] has no argument [engine].')
  }
  const engine = oneOf(engines, given, 'engine')
  if (engine !== 'PKEY' || isAtLeast(release, firstReleases.primaryKeyEngine)) return engine
  throw new ScriptError('The argument [engine] must be one of OLAP, TSDB.')
}

export const databaseFunctions: readonly Builtin[] = [database]

function pathOf(directory: ServerValue): string {
  const path = textOf(directory)
  if (path === undefined) throw new ScriptError('The argument [directory] must be a string scalar.')
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
  if (type === undefined || type === 'SEQ') {
    throw new ScriptError('The argument [partitionType] must be VALUE, RANGE, HASH, LIST or COMPO.')
  }
  return type
}

function levelsOf(type: PartitionType, scheme: ServerValue | undefined): LevelScheme[] {
  if (isAbsent(scheme)) {
    throw new ScriptError('The argument [partitionScheme] must not be empty.')
  }
  if (type === 'COMPO') return compoLevels(scheme)
  if (sizeOf(scheme) > maxPartitions) throw tooManyPartitions()
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

function oneOf<T extends string>(
  values: readonly [T, ...T[]],
  given: ServerValue | undefined,
  name: string,
): T {
  if (isAbsent(given)) return values[0]
  const text = textOf(given)?.toUpperCase()
  const value = values.find(one => one === text)
  if (value === undefined) {
    throw new ScriptError(`The argument [${name}] must be one of ${values.join(', ')}.`)
  }
  return value
}
