/*
  Opens delimited text. Detects its dialect, and uses csv-parse for dialects that the byte scanner does not support.
*/
import { UsageError, option, usageError } from '../../errors.js'
import type { ByteSource } from '../../source/byte-source.js'
import type { SourceText } from '../../source/encoding/text-origin.js'
import type { TextSource } from '../../schema/cell-source.js'
import type { AssumedHeader } from './assume-header.js'
import { expectedOf, isSimilar, type ExpectedCsv } from './similar-files.js'
import { csvDialect, isByte, isByteDialect, givenDialect, type CsvDialect } from './csv-dialect.js'
import { findQuotes, quotesDialect, type FoundQuotes, type QuotesDialect } from './find-quotes.js'
import { optionTexts } from '../shown-text.js'
import { linesAbove, linesAboveError } from './lines-above.js'
import { scannersOf } from './csv-scanner.js'
import { CsvTokenizer, type FirstRecord } from './csv-tokenizer.js'
import { detectDialect, detectLayout, type Layout } from './detect-dialect.js'
import {
  checkTrailingDelimiter,
  type FollowingRecords,
  headerNames,
  isHeaderByData,
  isHeaderFor,
  looksLikeHeader,
  withoutLast,
} from './decide-header.js'
import { fieldsByPosition, withDecimalComma, type RowTarget } from './row-target.js'
import type { TriedDialect } from './record-walk.js'
import {
  afterLines,
  emptyFields,
  lookedAtRecords,
  SampleRecords,
  separatorLine,
} from './sample-records.js'
import { hasLine, takeSample, type Sample } from './sample.js'
import { systemClock } from '../../platform/system.js'
import type {
  FlushClock,
  InputReader,
  Known,
  KnownDialect,
  PreviousFindings,
} from '../input-reader.js'
import { carriageReturn } from '../line-ends.js'
import { RecordBlock } from '../record-block.js'
import { recordReader, type OpenedInput } from '../record-reader.js'
import type { Window } from '../window.js'

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
export async function openCsv(
  source: ByteSource,
  options: CsvOptions = {},
): Promise<InputReader<'csv' | 'tsv'>> {
  const format = options.format ?? 'csv'
  // Only a pipe needs a clock, because files are available at once.
  const clock = source.totalBytes === undefined ? (options.clock ?? systemClock) : undefined
  const sample = await takeSample(source.chunks(), clock, bytes =>
    hasLine(bytes, afterLines(bytes, options.skipLines ?? 0)),
  )
  const { bytes, isWhole, chunks } = sample
  const separator = separatorLine(bytes)
  const quotes = options.isForNewTable === true ? startOf(source.name, sample, options) : undefined
  const look = dialectIn(sample, options, { format, separator, quotes })
  const { from, tried, layout, dialect } = look
  const { skipLines } = dialect
  checkDialect(dialect)
  const tokenizer = await tokenizerFor(source, dialect)
  const isSeparatorHead = separator !== undefined && skipLines === 0
  const pulled = async <T>(read: () => T | 'more'): Promise<T> => {
    for (;;) {
      const found = read()
      if (found !== 'more') return found
      const { done, value } = await chunks.next()
      if (done === true) tokenizer.lines.end()
      else tokenizer.lines.push(value)
    }
  }
  const separatorBytes = isSeparatorHead ? await pulled(() => tokenizer.passFirstLine()) : undefined
  let left = skipLines
  await pulled(() => ((left = tokenizer.skipLines(left)) > 0 ? 'more' : undefined))
  const first = await pulled(() => tokenizer.peek())
  // If most records have one delimiter more than the first record, the first has no trailing delimiter to remove.
  const isTrailed = options.trailingDelimiter === true && !layout.trailingDelimiter
  const record = isTrailed ? withoutLast(first) : first
  const undecided: Undecided = {
    file: source.name,
    dialect,
    layout,
    target: options.target && withDecimalComma(options.target, layout.decimalComma),
    settled: options.settled,
    records: () => new SampleRecords(bytes, from, isWhole, tried),
  }
  const answer =
    record !== undefined &&
    decided(
      () => isHeaderRecord(record, undecided),
      () => startOf(source.name, sample, options),
    )
  const isHeader = typeof answer === 'boolean' ? answer : answer.isHeader
  const names = record !== undefined && isHeader ? headerNames(record, source.name) : undefined
  const isTrailFound = options.trailingDelimiter === undefined && dialect.trailingDelimiter
  if (names !== undefined && isTrailFound) checkTrailing(names, undecided)
  if (isHeader) tokenizer.skipPeeked()
  const foundCount = record?.fields.length ?? 0
  const fieldCount = wantedCount(undecided, isHeader, foundCount) ?? foundCount
  // In a file with one column, a row with an empty field is an empty line.
  tokenizer.emptyLines = fieldCount === 1 ? 'rows' : 'passed'
  const empty = names === undefined ? [] : emptyFields(names, undecided.records())
  const headBytes = [separatorBytes, names && record?.bytes].filter(part => part !== undefined)
  const found = {
    format,
    recordKind: 'fields',
    dialect: knownDialect(options, undecided, isHeader, separator !== undefined),
    fieldNames: names,
    fieldCount,
    headerBytes: headBytes.length > 0 ? Buffer.concat(headBytes) : undefined,
    headerLineNumber: names && record?.lineNumber,
    ...(empty.length === 0 ? {} : { emptyFields: empty }),
    ...(quotes === undefined ? {} : { foundQuotes: quotes }),
    ...(typeof answer === 'boolean' ? {} : { assumedHeader: answer }),
  } as const
  const { lastLook, target } = options
  if (lastLook !== undefined) {
    const isText = source.text.origin === undefined && source.startOffsetBytes === 0
    const expected = isText && target !== undefined ? expectedOf(dialect, found) : undefined
    lastLook.open = expected && alikeOpener(expected)
  }
  return recordReader(found, recordsOf(source, tokenizer, chunks, fieldCount, dialect))
}

