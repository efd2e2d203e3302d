/*
  How to read the pieces of an input, as plain data from which every thread makes the same reader; and the input that pieces are
  taken from.
*/
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { CellRules } from '../cell-rules.js'
import type { InputTexts } from '../columns/template-text.js'
import type { ColumnOffsets } from '../cells/column-offset.js'
import type { CsvDialect } from '../csv/csv-dialect.js'
import type { FedPiece } from './parsed-piece.js'

/** What a format knows of its records. */
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
  /** Texts from the input's name. */
  readonly texts: InputTexts | undefined
  readonly cells: Omit<CellRules, 'columnOffsets' | 'onOffset'>
  /** Known time zone offsets of columns, if no time zone is given. */
  readonly offsets: Readonly<Record<string, string>> | undefined
}

/** What a source has delivered so far. */
export interface Taken {
  readonly bytesRead: number
  readonly contentBytesRead: number
}

/** One input. */
export interface FedInput {
  readonly chunks: AsyncIterator<Uint8Array, void>
  /** The columns' offsets may become known while the input is read. */
  readonly reading: PieceReading
  readonly offsets: ColumnOffsets | undefined
  /** Chunks come as soon as they are requested, as from a file. */
  readonly isPrompt: boolean
  /** The source's present counts. */
  readonly taken: () => Taken
}

/** The chunks of an input, some of them read ahead. */
export interface Feed {
  /** The source's counts at the piece delivered last. */
  readonly taken: Taken
  /**
   * The next piece; done after the last one.
   * @throws the source's failure, after everything it delivered; {DdbError} DDB_THREAD
   */
  next(): Promise<IteratorResult<FedPiece, void>>
  /** Nothing more will be requested. */
  close(): void
}
