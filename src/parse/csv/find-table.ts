/*
  Finds where the table in a delimited text begins and ends. Above the table there may be titles, comments and blank lines; below
  it, sums. The header may have two lines. The search relies on records that are alike, and on columns of one type. The result is
  only a proposal, and the program always reports it.
*/
import type { DialectOptions } from './csv-dialect.js'
import { delimiters, detectDialect, type KnownDialect } from './detect-dialect.js'
import { quotesDialect, type QuotesDialect } from './find-quotes.js'
import { afterLines, lineEndFrom, SampleRecords, type TriedDialect } from './sample-records.js'
import { carriageReturn, lineFeed } from '../line-ends.js'

/** The options with which a run reads the table and nothing around it. Options that are not needed are omitted. */
export interface FoundTable extends QuotesDialect {
  readonly skipLines?: number
  readonly comment?: string
  /** Names of the columns, if `skipLines` skips the lines with the names. */
  readonly names?: readonly string[]
  /** Number of records after the table. */
  readonly footers?: number
  /** Set if records lack fields that the header names. */
  readonly ragged?: 'pad'
  /** Sentences that explain the options. */
  readonly said: readonly string[]
}

/** The options that are known before `findTable` determines the remaining ones. */
export interface KnownTable extends Omit<KnownDialect, 'comment'> {
  readonly comment: string | undefined
  readonly skipLines: number | undefined
  readonly ragged?: string | undefined
  readonly hasHeader: boolean | undefined
}

const lookedAtRecords = 1000
const lookedAtFields = 50_000
const mostTitles = 50
const mostFooters = 5
const recordsPerFooter = 4
const fewestRecords = 3
/** At least this share of a table's records must have as many fields as the table has columns. */
const leastShare = 0.7
/** Largest share of lines that may be comments. */
const mostComments = 0.8
const sureShare = 0.9
const fewestAlike = 0.4
/** If the `share` of two cuts differs by at most this, the wider cut is better. */
const shareThatCounts = 0.1
const commentSigns = ['#', '%', '!', '*']
const beginsLikeNumber = /^[+-]?[$\u20ac\u00a3\u00a5]?\.?\d/
const nullWord = /^(?:|n\/?a|nan|null|none|nil|-+|\.|\?|\\n)$/i

/** A record of the sample; `filled` of its texts are not empty. */
interface Seen {
  readonly texts: readonly string[]
  readonly filled: number
  /** Index of the record's first line, from 0. */
  readonly line: number
}

/** One way to split the sample, and its result. */
interface Cut {
  readonly dialect: TriedDialect
  readonly records: readonly Seen[]
  /** The most common number of fields. */
  readonly width: number
  /** Share of records with `width` fields, counted from the first such record on. */
  readonly share: number
}

/** @returns undefined if the table is the whole text, or if there is no table */
export function findTable(
  bytes: Uint8Array,
  isWhole: boolean,
  known: KnownTable,
): FoundTable | undefined {
  const from = afterLines(bytes, known.skipLines ?? 0)
  const comment = known.comment === undefined ? commentOf(bytes, from, isWhole, known) : undefined
  const cut = bestCut(bytes, from, isWhole, known, comment?.sign ?? known.comment ?? '')
  if (cut === undefined) return undefined
  const { records, width } = cut
  const said: string[] = comment === undefined ? [] : [comment.said]
  const begin = beginOf(cut, known)
  if (begin === undefined || records.length - begin.at < 2) return found(said, comment, {})
  const header = known.skipLines === undefined ? headerOf(cut, begin, known) : {}
  if (header.said !== undefined) said.push(header.said)
  // An incomplete last line may be half a record.
  const isEnded = isWhole && (bytes.at(-1) === lineFeed || bytes.at(-1) === carriageReturn)
  const footers = isEnded ? footersOf(records, width) : 0
  if (footers === 1) said.push('the last record is not part of the table')
  else if (footers > 1) said.push(`the last ${footers} records are not part of the table`)
  const { skipLines = 0, names } = header
  if (begin.isRagged === true) said.push('most records have fewer fields than the header')
  return found(said, comment, {
    ...(begin.isRagged === true ? { ragged: 'pad' } : {}),
    ...(skipLines > 0 ? { skipLines } : {}),
    ...(names === undefined ? {} : { names }),
    ...(footers > 0 ? { footers } : {}),
  })
}

