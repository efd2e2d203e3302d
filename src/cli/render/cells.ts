/*
  Divides any DolphinDB value into columns of cells, and writes these as CSV for programs: quoted according to RFC 4180,
  with LF line ends as Unix tools expect.
*/
import { elementAt, isNullAt } from '../../protocol/element.js'
import { formatElement, formatScalar } from '../../protocol/value-text.js'
import { dataTypes } from '../../protocol/data-type.js'
import type { Column, Matrix, Value, Vector } from '../../protocol/value.js'

export interface Grid {
  /** Names of the columns; undefined if the value has no names: a vector, a set, a matrix without labels. */
  readonly names: readonly string[] | undefined
  readonly columns: readonly Column[]
  readonly rows: number
}

/** Rows and columns of a value; a scalar is a grid of one cell. */
export function gridOf(value: Value): Grid {
  switch (value.form) {
    case 'table':
      return { names: value.columnNames, columns: value.columns, rows: value.rows }
    case 'dictionary':
      return {
        names: ['key', 'value'],
        columns: [value.keys, value.values],
        rows: value.keys.length,
      }
    case 'matrix':
      return matrixGrid(value)
    case 'pair':
    case 'set':
      return { names: undefined, columns: [value.elements], rows: value.elements.length }
    case 'scalar':
      return { names: undefined, columns: [tupleOf([value])], rows: 1 }
    default:
      return { names: undefined, columns: [value], rows: value.length }
  }
}

function tupleOf(values: readonly Value[]): Vector {
  return { form: 'vector', type: 'ANY', length: values.length, data: values }
}

function matrixGrid(matrix: Matrix): Grid {
  const { rows, columns: columnCount, elements, rowLabels, columnLabels } = matrix
  const columns = Array.from({ length: columnCount }, (_, column) =>
    tupleOf(Array.from({ length: rows }, (_, row) => elementAt(elements, column * rows + row))),
  )
  const labels = columnLabels && columns.map((_, column) => cellText(columnLabels, column))
  if (rowLabels === undefined) return { names: labels, columns, rows }
  return { names: labels && ['', ...labels], columns: [rowLabels, ...columns], rows }
}

/** Text of one cell; a null is empty. */
export function cellText(column: Column, row: number): string {
  if (isNullAt(column, row)) return ''
  if (column.form === 'vector' && column.type === 'ANY') return inlineText(column.data[row]!)
  return formatElement(column, row)
}

/** A cell shows at most this many elements of a vector. */
const maxInlineElements = 20

const several = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** A value inside a cell: vectors in brackets; tables, dictionaries and matrices only as their size. */
export function inlineText(value: Value): string {
  switch (value.form) {
    case 'scalar':
      return formatScalar(value)
    case 'table':
      return `<table of ${several(value.rows, 'row')}, ${several(value.columns.length, 'column')}>`
    case 'dictionary':
      return `<dictionary of ${several(value.keys.length, 'key')}>`
    case 'matrix':
      return `<matrix of ${value.rows} x ${value.columns}>`
    case 'pair':
      return `${cellText(value.elements, 0)} : ${cellText(value.elements, 1)}`
    case 'set':
      return inlineText(value.elements)
    default:
      return bracketed(value)
  }
}

function bracketed(column: Column): string {
  const { length } = column
  const shown = Array.from({ length: Math.min(length, maxInlineElements) }, (_, row) =>
    cellText(column, row),
  )
  return `[${shown.join(',')}${length > maxInlineElements ? `,... ${length} in all` : ''}]`
}

/** True for columns that are aligned to the right. */
export function isNumeric(column: Column): boolean {
  if (column.form !== 'vector') return false
  const { category } = dataTypes[column.type]
  return category === 'integral' || category === 'floating' || category === 'denary'
}

const linesAtOnce = 500

/** Yields some lines at a time, and none if there is no value. A scalar has no quotes, for use in a shell. */
export function* csvText(value: Value | undefined): Generator<string, void, void> {
  if (value === undefined) return
  if (value.form === 'scalar') {
    yield `${inlineText(value)}\n`
    return
  }
  const { names, columns, rows } = gridOf(value)
  if (names !== undefined) yield csvLine(names)
  let lines = ''
  for (let row = 0; row < rows; row++) {
    lines += csvLine(columns.map(column => cellText(column, row)))
    if ((row + 1) % linesAtOnce !== 0) continue
    yield lines
    lines = ''
  }
  if (lines !== '') yield lines
}

/** One record. A lone empty field is quoted, because readers would skip an empty line. */
export function csvLine(fields: readonly string[]): string {
  if (fields.length === 1 && fields[0] === '') return '""\n'
  return `${fields.map(csvField).join(',')}\n`
}

function csvField(text: string): string {
  return /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
