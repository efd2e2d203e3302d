/*
  Columns of tables: replaced, renamed, and joined to those of another table (DolphinDB manual, pages of each name).
*/
import {
  columnTypeText,
  dataTypes,
  isDecimal,
  type ColumnType,
} from '../../../protocol/data-type.js'
import { columnTypeOf, takeRows } from '../../../protocol/element.js'
import type { Column } from '../../../protocol/value.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import type { ServerValue } from '../../values/server-value.js'
import { castValue } from '../../operators/cast.js'
import { columnOfScalar, convertColumn } from '../../columns/convert-column.js'
import { checkDistinct, columnIndex, createTable } from '../../tables/memory-table.js'
import { checkWritable } from '../../tables/prepare.js'
import type { ServerTable } from '../../tables/server-table.js'
import { builtin, elementsArgument, tableArgument, textsArgument, isAbsent } from '../arguments.js'
import { checkWrite } from '../../tables/privileges.js'
import { nullColumn } from '../../columns/column-layout.js'
import { rowKeys, type Key } from '../../operators/keys/row-keys.js'
import { joinColumns } from '../../values/vector-literal.js'

/**
 * The column takes values and type of the new one. A DFS table takes only
 * the type (DolphinDB manual, page replaceColumn!).
 */
const replaceColumn = builtin(
  'replaceColumn!(table, colName, newCol)',
  (context, [target, names, replacement]) => {
    const table = changeable(context, target)
    checkEngine(context, table, 'replaceColumn!')
    const columnNames = textsArgument(names, 'colName')
    const columns = columnNames.length === 1 ? [replacement!] : elementsArgument(replacement!)
    if (columns.length !== columnNames.length) {
      throw new ScriptError(
        'The number of columns to be updated must match the number of columns specified in colNames. RefId:S05006',
      )
    }
    const replacements = columnNames.map((name, index): [number, Column] => {
      const column = newColumn(table, name, columns[index]!)
      context.memory.made(column)
      return [columnIndex(table, name), column]
    })
    for (const [index, column] of replacements) table.replaceColumn(index, column)
    return table
  },
  { mutatesFirst: true },
)

export const tableColumnFunctions: readonly Builtin[] = [
  replaceColumn,
  /** For tables: Y alone names from the left, Y and Z are old and new names (DolphinDB manual). */
  builtin(
    'rename!(X, Y, [Z])',
    (context, [target, first, second]) => {
      const table = changeable(context, target)
      checkEngine(context, table, 'rename!')
      const names = textsArgument(first, 'Y')
      if (table.kind === 'dfs' && (second === undefined || names.length !== 1)) {
        throw new ScriptError('rename! takes one old and one new name of a DFS table.')
      }
      const renamed = table.columnNames.slice()
      if (second === undefined) {
        if (names.length > renamed.length)
          throw new ScriptError('There are more names than columns.')
        names.forEach((name, index) => (renamed[index] = name))
      } else {
        const replacements = textsArgument(second, 'Z')
        if (replacements.length !== names.length) {
          throw new ScriptError('Y and Z must have the same number of names.')
        }
        names.forEach((name, index) => (renamed[columnIndex(table, name)] = replacements[index]!))
      }
      checkDistinct(renamed)
      table.renameColumns(renamed)
      return table
    },
    { mutatesFirst: true },
  ),
]

/** Tables whose columns may change: none that other sessions see, and none that is read-only. */
function changeable(context: CallContext, target: ServerValue | undefined): ServerTable {
  const table = tableArgument(context, target)
  checkWritable(table)
  if (table.sharedName !== '' && table.kind !== 'dfs') {
    throw new ScriptError(`The columns of the shared table [${table.sharedName}] can't be changed.`)
  }
  checkWrite(context, table)
  return table
}

/** Columns of DFS tables change in OLAP databases alone. */
function checkEngine({ node }: CallContext, table: ServerTable, name: string): void {
  if (table.kind !== 'dfs') return
  const { engine } = node.databases.get(table.stored!.databasePath)!.handle
  if (engine === 'OLAP') return
  throw new ScriptError(`${name} doesn't support DFS tables of the ${engine} engine.`)
}

const textCategories: readonly string[] = ['integral', 'floating', 'literal', 'temporal']

/**
 * Within a category, between whole and floating numbers, and into STRING; SYMBOL and decimals stay (DolphinDB manual,
 * page replaceColumn!).
 */
