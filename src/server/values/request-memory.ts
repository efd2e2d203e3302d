/*
  How much one request may make: its values and what it puts into tables, vectors and dictionaries, counted where they
  are made. What a statement has made and stored nowhere is forgotten when the statement ends; what was stored counts
  until the request ends, whatever becomes of it.
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

/** Bytes where the server's options say nothing else. A table of ten million rows and ten columns is less. */
export const defaultRequestBytes = 1_073_741_824

/** What an element of a tuple or a dictionary takes besides its content; a text; and whatever else is not a number. */
export const elementBytes = 80
const textBytes = 24
const blobBytes = 320

/** The budget of the request that a session has under way. */
export class RequestMemory {
  readonly #limitBytes: number
  #made = 0
  #stored = 0

  constructor(limitBytes: number) {
    this.#limitBytes = limitBytes
  }

  /** To be called when a request begins. */
  begin(): void {
    this.#made = 0
    this.#stored = 0
  }

  /** Bytes made so far, to be given to `release` when the statement ends. */
  get mark(): number {
    return this.#made
  }

  /**
   * To be called before memory is taken.
   * @throws {ScriptError} `Out of memory …` when so many bytes more do not fit
   */
  expect(bytes: number): void {
    if (bytes <= this.#limitBytes - this.#made) return
    // DolphinDB's own words (manual, "Out of Memory", §1), and then ours.
    throw new ScriptError(`Out of memory. One request may take ${this.#limitBytes} bytes.`)
  }

  /** As `expect`, and counts them. */
  make(bytes: number): void {
    this.expect(bytes)
    this.#made += bytes
  }

  /** Counts a value that was made. */
  made(value: ServerValue): void {
    if (!isLight(value)) this.make(weigh(value, this.#limitBytes - this.#made))
  }

  /** What was made until now may outlive its statement. */
  stored(): void {
    this.#stored = this.#made
  }

  /** A statement has ended that began at `mark`. */
  release(mark: number): void {
    this.#made = Math.max(mark, this.#stored)
  }

  /** To be called before something goes through all that a value holds, however often the same stands in it. */
  checkSize(value: ServerValue): void {
    if (weigh(value, this.#limitBytes) > this.#limitBytes) this.expect(Infinity)
  }
}

/** True for scalars but long texts: a script that holds many of them is itself as long. */
export function isLight(value: ServerValue): boolean {
  if (value.form !== 'scalar') return value.form === 'type' || value.form === 'database'
  const content: unknown = value.value
  return !(content instanceof Uint8Array) && (typeof content !== 'string' || content.length <= 64)
}

/** Bytes of one row of a type; text counts as the reference to it and its head. */
export function rowBytes(type: DataType): number {
  return dataTypes[type].bytesPerValue || textBytes
}

/** The rows of a table, counted for every user: what another table grows by when it gets them. */
export function weighRows(table: ServerTable): number {
  return table.columnNames.reduce(
    (sum, _, at) => sum + weighColumn(table.column(at), Infinity, 0),
    0,
  )
}

/** What a table grows by: rows of a table, or a row of single values with what is long of them. */
export function weighInsert(table: ServerTable, values: readonly ServerValue[]): number {
  const [first] = values
  if (values.length === 1 && first?.form === 'serverTable') return weighRows(first)
  let bytes = 0
  for (const { type } of table.columnTypes) bytes += rowBytes(type)
  for (const value of values) if (!isLight(value)) bytes += weigh(value)
  return bytes
}

/**
 * Bytes of a value, near enough, with everything in it counted as often as it stands there, so that what is not too
 * heavy is not too large to be printed or sent either. A table counts when it gets its rows.
 *
 * @param room  once it weighs more than this, no more of it is looked at
 * @throws {ScriptError} when it is nested deeper than a value may be that is sent
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
      // The wire's own values stand in a tuple as they are.
      return weighAll(column.data.slice(0, column.length) as readonly ServerValue[], room, depth)
    case 'SYMBOL':
      return column.length * 4
    default:
      return column.length * elementBytes
  }
}
