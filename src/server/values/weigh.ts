/*
  What a value takes in memory: near enough for a budget, with everything in it counted as often as it stands there, so
  that what is not too heavy is not too large to be printed, compared or sent either.
*/
import { dataTypes, type DataType } from '../../protocol/data-type.js'
import { isFixedType } from '../../protocol/element-bytes.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { ArrayVector, Column, Scalar, Vector } from '../../protocol/value.js'
import { defaultDecodeLimits } from '../../protocol/decode-context.js'
import type { ServerTable } from '../tables/server-table.js'
import { ScriptError } from '../script-error.js'
import type { ServerDictionary, ServerValue } from './server-value.js'

// What V8 needs for an object of each kind, as measured with a million of them.
const referenceBytes = 8
const scalarBytes = 72
const vectorBytes = 250
const textBytes = 24
const blobBytes = 320
const entryBytes = 250
const partialBytes = 300
const tableBytes = 1_000
const columnBytes = 400

/** A null without bytes counts as the wire counts it: whoever walks through them makes something of each. */
const voidBytes = 64

/** Texts that are shorter weigh nothing by themselves: a script that holds many of them is itself as long. */
const lightText = 64

/** True for what is not worth counting: scalars but long texts. */
export function isLight(value: ServerValue): boolean {
  if (value.form !== 'scalar') return value.form === 'type' || value.form === 'database'
  const content: unknown = value.value
  return typeof content === 'object' && content !== null
    ? value.type !== 'BLOB'
    : typeof content !== 'string' || content.length <= lightText
}

/**
 * Bytes of a value, tables that all sessions see not counted: they are not the value's own.
 *
 * @param room  once it weighs more than this, no more of it is looked at
 * @throws {ScriptError} when it is nested deeper than a value may be that is sent
 */
export function weigh(value: ServerValue, room: number = Infinity): number {
  return isLight(value) ? 0 : weightOf(value, room, 0)
}

/** As `weigh`, for an element of a tuple: there even a small scalar is an object of its own. */
export function weighElement(value: ServerValue, room: number): number {
  return referenceBytes + weightOf(value, room, 0)
}

/** An entry of a dictionary. */
export function weighEntry(value: ServerValue, room: number): number {
  return entryBytes + weightOf(value, room, 0)
}

/** The rows of a table, whoever sees it: what another table grows by when it gets them. */
export function weighRows(table: ServerTable, room: number): number {
  return weightOfRows(table, room, 0)
}

function weightOfRows(table: ServerTable, room: number, depth: number): number {
  const columns = table.columnNames.map((_, index) => table.column(index))
  return columns.length * columnBytes + weightOfAll(columns, room, depth)
}

function weightOf(value: ServerValue, room: number, depth: number): number {
  switch (value.form) {
    case 'scalar':
      return scalarBytes + contentBytes(value)
    case 'vector':
    case 'arrayVector':
      return vectorBytes + weightOfColumn(value, room, depth)
    case 'pair':
    case 'matrix':
    case 'set':
      return scalarBytes + vectorBytes + weightOfColumn(value.elements, room, depth)
    case 'list':
      return weightOfAll(value.elements, room, depth)
    case 'serverDictionary':
      return weightOfEntries(value, room, depth)
    case 'serverTable':
      if (value.sharedName !== '' || value.stored !== undefined) return 0
      return tableBytes + weightOfRows(value, room, depth)
    case 'function':
      if (value.kind !== 'partial') return scalarBytes
      return partialBytes + weightOfAll([...value.bound, ...value.keywords.values()], room, depth)
    default:
      return scalarBytes
  }
}

function contentBytes({ type, value }: Scalar): number {
  if (type === 'BLOB') return value.length
  return typeof value === 'string' ? 2 * value.length : 0
}

function weightOfAll(
  values: Iterable<ServerValue | undefined>,
  room: number,
  depth: number,
): number {
  if (depth >= defaultDecodeLimits.maxDepth) {
    throw new ScriptError(
      `Values are nested deeper than ${defaultDecodeLimits.maxDepth} levels: clients could not read them.`,
    )
  }
  let sum = 0
  for (const value of values) {
    sum += referenceBytes
    if (value !== undefined) sum += weightOf(value, room - sum, depth + 1)
    if (sum > room) return sum
  }
  return sum
}

function weightOfEntries({ entries }: ServerDictionary, room: number, depth: number): number {
  const values = Array.from(entries.values(), entry => entry.value)
  return scalarBytes + entries.size * entryBytes + weightOfAll(values, room, depth)
}

function weightOfColumn(column: Column, room: number, depth: number): number {
  if (column.form === 'arrayVector') return weightOfArrays(column)
  if (isFixedType(column.type)) return rowBytes(column.type) * column.length
  switch (column.type) {
    case 'STRING':
      return weightOfTexts(column)
    case 'BLOB':
      return blobsOf(column).reduce((sum, bytes) => sum + bytes.length + blobBytes, 0)
    case 'SYMBOL':
      // The base is shared by all slices; one that is no longer than its rows is as good as their own.
      return column.length * 4 + Math.min(column.base.length, column.length) * 2 * textBytes
    case 'ANY':
      return weightOfAll(firstOf(column.data, column.length), room, depth)
    default:
      return column.length * voidBytes
  }
}

/** The wire's own values stand in a tuple as they are. */
function firstOf(data: readonly unknown[], length: number): readonly ServerValue[] {
  return (data.length === length ? data : data.slice(0, length)) as readonly ServerValue[]
}

function weightOfArrays({ cells, offsets, length }: ArrayVector): number {
  const count = (offsets[length] ?? 0) - (offsets[0] ?? 0)
  return (length + 1) * 4 + count * rowBytes(cells.type)
}

function weightOfTexts(column: Extract<Vector, { type: 'STRING' }>): number {
  if ('encoded' in column) return column.encoded.length
  const texts = stringsOf(column)
  let characters = 0
  for (let row = 0; row < column.length; row++) characters += texts[row]!.length
  return characters + column.length * textBytes
}

/** Bytes of one row of a type; text counts as the reference to it and its head. */
export function rowBytes(type: DataType): number {
  return dataTypes[type].bytesPerValue || textBytes
}

/** What a table grows by: rows of a table, or a row of single values with what is long of them. */
export function weighInsert(
  table: ServerTable,
  values: readonly ServerValue[],
  room: number,
): number {
  const [first] = values
  if (values.length === 1 && first?.form === 'serverTable') return weighRows(first, room)
  let bytes = 0
  for (const { type } of table.columnTypes) bytes += rowBytes(type)
  for (const value of values) bytes += weigh(value, room)
  return bytes
}
