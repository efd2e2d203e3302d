/* Warnings about a column's type. Each says what is unclear, and which option decides it; undefined if nothing is. */
import { option } from '../errors.js'
import { columnTypeText, type ColumnType } from '../protocol/data-type.js'
import { type Candidate, likelyFormats } from './candidate.js'
import type { ColumnProbe } from './column-probe.js'
import { isTotalsWord } from './totals.js'

type Warning = string | undefined

export const quoted = (text: string): string => `"${text}"`

export const unclearWarning = (
  { name, sample = '' }: ColumnProbe,
  formats: readonly string[],
): string =>
  `dates such as ${quoted(sample)} are ${formats.join(' or ')}: say which with ${option('cells.dateFormats')} ${name}=FORMAT`

/** Pairs of words, the one for true first. */
const truths = ['yes no', 'y n', 'on off', 't f', '\u662f \u5426'].map(pair => pair.split(' '))

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
export function truthWarning(probe: ColumnProbe): Warning {
  const [yes, no] = truthPair(probe) ?? []
  return yes && `"${yes}" and "${no}" are BOOL with ${option('cells.booleans')} ${yes}/${no}`
}

/** Warns about blanks that `load` would keep in texts. */
export const blankWarning = ({ paddedText }: ColumnProbe): Warning =>
  paddedText &&
  `texts begin or end with blanks, such as ${quoted(paddedText)}: ${option('input.trim')} leaves them out`

export const sharedNullWordWarning = (type: ColumnType, word: string): string =>
  `${columnTypeText(type)} with ${option('cells.nullTexts')} ${word}, but ${quoted(word)} is a text in another column, where it would be null, too`

export function dateWarning(probe: ColumnProbe): Warning {
  const { sample, name } = probe
  const fitting = probe.candidates.filter(({ fits }) => fits)
  const [first, ...others] = likelyFormats(probe, fitting)
  if (first === undefined) return undefined
  const { days } = fitting.find(({ format }) => format === first) ?? {}
  const date = days && new Date(days.first * 86_400_000).toISOString().slice(0, 10)
  const isOnly = others.length === 0
  const day = isOnly && date ? ` (the first day is ${date})` : ''
  return `digits such as ${quoted(sample ?? '')} may be dates or times, ${[first, ...others].join(' or ')}: ${option('cells.dateFormats')} ${name}=${isOnly ? first : 'FORMAT'} reads them${day}`
}

/** Warns about texts that a column of this type cannot hold. */
export const refusedTextWarning = (
  { cells, nulls }: ColumnProbe,
  { type, refused, firstOdd: odd }: Candidate,
): Warning =>
  odd &&
  `${refused} of ${cells - nulls} texts are not ${columnTypeText(type)}; the first is ${quoted(odd.text)}, ${odd.file} line ${odd.lineNumber}`

/** Warns about the few texts that keep the column from having the type of its remaining texts. */
export function nearWarning(probe: ColumnProbe): Warning {
  const near = probe.candidates.filter(({ isNear }) => isNear)
  const fewest = Math.min(...near.map(({ refused }) => refused))
  const nearest = near.find(({ refused }) => refused === fewest)
  if (nearest?.firstOdd === undefined) return undefined
  const { type, refused, tried, firstOdd, format } = nearest
  const { file, lineNumber, text } = firstOdd
  const as = format === undefined ? '' : ` as ${format}`
  return (
    `${tried - refused} of ${tried} texts are ${columnTypeText(type)}${as}; the first that is not is ` +
    `${quoted(text)}, ${file} line ${lineNumber}, column ${probe.name}${meaningOf(probe, nearest)}`
  )
}

/** Suggests a meaning of the odd text, and the option for it. */
function meaningOf(
  { isHeaderless, lastRecord }: ColumnProbe,
  { refused, firstOdd, hasOtherOdds }: Candidate,
): string {
  const { file, lineNumber, text: odd } = firstOdd!
  if (isHeaderless && refused === 1 && lineNumber === 1) {
    return `; ${option('input.header')} yes takes the first record for a header`
  }
  const isLast = file === lastRecord?.file && lineNumber === lastRecord.lineNumber
  if (refused === 1 && isLast) return '; it is in the last record, which may not be a row'
  const isWord = !hasOtherOdds && !/\d/.test(odd) && !isTotalsWord(odd)
  return isWord ? `; ${option('cells.nullTexts')} ${odd} makes it null` : ''
}

/** Warns that a few texts do not suit the type, and that their rows will be rejected. */
export const rejectWarning = (probe: ColumnProbe, candidate: Candidate): string =>
  `${refusedTextWarning(probe, candidate)}${meaningOf(probe, candidate)}; ` +
  `${option('target.types')} ${probe.name}:STRING keeps such texts, otherwise their rows are rejected`
