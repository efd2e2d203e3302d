/*
  Runs `x[i] = v` and append! on the value of a variable. append! copies a full or shared array to a larger one
  (values/ownership.ts), so the time of a loop of appends is proportional to the number of elements.
*/
import { columnTypeOf, sliceColumn, takeRows } from '../../protocol/element.js'
import { dataTypes } from '../../protocol/data-type.js'
import type { Column, Vector } from '../../protocol/value.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import { isFixedVector } from '../columns/column-layout.js'
import type { ServerTable } from '../tables/server-table.js'
import { notEmbedded, ScriptError } from '../script-error.js'
import { resolveSlice, rowsOfIndex, type IndexValue } from './indexing.js'
import { elementsOf, joinColumns, tupleOf } from '../values/vector-literal.js'
import { claimArray, overwrite, ownsArray } from '../values/ownership.js'
import { operandOf } from '../operators/operands.js'
import { textOf } from '../values/scalar.js'
import type { ServerValue } from '../values/server-value.js'

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
  if (assignNumber(target, index, value)) return true
  const positions = positionsOf(index, target.length)
  if (positions === undefined) return false
  const source = operandOf(value, 'assignment').vector
  if (source.length !== 1 && source.length !== positions.length) return false
  const added = convertColumn(source, columnTypeOf(target))
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

/** The fast path for `x[i] = n` in a loop: writes one number of the vector's own type directly. */
function assignNumber(target: Vector, index: IndexValue, value: ServerValue): boolean {
  if (index.form !== 'scalar' || index.type !== 'INT' || value.form !== 'scalar') return false
  const position = index.value
  if (position === null || position < 0 || position >= target.length) return false
  if (value.type !== target.type || typeof value.value !== 'number') return false
  const record = target as { data: Int32Array | Float64Array }
  if (!ownsArray(target)) {
    record.data = record.data.slice()
    claimArray(target)
  }
  record.data[position] = value.value
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

/** Smallest capacity, which saves short vectors from growing with every append. */
const minCapacity = 16

type Growable = Int32Array

/**
 * Appends the elements of `more`, which has the same type as `target`.
 * @returns false if this kind of vector cannot grow in place; the vector is then unchanged
 */
export function appendElements(target: Vector, more: Vector): boolean {
  if (!isFixedVector(target) || !isFixedVector(more)) return false
  // All kinds of typed arrays grow in the same way.
  const record = target as unknown as { length: number; data: Growable }
  const perElement = dataTypes[target.type].bytesPerValue / target.data.BYTES_PER_ELEMENT
  const added = (more.data as Growable).subarray(0, more.length * perElement)
  const used = target.length * perElement
  if (!ownsArray(target) || record.data.length < used + added.length) {
    const { constructor } = record.data
    const least = Math.ceil(1.5 * target.length)
    const capacity = Math.max(target.length + more.length, least, minCapacity) * perElement
    const grown = new (constructor as new (length: number) => Growable)(capacity)
    grown.set(record.data.subarray(0, used), 0)
    record.data = grown
    claimArray(target)
  }
  record.data.set(added, used)
  record.length += more.length
  return true
}
