/*
  Rows of a column that another builder has read, on their way to the builder of a batch: plain data, which threads can transfer
  without copying.
*/

/** Elements of one size, one after the other. */
export interface FixedPart {
  readonly data: ArrayBuffer
}

/** Texts in wire form, one after the other. */
export interface TextPart {
  readonly encoded: Uint8Array<ArrayBuffer>
  /** Where each row ends. */
  readonly ends: Uint32Array<ArrayBuffer>
}

/** The texts of rows `from` to `to` (exclusive), one after the other. */
export function textsOf({ encoded, ends }: TextPart, from: number, to: number): Uint8Array {
  return encoded.subarray(from === 0 ? 0 : ends[from - 1], to === 0 ? 0 : ends[to - 1])
}

/** Codes, 0 for null, and their texts. */
export interface SymbolPart {
  readonly codes: Int32Array<ArrayBuffer>
  /** Texts from code 1 on, one after the other; some bytes after the last one can be read. */
  readonly texts: Uint8Array<ArrayBuffer>
  /** Where the text of each code ends; for code 0, where the first text begins. */
  readonly textEnds: Int32Array<ArrayBuffer>
}

/** Row `r` has elements `offsets[r]` to `offsets[r + 1]` (exclusive). */
export interface ArrayPart {
  readonly offsets: Uint32Array<ArrayBuffer>
  readonly elements: ColumnPart
}

/** Each kind of column produces its own kind and accepts no other. */
export type ColumnPart = FixedPart | TextPart | SymbolPart | ArrayPart | undefined
