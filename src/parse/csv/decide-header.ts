/*
  Decides whether a first record is a header if the user has not given `input.header`. The column names of the target
  decide, or the cells that fit its columns. Without a target, the records after the first one decide. If nothing
  decides, the user must, because a row taken for a header would be lost, and a header taken for a row would be stored.
  The probable answer is assumed only if a person sees it before any row is stored.
*/
import type { UsageError } from '../../errors.js'
import { InputError, option, usageError } from '../../errors.js'
import { templateNames } from '../../schema/template.js'
import { assumedHeader, isUsualName, shapeOf, type AssumedHeader } from './assume-header.js'
import type { FirstRecord } from './csv-tokenizer.js'
import { hasTrailingDelimiter } from './detect-dialect.js'
import { testFit, type RowTarget } from './row-target.js'
import type { SampleRecords } from './sample-records.js'

/** DolphinDB's rule (docs/server-semantics.md#text-of-values), extended to signs: no name begins like `1` or `-1`. */
export function looksLikeHeader(record: FirstRecord): boolean {
  const texts = textsOf(record)
  return texts.some(text => text !== '') && !texts.some(text => beginsLikeNumber.test(text))
}

/** Removes the empty last field of a first record that ends with a delimiter, as all records do. */
export function withoutLast(record: FirstRecord | undefined): FirstRecord | undefined {
  if (record === undefined || record.fields.length < 2 || record.fields.at(-1)?.length !== 0) {
    return record
  }
  return { ...record, fields: record.fields.slice(0, -1) }
}

/**
 * The names in the record, without blanks around them.
 * @throws {InputError} DDB_INPUT_ENCODING
 */
export function headerNames(record: FirstRecord, file: string): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return record.fields.map(field => decoder.decode(field).trim())
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_ENCODING',
      `the header of ${file} holds bytes that are not text in its encoding: repair them, or name another ${option('input.encoding')}`,
      { file, lineNumber: record.lineNumber, offsetBytes: record.offsetBytes },
      { cause },
    )
  }
}

/** The most column names that a message shows. */
const shownNames = 5

/** @throws {UsageError} DDB_USAGE if the target does not show whether the record is a header */
export function isHeaderFor(record: FirstRecord, target: RowTarget, file: string): boolean {
  const texts = textsOf(record).filter(text => text !== '')
  const columnNames = target.schema.columns.map(({ name }) => name)
  const { map = {}, set } = target.mapping
  const sources = [...Object.values(map), ...templateNames(set)]
  // A number in a mapping may be the number of a field, so it is not surely a name.
  const sure = namesOf([...columnNames, ...sources.filter(name => !isNumber(name))])
  const any = namesOf([...columnNames, ...sources])
  const surelyNamed = texts.filter(text => sure.has(text)).length
  const named = texts.filter(text => any.has(text)).length
  if (texts.length > 0 && surelyNamed === texts.length) return true
  const shape = { file, kind: 'fields', fieldCount: record.fields.length } as const
  const { misfit, hasValues } = testFit(target, shape, [record.fields])
  if (misfit !== undefined || !hasValues) {
    if (named > 0) return true
  } else if (surelyNamed === 0 && (named === 0 || named < texts.length)) return false
  const names = columnNames.slice(0, shownNames).join(', ')
  const columns = columnNames.length > shownNames ? `${names}, …` : names
  throw unclear(
    record,
    file,
    named > 0
      ? 'it names a column of the target, but would also load as a row'
      : misfit === undefined
        ? `it names no column of the target (${columns}), and all its fields are texts`
        : `it names no column of the target (${columns}), and would not load as a row (${misfit})`,
  )
}

/** The records after an input's first record, which help to decide whether that record is a header. */
export interface FollowingRecords {
  readonly file: string
  /** Each call steps through the records again, from the first one on. */
  readonly records: () => SampleRecords
  /** Names in the headers of other inputs; undefined if no other input has any. */
  readonly names: readonly string[] | undefined
  /** Set if an assumption may decide: `first` for the first input; for a later one, the assumption about the first. */
  readonly assumes?: 'first' | AssumedHeader | undefined
}

/**
 * @returns an assumption only if `assumes` allows it
 * @throws {UsageError} DDB_USAGE if the data do not decide
 */
