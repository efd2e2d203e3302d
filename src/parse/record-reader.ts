/*
  The reader of every format behind the face that the loader knows: what the format found out when it opened the input, and
  what was read of it so far.
*/
import type { ByteSource } from '../source/byte-source.js'
import { BlockReader, type BlockInput } from './block-reader.js'
import type { BatchOptions, InputReader } from './input-reader.js'
import type { Tokenizer } from './tokenizer.js'

/** What a format brings to the loop; the rest is the source's. */
export type Records = Omit<BlockInput, 'file' | 'skipTo' | 'shape' | 'text'>

/** An input whose shape is known. */
export interface OpenedInput<Format extends string> extends Pick<
  InputReader<Format>,
  | 'format'
  | 'recordKind'
  | 'dialect'
  | 'isHeaderGuessed'
  | 'fieldNames'
  | 'fieldCount'
  | 'rowNames'
  | 'headerBytes'
  | 'headerLineNumber'
> {
  readonly source: ByteSource
  /** Where something was read to know the shape: what has read it. */
  readonly tokenizer?: Tokenizer
  readonly raggedRecords?: () => number
  /** Called once, when the columns are known. */
  readonly records: (options: BatchOptions) => Records
}

/** The reader of an input. */
export function recordReader<Format extends string>(
  opened: OpenedInput<Format>,
): InputReader<Format> {
  const { source, records, raggedRecords, tokenizer: peeked, ...found } = opened
  const { dialect, fieldNames, fieldCount, rowNames, headerBytes } = found
  const { name: file, skipTo, text } = source
  const delimiter = dialect?.delimiter.value
  let tokenizer = peeked
  let blocks: BlockReader | undefined
  return {
    ...found,
    delimiter,
    text,
    get raggedRecords() {
      return raggedRecords?.() ?? 0
    },
    get recordsRead() {
      return blocks?.recordsRead ?? 0
    },
    get byteCounts() {
      return {
        ...(blocks?.byteCounts ?? { rows: 0, rejected: 0 }),
        header: headerBytes?.length ?? 0,
        other: source.startOffsetBytes + (tokenizer?.otherBytes ?? 0),
        skipped: tokenizer?.skippedBytes ?? 0,
      }
    },
    get readToEnd() {
      return blocks?.readToEnd ?? (found.recordKind === 'fields' && fieldCount === 0)
    },
    get lastRange() {
      return blocks?.lastRange
    },
    get columnCounts() {
      return blocks?.columnCounts ?? []
    },
    batches(options) {
      const own = records(options)
      tokenizer = own.tokenizer
      // Batches outlive the reader, and what leads back into the source.
      const shape = {
        format: found.format,
        delimiter,
        fieldNames,
        fieldCount,
        rowNames,
        headerBytes,
        text: { encoding: text.encoding, mark: text.mark },
      }
      blocks = new BlockReader({ ...own, file, skipTo, shape, text }, options)
      return blocks.batches()
    },
    close: () => source.close(),
  }
}
