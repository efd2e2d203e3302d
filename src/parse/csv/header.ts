/* Decides whether a first record is a header unless the user has said so. The column names of the target decide, or the cells that fit
   its columns. Without a target, the records after the first one decide. If nothing decides, the user must, because a row taken for a
   header would be lost, and a header taken for a row would be stored. The likely answer is assumed only if a person sees it in time.
   Records that fit the target's columns also show whether records end with a delimiter or begin with a row name. */
import { DdbError, InputError, option, type UsageError, usageError } from '../../errors.js'
import { templateNames } from '../../schema/set-columns.js'
import { assumedHeader, type AssumedHeader, isUsualName, shapeOf } from './assume-header.js'
import type { FirstRecord } from './csv-tokenizer.js'
import type { RowTarget } from './decimal-comma.js'
import { lookedAtColumns, type SampleRecords } from './sample.js'
import { isNullAt } from '../../protocol/element.js'
import type { InputShape } from '../../schema/cell-source.js'
import { mapColumns } from '../../schema/column-mapping.js'
import { BufferPool } from '../columns/fixed-column.js'
import { MappedColumns } from '../mapped-columns.js'
import { RecordBlock } from '../record-block.js'
import { cellTypeOf } from '../types/column-types.js'
import { slackBytes } from '../window.js'

/** The texts of a first record, without blanks around them. */
export function textsOf({ fields }: FirstRecord): string[] {
  return fields.map(field => Buffer.from(field).toString().trim())
}

/** DolphinDB's rule (docs/server-semantics.md#text-of-values), extended to signs: no name begins like `1` or `-1`. */
export function looksLikeHeader(texts: readonly string[]): boolean {
  return texts.some(text => text !== '') && !texts.some(text => beginsLikeNumber.test(text))
}

/** The names in the record, without blanks around them. @throws {InputError} DDB_INPUT_ENCODING */
export function headerNames({ fields, file, lineNumber, offsetBytes }: FirstRecord): string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
  try {
    return fields.map(field => decoder.decode(field).trim())
  } catch (cause) {
    throw new InputError(
      'DDB_INPUT_ENCODING',
      `the header of ${file} holds bytes that are not text in its encoding: repair them, or name another ${option('input.encoding')}`,
      { file, lineNumber, offsetBytes },
      { cause },
    )
  }
}

/** In lower case, because a header may differ from the columns in case. */
const lower = (text: string): string => text.trim().toLowerCase()
const namesOf = (names: readonly string[]): ReadonlySet<string> => new Set(names.map(lower))
const isNumber = (text: string): boolean => /^\d+$/.test(text)

const shownNames = 5

/** @throws {UsageError} DDB_USAGE if the target does not show whether the record is a header */
export function isHeaderFor(record: FirstRecord, target: RowTarget): boolean {
  const { file } = record
  const own = textsOf(record)
  const texts = own.map(lower).filter(text => text !== '')
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
  const why =
    named > 0
      ? 'it names a column of the target, but would also load as a row'
      : misfit === undefined
        ? `it names no column of the target (${columns}), and all its fields are texts`
        : `it names no column of the target (${columns}), and would not load as a row (${misfit})`
  throw unclear(file, why, looksLikeHeader(own))
}

/** What is known of the records after an input's first record, and of other inputs. */
export interface FollowingRecords {
  readonly file: string
  /** Texts of the first records after it, at most `lookedAtRecords` with `lookedAtColumns` each, without blanks around them. */
  readonly rows: readonly (readonly string[])[]
  /** Names in the headers of other inputs; undefined if no other input has any. */
  readonly names: readonly string[] | undefined
  /** Set if an assumption may decide: `first` for the first input; for a later one, the assumption about the first. */
  readonly assumes?: 'first' | AssumedHeader | undefined
}

/** Limit of records to examine. More would hardly change the answer. */
export const lookedAtRecords = 200
const assumedFields = 60

/** @returns an assumption only if `assumes` allows it @throws {UsageError} DDB_USAGE if the data do not decide */
export function isHeaderByData(
  first: readonly string[],
  { file, rows, names, assumes }: FollowingRecords,
): boolean | AssumedHeader {
  const texts = first.map(lower)
  const known = namesOf(names ?? [])
  if (texts.every(text => text === '' || known.has(text)) && looksLikeHeader(texts)) return true
  // A file that was joined from others repeats its header, which is not a row.
  const others = rows.filter(row => String(row) !== String(first))
  const seen = (others.length > 0 ? others : rows).slice(0, lookedAtRecords / 2)
  const columns = texts
    .slice(0, lookedAtColumns)
    .map((_, i) => columnLook(seen.flatMap(row => row[i] || [])))
  if (texts.every((text, i) => mayBeName(text, columns[i]))) {
    if (texts.some((text, i) => isNameOf(text, columns[i]))) return true
    if (areUsualNames(texts) && !seen.flat().map(lower).some(isUsualName)) return true
  } else if (texts.some((text, i) => isLike(text, columns[i]))) return false
  const cells = first.slice(0, assumedFields)
  const own = assumedHeader(
    cells,
    rows.map(row => row.slice(0, assumedFields)),
  )
  const assumed = assumes === 'first' ? own : assumes && agreed(assumes, cells, own)
  if (assumed !== undefined) return assumed
  const isLikely = own?.isHeader ?? looksLikeHeader(texts)
  throw unclear(file, 'the records after it do not show which', isLikely)
}

