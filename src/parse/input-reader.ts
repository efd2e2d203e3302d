/*
  The face of every reader: records of an input in, column batches and rejects out. The loader knows nothing else of
  formats.
*/
import type { ErrorCode, InputError } from '../errors.js'
import type { Clock } from '../platform/platform.js'
import type { Column } from '../protocol/value.js'
import type { ColumnMapping } from '../schema/column-mapping.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import type { CellRules } from './cell-rules.js'
import type { RecordBlock } from './record-block.js'
import type { SharedRows } from './shared-rows.js'

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

/** Rows that were one batch, or some of one: it `joins` those of an input before, and `continues` in a later one. */
export interface Piece extends ByteRange {
  readonly joins?: boolean
  readonly continues?: boolean
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

/** Something to know of an input: said by the user, or found in the input, where the usual counts as found. */
export interface Known<T> {
  readonly value: T
  readonly how: 'given' | 'found'
}

/** What delimited text looks like. */
export interface KnownDialect {
  readonly delimiter: Known<string>
  /** '' when nothing is quoted. */
  readonly quote: Known<string>
  readonly escape: Known<string>
  readonly header: Known<boolean>
  /** Numbers have a comma where others have a point. */
  readonly decimalComma: Known<boolean>
  /** Records end with a delimiter more than the first one has. */
  readonly trailingDelimiter: Known<boolean>
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

/** What the flush timer runs on. */
export type FlushClock = Pick<Clock, 'nowMs' | 'afterIfAlive'>

/** How records become rows, and how rows are gathered. */
export interface BatchOptions {
  readonly mapping: ColumnMapping
  readonly cells?: CellRules
  /** Most rows of a batch. */
  readonly batchRows: number
  /** A batch is full when it needs this many bytes on the wire. */
  readonly batchBytes: number
  /** Rows wait no longer than this for the rest of their batch; without it until the batch is full. */
  readonly flushIntervalMs?: number
  /** The machine's when left out. */
  readonly clock?: FlushClock
  /**
   * Where an earlier reader of this input stopped, as one of its batches told: records before it are neither read nor
   * counted nor told. What the input looks like is found from its start all the same.
   */
  readonly from?: ResumePoint
  /**
   * The rows that begin in a piece become one batch with the piece's range, however many they are and however long
   * they have to wait; no other row is in it, and a piece without rows has none. Ascending and disjoint, each from
   * record to record. Reading that ends inside a piece ends its batch, too.
   */
  readonly pieces?: readonly Piece[]
  /** Rows that are left at the end of the input go into a batch with those of the next one that is read with it. */
  readonly shared?: SharedRows
  /** Most records to read, rejects included. */
  readonly limit?: number
  /** Keeps the records of each batch until it is released, for rows that the server may refuse. */
  readonly keepRecords?: boolean
  /**
   * Asked before every piece of input; once it says yes, nothing more is read and the rows in hand come as the last
   * batch.
   */
  readonly stopped?: () => boolean
  /**
   * Shown the rows of each block as they stand in the input, once those that cannot be read are out of it; cells with a
   * text that means null are empty. The block is filled anew afterwards.
   */
  readonly onBlock?: (block: RecordBlock) => void
  /** Told why nothing of this input is to be loaded any more, before the rows in hand come as the last batch. */
  readonly onUnreadable?: (error: InputError) => void
  /** Told of each reject in order of the input; reading waits for a promise it returns. */
  readonly onReject: (reject: Reject) => void | Promise<void>
}

/** What happened in one target column so far. */
export interface ColumnCounts {
  nulls: number
  /** Bad cells that became null (`lenient`). */
  coerced: number
}

/** What the bytes of the decompressed input turned out to be so far; no byte is counted twice. */
export interface ByteCounts {
  /** Records that became rows. */
  readonly rows: number
  readonly rejected: number
  readonly header: number
  /** No record: byte order mark, blank lines, comments, skipped lines, what stands between elements of an array. */
  readonly other: number
  /** Before the place where reading was to begin (`from`), and behind what was read to know the input. */
  readonly skipped: number
}

/** One opened input whose shape is known and whose records are still to come. */
export interface InputReader<Format extends string = string> extends RecordShape {
  /** Its name in `formats.ts`. */
  readonly format: Format
  /** Of the source. */
  readonly text: SourceText
  /** How its text is understood; undefined for JSON. */
  readonly dialect: KnownDialect | undefined
  /** A first record was taken for a header, and nothing in the records behind it says that it is one. */
  readonly isHeaderGuessed: boolean
  /** Records with another number of fields than the first one that were padded or cut. */
  readonly raggedRecords: number
  /** What records consist of: fields in an order, or members with names. */
  readonly recordKind: 'fields' | 'members'
  /** Line of the header; undefined without one. */
  readonly headerLineNumber: number | undefined
  /** Records so far: rows and rejects; no header, blank line or comment. */
  readonly recordsRead: number
  readonly byteCounts: ByteCounts
  /** The input came to its end and nothing made reading stop before: every byte of it is in `byteCounts`. */
  readonly readToEnd: boolean
  /** Rows that were left at its end, and wait for those of another input; undefined without any. */
  readonly lastRange: InputRange | undefined
  /** Per target column, in the order of the mapping; empty before `batches` is called. */
  readonly columnCounts: readonly ColumnCounts[]
  /**
   * The rows, to be iterated once.
   *
   * @throws {InputError} when nothing sensible can follow (broken JSON, an open quote without end, a failing disk);
   * the rows before it come first. DDB_INPUT_READ when the input ends before `from`
   */
  batches(options: BatchOptions): AsyncGenerator<Batch, void, void>
  /** Closes the source. */
  close(): Promise<void>
}
