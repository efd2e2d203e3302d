/*
  Finds the line in which the table of a delimited text begins, if titles or comments stand above it. The program skips no line by
  itself, because a wrong guess would lose rows: it only names the line.
*/
import type { UsageError } from '../../errors.js'
import { option, usageError } from '../../errors.js'
import { countLineEnds } from '../line-ends.js'
import { delimiters, detectDialect, type KnownDialect } from './detect-dialect.js'
import type { TriedDialect } from './record-walk.js'
import { mostCommon, SampleRecords, type Sample } from './sample.js'

const lookedAtRecords = 1000
const lookedAtFields = 50_000
const mostTitles = 50
const fewestRecords = 3
/** At least this share of a table's records must have as many fields as the table has columns. */
const leastShare = 0.7
const sureShare = 0.9
/** If the shares of two ways to split the sample differ by at most this, the wider one is better. */
const shareThatCounts = 0.1

/** One way to split the sample, and its result. */
interface Cut {
  /** The most common number of fields. */
  readonly width: number
  /** Share of records with `width` fields, counted from the table's first record on. */
  readonly share: number
  /** Number of records above the table, and the byte in which the table begins. */
  readonly titles: number
  readonly start: number
}

/** Number of lines before the first record that is about as wide as most records; 0 if there is no table. */
export function linesAbove(sample: Sample, known: KnownDialect): number {
  // If the records are alike from the first one on, tries no other way to split the sample.
  const usual = cutBy(sample, detectDialect(sample, known))
  if (usual?.titles === 0 && usual.share > sureShare) return 0
  const { quote = '"', escape = quote } = known
  // Detection fails below a title, because it expects the first record to be as wide as the others.
  const best = (known.delimiter === undefined ? delimiters : [known.delimiter])
    .flatMap(delimiter => cutBy(sample, { ...known, delimiter, quote, escape }) ?? [])
    .reduce<Cut | undefined>(
      (best, next) => (best === undefined || isBetter(next, best) ? next : best),
      undefined,
    )
  if (best === undefined || best.titles === 0 || best.share < leastShare) return 0
  return countLineEnds(sample.bytes, 0, best.start)
}

export function linesAboveError(file: string, lines: number): UsageError {
  return usageError(
    `the table in ${file} seems to begin in line ${lines + 1}: set ${option('input.skipLines')} to ${lines}, or to 0 if the lines above are records`,
    { fix: { options: { 'input.skipLines': String(lines) } } },
  )
}

function isBetter(next: Cut, best: Cut): boolean {
  if (Math.abs(next.share - best.share) > shareThatCounts) return next.share > best.share
  return next.width === best.width ? next.share > best.share : next.width > best.width
}

/** @returns undefined if too few records are alike */
function cutBy(sample: Sample, dialect: TriedDialect): Cut | undefined {
  const widths: number[] = []
  const first: { start: number; fieldCount: number; filled: number; numbers: number }[] = []
  let fields = 0
  for (const record of new SampleRecords(sample, dialect).first(lookedAtRecords)) {
    if (fields >= lookedAtFields) break
    const { fieldCount } = record
    fields += fieldCount
    widths.push(fieldCount)
    if (widths.length > mostTitles + 1) continue
    const texts = record.texts(fieldCount)
    const filled = texts.filter(text => text !== '').length
    const numbers = texts.filter(text => /^[+-]?\.?\d/.test(text)).length
    first.push({ start: record.starts[0]!, fieldCount, filled, numbers })
  }
  const [width, alike] = mostCommon(widths, 2)
  // A header may lack the name of the first field, but only above values, and in files from spreadsheets a title has
  // empty fields after it.
  const titles = first.findIndex(({ fieldCount, filled }, i) => {
    if (width < 3) return fieldCount >= width
    const isShort = fieldCount === width - 1 && (first[i + 1]?.numbers ?? 0) > 0
    return filled > 1 && (fieldCount >= width || isShort)
  })
  if (alike < fewestRecords || titles < 0) return undefined
  return { width, share: alike / (widths.length - titles), titles, start: first[titles]!.start }
}
