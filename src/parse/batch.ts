/*
  Rows on their way to the loader: in a batch, or refused with their reason, and where in the input they stand.
*/
import type { ErrorCode } from '../errors.js'
import type { Column } from '../protocol/value.js'
import type { SourceText } from '../source/encoding/text-origin.js'

/** Where a record begins. */
export interface RecordLocation {
  readonly file: string
  /** From 1; a quoted line break counts as a line. */
  readonly lineNumber: number
  /** Of its first byte, from 0, in the decompressed input (a byte order mark counts). */
  readonly offsetBytes: number
}

/** A place between records: with it another reader of the same input can go on. */
export interface ResumePoint {
  /** In the decompressed input, as in `RecordLocation`: of a record, or of what stands between two. */
  readonly offsetBytes: number
  /** Line of the byte that stands there. */
  readonly lineNumber: number
}

/** From the first byte to the one behind the last, in the decompressed input. */
export interface ByteRange {
  readonly startBytes: number
  readonly endBytes: number
}

/** What the records of an input have in common: other records of the same shape can stand in one file with them. */
export interface RecordShape {
  /** Of the input, by its name in `formats.ts`. */
  readonly format: string
  /** Between fields; undefined for JSON, where records have no fields. */
  readonly delimiter: string | undefined
  /** Names in the header; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
  /** Fields of the first record; 0 without a record, and for JSON. */
  readonly fieldCount: number
  /** The first field is a name of its record, and has none itself. */
  readonly rowNames?: boolean | undefined
  /** The header record as it stands, with its line ending. */
  readonly headerBytes: Uint8Array | undefined
  /** How records are encoded. */
  readonly text: Pick<SourceText, 'encoding' | 'mark'>
}

/** Rows of a batch that come from one input. */
export interface InputRange {
  readonly file: string
  /** The first one's number in the batch. */
  readonly firstRow: number
  readonly rowCount: number
  /** Range of the decompressed input that holds these rows; ranges of successive batches touch. */
  readonly startOffsetBytes: number
  /**
   * All rows and rejects told so far begin before it, all that follow begin at or behind it; when the batch is given
   * out, `recordsRead` counts the former.
   */
  readonly endOffsetBytes: number
  /** Line of the byte at `endOffsetBytes`: the two are a `ResumePoint`. */
  readonly endLineNumber: number
  readonly shape: RecordShape
  /** Noted by who loads it, and left alone by readers: the number of the input, and its records up to the end of the range. */
  place: { readonly input: number; readonly records: number } | undefined
}

/** Rows ready to be sent, as one column per target column. */
export interface Batch {
  readonly rowCount: number
  /** In the order of the mapping; arrays may be larger than `rowCount`. Not to be touched after `release`. */
  readonly columns: readonly Column[]
  /** Close estimate of the bytes that the columns need on the wire. */
  readonly encodedBytes: number
  /** In the order of the rows: one, unless readers share their batches. */
  readonly ranges: readonly InputRange[]
  /** Where row `rowIndex` came from, and how long its record is, line ending included. */
  locate(rowIndex: number): RecordLocation & { readonly lengthBytes: number }
  /** The record of row `rowIndex` as it stands in the input, line ending included; empty without `keepRecords`. */
  record(rowIndex: number): Uint8Array
  /** Gives the arrays back for later batches; needs no `this`. Harmless when called twice. */
  readonly release: () => void
}

/** A record that did not become a row. */
export interface Reject extends RecordLocation {
  readonly lengthBytes: number
  /** Target column, when one cell is at fault. */
  readonly columnName: string | undefined
  readonly code: ErrorCode
  /** `parse`: no record of this format; `type`: a cell that its column cannot hold. */
  readonly class: 'parse' | 'type'
  readonly message: string
  /** The offending text, clipped; undefined when the whole record is at fault. */
  readonly value: string | undefined
  /**
   * The record as it stands in the input, with its line ending when it has one; the first `maxRecordBytes` of a
   * record that is longer. A JSON array's element comes as one line.
   */
  readonly bytes: Uint8Array
}

/** What happened in one target column so far. */
export interface ColumnCounts {
  nulls: number
  /** Bad cells that became null (`lenient`). */
  coerced: number
}
