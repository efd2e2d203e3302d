/*
  Compares values that the server returned with the values that were sent, bit for bit.
*/
import { columnTypeText } from '../protocol/data-type.js'
import { columnTypeOf, elementAt, isNullAt, scalarAt } from '../protocol/element.js'
import { formatElement } from '../protocol/value-text.js'
import type { Column, Scalar, Table } from '../protocol/value.js'

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
