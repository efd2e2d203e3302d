/*
  How pieces of an input are read, as plain data from which every thread makes the same reader; and the input that pieces are taken of.
*/
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import type { InputTexts } from '../columns/template-text.js'
import type { ColumnOffsets } from '../cells/column-offset.js'
import type { CsvDialect } from '../csv/csv-dialect.js'
import type { FedPiece } from './parsed-piece.js'

/** What a format says of its records. */
export type PieceFormat =
  | {
      readonly kind: 'csv'
      readonly dialect: CsvDialect
      readonly fieldCount: number
    }
  | { readonly kind: 'ndjson'; readonly maxRecordBytes: number }

/** How every piece of an input is read. */
export interface PieceReading {
  readonly format: PieceFormat
  readonly mapping: ColumnMapping
  /** What the name of the input says of its rows. */
  readonly texts: InputTexts | undefined
  readonly cells: Omit<CellRules, 'columnOffsets' | 'onOffset'>
  /** Of columns that are known to have one, where no time zone is given. */
  readonly offsets: Readonly<Record<string, string>> | undefined
}

/** What a source has given so far. */
export interface Taken {
  readonly bytesRead: number
  readonly contentBytesRead: number
}

/** One input. */
export interface FedInput {
  readonly chunks: AsyncIterator<Uint8Array, void>
  /** What columns have for offsets may become known as the input is read. */
  readonly reading: PieceReading
  readonly offsets: ColumnOffsets | undefined
  /** The next chunk comes as soon as it is asked for, or the end: it is a file's. */
  readonly isPrompt: boolean
  /** Of the source, at the moment. */
  readonly taken: () => Taken
}

/** The chunks of an input, some of them read ahead. */
export interface Feed {
  /** What the source had given when the piece that was given out last had come. */
  readonly taken: Taken
  /**
   * The next piece; done after the last one.
   * @throws what the source failed with, after all that it gave; {DdbError} DDB_THREAD
   */
  next(): Promise<IteratorResult<FedPiece, void>>
  /** Nothing more is asked for. */
  close(): void
}
