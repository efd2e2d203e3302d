/* What a run reports: its progress and its outcome. */
import type { Fix } from '../errors.js'
import type { Known } from '../parse/input-reader.js'

/** How to learn which rows arrived. `auto` uses answers in sync mode, and receipts in async mode. */
export type Confirmation = 'auto' | 'none'
/** How the run learned which rows arrived; `answers` in sync mode. */
export type ConfirmUsed = 'none' | 'receipts' | 'answers'

/** The confirmations that a user can request, in the order of the help. */
export const confirmations: readonly Confirmation[] = ['auto', 'none']

export const confirmationWords = {
  none: 'the server was not asked',
  receipts: 'confirmed by receipts',
  answers: "confirmed by the server's answers",
} as const satisfies Readonly<Record<ConfirmUsed, string>>

/** How rows enter a table: `tableInsert`, `append!`, `upsert!`. */
export type Method = 'insert' | 'append' | 'upsert'

/** Names files of the sources that were left out, or named twice. */
export interface SourceNotes {
  /**
   * Files in folders and archives that were not read. `byKind` counts by extension, such as `.txt`, and as `hidden`, `no
   * extension`, `special` (pipes and the like) and `others`; `first` has the first 20 paths.
   */
  passedOver: { files: number; byKind: Record<string, number>; first: string[] }
  /** Files that were named more than once, under the same name or another; `first` has the first 20. */
  sameFiles: { count: number; first: { path: string; input: string }[] }
}

/** Progress of a run, for `onReport`. */
export interface LoadReport {
  /**
   * In the phase `looking`, the run reads values of the inputs to choose types for new columns. `bytesRead` and `input`
   * then describe only these reads. In the phase `checking`, a check reads rows and sends none.
   */
  phase: 'connecting' | 'looking' | 'loading' | 'checking' | 'confirming' | 'done'
  rows: RowCounts
  /** Rows handed to a session so far. */
  sentRows: number
  sentBatches: number
  inFlightBytes: number
  /** Bytes read from storage, before decompression, and their total if known. */
  bytesRead: number
  totalBytes: number | undefined
  /** Number of the input being read, from 1, and of all inputs. Undefined before the first, and for followed files. */
  input: { number: number; count: number } | undefined
  elapsedMs: number
}

/** The equation of a run: read = confirmed + filtered + unconfirmed + rejected + skipped + unsent. */
export interface RowCounts {
  /** Records of the inputs, including bad ones. */
  read: number
  /** Known to be in the target. */
  confirmed: number
  /** Left out by `target.transform`, according to the server: certainly not in the target. */
  filtered: number
  /** Sent rows whose outcome is unknown. */
  unconfirmed: number
  /** Known not to be in the target because the reader or the server refused these rows. */
  rejected: number
  /** Left out because an earlier process of the run had already confirmed these rows. */
  skipped: number
  /** Certainly not stored: the run ended before it sent these rows, or before it sent a refused batch again. */
  unsent: number
}

