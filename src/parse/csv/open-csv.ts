/*
  Opens delimited text: finds delimiter and header, and hands the records to the byte scanner or, for what that does
  not know, to csv-parse.
*/
import type { ByteSource } from '../../source/byte-source.js'
import type { MappedColumn } from '../../schema/column-mapping.js'
import { BlockReader } from '../block-reader.js'
import { csvDialect, isPlainDialect, type CsvDialect } from './csv-dialect.js'
import { headerNames, looksLikeHeader, type FirstRecord } from './header-record.js'
import { CsvScanner } from './csv-scanner.js'
import { firstLine, sniffBytes, sniffDelimiter, type LineLayout } from './sniff-delimiter.js'
import type { CsvTokenizer } from './csv-tokenizer.js'
import type { Batch, BatchOptions, ByteCounts, ColumnCounts, InputReader } from '../input-reader.js'
import { RecordBlock } from '../record-block.js'

/** What is not given: found in the input (`delimiter`), or the usual. */
export type CsvOptions = { readonly [K in keyof CsvDialect]?: CsvDialect[K] | undefined } & {
  readonly format?: 'csv' | 'tsv'
}

/**
 * Opens delimited text and reads as far as the first record.
 *
 * @throws {InputError} when its first record cannot be read
 */
export async function openCsv(source: ByteSource, options: CsvOptions = {}): Promise<InputReader> {
  const format = options.format ?? 'csv'
  const chunks = source.chunks()
  const quote = options.quote ?? csvDialect.quote
  const comment = options.comment ?? csvDialect.comment
  const skipLines = options.skipLines ?? csvDialect.skipLines
  const start = await firstLines(chunks, { comment, skipLines })
  const dialect: CsvDialect = {
    delimiter:
      options.delimiter ??
      (format === 'tsv' ? '\t' : sniffDelimiter(start, quote, { comment, skipLines })),
    quote,
    escape: options.escape ?? quote,
    comment,
    header: options.header ?? csvDialect.header,
    skipLines,
    maxRecordBytes: options.maxRecordBytes ?? csvDialect.maxRecordBytes,
  }
  const tokenizer = await tokenizerFor(source, dialect)
  tokenizer.push(start)
  const record = await firstRecord(tokenizer, chunks, dialect.skipLines)
  const isHeader =
    record !== undefined &&
    (dialect.header === 'yes' || (dialect.header === 'auto' && looksLikeHeader(record)))
  if (isHeader) tokenizer.skipPeeked()
  return new CsvReader(source, format, dialect.delimiter, tokenizer, chunks, record, isHeader)
}

/** Enough of the input to see the line of its first record, or the start of a long one. */
async function firstLines(
  chunks: AsyncIterator<Uint8Array, void>,
  layout: LineLayout,
): Promise<Uint8Array> {
  let start = new Uint8Array(0)
  while (start.length < sniffBytes && firstLine(start, layout) === undefined) {
    const { done, value } = await chunks.next()
    if (done === true) break
    const longer = new Uint8Array(start.length + value.length)
    longer.set(start)
    longer.set(value, start.length)
    start = longer
  }
  return start
}

/** csv-parse is loaded only for dialects that need it. */
async function tokenizerFor(source: ByteSource, dialect: CsvDialect): Promise<CsvTokenizer> {
  const { name, startOffsetBytes } = source
  if (isPlainDialect(dialect)) return new CsvScanner(name, dialect, startOffsetBytes)
  const { openCsvParser } = await import('./csv-parse-tokenizer.js')
  return openCsvParser(name, dialect, startOffsetBytes)
}

async function firstRecord(
  tokenizer: CsvTokenizer,
  chunks: AsyncIterator<Uint8Array, void>,
  skipLines: number,
): Promise<FirstRecord | undefined> {
  const pull = async (): Promise<boolean> => {
    const { done, value } = await chunks.next()
    if (done === true) tokenizer.end()
    else tokenizer.push(value)
    return done !== true
  }
  for (let left = skipLines; (left = tokenizer.skipLines(left)) > 0;) {
    if (await pull()) continue
    tokenizer.skipLines(left)
    return undefined
  }
  for (;;) {
    const record = tokenizer.peek()
    if (record !== 'more') return record
    await pull()
  }
}

class CsvReader implements InputReader {
  readonly recordKind = 'fields'
  readonly format: 'csv' | 'tsv'
  readonly delimiter: string
  readonly fieldNames: readonly string[] | undefined
  readonly fieldCount: number
  readonly headerBytes: Uint8Array | undefined
  readonly headerLineNumber: number | undefined
  readonly #source: ByteSource
  readonly #tokenizer: CsvTokenizer
  readonly #chunks: AsyncIterator<Uint8Array, void>
  #blocks: BlockReader | undefined

  constructor(
    source: ByteSource,
    format: 'csv' | 'tsv',
    delimiter: string,
    tokenizer: CsvTokenizer,
    chunks: AsyncIterator<Uint8Array, void>,
    record: FirstRecord | undefined,
    isHeader: boolean,
  ) {
    this.format = format
    this.delimiter = delimiter
    this.#source = source
    this.#tokenizer = tokenizer
    this.#chunks = chunks
    this.fieldCount = record?.fields.length ?? 0
    if (record !== undefined && isHeader) {
      this.fieldNames = headerNames(record, source.name)
      this.headerBytes = record.bytes
      this.headerLineNumber = record.lineNumber
    }
  }

  get recordsRead(): number {
    return this.#blocks?.recordsRead ?? 0
  }

  get byteCounts(): ByteCounts {
    return {
      ...(this.#blocks?.byteCounts ?? { rows: 0, rejected: 0 }),
      header: this.headerBytes?.length ?? 0,
      other: this.#source.startOffsetBytes + this.#tokenizer.otherBytes,
    }
  }

  get readToEnd(): boolean {
    return this.#blocks?.readToEnd ?? this.fieldCount === 0
  }

  get columnCounts(): readonly ColumnCounts[] {
    return this.#blocks?.columnCounts ?? []
  }

  async *batches(options: BatchOptions): AsyncGenerator<Batch, void, void> {
    const { delimiter, fieldNames, fieldCount, headerBytes } = this
    this.#blocks = new BlockReader(
      {
        file: this.#source.name,
        tokenizer: this.#tokenizer,
        chunks: this.#chunks,
        block: new RecordBlock(fieldCount),
        // Not the reader itself: batches outlive it.
        shape: { delimiter, fieldNames, fieldCount, headerBytes },
        fieldOf,
      },
      options,
    )
    yield* this.#blocks.batches()
  }

  close(): Promise<void> {
    return this.#source.close()
  }
}

function fieldOf({ source }: MappedColumn): number {
  return source.kind === 'field' ? source.index : -1
}
