/*
  Rows on their way to the loader: in a batch, or rejected with the reason; and their places in the input.
*/
import type { ErrorCode } from '../errors.js'
import type { Column } from '../protocol/value.js'
import type { SourceText } from '../source/encoding/text-origin.js'

/** Where a record begins. */
export interface RecordLocation {
  readonly file: string
  /** From 1; a quoted line break counts as a line. */
  readonly lineNumber: number
  /** Of its first byte, from 0, in the decompressed input (including a byte order mark). */
  readonly offsetBytes: number
}

/** A place between records, from which another reader of the same input can continue. */
export interface ResumePoint {
  /** In the decompressed input, as in `RecordLocation`; never inside a record. */
  readonly offsetBytes: number
  /** Line of the byte at that offset. */
  readonly lineNumber: number
}

/** From the first byte to the one after the last, in the decompressed input. */
export interface ByteRange {
  readonly startBytes: number
  readonly endBytes: number
}

/** What the records of an input share: only records of the same shape can be in one file. */
export interface RecordShape {
  /** Name of the input's format in `formats.ts`. */
  readonly format: string
  /** Between fields; undefined for JSON, whose records have no fields. */
  readonly delimiter: string | undefined
  /** Names in the header; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
  /** Fields of the first record; 0 without a record, and for JSON. */
  readonly fieldCount: number
  /** The first field of each record is a row name, which the header does not name. */
  readonly rowNames?: boolean | undefined
  /** The header record unchanged, with its line end. */
  readonly headerBytes: Uint8Array | undefined
  /** How records are encoded. */
  readonly text: Pick<SourceText, 'encoding' | 'mark'>
}

/** Rows of a batch that come from one input. */
export interface InputRange {
  readonly file: string
  /** Index of the first one in the batch. */
  readonly firstRow: number
  readonly rowCount: number
  /** Range of the decompressed input that holds these rows; ranges of successive batches touch. */
  readonly startOffsetBytes: number
  /**
   * All rows and rejects so far begin before it, all later ones at or after it; when the batch is handed out, `recordsRead`
   * counts the former.
   */
  readonly endOffsetBytes: number
  /** Line of the byte at `endOffsetBytes`: together they are a `ResumePoint`. */
  readonly endLineNumber: number
  readonly shape: RecordShape
  /** Set by the loader and ignored by readers: the number of the input, and its records up to the end of the range. */
  place: { readonly input: number; readonly records: number } | undefined
}

/** Rows ready to be sent, in one column per target column. */
export interface Batch {
  readonly rowCount: number
  /** In the order of the mapping; arrays may be larger than `rowCount`. Do not use them after `release`. */
  readonly columns: readonly Column[]
  /** Close estimate of the columns' size on the wire. */
  readonly encodedBytes: number
  /** In the order of the rows; one, unless readers share their batches. */
  readonly ranges: readonly InputRange[]
  /** The place of row `rowIndex`, and the length of its record including the line end. */
  locate(rowIndex: number): RecordLocation & { readonly lengthBytes: number }
  /** The record of row `rowIndex` unchanged, including its line end; empty without `keepRecords`. */
  record(rowIndex: number): Uint8Array
  /** Returns the arrays for later batches; needs no `this`. Idempotent. */
  readonly release: () => void
}

/** A record that did not become a row. */
export interface Reject extends RecordLocation {
  readonly lengthBytes: number
  /** Target column, if one cell is at fault. */
  readonly columnName: string | undefined
  readonly code: ErrorCode
  /** `parse`: not a record of this format; `type`: a cell that its column cannot hold. */
  readonly class: 'parse' | 'type'
  readonly message: string
  /** The offending text, clipped; undefined if the whole record is at fault. */
  readonly value: string | undefined
  /**
   * The record unchanged, with its line end if it has one; only the first `maxRecordBytes` of a longer record. An element of a
   * JSON array comes as one line.
   */
  readonly bytes: Uint8Array
}

/** Counts of one target column so far. */
export interface ColumnCounts {
  nulls: number
  /** Bad cells that became null (`lenient`). */
  coerced: number
}
