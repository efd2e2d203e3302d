/*
  Reads `x[i]` for every form of x (manual, "at"), runs `x[i] = v`, and iterates over elements for `for` and `each`. An
  element out of range is null.
*/
import { columnTypeOf, elementAt, sliceColumn, takeRows } from '../../protocol/element.js'
import { type Column, type Pair, type Vector, explicitNull } from '../../protocol/value.js'
import { dataTypes } from '../../protocol/data-type.js'
import { isFixedVector, nullColumn } from '../columns/column-layout.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/server-table.js'
import { ScriptError, notEmbedded } from '../script-error.js'
import { checkDirectAccess, emptyDictionary, entryOf, keyText, tableColumn } from './dictionary.js'
import { int64Of, numberKindOf, operandOf, scalarAt } from '../operators/operands.js'
import { nullInt64 } from '../../protocol/null-value.js'
import { intScalar, textOf, textsOf } from '../values/scalar.js'
import { type ServerValue, overwrite } from '../values/server-value.js'
import { elementsOf, joinColumns, tupleOf, vectorOfElements } from '../values/vector-literal.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'

/** The bound of an open end is undefined. */
interface SliceBounds {
  form: 'slice'
  from: number | undefined
  to: number | undefined
}

export type IndexValue = ServerValue | SliceBounds

/** @throws {ScriptError} if the value cannot be indexed in this way */
export function indexValue(target: ServerValue, indexes: readonly IndexValue[]): ServerValue {
  const [first, second] = indexes
  if (first === undefined) throw new ScriptError('An index is expected.')
  switch (target.form) {
    case 'vector':
    case 'arrayVector': {
      const picked = indexColumn(target, first)
      return second === undefined ? picked : indexEach(picked, indexes.slice(1))
    }
    case 'scalar':
      return target
    case 'pair':
      return indexColumn(target.elements, first)
    case 'list':
      return indexList(target.elements, first)
    case 'serverDictionary':
      return first.form === 'vector'
        ? vectorOfElements(elementsOf(first).map(key => entryOf(target, key)))
        : entryOf(target, scalarIndex(first))
    case 'serverTable':
      return second === undefined ? indexTable(target, first) : tableCell(target, first, second)
    default:
      throw new ScriptError('The object can not be indexed.')
  }
}

function scalarIndex(index: IndexValue): ServerValue {
  if (index.form === 'slice') throw new ScriptError('A dictionary can not be sliced.')
  return index
}

/** Applies the remaining indexes to the result of the first index: `m[0][1]`, `t[0, 1]`. */
function indexEach(picked: ServerValue, rest: readonly IndexValue[]): ServerValue {
  if (picked.form === 'vector' && picked.type === 'ANY') {
    return vectorOfElements(elementsOf(picked).map(element => indexValue(element, rest)))
  }
  return indexValue(picked, rest)
}

function indexColumn(column: Column, index: IndexValue): ServerValue {
  if (index.form === 'slice') {
    return sliceOf(column, index)
  }
  if (index.form === 'scalar' && index.type !== 'BOOL') {
    const position = positionOf(index, column.length)
    return elementOrNull(column, position)
  }
  if (index.form === 'pair') {
    return sliceOf(column, sliceOfPair(index))
  }
  return pickRows(column, rowsOfIndex(index, column.length))
}

/** The elements between two bounds; in reverse order if the first bound is the higher one (manual, "Vector"). */
function sliceOf(column: Column, slice: SliceBounds): Column {
  const { from, to, isBackwards } = resolveSlice(slice, column.length)
  const picked = sliceColumn(column, from, to)
  return isBackwards ? takeRows(picked, backwards(to - from)) : picked
}

function backwards(length: number): Int32Array {
  return Int32Array.from({ length }, (_, row) => length - 1 - row)
}

/** The position that `index` selects; undefined if it is out of range (manual, "slice"). */
function positionOf(index: ServerValue, length: number): number | undefined {
  const raw = rawIndexes(index)[0]
  return raw !== undefined && raw >= 0 && raw < length ? raw : undefined
}

function elementOrNull(column: Column, position: number | undefined): ServerValue {
  if (position !== undefined) return elementAt(column, position) as ServerValue
  const isTuple = column.form === 'vector' && (column.type === 'ANY' || column.type === 'VOID')
  if (isTuple) return explicitNull
  return elementAt(nullColumn(columnTypeOf(column), 1), 0) as ServerValue
}

