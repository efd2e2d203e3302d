/*
  The reader that all formats share. Holds what the format has detected (dialect, header, fields), and reports how much
  was read.
*/
import type { ByteSource } from '../source/byte-source.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import { BlockReader, type BlockInput } from './block-reader.js'
import { type Batch, type ColumnCounts, type InputRange, batchesAmong, type Step } from './batch.js'
import type { BatchOptions, ByteCounts, InputReader } from './input-reader.js'
import type { SourceProgress } from './rows/fed-rows.js'
import type { Tokenizer } from './tokenizer.js'

/** The properties of the read loop's input that depend on the format; the remaining ones depend on the source. */
export type Records = Omit<BlockInput, 'file' | 'skipTo' | 'shape' | 'text' | 'taken'>

/** The shape of an input, as the format detects it. */
export type FoundShape<Format extends string> = Pick<
  InputReader<Format>,
  | 'format'
  | 'recordKind'
  | 'dialect'
  | 'isHeaderGuessed'
  | 'fieldNames'
  | 'fieldCount'
  | 'headerBytes'
  | 'headerLineNumber'
  | 'foundQuotes'
  | 'assumedHeader'
>

export interface OpenedInput {
  readonly source: ByteSource
  /** The tokenizer, if the format needed one to detect the shape. */
  readonly tokenizer?: Tokenizer
  readonly raggedRecords?: () => number
  /** Called once, as soon as the columns are known. */
  readonly records: (options: BatchOptions) => Records
}

/** @param found  the detected shape; one object may serve many small files that look alike */
export function recordReader<Format extends string>(
  found: FoundShape<Format>,
  opened: OpenedInput,
): InputReader<Format> {
  return new RecordReader(found, opened)
}

/** A class, because making an object literal with so many getters takes longer than reading a hundred rows. */
class RecordReader<Format extends string> implements InputReader<Format> {
  readonly format: Format
  readonly recordKind: InputReader['recordKind']
  readonly dialect: InputReader['dialect']
  readonly delimiter: string | undefined
  readonly isHeaderGuessed: boolean
  readonly fieldNames: InputReader['fieldNames']
  readonly fieldCount: number
  readonly headerBytes: InputReader['headerBytes']
  readonly headerLineNumber: number | undefined
  readonly foundQuotes: InputReader['foundQuotes']
  readonly assumedHeader: InputReader['assumedHeader']
  readonly #opened: OpenedInput
  #tokenizer: Tokenizer | undefined
  #blocks: BlockReader | undefined

  constructor(found: FoundShape<Format>, opened: OpenedInput) {
    this.format = found.format
    this.recordKind = found.recordKind
    this.dialect = found.dialect
    this.delimiter = found.dialect?.delimiter.value
    this.isHeaderGuessed = found.isHeaderGuessed
    this.fieldNames = found.fieldNames
    this.fieldCount = found.fieldCount
    this.headerBytes = found.headerBytes
    this.headerLineNumber = found.headerLineNumber
    this.foundQuotes = found.foundQuotes
    this.assumedHeader = found.assumedHeader
    this.#opened = opened
    this.#tokenizer = opened.tokenizer
  }

  get text(): SourceText {
    return this.#opened.source.text
  }

  get raggedRecords(): number {
    return this.#opened.raggedRecords?.() ?? 0
  }

  get recordsRead(): number {
    return this.#blocks?.recordsRead ?? 0
  }

  get byteCounts(): ByteCounts {
    const { rows, rejected } = this.#blocks?.byteCounts ?? { rows: 0, rejected: 0 }
    return {
      rows,
      rejected,
      header: this.headerBytes?.length ?? 0,
      other: this.#opened.source.startOffsetBytes + (this.#tokenizer?.otherBytes ?? 0),
      skipped: this.#tokenizer?.skippedBytes ?? 0,
    }
  }

  get taken(): SourceProgress {
    return this.#blocks?.taken ?? takenFrom(this.#opened.source)
  }

  get readToEnd(): boolean {
    const isEmpty = this.recordKind === 'fields' && this.fieldCount === 0
    return this.#blocks?.readToEnd ?? isEmpty
  }

  get lastRange(): InputRange | undefined {
    return this.#blocks?.lastRange
  }

  get columnCounts(): readonly ColumnCounts[] {
    return this.#blocks?.columnCounts ?? []
  }

  batches(options: BatchOptions): AsyncGenerator<Batch, void, void> {
    return batchesAmong(this.steps(options))
  }

  steps(options: BatchOptions): Generator<Step, void, void> {
    const { source, records } = this.#opened
    const { name: file, skipTo, text } = source
    const own = records(options)
    this.#tokenizer = own.tokenizer
    const shape = {
      format: this.format,
      delimiter: this.delimiter,
      fieldNames: this.fieldNames,
      fieldCount: this.fieldCount,
      headerBytes: this.headerBytes,
      // Copies two properties, because batches outlive the reader and must not keep the whole source in memory.
      text: { encoding: text.encoding, mark: text.mark },
    }
    // Lists the properties, because a spread is slower, and small inputs may need a new reader every hundred rows.
    const input = {
      tokenizer: own.tokenizer,
      chunks: own.chunks,
      block: own.block,
      fieldOf: own.fieldOf,
      arrayDelimiter: own.arrayDelimiter,
      showRecord: own.showRecord,
      file,
      skipTo,
      shape,
      text,
      taken: () => takenFrom(source),
    } satisfies BlockInput
    this.#blocks = new BlockReader(input, options)
    return this.#blocks.steps()
  }

  close(): Promise<void> {
    return this.#opened.source.close()
  }
}

function takenFrom({ bytesRead, contentBytesRead }: ByteSource): SourceProgress {
  return { bytesRead, contentBytesRead }
}
