/* Writes any DolphinDB value as a table for people, as CSV and as JSON. */
import { elementAt, formatElement, formatScalar, isNullAt } from '../../protocol/element.js'
import { dataTypes } from '../../protocol/data-type.js'
import { tupleOf } from '../../protocol/types/tuples.js'
import type { Column, Matrix, Value } from '../../protocol/value.js'
import type { Hide } from '../../client/login/hide-password.js'
import { jsonOf, plainRow, toPlain } from '../../client/plain-output.js'
import {
  clean,
  clip,
  counted,
  displayWidth,
  grouped,
  jsonLine,
  type Paint,
  tableLine,
} from '../output/output.js'

export interface Grid {
  /** Names of the columns; undefined if the value has no names: a vector, a set, a matrix without labels. */
  readonly names: readonly string[] | undefined
  readonly columns: readonly Column[]
  readonly rows: number
}

/** Rows and columns of a value; a scalar is a grid of one cell. */
function gridOf(value: Value): Grid {
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

const made = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index))

function matrixGrid(matrix: Matrix): Grid {
  const { rows, columns: columnCount, elements, rowLabels, columnLabels } = matrix
  const columns = made(columnCount, column =>
    tupleOf(made(rows, row => elementAt(elements, column * rows + row))),
  )
  const labels = columnLabels && columns.map((_, column) => cellText(columnLabels, column))
  if (rowLabels === undefined) return { names: labels, columns, rows }
  return { names: labels && ['', ...labels], columns: [rowLabels, ...columns], rows }
}

/** Text of one cell; a null is empty. */
function cellText(column: Column, row: number): string {
  if (isNullAt(column, row)) return ''
  if (column.form === 'vector' && column.type === 'ANY') return inlineText(column.data[row]!)
  return formatElement(column, row)
}

/** A cell shows at most this many elements of a vector. */
const maxInlineElements = 20

/** A value inside a cell: vectors in brackets; tables, dictionaries and matrices only as their size. */
export function inlineText(value: Value): string {
  switch (value.form) {
    case 'scalar':
      return formatScalar(value)
    case 'table':
      return `<table of ${counted(value.rows, 'row')}, ${counted(value.columns.length, 'column')}>`
    case 'dictionary':
      return `<dictionary of ${counted(value.keys.length, 'key')}>`
    case 'matrix':
      return `<matrix of ${value.rows} x ${value.columns}>`
    case 'pair':
      return `${cellText(value.elements, 0)} : ${cellText(value.elements, 1)}`
    case 'set':
      return inlineText(value.elements)
    default: {
      const { length } = value
      const shown = made(Math.min(length, maxInlineElements), row => cellText(value, row))
      return `[${shown.join(',')}${length > maxInlineElements ? `,... ${length} in all` : ''}]`
    }
  }
}

export function isNumeric(column: Column): boolean {
  if (column.form !== 'vector') return false
  const { category } = dataTypes[column.type]
  return category === 'integral' || category === 'floating' || category === 'denary'
}

const linesAtOnce = 500

/** Joins lines, so that a long result appears gradually and does not fill memory. */
export function* inPieces(lines: Iterable<string>): Generator<string, void, void> {
  let text = ''
  let count = 0
  for (const line of lines) {
    text += line
    if (++count % linesAtOnce !== 0) continue
    yield text
    text = ''
  }
  if (text !== '') yield text
}

/** The lines, quoted according to RFC 4180, with LF line ends as Unix tools expect; none if there is no value. A scalar has no quotes. */
export function* csvText(value: Value | undefined): Generator<string, void, void> {
  if (value === undefined) return
  if (value.form === 'scalar') return yield `${inlineText(value)}\n`
  const { names, columns, rows } = gridOf(value)
  if (names !== undefined) yield csvLine(names)
  for (let row = 0; row < rows; row++) yield csvLine(columns.map(column => cellText(column, row)))
}