function mayBecome(from: ColumnType, to: ColumnType): boolean {
  if ([from, to].some(({ type }) => type === 'SYMBOL' || isDecimal(type))) return false
  if ((from.array ?? false) !== (to.array ?? false)) return false
  const [a, b] = [dataTypes[from.type].category, dataTypes[to.type].category]
  const areNumbers = [a, b].every(category => category === 'integral' || category === 'floating')
  return a === b || areNumbers || (to.type === 'STRING' && textCategories.includes(a))
}

function newColumn(table: ServerTable, name: string, value: ServerValue): Column {
  const column = value.form === 'scalar' ? columnOfScalar(value) : value
  if (column.form !== 'vector' && column.form !== 'arrayVector') {
    throw new ScriptError(`The new column [${name}] must be a vector.`)
  }
  if (table.kind === 'dfs') {
    const old = table.column(columnIndex(table, name))
    const [from, to] = [columnTypeOf(old), columnTypeOf(column)]
    if (mayBecome(from, to)) {
      return to.type === 'STRING' ? (castValue(old, to) as Column) : convertColumn(old, to)
    }
    throw new ScriptError(
      `The column [${name}] of type ${columnTypeText(from)} can't become ${columnTypeText(to)}.`,
    )
  }
  if (column.length !== table.rows) {
    throw new ScriptError('All columns must be of the same length. RefId:S02010')
  }
  return column
}

/** Pairs of rows; the row behind the last of the right table stands for none. */
function matchRows(
  { memory }: CallContext,
  left: ServerTable,
  leftKeys: readonly number[],
  right: ServerTable,
  rightKeys: readonly number[],
): { leftRows: Int32Array; rightRows: Int32Array } {
  const rowsOfKey = new Map<Key, number[]>()
  rowKeys(rightKeys.map(index => right.column(index))).forEach((key, row) => {
    const rows = rowsOfKey.get(key)
    if (rows === undefined) rowsOfKey.set(key, [row])
    else rows.push(row)
  })
  const leftRows: number[] = []
  const rightRows: number[] = []
  rowKeys(leftKeys.map(index => left.column(index))).forEach((key, row) => {
    for (const match of rowsOfKey.get(key) ?? [right.rows]) {
      leftRows.push(row)
      rightRows.push(match)
    }
    memory.expect(16 * leftRows.length)
  })
  return { leftRows: Int32Array.from(leftRows), rightRows: Int32Array.from(rightRows) }
}

export const joinTableFunctions: readonly Builtin[] = [
  /**
   * Every row of the left table, beside each row of the right
   * one with the same values in the matching columns, or beside nulls.
   */
  builtin(
    'lj(leftTable, rightTable, matchingCols, [rightMatchingCols])',
    (context, [leftTable, rightTable, matchingCols, rightMatchingCols]) => {
      const left = tableArgument(context, leftTable)
      const right = tableArgument(context, rightTable)
      const leftNames = textsArgument(matchingCols, 'matchingCols')
      const rightNames = isAbsent(rightMatchingCols)
        ? leftNames
        : textsArgument(rightMatchingCols, 'rightMatchingCols')
      if (leftNames.length === 0 || leftNames.length !== rightNames.length) {
        throw new ScriptError(
          'lj: as many columns must be named of the right table as of the left one.',
        )
      }
      const leftKeys = leftNames.map(name => columnIndex(left, name))
      const rightKeys = rightNames.map(name => columnIndex(right, name))
      const { leftRows, rightRows } = matchRows(context, left, leftKeys, right, rightKeys)
      context.memory.make(
        16 * (left.columnNames.length + right.columnNames.length) * leftRows.length,
      )
      const kept = right.columnNames.flatMap((_, index) =>
        rightKeys.includes(index) ? [] : [index],
      )
      const columns = [
        ...left.columnNames.map((_, index) => takeRows(left.column(index), leftRows)),
        ...kept.map(index => {
          const column = right.column(index)
          return takeRows(joinColumns(column, nullColumn(columnTypeOf(column), 1)), rightRows)
        }),
      ]
      const taken = new Set(left.columnNames)
      const names = kept.map(index => {
        const name = right.columnNames[index]!
        return taken.has(name) ? `${right.sharedName || 'right'}_${name}` : name
      })
      return createTable('basic', [...left.columnNames, ...names], columns.map(columnTypeOf), {
        columns,
      })
    },
  ),
]
