/*
  schema(): describes a table or a database in exactly the members and types that the table writers of clients expect
  (docs/protocol.md#schema-dictionary). objs(): lists the objects of a session (DolphinDB manual, page objs).
*/
import {
  type ColumnType,
  arrayTypeOffset,
  columnTypeText,
  dataTypes,
} from '../../../protocol/data-type.js'
import type {
  DatabaseHandle,
  LevelScheme,
  ServerTable,
  TableKind,
} from '../../tables/server-table.js'
import type {
  Builtin,
  CallContext,
  ServerDictionary,
  ServerValue,
} from '../../values/server-value.js'
import {
  boolScalar,
  intScalar,
  isTrue,
  partitionTypeIds,
  stringScalar,
  stringVector,
  textOf,
  voidValue,
} from '../../values/scalar.js'
import { builtin, namedTable } from '../arguments.js'
import { dictionaryOf, tableOf, tableOfColumns } from '../result-table.js'
import { factsOf } from '../types/type.js'
import { vectorOf } from '../../../protocol/element.js'
import type { Value } from '../../../protocol/value.js'
import { firstReleases, isAtLeast } from '../../release.js'
import { ScriptError } from '../../script-error.js'
import { levelOf } from '../../tables/partitions/partition-level.js'
import { checkRead } from '../../tables/privileges.js'

/** Estimated size of a string: the reference plus a short text. */
const bytesPerText = 24

/** The size of a table's rows in bytes. If tables share a column, each table counts it. */
export function tableBytes(table: ServerTable): number {
  return table.columnTypes.reduce(
    (sum, { type }) => sum + table.rows * (dataTypes[type].bytesPerValue || bytesPerText),
    0,
  )
}

const tableTypeNames: Readonly<Record<TableKind, string>> = {
  basic: 'BASIC',
  stream: 'REALTIME',
  keyedStream: 'REALTIME',
  keyed: 'KEYED',
  indexed: 'INDEXED',
  partitioned: 'SEGMENTED',
  dfs: 'ALIAS',
}

/** Size of a reference in a list of texts or in a tuple, without the referenced value. */
const bytesPerReference = 8
/** Estimated sizes of values that are not vectors, per element. */
const bytesPerScalar = 16
const bytesPerHandle = 24
const bytesPerEntry = 32

interface ObjectFacts {
  readonly type: string
  readonly rows: number
  readonly columns: number
  readonly bytes: number
  readonly extra: string
}

function objectFacts(value: ServerValue): ObjectFacts {
  const { type, size } = factsOf(value)
  const name = type.array === true ? `${type.type}[]` : type.type
  const plain = { type: name, rows: size, columns: 1, extra: '' }
  switch (value.form) {
    case 'serverTable': {
      const path = value.stored?.databasePath ?? ''
      return {
        type: tableTypeNames[value.kind],
        rows: value.kind === 'dfs' ? 0 : value.rows,
        columns: value.columnNames.length,
        bytes: tableBytes(value),
        extra: path === '' ? '' : `${path}/${value.stored!.tableName}`,
      }
    }
    case 'database':
      return { ...plain, bytes: bytesPerHandle, extra: value.path }
    case 'function':
      return { ...plain, bytes: bytesPerHandle }
    case 'serverDictionary':
    case 'list':
      return { ...plain, bytes: size * bytesPerEntry }
    case 'scalar':
    case 'type':
      return { ...plain, bytes: bytesPerScalar }
    case 'matrix':
    case 'vector':
    case 'arrayVector':
    case 'pair':
    case 'set': {
      const cells = value.form === 'arrayVector' ? value.cells.length : size
      const bytes = cells * (dataTypes[type.type].bytesPerValue || bytesPerReference)
      const isMatrix = value.form === 'matrix'
      return isMatrix
        ? { ...plain, rows: value.rows, columns: value.columns, bytes }
        : { ...plain, bytes }
    }
  }
}

export const objectListFunctions: readonly Builtin[] = [
  /** The session's variables; if `shared` is true, also the shared tables of all sessions. */
  builtin('objs([shared])', ({ session, node }, [shared]) => {
    const withShared = shared !== undefined && isTrue(shared)
    const own = [...session.variables].map(([name, value]) => ({ name, value, owner: '' }))
    const others = [...node.shared].map(([name, { table, owner }]) => ({
      name,
      value: table,
      owner,
    }))
    const objects = (withShared ? [...own, ...others] : own).map(one => {
      return { ...one, ...objectFacts(one.value) }
    })
    return tableOf(objects, {
      name: ['STRING', one => one.name],
      type: ['STRING', one => one.type],
      form: ['STRING', ({ value }) => factsOf(value).form.toUpperCase()],
      rows: ['INT', one => one.rows],
      columns: ['INT', one => one.columns],
      bytes: ['LONG', one => BigInt(one.bytes)],
      shared: ['BOOL', one => one.owner !== ''],
      extra: ['STRING', one => one.extra],
      ...(withShared ? { owner: ['STRING', (one: { owner: string }) => one.owner] as const } : {}),
    })
  }),
]

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
