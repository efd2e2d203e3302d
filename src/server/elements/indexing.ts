/*
  Reads `x[i]` for every form of x (manual, "at"), runs `x[i] = v`, and iterates over elements for `for` and `each`. An
  element out of range is null.
*/
import { columnTypeOf, elementAt, takeRows } from '../../protocol/element.js'
import { type Column, type Vector, explicitNull } from '../../protocol/value.js'
import { cellsOf, kindOf, nullColumn } from '../columns/column-layout.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import { operandOf } from '../operators/operands.js'
import { ScriptError, notEmbedded } from '../script-error.js'
import type { ServerTable } from '../tables/server-table.js'
import { textOf } from '../values/scalar.js'
import { type ServerValue, overwrite } from '../values/server-value.js'
import { elementsOf, joinColumns, tupleOf } from '../values/vector-literal.js'
import { entryOf, tableColumn } from './dictionary.js'

/** The bound of an open end is undefined. */
interface SliceBounds {
  form: 'slice'
  from: number | undefined
  to: number | undefined
}

export type IndexValue = ServerValue | SliceBounds

/** `x[i]`. @throws {ScriptError} if the value cannot be indexed in this way */
export function indexValue(target: ServerValue, index: IndexValue): ServerValue {
  switch (target.form) {
    case 'vector':
    case 'arrayVector':
      return indexColumn(target, index)
    case 'pair':
      return indexColumn(target.elements, index)
    case 'scalar':
      return target
    case 'serverDictionary':
      if (index.form === 'slice') throw new ScriptError('A dictionary can not be sliced.')
      return entryOf(target, index)
    case 'serverTable': {
      const name = index.form === 'slice' ? undefined : textOf(index)
      if (name !== undefined) return tableColumn(target, name)
      throw new ScriptError(`t[x], except for the name of a column${notEmbedded}`)
    }
    default:
      throw new ScriptError('The object can not be indexed.')
  }
}

/** Stands for a position out of range, whose element is null (manual, "slice"). */
const outside = -1

/** The rows that an index selects: a position, positions, conditions or a range; `outside` if out of range. */
function rowsOf(index: IndexValue, length: number): Int32Array {
  const bounds = boundsOf(index, length)
  if (bounds !== undefined) {
    const [from, to] = bounds
    return everyRow(Math.max(0, Math.min(to, length) - from)).map(row => from + row)
  }
  const vector = vectorOfIndex(index as ServerValue)
  if (vector.type === 'BOOL') return everyRow(length).filter(row => vector.data[row] === 1)
  return Int32Array.from(positionsOf(vector), at => (at >= 0 && at < length ? at : outside))
}

function everyRow(length: number): Int32Array {
  return Int32Array.from({ length }, (_, row) => row)
}

/** The bounds of a pair or slice; undefined for other indexes. @throws {ScriptError} unless they ascend from 0 */
function boundsOf(index: IndexValue, length: number): readonly [number, number] | undefined {
  if (index.form !== 'slice' && index.form !== 'pair') return undefined
  const { from = 0, to = length } =
    index.form === 'slice'
      ? index
      : { from: positionsOf(index.elements)[0], to: positionsOf(index.elements)[1] }
  if (from >= 0 && to >= from) return [from, to]
  throw new ScriptError(`The bounds of an index range must ascend from 0: ${from}:${to}.`)
}

function vectorOfIndex(index: ServerValue): Vector {
  if (index.form === 'scalar') return columnOfScalar(index)
  if (index.form === 'vector') return index
  throw new ScriptError('An index must be a number or a vector.')
}

/** The positions; a null counts as out of range. */
function positionsOf(vector: Vector): number[] {
  const kind = kindOf(vector.type)
  if (kind !== 'int' && kind !== 'long') throw new ScriptError('An index must be an integer.')
  return cellsOf(vector).map(cell => (cell === null ? Infinity : Number(cell)))
}

function indexColumn(column: Column, index: IndexValue): ServerValue {
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
 * Runs `x[i] = v`.
 * @returns false if the index is invalid; the target is then unchanged
 * @throws {ScriptError} for targets other than vectors, tuples, and columns of tables in memory
 */
export function assignElements(
  target: ServerValue,
  index: IndexValue,
  value: ServerValue,
): boolean {
  switch (target.form) {
    case 'vector':
      return target.type === 'ANY'
        ? assignTuple(target, index, value)
        : assignVector(target, index, value)
    case 'serverTable':
      return assignTableColumn(target, index, value)
    default:
      throw new ScriptError(`x[i] = v, except for vectors and columns of tables${notEmbedded}`)
  }
}

/** The rows to assign; undefined if one of them is out of range. */
function assignedRows(index: IndexValue, length: number): Int32Array | undefined {
  const [, to] = boundsOf(index, length) ?? [0, 0]
  if (to > length) return undefined
  const rows = rowsOf(index, length)
  return rows.includes(outside) ? undefined : rows
}

function assignVector(target: Vector, index: IndexValue, value: ServerValue): boolean {
  const positions = assignedRows(index, target.length)
  if (positions === undefined) return false
  const source = operandOf(value, 'assignment').vector
  if (source.length !== 1 && source.length !== positions.length) return false
  const added = convertColumn(source, columnTypeOf(target))
  const rows = everyRow(target.length)
  const step = source.length === 1 ? 0 : 1
  for (let i = 0; i < positions.length; i++) rows[positions[i]!] = target.length + i * step
  overwrite(target, takeRows(joinColumns([target, added]), rows))
  return true
}

/** A single index receives the whole value. Several indexes receive one element each, or all the same scalar. */
function assignTuple(target: Vector, index: IndexValue, value: ServerValue): boolean {
  const elements = [...elementsOf(target)]
  const positions = assignedRows(index, elements.length)
  if (positions === undefined) return false
  const parts = index.form === 'scalar' || value.form === 'scalar' ? undefined : elementsOf(value)
  if (parts !== undefined && parts.length !== positions.length) return false
  positions.forEach((position, i) => (elements[position] = parts?.[i] ?? value))
  overwrite(target, tupleOf(elements))
  return true
}

/** `` t[`col] = values `` replaces a column or adds a column. */
function assignTableColumn(target: ServerTable, index: IndexValue, value: ServerValue): boolean {
  const name = index.form === 'slice' ? undefined : textOf(index)
  if (name === undefined) return false
  if (target.sharedName !== '') {
    throw new ScriptError("Can't change the columns of a shared table. Use an update statement.")
  }
  const column = columnFor(value, target.rows)
  if (column === undefined || column.length !== target.rows) return false
  const position = target.columnNames.indexOf(name)
  if (position >= 0) target.replaceColumn(position, column)
  else target.addColumn(name, columnTypeOf(column), column)
  return true
}

function columnFor(value: ServerValue, rows: number): Column | undefined {
  if (value.form === 'vector' || value.form === 'arrayVector') return value
  if (value.form !== 'scalar') return undefined
  return takeRows(columnOfScalar(value), new Int32Array(rows))
}
