/* Reads values from a server's answers, for the checks of `selftest`, and compares them with what was sent, bit for bit. */
import { isDeepStrictEqual } from 'node:util'
import { DdbError, ServerError } from '../errors.js'
import { columnTypeText, type ColumnType } from '../protocol/data-type.js'
import {
  columnTypeOf,
  elementAt,
  formatElement,
  formatValue,
  isNullAt,
} from '../protocol/element.js'
import type { Column, Table, Value } from '../protocol/value.js'

/** The server lacks something that a check needs. The check is then skipped, and this error is the reason. */
export class Unavailable extends DdbError {
  constructor(reason: string) {
    super('DDB_UNAVAILABLE', reason)
  }
}

export function fail(reason: string): never {
  throw new ServerError('', 'DDB_SERVER', reason)
}

export function expectText(what: string, actual: string, expected: string): void {
  if (actual !== expected) fail(`${what}: ${actual}, expected ${expected}`)
}

function unexpected(what: string, value: Value | undefined): never {
  fail(`expected ${what}, got ${answerText(value)}`)
}

/** The value as a short text on one line. Checks report this text, or compare it with an expected text. */
export function answerText(value: Value | undefined): string {
  if (value === undefined) return 'nothing'
  const type = 'type' in value ? `${value.type} ` : ''
  const text = formatValue(value)
  return `${type}${value.form} ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`
}

/** @throws {ServerError} unless the value is a number, or true or false */
export function numberOf(value: Value | undefined): number {
  const number = value?.form === 'scalar' ? value.value : undefined
  const isNumber = ['bigint', 'number', 'boolean'].includes(typeof number)
  return isNumber ? Number(number) : unexpected('a number', value)
}

/** @throws {ServerError} unless the value is text */
export function textOf(value: Value | undefined): string {
  if (value?.form === 'scalar' && typeof value.value === 'string') return value.value
  return unexpected('text', value)
}

/** @throws {ServerError} unless the value is a table */
export function tableOf(value: Value | undefined): Table {
  return value?.form === 'table' ? value : unexpected('a table', value)
}

/** @throws {ServerError} unless the value is a vector or a tuple */
export function elementsOf(value: Value | undefined): Value[] {
  if (value?.form !== 'vector') return unexpected('a vector', value)
  return Array.from({ length: value.length }, (_, i) => elementAt(value, i))
}

export const textsOf = (column: Column): string[] =>
  Array.from({ length: column.length }, (_, i) => formatElement(column, i))

/** Such as `id INT, sym SYMBOL`. */
export const typesText = (columns: readonly { name: string; type: ColumnType }[]): string =>
  columns.map(({ name, type }) => `${name} ${columnTypeText(type)}`).join(', ')

/** The server's own error line, without the text that the client adds. */
export function serverWords(error: ServerError): string {
  return error.serverMessage === '' ? error.message : error.serverMessage
}

/** The server's words if the server refuses the request; undefined if the request succeeds. @throws any other error */
export async function refusalOf(request: Promise<unknown>): Promise<string | undefined> {
  try {
    await request
    return undefined
  } catch (error) {
    if (error instanceof ServerError) return serverWords(error)
    throw error
  }
}

/** The first difference as a sentence; undefined if there is none. */
export function tableDifference(actual: Table, expected: Table): string | undefined {
  if (actual.columns.length !== expected.columns.length) {
    return `${actual.columns.length} columns came back, not ${expected.columns.length}`
  }
  for (const [i, name] of expected.columnNames.entries()) {
    const difference = columnDifference(actual.columns[i]!, expected.columns[i]!)
    if (difference !== undefined) return `column ${name}: ${difference}`
  }
  return undefined
}

/** The first difference as a sentence; undefined if there is none. */
export function columnDifference(actual: Column, expected: Column): string | undefined {
  const type = columnTypeText(columnTypeOf(expected))
  const actualType = columnTypeText(columnTypeOf(actual))
  if (actualType !== type) return `the type is ${actualType}, not ${type}`
  if (actual.length !== expected.length) {
    return `${actual.length} rows came back, not ${expected.length}`
  }
  for (let row = 0; row < expected.length; row++) {
    if (!isSameElement(actual, expected, row)) {
      return `row ${row + 1} is ${shown(actual, row)}, not ${shown(expected, row)}`
    }
  }
  return undefined
}

function shown(column: Column, row: number): string {
  if (isNullAt(column, row)) return 'null'
  const text = formatElement(column, row)
  return text.length > 60 ? `${text.slice(0, 60)}… (${text.length} characters)` : text
}

/** Whether two elements are identical; -0 and 0 are not. */
function isSameElement(actual: Column, expected: Column, row: number): boolean {
  const [a, b] = [elementAt(actual, row), elementAt(expected, row)]
  if (a.form !== 'vector' || b.form !== 'vector') return isDeepStrictEqual(a, b)
  // The server stores an empty row as one null cell (docs/server-semantics.md#conversions-on-insert).
  const areNull = isNullAt(actual, row) && isNullAt(expected, row)
  if (areNull) return Math.max(1, a.length) === Math.max(1, b.length)
  return columnDifference(a, b) === undefined
}

export function tableOfColumns(columns: Readonly<Record<string, Column>>): Table {
  const list = Object.values(columns)
  const rows = list[0]?.length ?? 0
  return { form: 'table', name: '', rows, columnNames: Object.keys(columns), columns: list }
}
