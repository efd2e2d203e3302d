/*
  DolphinDB values as plain JavaScript. BOOL is boolean; CHAR to INT, FLOAT and DOUBLE are numbers; LONG is bigint;
  temporal values, decimals, UUIDs and the like are DolphinDB's text, which loses nothing; nulls are null.
*/
import { ValueError } from '../errors.js'
import { elementAt, isNullAt } from '../protocol/element.js'
import { formatElement, formatScalar } from '../protocol/value-text.js'
import type { Column, Scalar, Table, Value } from '../protocol/value.js'

/** What `toPlain` gives; a BLOB is bytes, a list may be a tuple. */
export type PlainOutput =
  | boolean
  | number
  | bigint
  | string
  | null
  | Uint8Array
  | PlainOutput[]
  | { [key: string]: PlainOutput }

/** A table as a list of columns becomes `{ name: [...] }`, a dictionary an object, a matrix a list of columns. */
export function toPlain(value: Value | undefined): PlainOutput {
  if (value === undefined) return null
  switch (value.form) {
    case 'scalar':
      return plainScalar(value)
    case 'vector':
    case 'arrayVector':
      return plainColumn(value)
    case 'pair':
    case 'set':
      return plainColumn(value.elements)
    case 'matrix': {
      const cells = plainColumn(value.elements)
      return Array.from({ length: value.columns }, (_, i) => {
        return cells.slice(i * value.rows, (i + 1) * value.rows)
      })
    }
    case 'dictionary': {
      const { keys } = value
      const entries = plainColumn(value.values).map((member, i) => [formatElement(keys, i), member])
      return Object.fromEntries(entries) as Record<string, PlainOutput>
    }
    case 'table':
      return toColumns(value)
  }
}

function plainScalar(scalar: Scalar): PlainOutput {
  switch (scalar.type) {
    case 'VOID':
    case 'BOOL':
    case 'CHAR':
    case 'SHORT':
    case 'INT':
    case 'LONG':
    case 'FLOAT':
    case 'DOUBLE':
    case 'STRING':
    case 'SYMBOL':
    case 'BLOB':
      return scalar.value
    default:
      return scalar.value === null ? null : formatScalar(scalar)
  }
}

function plainColumn(column: Column): PlainOutput[] {
  return Array.from({ length: column.length }, (_, i) => {
    if (column.form === 'vector' && column.type !== 'ANY' && isNullAt(column, i))
      return nullOf(column.type)
    return toPlain(elementAt(column, i))
  })
}

/** The null of text is the empty text: they cannot be told apart. */
function nullOf(type: string): PlainOutput {
  return type === 'STRING' || type === 'SYMBOL' ? '' : null
}

/** One object a row. @throws {ValueError} DDB_USAGE when it is not a table */
export function toRows(value: Value | undefined): { [column: string]: PlainOutput }[] {
  const table = tableOf(value)
  const columns = table.columns.map(plainColumn)
  return Array.from({ length: table.rows }, (_, row) =>
    Object.fromEntries(table.columnNames.map((name, i) => [name, columns[i]![row]!])),
  )
}

/** One list a column. @throws {ValueError} DDB_USAGE when it is not a table */
export function toColumns(value: Value | undefined): { [column: string]: PlainOutput[] } {
  const table = tableOf(value)
  return Object.fromEntries(
    table.columnNames.map((name, i) => [name, plainColumn(table.columns[i]!)]),
  )
}

/** Columns alone, in order: what `pickleTableToList` of DolphinDB's pools gives. */
export function toColumnList(value: Value | undefined): PlainOutput[][] {
  return tableOf(value).columns.map(plainColumn)
}

function tableOf(value: Value | undefined): Table {
  if (value?.form === 'table') return value
  throw new ValueError(
    'DDB_USAGE',
    `a table was expected, not ${value === undefined ? 'nothing' : `a ${value.form}`}`,
  )
}
