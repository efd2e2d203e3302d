/*
  Lists the objects of a session with their size in memory (DolphinDB manual, page objs).
*/
import { dataTypes } from '../../../protocol/data-type.js'
import type { ServerTable, TableKind } from '../../tables/server-table.js'
import type { Builtin } from '../../values/builtin.js'
import { isTrue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { builtin } from '../arguments.js'
import { tableOf } from '../result-table.js'
import { factsOf } from '../types/type.js'

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
