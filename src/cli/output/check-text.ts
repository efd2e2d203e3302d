/*
  What a check says to people: how each column is read, where the rows would go, what is wrong, and the command.
*/
import type { CheckedField, CheckedPartitions, CheckResult } from '../../load/check/check-result.js'
import { detectedText } from '../../load/inputs/detected.js'
import type { Paint } from './output.js'
import {
  bytesText,
  clean,
  clip,
  counted,
  displayWidth,
  grouped,
  tableLines,
  wrapped,
} from './terminal-text.js'

type CheckedInput = CheckResult['inputs'][number]

/** Widest text of a cell. */
const cellColumns = 32
/** Most inputs whose columns are shown, and that are named. */
const shownTables = 3
const shownInputs = 20
const shownPartitions = 10

/**
 * Everything but the commands.
 *
 * @param columns  width of the terminal; undefined leaves lines whole
 */
export function checkText(result: CheckResult, paint: Paint, columns = Infinity): string {
  const { problems, partitions } = result
  const folded = (lines: readonly string[]): string[] =>
    lines.flatMap(line => folding(line, columns))
  const parts = [
    folding(clean(sentence(result)), columns).map(line => paint('bold', line)),
    ...inputParts(result, paint, columns),
    ...(partitions === null ? [] : [folded(partitionLines(partitions, paint))]),
    ...(problems.length === 0 ? [] : [folded(problemLines(result, paint))]),
  ]
  return parts.map(lines => lines.map(line => `${line}\n`).join('')).join('\n')
}

/** What stands before the commands. */
export function commandsTitle({ commands, error }: CheckResult, paint: Paint): string {
  const several = 'the inputs are read in different ways, so it takes several loads:'
  const one = error === null ? 'to load exactly so:' : 'the load in which what was found is said:'
  return paint('bold', commands.length === 1 ? one : several)
}

/** What does not fit goes on below, further in. */
function folding(line: string, columns: number): string[] {
  if (displayWidth(line) <= columns) return [line]
  const indent = ' '.repeat(line.search(/\S|$/))
  const [first = '', ...rest] = wrapped(line.trimStart(), columns - indent.length)
  const others = rest.length === 0 ? [] : wrapped(rest.join(' '), columns - indent.length - 4)
  return [indent + first, ...others.map(other => `${indent}    ${other}`)]
}

function sentence({ rows, status, target, batches, inputs, columns }: CheckResult): string {
  const into = `${target.table ?? target.function ?? '-'} on ${target.host}`
  const looked = inputs.every(({ isWhole }) => isWhole) ? '' : ' that were looked at'
  const requests =
    batches.expected === null ? '' : `; ${counted(batches.expected, 'batch', 'batches')} in all`
  const unfit = rows.unfit === 0 ? '' : `, ${grouped(rows.unfit)} of inputs that do not fit`
  if (columns.length === 0) {
    return `The columns of ${into} are not known: this is how the inputs are read (${counted(rows.read, 'row')} looked at).`
  }
  const left = `${grouped(rows.rejected)} would be rejected${unfit}`
  if (status === 'fits') {
    return `All ${counted(rows.read, 'row')}${looked} would load into ${into}${requests}.`
  }
  return `${grouped(rows.fit)} of ${counted(rows.read, 'row')}${looked} would load into ${into}: ${left}${requests}.`
}

function inputParts(result: CheckResult, paint: Paint, columns: number): string[][] {
  const parts: string[][] = []
  const seen = new Set<string>()
  for (const input of result.inputs.slice(0, shownInputs)) {
    const lines = folding(clean(inputText(input)), columns)
    const shape = JSON.stringify(
      input.fields.map(({ source, position, column }) => [source, position, column]),
    )
    if (input.fields.length > 0 && !seen.has(shape) && seen.size < shownTables) {
      seen.add(shape)
      lines.push(...table(input.fields, result.columns, paint, columns))
    }
    parts.push(lines)
  }
  const more = result.inputs.length - parts.length
  return more > 0 ? [...parts, [`and ${counted(more, 'more input')}`]] : parts
}

