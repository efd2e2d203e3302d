/*
  Detects the delimiter, quote and escape character that the user has not given. The best dialect makes the records of a sample
  most alike, and its fields look like values. The columns show whether numbers have a decimal comma, and the records whether they
  end with a delimiter that the first record lacks.
*/
import type { TriedDialect } from './record-walk.js'
import { mostCommon, SampleRecords, type Sample } from './sample.js'

export const delimiters = [',', '\t', ';', '|'] as const

/** Limit of the fields whose texts are examined. Of later records, only quotes and field counts matter. */
const lookedAtFields = 1000
/** Limit of the records to examine if only one dialect is possible. */
const someRecords = 50

/** The known parts of a dialect; undefined for parts to detect. */
export interface KnownDialect {
  readonly delimiter: string | undefined
  readonly quote: string | undefined
  readonly escape: string | undefined
  readonly comment: string
  readonly trim: boolean
}

export function detectDialect(sample: Sample, known: KnownDialect): TriedDialect {
  const { delimiter, comment, trim } = known
  const quote = known.quote ?? '"'
  const mayEscape = known.escape === undefined && quote !== '' && has(sample, `\\${quote}`)
  const bestWith = (quote: string, escape: string): Survey => {
    const tried = (delimiter === undefined ? delimiters : [delimiter]).map(one => {
      return { delimiter: one, quote, escape, comment, trim }
    })
    const possible = tried.filter(dialect => {
      const records = new SampleRecords(sample, dialect)
      return records.nextRecord() && records.fieldCount > 1
    })
    const isChoice = possible.length > 1
    const most = isChoice || mayEscape ? Infinity : someRecords
    // Uses the default if no delimiter splits the first record.
    return (isChoice ? possible : [possible[0] ?? tried[0]!])
      .map(dialect => surveyOf(sample, dialect, most, isChoice))
      .reduce((best, next) => (next.score > best.score ? next : best))
  }
  let best = bestWith(quote, known.escape ?? quote)
  if (mayEscape && best.broken > 0) {
    const escaped = bestWith(quote, '\\')
    // Nearly all records with wrong quotes must be right once a backslash escapes quotes.
    if (escaped.quoted > 0 && escaped.broken * 10 < best.broken) best = escaped
  }
  if (known.quote === undefined && best.quoted === 0 && has(sample, "'")) {
    const escapes = has(sample, "\\'") ? ["'", '\\'] : ["'"]
    const single = (known.escape === undefined ? escapes : [known.escape])
      .map(escape => bestWith("'", escape))
      // Apostrophes also occur in texts. They are quotes only if at least half of the records have them around fields.
      .find(({ records, quoted, broken }) => broken === 0 && quoted > 0 && quoted * 2 >= records)
    if (single !== undefined && single.score >= best.score) best = single
  }
  return best.dialect
}

/** True if the sample contains the ASCII text. This fast check shows which other dialects are worth trying. */
function has({ bytes }: Sample, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(text)
}

/** How a dialect splits a sample. */
export interface Survey {
  readonly dialect: TriedDialect
  readonly records: number
  /** The number of fields of each record. */
  readonly widths: readonly number[]
  /** Numbers of records with a quoted field, with a wrong quote, and with a wrong quote in a field that begins with one. */
  readonly quoted: number
  readonly broken: number
  readonly misquoted: number
  /** True if the sample could not be read completely. */
  readonly isUnsure: boolean
  /** The most common number of fields, and how many records have it. */
  readonly mode: readonly [width: number, alike: number]
  /** How well the dialect fits, from 0 to 1; 0 if the first record has only one field. */
  readonly score: number
}