/** Completes the dialect from the options and the sample. */
function dialectIn(
  { bytes, isWhole }: Sample,
  options: CsvOptions,
  {
    format,
    separator,
    quotes = {},
  }: { format: string; separator: string | undefined; quotes: QuotesDialect | undefined },
): { from: number; tried: TriedDialect; layout: Layout; dialect: CsvDialect } {
  const said = { ...csvDialect, ...givenDialect(options), ...quotesDialect(quotes) }
  const from = afterLines(bytes, Math.max(said.skipLines, separator === undefined ? 0 : 1))
  const tried = detectDialect(bytes, from, isWhole, {
    delimiter: options.delimiter ?? separator ?? (format === 'tsv' ? '\t' : undefined),
    quote: options.quote ?? quotes.quote,
    escape: options.escape,
    comment: said.comment,
    trim: said.trim,
  })
  const layout = detectLayout(bytes, from, isWhole, tried)
  const trailingDelimiter = options.trailingDelimiter ?? layout.trailingDelimiter
  return { from, tried, layout, dialect: { ...said, ...tried, trailingDelimiter } }
}

/**
 * How many fields a record needs to fit the target by position. Undefined if none of the first 1,000 records has this
 * number of fields, or if the number equals `foundCount`.
 */
function wantedCount(
  { target, dialect, records }: Undecided,
  isHeader: boolean,
  foundCount: number,
): number | undefined {
  const columns = target === undefined ? undefined : fieldsByPosition(target)
  if (columns === undefined || foundCount === 0 || dialect.trailingDelimiter) return undefined
  if (columns === foundCount) return undefined
  const sample = records()
  if (isHeader) sample.nextRecord()
  const widths = Array.from(sample.first(lookedAtRecords), ({ fieldCount }) => fieldCount)
  return widths.includes(columns) ? columns : undefined
}

/** Opens inputs that are alike, one after the other, in the same memory. */
function alikeOpener(expected: ExpectedCsv): NonNullable<PreviousFindings<'csv' | 'tsv'>['open']> {
  const { dialect, found, headerBytes } = expected
  const header = headerBytes.subarray(0, headerBytes.at(-2) === carriageReturn ? -2 : -1)
  let window: Window | undefined
  const scannerOf = scannersOf(dialect)
  return (source, bytes) => {
    if (!isSimilar(expected, bytes)) return undefined
    const { name, text } = source
    const tokenizer = new CsvTokenizer(name, dialect, 0, scannerOf, text, window)
    window = tokenizer.lines.window
    tokenizer.lines.push(bytes)
    tokenizer.passHeader(headerBytes.length, header)
    tokenizer.emptyLines = found.fieldCount === 1 ? 'rows' : 'passed'
    return recordReader(found, recordsOf(source, tokenizer, undefined, found.fieldCount, dialect))
  }
}

/**
 * How to read the records. A separate function, because a closure in `openCsv` would keep the sample in memory.
 * @param chunks  undefined if the tokenizer has the whole input
 */
function recordsOf(
  source: ByteSource,
  tokenizer: CsvTokenizer,
  chunks: AsyncIterator<Uint8Array, void> | undefined,
  fieldCount: number,
  dialect: CsvDialect,
): OpenedInput {
  const { lines } = tokenizer
  const { encoding } = source.text
  return {
    source,
    tokenizer: lines,
    raggedRecords: () => tokenizer.raggedRecords,
    records: ({ shared }) => {
      const block = shared?.blockFor(fieldCount) ?? new RecordBlock(fieldCount)
      tokenizer.markQuotes(block)
      const shown = fieldCount === 1 ? { showRecord: quotedIfEmpty(dialect.quote, encoding) } : {}
      return { tokenizer: lines, chunks, block, fieldOf, ...shown }
    },
  }
}