function inputText(input: CheckedInput): string {
  const { path, format, compression, bytes, rows, rejected, detected, isWhole } = input
  if (format === null) return `${path}: could not be opened`
  const kind = [format, compression === 'none' ? null : compression].filter(Boolean).join(', ')
  const bad = rejected === 0 ? '' : `, ${grouped(rejected)} rejected`
  const start = isWhole ? '' : 'first '
  const found = detected === null ? '' : `; ${detectedText(detected)}`
  return `${path}: ${kind}, ${bytesText(bytes)} read, ${start}${counted(rows, 'row')}${bad}${found}`
}

function table(
  fields: readonly CheckedField[],
  columns: CheckResult['columns'],
  paint: Paint,
  width: number,
): string[] {
  // Of an input that does not fit nothing is known but its texts.
  const isKnown = fields.some(({ column }) => column !== null)
  const head = ['input', 'text', ...(isKnown ? ['column', 'type', 'value', 'nulls', 'bad'] : [])]
  const rows = fields.map(field => {
    const column = columns.find(({ name }) => name === field.column)
    const counts = column === undefined ? ['', ''] : [grouped(column.nulls), badText(column)]
    const known = isKnown
      ? [field.column ?? '(left out)', column?.type ?? '', field.value ?? '', ...counts]
      : []
    return [placeText(field), field.text ?? '', ...known].map(text =>
      clip(clean(text), cellColumns),
    )
  })
  const [title, ...lines] = tableLines([head, ...rows], column => column >= 5, width - 2)
  return [paint('dim', `  ${title}`), ...lines.map(line => `  ${line}`)]
}

function badText({ rejected, coerced }: CheckResult['columns'][number]): string {
  return coerced === 0 ? grouped(rejected) : `${grouped(rejected)}, ${grouped(coerced)} made null`
}

function placeText({ source, position, column, text }: CheckedField): string {
  if (source !== null) return source
  if (position !== null) return `field ${position}`
  return column === null || text === '' ? '(nothing)' : '(set)'
}

function partitionLines(
  { dimensions, count, added, largest, outside }: CheckedPartitions,
  paint: Paint,
): string[] {
  const by = dimensions.map(({ column, kind }) => `${column} (${kind})`).join(', ')
  const many = count === null ? 'partitions are not told' : counted(count, 'partition')
  const isNew = added === 0 ? '' : `, ${grouped(added)} of them new`
  const beyond =
    outside === null ? 'whether rows lie outside is not told' : `${counted(outside, 'row')} outside`
  const shown = largest.slice(0, shownPartitions)
  return [
    clean(`${many} by ${by}${isNew}; ${beyond}`),
    ...shown.map(({ keys, rows }) =>
      clean(`  ${keys.map(key => key ?? '*').join(' / ')}: ${counted(rows, 'row')}`),
    ),
    ...moreLines((count ?? 0) - shown.length, paint),
  ]
}

const moreLines = (count: number, paint: Paint): string[] =>
  count > 0 ? [paint('dim', `  and ${grouped(count)} more`)] : []

function problemLines({ problems, rows, rejects }: CheckResult, paint: Paint): string[] {
  const codes = Object.entries(rejects.byCode).map(([code, count]) => `${code} ${grouped(count)}`)
  const lines = problems.map(({ file, lineNumber, columnName, message }) => {
    const column = columnName === null ? '' : `, column ${columnName}`
    return clean(`  ${file}, line ${grouped(lineNumber)}${column}: ${message}`)
  })
  return [
    `${counted(rows.rejected, 'row')} would be rejected (${codes.join(', ')})`,
    ...lines,
    ...moreLines(rows.rejected - lines.length, paint),
  ]
}
