/*
  Rows of a column that were read from a program's values, before a builder appends them to a batch.
*/

/** Elements of one size, one after the other. */
export interface FixedPart {
  readonly data: ArrayBuffer
}

/** Texts in wire form, one after the other. */
export interface TextPart {
  readonly encoded: Uint8Array<ArrayBuffer>
  /** End of each row's text in `encoded`. */
  readonly ends: Uint32Array<ArrayBuffer>
}

/** Codes of the rows, and the texts of the codes. Code 0 is null. */
export interface SymbolPart {
  readonly codes: Int32Array<ArrayBuffer>
  /** Texts from code 1 on, one after the other. The array has some spare bytes after the last text. */
  readonly texts: Uint8Array<ArrayBuffer>
  /** End of each code's text; for code 0 the start of the first text. */
  readonly textEnds: Int32Array<ArrayBuffer>
}

/** Each kind of column accepts one kind of part. */
export type ColumnPart = FixedPart | TextPart | SymbolPart
