/*
  Describes an input, and how to read its pieces: plain data, from which every thread makes the same reader.
*/
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import type { InputTexts } from '../columns/template-text.js'
import type { ColumnOffsets } from '../cells/column-offset.js'
import type { CsvDialect } from '../csv/csv-dialect.js'
import type { FedPiece } from './parsed-piece.js'

/** The format of a piece's records, with its options. */
export type PieceFormat =
  | {
      readonly kind: 'csv'
      readonly dialect: CsvDialect
      readonly fieldCount: number
    }
  | { readonly kind: 'ndjson'; readonly maxRecordBytes: number }

export interface PieceReading {
  readonly format: PieceFormat
  readonly mapping: ColumnMapping
  readonly texts: InputTexts | undefined
  readonly cells: Omit<CellRules, 'columnOffsets' | 'onOffset'>
  /** Known time zone offsets of columns; undefined if a time zone is given. */
  readonly offsets: Readonly<Record<string, string>> | undefined
}

/** How many bytes a source has delivered so far: as stored, and after decompression. */
export interface SourceProgress {
  readonly bytesRead: number
  readonly contentBytesRead: number
}

export interface FedInput {
  readonly chunks: AsyncIterator<Uint8Array, void>
  /** How to read the input. Time zone offsets are separate, because the reader finds them while it reads. */
  readonly reading: PieceReading
  readonly offsets: ColumnOffsets | undefined
  /** True if chunks come as soon as they are requested, as from a file. */
  readonly isPrompt: boolean
  readonly taken: () => SourceProgress
}

/** Delivers an input piece by piece. Threads have already read some of the pieces. */
export interface Feed {
  /** Bytes of the source up to the end of the last piece that this feed has delivered. */
  readonly taken: SourceProgress
  /**
   * Delivers the next piece; done after the last one.
   * @throws the source's failure, after all that the source delivered; {DdbError} DDB_THREAD if a thread has died
   */
  next(): Promise<IteratorResult<FedPiece, void>>
  /** Stops the feed. No piece may be requested afterwards. */
  close(): void
}