/** Applies the first input's assumption to a later input. Undefined if that input's first records contradict it. */
function agreed(assumed: AssumedHeader, first: readonly string[], own: AssumedHeader | undefined) {
  const isSame = String(assumed.record) === String(first)
  const isOther = own !== undefined && own.isHeader !== assumed.isHeader
  return isSame === assumed.isHeader && !isOther ? assumed : undefined
}

function unclear(file: string, why: string, isLikely: boolean): UsageError {
  return usageError(
    `cannot tell whether the first record of ${file} is a header: ${why}. Set ${option('input.header')} to yes or no`,
    { fix: { options: { 'input.header': isLikely ? 'yes' : 'no' } } },
  )
}

type ColumnLook = ReturnType<typeof columnLook>

const beginsLikeNumber = /^[+-]?\.?\d/
const year = /^(?:19|20)\d\d$/

/** Describes the non-empty cells of a column, from the second record on. */
function columnLook(texts: readonly string[]) {
  const numbers = texts.filter(text => beginsLikeNumber.test(text))
  const whole = numbers.filter(isNumber)
  return {
    numbers: numbers.length,
    texts: texts.length - numbers.length,
    /** Shapes of numbers, dates and times: 12.5 has the shape `9.9`. */
    shapes: new Set(numbers.map(shapeOf)),
    /** Numbers of digits of the whole numbers in the column. */
    digits: whole.map(text => text.length),
    /** True if all whole numbers in the column look like years. */
    areYears: whole.every(text => year.test(text)),
  }
}

/** True if no text repeats, and at least half of the texts, but no fewer than two, are usual names. */
function areUsualNames(texts: readonly string[]): boolean {
  const filled = texts.filter(text => text !== '')
  const usual = filled.filter(isUsualName).length
  return usual >= 2 && usual * 2 >= filled.length && new Set(filled).size === filled.length
}

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
  return text.length >= Math.min(...column.digits) && text.length <= Math.max(...column.digits)
}

// Records with an empty last field that have one field more than the header either end with a delimiter, or begin with a row name,
// as R writes them. A wrong guess would put every value into the next column.

const noBytes = new Uint8Array(0)
const trailingRecords = 100

/**
 * Checks that a field without a name in the header can only come from a trailing delimiter.
 * @param records  of the sample, from the header on @param target  undefined if nothing is known of the columns, so that every record fits
 * @throws {UsageError} DDB_USAGE if the records' first fields may be row names: all differ, none is empty, and the records fit the columns
 * both with and without them
 */
export function checkTrailingDelimiter(
  file: string,
  names: readonly string[],
  records: SampleRecords,
  target: RowTarget | undefined,
): void {
  const { length } = names
  const found: Uint8Array[][] = []
  records.nextRecord()
  while (found.length < trailingRecords && records.nextRecord()) {
    if (!records.isTrailing(length)) continue
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

/** Number of fields in a record if fields fill the columns in order; undefined if the mapping says otherwise. */
export function fieldsByPosition({ schema, mapping }: RowTarget): number | undefined {
  const { match, map = {}, set = {}, ignoreExtra, allowMissing } = mapping
  const isLoose = ignoreExtra === true || allowMissing === true || Object.keys(map).length > 0
  if (match !== 'position' || isLoose) return undefined
  return schema.columns.filter(({ name }) => !Object.hasOwn(set, name)).length
}

/**
 * Tests whether records fit the target. Keeps none of them.
 * @param records  the fields of each record; at least one record
 * @returns `misfit`: the reason why some record would not become a row; undefined if all records would become rows. `hasValues`: true if
 *   there is none, and some field has a value other than null for a column that refuses ordinary words, such as a column of numbers
 */
export function testFit(
  { schema, mapping: rules, cells }: RowTarget,
  shape: InputShape,
  records: readonly (readonly Uint8Array[])[],
) {
  let mapping
  try {
    mapping = mapColumns(schema, shape, rules)
  } catch (error) {
    if (error instanceof DdbError) return { misfit: error.message, hasValues: false }
    throw error
  }
  const block = blockOf(shape.fieldCount, records)
  const own = { ...cells, lenient: false, columnOffsets: undefined }
  const columns = new MappedColumns({ mapping, rules: own }, new BufferPool())
  columns.read(block, 0)
  const refused = block.refusedBy.findIndex(column => column !== 0)
  if (refused >= 0) return { misfit: columns.faultOf(block, refused).message, hasValues: false }
  const found = columns.take(records.length, [])
  const hasValues = mapping.columns.some(
    ({ type, source }, i) =>
      source.kind === 'field' &&
      cellTypeOf(type.type)?.takesNames !== true &&
      records.some((_, row) => !isNullAt(found[i]!, row)),
  )
  return { misfit: undefined, hasValues }
}

function blockOf(fieldCount: number, records: readonly (readonly Uint8Array[])[]): RecordBlock {
  const block = new RecordBlock(fieldCount, records.length)
  block.rowCount = records.length
  let at = 0
  for (const [row, fields] of records.entries()) {
    block.recordStarts[row] = at
    for (let field = 0; field < fieldCount; field++) {
      block.starts[row * fieldCount + field] = at
      at += fields[field]?.length ?? 0
      block.ends[row * fieldCount + field] = at
    }
    block.recordEnds[row] = at
  }
  const cells = records.flatMap(fields => fields.slice(0, fieldCount))
  block.bytes = new Uint8Array(Buffer.concat([...cells, new Uint8Array(slackBytes)]))
  return block
}