function rawIndexes(index: ServerValue): (number | undefined)[] {
  const vector = index.form === 'scalar' ? (vectorOfElements([index]) as Vector) : index
  if (vector.form !== 'vector') throw new ScriptError('An index must be a number or a vector.')
  const kind = numberKindOf(vector.type)
  if (kind === undefined || kind === 'double') {
    throw new ScriptError('An index must be an integer.')
  }
  const wide = int64Of(vector)
  return Array.from(wide.subarray(0, vector.length), value =>
    value === nullInt64 ? undefined : Number(value),
  )
}

/** The rows that `index`, a vector of positions or of conditions, selects; undefined for each position out of range. */
function rowsOfIndex(index: ServerValue, length: number): (number | undefined)[] {
  if (index.form === 'vector' && index.type === 'BOOL') {
    const rows: number[] = []
    const count = Math.min(index.length, length)
    for (let row = 0; row < count; row++) if (index.data[row] === 1) rows.push(row)
    return rows
  }
  if (index.form === 'scalar' && index.type === 'BOOL') {
    return index.value === true ? Array.from({ length }, (_, row) => row) : []
  }
  return rawIndexes(index).map(raw =>
    raw !== undefined && raw >= 0 && raw < length ? raw : undefined,
  )
}

function pickRows(column: Column, rows: readonly (number | undefined)[]): Column {
  if (!rows.includes(undefined)) return takeRows(column, Int32Array.from(rows as number[]))
  const extended = joinColumns(column, nullColumn(columnTypeOf(column), 1))
  return takeRows(
    extended,
    Int32Array.from(rows, row => row ?? column.length),
  )
}

function sliceOfPair(pair: Pair): SliceBounds {
  const raw = rawIndexes(pair.elements)
  return { form: 'slice', from: raw[0] ?? 0, to: raw[1] ?? 0 }
}

/**
 * The bounds of a slice, within 0 to `length`; `to` is not below `from`.
 * @throws {ScriptError} if a bound is negative
 */
function resolveSlice(
  slice: SliceBounds,
  length: number,
): { from: number; to: number; isBackwards: boolean } {
  const [first, last] = [slice.from ?? 0, slice.to ?? length]
  if (first < 0 || last < 0) {
    throw new ScriptError(`The bounds of an index range must not be negative: ${first}:${last}.`)
  }
  const [from, to] = [Math.min(first, last, length), Math.min(Math.max(first, last), length)]
  return { from, to, isBackwards: first > last }
}

function indexList(elements: readonly ServerValue[], index: IndexValue): ServerValue {
  if (index.form === 'slice') {
    const { from, to, isBackwards } = resolveSlice(index, elements.length)
    const picked = elements.slice(from, to)
    return tupleOf(isBackwards ? picked.reverse() : picked)
  }
  if (index.form === 'scalar' && index.type !== 'BOOL') {
    const position = positionOf(index, elements.length)
    return (position === undefined ? undefined : elements[position]) ?? explicitNull
  }
  const rows = rowsOfIndex(index, elements.length)
  return tupleOf(rows.map(row => (row === undefined ? explicitNull : elements[row]!)))
}

/** `` t[`col] `` gives a column, `t[3]` a row as a dictionary; `t[rows]` and `t[condition]` give tables. */
function indexTable(table: ServerTable, index: IndexValue): ServerValue {
  const isSlice = index.form === 'slice'
  const name = isSlice ? undefined : textOf(index)
  if (name !== undefined) return tableColumn(table, name)
  const names = isSlice ? undefined : textsOf(index)
  if (names !== undefined && names.length > 0) return selectColumns(table, names)
  checkDirectAccess(table)
  if (isSlice) {
    return pickTableRows(table, column => sliceOf(column, index))
  }
  if (index.form === 'scalar' && index.type !== 'BOOL') return tableRow(table, index)
  if (index.form === 'pair') {
    return indexTable(table, sliceOfPair(index))
  }
  const rows = rowsOfIndex(index, table.rows)
  return pickTableRows(table, column => pickRows(column, rows))
}

function selectColumns(table: ServerTable, names: readonly string[]): ServerTable {
  const columns = names.map(name => tableColumn(table, name) as Column)
  return createTable('basic', names, columns.map(columnTypeOf), { columns })
}

/** A plain table made of the results of `pick`, which is called for each column of `table`. */
export function pickTableRows(table: ServerTable, pick: (column: Column) => Column): ServerTable {
  const columns = table.columnNames.map((_, index) => pick(table.column(index)))
  return createTable('basic', table.columnNames, table.columnTypes, { columns })
}

