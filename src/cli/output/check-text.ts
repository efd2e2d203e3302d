/*
  The result of a check as text: how each column is read, where rows would be stored, what is wrong, and what to run.
*/
import type { CheckedField, CheckedPartitions, CheckResult } from '../../load/check/check-result.js'
import { detectedText } from '../../load/inputs/detected.js'
import { english, type Words } from '../language/words.js'
import type { Paint } from './output.js'
import {
  bytesText,
  clean,
  clip,
  displayWidth,
  grouped,
  tableLines,
  wrapped,
} from './terminal-text.js'

const columnHeads = ['column', 'type', 'value', 'nulls', 'bad'] as const

type CheckedInput = CheckResult['inputs'][number]

const cellColumns = 32
/** Shows the columns of at most this many inputs. */
const shownTables = 3
const shownInputs = 20
const shownPartitions = 10

/** The result without the `load` commands. @param columns  width of the terminal; undefined leaves lines whole */
export function checkText(
  result: CheckResult,
  paint: Paint,
  columns = Infinity,
  words: Words = english,
): string {
  const { problems, partitions } = result
  const folded = (lines: readonly string[]): string[] =>
    lines.flatMap(line => folding(line, columns))
  const parts = [
    folding(clean(sentence(result, words)), columns).map(line => paint('bold', line)),
    ...inputParts(result, paint, columns, words),
    folded(timeLines(result)),
    ...(partitions === null || result.rows.read === 0
      ? []
      : [folded(partitionLines(partitions, paint, words))]),
    ...(problems.length === 0 ? [] : [folded(problemLines(result, paint, words))]),
    ...(result.remedies.length === 0 ? [] : [folded(remedyLines(result, words))]),
  ]
  return parts
    .filter(lines => lines.length > 0)
    .map(lines => lines.map(line => `${line}\n`).join(''))
    .join('\n')
}

export function commandsTitle(
  { commands, error }: CheckResult,
  paint: Paint,
  { tell }: Words = english,
): string {
  const several = tell('the inputs are read in different ways, so it takes several loads:')
  const one =
    error === null
      ? tell('to load exactly this way:')
      : tell('equivalent command with every detected setting:')
  return paint('bold', commands.length === 1 ? one : several)
}

function remedyLines({ remedies }: CheckResult, { tell, notice }: Words): string[] {
  return [
    tell('texts that do not fit their columns, and the options that read them:'),
    ...remedies.map(text => clean(`  ${notice(text)}`)),
  ]
}

/** Breaks a line that is too long, and indents the continuation lines. */
function folding(line: string, columns: number): string[] {
  if (displayWidth(line) <= columns) return [line]
  const indent = ' '.repeat(line.search(/\S|$/))
  const [first = '', ...rest] = wrapped(line.trimStart(), columns - indent.length)
  const others = rest.length === 0 ? [] : wrapped(rest.join(' '), columns - indent.length - 4)
  return [indent + first, ...others.map(other => `${indent}    ${other}`)]
}

function sentence(result: CheckResult, { tell, count }: Words): string {
  const { rows, status, target, batches, inputs, columns } = result
  const into = tell('{target} on {host}', {
    target: target.table ?? target.function ?? '-',
    host: target.host,
  })
  const read = count(rows.read, 'row')
  if (columns.length === 0) {
    return tell(
      'The columns of {into} are not known: this is how the inputs are read ({rows} looked at).',
      { into, rows: read },
    )
  }
  const isWhole = inputs.every(input => input.isWhole)
  const looked = isWhole ? read : tell('{rows} that were looked at', { rows: read })
  const requests =
    batches.expected === null
      ? ''
      : tell('; {batches} in all', { batches: count(batches.expected, 'batch') })
  if (status === 'fits')
    return tell('All {rows} would load into {into}{requests}.', { rows: looked, into, requests })
  const unfit =
    rows.unfit === 0 ? '' : tell(', {count} are in inputs that do not fit', { count: rows.unfit })
  return tell(
    '{fit} of {rows} would load into {into}: {rejected} would be rejected{unfit}{requests}.',
    {
      ...{ fit: rows.fit, rows: looked, into, rejected: rows.rejected, unfit, requests },
    },
  )
}

function inputParts(result: CheckResult, paint: Paint, columns: number, words: Words): string[][] {
  const parts: string[][] = []
  const seen = new Set<string>()
  for (const input of result.inputs.slice(0, shownInputs)) {
    const lines = folding(clean(inputText(input, words)), columns)
    const shape = JSON.stringify(
      input.fields.map(({ source, position, column }) => [source, position, column]),
    )
    if (input.fields.length > 0 && !seen.has(shape) && seen.size < shownTables) {
      seen.add(shape)
      lines.push(...table(input.fields, result.columns, { paint, width: columns, words }))
    }
    parts.push(lines)
  }
  const more = result.inputs.length - parts.length
  return more > 0
    ? [...parts, [words.tell('and {inputs}', { inputs: words.count(more, 'more input') })]]
    : parts
}

