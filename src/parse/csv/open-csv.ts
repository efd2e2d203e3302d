/* Opens delimited text. Detects its dialect, and uses csv-parse for dialects that the byte scanner does not support. */
import { UsageError, option, usageError } from '../../errors.js'
import { systemClock } from '../../platform/clocks.js'
import type { ByteSource, SourceText } from '../../source/byte-source.js'
import type { FlushClock, FoundShape, Known, KnownDialect } from '../input-reader.js'
import { RecordBlock } from '../record-block.js'
import { recordReader, type InputReader, type PreviousFindings } from '../record-reader.js'
import { isAt, optionTexts } from '../cells/cell-bytes.js'
import type { AssumedHeader } from './assume-header.js'
import { csvDialect, givenDialect, isByte, isByteDialect, type CsvDialect } from './csv-dialect.js'
import { CsvTokenizer, type FirstRecord } from './csv-tokenizer.js'
import {
  detectDialect,
  detectLayout,
  delimiters,
  afterLines,
  hasLine,
  lookedAtColumns,
  SampleRecords,
  separatorLine,
  takeSample,
  type Sample,
} from './sample.js'
import {
  checkTrailingDelimiter,
  fieldsByPosition,
  type FollowingRecords,
  headerNames,
  isHeaderByData,
  isHeaderFor,
  lookedAtRecords,
  looksLikeHeader,
  textsOf,
} from './header.js'
import { fieldUses, type RowTarget, withDecimalComma } from './decimal-comma.js'
import { findObstacles } from './obstacles.js'
import { isUtf8 } from 'node:buffer'
import { lineFeed } from '../window.js'

/** Omitted options are detected, or have defaults. */
export type CsvOptions = { readonly [K in keyof CsvDialect]?: CsvDialect[K] | undefined } & {
  readonly format?: 'csv' | 'tsv'
  /** True if the user named the format. */
  readonly isFormatGiven?: boolean | undefined
  /** The target of the rows; it decides questions that the data leave open. */
  readonly target?: RowTarget | undefined
  /** Findings about earlier inputs; only without a target. If set, opening fails instead of guessing. */
  readonly settled?: Pick<FollowingRecords, 'names' | 'assumes'> | undefined
  /** True if there is no target yet: lines above the table are an error, and quotes may get an unusual meaning. */
  readonly isForNewTable?: boolean | undefined
  /** Findings about the previous input, which had the same options. `openCsv` replaces them with its own findings. */
  readonly lastLook?: PreviousFindings | undefined
  /** Default: the machine's clock. */
  readonly clock?: FlushClock | undefined
}

/**
 * Opens delimited text: examines a sample, and reads up to the first record.
 * @throws {UsageError} DDB_USAGE, also if neither target nor data show whether the first record is a header, and for lines
 *   above a new table
 * @throws {InputError} if the first record cannot be read
 */
