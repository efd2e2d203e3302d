/*
  The reader that all formats share. Holds what the format has detected (dialect, header, fields), and reports how much
  was read.
*/
import type { ByteSource } from '../source/byte-source.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import { BlockReader, takenFrom, type Records } from './block-reader.js'
import { type Batch, type ColumnCounts, type InputRange, batchesAmong, type Step } from './batch.js'
import type { BatchOptions, ByteCounts, InputReader } from './input-reader.js'
import type { SourceProgress } from './rows/fed-rows.js'
import type { LineTokenizer } from './line-tokenizer.js'

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
  | 'emptyFields'
  | 'foundQuotes'
  | 'assumedHeader'
>

export interface OpenedInput {
  readonly source: ByteSource
  /** The tokenizer, if the format needed one to detect the shape. */
  readonly tokenizer?: LineTokenizer
  readonly raggedRecords?: () => number
  readonly elementNames?: () => readonly string[] | undefined
  /** Called once, as soon as the columns are known. */
  readonly records: (options: BatchOptions) => Records
}

/** @param found  the detected shape; one object may serve many small files that look alike */
export function recordReader<Format extends string>(
  found: FoundShape<Format>,
  opened: OpenedInput,
): InputReader<Format> {
  return Object.assign(new RecordReader(found, opened), found)
}

/** A class, because making an object literal with so many getters takes longer than reading a hundred rows. */
class RecordReader {
  readonly delimiter: string | undefined
  readonly #found: FoundShape<string>
  readonly #opened: OpenedInput
  #tokenizer: LineTokenizer | undefined
  #blocks: BlockReader | undefined

  constructor(found: FoundShape<string>, opened: OpenedInput) {
    this.delimiter = found.dialect?.delimiter.value
    this.#found = found
    this.#opened = opened
    this.#tokenizer = opened.tokenizer
  }

  get text(): SourceText {
    return this.#opened.source.text
  }

  get raggedRecords(): number {
    return this.#opened.raggedRecords?.() ?? 0
  }

  get elementNames(): readonly string[] | undefined {
    return this.#opened.elementNames?.()
  }

  get droppedMarks(): number {
    return this.#tokenizer?.droppedMarks ?? 0
  }

  get recordsRead(): number {
    return this.#blocks?.recordsRead ?? 0
  }

  get byteCounts(): ByteCounts {
    const { rows, rejected } = this.#blocks?.byteCounts ?? { rows: 0, rejected: 0 }
    return {
      rows,
      rejected,
      header: this.#found.headerBytes?.length ?? 0,
      other: this.#opened.source.startOffsetBytes + (this.#tokenizer?.otherBytes ?? 0),
      skipped: this.#tokenizer?.skippedBytes ?? 0,
    }
  }

  get taken(): SourceProgress {
    return this.#blocks?.taken ?? takenFrom(this.#opened.source)
  }

  get readToEnd(): boolean {
    const { recordKind, fieldCount } = this.#found
    const isEmpty = recordKind === 'fields' && fieldCount === 0
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
    const { encoding, mark } = source.text
    const own = records(options)
    this.#tokenizer = own.tokenizer
    const { format, fieldNames, fieldCount, headerBytes } = this.#found
    const { delimiter } = this
    // Copies two properties, because batches outlive the reader and must not keep the whole source in memory.
    const text = { encoding, mark }
    const shape = { format, delimiter, fieldNames, fieldCount, headerBytes, text }
    this.#blocks = new BlockReader(source, shape, own, options)
    return this.#blocks.steps()
  }

  close(): Promise<void> {
    return this.#opened.source.close()
  }
}
