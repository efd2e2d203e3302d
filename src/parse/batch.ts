/* Rows on their way from readers to the loader: good rows in batches, and rejects with their reasons. */
import type { ErrorCode } from '../errors.js'
import type { Column } from '../protocol/value.js'
import type { SourceText } from '../source/byte-source.js'

/** A place between records, where a later reader of the same input can continue. */
export interface ResumePoint {
  /** Offset in the decompressed input (including a byte order mark), from 0. */
  readonly offsetBytes: number
  /** Counts from 1. A line break inside quotes begins a new line, too. */
  readonly lineNumber: number
}

/** The place of a record's first byte. */
export interface RecordLocation extends ResumePoint {
  readonly file: string
}

/** Properties that all records of an input share. A file of rejects holds records of one shape only. */
export interface RecordShape {
  /** Name of the input's format in `formats.ts`. */
  readonly format: string
  /** Delimiter of the fields; undefined for JSON, whose records have no fields. */
  readonly delimiter: string | undefined
  /** Names in the header; undefined without a header, and for JSON. */
  readonly fieldNames: readonly string[] | undefined
  /** Number of fields in the first record; 0 without a record, and for JSON. */
  readonly fieldCount: number
  /** The header record unchanged, with its line end. */
  readonly headerBytes: Uint8Array | undefined
  readonly text: Pick<SourceText, 'encoding' | 'mark'>
}

/** Rows of a batch that come from one input. */
export interface InputRange {
  readonly file: string
  /** Index of the range's first row in the batch. */
  readonly firstRow: number
  readonly rowCount: number
  /** Number of the range's records, good and bad; 0 unless batches are cut by place. Only then `rowCount` may be 0. */
  readonly recordCount: number
  /** Start of the range in the decompressed input. The input's range in the previous batch ends at the same offset. */
  readonly startOffsetBytes: number
  /**
   * End of the range's last record. All rows and rejects so far end at or before this offset, and all later ones begin at or
   * after it. When the reader hands out the batch, the reader's `recordsRead` is the number of records before this offset.
   */
  readonly endOffsetBytes: number
  /** Line of the byte at `endOffsetBytes`; the two form a `ResumePoint`. */
  readonly endLineNumber: number
  readonly shape: RecordShape
  /** The input's number, and the number of its records before the range's end. Set by the loader. */
  place: { readonly input: number; readonly records: number } | undefined
}

/**
 * Why a batch ended. `full`: at its size or at a requested end. `idle`: no input came in time, or a program asked for it. `end`: at the
 * end of the input, or before an input with other columns. `broken`: reading stopped or failed, so the batch may lack rows.
 */
export type BatchEnding = 'full' | 'idle' | 'end' | 'broken'

/** The place of a batch in a run, which is the same for every process of the run. */
export interface BatchPlace {
  /** 1 for the inputs of a list, which are read one after the other; with followed files, one more than the number of the file. */
  readonly stream: number
  /** Counts the batches of the stream from 1. */
  readonly no: number
}

/** Rows ready to be sent, in one column per target column. */
export interface Batch {
  place: BatchPlace | undefined
  readonly rowCount: number
  /** Columns in the order of the mapping. Arrays may be longer than `rowCount`; do not use them after `release`. */
  readonly columns: readonly Column[]
  /** Size of the columns on the wire, closely estimated. */
  readonly encodedBytes: number
  /** Ranges in the order of the rows: one, or several if readers share the batch. */
  readonly ranges: readonly InputRange[]
  readonly endedBy: BatchEnding
  /** The place of row `rowIndex`, and the length of its record including the line end. */
  locate(rowIndex: number): RecordLocation & { readonly lengthBytes: number }
  /** The record of row `rowIndex` unchanged, with its line end; empty without `keepRecords`. */
  record(rowIndex: number): Uint8Array
  /** Returns the arrays to the pool for later batches. Idempotent; may be called without `this`. */
  readonly release: () => void
}

export interface Fault {
  readonly code: ErrorCode
  /** `parse`, the default: the record is not in this format. `type`: a column cannot hold one of the record's cells. */
  readonly class?: 'parse' | 'type'
  readonly message: string
  /** Name of the target column if a single member or field is at fault. */
  readonly columnName?: string | undefined
  /** The offending text, shortened; undefined if the whole record is at fault. */
  readonly value?: string | undefined
}

/** A record that did not become a row. */
export interface Reject extends RecordLocation, Fault {
  readonly class: 'parse' | 'type'
  readonly lengthBytes: number
  /** The record as read, with its line end if any; cut at `maxRecordBytes`. An element of a JSON array is one line. */
  readonly bytes: Uint8Array
}

export interface ColumnCounts {
  nulls: number
  /** Bad cells that became null (`lenient`). */
  coerced: number
}
