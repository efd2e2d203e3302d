/*
  The rows of a program as the reader gets them: values, which columns take as they are, or lines of JSON.
*/

/** How many bytes a source has delivered so far: as stored, and after decompression. */
export interface SourceProgress {
  readonly bytesRead: number
  readonly contentBytesRead: number
}

/** Rows whose values columns may take. In the input, each row counts as a line of one byte. */
export interface FedRows {
  readonly rowCount: number
  /**
   * The values of the first `rowCount` rows for a column of the mapping; valid until the next call.
   * @throws whatever a getter of a row throws
   */
  valuesOf(columnIndex: number, rowCount: number): readonly unknown[]
}

export interface FedPiece {
  /** Valid until the next piece is requested; empty if there are rows. */
  readonly bytes: Uint8Array
  /** At most `mostFedRows`. The reader takes some and says so (`took`), before it requests the next piece. */
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
  /** So many rows of the last piece are in a batch; 0 if the next row must be read as text. */
  took(rowCount: number): void
}

/** Limit of the rows in a piece, so that their values stay in the processor's cache. */
export const mostFedRows = 4096
