/* The interface of all readers, which turn inputs into batches and rejects. It hides the formats from the loader. */
import type { AssumedHeader } from './csv/assume-header.js'
import type { FoundQuotes } from './csv/csv-dialect.js'
import type { InputError } from '../errors.js'
import type { Clock } from '../platform/platform.js'
import type { ColumnMapping } from '../schema/cell-source.js'
import type { RecordShape, Reject, ResumePoint } from './batch.js'
import type { CellRules } from './cell-rules.js'
import type { BatchSizes, SharedRows } from './batch-builder.js'
import type { InputTexts } from '../source/data-files.js'
import type { Feed } from './rows/fed-rows.js'
import type { RecordBlock } from './record-block.js'

/** Formats that can be read: CSV, tab-separated text, a JSON value on each line, a JSON array. */
export type InputFormat = 'csv' | 'tsv' | 'ndjson' | 'json'

/** A property of an input, and whether the user gave it or it was detected. Defaults count as detected. */
export interface Known<T> {
  readonly value: T
  readonly how: 'given' | 'found'
}

export interface KnownDialect {
  readonly delimiter: Known<string>
  /** '' if nothing is quoted. */
  readonly quote: Known<string>
  readonly escape: Known<string>
  readonly header: Known<boolean>
  /** True if numbers have a decimal comma instead of a point. */
  readonly decimalComma: Known<boolean>
  /** True if records end with a delimiter after their last field. */
  readonly trailingDelimiter: Known<boolean>
}

export type FlushClock = Pick<Clock, 'nowMs' | 'afterIfAlive'>

/** How records become rows, and rows become batches. */
export interface BatchOptions extends BatchSizes {
  readonly mapping: ColumnMapping
  /** Texts from the input's path. */
  readonly texts?: InputTexts | undefined
  readonly cells?: CellRules
  /** How long rows may wait for the rest of their batch; by default, until the batch is full. */
  readonly flushIntervalMs?: number | undefined
  /** Default: the machine's clock. */
  readonly clock?: FlushClock
  /**
   * Point where reading begins, from a batch of an earlier reader of this input. The reader still detects the dialect from the
   * start, but does not parse, count or report the records before this point. With `cuts`, it is the end of a batch.
   */
  readonly from?: ResumePoint | undefined
  /** Offsets in this input, ascending, at which a batch cut by place ends that is not full: the ends of earlier such batches. */
  readonly ends?: readonly number[] | undefined
  /** Takes the rows left at the end of the input, for a batch with the next input's rows. */
  readonly shared?: SharedRows | undefined
  /** Delivers a program's rows in place of the input's bytes. */
  readonly feed?: Feed | undefined
  /** Largest number of records to read, including rejects. */
  readonly limit?: number
  /** True to keep the records of each batch until its release, because the server may refuse some rows. */
  readonly keepRecords?: boolean
  /** Asked before every piece of input. Once it returns true, reading ends, and the rows so far become the last batch. */
  readonly stopped?: () => boolean
  /** Called with each block after unreadable rows were removed; cells that mean null are empty. The block is reused. */
  readonly onBlock?: (block: RecordBlock) => void
  /** Called before the last batch if an encoding error (DDB_INPUT_ENCODING) ends reading. */
  readonly onUnreadable?: (error: InputError) => void
  /** Called for each reject in the order of the input. If it returns a promise, reading waits. */
  readonly onReject: (reject: Reject) => void | Promise<void>
}

/** Counts of the decompressed input's bytes so far, by kind. Each byte counts once. */
export interface ByteCounts {
  readonly rows: number
  readonly rejected: number
  readonly header: number
  /** Bytes outside records: byte order mark, blank lines, comments, skipped lines, text between elements of an array. */
  readonly other: number
  /** Bytes skipped to reach `from`. Excludes the header and everything before it. */
  readonly skipped: number
}

/** The shape of an input, as the format detects it. */
export interface FoundShape extends Omit<RecordShape, 'delimiter' | 'text'> {
  readonly format: InputFormat
  /** Dialect of the text; undefined for JSON. */
  readonly dialect: KnownDialect | undefined
  /** Whether records consist of ordered fields or of named members. */
  readonly recordKind: 'fields' | 'members'
  /** Line of the header; undefined without one. */
  readonly headerLineNumber: number | undefined
  /** Fields without a name in the header that are empty in the first records, as in files of spreadsheets with deleted columns. */
  readonly emptyFields?: readonly number[] | undefined
  /** The unusual meaning of quotes, if the reader looked for it and found one. */
  readonly foundQuotes?: FoundQuotes | undefined
  /** Set if nothing proves whether the first record is a header, and the caller accepts a guess. */
  readonly assumedHeader?: AssumedHeader | undefined
}
