/*
  Reads `x[i]` for every form of x (manual, "at"), runs `x[i] = v`, and iterates over elements for `for` and `each`. An
  element out of range is null.
*/
import { columnTypeOf, elementAt, takeRows } from '../../protocol/element.js'
import { type Column, type Vector, explicitNull } from '../../protocol/value.js'
import { cellsOf, kindOf, nullColumn } from '../columns/column-layout.js'
import { cellsAs, convertColumn } from '../columns/convert-column.js'
import { operandOf } from '../operators/operands.js'
import { ScriptError, check, notEmbedded } from '../script-error.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/server-table.js'
import { textOf } from '../values/scalar.js'
import { type ServerValue, overwrite } from '../values/server-value.js'
import { elementsOf, joinColumns, tupleOf } from '../values/vector-literal.js'
import { checkDirectAccess, entryOf, tableColumn } from './dictionary.js'

/** `x[i]`. @throws {ScriptError} if the value cannot be indexed in this way */
export function indexValue(target: ServerValue, index: ServerValue): ServerValue {
  switch (target.form) {
    case 'vector':
    case 'arrayVector':
      return indexColumn(target, index)
    case 'pair':
      return indexColumn(target.elements, index)
    case 'scalar':
      return target
    case 'serverDictionary':
      return entryOf(target, index)
    case 'serverTable': {
      const name = textOf(index)
      return name === undefined ? tableRows(target, index) : tableColumn(target, name)
    }
    default:
      throw new ScriptError('The object can not be indexed.')
  }
}

/** `t[a:b]` and `t[conditions]`: a table of these rows. */
function tableRows(table: ServerTable, index: ServerValue): ServerTable {
  check(index.form !== 'scalar', `t[i] for a single row${notEmbedded}`)
  checkDirectAccess(table)
  const columns = table.columnNames.map((_, at) => indexColumn(table.column(at), index) as Column)
  return createTable('basic', table.columnNames, table.columnTypes, { columns })
}

/** Stands for a position out of range, whose element is null (manual, "slice"). */
const outside = -1

/** The rows that an index selects: a position, positions, conditions or a range; `outside` if out of range. */
function rowsOf(index: ServerValue, length: number): Int32Array {
  const bounds = boundsOf(index, length)
  if (bounds !== undefined) {
    const [from, to] = bounds
    return everyRow(Math.max(0, Math.min(to, length) - from)).map(row => from + row)
  }
  const { vector } = operandOf(index, 'at')
  if (vector.type === 'BOOL') return everyRow(length).filter(row => vector.data[row] === 1)
  return Int32Array.from(positionsOf(vector), at => (at >= 0 && at < length ? at : outside))
}

function everyRow(length: number): Int32Array {
  return Int32Array.from({ length }, (_, row) => row)
}

/** The bounds of a pair, whose nulls are open ends. @throws {ScriptError} unless they ascend from 0 */
function boundsOf(index: ServerValue, length: number): readonly [number, number] | undefined {
  if (index.form !== 'pair') return undefined
  const [first, last] = cellsAs('long', index.elements)
  const [from, to] = [Number(first ?? 0), Number(last ?? length)]
  const ascends = from >= 0 && to >= from
  check(ascends, `The bounds of an index range must ascend from 0: ${from}:${to}.`)
  return [from, to]
}

/** The positions; a null counts as out of range. */
function positionsOf(vector: Vector): number[] {
  const kind = kindOf(vector.type)
  check(kind === 'int' || kind === 'long', 'An index must be an integer.')
  return cellsOf(vector).map(cell => (cell === null ? Infinity : Number(cell)))
}

function indexColumn(column: Column, index: ServerValue): ServerValue {
  const rows = rowsOf(index, column.length)
  const isTuple = column.form === 'vector' && (column.type === 'ANY' || column.type === 'VOID')
  if (isTuple && index.form === 'scalar' && rows[0] === outside) return explicitNull
  const extended = rows.includes(outside)
    ? joinColumns([column, nullColumn(columnTypeOf(column), 1)])
    : column
  const inRange = rows.map(row => (row === outside ? column.length : row))
  const isSingle = index.form === 'scalar' && index.type !== 'BOOL'
  return isSingle ? (elementAt(extended, inRange[0]!) as ServerValue) : takeRows(extended, inRange)
}

function* columnItems(column: Column): Generator<ServerValue, void, void> {
  for (let row = 0; row < column.length; row++) yield elementAt(column, row) as ServerValue
}

/** The elements of a vector; a scalar is its own element. */
export function itemsOf(value: ServerValue): Iterable<ServerValue> {
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
      return columnItems(value)
    case 'scalar':
      return [value]
    default:
      throw new ScriptError('The object in a for statement must be a vector.')
  }
}

/**
 * Runs `x[i] = v` for vectors, and `` t[`col] = v ``, which replaces a column or adds a column.
 * @returns false if the index is invalid; the target is then unchanged
 * @throws {ScriptError} for other targets
 */
export function assignElements(
  target: ServerValue,
  index: ServerValue,
  value: ServerValue,
): boolean {
  if (target.form === 'serverTable') return assignColumn(target, index, value)
  const isVector = target.form === 'vector'
  check(isVector, `x[i] = v, except for vectors and columns of tables${notEmbedded}`)
  const [, to] = boundsOf(index, target.length) ?? [0, 0]
  const positions = rowsOf(index, target.length)
  if (to > target.length || positions.includes(outside)) return false
  const isTuple = target.type === 'ANY'
  const source = isTuple
    ? tupleOf(index.form === 'scalar' ? [value] : elementsOf(value))
    : operandOf(value, 'assignment').vector
  if (source.length !== 1 && source.length !== positions.length) return false
  const added = convertColumn(source, columnTypeOf(target))
  const rows = everyRow(target.length)
  const step = source.length === 1 ? 0 : 1
  for (let i = 0; i < positions.length; i++) rows[positions[i]!] = target.length + i * step
  overwrite(target, takeRows(joinColumns([target, added]), rows))
  return true
}

function assignColumn(target: ServerTable, index: ServerValue, value: ServerValue): boolean {
  const name = textOf(index)
  if (name === undefined) return false
  const isShared = target.sharedName !== ''
  check(!isShared, "Can't change the columns of a shared table. Use an update statement.")
  const { vector, isScalar } = operandOf(value, 'assignment')
  const column = isScalar ? takeRows(vector, new Int32Array(target.rows)) : vector
  if (column.length !== target.rows) return false
  const position = target.columnNames.indexOf(name)
  if (position >= 0) target.replaceColumn(position, column)
  else target.addColumn(name, columnTypeOf(column), column)
  return true
}