/** One row as a dictionary: column name → value. */
export function tableRow(table: ServerTable, index: ServerValue): ServerValue {
  const position = positionOf(index, table.rows)
  const row = emptyDictionary({ type: 'STRING' })
  table.columnNames.forEach((name, column) => {
    const key = { form: 'scalar', type: 'STRING', value: name } as const
    const value = elementOrNull(table.column(column), position)
    row.entries.set(keyText(key), { key, value })
  })
  return row
}

function tableCell(table: ServerTable, row: IndexValue, column: IndexValue): ServerValue {
  checkDirectAccess(table)
  if (column.form === 'slice') throw new ScriptError('A column is chosen by its name or number.')
  const name = textOf(column)
  const position = name === undefined ? positionOf(column, table.columnNames.length) : undefined
  const values =
    name === undefined
      ? table.column(position ?? fail('The column index is out of range.'))
      : (tableColumn(table, name) as Column)
  return indexColumn(values, row)
}

function fail(message: string): never {
  throw new ScriptError(message)
}

function* columnItems(column: Column): Generator<ServerValue, void, void> {
  for (let row = 0; row < column.length; row++) yield elementAt(column, row) as ServerValue
}

function* tableRows(table: ServerTable): Generator<ServerValue, void, void> {
  for (let row = 0; row < table.rows; row++) yield tableRow(table, intScalar(row))
}

function* between(from = 0, to = 0): Generator<ServerValue, void, void> {
  if (from <= to) for (let i = from; i < to; i++) yield intScalar(i)
  else for (let i = from - 1; i >= to; i--) yield intScalar(i)
}

/** The elements of a vector or the rows of a table. For the pair `2:4`, these are 2 and 3; for `4:2`, 3 and 2. */
export function itemsOf(value: ServerValue): Iterable<ServerValue> {
  switch (value.form) {
    case 'vector':
    case 'arrayVector':
      return columnItems(value)
    case 'list':
      return value.elements
    case 'serverTable':
      return tableRows(value)
    case 'serverDictionary':
      return Array.from(value.entries.values(), entry => entry.key)
    case 'pair':
      return between(...[0, 1].map(at => Number(scalarAt(value.elements, at).value)))
    case 'scalar':
      return [value]
    default:
      throw new ScriptError('The object in a for statement must be a vector or table.')
  }
}

/**
 * @returns false if the indexes are invalid; the target is then unchanged
 * @throws {ScriptError} for targets other than vectors, tuples, and columns of tables in memory
 */
export function assignElements(
  target: ServerValue,
  indexes: readonly IndexValue[],
  value: ServerValue,
): boolean {
  const [index, second] = indexes
  if (index === undefined || second !== undefined) return false
  switch (target.form) {
    case 'list':
      return assignTuple(target, index, value)
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

function positionsOf(index: IndexValue, length: number): Int32Array | undefined {
  if (index.form === 'slice') {
    const { from, to, isBackwards } = resolveSlice(index, length)
    if (isBackwards) return undefined
    return Int32Array.from({ length: to - from }, (_, i) => from + i)
  }
  if (index.form === 'pair') {
    const rows = rowsOfIndex(index.elements, length + 1)
    const [from, to] = rows
    if (from === undefined || to === undefined) return undefined
    return Int32Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i)
  }
  const rows = rowsOfIndex(index, length)
  return rows.includes(undefined) ? undefined : Int32Array.from(rows as number[])
}

function assignVector(target: Vector, index: IndexValue, value: ServerValue): boolean {
  const positions = positionsOf(index, target.length)
  if (positions === undefined) return false
  const source = operandOf(value, 'assignment').vector
  if (source.length !== 1 && source.length !== positions.length) return false
  const added = convertColumn(source, columnTypeOf(target))
  const [position] = positions
  if (positions.length === 1 && isFixedVector(target) && isFixedVector(added)) {
    // A loop over a vector must cost a plain copy of it each time, not a new choice of all its rows.
    const data = target.data.slice() as Int32Array
    const width = dataTypes[target.type].bytesPerValue / data.BYTES_PER_ELEMENT
    data.set((added.data as Int32Array).subarray(0, width), position! * width)
    overwrite(target, { ...target, data } as Vector)
    return true
  }
  const all = joinColumns(sliceColumn(target, 0, target.length), added)
  const rows = Int32Array.from({ length: target.length }, (_, row) => row)
  const step = source.length === 1 ? 0 : 1
  for (let i = 0; i < positions.length; i++) rows[positions[i]!] = target.length + i * step
  overwrite(target, takeRows(all, rows))
  return true
}

/** A single index receives the whole value. Several indexes receive one element each, or all the same scalar. */
function assignTuple(target: ServerValue, index: IndexValue, value: ServerValue): boolean {
  const elements = [...elementsOf(target)]
  const positions = positionsOf(index, elements.length)
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
