/*
  Rows of a column that one builder hands to another: plain data, which threads can transfer without copying.
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

/** The texts of rows `from` to `to` (exclusive), one after the other. */
export function textsOf({ encoded, ends }: TextPart, from: number, to: number): Uint8Array {
  return encoded.subarray(from === 0 ? 0 : ends[from - 1], to === 0 ? 0 : ends[to - 1])
}

/** Codes of the rows, and the texts of the codes. Code 0 is null. */
export interface SymbolPart {
  readonly codes: Int32Array<ArrayBuffer>
  /** Texts from code 1 on, one after the other. The array has some spare bytes after the last text. */
  readonly texts: Uint8Array<ArrayBuffer>
  /** End of each code's text; for code 0 the start of the first text. */
  readonly textEnds: Int32Array<ArrayBuffer>
}

/** Row `r` consists of elements `offsets[r]` to `offsets[r + 1]` (exclusive). */
export interface ArrayPart {
  readonly offsets: Uint32Array<ArrayBuffer>
  readonly elements: ColumnPart
}

/** Each kind of column produces one kind of part, and accepts no other kind. */
export type ColumnPart = FixedPart | TextPart | SymbolPart | ArrayPart | undefined
