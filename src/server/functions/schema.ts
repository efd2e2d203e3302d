/*
  schema(): describes a table or a database in exactly the members and types that the table writers of clients expect
  (docs/protocol.md#schema-dictionary). objs(): lists the objects of a session (DolphinDB manual, page objs).
*/
import {
  type ColumnType,
  arrayTypeOffset,
  columnTypeText,
  dataTypes,
} from '../../protocol/data-type.js'
import type { DatabaseHandle, LevelScheme, ServerTable } from '../tables/server-table.js'
import type { Builtin, CallContext, ServerDictionary, ServerValue } from '../values/server-value.js'
import {
  boolScalar,
  intScalar,
  partitionTypeIds,
  stringScalar,
  stringVector,
  textOf,
  voidValue,
} from '../values/scalar.js'
import { builtin, dictionaryOf, namedTable, tableOf, tableOfColumns } from './arguments.js'
import { factsOf, tableWords } from './types.js'
import { type ElementValue, scalarAt, vectorOf } from '../../protocol/element.js'
import type { TypedVector, Vector } from '../../protocol/value.js'
import { tupleOf } from '../values/vector-literal.js'
import { firstReleases, isAtLeast } from '../release.js'
import { ScriptError } from '../script-error.js'
import { levelOf } from '../tables/partitions/partition-level.js'
import { checkRead } from '../tables/privileges.js'

/** Estimated size of a string: the reference plus a short text. */
const bytesPerText = 24
const bytesPerScalar = 16

/** The size of a table's rows in bytes. If tables share a column, each table counts it. */
export function tableBytes(table: ServerTable): number {
  return table.columnTypes.reduce(
    (sum, { type }) => sum + table.rows * (dataTypes[type].bytesPerValue || bytesPerText),
    0,
  )
}

/** The size of a value in bytes, an estimate for everything but vectors and tables. */
function bytesOf(value: ServerValue): number {
  if (value.form === 'serverTable') return tableBytes(value)
  if (value.form === 'scalar' || value.form === 'type') return bytesPerScalar
  const { type, size } = factsOf(value)
  const cells = value.form === 'arrayVector' ? value.cells.length : size
  return cells * (dataTypes[type.type].bytesPerValue || bytesPerText)
}

function pathOf(value: ServerValue): string {
  if (value.form === 'database') return value.path
  const stored = value.form === 'serverTable' ? value.stored : undefined
  return stored?.databasePath ? `${stored.databasePath}/${stored.tableName}` : ''
}

export const schemaFunctions: readonly Builtin[] = [
  /** Accepts a database handle, a table or the name of a table. */
  builtin('schema(table)', (context, [value]) => {
    if (value.form === 'database') return databaseSchema(context, value)
    if (value.form === 'serverTable') return tableSchema(context, value)
    const name = textOf(value)
    if (name !== undefined) return tableSchema(context, namedTable(context, name))
    throw new ScriptError(
      'schema(table|dbHandle). The argument must be a table or a database handle.',
    )
  }),

  /** The session's variables; if `shared` is true, also the shared tables of all sessions. */
  builtin('objs([shared: bool])', ({ session, node }, [withShared = false]) => {
    const own = [...session.variables].map(([name, value]) => objectRow(name, value, ''))
    const shared = [...node.shared].map(([name, { table, owner }]) => objectRow(name, table, owner))
    const columns =
      'name STRING, type STRING, form STRING, rows INT, columns INT, bytes LONG, shared BOOL, extra STRING'
    return withShared
      ? tableOf(`${columns}, owner STRING`, [...own, ...shared])
      : tableOf(columns, own)
  }),
]

/** A row of objs(). The rows of a DFS table count as 0. @param owner  '' for a variable of the session */
function objectRow(name: string, value: ServerValue, owner: string): ElementValue[] {
  const { form, type, size } = factsOf(value)
  const isTable = value.form === 'serverTable'
  const word = isTable ? tableWords[value.kind][1] : type.array ? `${type.type}[]` : type.type
  const rows = value.form === 'matrix' ? value.rows : isTable && value.kind === 'dfs' ? 0 : size
  const columns = value.form === 'matrix' ? value.columns : isTable ? value.columnNames.length : 1
  const bytes = BigInt(bytesOf(value))
  return [name, word, form.toUpperCase(), rows, columns, bytes, owner !== '', pathOf(value), owner]
}

function tableSchema(context: CallContext, table: ServerTable): ServerDictionary {
  if (table.kind === 'dfs') checkRead(context, table)
  const { node } = context
  const keys = table.keyColumns.map(index => table.columnNames[index]!)
  const common = {
    colDefs: columnDefinitions(table),
    chunkPath: voidValue,
    ...(keys.length > 0 && table.kind !== 'dfs'
      ? { keyColumn: oneOrMany(stringVector(keys)) }
      : {}),
  }
  const { stored, partitioning } = table
  // The Java client treats every table with a partitionColumnName as partitioned, so other tables must not have one.
  const partitions =
    partitioning === undefined
      ? { partitionColumnIndex: intScalar(-1) }
      : {
          partitionColumnName: oneOrMany(
            stringVector(partitioning.columns.map(index => table.columnNames[index]!)),
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
    compressMethods: tableOfColumns({
      name: stringVector(table.columnNames),
      compressMethods: stringVector(table.columnNames.map(() => 'lz4')),
    }),
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
    partitionTypeName: oneOrMany(stringVector(levels.map(({ type }) => type))),
    partitionColumnType: integers(levels.map(level => typeId(levelOf(level).type))),
    partitionSchema: schemes.length === 1 ? schemes[0]! : tupleOf(schemes),
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

function typeId({ type, array }: ColumnType): number {
  return dataTypes[type].id + (array === true ? arrayTypeOffset : 0)
}

/** The only element of a vector, or else the vector. */
function oneOrMany(vector: Vector): ServerValue {
  return vector.length === 1 ? scalarAt(vector as TypedVector, 0) : vector
}

function integers(values: readonly number[]): ServerValue {
  return oneOrMany(vectorOf({ type: 'INT' }, values) as Vector)
}
