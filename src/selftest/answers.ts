/*
  Reads values from a server's answers, for the checks of `selftest`.
*/
import { DdbError, ServerError } from '../errors.js'
import { elementAt } from '../protocol/element.js'
import { formatValue } from '../protocol/value-text.js'
import type { Column, Table, Value } from '../protocol/value.js'

/** The server lacks something that a check needs. The check is then skipped, and this error is the reason. */
export class Unavailable extends DdbError {
  constructor(reason: string) {
    super('DDB_UNAVAILABLE', reason)
  }
}

function unexpected(what: string, value: Value | undefined): ServerError {
  return new ServerError('', 'DDB_SERVER', `expected ${what}, got ${answerText(value)}`)
}

/** The value as a short text on one line. Checks report this text, or compare it with an expected text. */
export function answerText(value: Value | undefined): string {
  if (value === undefined) return 'nothing'
  const type = 'type' in value ? `${value.type} ` : ''
  const text = formatValue(value)
  return `${type}${value.form} ${text.length > 80 ? `${text.slice(0, 80)}…` : text}`
}

/** @throws {ServerError} unless the value is a whole number */
export function numberOf(value: Value | undefined): number {
  if (value?.form === 'scalar') {
    if (typeof value.value === 'bigint') return Number(value.value)
    if (typeof value.value === 'number' || typeof value.value === 'boolean') {
      return Number(value.value)
    }
  }
  throw unexpected('a number', value)
}

/** @throws {ServerError} unless the value is text */
export function textOf(value: Value | undefined): string {
  if (value?.form === 'scalar' && typeof value.value === 'string') return value.value
  throw unexpected('text', value)
}

/** @throws {ServerError} unless the value is a table */
export function tableOf(value: Value | undefined): Table {
  if (value?.form === 'table') return value
  throw unexpected('a table', value)
}

/** @throws {ServerError} unless the value is a vector or a tuple */
export function elementsOf(value: Value | undefined): Value[] {
  if (value?.form !== 'vector') throw unexpected('a vector', value)
  return Array.from({ length: value.length }, (_, i) => elementAt(value, i))
}

/** @throws {ServerError} unless the table has this column */
export function columnOf(table: Table, name: string): Column {
  const column = table.columns[table.columnNames.indexOf(name)]
  if (column !== undefined) return column
  throw new ServerError('', 'DDB_SERVER', `the answer has no column ${name}`)
}

/** @throws {ServerError} unless the column has whole numbers */
export function numbersOf(column: Column): number[] {
  return Array.from({ length: column.length }, (_, i) => numberOf(elementAt(column, i)))
}

/** @throws {ServerError} unless the column has texts */
export function textsOf(column: Column): string[] {
  return Array.from({ length: column.length }, (_, i) => {
    const element = elementAt(column, i)
    return element.form === 'scalar' && element.value === null ? '' : textOf(element)
  })
}

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

/** `refused: …`, for checks that accept a refusal as a valid answer. @throws any other error */
export function refusalText(error: unknown): string {
  if (error instanceof ServerError) return `refused: ${serverWords(error)}`
  throw error
}