export async function openCsv(source: ByteSource, options: CsvOptions = {}): Promise<InputReader> {
  const { name: file } = source
  // Only a pipe needs a clock, because files are available at once.
  const clock = source.totalBytes === undefined ? (options.clock ?? systemClock) : undefined
  const { chunks, ...taken } = await takeSample(source.chunks(), clock, bytes =>
    hasLine(bytes, afterLines(bytes, options.skipLines ?? 0), options.header === 'no'),
  )
  const look = lookAt(file, taken, options)
  const { dialect, layout, records } = look
  // Loads csv-parse only for dialects that need it.
  const guide = isByteDialect(dialect)
    ? undefined
    : await (await import('./csv-parse-guide.js')).loadCsvParse(dialect)
  const { startOffsetBytes, text } = source
  const tokenizer = new CsvTokenizer(file, dialect, startOffsetBytes, { text, guide })
  const pulled = async <T>(read: () => T | 'more'): Promise<T> => {
    for (;;) {
      const found = read()
      if (found !== 'more') return found
      const { done, value } = await chunks.next()
      if (done === true) tokenizer.end()
      else tokenizer.push(value)
    }
  }
  let left = dialect.skipLines
  const hasSeparator = look.separator !== undefined && left === 0
  const separatorBytes = hasSeparator ? await pulled(() => tokenizer.passFirstLine()) : undefined
  await pulled(() => ((left = tokenizer.skipLines(left)) > 0 ? 'more' : undefined))
  // If most records have one delimiter more than the first record, the first has no trailing delimiter to remove.
  const isTrailed = options.trailingDelimiter === true && !layout.trailingDelimiter
  const first = await pulled(() => tokenizer.peek())
  const { fields = [] } = first ?? {}
  // Removes the empty last field of a first record that ends with a delimiter, as all records do.
  const isEnded = isTrailed && fields.length > 1 && fields.at(-1)!.length === 0
  const record = isEnded ? { ...first!, fields: fields.slice(0, -1) } : first
  const answer = record !== undefined && roleOf(file, record, look, options)
  const isHeader = typeof answer === 'boolean' ? answer : answer.isHeader
  const names = record !== undefined && isHeader ? headerNames(record) : undefined
  const isTrailFound = options.trailingDelimiter === undefined && dialect.trailingDelimiter
  if (names !== undefined && isTrailFound && (options.target ?? options.settled) !== undefined) {
    checkTrailingDelimiter(file, names, records(), look.target)
  }
  if (first !== undefined && isHeader) tokenizer.passHeader(first)
  const foundCount = record?.fields.length ?? 0
  const fieldCount = wantedCount(look, isHeader, foundCount) ?? foundCount
  const empty = names === undefined ? [] : emptyFields(names.slice(0, fieldCount), records())
  const headBytes = [separatorBytes, names && record?.bytes].filter(part => part !== undefined)
  const found = {
    format: options.format ?? 'csv',
    recordKind: 'fields',
    dialect: knownDialect(options, look, isHeader),
    fieldNames: names,
    fieldCount,
    headerBytes: headBytes.length > 0 ? Buffer.concat(headBytes) : undefined,
    headerLineNumber: names && record?.lineNumber,
    emptyFields: empty.length === 0 ? undefined : empty,
    foundQuotes: look.quotes,
    assumedHeader: typeof answer === 'boolean' ? undefined : answer,
  } as const
  const { lastLook, target } = options
  if (lastLook !== undefined) {
    const isText = text.origin === undefined && startOffsetBytes === 0
    lastLook.open = isText && target !== undefined ? alikeOpener(dialect, found) : undefined
  }
  return readerOf(source, tokenizer, chunks, found, dialect)
}

type Look = ReturnType<typeof lookAt>

/** Completes the dialect from the options and the sample. */
function lookAt(file: string, taken: Sample, options: CsvOptions) {
  const separator = separatorLine(taken.bytes)
  const skipped = Math.max(options.skipLines ?? 0, separator === undefined ? 0 : 1)
  const sample = { ...taken, from: afterLines(taken.bytes, skipped) }
  const quotes =
    options.isForNewTable === true
      ? findObstacles(file, sample, knownOf(options), options)
      : undefined
  const said = { ...csvDialect, ...givenDialect(options), ...quotes?.options }
  const tried = detectDialect(sample, {
    ...knownOf(options),
    ...quotes?.options,
    delimiter: options.delimiter ?? separator ?? knownOf(options).delimiter,
  })
  const { target } = options
  const layout = detectLayout(sample, tried, first =>
    target === undefined ? [] : fieldUses(target.schema, target.mapping, first),
  )
  const trailingDelimiter = options.trailingDelimiter ?? layout.trailingDelimiter
  const dialect = { ...said, ...tried, trailingDelimiter }
  if (!isByteDialect(dialect) && (dialect.trim || dialect.quotes !== 'strict')) {
    throw usageError(
      `${option('input.trim')} and ${option('input.quotes')} need a quote and an escape character of ASCII: choose another ${option('input.quote')}`,
    )
  }
  return {
    ...{ sample, separator, quotes, dialect, layout },
    target: target && withDecimalComma(target, layout.decimalComma),
    /** Each call steps through the records again, from the first one on. */
    records: () => new SampleRecords(sample, tried),
  }
}