/** One record. A lone empty field is quoted, because readers would skip an empty line. */
export function csvLine(fields: readonly string[]): string {
  if (fields.length === 1 && fields[0] === '') return '""\n'
  const quoted = fields.map(text =>
    /[",\r\n]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text,
  )
  return `${quoted.join(',')}\n`
}

/** Widest column, in terminal columns; longer text ends with an ellipsis. */
const maxCellColumns = 60

/**
 * The lines of an aligned table with its row count, or the bare text of a single cell.
 * @param columns  width of the terminal; undefined leaves lines whole @param maxRows  further rows are only counted
 */
export function* tableText(
  value: Value | undefined,
  columns?: number,
  paint: Paint = (_, text) => text,
  maxRows = Infinity,
): Generator<string, void, void> {
  if (value === undefined) return
  if (value.form === 'scalar' || value.form === 'pair') return yield `${clean(inlineText(value))}\n`
  const whole = gridOf(value)
  const { names, rows } = whole
  const shownRows = Math.min(rows, maxRows)
  const all = columnWidths({ ...whole, rows: shownRows })
  const widths = all.slice(0, columnsThatFit(all, columns))
  const isRight = (column: number): boolean => isNumeric(whole.columns[column]!)
  const line = (cell: (column: number) => string): string => {
    const cells = widths.map((width, column) => clip(clean(cell(column)), width))
    return clip(tableLine(cells, widths, isRight), columns ?? Infinity)
  }
  const head = names && line(column => names[column]!)
  if (head !== undefined) yield `${paint('bold', head)}\n`
  for (let row = 0; row < shownRows; row++) {
    yield `${line(column => cellText(whole.columns[column]!, row))}\n`
  }
  const left = all.length - widths.length
  const note = left > 0 ? ` (${counted(left, 'column')} did not fit; --output csv has all)` : ''
  const hidden = rows - shownRows
  const more =
    hidden === 0 ? '' : `; ${grouped(hidden)} of them are not shown: --max-rows 0 shows all`
  const noun = value.form === 'table' ? 'row' : 'element'
  yield `${paint('dim', `${counted(rows, noun)}${note}${more}`)}\n`
}

function columnWidths({ names, columns, rows }: Grid): number[] {
  return columns.map((column, index) => {
    let width = names === undefined ? 0 : displayWidth(clean(names[index]!))
    for (let row = 0; row < rows && width < maxCellColumns; row++) {
      width = Math.max(width, displayWidth(clean(cellText(column, row))))
    }
    return Math.min(width, maxCellColumns)
  })
}

/** How many columns fit a terminal; always at least the first, cut if necessary. */
function columnsThatFit(widths: readonly number[], columns = Infinity): number {
  let used = -2
  const first = widths.findIndex(width => (used += width + 2) > columns)
  return first < 0 ? widths.length : Math.max(first, 1)
}

/** JSON and a line end, as `JSON.stringify` gives of a plain answer of the library. Each row of a table is on a line of its own. */
export function* jsonText(value: Value | undefined): Generator<string, void, void> {
  if (value?.form !== 'table') return yield jsonLine(jsonOf(toPlain(value)))
  for (let row = 0; row < value.rows; row++) {
    yield `${row === 0 ? '[' : ','}\n${jsonLine(plainRow(value, row)).trimEnd()}`
  }
  yield value.rows === 0 ? '[]\n' : '\n]\n'
}

/** Redacts passwords that a server repeats in texts, and in bytes that may be text. @returns the value itself if there are none */
export function hideInValue(value: Value, hide: Hide): Value {
  return hidden(value, hide, false) as Value
}

/** Members that hold words of the protocol, not of the server, and so never contain a password. */
const ofShape: ReadonlySet<string> = new Set(['form', 'type'])

/** @param isBlob  true if a Uint8Array holds text, as in a BLOB; otherwise it holds numbers */
function hidden(part: unknown, hide: Hide, isBlob: boolean): unknown {
  if (typeof part === 'string') return hide(part)
  if (typeof part !== 'object' || part === null) return part
  if (Array.isArray(part)) {
    const safe = part.map(each => hidden(each, hide, isBlob))
    return safe.every((each, i) => each === part[i]) ? part : safe
  }
  if (ArrayBuffer.isView(part)) {
    if (!isBlob || !(part instanceof Uint8Array)) return part
    const text = Buffer.from(part).toString('utf8')
    const safe = hide(text)
    return safe === text ? part : Buffer.from(safe)
  }
  const isOfBlob = 'type' in part && part.type === 'BLOB'
  const changes = Object.entries(part).flatMap(([name, member]) => {
    const safe: unknown = ofShape.has(name) ? member : hidden(member, hide, isOfBlob)
    return safe === member ? [] : [[name, safe] as const]
  })
  return changes.length === 0 ? part : { ...part, ...Object.fromEntries(changes) }
}
