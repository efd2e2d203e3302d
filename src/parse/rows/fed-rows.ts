/*
  The rows of a program as the reader gets them: columns read from the values themselves, or lines of JSON.
*/
import type { ColumnPart } from '../columns/column-builder.js'

/** How many bytes a source has delivered so far: as stored, and after decompression. */
export interface SourceProgress {
  readonly bytesRead: number
  readonly contentBytesRead: number
}

/** Rows whose columns were read from values. In the input, each row counts as a line of one byte. */
export interface FedRows {
  readonly rowCount: number
  readonly columns: readonly ColumnPart[]
  /** Number of nulls in each column. */
  readonly nulls: readonly number[]
}

export interface FedPiece {
  /** Valid until the next piece is requested. */
  readonly bytes: Uint8Array
  /** At most `mostFedRows`; undefined if the reader must read the bytes. */
  readonly rows?: FedRows | undefined
  /** True if the rows so far must not wait for more. */
  readonly endsBatch?: boolean
}

/** Delivers an input piece by piece. */
export interface Feed {
  /** Bytes of the source up to the end of the last piece. */
  readonly taken: SourceProgress
  /**
   * Delivers the next piece; done after the last one.
   * @throws the source's failure, after all that the source delivered
   */
  next(): Promise<IteratorResult<FedPiece, void>>
}

/** Limit of the rows in a piece, so that its columns stay in the processor's cache. */
export const mostFedRows = 4096
