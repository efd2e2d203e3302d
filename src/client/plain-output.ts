/*
  Converts DolphinDB values to plain JavaScript. BOOL becomes boolean; CHAR, SHORT, INT, FLOAT and DOUBLE become number.
  LONG becomes number up to 2^53, else bigint. Dates and times become ISO 8601 text. Decimals, UUIDs and the like become
  DolphinDB's text, which loses nothing. Nulls become null. `JSON.stringify` accepts all lists, objects and tables.
*/
import { ValueError } from '../errors.js'
import { elementAt, isNullAt } from '../protocol/element.js'
import { isTemporal } from '../protocol/types/temporals.js'
import type { Column, Dictionary, Matrix, Scalar, Table, Value } from '../protocol/value.js'
import { formatScalar, formatValue } from '../protocol/value-text.js'
import { isoText, plainTime, type PlainTemporal, type TimesAs } from './plain-times.js'

/** Results of `toPlain`; a BLOB is bytes, and a list may come from a tuple. */
export type PlainOutput =
  | boolean
  | number
  | bigint
  | string
  | null
  | Uint8Array
  | Date
  | PlainTemporal
  | PlainTable
  | PlainOutput[]
  | { [key: string]: PlainOutput }

/**
 * A vector, pair or set becomes a list. A matrix becomes a list of columns, with its labels as `rowLabels` and
 * `columnLabels`. A dictionary becomes an object with the texts of its keys as names. A table becomes a `PlainTable`.
 * @param times  form of dates and times; default text
 */
export function toPlain(value: Value | undefined, times: TimesAs = 'text'): PlainOutput {
  if (value === undefined) return null
  switch (value.form) {
    case 'scalar':
      return plainScalar(value, times)
    case 'vector':
    case 'arrayVector':
      return plainColumn(value, times)
    case 'pair':
    case 'set':
      return plainColumn(value.elements, times)
    case 'matrix':
      return plainMatrix(value, times)
    case 'dictionary':
      return plainDictionary(value, times)
    case 'table':
      return new PlainTable(value, times)
  }
}

function plainScalar(scalar: Scalar, times: TimesAs): PlainOutput {
  const { type, value } = scalar
  if (value === null) return null
  switch (type) {
    case 'BOOL':
    case 'CHAR':
    case 'SHORT':
    case 'INT':
    case 'FLOAT':
    case 'DOUBLE':
    case 'BLOB':
      return value
    case 'LONG':
      return plainLong(value)
    case 'STRING':
    case 'SYMBOL':
      // The empty text is DolphinDB's null.
      return value === '' ? null : value
    default:
      return isTemporal(type)
        ? plainTime(type, value as number | bigint, times)
        : formatScalar(scalar)
  }
}

function plainLong(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}

function plainColumn(column: Column, times: TimesAs): PlainOutput[] {
  const list = Array.from({ length: column.length }, (_, i) =>
    isNullElement(column, i) ? null : toPlain(elementAt(column, i), times),
  )
  return withJson(list)
}

/** Always false for an array, even for one that holds only nulls, and for elements of a tuple, which have their own types. */
function isNullElement(column: Column, index: number): boolean {
  return column.form === 'vector' && column.type !== 'ANY' && isNullAt(column, index)
}

function plainMatrix(matrix: Matrix, times: TimesAs): PlainOutput {
  const { rows, columns, elements, rowLabels, columnLabels } = matrix
  const cells = plainColumn(elements, times)
  const lists = Array.from({ length: columns }, (_, i) =>
    withJson(cells.slice(i * rows, (i + 1) * rows)),
  )
  for (const [name, labels] of Object.entries({ rowLabels, columnLabels })) {
    if (labels === undefined) continue
    Object.defineProperty(lists, name, { value: plainColumn(labels, times) })
  }
  return lists
}

function plainDictionary({ keys, values }: Dictionary, times: TimesAs): PlainOutput {
  const members = plainColumn(values, times)
  const entries = members.map((member, i) => [keyText(elementAt(keys, i)), member])
  return withJson(Object.fromEntries(entries) as Record<string, PlainOutput>)
}

function keyText(key: Value): string {
  if (key.form !== 'scalar' || key.value === null || !isTemporal(key.type)) return formatValue(key)
  return isoText(key.type, key.value as number | bigint)
}

/** Adds `toJSON` if a value has no JSON equivalent. LONGs beyond 2^53, NaN and infinities become text, bytes base64. */
function withJson<T extends PlainOutput[] | Record<string, PlainOutput>>(container: T): T {
  if (!Object.values(container).some(isNoJson)) return container
  const toJSON = (): unknown =>
    Array.isArray(container)
      ? container.map(asJson)
      : Object.fromEntries(Object.entries(container).map(([name, one]) => [name, asJson(one)]))
  return Object.defineProperty(container, 'toJSON', { value: toJSON })
}

function isNoJson(value: PlainOutput): boolean {
  switch (typeof value) {
    case 'bigint':
      return true
    case 'number':
      return !Number.isFinite(value)
    default:
      return value instanceof Uint8Array
  }
}

function asJson(value: PlainOutput): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

/** One object per row. @throws {ValueError} DDB_USAGE if `value` is not a table */
export function toRows(
  value: Value | undefined,
  times: TimesAs = 'text',
): { [column: string]: PlainOutput }[] {
  const table = tableOf(value)
  const columns = table.columns.map(column => plainColumn(column, times))
  return Array.from({ length: table.rows }, (_, row) =>
    withJson(Object.fromEntries(table.columnNames.map((name, i) => [name, columns[i]![row]!]))),
  )
}

/** One list per column. @throws {ValueError} DDB_USAGE if `value` is not a table */
export function toColumns(
  value: Value | undefined,
  times: TimesAs = 'text',
): { [column: string]: PlainOutput[] } {
  const table = tableOf(value)
  return Object.fromEntries(
    table.columnNames.map((name, i) => [name, plainColumn(table.columns[i]!, times)]),
  )
}

/** Only the columns, in order: the result of `pickleTableToList` in DolphinDB's pools. */
export function toColumnList(value: Value | undefined, times: TimesAs = 'text'): PlainOutput[][] {
  return tableOf(value).columns.map(column => plainColumn(column, times))
}

function tableOf(value: Value | undefined): Table {
  if (value?.form === 'table') return value
  throw new ValueError(
    'DDB_USAGE',
    `a table was expected, not ${value === undefined ? 'nothing' : `a ${value.form}`}`,
  )
}

/** A table of an answer. `Row` is the caller's claim about the rows; it is not checked. The table can be sent back unchanged. */
export class PlainTable<Row = { [column: string]: PlainOutput }> {
  /** This table with the DolphinDB types of its columns. */
  readonly typed: Table
  readonly #times: TimesAs
  #columns: { [column: string]: PlainOutput[] } | undefined

  /** @internal */
  constructor(typed: Table, times: TimesAs) {
    this.typed = typed
    this.#times = times
  }

  get columnNames(): readonly string[] {
    return this.typed.columnNames
  }

  /** Number of rows. */
  get length(): number {
    return this.typed.rows
  }

  /** One list per column. */
  get columns(): { [Name in keyof Row]: Row[Name][] } {
    this.#columns ??= toColumns(this.typed, this.#times)
    return this.#columns as unknown as { [Name in keyof Row]: Row[Name][] }
  }

  /** One object per row. */
  rows(): Row[] {
    return toRows(this.typed, this.#times) as Row[]
  }

  /** For `JSON.stringify`: the rows. */
  toJSON(): Row[] {
    return this.rows()
  }

  /** For `console.log`. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return { columns: this.columns }
  }
}