/** The lines to skip, and the names that are skipped with them. */
function headerOf(
  { records, width }: Cut,
  { at, names }: Begin,
  { hasHeader }: KnownTable,
): { readonly skipLines?: number; readonly names?: readonly string[]; readonly said?: string } {
  const { line } = records[at]!
  if (names !== undefined) {
    return { skipLines: line, names, said: 'the header has no name for the first field' }
  }
  const headers = hasHeader === undefined ? twoHeaders(records.slice(at), width) : undefined
  const begins = at === 0 ? '' : `the table begins in line ${line + 1}`
  if (headers === undefined) return at === 0 ? {} : { skipLines: line, said: begins }
  const said = `${at === 0 ? '' : `${begins}, `}the header has two lines`
  const second = records[at + 1]!.line
  return headers === 'second'
    ? { skipLines: second, said }
    : { skipLines: second + 1, names: headers, said }
}

function found(
  said: readonly string[],
  comment: CommentSign | undefined,
  table: Omit<FoundTable, 'said' | 'comment'>,
): FoundTable | undefined {
  if (said.length === 0) return undefined
  return { ...(comment === undefined ? {} : { comment: comment.sign }), ...table, said }
}

/** Describes the table, and lists the options to read it with. */
export function tableText(table: FoundTable): string {
  const { said } = table
  const options = tableOptions(table)
  return `${said.join(', ')}${options.length > 0 ? `: ${options.join(', ')}` : ''}`
}

/** The options as messages show them, each name with its value. */
export function tableOptions({
  skipLines,
  comment,
  names,
  ragged,
  quote,
  quotes,
  trim,
}: Omit<FoundTable, 'said'>): string[] {
  return [
    ...(quote === undefined ? [] : ['`input.quote` ""']),
    ...(quotes === undefined ? [] : [`\`input.quotes\` ${quotes}`]),
    ...(trim === undefined ? [] : ['`input.trim`']),
    ...(skipLines === undefined ? [] : [`\`input.skipLines\` ${skipLines}`]),
    ...(comment === undefined ? [] : [`\`input.comment\` "${comment}"`]),
    ...(names === undefined ? [] : ['`input.header` no']),
    ...(ragged === undefined ? [] : [`\`input.ragged\` ${ragged}`]),
  ]
}

/** The options of a found table, as a dialect. */
export function tableDialect(table: FoundTable): DialectOptions {
  const { skipLines, comment, names, ragged } = table
  return {
    ...quotesDialect(table),
    ...(skipLines === undefined ? {} : { skipLines }),
    ...(comment === undefined ? {} : { comment }),
    ...(names === undefined ? {} : { header: 'no' }),
    ...(ragged === undefined ? {} : { ragged }),
  }
}

interface CommentSign {
  readonly sign: string
  readonly said: string
}

/** The character that begins lines outside the table, unless it begins the header. */
function commentOf(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  known: KnownTable,
): CommentSign | undefined {
  const lines = firstLines(bytes, from)
  for (const sign of commentSigns) {
    const marked = lines.filter(line => line.startsWith(sign))
    const leads = lines.find(line => line !== '')?.startsWith(sign) === true
    if (
      marked.length === 0 ||
      marked.length > mostComments * lines.length ||
      (sign !== '#' && !leads)
    )
      continue
    const cut = bestCut(bytes, from, isWhole, known, sign)
    if (cut === undefined || cut.share < leastShare) continue
    const { delimiter } = cut.dialect
    // In `#id,name` the `#` begins a header; in `#1,x` it begins a record.
    if (marked.some(line => line.split(delimiter).length === cut.width)) return undefined
    const count = marked.length === 1 ? 'a line begins' : 'lines begin'
    return { sign, said: `${count} with "${sign}", which are not part of the table` }
  }
  return undefined
}