function knownOf({ delimiter, format, quote, escape, comment = '', trim = false }: CsvOptions) {
  const own = delimiter ?? (format === 'tsv' ? '\t' : undefined)
  return { delimiter: own, quote, escape, comment, trim }
}

/** Whether the first record is a header. @throws {UsageError} DDB_USAGE if nothing decides */
function roleOf(
  file: string,
  record: FirstRecord,
  { sample, dialect, target, records }: Look,
  options: CsvOptions,
): boolean | AssumedHeader {
  if (dialect.header !== 'auto') return dialect.header === 'yes'
  try {
    if (target !== undefined) return isHeaderFor(record, target)
    const texts = textsOf(record)
    if (options.settled === undefined) return looksLikeHeader(texts)
    const following = records()
    following.nextRecord()
    const rows = Array.from(following.first(lookedAtRecords), one => one.texts(lookedAtColumns))
    return isHeaderByData(texts, { file, rows, ...options.settled })
  } catch (error) {
    if (!(error instanceof UsageError) || error.fix === undefined) throw error
    const found = findObstacles(file, sample, knownOf(options), options)
    if (found === undefined) throw error
    const { fix, message } = error
    const text = `${message}. But ${found.said}: ${optionTexts('input', found.options).join(', ')}`
    throw usageError(text, { fix, cause: error })
  }
}

/** How many records to examine if every one counts. */
const examinedRecords = 1000

/** How many fields a record needs, as given, or to fit the target by position. Undefined if `foundCount`, or more of the first records have those. */
function wantedCount({ target, dialect, records }: Look, isHeader: boolean, foundCount: number) {
  if (!isHeader && foundCount > 0 && dialect.fieldCount > 0) return dialect.fieldCount
  const columns = target === undefined ? undefined : fieldsByPosition(target)
  if (columns === undefined || foundCount === 0 || dialect.trailingDelimiter) return undefined
  if (columns === foundCount) return undefined
  const sample = records()
  if (isHeader) sample.nextRecord()
  let moreFit = 0
  for (const { fieldCount } of sample.first(examinedRecords)) {
    moreFit += Number(fieldCount === columns) - Number(fieldCount === foundCount)
  }
  return moreFit > 0 ? columns : undefined
}

/** Fields without a name that are empty in the records after the header. */
function emptyFields(names: readonly string[], records: SampleRecords): number[] {
  let empty = [...names.keys()].filter(field => names[field] === '')
  records.nextRecord()
  for (const { fieldCount } of records.first(empty.length === 0 ? 0 : examinedRecords)) {
    empty = empty.filter(field => field >= fieldCount || records.cell(field).length === 0)
  }
  return empty
}

/** The dialect, and whether each part was given or detected. */
function knownDialect(
  { format, isFormatGiven, ...given }: CsvOptions,
  { dialect, layout, separator }: Look,
  isHeader: boolean,
): KnownDialect {
  const known = <T>(value: T, isGiven: boolean): Known<T> => ({
    value,
    how: isGiven ? 'given' : 'found',
  })
  const isTab = format === 'tsv' && isFormatGiven === true && separator === undefined
  return {
    delimiter: known(dialect.delimiter, given.delimiter !== undefined || isTab),
    quote: known(dialect.quote, given.quote !== undefined),
    escape: known(dialect.escape, given.escape !== undefined),
    header: known(isHeader, dialect.header !== 'auto'),
    decimalComma: known(layout.decimalComma, false),
    trailingDelimiter: known(dialect.trailingDelimiter, given.trailingDelimiter !== undefined),
  }
}

/** Opens inputs that are alike, one after the other, in the same memory; undefined if each must be examined by itself. */
function alikeOpener(dialect: CsvDialect, found: FoundShape): PreviousFindings['open'] {
  const isSimilar = similarTest(dialect, found)
  if (isSimilar === undefined) return undefined
  let last: CsvTokenizer | undefined
  return (source, bytes) => {
    if (!isSimilar(bytes)) return undefined
    const { name, text } = source
    const tokenizer = new CsvTokenizer(name, dialect, 0, { text, last })
    last = tokenizer
    tokenizer.push(bytes)
    tokenizer.passHeader({ start: 0, next: found.headerBytes!.length })
    return readerOf(source, tokenizer, undefined, found, dialect)
  }
}