/** The dialect, and whether each part was given or detected. */
function knownDialect(
  { format, isFormatGiven, ...given }: CsvOptions,
  { dialect, layout }: Undecided,
  isHeader: boolean,
  hasSeparator: boolean,
): KnownDialect {
  const known = <T>(value: T, isGiven: boolean): Known<T> => ({
    value,
    how: isGiven ? 'given' : 'found',
  })
  const isTab = format === 'tsv' && isFormatGiven === true && !hasSeparator
  return {
    delimiter: known(dialect.delimiter, given.delimiter !== undefined || isTab),
    quote: known(dialect.quote, given.quote !== undefined),
    escape: known(dialect.escape, given.escape !== undefined),
    header: known(isHeader, dialect.header !== 'auto'),
    decimalComma: known(layout.decimalComma, false),
    trailingDelimiter: known(dialect.trailingDelimiter, given.trailingDelimiter !== undefined),
  }
}

/** The facts known before the question of the header is decided. */
interface Undecided {
  readonly file: string
  readonly dialect: CsvDialect
  readonly layout: Layout
  readonly target: RowTarget | undefined
  readonly settled: CsvOptions['settled']
  /** Each call steps through the records again, from the first one on. */
  readonly records: () => SampleRecords
}

function isHeaderRecord(record: FirstRecord, undecided: Undecided): boolean | AssumedHeader {
  const { file, dialect, target, settled, records } = undecided
  if (dialect.header === 'yes') return true
  if (dialect.header === 'no') return false
  if (target !== undefined) return isHeaderFor(record, target, file)
  if (settled === undefined) return looksLikeHeader(record)
  return isHeaderByData(record, { file, records, ...settled })
}

/**
 * Finds out why the first record may not be a header: quotes that break records.
 * @throws {UsageError} DDB_USAGE if lines stand above the table
 */
function startOf(
  file: string,
  { bytes, isWhole }: Sample,
  { delimiter, format, quote, escape, comment = '', skipLines, trim, quotes }: CsvOptions,
): FoundQuotes | undefined {
  if (separatorLine(bytes) !== undefined) return undefined
  const known = {
    ...{ quote, escape, comment, trim: trim ?? false },
    delimiter: delimiter ?? (format === 'tsv' ? '\t' : undefined),
  }
  const isLeft = trim === undefined && quotes === undefined
  const found = isLeft
    ? findQuotes(bytes, afterLines(bytes, skipLines ?? 0), isWhole, known)
    : undefined
  const lines =
    skipLines === undefined
      ? linesAbove(bytes, isWhole, { ...known, ...quotesDialect(found ?? {}) })
      : 0
  if (lines > 0) throw linesAboveError(file, lines)
  return found
}

/** If `decide` throws because the header is unclear, adds the meaning of quotes that `look` finds. */
function decided<T>(decide: () => T, look: () => FoundQuotes | undefined): T {
  try {
    return decide()
  } catch (error) {
    if (!(error instanceof UsageError) || error.fix === undefined) throw error
    const { fix, message } = error
    const found = look()
    if (found === undefined) throw error
    const text = `${message}. But ${found.said}: ${optionTexts('input', quotesDialect(found)).join(', ')}`
    throw usageError(text, { fix, cause: error })
  }
}

/** Checks that a field without a name in the header can only come from a trailing delimiter. */
function checkTrailing(names: readonly string[], undecided: Undecided): void {
  const { file, target, settled, records } = undecided
  if (target === undefined && settled === undefined) return
  checkTrailingDelimiter({ file, names, records: records(), target })
}

/** Refuses dialects that csv-parse does not support. */
function checkDialect(dialect: CsvDialect): void {
  if (isByteDialect(dialect) || (!dialect.trim && dialect.quotes === 'strict')) return
  throw usageError(
    `${option('input.trim')} and ${option('input.quotes')} need a quote and an escape character of ASCII: choose another ${option('input.quote')}`,
  )
}

/** Loads csv-parse only for dialects that need it. */
async function tokenizerFor(source: ByteSource, dialect: CsvDialect): Promise<CsvTokenizer> {
  const { name, startOffsetBytes, text } = source
  const scannerOf = isByteDialect(dialect)
    ? scannersOf(dialect)
    : await (await import('./csv-parse-scanner.js')).loadCsvParse(dialect)
  return new CsvTokenizer(name, dialect, startOffsetBytes, scannerOf, text)
}

/** Shows an empty line as a quoted null, because an empty line at the end of a rejects file is not a row. */
function quotedIfEmpty(
  quote: string,
  encoding: SourceText['encoding'],
): (record: Uint8Array) => Uint8Array {
  const isWide = encoding === 'utf-16le' || encoding === 'utf-16be'
  const isSwapped = encoding === 'utf-16be'
  const swapped = (bytes: Buffer): Buffer =>
    isSwapped && bytes.length % 2 === 0 ? bytes.swap16() : bytes
  const text = isWide ? 'utf16le' : 'latin1'
  const quotes = isByte(quote) ? swapped(Buffer.from(quote + quote, text)) : Buffer.alloc(0)
  return record => {
    const isEmpty = /^[\r\n]+$/.test(swapped(Buffer.from(record)).toString(text))
    return isEmpty ? Buffer.concat([quotes, record]) : record
  }
}

function fieldOf(source: TextSource): number {
  return source.kind === 'field' ? source.index : -1
}