export function isHeaderByData(
  record: FirstRecord,
  { file, records, names, assumes }: FollowingRecords,
): boolean | AssumedHeader {
  const texts = textsOf(record)
  const known = namesOf(names ?? [])
  if (texts.every(text => text === '' || known.has(text)) && looksLikeHeader(record)) return true
  const { columns, hasUsualNames } = columnLooks(records(), texts.length)
  if (texts.every((text, i) => mayBeName(text, columns[i]))) {
    if (texts.some((text, i) => isNameOf(text, columns[i]))) return true
    if (areUsualNames(texts) && !hasUsualNames) return true
  } else if (texts.some((text, i) => isLike(text, columns[i]))) return false
  const first = firstFields(record)
  const own = assumedHeader(first, firstRows(records()))
  const assumed = assumes === 'first' ? own : assumes && agreed(assumes, first, own)
  if (assumed !== undefined) return assumed
  throw unclear(record, file, 'the records after it do not show which', own?.isHeader)
}

/** Limits of records and fields to examine. More would hardly change the answer. */
const assumedRecords = 200
const assumedFields = 60

const firstFields = ({ fields }: FirstRecord): string[] =>
  fields.slice(0, assumedFields).map(field => Buffer.from(field).toString().trim())

/** Applies the first input's assumption to a later input. Undefined if that input's first records contradict it. */
function agreed(
  assumed: AssumedHeader,
  first: readonly string[],
  own: AssumedHeader | undefined,
): AssumedHeader | undefined {
  const isSame = String(assumed.record) === String(first)
  const isOther = own !== undefined && own.isHeader !== assumed.isHeader
  return isSame === assumed.isHeader && !isOther ? assumed : undefined
}

function firstRows(records: SampleRecords): string[][] {
  records.nextRecord()
  return Array.from(records.first(assumedRecords), ({ fieldCount }) =>
    Array.from({ length: Math.min(fieldCount, assumedFields) }, (_, i) =>
      Buffer.from(records.cell(i)).toString().trim(),
    ),
  )
}

function unclear(
  record: FirstRecord,
  file: string,
  why: string,
  isLikely = looksLikeHeader(record),
): UsageError {
  return usageError(
    `cannot tell whether the first record of ${file} is a header: ${why}. Set ${option('input.header')} to yes or no`,
    { fix: { options: { 'input.header': isLikely ? 'yes' : 'no' } } },
  )
}

/** Fields in lower case, because a header may differ from the columns in case. */
function textsOf({ fields }: FirstRecord): string[] {
  return fields.map(field => Buffer.from(field).toString().trim().toLowerCase())
}

const namesOf = (names: readonly string[]): ReadonlySet<string> =>
  new Set(names.map(name => name.trim().toLowerCase()))

const isNumber = (text: string): boolean => /^\d+$/.test(text)

/** Describes the non-empty cells of a column, from the second record on. */
interface ColumnLook {
  numbers: number
  texts: number
  /** Shapes of numbers, dates and times: 12.5 has the shape `9.9`. */
  readonly shapes: Set<string>
  /** Fewest and most digits of the whole numbers in the column. */
  fewestDigits: number
  mostDigits: number
  /** True if all whole numbers in the column look like years. */
  areYears: boolean
}

/** Limits of the records and columns to examine. */
const lookedAtRecords = 100
const lookedAtColumns = 200
const mostShapes = 50

const beginsLikeNumber = /^[+-]?\.?\d/
const year = /^(?:19|20)\d\d$/

/** @returns how values look in each column; `hasUsualNames`: a later record holds a usual column name */
function columnLooks(
  records: SampleRecords,
  fieldCount: number,
): { readonly columns: ColumnLook[]; readonly hasUsualNames: boolean } {
  const columns = Array.from({ length: Math.min(fieldCount, lookedAtColumns) }, () => ({
    numbers: 0,
    texts: 0,
    shapes: new Set<string>(),
    fewestDigits: Infinity,
    mostDigits: 0,
    areYears: true,
  }))
  let hasUsualNames = false
  records.nextRecord()
  for (const { fieldCount } of records.first(lookedAtRecords)) {
    for (const [field, column] of columns.slice(0, fieldCount).entries()) {
      const text = records.text(field).trim()
      if (text === '') continue
      if (!beginsLikeNumber.test(text)) {
        const content = Buffer.from(records.cell(field)).toString().trim().toLowerCase()
        column.texts++
        hasUsualNames ||= isUsualName(content)
        continue
      }
      column.numbers++
      if (column.shapes.size < mostShapes) column.shapes.add(shapeOf(text))
      if (!isNumber(text)) continue
      column.fewestDigits = Math.min(column.fewestDigits, text.length)
      column.mostDigits = Math.max(column.mostDigits, text.length)
      column.areYears &&= year.test(text)
    }
  }
  return { columns, hasUsualNames }
}

