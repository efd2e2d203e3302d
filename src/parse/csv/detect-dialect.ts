/*
  Detects the delimiter, quote and escape character that the user has not given. The best dialect makes the records of a sample
  most alike, and its fields look like values. The columns show whether numbers have a decimal comma, and the records whether they
  end with a delimiter that the first record lacks.
*/
import type { TriedDialect } from './record-walk.js'
import { mostCommon, SampleRecords } from './sample-records.js'

export const delimiters = [',', '\t', ';', '|'] as const

/** Limit of the fields whose texts are examined. Of later records, only quotes and field counts matter. */
const lookedAtFields = 1000
/** Limit of the records to examine if only one dialect is possible. */
const someRecords = 50
/** Limit of the fields to examine for the layout, because records may be very wide. */
const layoutFields = 600
const leastRecords = 20
const lookedAtColumns = 200

/** The known parts of a dialect; undefined for parts to detect. */
export interface KnownDialect {
  readonly delimiter: string | undefined
  readonly quote: string | undefined
  readonly escape: string | undefined
  readonly comment: string
  readonly trim: boolean
}

/** How well a dialect fits a sample. */
interface Fit {
  readonly dialect: TriedDialect
  /** From 0 to 1; 0 if the first record has only one field. */
  readonly score: number
  readonly records: number
  readonly quotedRecords: number
  readonly brokenRecords: number
}

/**
 * @param bytes  the start of the input
 * @param from  where the first record may begin
 * @param isWhole  true if `bytes` is the whole input
 */
export function detectDialect(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  known: KnownDialect,
): TriedDialect {
  const bestWith = (quote: string, escape: string, maxRecords: number): Fit => {
    const { delimiter, comment, trim } = known
    const tried = (delimiter === undefined ? delimiters : [delimiter]).map(one => {
      const dialect = { delimiter: one, quote, escape, comment, trim }
      return { dialect, fields: firstFields(new SampleRecords(bytes, from, isWhole, dialect)) }
    })
    const possible = tried.filter(({ fields }) => fields > 1)
    // Uses the default if no delimiter splits the first record.
    const [only = tried[0]!] = possible
    const chosen = possible.length > 1 ? possible : [only]
    return chosen
      .map(({ dialect }) => {
        const records = new SampleRecords(bytes, from, isWhole, dialect)
        const isChoice = possible.length > 1
        return fit(records, dialect, isChoice ? Infinity : maxRecords, isChoice)
      })
      .reduce((best, next) => (next.score > best.score ? next : best))
  }
  const quote = known.quote ?? '"'
  const mayEscape = known.escape === undefined && quote !== '' && has(bytes, `\\${quote}`)
  const maxRecords = mayEscape ? Infinity : someRecords
  let best = bestWith(quote, known.escape ?? quote, maxRecords)
  if (mayEscape && best.brokenRecords > 0) {
    const escaped = bestWith(quote, '\\', maxRecords)
    if (isRepaired(escaped, best)) best = escaped
  }
  if (known.quote === undefined && best.quotedRecords === 0 && has(bytes, "'")) {
    const escapes = has(bytes, "\\'") ? ["'", '\\'] : ["'"]
    const single = (known.escape === undefined ? escapes : [known.escape])
      .map(escape => bestWith("'", escape, maxRecords))
      .find(isQuotedThroughout)
    if (single !== undefined && single.score >= best.score) best = single
  }
  return best.dialect
}

/** True if the bytes contain the ASCII text. This fast check shows which other dialects are worth trying. */
function has(bytes: Uint8Array, text: string): boolean {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes(text)
}

function firstFields(records: SampleRecords): number {
  return records.nextRecord() ? records.fieldCount : 0
}

/** True if nearly all records with wrong quotes are right once a backslash escapes quotes. */
function isRepaired(escaped: Fit, plain: Fit): boolean {
  return escaped.quotedRecords > 0 && escaped.brokenRecords * 10 < plain.brokenRecords
}

/** Apostrophes also occur in texts. They count as quotes only if at least half of the records have them around fields. */
function isQuotedThroughout({ records, quotedRecords, brokenRecords }: Fit): boolean {
  return brokenRecords === 0 && quotedRecords > 0 && quotedRecords * 2 >= records
}

