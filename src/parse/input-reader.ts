/*
  The face of every reader: records of an input in, column batches and rejects out. The loader knows nothing else of
  formats.
*/
import type { FoundTable } from './csv/find-table.js'
import type { InputError } from '../errors.js'
import type { Clock } from '../platform/platform.js'
import type { ColumnMapping } from '../schema/cell-source.js'
import type { ByteSource } from '../source/byte-source.js'
import type { SourceText } from '../source/encoding/text-origin.js'
import type {
  Batch,
  ByteRange,
  ColumnCounts,
  InputRange,
  RecordShape,
  Reject,
  ResumePoint,
} from './batch.js'
import type { CellRules } from './cell-rules.js'
import type { InputTexts } from './columns/template-text.js'
import type { FedInput, Feed, Taken } from './parallel/piece-reading.js'
import type { RecordBlock } from './record-block.js'
import type { SharedRows } from './shared-rows.js'
import type { Step } from './steps.js'

/** Rows that were one batch, or some of one: it `joins` those of an input before, and `continues` in a later one. */
export interface Piece extends ByteRange {
  readonly joins?: boolean
  readonly continues?: boolean
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

/** What the flush timer runs on. */
export type FlushClock = Pick<Clock, 'nowMs' | 'afterIfAlive'>

/** How records become rows, and how rows are gathered. */
export interface BatchOptions {
  readonly mapping: ColumnMapping
  /** What the name of the input says of its rows. */
  readonly texts?: InputTexts | undefined
  readonly cells?: CellRules
  /** Most rows of a batch; this and the next may change between two batches. */
  readonly batchRows: number
  /** A batch is full with the row with which it needs this many bytes on the wire. */
  readonly batchBytes: number
  /** Rows wait no longer than this for the rest of their batch; without it until the batch is full. */
  readonly flushIntervalMs?: number | undefined
  /** The machine's when left out. */
  readonly clock?: FlushClock
  /**
   * Where an earlier reader of this input stopped, as one of its batches told: records before it are neither read nor
   * counted nor told. What the input looks like is found from its start all the same.
   */
  readonly from?: ResumePoint | undefined
  /**
   * The rows that begin in a piece become one batch with the piece's range, however many they are and however long
   * they have to wait; no other row is in it, and a piece without rows has none. Ascending and disjoint, each from
   * record to record. Reading that ends inside a piece ends its batch, too.
   */
  readonly pieces?: readonly Piece[] | undefined
  /** Rows that are left at the end of the input go into a batch with those of the next one that is read with it. */
  readonly shared?: SharedRows | undefined
  /** Asked before every chunk, until it gives threads that read ahead of the reader; without it the reader reads alone. */
  readonly readAhead?: ((input: FedInput) => Feed | undefined) | undefined
  /** Most records to read, rejects included. */
  readonly limit?: number
  /** Keeps the records of each batch until it is released, for rows that the server may refuse. */
  readonly keepRecords?: boolean
  /**
   * Asked before every piece of input; once it says yes, nothing more is read and the rows in hand come as the last
   * batch.
   */
  readonly stopped?: () => boolean
  /** Whether one of so many more rejects may be the one after which `stopped` says yes. */
  readonly mayEnd?: (rejects: number) => boolean
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
  /** What stands above and below the table, where it was looked for and left out. */
  readonly foundTable?: FoundTable | undefined
  /** Records so far: rows and rejects; no header, blank line or comment. */
  readonly recordsRead: number
  readonly byteCounts: ByteCounts
  /** What the source had given with the chunk that was read last, whatever was read ahead of it. */
  readonly taken: Taken
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
  /** As `batches`, for who waits by himself. */
  steps(options: BatchOptions): Generator<Step, void, void>
  /** Closes the source. */
  close(): Promise<void>
}

/** What the last input looked like; those that are opened with the same options keep it up. */
export interface LastLook<Format extends string = string> {
  /**
   * Opens at once an input that looks the same; undefined for one that may be understood otherwise. The one that was opened so
   * before has been read by then: they share their memory.
   *
   * @param bytes  all of it, as they stand in the file; they are copied
   */
  open?: ((source: ByteSource, bytes: Uint8Array) => InputReader<Format> | undefined) | undefined
}
