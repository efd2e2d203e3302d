/*
  Runs `x[i] = v` and append! on the value of a variable. append! copies a full or shared array to a larger one
  (values/ownership.ts), so the time of a loop of appends is proportional to the number of elements.
*/
import { columnTypeOf, sliceColumn, takeRows } from '../../protocol/element.js'
import { isFixedType } from '../../protocol/element-bytes.js'
import { dataTypes } from '../../protocol/data-type.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Column, SymbolVector, Value, Vector } from '../../protocol/value.js'
import { columnOfScalar, convertColumn } from '../columns/convert-column.js'
import { isFixedVector } from '../columns/column-layout.js'
import type { ServerTable } from '../tables/server-table.js'
import { ScriptError } from '../script-error.js'
import { setEntry } from './dictionary.js'
import { resolveSlice, rowsOfIndex, type IndexValue } from './indexing.js'
import { elementsOf, joinColumns, isWireValue, tupleOf } from '../values/vector-literal.js'
import { claimArray, overwrite, ownsArray } from '../values/ownership.js'
import { operandOf } from '../operators/operands.js'
import { textOf } from '../values/scalar.js'
import type { ServerDictionary, ServerValue } from '../values/server-value.js'

/** @returns false if the indexes are invalid; the target is then unchanged */
export function assignElements(
  target: ServerValue,
  indexes: readonly IndexValue[],
  value: ServerValue,
): boolean {
  const [first, second] = indexes
  if (first === undefined) return false
  switch (target.form) {
    case 'vector':
      return second === undefined && assignVector(target, first, value)
    case 'pair':
      return second === undefined && assignVector(target.elements, first, value)
    case 'list':
      return second === undefined && assignList(target, first, value)
    case 'serverDictionary':
      return second === undefined && assignEntries(target, first, value)
    case 'serverTable':
      return second === undefined && assignTableColumn(target, first, value)
    default:
      return false
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
  if (target.type === 'ANY') return assignTuple(target, index, positions, value)
  const source = operandOf(value, 'assignment').vector
  if (source.length !== 1 && source.length !== positions.length) return false
  writeRows(target, positions, convertColumn(source, columnTypeOf(target)) as Vector)
  return true
}

/** The fast path for `x[i] = n` in a loop: writes one number of the vector's own type directly. */
function assignNumber(target: Vector, index: IndexValue, value: ServerValue): boolean {
  if (index.form !== 'scalar' || index.type !== 'INT' || value.form !== 'scalar') return false
  const position = index.value
  if (position === null || position < 0 || position >= target.length) return false
  if (value.type !== target.type || typeof value.value !== 'number') return false
  ownFixedArray(target)
  ;(target as { data: Int32Array | Float64Array }).data[position] = value.value
  return true
}

/** Copies row i of `source` to row `positions[i]`. If `source` has one row, all positions get that row. */
function writeRows(target: Vector, positions: Int32Array, source: Vector): void {
  const step = source.length === 1 ? 0 : 1
  if (isFixedVector(target) && isFixedVector(source) && isFixedType(target.type)) {
    ownFixedArray(target)
    const width = dataTypes[target.type].bytesPerValue
    const to = new Uint8Array(target.data.buffer, target.data.byteOffset)
    const from = new Uint8Array(source.data.buffer, source.data.byteOffset)
    for (let i = 0; i < positions.length; i++) {
      const start = i * step * width
      to.set(from.subarray(start, start + width), positions[i]! * width)
    }
    return
  }
  if (target.type === 'STRING' && source.type === 'STRING') {
    const texts = stringsOf(source)
    const data = ownStrings(target)
    for (let i = 0; i < positions.length; i++) data[positions[i]!] = texts[i * step]!
    return
  }
  if (target.type === 'SYMBOL' && source.type === 'SYMBOL') {
    writeSymbols(target, positions, source, step)
    return
  }
  overwrite(target, replacedRows(target, positions, source, step))
}

function writeSymbols(
  target: SymbolVector,
  positions: Int32Array,
  source: SymbolVector,
  step: 0 | 1,
): void {
  if (!ownsArray(target)) {
    target.codes = target.codes.slice(0, target.length)
    target.base = [...target.base]
    claimArray(target)
  }
  const base = target.base as string[]
  // For a single text, a search through the base is faster than building a map of the base.
  const codeOf = step === 0 ? undefined : new Map(base.map((text, code) => [text, code]))
  const newCodes = new Map<number, number>()
  for (let i = 0; i < positions.length; i++) {
    const code = source.codes[i * step]!
    let own = newCodes.get(code)
    if (own === undefined) {
      const text = source.base[code]!
      own = codeOf === undefined ? base.indexOf(text) : (codeOf.get(text) ?? -1)
      if (own < 0) own = base.push(text) - 1
      newCodes.set(code, own)
    }
    target.codes[positions[i]!] = own
  }
}

function ownFixedArray(target: Vector): void {
  if (ownsArray(target) || !('data' in target)) return
  const record = target as { data: { slice(): unknown } }
  record.data = record.data.slice() as { slice(): unknown }
  claimArray(target)
}

/** Returns a new column with the replaced rows, for columns that cannot be changed in place. */
function replacedRows(target: Vector, positions: Int32Array, source: Vector, step: 0 | 1): Column {
  const all = joinColumns(sliceColumn(target, 0, target.length), source)
  const rows = Int32Array.from({ length: target.length }, (_, row) => row)
  for (let i = 0; i < positions.length; i++) rows[positions[i]!] = target.length + i * step
  return takeRows(all, rows)
}

/** A single index receives the whole value. Several indexes receive one element each, or all the same scalar. */
function assignTuple(
  target: Extract<Vector, { type: 'ANY' }>,
  index: IndexValue,
  positions: Int32Array,
  value: ServerValue,
): boolean {
  const elements: ServerValue[] = (target.data as readonly ServerValue[]).slice(0, target.length)
  if (!placeElements(elements, index, positions, value)) return false
  if (elements.every(isWireValue)) {
    const record = target as { data: readonly Value[] }
    record.data = elements
    return true
  }
  overwrite(target, tupleOf(elements))
  return true
}

function assignList(
  target: Extract<ServerValue, { form: 'list' }>,
  index: IndexValue,
  value: ServerValue,
): boolean {
  const positions = positionsOf(index, target.elements.length)
  if (positions === undefined) return false
  const elements = [...target.elements]
  if (!placeElements(elements, index, positions, value)) return false
  overwrite(target, tupleOf(elements))
  return true
}

function placeElements(
  elements: ServerValue[],
  index: IndexValue,
  positions: Int32Array,
  value: ServerValue,
): boolean {
  if (index.form === 'scalar' || value.form === 'scalar') {
    for (const position of positions) elements[position] = value
    return true
  }
  const parts = elementsOf(value)
  if (parts.length !== positions.length) return false
  positions.forEach((position, i) => (elements[position] = parts[i]!))
  return true
}

function assignEntries(target: ServerDictionary, index: IndexValue, value: ServerValue): boolean {
  if (index.form === 'slice') return false
  if (index.form !== 'vector') {
    setEntry(target, index, value)
    return true
  }
  const keys = elementsOf(index)
  const values = value.form === 'scalar' ? keys.map(() => value) : elementsOf(value)
  if (values.length !== keys.length) return false
  keys.forEach((key, i) => setEntry(target, key, values[i]!))
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

/**
 * Appends the elements of `more`, which has the same type as `target`.
 * @returns false if this kind of vector cannot grow in place; the vector is then unchanged
 */
export function appendElements(target: Vector, more: Vector): boolean {
  if (isFixedVector(target) && isFixedVector(more)) {
    appendFixed(target, more)
    return true
  }
  if (target.type === 'STRING' && more.type === 'STRING') {
    const texts = stringsOf(more)
    const data = ownStrings(target)
    for (let i = 0; i < more.length; i++) data.push(texts[i]!)
    target.length = data.length
    return true
  }
  if (target.type === 'ANY' && more.type === 'ANY') {
    const data = ownElements(target)
    for (let i = 0; i < more.length; i++) data.push(more.data[i]!)
    target.length = data.length
    return true
  }
  return false
}

type FixedVector = Extract<Vector, { data: ArrayBufferView }>

interface Growable {
  length: number
  data: {
    readonly length: number
    subarray(start: number, end: number): Growable['data']
    set(from: Growable['data'], at: number): void
  }
}

function appendFixed(target: FixedVector, more: FixedVector): void {
  const perValue = valuesPerElement(target)
  const record = target as unknown as Growable
  const added = (more as unknown as Growable).data.subarray(0, more.length * perValue)
  const used = target.length * perValue
  if (!ownsArray(target) || record.data.length < used + added.length) {
    const grown = grownArray(target, target.length + more.length)
    grown.set(record.data.subarray(0, used), 0)
    record.data = grown
    claimArray(target)
  }
  record.data.set(added, used)
  record.length += more.length
}

function valuesPerElement(vector: FixedVector): number {
  return dataTypes[vector.type].bytesPerValue / vector.data.BYTES_PER_ELEMENT
}

/** An empty array with room for at least `needed` elements and at least 1.5 times the elements that the vector has. */
function grownArray(vector: FixedVector, needed: number): Growable['data'] {
  const { constructor } = vector.data as Int32Array
  const length = Math.max(needed, Math.ceil(1.5 * vector.length), minCapacity)
  return new (constructor as new (length: number) => Growable['data'])(
    length * valuesPerElement(vector),
  )
}

/** The texts in an array of exactly the vector's length, which no other value shares. */
function ownStrings(target: Extract<Vector, { type: 'STRING' }>): string[] {
  const record = target as { data?: string[]; encoded?: Uint8Array; length: number }
  if (record.data?.length !== target.length || !ownsArray(target)) {
    record.data = stringsOf(target).slice(0, target.length)
    delete record.encoded
    claimArray(target)
  }
  return record.data
}

function ownElements(target: Extract<Vector, { type: 'ANY' }>): Value[] {
  const record = target as { data: readonly Value[] }
  if (record.data.length !== target.length || !ownsArray(target)) {
    record.data = record.data.slice(0, target.length)
    claimArray(target)
  }
  return record.data as Value[]
}
