/* The result of a check as text: how each column is read, where rows would be stored, what is wrong, and what to run. */
import type { CheckedField, CheckResult } from '../../load/check/check-observer.js'
import { detectedText } from '../../load/inputs/detected.js'
import { clean, clip, counted, grouped, type Paint, tableLines, wrapped } from './output.js'
import { codeTexts } from './summary.js'
import { bytesText } from '../../parse/cells/cell-bytes.js'

const columnHeads = ['column', 'type', 'value', 'nulls', 'bad'] as const
const cellColumns = 32
const shownTables = 3
const shownInputs = 20

/** The result without the `load` commands. @param columns  width of the terminal; undefined leaves lines whole */
export function checkText(result: CheckResult, paint: Paint, columns = Infinity): string {
  const parts = [
    [sentence(result)],
    ...inputParts(result, columns),
    result.columns.flatMap(({ name, first, last }) =>
      first ? [`${name}: ${first} to ${last}`] : [],
    ),
    problemLines(result),
    remedyLines(result),
  ].filter(lines => lines.length > 0)
  const texts = parts.map((lines, part) => {
    const folded = lines.map(clean).flatMap(line => wrapped(line, columns, indentOf(line)))
    return folded.map(line => `${part === 0 ? paint('bold', line) : line}\n`).join('')
  })
  return texts.join('\n')
}

/** Lines after the first are indented by four more columns. */
const indentOf = (line: string): string => ' '.repeat(line.search(/\S|$/) + 4)

function sentence({ rows, status, target, inputs, columns }: CheckResult): string {
  const into = `${target.table ?? target.function ?? '-'} on ${target.host}`
  const read = counted(rows.read, 'row')
  if (columns.length === 0) {
    return `The columns of ${into} are not known: this is how the inputs are read (${read} looked at).`
  }
  const looked = inputs.every(input => input.isWhole) ? read : `${read} that were looked at`
  if (status === 'fits') return `All ${looked} would load into ${into}.`
  const unfit = rows.unfit === 0 ? '' : `, ${grouped(rows.unfit)} are in inputs that do not fit`
  return `${grouped(rows.fit)} of ${looked} would load into ${into}: ${grouped(rows.rejected)} would be rejected${unfit}.`
}

function inputParts({ inputs, columns }: CheckResult, width: number): string[][] {
  const seen = new Set<string>()
  const parts = inputs.slice(0, shownInputs).map(input => {
    const shape = JSON.stringify(
      input.fields.map(({ source, position, column }) => [source, position, column]),
    )
    const isNew = input.fields.length > 0 && !seen.has(shape) && seen.size < shownTables
    if (isNew) seen.add(shape)
    return [inputText(input), ...(isNew ? table(input.fields, columns, width) : [])]
  })
  const more = inputs.length - parts.length
  return more > 0 ? [...parts, [`and ${counted(more, 'more input')}`]] : parts
}

function inputText(input: CheckResult['inputs'][number]): string {
  const { path, format, compression, bytes, rows, rejected, detected, isWhole } = input
  if (format === null) return `${path}: was not read`
  const kind = [format, compression === 'none' ? null : compression].filter(Boolean).join(', ')
  const bad = rejected === 0 ? '' : `, ${grouped(rejected)} rejected`
  const found = detected === null ? '' : `; ${detectedText(detected)}`
  return `${path}: ${kind}, ${bytesText(bytes)} read, ${isWhole ? '' : 'first '}${counted(rows, 'row')}${bad}${found}`
}

function table(fields: readonly CheckedField[], columns: CheckResult['columns'], width: number) {
  // If the inputs do not fit the table, no field has a known column, and only the texts of the fields are shown.
  const isKnown = fields.some(({ column }) => column !== null)
  const heads = ['input', 'text', ...(isKnown ? columnHeads : [])]
  const rows = fields.map(field => {
    const column = columns.find(({ name }) => name === field.column)
    const counts = column === undefined ? ['', ''] : [grouped(column.nulls), badText(column)]
    const known = [field.column ?? '(left out)', column?.type ?? '', field.value ?? '', ...counts]
    return [placeText(field), field.text ?? '', ...(isKnown ? known : [])].map(text =>
      clip(clean(text), cellColumns),
    )
  })
  const lines = tableLines([heads, ...rows], column => column >= 5, width - 2)
  return lines.map(line => `  ${line}`)
}

function badText({ rejected, coerced }: CheckResult['columns'][number]): string {
  return coerced === 0 ? grouped(rejected) : `${grouped(rejected)}, ${grouped(coerced)} made null`
}

function placeText({ source, position, column, text }: CheckedField): string {
  if (source !== null) return source
  if (position !== null) return `field ${position}`
  return column === null || text === '' ? '(nothing)' : '(set)'
}

function problemLines({ problems, rows, rejects }: CheckResult): string[] {
  if (problems.length === 0) return []
  const lines = problems.map(({ file, lineNumber, columnName, message }) => {
    const column = columnName === null ? '' : `, column ${columnName}`
    return `  ${file}, line ${grouped(lineNumber)}${column}: ${message}`
  })
  const more = rows.rejected - lines.length
  return [
    `${counted(rows.rejected, 'row')} would be rejected (${codeTexts(rejects.byCode).join(', ')})`,
    ...lines,
    ...(more > 0 ? [`  and ${grouped(more)} more`] : []),
  ]
}

function remedyLines({ remedies }: CheckResult): string[] {
  if (remedies.length === 0) return []
  const title = 'texts that do not fit their columns, and the options that read them:'
  return [title, ...remedies.map(text => `  ${text}`)]
}
