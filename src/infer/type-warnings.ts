/*
  Warnings about a column's type. Each says what is unclear, and which option decides it.
*/
import { option } from '../errors.js'
import { columnTypeText, type ColumnType } from '../protocol/data-type.js'
import type { Candidate } from './candidate.js'
import type { ColumnProbe } from './column-probe.js'
import { likelyFormats } from './digit-times.js'
import { isTotalsWord } from './totals.js'

export function unclearWarning(
  { name, sample = '' }: ColumnProbe,
  formats: readonly string[],
): string {
  return `dates such as ${quoted(sample)} are ${formats.join(' or ')}: say which with ${option('cells.dateFormats')} ${name}=FORMAT`
}

/** Pairs of words, the one for true first. */
const truths = [...['yes no', 'y n', 'on off', 't f', '\u662f \u5426']].map(pair => pair.split(' '))

/** The column's words for true and false, if it has no other texts. */
export function truthPair({ texts, distinct }: ColumnProbe): readonly [string, string] | undefined {
  if (distinct.count !== 2 || texts.length !== 2) return undefined
  for (const pair of truths) {
    const [yes, no] = pair.map(word => texts.find(one => one.toLowerCase() === word))
    if (yes !== undefined && no !== undefined) return [yes, no]
  }
  return undefined
}

/** Warns about pairs such as yes and no, which stay texts unless options give their meaning. */
export function truthWarnings(probe: ColumnProbe): string[] {
  const [yes, no] = truthPair(probe) ?? []
  if (yes === undefined || no === undefined) return []
  return [`${quoted(yes)} and ${quoted(no)} are BOOL with ${option('cells.booleans')} ${yes}/${no}`]
}

/** Warns about blanks that `load` would keep in texts. */
export function blankWarnings({ paddedText }: ColumnProbe): string[] {
  if (paddedText === undefined) return []
  return [
    `texts begin or end with blanks, such as ${quoted(paddedText)}: ${option('input.trim')} leaves them out`,
  ]
}

export function sharedNullWordWarning(type: ColumnType, word: string): string {
  return (
    `${columnTypeText(type)} with ${option('cells.nullTexts')} ${word}, but ${quoted(word)} is a text in another column, where it would be ` +
    'null, too'
  )
}

export function dateWarnings(probe: ColumnProbe): string[] {
  const { candidates, sample, name } = probe
  const orders = likelyFormats(
    probe,
    candidates.filter(({ fits }) => fits),
  )
  if (orders.length === 0) return []
  const { first } = candidates.find(({ format }) => format === orders[0])?.days ?? {}
  const day =
    orders.length > 1 || first === undefined
      ? ''
      : ` (the first day is ${new Date(first * 86_400_000).toISOString().slice(0, 10)})`
  const advice = `${option('cells.dateFormats')} ${name}=${orders.length === 1 ? orders[0] : 'FORMAT'} reads them${day}`
  return [
    `digits such as ${quoted(sample ?? '')} may be dates or times, ${orders.join(' or ')}: ${advice}`,
  ]
}

/** Warns about texts that a column of this type cannot hold. */
export function refusedTextWarnings(
  { cells, nulls }: ColumnProbe,
  { type, refused, firstOdd }: Candidate,
): string[] {
  if (firstOdd === undefined) return []
  const { text, file, lineNumber } = firstOdd
  return [
    `${refused} of ${cells - nulls} texts are not ${columnTypeText(type)}; the first is ${quoted(text)}, ${file} line ${lineNumber}`,
  ]
}

/** Warns about the few texts that keep the column from having the type of its remaining texts. */
export function nearWarnings(probe: ColumnProbe): string[] {
  let nearest: Candidate | undefined
  for (const one of probe.candidates) {
    if (one.isNear && (nearest === undefined || one.refused < nearest.refused)) nearest = one
  }
  if (nearest?.firstOdd === undefined) return []
  const { type, refused, tried, firstOdd, format } = nearest
  const { file, lineNumber, text: odd } = firstOdd
  const as = format === undefined ? '' : ` as ${format}`
  return [
    `${tried - refused} of ${tried} texts are ${columnTypeText(type)}${as}; the first that is not is ` +
      `${quoted(odd)}, ${file} line ${lineNumber}, column ${probe.name}${meaningOf(probe, nearest)}`,
  ]
}

/** Suggests a meaning of the odd text, and the option for it. */
function meaningOf(
  { isHeaderless, lastRecord }: ColumnProbe,
  { refused, firstOdd, oddTexts }: Candidate,
): string {
  const { file, lineNumber, text: odd } = firstOdd!
  if (isHeaderless && refused === 1 && lineNumber === 1) {
    return `; ${option('input.header')} yes takes the first record for a header`
  }
  const isLast = file === lastRecord?.file && lineNumber === lastRecord.lineNumber
  if (refused === 1 && isLast) return '; it is in the last record, which may not be a row'
  const isWord = oddTexts.length === 1 && !/\d/.test(odd) && !isTotalsWord(odd)
  return isWord ? `; ${option('cells.nullTexts')} ${odd} makes it null` : ''
}

/** Warns that a few texts do not suit the type, and that their rows will be rejected. */
export function rejectWarnings(probe: ColumnProbe, candidate: Candidate): string[] {
  const [odd] = refusedTextWarnings(probe, candidate)
  const keeps = `${option('target.types')} ${probe.name}:STRING keeps such texts`
  return [`${odd}${meaningOf(probe, candidate)}; ${keeps}, otherwise their rows are rejected`]
}

export function quoted(value: string): string {
  return `"${value}"`
}