function firstLines(bytes: Uint8Array, from: number): string[] {
  const lines: string[] = []
  for (let p = from; p < bytes.length && lines.length < lookedAtRecords;) {
    const end = lineEndFrom(bytes, p)
    lines.push(Buffer.from(bytes.subarray(p, Math.min(end, p + 1000))).toString('latin1'))
    p = end + (bytes[end] === carriageReturn && bytes[end + 1] === lineFeed ? 2 : 1)
  }
  return lines
}

/** The way to split the sample that gives most records the same number of fields; among equal ways, the most fields. */
function bestCut(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  known: KnownTable,
  comment: string,
): Cut | undefined {
  // If the records are alike from the first one on, tries no other way to split the sample.
  const usual = detectDialect(bytes, from, isWhole, { ...known, comment })
  const whole = cutBy(bytes, from, isWhole, usual)
  const isWholeTable = whole !== undefined && whole.share > sureShare
  if (isWholeTable && whole.records[0]!.texts.length === whole.width) return whole
  let best: Cut | undefined
  for (const delimiter of known.delimiter === undefined ? delimiters : [known.delimiter]) {
    const quote = known.quote ?? '"'
    const dialect = { delimiter, quote, escape: known.escape ?? quote, comment, trim: known.trim }
    const next = cutBy(bytes, from, isWhole, dialect)
    if (next !== undefined && (best === undefined || isBetter(next, best))) best = next
  }
  return best
}

function isBetter(next: Cut, best: Cut): boolean {
  if (Math.abs(next.share - best.share) > shareThatCounts) return next.share > best.share
  return next.width === best.width ? next.share > best.share : next.width > best.width
}

/** Splits the sample by a dialect; undefined if the records are not alike. */
function cutBy(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  dialect: TriedDialect,
): Cut | undefined {
  const records = seenRecords(new SampleRecords(bytes, from, isWhole, dialect), bytes)
  const counts = new Map<number, number>()
  for (const { texts } of records) counts.set(texts.length, (counts.get(texts.length) ?? 0) + 1)
  let width = 1
  for (const [fields, count] of counts) {
    if (fields > 1 && count > (width === 1 ? 0 : counts.get(width)!)) width = fields
  }
  const alike = counts.get(width) ?? 0
  if (width === 1 || alike <= fewestAlike * records.length) return undefined
  const titles = records.findIndex(({ texts }) => texts.length === width)
  return { dialect, records, width, share: alike / (records.length - titles) }
}

function seenRecords(sample: SampleRecords, bytes: Uint8Array): Seen[] {
  const records: Seen[] = []
  let line = 0
  let at = 0
  let fields = 0
  while (records.length < lookedAtRecords && fields < lookedAtFields && sample.next()) {
    fields += sample.fieldCount
    const start = sample.starts[0]!
    for (; at < start;) {
      const end = lineEndFrom(bytes, at)
      if (end >= start) break
      at = end + (bytes[end] === carriageReturn && bytes[end + 1] === lineFeed ? 2 : 1)
      line++
    }
    const texts = Array.from({ length: sample.fieldCount }, (_, field) =>
      Buffer.from(sample.cell(field)).toString().trim(),
    )
    records.push({ texts, filled: texts.filter(text => text !== '').length, line })
  }
  return records
}

interface Begin {
  /** Index of the table's first record, which is the header if there is one. */
  readonly at: number
  /** Set if the header lacks the name of the first field. Then `at` is the record after the header. */
  readonly names?: readonly string[]
  /** True if the header names more fields than most records have. */
  readonly isRagged?: boolean
}

