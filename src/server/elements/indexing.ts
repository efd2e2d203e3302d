/*
  `x[i]`: reading elements of every form (manual, "at"). Positions out of range give nulls.
*/
import { columnTypeOf, elementAt, sliceColumn, takeRows } from '../../protocol/element.js'
import type { Column, Matrix, Pair, Vector } from '../../protocol/value.js'
import { explicitNull } from '../../protocol/value.js'
import { nullColumn } from '../columns/column-layout.js'
import { createTable } from '../tables/memory-table.js'
import type { ServerTable } from '../tables/server-table.js'
import { ScriptError } from '../script-error.js'
import { checkDirectAccess, emptyDictionary, entryOf, keyText, tableColumn } from './dictionary.js'
import { matrixColumn } from '../operators/matrix.js'
import { int64Of, numberKindOf } from '../operators/operands/operand-numbers.js'
import { nullInt64 } from '../../protocol/null-value.js'
import { textOf, textsOf } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'
import { tupleOf, vectorOfElements } from '../values/vector-literal.js'
import { joinColumns } from '../values/join-vectors.js'

/** An open end of a slice is undefined. */
export interface SliceBounds {
  form: 'slice'
  from: number | undefined
  to: number | undefined
}

/** What may stand in brackets behind a value. */
export type IndexValue = ServerValue | SliceBounds

/** @throws {ScriptError} when the value cannot be indexed that way */
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
      return indexPair(target, first)
    case 'matrix':
      return second === undefined ? indexMatrix(target, first) : cellOf(target, first, second)
    case 'set':
      return indexColumn(target.elements, first)
    case 'list':
      return indexList(target.elements, first)
    case 'serverDictionary':
      return first.form === 'vector'
        ? vectorOfElements(elementsOfVector(first).map(key => entryOf(target, key)))
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

function elementsOfVector(vector: Vector): ServerValue[] {
  return Array.from({ length: vector.length }, (_, row) => elementAt(vector, row) as ServerValue)
}

/** A second index goes into the elements that the first one picked: `m[0][1]`, `t[0, 1]`. */
function indexEach(picked: ServerValue, rest: readonly IndexValue[]): ServerValue {
  if (picked.form === 'vector' && picked.type === 'ANY') {
    return vectorOfElements(elementsOfVector(picked).map(element => indexValue(element, rest)))
  }
  return indexValue(picked, rest)
}

function indexColumn(column: Column, index: IndexValue): ServerValue {
  if (index.form === 'slice') {
    const { from, to } = resolveSlice(index, column.length)
    return sliceColumn(column, from, to)
  }
  if (index.form === 'scalar' && index.type !== 'BOOL') {
    const position = positionOf(index, column.length)
    return elementOrNull(column, position)
  }
  if (index.form === 'pair') {
    const [from, to] = bounds(index)
    return sliceColumn(column, clamp(from, column.length), clamp(to, column.length))
  }
  return pickRows(column, rowsOfIndex(index, column.length))
}

/** −1 means the last element; what lies outside is null. */
function positionOf(index: ServerValue, length: number): number | undefined {
  const raw = rawIndexes(index)[0]
  if (raw === undefined) return undefined
  const position = raw < 0 ? raw + length : raw
  return position >= 0 && position < length ? position : undefined
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

/** Rows a vector of positions or of conditions picks; undefined where it picks nothing that is there. */
export function rowsOfIndex(index: ServerValue, length: number): (number | undefined)[] {
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

function bounds(pair: Pair): [number, number] {
  const raw = rawIndexes(pair.elements)
  return [raw[0] ?? 0, raw[1] ?? 0]
}

function clamp(position: number, length: number): number {
  return Math.max(0, Math.min(position < 0 ? position + length : position, length))
}

/** Both ends within 0 to `length`, negative ones counted from the end; `to` is never below `from`. */
export function resolveSlice(slice: SliceBounds, length: number): { from: number; to: number } {
  const from = clamp(slice.from ?? 0, length)
  return { from, to: Math.max(from, clamp(slice.to ?? length, length)) }
}

function indexPair(pair: Pair, index: IndexValue): ServerValue {
  return indexColumn(pair.elements, index)
}

function indexMatrix(matrix: Matrix, index: IndexValue): ServerValue {
  if (index.form !== 'scalar') throw new ScriptError('A matrix column is chosen by its number.')
  const position = positionOf(index, matrix.columns)
  if (position === undefined) throw new ScriptError('The column index is out of range.')
  return matrixColumn(matrix, position)
}

function cellOf(matrix: Matrix, row: IndexValue, column: IndexValue): ServerValue {
  if (column.form === 'slice') throw new ScriptError('A matrix column is chosen by its number.')
  return indexColumn(indexMatrix(matrix, column) as Vector, row)
}

function indexList(elements: readonly ServerValue[], index: IndexValue): ServerValue {
  if (index.form === 'slice') {
    const { from, to } = resolveSlice(index, elements.length)
    return tupleOf(elements.slice(from, to))
  }
  if (index.form === 'scalar' && index.type !== 'BOOL') {
    const position = positionOf(index, elements.length)
    return (position === undefined ? undefined : elements[position]) ?? explicitNull
  }
  const rows = rowsOfIndex(index, elements.length)
  return tupleOf(rows.map(row => (row === undefined ? explicitNull : elements[row]!)))
}

/** `` t[`col] `` is a column, `t[3]` a row as a dictionary, `t[rows]` and `t[condition]` a table. */
function indexTable(table: ServerTable, index: IndexValue): ServerValue {
  const isSlice = index.form === 'slice'
  const name = isSlice ? undefined : textOf(index)
  if (name !== undefined) return tableColumn(table, name)
  const names = isSlice ? undefined : textsOf(index)
  if (names !== undefined && names.length > 0) return selectColumns(table, names)
  checkDirectAccess(table)
  if (isSlice) {
    const { from, to } = resolveSlice(index, table.rows)
    return pickTableRows(table, column => sliceColumn(column, from, to))
  }
  if (index.form === 'scalar' && index.type !== 'BOOL') return tableRow(table, index)
  if (index.form === 'pair') {
    const [from, to] = bounds(index)
    const slice: SliceBounds = { form: 'slice', from, to }
    return indexTable(table, slice)
  }
  const rows = rowsOfIndex(index, table.rows)
  return pickTableRows(table, column => pickRows(column, rows))
}

function selectColumns(table: ServerTable, names: readonly string[]): ServerTable {
  const columns = names.map(name => tableColumn(table, name) as Column)
  return createTable('basic', names, columns.map(columnTypeOf), { columns })
}

/** A plain table of what `pick` makes of each column. */
export function pickTableRows(table: ServerTable, pick: (column: Column) => Column): ServerTable {
  const columns = table.columnNames.map((_, index) => pick(table.column(index)))
  return createTable('basic', table.columnNames, table.columnTypes, { columns })
}

/** One row as a dictionary of column names. */
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