function inputText(input: CheckedInput, words: Words): string {
  const { tell, count } = words
  const { path, format, compression, bytes, rows, rejected, detected, isWhole } = input
  if (format === null) return tell('{path}: was not read', { path })
  const kind = [format, compression === 'none' ? null : compression].filter(Boolean).join(', ')
  const looked = count(rows, 'row')
  const bad = rejected === 0 ? '' : tell(', {count} rejected', { count: rejected })
  const found = detected === null ? '' : `${tell('; ')}${words.notice(detectedText(detected))}`
  const what = tell('{path}: {kind}, {bytes} read, {rows}', {
    ...{ path, kind, bytes: bytesText(bytes) },
    rows: isWhole ? looked : tell('first {rows}', { rows: looked }),
  })
  return `${what}${bad}${found}`
}

function table(
  fields: readonly CheckedField[],
  columns: CheckResult['columns'],
  { paint, width, words }: { paint: Paint; width: number; words: Words },
): string[] {
  const { tell } = words
  // If the inputs do not fit the table, no field has a known column, and only the texts of the fields are shown.
  const isKnown = fields.some(({ column }) => column !== null)
  const heads = ['input', 'text', ...(isKnown ? columnHeads : [])] as const
  const head = heads.map(name => tell(name))
  const rows = fields.map(field => {
    const column = columns.find(({ name }) => name === field.column)
    const counts = column === undefined ? ['', ''] : [grouped(column.nulls), badText(column, words)]
    const known = isKnown
      ? [field.column ?? tell('(left out)'), column?.type ?? '', field.value ?? '', ...counts]
      : []
    return [placeText(field, words), field.text ?? '', ...known].map(text =>
      clip(clean(text), cellColumns),
    )
  })
  const [title, ...lines] = tableLines([head, ...rows], column => column >= 5, width - 2)
  return [paint('dim', `  ${title}`), ...lines.map(line => `  ${line}`)]
}

function badText({ rejected, coerced }: CheckResult['columns'][number], { tell }: Words): string {
  return coerced === 0
    ? grouped(rejected)
    : tell('{rejected}, {coerced} made null', { rejected, coerced })
}

function placeText({ source, position, column, text }: CheckedField, { tell }: Words): string {
  if (source !== null) return source
  if (position !== null) return tell('field {number}', { number: position })
  return column === null || text === '' ? tell('(nothing)') : tell('(set)')
}

/** First and last time of each column of dates or times. */
function timeLines({ columns }: CheckResult): string[] {
  return columns.flatMap(({ name, first, last }) =>
    first === null || last === null ? [] : [clean(`${name}: ${first} to ${last}`)],
  )
}

function partitionLines(
  { dimensions, count, added, largest, outside }: CheckedPartitions,
  paint: Paint,
  words: Words,
): string[] {
  const { tell } = words
  const by = dimensions.map(({ column, kind }) => `${column} (${kind})`).join(', ')
  const many =
    count === null ? tell('an unknown number of partitions') : words.count(count, 'partition')
  const isNew = added === 0 ? '' : tell(', {count} of them new', { count: added })
  const beyond =
    outside === null
      ? tell('unknown whether rows lie outside')
      : tell('{rows} outside', { rows: words.count(outside, 'row') })
  const shown = largest.slice(0, shownPartitions)
  return [
    clean(
      `${tell('{partitions} by {columns}', { partitions: many, columns: by })}${isNew}${tell('; ')}${beyond}`,
    ),
    ...shown.map(({ keys, rows }) =>
      clean(`  ${keys.map(key => key ?? '*').join(' / ')}: ${words.count(rows, 'row')}`),
    ),
    ...moreLines((count ?? 0) - shown.length, paint, words),
  ]
}

const moreLines = (count: number, paint: Paint, { tell }: Words): string[] =>
  count > 0 ? [paint('dim', tell('  and {count} more', { count }))] : []

function problemLines(
  { problems, rows, rejects }: CheckResult,
  paint: Paint,
  words: Words,
): string[] {
  const { tell } = words
  const codes = Object.entries(rejects.byCode).map(([code, count]) => `${code} ${grouped(count)}`)
  const lines = problems.map(({ file, lineNumber, columnName, message }) => {
    const column = columnName === null ? '' : tell(', column {name}', { name: columnName })
    return clean(
      tell('  {file}, line {line}{column}: {message}', { file, line: lineNumber, column, message }),
    )
  })
  return [
    tell('{rows} would be rejected ({codes})', {
      rows: words.count(rows.rejected, 'row'),
      codes: codes.join(', '),
    }),
    ...lines,
    ...moreLines(rows.rejected - lines.length, paint, words),
  ]
}