/** Outcome of a run. Every field is present; unknown values are null. The command line prints this object as JSON. */
export interface LoadResult {
  schema: 'ddb-ingest/load/2'
  version: string
  runId: string
  /** How the run ended. `rejects`: it had bad rows. `unconfirmed`: the outcome of some sent rows is unknown. */
  status: 'loaded' | 'rejects' | 'unconfirmed' | 'failed' | 'interrupted'
  exitCode: number
  /** Earlier processes had finished the run, so nothing was read or sent. */
  alreadyLoaded: boolean
  /** ISO 8601, in UTC. */
  startedAt: string
  endedAt: string
  target: { host: string; table: string | null; function: string | null; method: Method | null }
  /** Totals of all inputs that were opened or should have been; `bytes` is their stored size. */
  inputTotals: { count: number; bytes: number }
  /**
   * One entry per input; with more than a hundred inputs, only those with a problem are listed. A value is null if reading ended before the
   * value was known. `rejected` counts rows of this input; `firstError` describes the first bad row, or the error that ended reading.
   * `bytes` is the stored size, `contentBytes` the decompressed size. If an input was read to its end, `contentBytes.read` is the sum of
   * the other counts. In these counts, rows and rejects include their line ends, `other` counts blank lines, comments and the like, and
   * `skipped` counts everything before the place where reading began.
   */
  inputs: {
    path: string
    format: string | null
    compression: string | null
    bytes: number
    rows: number
    rejected: number
    firstError: InputFailure | null
    contentBytes: Record<'read' | 'rows' | 'rejected' | 'header' | 'other' | 'skipped', number>
    detected: Detected | null
    /** Records with too few or too many fields that were padded or cut (`ragged`). */
    ragged: number
  }[]
  /** Files found in the sources that the run did not read as inputs. */
  sources: SourceNotes
  rows: RowCounts
  /** How rows were confirmed. `used` is `none` if this process sent nothing and received no confirmation. */
  confirm: {
    asked: Confirmation
    used: ConfirmUsed
    note: string | null
    /**
     * Lines of the batches whose outcome is unknown; neighbouring ranges are merged. At most 1,000 entries. Lines count
     * from 1; `batches` is the number of batches, and parts of batches, that held these lines.
     */
    uncertain: {
      file: string
      firstLine: number
      lastLine: number
      batches: number
      reason: string
    }[]
  }
  rejects: {
    /** The first of `files`. */
    file: string | null
    /** Files that hold rejected rows: the requested one, and one for each further header of the inputs. */
    files: { path: string; rows: number }[]
    /** Rejected rows that are in no file, because a file could not be created, written or found. */
    unplaced: number
    byClass: { parse: number; type: number; server: number }
    byCode: Record<string, number>
    /** The first three rejects of each code that this process found. */
    first: { code: string; file: string; lineNumber: number; message: string }[]
  }
  /** One per target column; `coerced` counts bad cells that became null (`lenient`). */
  columns: { name: string; type: string; nulls: number; coerced: number }[]
  /** Number of sessions that were open for data; 0 if nothing was sent. */
  connections: number
  batches: { sent: number; retried: number; failed: number }
  /** Row limit of a batch; null if no run began. */
  batchRows: number | null
  /** Time from sending a batch until its outcome is known; null if outcomes are not reported. */
  latencyMs: { p50: number | null; p95: number | null; p99: number | null }
  /** Rows and bytes sent, over the whole run, as `rateLimit` counts them: each once, bytes before compression. */
  rate: { rowsPerSec: number; bytesPerSec: number }
  /** Null from the library: only the command line, which owns the process, fills this in. */
  memory: { peakRssBytes: number | null }
  /** The first twenty notices of the run (`onNotice`). */
  notices: string[]
  /**
   * How the user can continue a run. `command` resumes it. `audit` finds out which of its rows are in the table. `restart`
   * loads everything again, only for use if `audit` found no rows. The library leaves the commands null.
   */
  resume: { possible: boolean } & Record<'command' | 'audit' | 'restart', string | null>
  /** Why the run failed, and which options or command would help; `fix` is null if none is known. */
  error: { code: string; message: string; fix: Fix | null } | null
}

/** Properties of an input: `given` by the user, or `found` by the program or by default. */
export interface Detected {
  /** Null for JSON, like all fields up to `trailingDelimiter`. */
  delimiter: Known<string> | null
  /** '' if nothing is quoted. */
  quote: Known<string> | null
  escape: Known<string> | null
  header: Known<boolean> | null
  decimalComma: Known<boolean> | null
  /** Whether records may end with one delimiter more than the first record has. */
  trailingDelimiter: Known<boolean> | null
  encoding: Known<string>
}

/** The first problem of an input: a bad row, or what ended reading. */
export interface InputFailure {
  code: string
  message: string
  /** From 1; null if no line is at fault. */
  lineNumber: number | null
}
