/* schema(), with exactly the members and types that table writers expect (docs/protocol.md#schema-dictionary), and objs(). */
import { columnTypeText, dataTypes } from '../../protocol/data-type.js'
import type { DatabaseHandle, ServerTable } from '../tables/server-table.js'
import type { CallContext, ServerDictionary, ServerValue } from '../values/server-value.js'
import { partitionTypeIds, stringVector, tupleOf, voidValue } from '../values/values.js'
import { dictionaryOf, family, tableArgument, tableOf } from './arguments.js'
import { factsOf, tableWords, typeId } from './types.js'
import { type ElementValue, scalarAt, vectorOf } from '../../protocol/element.js'
import type { Vector } from '../../protocol/value.js'
import { firstReleases, isAtLeast } from '../node.js'
import type { PartitionLevel } from '../tables/partitions/partition-level.js'
import { checkRead } from '../tables/privileges.js'

/** Estimated size of a string: the reference plus a short text. */
const bytesPerText = 24

/** The size of a table's rows in bytes. If tables share a column, each table counts it. */
export function tableBytes(table: ServerTable): number {
  return table.columnTypes.reduce(
    (sum, { type }) => sum + table.rows * (dataTypes[type].bytesPerValue || bytesPerText),
    0,
  )
}

export const schemaFunctions = family({
  'schema(table)': (context, [value]) =>
    value.form === 'database'
      ? databaseSchema(value)
      : tableSchema(context, tableArgument(value, context)),
  /** The session's variables; if `shared` is true, also the shared tables of all sessions. */
  'objs([shared: bool])': ({ session, node }, [withShared = false]) => {
    const own = [...session.variables].map(([name, value]) => objectRow(name, value, ''))
    const shared = [...node.shared].map(([name, { table, owner }]) => objectRow(name, table, owner))
    const columns =
      'name STRING, type STRING, form STRING, rows INT, columns INT, bytes LONG, shared BOOL, extra STRING'
    return withShared
      ? tableOf(`${columns}, owner STRING`, [...own, ...shared])
      : tableOf(columns, own)
  },
})

/** A row of objs(). The rows of a DFS table count as 0. @param owner  '' for a variable of the session */
function objectRow(name: string, value: ServerValue, owner: string): ElementValue[] {
  const { form, type, size } = factsOf(value)
  const word = type.array ? `${type.type}[]` : type.type
  if (value.form !== 'serverTable') {
    const bytes = BigInt(size * (dataTypes[type.type].bytesPerValue || bytesPerText))
    const path = value.form === 'database' ? value.path : ''
    return [name, word, form.toUpperCase(), size, 1, bytes, owner !== '', path, owner]
  }
  const { kind, columnNames, rows, stored } = value
  const path = stored === undefined ? '' : `${stored.databasePath}/${stored.tableName}`
  const counts = [kind === 'dfs' ? 0 : rows, columnNames.length, BigInt(tableBytes(value))]
  return [name, tableWords[kind][1], 'TABLE', ...counts, owner !== '', path, owner]
}

function tableSchema(context: CallContext, table: ServerTable): ServerDictionary {
  const { columnNames, columnTypes, stored, partitioning } = table
  const { release } = context.node
  const namesOf = (positions: readonly number[]): ServerValue =>
    oneOrMany(stringVector(positions.map(index => columnNames[index]!)))
  const isStored = stored !== undefined
  if (isStored) checkRead(context, table)
  const common = {
    // The columns must be exactly STRING and INT, because the Java client casts to these types.
    colDefs: tableOf(
      'name STRING, typeString STRING, typeInt INT, extra INT, comment STRING',
      columnTypes.map((type, index) => {
        return [columnNames[index]!, columnTypeText(type), typeId(type), type.scale ?? null, '']
      }),
    ),
    chunkPath: voidValue,
    keyColumn:
      table.keyColumns.length > 0 && !isStored && isAtLeast(release, firstReleases.keyColumn)
        ? namesOf(table.keyColumns)
        : undefined,
    // The Java client treats every table with this member as partitioned, so other tables must not have it.
    partitionColumnName: partitioning && namesOf(partitioning.columns),
    partitionColumnIndex: partitioning ? integers(partitioning.columns) : -1,
    ...(partitioning && levelsSchema(partitioning.levels)),
  }
  if (!isStored) return dictionaryOf(common)
  const { sortColumns, engine } = stored
  return dictionaryOf({
    ...common,
    dbUrl: stored.databasePath,
    tableName: stored.tableName,
    tableOwner: stored.owner,
    tableComment: '',
    engineType: isAtLeast(release, firstReleases.engines) ? engine : undefined,
    chunkGranularity: 'TABLE',
    encryptMode: 'plaintext',
    compressMethods: tableOf(
      'name STRING, compressMethods STRING',
      columnNames.map(name => [name, 'lz4']),
    ),
    sortColumns: sortColumns.length > 0 ? stringVector(sortColumns) : undefined,
    keepDuplicates: sortColumns.length > 0 ? stored.keepDuplicates : undefined,
  })
}

function databaseSchema(handle: DatabaseHandle): ServerDictionary {
  return dictionaryOf({
    databaseDir: handle.path,
    ...levelsSchema(handle.levels),
    partitionSites: voidValue,
    atomic: handle.atomic,
    chunkGranularity: 'TABLE',
    engineType: handle.engine,
    clusterReplicationEnabled: true,
    databaseOwner: handle.owner,
  })
}

/** For one level, scalars and the level's scheme; for several levels, vectors and a tuple of the schemes. */
function levelsSchema(levels: readonly PartitionLevel[]): Record<string, ServerValue> {
  const schemes = levels.map(({ schema }) => schema)
  return {
    partitionType: integers(levels.map(({ kind }) => partitionTypeIds[kind])),
    partitionTypeName: oneOrMany(stringVector(levels.map(({ kind }) => kind))),
    partitionColumnType: integers(levels.map(({ type }) => typeId(type))),
    partitionSchema: schemes.length === 1 ? schemes[0]! : tupleOf(schemes),
  }
}

function oneOrMany(vector: Vector): ServerValue {
  return vector.length === 1 ? scalarAt(vector, 0) : vector
}

function integers(values: readonly number[]): ServerValue {
  return oneOrMany(vectorOf({ type: 'INT' }, values) as Vector)
}