function beginOf(
  { records, width, share }: Cut,
  { skipLines, ragged }: KnownTable,
): Begin | undefined {
  // In files from spreadsheets, a title has empty fields after it.
  const isFull = ({ texts, filled }: Seen): boolean =>
    texts.length === width && (filled > 1 || width < 3)
  const at = records.slice(0, mostTitles).findIndex(isFull)
  if (at < 0) return undefined
  const table = records.slice(at)
  const alike = table.filter(({ texts }) => texts.length === width)
  if (alike.length < fewestRecords) return { at: 0 }
  const above = records[at - 1]
  const isShort =
    width > 2 &&
    above !== undefined &&
    areNames(above.texts, width - 1) &&
    !above.texts.some(text => beginsLikeNumber.test(text))
  if (isShort) {
    const isNamed = table.some(({ texts }) => texts.at(-1) !== '')
    // If the last field of every record is empty, the records end with a delimiter that the header lacks.
    return isNamed ? { at, names: ['', ...above.texts] } : { at: at - 1 }
  }
  const isLong =
    (ragged === undefined || ragged === 'pad') &&
    above !== undefined &&
    above.texts.length > width &&
    above.filled > width / 2 &&
    above.texts[0] !== '' &&
    !above.texts.some(text => beginsLikeNumber.test(text))
  if (isLong && alike.length >= leastShare * table.length) {
    return { at: at - 1, isRagged: ragged === undefined }
  }
  const isSure =
    alike.length >= leastShare * table.length && (share > sureShare || isSteady(alike, width))
  return at === 0 || skipLines !== undefined || isSure ? { at } : undefined
}

/** True if some column has only numbers or dates below the first record. */
function isSteady(records: readonly Seen[], width: number): boolean {
  return numberColumns(records.slice(1), width).length > 0
}

/** Columns that hold only numbers, dates and words for null, with at least three values. */
function numberColumns(records: readonly Seen[], width: number): number[] {
  return Array.from({ length: width }, (_, i) => i).filter(i => {
    let numbers = 0
    for (const { texts } of records) {
      const text = texts[i] ?? ''
      if (beginsLikeNumber.test(text)) numbers++
      else if (!nullWord.test(text)) return false
    }
    return numbers >= fewestRecords
  })
}

/**
 * Looks for two lines of texts above columns of numbers.
 * @returns the names; 'second' if the second line alone has all names; undefined for a header of one line
 */
function twoHeaders(
  records: readonly Seen[],
  width: number,
): readonly string[] | 'second' | undefined {
  const [first, second, ...rows] = records
  if (first === undefined || second?.texts.length !== width) return undefined
  const columns = numberColumns(
    rows.filter(({ texts }) => texts.length === width),
    width,
  )
  const isNumber = (text = ''): boolean => beginsLikeNumber.test(text)
  const named = columns.filter(i => !nullWord.test(second.texts[i]!) && !isNumber(second.texts[i]))
  if (named.length < 2) return undefined
  if (columns.some(i => isNumber(second.texts[i]) || isNumber(first.texts[i]))) return undefined
  if (areNames(first.texts, width)) return first.texts
  if (areNames(second.texts, width)) return 'second'
  let group = ''
  return second.texts.map((text, i) => {
    group = first.texts[i] === '' ? group : (first.texts[i] ?? group)
    return [group, text].filter(part => part !== '').join('_')
  })
}

function areNames(texts: readonly string[], width: number): boolean {
  return texts.length === width && !texts.includes('') && new Set(texts).size === width
}

/** Number of records at the end that have too few fields. */
function footersOf(records: readonly Seen[], width: number): number {
  let count = 0
  while (count < records.length && records.at(-1 - count)!.texts.length < width) count++
  const isFew = count <= mostFooters && count * recordsPerFooter <= records.length
  return records.length < lookedAtRecords && isFew ? count : 0
}
