/*
  DolphinDB values as plain JavaScript. BOOL is boolean; CHAR to INT, FLOAT and DOUBLE are numbers, and so is a LONG up to 2^53,
  beyond which it is a bigint; dates and times are ISO 8601 text; decimals, UUIDs and the like are DolphinDB's text, which loses
  nothing; nulls are null. `JSON.stringify` takes all of it.
*/
import { ValueError } from '../errors.js'
import { elementAt, isNullAt } from '../protocol/element.js'
import { isTemporal } from '../protocol/types/temporals.js'
import type { Column, Dictionary, Matrix, Scalar, Table, Value } from '../protocol/value.js'
import { formatScalar, formatValue } from '../protocol/value-text.js'
import { isoText, plainTime, type PlainTemporal, type TimesAs } from './plain-times.js'

/** What `toPlain` gives; a BLOB is bytes, a list may be a tuple. */
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
 * A vector, a pair or a set is a list; a matrix a list of its columns, with `rowLabels` and `columnLabels` where it has them; a
 * dictionary an object by the texts of its keys; a table a `PlainTable`.
 *
 * @param times  how dates and times come; text when left out
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

/** Every element of a column. */
function plainColumn(column: Column, times: TimesAs): PlainOutput[] {
  const list = Array.from({ length: column.length }, (_, i) =>
    isNullElement(column, i) ? null : toPlain(elementAt(column, i), times),
  )
  return withJson(list)
}

/** A row of arrays is a list even if all that it holds are nulls; elements of a tuple say for themselves what they are. */
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

/** What JSON has no value for goes there as text: LONGs beyond 2^53, NaN and infinities; bytes as base64. */
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

/** One object a row. @throws {ValueError} DDB_USAGE when it is not a table */
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

/** One list a column. @throws {ValueError} DDB_USAGE when it is not a table */
export function toColumns(
  value: Value | undefined,
  times: TimesAs = 'text',
): { [column: string]: PlainOutput[] } {
  const table = tableOf(value)
  return Object.fromEntries(
    table.columnNames.map((name, i) => [name, plainColumn(table.columns[i]!, times)]),
  )
}

/** Columns alone, in order: what `pickleTableToList` of DolphinDB's pools gives. */
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

/** A table of an answer. `Row` is what the caller knows of a row; it is not checked. It can be sent back as it is. */
export class PlainTable<Row = { [column: string]: PlainOutput }> {
  /** The same table with its types. */
  readonly typed: Table
  readonly #times: TimesAs
  #columns: { [column: string]: PlainOutput[] } | undefined

  /** @internal */
  constructor(typed: Table, times: TimesAs) {
    this.typed = typed
    this.#times = times
    // A program that prints the table wants to see its values.
    Object.defineProperty(this, 'typed', { enumerable: false })
  }

  /** Names of the columns, in order. */
  get columnNames(): readonly string[] {
    return this.typed.columnNames
  }

  /** Number of rows. */
  get length(): number {
    return this.typed.rows
  }

  /** One list a column. */
  get columns(): { [Name in keyof Row]: Row[Name][] } {
    this.#columns ??= toColumns(this.typed, this.#times)
    return this.#columns as unknown as { [Name in keyof Row]: Row[Name][] }
  }

  /** One object a row. */
  rows(): Row[] {
    return toRows(this.typed, this.#times) as Row[]
  }

  /** What `JSON.stringify` takes: the rows. */
  toJSON(): Row[] {
    return this.rows()
  }

  /** What `console.log` shows. */
  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return { columns: this.columns }
  }
}
