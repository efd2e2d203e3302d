/*
  lj(left, right, columns): rows of one table beside those of another (DolphinDB manual, page leftjoin).
*/
import { columnTypeOf, takeRows } from '../../../protocol/element.js'
import type { Builtin, CallContext } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { nullColumn } from '../../columns/column-layout.js'
import { rowKeys, type Key } from '../../operators/keys/row-keys.js'
import { joinColumns } from '../../values/join-vectors.js'
import type { ServerTable } from '../../tables/server-table.js'
import { columnIndex, createTable } from '../../tables/memory-table.js'
import { isAbsent, tableArgument, textsArgument } from '../arguments.js'

/**
 * lj(leftTable, rightTable, matchingCols, [rightMatchingCols]): every row of the left table, beside each row of the right
 * one with the same values in the matching columns, or beside nulls.
 */
const lj: Builtin = {
  name: 'lj',
  parameters: ['leftTable', 'rightTable', 'matchingCols', 'rightMatchingCols'],
  minArguments: 3,
  maxArguments: 4,
  call: (context, [leftTable, rightTable, matchingCols, rightMatchingCols]) => {
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
    context.memory.make(16 * (left.columnNames.length + right.columnNames.length) * leftRows.length)
    const kept = right.columnNames.flatMap((_, index) => (rightKeys.includes(index) ? [] : [index]))
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

export const joinTableFunctions: readonly Builtin[] = [lj]
