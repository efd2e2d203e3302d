/*
  Lists the objects of a session with their size in memory (DolphinDB manual, page objs).
*/
import { dataTypes } from '../../../protocol/data-type.js'
import type { ServerTable, TableKind } from '../../tables/server-table.js'
import type { ElementValue } from '../../../protocol/element.js'
import type { Vector } from '../../../protocol/value.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { isTrue } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { builtin } from '../arguments.js'
import { tableOfRecords } from '../result-table.js'
import { formNumber } from '../types/type.js'

/** Estimated size of a string: the reference plus a short text. */
const bytesPerText = 24

/** The size of a table's rows in bytes. If tables share a column, each table counts it. */
export function tableBytes(table: ServerTable): number {
  return table.columnTypes.reduce(
    (sum, { type }) => sum + table.rows * (dataTypes[type].bytesPerValue || bytesPerText),
    0,
  )
}

const formNames = ['SCALAR', 'VECTOR', 'PAIR', 'MATRIX', 'SET', 'DICTIONARY', 'TABLE'] as const

const tableTypeNames: Readonly<Record<TableKind, string>> = {
  basic: 'BASIC',
  stream: 'REALTIME',
  keyedStream: 'REALTIME',
  keyed: 'KEYED',
  indexed: 'INDEXED',
  partitioned: 'SEGMENTED',
  dfs: 'ALIAS',
}

const columns = {
  name: 'STRING',
  type: 'STRING',
  form: 'STRING',
  rows: 'INT',
  columns: 'INT',
  bytes: 'LONG',
  shared: 'BOOL',
  extra: 'STRING',
} as const

interface ObjectFacts {
  readonly type: string
  readonly rows: number
  readonly columns: number
  readonly bytes: number
  readonly extra: string
}

/** Size of a reference in a list of texts or in a tuple, without the referenced value. */
const bytesPerReference = 8

function vectorFacts(vector: Vector, rows: number, columnCount: number): ObjectFacts {
  const bytes = vector.length * (dataTypes[vector.type].bytesPerValue || bytesPerReference)
  return { type: vector.type, rows, columns: columnCount, bytes, extra: '' }
}

function factsOf(value: ServerValue): ObjectFacts {
  switch (value.form) {
    case 'vector':
      return vectorFacts(value, value.length, 1)
    case 'arrayVector':
      return { ...vectorFacts(value.cells, value.length, 1), type: `${value.cells.type}[]` }
    case 'pair':
    case 'set':
      return vectorFacts(value.elements, value.elements.length, 1)
    case 'matrix':
      return vectorFacts(value.elements, value.rows, value.columns)
    case 'serverTable': {
      const { stored } = value
      return {
        type: tableTypeNames[value.kind],
        rows: value.kind === 'dfs' ? 0 : value.rows,
        columns: value.columnNames.length,
        bytes: tableBytes(value),
        extra:
          stored === undefined || stored.databasePath === ''
            ? ''
            : `${stored.databasePath}/${stored.tableName}`,
      }
    }
    case 'serverDictionary':
      return {
        type: value.valueType?.type ?? 'ANY',
        rows: value.entries.size,
        columns: 1,
        bytes: value.entries.size * 32,
        extra: '',
      }
    case 'list':
      return { type: 'ANY', rows: value.elements.length, columns: 1, bytes: 32, extra: '' }
    case 'scalar':
      return { type: value.type, rows: 1, columns: 1, bytes: 16, extra: '' }
    case 'database':
      return { type: 'HANDLE', rows: 1, columns: 1, bytes: 24, extra: value.path }
    case 'function':
      return { type: 'FUNCTIONDEF', rows: 1, columns: 1, bytes: 24, extra: '' }
    case 'type':
      return { type: 'INT', rows: 1, columns: 1, bytes: 16, extra: '' }
  }
}

function recordOf(
  name: string,
  value: ServerValue,
  owner: string,
): Record<keyof typeof columns | 'owner', ElementValue> {
  const { bytes, ...facts } = factsOf(value)
  const form = formNames[formNumber(value)] ?? 'SCALAR'
  return { name, form, ...facts, bytes: BigInt(bytes), shared: owner !== '', owner }
}

/** objs([shared]): the session's variables; if `shared` is true, also the shared tables of all sessions. */
function listObjects({ session, node }: CallContext, withShared: boolean): ServerValue {
  const own = [...session.variables].map(([name, value]) => recordOf(name, value, ''))
  if (!withShared) return tableOfRecords<keyof typeof columns>(columns, own)
  const shared = [...node.shared].map(([name, { table, owner }]) => recordOf(name, table, owner))
  return tableOfRecords({ ...columns, owner: 'STRING' }, [...own, ...shared])
}

export const objectListFunctions: readonly Builtin[] = [
  builtin('objs([shared])', (context, [shared]) =>
    listObjects(context, shared !== undefined && isTrue(shared)),
  ),
]