/** @param isLookedAt  true to count in the score how much the fields look like values */
export function surveyOf(
  sample: Sample,
  dialect: TriedDialect,
  most: number,
  isLookedAt: boolean,
): Survey {
  const widths: number[] = []
  const count = { quoted: 0, broken: 0, misquoted: 0, overlong: 0, alike: 0, looks: 0, lookedAt: 0 }
  for (const record of new SampleRecords(sample, dialect).first(most)) {
    const width = record.fieldCount
    widths.push(width)
    count.quoted += Number(record.hasQuoted)
    count.broken += Number(record.isBroken)
    count.misquoted += Number(record.isMisquoted)
    count.overlong += Number(record.isOverlong)
    const [first = 1] = widths
    count.alike += Number(width === first || record.isTrailing(first))
    if (!isLookedAt || first === 1 || count.lookedAt >= lookedAtFields) continue
    // Leaves out an empty last field, because the delimiter before it may just end the record.
    const fields = record.isLastEmpty ? width - 1 : width
    for (let field = 0; field < fields; field++) count.looks += looksOf(record, field)
    count.lookedAt += fields
  }
  const { quoted, broken, misquoted } = count
  // Considers the most common number of fields, because a header may have a different number.
  const [, mode] = mostCommon(widths, 2)
  const consistency = Math.max(count.alike, 0.8 * mode) / widths.length
  const look = 0.5 + (0.5 * count.looks) / Math.max(1, count.lookedAt)
  return {
    ...{ dialect, records: widths.length, widths, quoted, broken, misquoted },
    isUnsure: count.overlong > 0,
    mode: mostCommon(widths),
    score: (widths[0] ?? 1) < 2 ? 0 : consistency * consistency * look,
  }
}

const number = /^[+-]?[\d.,:/\-TZ %]*\d[\d.,:/\-TZ %]*$/
const otherDelimiter = /[,;|\t]/
const proseDelimiter = /^[^,;|\t]*(?:[,;|] [^,;|\t]*)+$/

/** How much a field looks like a value: most for numbers, dates, quoted texts; least with another delimiter inside. */
function looksOf(record: SampleRecords, field: number): number {
  const length = record.ends[field]! - record.starts[field]!
  if (record.quoted[field] || length === 0) return 1
  if (length > 1000) return 0.5
  const text = record.text(field)
  if (number.test(text)) return 1
  if (!otherDelimiter.test(text)) return text.startsWith(' ') ? 0.5 : 0.8
  return proseDelimiter.test(text) ? 0.5 : 0.2
}

/** Limit of the fields to examine for the layout, because records may be very wide. */
const layoutFields = 600
const leastRecords = 20
const lookedAtColumns = 200

export interface Layout {
  readonly decimalComma: boolean
  readonly trailingDelimiter: boolean
}

/** @param dialect  the dialect that `detectDialect` found */
export function detectLayout(sample: Sample, dialect: TriedDialect): Layout {
  const records = new SampleRecords(sample, dialect)
  if (!records.nextRecord()) return { decimalComma: false, trailingDelimiter: false }
  const { fieldCount } = records
  const width = Math.min(fieldCount, lookedAtColumns)
  const columns = Array.from({ length: width }, (): string[] => [])
  let count = 0
  let trailing = 0
  for (const record of records.first(Math.max(leastRecords, layoutFields / width))) {
    count++
    trailing += Number(record.isTrailing(fieldCount))
    for (const [field, text] of record.texts(width).entries()) columns[field]!.push(text)
  }
  return { decimalComma: hasDecimalComma(columns), trailingDelimiter: trailing > count / 2 }
}

/** True if some column holds only numbers with commas that cannot separate thousands, and no column has points in numbers. */
function hasDecimalComma(columns: readonly (readonly string[])[]): boolean {
  const isOfCommas = (texts: readonly string[]): boolean =>
    texts.some(text => /^[+-]?\d+,\d+$/.test(text) && !/^[+-]?\d{1,3},\d{3}$/.test(text)) &&
    texts.every(text => /^(?:[+-]?\d+(?:,\d+)?)?$/.test(text))
  return columns.some(isOfCommas) && !columns.flat().some(text => /^[+-]?\d*\.\d+$/.test(text))
}