function fit(
  records: SampleRecords,
  dialect: TriedDialect,
  maxRecords: number,
  isLookedAt: boolean,
): Fit {
  const widths: number[] = []
  let fieldCount = 0
  let alike = 0
  let quotedRecords = 0
  let brokenRecords = 0
  let looks = 0
  let lookedAt = 0
  for (const { isBroken, hasQuoted, fieldCount: width } of records.first(maxRecords)) {
    if (isBroken) brokenRecords++
    if (hasQuoted) quotedRecords++
    widths.push(width)
    fieldCount ||= width
    if (fieldCount === 1) continue
    if (width === fieldCount || hasTrailingDelimiter(records, fieldCount)) alike++
    if (!isLookedAt || lookedAt >= lookedAtFields) continue
    // Leaves out an empty last field, because the delimiter before it may just end the record.
    const fields = records.isLastEmpty ? width - 1 : width
    for (let field = 0; field < fields; field++) looks += looksOf(records, field)
    lookedAt += fields
  }
  const { length } = widths
  const result = { dialect, records: length, quotedRecords, brokenRecords }
  if (fieldCount < 2) return { ...result, score: 0 }
  // Considers the most common number of fields, because a header may have a different number.
  const [, mode] = mostCommon(widths, 2)
  const consistency = Math.max(alike, 0.8 * mode) / length
  return {
    ...result,
    score: consistency * consistency * (0.5 + (0.5 * looks) / Math.max(1, lookedAt)),
  }
}

/** True if the record has `fieldCount` fields and an empty field after them. */
export function hasTrailingDelimiter(records: SampleRecords, fieldCount: number): boolean {
  return records.fieldCount === fieldCount + 1 && records.isLastEmpty
}

const number = /^[+-]?[\d.,:/\-TZ %]*\d[\d.,:/\-TZ %]*$/
const otherDelimiter = /[,;|\t]/
const proseDelimiter = /^[^,;|\t]*(?:[,;|] [^,;|\t]*)+$/

/** How much a field looks like a value: most for numbers, dates, quoted texts; least with another delimiter inside. */
function looksOf(records: SampleRecords, field: number): number {
  const start = records.starts[field]!
  const end = records.ends[field]!
  if (records.quoted[field] || start === end) return 1
  if (end - start > 1000) return 0.5
  const text = records.text(field)
  if (number.test(text)) return 1
  if (!otherDelimiter.test(text)) return text.startsWith(' ') ? 0.5 : 0.8
  return proseDelimiter.test(text) ? 0.5 : 0.2
}

export interface Layout {
  readonly decimalComma: boolean
  readonly trailingDelimiter: boolean
}

/** The first three parameters are those of `detectDialect`. @param dialect  the dialect that `detectDialect` found */
export function detectLayout(
  bytes: Uint8Array,
  from: number,
  isWhole: boolean,
  dialect: TriedDialect,
): Layout {
  const records = new SampleRecords(bytes, from, isWhole, dialect)
  if (!records.nextRecord()) return { decimalComma: false, trailingDelimiter: false }
  const { fieldCount } = records
  const columns = Array.from({ length: Math.min(fieldCount, lookedAtColumns) }, newColumn)
  let count = 0
  let trailing = 0
  for (const record of records.first(Math.max(leastRecords, layoutFields / columns.length))) {
    count++
    if (hasTrailingDelimiter(record, fieldCount)) trailing++
    for (const [field, column] of columns.slice(0, record.fieldCount).entries()) {
      see(column, record.text(field).replace(/^[ \t]+|[ \t]+$/g, ''))
    }
  }
  return { decimalComma: hasDecimalComma(columns), trailingDelimiter: trailing > count / 2 }
}

/** Numbers in one column. Empty fields do not count. */
interface ColumnLook {
  /** How many fields are numbers like `1,5`, and in how many of these the comma may separate thousands. */
  commas: number
  thousands: number
  /** Number of fields that are neither like `15` nor like `1,5`; Infinity if a field has a decimal point. */
  others: number
}

function newColumn(): ColumnLook {
  return { commas: 0, thousands: 0, others: 0 }
}

/** A number like `15`, `1.5` or `1,5`, or the beginning of another text: whole part, mark, fraction, and what follows. */
const numberParts = /^[+-]?(\d*)(.?)(\d*)(.*)$/s

function see(column: ColumnLook, text: string): void {
  if (text === '') return
  const [, whole = '', mark, fraction = '', rest] = numberParts.exec(text)!
  if (whole !== '' && mark === '') return
  const isMarked = fraction !== '' && rest === ''
  if (isMarked && mark === ',' && whole !== '') {
    column.commas++
    if (whole.length <= 3 && fraction.length === 3) column.thousands++
  } else column.others += isMarked && mark === '.' ? Infinity : 1
}

/** True if some column holds only numbers with commas that cannot separate thousands, and no column has points in numbers. */
function hasDecimalComma(columns: readonly ColumnLook[]): boolean {
  return (
    columns.some(column => column.commas > column.thousands && column.others === 0) &&
    columns.every(column => column.others !== Infinity)
  )
}
