/*
  The rows of a program as the reader gets them: columns read from the values themselves, or lines of JSON.
*/
import type { ColumnPart } from '../columns/column-part.js'
import type { RowBounds } from '../input-rows.js'

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
  /** Places of the rows in the piece. */
  readonly bounds: Pick<RowBounds, 'recordStarts' | 'recordEnds' | 'lineNumbers'>
}

export interface FedPiece {
  /** Valid until the next piece is requested. */
  readonly bytes: Uint8Array
  /** Undefined if the reader must read the bytes. */
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

export const asPiece = (
  result: IteratorResult<Uint8Array, void>,
): IteratorResult<FedPiece, void> =>
  result.done === true ? result : { done: false, value: { bytes: result.value } }
