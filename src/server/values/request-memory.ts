/*
  Limits the memory of one request. Code that creates values, or extends tables, vectors or dictionaries, counts bytes
  here. The bytes of stored values stay in the total until the request ends, all other bytes until the statement ends.
*/
import { defaultDecodeLimits } from '../../protocol/decode-context.js'
import { dataTypes, type DataType } from '../../protocol/data-type.js'
import { isFixedType } from '../../protocol/element-bytes.js'
import { blobsOf } from '../../protocol/types/blobs.js'
import { stringsOf } from '../../protocol/types/strings.js'
import type { Column } from '../../protocol/value.js'
import type { ServerTable } from '../tables/server-table.js'
import { ScriptError } from '../script-error.js'
import type { ServerValue } from './server-value.js'

/** Default limit in bytes. A table with ten million rows and ten columns stays below it. */
export const defaultRequestBytes = 1_073_741_824

/** Overhead of a value in bytes, for example in a tuple or a dictionary. */
export const elementBytes = 80
/** Overhead of a STRING in a column, in bytes. */
const textBytes = 24
/** Overhead of a BLOB in a column, in bytes. */
const blobBytes = 320

export class RequestMemory {
  readonly #limitBytes: number
  #made = 0
  #stored = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  begin(): void {
    this.#made = 0
    this.#stored = 0
  }

  /** The bytes counted so far. Pass this number to `release` when the statement ends. */
  get mark(): number {
    return this.#made
  }

  /** Call this before you allocate memory. @throws {ScriptError} `Out of memory …` if the limit would be exceeded */
  expect(bytes: number): void {
    if (bytes <= this.#limitBytes - this.#made) return
    // The first sentence is DolphinDB's own text (manual, "Out of Memory", §1), the second is ours.
    throw new ScriptError(`Out of memory. One request may take ${this.#limitBytes} bytes.`)
  }

  /** Like `expect`, and counts the bytes. */
  count(bytes: number): void {
    this.expect(bytes)
    this.#made += bytes
  }

  countValue(value: ServerValue): void {
    if (!isTooSmallToCount(value)) this.count(weigh(value, this.#limitBytes - this.#made))
  }

  /** Call this when a statement stores values: the bytes counted so far stay in the total until the request ends. */
  stored(): void {
    this.#stored = this.#made
  }

  /** Releases the memory of the statement that began at `mark`, except stored values. */
  release(mark: number): void {
    this.#made = Math.max(mark, this.#stored)
  }

  /** Call this before visiting everything in a value, because an object that occurs twice is visited twice. */
  checkSize(value: ServerValue): void {
    if (weigh(value, this.#limitBytes) > this.#limitBytes) this.expect(Infinity)
  }
}

/**
 * True for values too small to be worth counting. A script that makes many such values is itself about as large as they
 * are.
 */
export function isTooSmallToCount(value: ServerValue): boolean {
  if (value.form !== 'scalar') return value.form === 'type' || value.form === 'database'
  const content: unknown = value.value
  return !(content instanceof Uint8Array) && (typeof content !== 'string' || content.length <= 64)
}

/** Bytes of one value of this type in a column. For a text, only the overhead and the reference. */
export function rowBytes(type: DataType): number {
  return dataTypes[type].bytesPerValue || textBytes
}

/** The bytes by which a different table grows when it receives the rows of this table. */
export function weighRows(table: ServerTable): number {
  return table.columnNames.reduce(
    (sum, _, at) => sum + weighColumn(table.column(at), Infinity, 0),
    0,
  )
}

/** Bytes by which a table grows when it gets `values`: rows of a table, or one value or vector per column. */
export function weighInsert(table: ServerTable, values: readonly ServerValue[]): number {
  const [first] = values
  if (values.length === 1 && first?.form === 'serverTable') return weighRows(first)
  let bytes = 0
  for (const { type } of table.columnTypes) bytes += rowBytes(type)
  for (const value of values) if (!isTooSmallToCount(value)) bytes += weigh(value)
  return bytes
}

/**
 * Approximate size of a value in bytes. Counts a part as often as it occurs, so that a value of acceptable size can
 * also be printed or sent. Does not count the rows of tables; they were counted when the table received them.
 * @param room  stop once the size exceeds this number
 * @throws {ScriptError} if the value is nested more deeply than values that can be sent
 */
function weigh(value: ServerValue, room: number = Infinity, depth: number = 0): number {
  switch (value.form) {
    case 'scalar':
      if (typeof value.value === 'string') return elementBytes + 2 * value.value.length
      return elementBytes + (value.type === 'BLOB' ? value.value.length : 0)
    case 'vector':
    case 'arrayVector':
      return elementBytes + weighColumn(value, room, depth)
    case 'pair':
    case 'set':
    case 'matrix':
      return elementBytes + weighColumn(value.elements, room, depth)
    case 'list':
      return weighAll(value.elements, room, depth)
    case 'serverDictionary': {
      const values = Array.from(value.entries.values(), entry => entry.value)
      return elementBytes * values.length + weighAll(values, room, depth)
    }
    case 'function':
      if (value.kind !== 'partial') return elementBytes
      return weighAll([...value.bound, ...value.keywords.values()], room, depth)
    default:
      return elementBytes
  }
}

function weighAll(
  values: readonly (ServerValue | undefined)[],
  room: number,
  depth: number,
): number {
  const { maxDepth } = defaultDecodeLimits
  if (depth >= maxDepth) {
    throw new ScriptError(
      `Values are nested deeper than ${maxDepth} levels: clients could not read them.`,
    )
  }
  let sum = elementBytes
  for (const value of values) {
    if (sum > room) return sum
    if (value !== undefined) sum += weigh(value, room - sum, depth + 1)
  }
  return sum
}

function weighColumn(column: Column, room: number, depth: number): number {
  if (column.form === 'arrayVector') {
    const count = (column.offsets[column.length] ?? 0) - (column.offsets[0] ?? 0)
    return (column.length + 1) * 4 + count * rowBytes(column.cells.type)
  }
  if (isFixedType(column.type)) return rowBytes(column.type) * column.length
  switch (column.type) {
    case 'STRING': {
      if ('encoded' in column) return column.encoded.length
      const texts = stringsOf(column)
      let characters = 0
      for (let row = 0; row < column.length; row++) characters += texts[row]!.length
      return characters + column.length * textBytes
    }
    case 'BLOB':
      return blobsOf(column).reduce((sum, bytes) => sum + bytes.length + blobBytes, 0)
    case 'ANY':
      // Elements of a tuple are values that can be sent. All of them are also server values.
      return weighAll(column.data.slice(0, column.length) as readonly ServerValue[], room, depth)
    case 'SYMBOL':
      return column.length * 4
    default:
      return column.length * elementBytes
  }
}
