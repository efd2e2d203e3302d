/*
  Functions about databases under dfs:// and their tables (docs/server-semantics.md#tables-in-databases).
*/
import type { Builtin } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { boolScalar, intScalar, stringVector, voidValue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { columnOfScalar } from '../../columns/convert-column.js'
import {
  databaseAt,
  dropDatabase as dropDatabaseAt,
  dropTable as dropTableAt,
  storedTable,
} from '../../tables/dfs-database.js'
import { addValues } from '../../tables/partitions/partition-level.js'
import {
  builtin,
  databaseArgument,
  integerArgument,
  isAbsent,
  textArgument,
  textsArgument,
} from '../arguments.js'
import { nodeAlias } from '../../node.js'
import { tableOfColumns, tableOfRecords } from '../result-table.js'
import { checkWrite } from '../../tables/privileges.js'

const dropDatabase = builtin('dropDatabase(directory)', ({ node, session }, [path]) => {
  dropDatabaseAt(node, session, pathArgument(path, 'directory'))
  return voidValue
})

const dropTable = builtin('dropTable(dbHandle, tableName)', (context, [database, name]) => {
  const { path } = databaseArgument(context, database)
  dropTableAt(context.node, context.session, path, textArgument(name, 'tableName'))
  return voidValue
})

const getClusterDFSDatabases = builtin('getClusterDFSDatabases([includeSysDb])', ({ node }) =>
  stringVector([...node.databases.keys()].sort()),
)

const chunkColumns = {
  site: 'STRING',
  chunkId: 'UUID',
  path: 'STRING',
  dfsPath: 'STRING',
  type: 'INT',
  flag: 'INT',
  size: 'LONG',
  version: 'INT',
  state: 'INT',
  versionList: 'STRING',
  resolved: 'BOOL',
} as const

function pathPattern(text: string): RegExp {
  const signs: Readonly<Record<string, string>> = { '*': '.*', '%': '.*', '?': '.' }
  return new RegExp(`^${text.replace(/[\\^$.|?*+()[\]{}%]/g, sign => signs[sign] ?? `\\${sign}`)}$`)
}

export const dfsFunctions: readonly Builtin[] = [
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
    if (paths?.form === 'scalar') return boolScalar(found[0]!)
    return {
      form: 'vector',
      type: 'BOOL',
      length: found.length,
      data: Int8Array.from(found, Number),
    }
  }),
  dropDatabase,
  dropTable,

  /** Returns the stored table itself, so loading reads no rows. */
  builtin(
    'loadTable(database, tableName, [partitions], [memoryMode])',
    ({ node }, [database, name]) =>
      storedTable(node, pathArgument(database, 'database'), textArgument(name, 'tableName')),
  ),
  getClusterDFSDatabases,

  builtin('getTables(dbHandle)', (context, [database]) => {
    const { path } = databaseArgument(context, database)
    return stringVector([...databaseAt(context.node, path).tables.keys()].sort())
  }),

  /** Lists the tables of a database. A table that was dropped and created again has a new physical index. */
  builtin('listTables(dbUrl)', ({ node }, [path]) => {
    const tables = [...databaseAt(node, pathArgument(path, 'dbUrl')).tables].sort(([a], [b]) =>
      a < b ? -1 : 1,
    )
    return tableOfColumns({
      tableName: stringVector(tables.map(([name]) => name)),
      physicalIndex: stringVector(tables.map(([, { stored }]) => stored?.physicalIndex ?? '')),
    })
  }),

  /**
   * Returns one row per table, because the embedded server does not store partitions as chunks. In the path, `*` and
   * `%` match any text, `?` matches one character (DolphinDB manual, page getChunksMeta).
   */
  builtin('getChunksMeta([chunkPath], [top])', ({ node }, [chunkPath, top]) => {
    const patterns = isAbsent(chunkPath) ? ['*'] : textsArgument(chunkPath, 'chunkPath')
    const most = isAbsent(top) ? 1_024 : integerArgument(top, 'top')
    const isAsked = (path: string): boolean => patterns.some(text => pathPattern(text).test(path))
    const chunks = [...node.databases.values()]
      .flatMap(({ tables }) => [...tables.values()])
      .flatMap(({ stored }) => (stored === undefined ? [] : [stored]))
      .map(({ databasePath, tableName, chunkId }) => ({
        site: nodeAlias(node),
        chunkId,
        path: '',
        dfsPath: `${databasePath.slice('dfs:/'.length)}/${tableName}.tbl`,
        type: 0,
        flag: 0,
        size: 0n,
        version: 1,
        state: 0,
        versionList: '',
        resolved: false,
      }))
      .filter(({ dfsPath }) => isAsked(dfsPath))
    return tableOfRecords(chunkColumns, most < 0 ? chunks : chunks.slice(0, most))
  }),

  /** Returns the number of partitions added. */
  builtin(
    'addValuePartitions(dbHandle, newValues, [level], [locations])',
    (context, [database, values, level]) => {
      const { levels } = databaseArgument(context, database)
      const scheme = levels[isAbsent(level) ? 0 : integerArgument(level, 'level')]
      if (scheme?.type !== 'VALUE') {
        throw new ScriptError(
          'Partitions can only be added to a level that is partitioned by VALUE.',
        )
      }
      const column = values?.form === 'scalar' ? columnOfScalar(values) : values
      if (column?.form !== 'vector') {
        throw new ScriptError('The argument [newValues] must be a scalar or a vector.')
      }
      return intScalar(addValues(scheme, column))
    },
  ),

  builtin('truncate(dbUrl, tableName)', (context, [path, name]) => {
    const table = storedTable(
      context.node,
      pathArgument(path, 'dbUrl'),
      textArgument(name, 'tableName'),
    )
    checkWrite(context, table)
    table.keepRows(new Int32Array(0))
    return voidValue
  }),
]

function pathArgument(value: ServerValue | undefined, name: string): string {
  const path = value?.form === 'database' ? value.path : textArgument(value, name)
  return path.replace(/\/+$/, '')
}
