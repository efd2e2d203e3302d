/*
  Reads values from a server's answers, for the checks of `selftest`, and compares them with what was sent, bit for bit.
*/
import { DdbError, ServerError } from '../errors.js'
import { columnTypeText } from '../protocol/data-type.js'
import { columnTypeOf, elementAt, isNullAt, scalarAt } from '../protocol/element.js'
import { formatElement, formatValue } from '../protocol/value-text.js'
import type { Column, Scalar, Table, Value } from '../protocol/value.js'

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
    if (!sameElement(actual, expected, row)) {
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

function sameElement(actual: Column, expected: Column, row: number): boolean {
  if (actual.form === 'arrayVector' || expected.form === 'arrayVector') {
    const cells = elementAt(actual, row)
    const expectedCells = elementAt(expected, row)
    if (cells.form !== 'vector' || expectedCells.form !== 'vector') return false
    // The server stores an empty row as one null cell (docs/server-semantics.md#conversions-on-insert).
    if (isNullAt(actual, row) && isNullAt(expected, row)) {
      return Math.max(1, cells.length) === Math.max(1, expectedCells.length)
    }
    return columnDifference(cells, expectedCells) === undefined
  }
  if (actual.type === 'ANY' || expected.type === 'ANY') return false
  return sameScalar(scalarAt(actual, row), scalarAt(expected, row))
}

/** Whether two scalars are identical; -0 and 0 are not. */
export function sameScalar(a: Scalar, b: Scalar): boolean {
  if (a.type !== b.type || scaleOf(a) !== scaleOf(b)) return false
  return sameParts(a.value, b.value)
}

const scaleOf = (scalar: Scalar): number => ('scale' in scalar ? scalar.scale : 0)

function sameParts(a: unknown, b: unknown): boolean {
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) {
    return Object.is(a, b)
  }
  const left = Object.entries(a)
  const right = Object.entries(b)
  return (
    left.length === right.length &&
    left.every(([name, value], i) => right[i]![0] === name && sameParts(value, right[i]![1]))
  )
}

export function tableOfColumns(columns: Readonly<Record<string, Column>>): Table {
  const list = Object.values(columns)
  return {
    form: 'table',
    name: '',
    rows: list[0]?.length ?? 0,
    columnNames: Object.keys(columns),
    columns: list,
  }
}
