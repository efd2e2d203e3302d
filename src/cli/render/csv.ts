/*
  A value as CSV for programs: quoted according to RFC 4180, with LF line ends as Unix tools expect. A scalar is written
  without quotes, for use in a shell.
*/
import type { Value } from '../../protocol/value.js'
import { cellText, gridOf, inlineText } from './cells.js'

const linesAtOnce = 500

/** Yields some lines at a time, and none if there is no value. */
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
