/* Converts DolphinDB values to plain JavaScript. BOOL becomes boolean; CHAR, SHORT, INT, FLOAT and DOUBLE become number. LONG becomes
   number up to 2^53, else bigint. Dates and times become ISO 8601 text, on request `Date` or types of `Temporal`. Decimals, UUIDs and the
   like become DolphinDB's text, which loses nothing. Nulls become null. `JSON.stringify` accepts all lists, objects and tables. */
import { usageError } from '../errors.js'
import { elementAt, formatScalar, formatValue } from '../protocol/element.js'
import { shortestFloat } from '../protocol/types/fixed-types.js'
import { formatTemporal, isTemporal, type TemporalType } from '../protocol/types/temporals.js'
import type { Column, Scalar, Table, Value } from '../protocol/value.js'

/** Form of dates and times in answers: ISO 8601 text, `Date`, or `Temporal.PlainDate` and related types. */
export type TimesAs = (typeof timesAs)[number]

export const timesAs = ['text', 'Date', 'Temporal'] as const

/** A value of `Temporal`, whose types some versions of Node lack. */
export interface PlainTemporal {
  toString(): string
  toJSON(): string
}

type PlainOne = boolean | number | bigint | string | null | Uint8Array | Date | PlainTemporal

/** Results of `toPlain`; a BLOB is bytes, and a list may come from a tuple. */
export type PlainOutput = PlainOne | PlainTable | PlainOutput[] | { [key: string]: PlainOutput }

/**
 * A vector, pair or set becomes a list. A matrix becomes a list of columns, with its labels as `rowLabels` and
 * `columnLabels`. A dictionary becomes an object with the texts of its keys as names. A table becomes a `PlainTable`.
 * @param times  form of dates and times; default text
 */
export function toPlain(value: Table, times?: TimesAs): PlainTable
export function toPlain(value: Value | undefined, times?: TimesAs): PlainOutput
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
    case 'matrix': {
      const { rows, columns, elements, rowLabels, columnLabels } = value
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
    case 'dictionary': {
      const members = plainColumn(value.values, times)
      const entries = members.map((member, i) => [keyText(elementAt(value.keys, i)), member])
      return withJson(Object.fromEntries(entries) as Record<string, PlainOutput>)
    }
    case 'table':
      return new PlainTable(value, times)
  }
}

function plainScalar(scalar: Scalar, times: TimesAs): PlainOutput {
  const { type, value } = scalar
  if (value === null) return null
  if (isTemporal(type)) return plainTime(type, value as number | bigint, times)
  if (type === 'LONG') return Number.isSafeInteger(Number(value)) ? Number(value) : value
  // The empty text and a BLOB without bytes are nulls.
  if (typeof value === 'string' || type === 'BLOB') return value.length === 0 ? null : value
  if (type === 'FLOAT') return Number.isFinite(value) ? shortestFloat(value) : value
  return typeof value === 'number' || typeof value === 'boolean' ? value : formatScalar(scalar)
}

function plainColumn(column: Column, times: TimesAs): PlainOutput[] {
  const elements = { length: column.length }
  return withJson(Array.from(elements, (_, i) => toPlain(elementAt(column, i), times)))
}

/** One row of a table, with its cells under the names of their columns. */
export function plainRow({ columnNames, columns }: Table, row: number, times?: TimesAs) {
  const cells = columns.map((one, i) => [columnNames[i]!, toPlain(elementAt(one, row), times)])
  return withJson(Object.fromEntries(cells) as Record<string, PlainOutput>)
}

function keyText(key: Value): string {
  if (key.form !== 'scalar' || key.value === null || !isTemporal(key.type)) return formatValue(key)
  return isoText(key.type, key.value as number | bigint)
}

/** Adds `toJSON` if a value has no JSON equivalent. LONGs beyond 2^53, NaN and infinities become text, bytes base64. */
function withJson<T extends PlainOutput[] | Record<string, PlainOutput>>(container: T): T {
  if (Object.values(container).every(one => jsonOf(one) === one)) return container
  const toJSON = (): unknown =>
    Array.isArray(container)
      ? container.map(jsonOf)
      : Object.fromEntries(Object.entries(container).map(([name, one]) => [name, jsonOf(one)]))
  return Object.defineProperty(container, 'toJSON', { value: toJSON })
}

/** A value for `JSON.stringify`, which takes lists, objects and tables as they are. */
export function jsonOf(value: PlainOutput): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'number' && !Number.isFinite(value)) return String(value)
  return value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value
}

/** `'2024-01-02'`, `'2024-01'`, `'09:30'`, `'2024-01-02T09:30:00.123'`. */
function isoText(type: TemporalType, raw: number | bigint): string {
  const text = formatTemporal(type, raw).replace(/[mM]$/, '')
  // Leaves years of four digits unchanged, and writes all other years with a sign and six digits.
  const iso = text.replace(
    /^(-?)(\d+)\.(\d\d)(?:\.(?=\d\d))?/,
    (match, sign: string, year: string, month: string) => {
      const isPlain = sign === '' && year.length === 4
      const isoYear = isPlain ? year : `${sign || '+'}${year.padStart(6, '0')}`
      return `${isoYear}-${month}${match.endsWith('.') ? '-' : ''}`
    },
  )
  return type === 'DATEHOUR' ? `${iso}:00` : iso
}

/** What `Date` cannot represent stays text: nanoseconds, distant years. @throws {UsageError} DDB_USAGE if this Node has no `Temporal` */
function plainTime(type: TemporalType, raw: number | bigint, as: TimesAs): PlainOne {
  const text = isoText(type, raw)
  if (as === 'text') return text
  const [hasDate, hasTime] = [text.includes('-', 1), text.includes(':')]
  if (as === 'Date') {
    const date = new Date(hasTime ? `${text}Z` : text)
    const isExact = hasDate && type !== 'NANOTIMESTAMP' && !Number.isNaN(date.getTime())
    return isExact ? date : text
  }
  const { Temporal } = globalThis as { readonly Temporal?: TemporalClasses }
  if (Temporal === undefined) {
    throw usageError(
      "`times: 'Temporal'` needs globalThis.Temporal, which this Node lacks: use Node 26 or later, or load a polyfill.",
    )
  }
  const name = type === 'MONTH' ? 'YearMonth' : `${hasDate ? 'Date' : ''}${hasTime ? 'Time' : ''}`
  return Temporal[`Plain${name}`]!.from(text)
}

type TemporalClasses = Readonly<Record<string, { from(text: string): PlainTemporal }>>

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
    const { columnNames, columns } = this.typed
    this.#columns ??= Object.fromEntries(
      columns.map((column, i) => [columnNames[i]!, plainColumn(column, this.#times)]),
    )
    return this.#columns as unknown as { [Name in keyof Row]: Row[Name][] }
  }

  /** One object per row. */
  rows(): Row[] {
    const { length } = this
    return Array.from({ length }, (_, row) => plainRow(this.typed, row, this.#times)) as Row[]
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
