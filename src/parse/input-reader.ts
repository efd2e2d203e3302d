/*
  The interface of every reader: takes an input's records, delivers column batches and rejects. The loader knows nothing else of
  formats.
*/
import type { AssumedHeader } from './csv/assume-header.js'
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

/** Rows that were one batch, or a part of one: it `joins` those of an earlier input, and `continues` in a later one. */
export interface Piece extends ByteRange {
  readonly joins?: boolean
  readonly continues?: boolean
}

/** A property of an input: given by the user, or detected; defaults count as detected. */
export interface Known<T> {
  readonly value: T
  readonly how: 'given' | 'found'
}

/** The dialect of delimited text. */
export interface KnownDialect {
  readonly delimiter: Known<string>
  /** '' if nothing is quoted. */
  readonly quote: Known<string>
  readonly escape: Known<string>
  readonly header: Known<boolean>
  /** Numbers have a decimal comma instead of a point. */
  readonly decimalComma: Known<boolean>
  /** Records end with one delimiter more than the first one has. */
  readonly trailingDelimiter: Known<boolean>
}

/** What the flush timer needs. */
export type FlushClock = Pick<Clock, 'nowMs' | 'afterIfAlive'>

/** How records become rows, and rows become batches. */
export interface BatchOptions {
  readonly mapping: ColumnMapping
  /** Texts from the input's name. */
  readonly texts?: InputTexts | undefined
  readonly cells?: CellRules
  /** Row limit of a batch; this and the next may change between two batches. */
  readonly batchRows: number
  /** A batch is full with the row at which it reaches this many bytes on the wire. */
  readonly batchBytes: number
  /** How long rows wait for the rest of their batch; default until it is full. */
  readonly flushIntervalMs?: number | undefined
  /** Default: the machine's. */
  readonly clock?: FlushClock
  /**
   * Where an earlier reader of this input stopped, as reported by a batch: records before it are neither read nor counted nor
   * reported. The dialect is still detected from the start.
   */
  readonly from?: ResumePoint | undefined
  /**
   * The rows that begin in a piece become one batch with exactly the piece's range, however many they are and however long that
   * takes; a piece without rows has no batch. Ascending and disjoint, each from record to record. If reading ends inside a
   * piece, that ends its batch, too.
   */
  readonly pieces?: readonly Piece[] | undefined
  /** Takes rows left at the end of the input into a batch with those of the next input. */
  readonly shared?: SharedRows | undefined
  /** Called before every chunk until it returns threads that read ahead; without it the reader reads alone. */
  readonly readAhead?: ((input: FedInput) => Feed | undefined) | undefined
  /** Most records to read, including rejects. */
  readonly limit?: number
  /** Keeps the records of each batch until its release, as the server may refuse some rows. */
  readonly keepRecords?: boolean
  /** Asked before every piece of input; once true, nothing more is read and the rows in hand come as the last batch. */
  readonly stopped?: () => boolean
  /** Whether one of this many further rejects may make `stopped` return true. */
  readonly mayEnd?: (rejects: number) => boolean
  /**
   * Called with each block after unreadable rows were removed; cells that mean null are empty. The block is reused afterwards.
   */
  readonly onBlock?: (block: RecordBlock) => void
  /** Called with the reason why nothing more of this input can be loaded, before the rows in hand come as the last batch. */
  readonly onUnreadable?: (error: InputError) => void
  /** Called for each reject in the order of the input; reading waits for a returned promise. */
  readonly onReject: (reject: Reject) => void | Promise<void>
}

/** Classification of the decompressed input's bytes so far; each byte counts once. */
export interface ByteCounts {
  /** Records that became rows. */
  readonly rows: number
  readonly rejected: number
  readonly header: number
  /** Not part of a record: byte order mark, blank lines, comments, skipped lines, text between elements of an array. */
  readonly other: number
  /** Before the place where reading began (`from`), but after what was read to detect the dialect. */
  readonly skipped: number
}

/** An opened input of known shape, whose records are still to be read. */
export interface InputReader<Format extends string = string> extends RecordShape {
  /** Its name in `formats.ts`. */
  readonly format: Format
  /** Of the source. */
  readonly text: SourceText
  /** How its text is read; undefined for JSON. */
  readonly dialect: KnownDialect | undefined
  /** The first record was taken for a header, but the records after it do not confirm that. */
  readonly isHeaderGuessed: boolean
  /** Records with a different number of fields than the first one that were padded or cut. */
  readonly raggedRecords: number
  /** What records consist of: ordered fields, or named members. */
  readonly recordKind: 'fields' | 'members'
  /** Line of the header; undefined without one. */
  readonly headerLineNumber: number | undefined
  /** Text above and below the table that was looked for and left out. */
  readonly foundTable?: FoundTable | undefined
  /** Set if nothing proves whether the first record is a header, and the caller accepts what is probable. */
  readonly assumedHeader?: AssumedHeader | undefined
  /** Records so far: rows and rejects, without header, blank lines and comments. */
  readonly recordsRead: number
  readonly byteCounts: ByteCounts
  /** What the source had delivered with the last chunk read, regardless of reading ahead. */
  readonly taken: Taken
  /** The input came to its end without being stopped: every byte of it is in `byteCounts`. */
  readonly readToEnd: boolean
  /** Rows left at its end that wait for those of another input; undefined if there are none. */
  readonly lastRange: InputRange | undefined
  /** Per target column, in the order of the mapping; empty before `batches` is called. */
  readonly columnCounts: readonly ColumnCounts[]
  /**
   * The rows, to be iterated once.
   *
   * @throws {InputError} if nothing sensible can follow (broken JSON, an open quote without end, a failing disk), after the
   *   rows before it. DDB_INPUT_READ if the input ends before `from`
   */
  batches(options: BatchOptions): AsyncGenerator<Batch, void, void>
  /** Like `batches`, for callers that wait themselves. */
  steps(options: BatchOptions): Generator<Step, void, void>
  /** Closes the source. */
  close(): Promise<void>
}

/** What the last input looked like; inputs opened with the same options update it. */
export interface LastLook<Format extends string = string> {
  /**
   * Opens at once an input that looks the same; undefined for one that may need another dialect. The previous input opened this
   * way must have been read: they share memory.
   *
   * @param bytes  all bytes of the file; they are copied
   */
  open?: ((source: ByteSource, bytes: Uint8Array) => InputReader<Format> | undefined) | undefined
}