/** Not a part of `openCsv`, where a closure would keep the sample in memory. @param chunks  undefined if the tokenizer has all */
function readerOf(
  source: ByteSource,
  tokenizer: CsvTokenizer,
  chunks: AsyncIterator<Uint8Array, void> | undefined,
  found: FoundShape,
  { quote }: CsvDialect,
): InputReader {
  const { fieldCount } = found
  const { encoding } = source.text
  // In a file with one column, a row with an empty field is an empty line.
  tokenizer.emptyLines = fieldCount === 1 ? 'rows' : 'passed'
  return recordReader(found, {
    source,
    tokenizer,
    records: ({ shared }) => {
      const block = shared?.blockFor(fieldCount) ?? new RecordBlock(fieldCount)
      block.quote = tokenizer.quote
      tokenizer.window.showRecord = fieldCount === 1 ? quotedIfEmpty(quote, encoding) : undefined
      return { tokenizer, chunks, block }
    },
  })
}

/** Shows an empty line as a quoted null, because an empty line at the end of a rejects file is not a row. */
function quotedIfEmpty(
  quote: string,
  encoding: SourceText['encoding'],
): (record: Uint8Array) => Uint8Array {
  const isWide = encoding === 'utf-16le' || encoding === 'utf-16be'
  const quotes = Buffer.from(isByte(quote) ? quote + quote : '', isWide ? 'utf16le' : 'latin1')
  if (encoding === 'utf-16be') quotes.swap16()
  const decoder = new TextDecoder(isWide ? encoding : 'latin1', { ignoreBOM: true })
  return record => {
    const isEmpty = /^[\r\n]+$/.test(decoder.decode(record))
    return isEmpty ? Buffer.concat([quotes, record]) : record
  }
}

/**
 * The test whether a whole file can be read like the file before: it has the same header, each line is a record with as many fields, and
 * no byte makes its dialect unclear. Undefined if every input must be examined by itself.
 */
export function similarTest(
  dialect: CsvDialect,
  { headerBytes, headerLineNumber, fieldCount, dialect: known }: FoundShape,
): ((bytes: Uint8Array) => boolean) | undefined {
  const { delimiter, comment, skipLines, trailingDelimiter, trim } = dialect
  if (trailingDelimiter || trim || skipLines > 0 || comment !== '') return undefined
  if (known === undefined || !isByte(delimiter) || !isByteDialect(dialect)) return undefined
  const { decimalComma, quote, escape } = known
  // A quote or escape character other than `"` that was only detected may not suit the next file: in a file without
  // quotes, detection would choose the default `"`.
  const isUsual = ({ value, how }: Known<string>): boolean => how === 'given' || value === '"'
  if (decimalComma.value || !isUsual(quote) || !isUsual(escape)) return undefined
  if (headerBytes === undefined || headerLineNumber !== 1) return undefined
  if (headerBytes.indexOf(lineFeed) !== headerBytes.length - 1) return undefined
  // If the header has a further delimiter, quote or escape character, detection might choose it for the next file.
  const others = Buffer.from([...delimiters, "'", '\\'].filter(one => one !== delimiter).join(''))
  if (headerBytes.some(byte => others.includes(byte))) return undefined
  const signs = [delimiter, ...others.toString(), '"', ...quote.value, ...escape.value].map(
    byte => `\\x${byte.charCodeAt(0).toString(16).padStart(2, '0')}`,
  )
  const field = `[^\\0-\\x1f${signs.join('')}]*`
  const record = `(?:${field}${signs[0]}){${fieldCount - 1}}${field}`
  const lines = new RegExp(`^(?:${record}(?:\\r?\\n|$))*$`)
  return bytes => {
    if (!isAt(headerBytes, bytes, 0) || !isUtf8(bytes)) return false
    const { buffer, byteOffset, length } = bytes
    // V8 compiles an expression at once, but would interpret a loop over the bytes of the first hundreds of files.
    return lines.test(
      Buffer.from(buffer, byteOffset, length).toString('latin1', headerBytes.length),
    )
  }
}
