/* Finds what keeps a delimited text from being read as usual. Titles or comments may stand above its table: the program skips no line by
   itself, because a wrong guess would lose rows, and only names the line. If the usual meaning of quotes breaks records, there may be
   blanks around quoted fields, or quotes may be ordinary characters: such a finding is only a reported proposal. */
import * as ascii from '../ascii.js'
import { option, usageError } from '../../errors.js'
import { countLineEnds } from '../window.js'
import type { DialectOptions, FoundQuotes } from './csv-dialect.js'
import {
  delimiters,
  detectDialect,
  mostCommon,
  SampleRecords,
  separatorLine,
  surveyOf,
} from './sample.js'
import type { KnownDialect, Sample, Survey } from './sample.js'
import type { TriedDialect } from './record-walk.js'

/** Finds quotes that break records. @throws {UsageError} DDB_USAGE if lines stand above the table */
export function findObstacles(
  file: string,
  sample: Sample,
  known: KnownDialect,
  { trim, quotes, skipLines }: { readonly [K in keyof DialectOptions]: unknown },
): FoundQuotes | undefined {
  if (separatorLine(sample.bytes) !== undefined) return undefined
  const isLeft = trim === undefined && quotes === undefined
  const found = isLeft ? findQuotes(sample, known) : undefined
  if (skipLines !== undefined) return found
  const lines = linesAbove(sample, { ...known, ...found?.options })
  if (lines === 0) return found
  throw usageError(
    `the table in ${file} seems to begin in line ${lines + 1}: set ${option('input.skipLines')} to ${lines}, or to 0 if the lines above are records`,
    { fix: { options: { 'input.skipLines': String(lines) } } },
  )
}

const quotedRecords = 10_000
/** Smallest share of records that must have the most common number of fields. */
const quotedAlike = 0.9

/** @returns undefined if no record is broken, or if no options mend all records */
export function findQuotes(sample: Sample, known: KnownDialect): FoundQuotes | undefined {
  const { bytes } = sample
  const read = (change: Partial<KnownDialect>): Survey =>
    surveyOf(sample, detectDialect(sample, { ...known, ...change }), quotedRecords, false)
  const isAlike = ({ mode, records }: Survey): boolean => mode[1] >= quotedAlike * records
  if (known.quote !== undefined || !bytes.includes(ascii.quote)) return undefined
  if (/(?:^|[,;|\t\r\n])="/.test(Buffer.from(bytes).toString('latin1'))) {
    return { options: { quotes: 'excel' }, said: 'fields contain formulas such as ="1"' }
  }
  const usual = read({})
  if (usual.broken === 0 || usual.isUnsure) return undefined
  const trimmed = read({ trim: true })
  if (trimmed.broken === 0 && trimmed.quoted > 0 && isAlike(trimmed)) {
    return { options: { trim: true }, said: 'blanks surround quoted fields' }
  }
  if (usual.misquoted === 0 && usual.quoted > 0 && isAlike(usual)) {
    return { options: { quotes: 'lax' }, said: 'unquoted fields contain quotes' }
  }
  // If as many records are quoted correctly, the misquoted ones are mistakes, not another dialect.
  if (usual.quoted > 0 && usual.quoted >= usual.misquoted) return undefined
  const plain = read({ quote: '' })
  // Records of a single field always have equally many fields, which proves nothing if there are quotes.
  const isProof = plain.mode[0] > 1 || usual.misquoted + usual.quoted === 0
  const said = 'quotes are ordinary characters'
  return isProof && isAlike(plain) ? { options: { quote: '' }, said } : undefined
}

const lookedAtRecords = 1000
const mostTitles = 50
const fewestRecords = 3
/** At least this share of a table's records must have as many fields as the table has columns. */
const leastShare = 0.7
const sureShare = 0.9
/** If the shares of two ways to split the sample differ by at most this, the wider one is better. */
const shareThatCounts = 0.1

type Cut = NonNullable<ReturnType<typeof cutBy>>

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

function isBetter(next: Cut, best: Cut): boolean {
  if (Math.abs(next.share - best.share) > shareThatCounts) return next.share > best.share
  return next.width === best.width ? next.share > best.share : next.width > best.width
}

/** One way to split the sample, and its result; undefined if too few records are alike. */
function cutBy(sample: Sample, dialect: TriedDialect) {
  const { widths } = surveyOf(sample, dialect, lookedAtRecords, false)
  const [width, alike] = mostCommon(widths, 2)
  const first = Array.from(new SampleRecords(sample, dialect).first(mostTitles + 1), record => {
    const texts = record.texts(record.fieldCount)
    const filled = texts.filter(text => text !== '').length
    const numbers = texts.filter(text => /^[+-]?\.?\d/.test(text)).length
    return { start: record.starts[0]!, fieldCount: texts.length, filled, numbers }
  })
  // A header may lack the name of the first field, but only above values, and in files from spreadsheets a title has empty fields after it.
  const titles = first.findIndex(({ fieldCount, filled }, i) => {
    if (width < 3) return fieldCount >= width
    const isShort = fieldCount === width - 1 && (first[i + 1]?.numbers ?? 0) > 0
    return filled > 1 && (fieldCount >= width || isShort)
  })
  if (alike < fewestRecords || titles < 0) return undefined
  return {
    /** The most common number of fields, and the share of records that have it, from the table's first record on. */
    ...{ width, share: alike / (widths.length - titles) },
    /** Number of records above the table, and the byte in which the table begins. */
    ...{ titles, start: first[titles]!.start },
  }
}
