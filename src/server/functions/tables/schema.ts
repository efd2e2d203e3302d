/*
  schema(): describes a table or a database in exactly the members and types that the table writers of clients expect
  (docs/protocol.md#schema-dictionary).
*/
import {
  arrayTypeOffset,
  columnTypeText,
  dataTypes,
  type ColumnType,
} from '../../../protocol/data-type.js'
import { vectorOf } from '../../../protocol/element.js'
import type { Value } from '../../../protocol/value.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { firstReleases, isAtLeast } from '../../release.js'
import { ScriptError } from '../../script-error.js'
import { partitionTypeIds } from '../../values/constants.js'
import {
  boolScalar,
  intScalar,
  stringScalar,
  stringVector,
  textOf,
  voidValue,
} from '../../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../../values/server-value.js'
import type { DatabaseHandle, LevelScheme, ServerTable } from '../../tables/server-table.js'
import { levelOf } from '../../tables/partitions/partition-level.js'
import { checkRead } from '../../tables/privileges.js'
import { builtin, namedTable } from '../arguments.js'
import { dictionaryOf, tableOfColumns } from '../result-table.js'

/** Accepts a database handle, a table or the name of a table. */
const schema = builtin('schema(table)', (context, [value]) => {
  if (value?.form === 'database') return databaseSchema(context, value)
  if (value?.form === 'serverTable') return tableSchema(context, value)
  const name = textOf(value)
  if (name !== undefined) return tableSchema(context, namedTable(context, name))
  throw new ScriptError(
    'schema(table|dbHandle). The argument must be a table or a database handle.',
  )
})

export const schemaFunctions: readonly Builtin[] = [schema]

function tableSchema(context: CallContext, table: ServerTable): ServerDictionary {
  if (table.kind === 'dfs') checkRead(context, table)
  const { node } = context
  const keys = table.keyColumns.map(index => table.columnNames[index]!)
  const common = {
    colDefs: columnDefinitions(table),
    chunkPath: voidValue,
    ...(keys.length > 0 && table.kind !== 'dfs' ? { keyColumn: oneOrMany(keys) } : {}),
  }
  const { stored, partitioning } = table
  // The Java client treats every table with a partitionColumnName as partitioned, so other tables must not have one.
  const partitions =
    partitioning === undefined
      ? { partitionColumnIndex: intScalar(-1) }
      : {
          partitionColumnName: oneOrMany(
            partitioning.columns.map(index => table.columnNames[index]!),
          ),
          partitionColumnIndex: integers(partitioning.columns),
          ...levelsSchema(partitioning.levels),
        }
  if (table.kind !== 'dfs' || stored === undefined)
    return dictionaryOf({ ...common, ...partitions })
  const handle = node.databases.get(stored.databasePath)?.handle
  return dictionaryOf({
    ...common,
    ...partitions,
    dbUrl: stringScalar(stored.databasePath),
    tableName: stringScalar(stored.tableName),
    tableOwner: stringScalar(stored.owner),
    tableComment: stringScalar(''),
    ...(isAtLeast(node.release, firstReleases.engines)
      ? { engineType: stringScalar(handle?.engine ?? 'OLAP') }
      : {}),
    chunkGranularity: stringScalar('TABLE'),
    encryptMode: stringScalar('plaintext'),
    compressMethods: compressionMethods(table),
    ...(stored.sortColumns.length > 0
      ? {
          sortColumns: stringVector(stored.sortColumns),
          keepDuplicates: stringScalar(stored.keepDuplicates),
        }
      : {}),
  })
}

function databaseSchema({ node }: CallContext, handle: DatabaseHandle): ServerDictionary {
  return dictionaryOf({
    databaseDir: stringScalar(handle.path),
    ...levelsSchema(handle.levels),
    partitionSites: voidValue,
    atomic: stringScalar(handle.atomic),
    chunkGranularity: stringScalar('TABLE'),
    engineType: stringScalar(handle.engine),
    clusterReplicationEnabled: boolScalar(true),
    databaseOwner: stringScalar(node.databases.get(handle.path)?.owner ?? ''),
  })
}

/** For one level, scalars and the level's scheme; for several levels, vectors and a tuple of the schemes. */
function levelsSchema(levels: readonly LevelScheme[]): Record<string, ServerValue> {
  const schemes = levels.map(level => levelOf(level).schema)
  return {
    partitionType: integers(levels.map(({ type }) => partitionTypeIds[type])),
    partitionTypeName: oneOrMany(levels.map(({ type }) => type)),
    partitionColumnType: integers(levels.map(level => typeId(levelOf(level).type))),
    partitionSchema:
      schemes.length === 1
        ? schemes[0]!
        : { form: 'vector', type: 'ANY', length: schemes.length, data: schemes as Value[] },
  }
}

/** The columns of colDefs must be exactly STRING and INT, because the Java client casts to these types. */
function columnDefinitions(table: ServerTable): ServerTable {
  const { columnNames, columnTypes } = table
  return tableOfColumns({
    name: stringVector(columnNames),
    typeString: stringVector(columnTypes.map(columnTypeText)),
    typeInt: vectorOf({ type: 'INT' }, columnTypes.map(typeId)),
    extra: vectorOf(
      { type: 'INT' },
      columnTypes.map(type => type.scale ?? null),
    ),
    comment: stringVector(columnNames.map(() => '')),
  })
}

function compressionMethods(table: ServerTable): ServerTable {
  return tableOfColumns({
    name: stringVector(table.columnNames),
    compressMethods: stringVector(
      table.columnNames.map(name => table.stored?.compressMethods.get(name) ?? 'lz4'),
    ),
  })
}

function typeId({ type, array }: ColumnType): number {
  return dataTypes[type].id + (array === true ? arrayTypeOffset : 0)
}

function oneOrMany(texts: readonly string[]): ServerValue {
  return texts.length === 1 ? stringScalar(texts[0]!) : stringVector(texts)
}

function integers(values: readonly number[]): ServerValue {
  return values.length === 1
    ? intScalar(values[0]!)
    : { form: 'vector', type: 'INT', length: values.length, data: Int32Array.from(values) }
}