/** True if no text repeats, and at least half of the texts, but no fewer than two, are usual names. */
function areUsualNames(texts: readonly string[]): boolean {
  const filled = texts.filter(text => text !== '')
  const usual = filled.filter(isUsualName).length
  return usual >= 2 && usual * 2 >= filled.length && new Set(filled).size === filled.length
}

/** Texts that often mean null. */
const nullWords: ReadonlySet<string> = new Set([
  ...['', 'na', 'n/a', '#n/a', 'nan', 'null', 'none', 'nil', 'nul', 'void', 'missing', 'unknown'],
  ...['-', '--', '.', '?', 'inf', '-inf', 'infinity', '\\n'],
])

/** False for a text that begins like a number, date or address. Exception: `2015_sales` above a column of numbers. */
function mayBeName(text: string, column: ColumnLook | undefined): boolean {
  if (!beginsLikeNumber.test(text)) return true
  if (column === undefined || column.numbers === 0 || column.texts > 0) return false
  return /\p{L}{4}/u.test(text) && [...column.shapes].every(shape => !/\p{L}/u.test(shape))
}

/** A column with texts counts as a column of numbers if it has at least this many numbers for each text. */
const numbersPerText = 10

/** True if the text cannot be a value of the column, because the column holds numbers. */
function isNameOf(text: string, column: ColumnLook | undefined): boolean {
  if (column === undefined || column.numbers === 0 || nullWords.has(text)) return false
  return !beginsLikeNumber.test(text) && column.texts * numbersPerText <= column.numbers
}

/** True if the text looks like the numbers or dates below it. `2024` looks like numbers only if they are years. */
function isLike(text: string, column: ColumnLook | undefined): boolean {
  if (column === undefined || column.texts > 0 || !beginsLikeNumber.test(text)) return false
  if (!column.shapes.has(shapeOf(text))) return false
  if (!isNumber(text)) return true
  if (year.test(text) && !column.areYears) return false
  return text.length >= column.fewestDigits && text.length <= column.mostDigits
}

// Records with an empty last field that have one field more than the header either end with a delimiter, or begin with a row name,
// as R writes them. A wrong guess would put every value into the next column.

/** The facts for judging records with one field more than the header. */
export interface TrailingSample {
  readonly file: string
  readonly names: readonly string[]
  /** Records of the sample, from the header on. */
  readonly records: SampleRecords
  /** Undefined if nothing is known of the columns, so that every record fits. */
  readonly target: RowTarget | undefined
}

const noBytes = new Uint8Array(0)

/**
 * @throws {UsageError} DDB_USAGE if the records' first fields may be row names: all of them differ, none is empty, and
 *   the records fit the columns both with and without them
 */
export function checkTrailingDelimiter({ file, names, records, target }: TrailingSample): void {
  const { length } = names
  const found: Uint8Array[][] = []
  records.nextRecord()
  while (found.length < lookedAtRecords && records.nextRecord()) {
    if (!hasTrailingDelimiter(records, length)) continue
    found.push(Array.from({ length }, (_, field) => records.cell(field)))
  }
  const rowNames = found.map(([first = noBytes]) => Buffer.from(first).toString('latin1').trim())
  if (new Set(rowNames).size < rowNames.length || rowNames.includes('')) return
  const shape = { file, kind: 'fields', names, fieldCount: length } as const
  const fits = (rows: readonly (readonly Uint8Array[])[]): boolean =>
    target === undefined || testFit(target, shape, rows).misfit === undefined
  const shifted = found.map(fields => [...fields.slice(1), noBytes])
  if (found.length === 0 || !fits(found) || !fits(shifted)) return
  throw usageError(
    `the records of ${file} have one field more than its header, so they end with a delimiter or begin with a row name: ` +
      `leave out the header with ${option('input.skipLines')} 1 and ${option('input.header')} no, and number the fields with ${option('mapping.map')}`,
  )
}
