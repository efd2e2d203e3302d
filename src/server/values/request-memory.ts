/*
  Limits the memory of one request. Code that creates values, or extends tables, vectors or dictionaries, counts
  bytes here. Values that a statement stores count until the request ends, all others until the statement ends.
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

/** Default limit in bytes. A table of ten million rows and ten columns takes less. */
export const defaultRequestBytes = 1_073_741_824

/** Bytes that a value takes besides its content, for example in a tuple or a dictionary. */
export const elementBytes = 80
/** Bytes that a STRING in a column takes besides its content. */
const textBytes = 24
/** Bytes that a BLOB in a column takes besides its content. */
const blobBytes = 320

export class RequestMemory {
  readonly #limitBytes: number
  #made = 0
  #stored = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** Call this when a request begins. */
  begin(): void {
    this.#made = 0
    this.#stored = 0
  }

  /** Bytes counted so far; pass it to `release` when the statement ends. */
  get mark(): number {
    return this.#made
  }

  /** Call this before allocating. @throws {ScriptError} `Out of memory …` if this many more bytes do not fit */
  expect(bytes: number): void {
    if (bytes <= this.#limitBytes - this.#made) return
    // First DolphinDB's own text (manual, "Out of Memory", §1), then ours.
    throw new ScriptError(`Out of memory. One request may take ${this.#limitBytes} bytes.`)
  }

  /** Like `expect`, and counts the bytes. */
  make(bytes: number): void {
    this.expect(bytes)
    this.#made += bytes
  }

  made(value: ServerValue): void {
    if (!isTooSmallToCount(value)) this.make(weigh(value, this.#limitBytes - this.#made))
  }

  /** Until the request ends, `release` keeps all bytes counted so far: their values may outlive the statement. */
  stored(): void {
    this.#stored = this.#made
  }

  /** Releases the memory of the statement that began at `mark`. */
  release(mark: number): void {
    this.#made = Math.max(mark, this.#stored)
  }

  /** Call this before an operation that visits everything in a value: an object that occurs twice is visited twice. */
  checkSize(value: ServerValue): void {
    if (weigh(value, this.#limitBytes) > this.#limitBytes) this.expect(Infinity)
  }
}

/** True for values so small that nobody counts their memory: a script that makes many of them is about as large. */
export function isTooSmallToCount(value: ServerValue): boolean {
  if (value.form !== 'scalar') return value.form === 'type' || value.form === 'database'
  const content: unknown = value.value
  return !(content instanceof Uint8Array) && (typeof content !== 'string' || content.length <= 64)
}

/** Bytes of one value of a type in a column. For a text, only its header and the reference to it. */
export function rowBytes(type: DataType): number {
  return dataTypes[type].bytesPerValue || textBytes
}

/** Bytes by which another table grows when it gets this table's rows. */
export function weighRows(table: ServerTable): number {
  return table.columnNames.reduce(
    (sum, _, at) => sum + weighColumn(table.column(at), Infinity, 0),
    0,
  )
}

/** Bytes by which a table grows when it gets `values`: the rows of another table, or one value or vector for each column. */
export function weighInsert(table: ServerTable, values: readonly ServerValue[]): number {
  const [first] = values
  if (values.length === 1 && first?.form === 'serverTable') return weighRows(first)
  let bytes = 0
  for (const { type } of table.columnTypes) bytes += rowBytes(type)
  for (const value of values) if (!isTooSmallToCount(value)) bytes += weigh(value)
  return bytes
}

/**
 * Approximate size of a value in bytes. Everything in it counts as often as it occurs, so that a value of acceptable size can
 * also be printed or sent. The rows of a table are not counted here, but when the table gets them.
 * @param room  stop once the size exceeds this
 * @throws {ScriptError} if the value is nested more deeply than a sent value may be
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
      // The elements of a tuple are wire values, which are all server values, too.
      return weighAll(column.data.slice(0, column.length) as readonly ServerValue[], room, depth)
    case 'SYMBOL':
      return column.length * 4
    default:
      return column.length * elementBytes
  }
}
