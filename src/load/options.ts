/* The options of `load()`, one group for each part of a run, and what a run reports: its progress and its outcome. All is plain data.
   `checked-options.ts` checks the options. */
import type { Readable } from 'node:stream'
import type { CompressChoice, ServerAddress } from '../client/session-options.js'
import type { LoginOptions } from '../client/login/protection.js'
import type { TlsOptions } from '../client/tls/tls-options.js'
import type { Trace } from '../client/trace.js'
import type { DialectOptions } from '../parse/csv/csv-dialect.js'
import type { NeededOptions } from '../infer/inferred-schema.js'
import type { Fix } from '../errors.js'
import type { InputFormat } from '../parse/formats.js'
import type { Known } from '../parse/input-reader.js'
import type { Compression } from '../source/byte-source.js'
import type { Encoding } from '../source/encoding/encodings.js'
import type { CellOptions } from '../parse/cell-rules.js'
import type { MappingOptions } from '../schema/cell-source.js'

export type { CellOptions, Compression, DialectOptions, Encoding }
export type { InputFormat, Known, MappingOptions }

/** `stop`: a rejected row ends the run. `skip`: it is left out. `quarantine`: it is written to the rejects file. */
export type OnError = 'stop' | 'skip' | 'quarantine'

/** The server of a run, and who logs in. */
export interface ServerTarget extends ServerAddress, TlsOptions, LoginOptions {
  /** User name; without a name, the server treats the run as a guest. */
  user?: string
  /** Redacted from everything the run prints. */
  password?: string
  /** Whether columns are compressed on the wire; `auto`, the default, does so while the network is the bottleneck. */
  compress?: CompressChoice
  /** Time limit for all hosts and attempts together, until the first login; ms, default 10,000. */
  connectTimeoutMs?: number
  /** Receives a line for each message of each connection: no secrets, and values only if the trace asks for them. */
  trace?: Trace
  /** Further nodes to try, in order, if connecting fails. */
  otherHosts?: readonly ServerAddress[]
  /** Hosts that a redirect may lead to, besides `host` and `otherHosts`. */
  allowRedirect?: readonly string[]
}

/** The destination of the rows: a table, or a function that writes them. */
export interface TargetOptions {
  /** Shared table, or `dfs://DB/TABLE`. Either this or `function`. */
  table?: string
  /** Creates the table if it is missing. Every value is read first to find the columns, so this needs files, not a pipe. */
  create?: 'stream' | 'dfs'
  /**
   * With `create` dfs: how rows are partitioned, in one to three levels, such as `date,hash(symbol,10)`. A level is a column of dates (one
   * partition a day), `value(COLUMN,…)`, `range(COLUMN,…)` or `hash(COLUMN,N)`. Default: chosen from the data, as sort columns and engine are.
   */
  partition?: string
  /** Default `insert`. */
  method?: Method
  /** Columns that identify a row, for `upsert`. */
  keyColumns?: readonly string[]
  /** A function view; the batch is its last argument. */
  function?: string
  /** The function's arguments before the batch, as JSON values. */
  functionArguments?: readonly unknown[]
  /**
   * A function in DolphinDB's language that turns each batch into the rows to write, like `transform` of `loadTextEx`:
   * `def(t){ return select * from t where price>0 }`, or a partial application. It runs in the session of the run, once for each batch, and
   * again for parts of a divided one. Rows that it leaves out count as filtered (docs/ways-to-write.md#a-transform).
   */
  transform?: string
  /**
   * Columns sent to a function, or to `transform`: `time:TIMESTAMP,sym:SYMBOL`. With `transform`, a name without a type takes the type of the
   * table's column; default: all columns. With `create`: types of columns of the new table, whatever the inputs show. For a function,
   * `@TABLE` means the columns of a table.
   */
  types?: string
  /** The table that `function` writes to; its limits apply to the rows, and without a key it must grow by at least as many rows as the function was given. */
  confirmTable?: string
  /** `function` may store fewer rows than it is given. */
  mayDrop?: boolean
}

/** How the inputs are read; the program detects everything that is left out. */
export interface InputOptions extends DialectOptions {
  /** `auto`, the default, decides by the extension, or else by the first bytes. */
  format?: 'auto' | InputFormat
  /** `auto`, the default, decides by the first bytes. Brotli has no signature, so the extension `.br` decides. */
  compression?: 'auto' | Compression
  /** `auto`, the default: of a byte order mark, else UTF-8, or the run ends. With a named encoding, rows with invalid bytes are rejected. */
  encoding?: 'auto' | Encoding
  /**
   * Patterns of the files to take from folders and zip archives, of paths in them if there is a `/`, else of names: `*.txt`, `2024/**`.
   * Default: files with the extension of a known format.
   */
  include?: readonly string[]
  /**
   * Names the last parts of each input's path: `level2/{day}/{symbol}.csv`. `*` skips a part. `hive` takes folders like `day=2024-01-02`.
   * Each part fills the column of its name and can be used in templates of `mapping.set`. An input that does not match ends the run.
   */
  path?: string
  /** Limit of records read from all inputs together, including rejected ones. */
  limit?: number
  /** Separator of the elements of an array column, one ASCII character; default `,`. */
  arrayDelimiter?: string
  /** Where the records of a JSON document are: `data.items` or `/data/items`; default: the document itself. */
  jsonPath?: string
  /** The stream to read for the input `-`. */
  stdin?: Readable
  /** Follows files as they grow, rotate and appear, until a signal ends the run (docs/files.md#files-that-grow). */
  follow?: boolean
  /** How long a partial batch of a pipe or of followed files waits for more rows, ms; default 1,000. */
  flushIntervalMs?: number
}

/** What happens to rows that the input or the server rejects. */
export interface RejectOptions {
  /** Default `quarantine` with a `file`, else `stop`. */
  onError?: OnError
  /** Limit of rejects, as a count or as a share of the rows such as `5%`; default 100. */
  maxErrors?: number | `${number}%`
  /** For rejected records, byte for byte; missing or empty. Those with another header go to files next to it: `r.2.csv` for `r.csv`. */
  file?: string
}

/** How rows travel, and how their arrival is confirmed. */
export interface DeliveryOptions {
  /** `sync` waits for the answer to each batch; default `async`. */
  mode?: 'async' | 'sync'
  /** How arrival is confirmed; only for mode `async`. Default `auto`. */
  confirm?: Confirmation
  /** The run gives up if the server makes no progress for this long, ms; default 60,000. */
  confirmTimeoutMs?: number
  /** Row limit of a request; default 100,000, for DFS tables 1,000,000, for functions and with `follow` or `rateLimit` 10,000. */
  batchRows?: number
  /** Byte limit of a request; default 4 MiB, for DFS tables 32 MiB. */
  batchBytes?: number
  /** Limit of bytes handed over but not yet taken by the kernel, or not yet confirmed by a receipt; default 32 MiB. */
  maxInFlightBytes?: number
  /**
   * Number of sessions that send data, 1 to 64; default 1. In partitioned or keyed tables, a row's partition or key decides which session
   * sends it. Tables without partitions need `unordered`.
   */
  connections?: number
  /** Rows may arrive in a different order than they were read. */
  unordered?: boolean
  /** Retries per batch; default 5. 0 also disables reconnecting. */
  retries?: number
  /** How long to keep reconnecting, ms; default 300,000. */
  retryTimeoutMs?: number
  /** What happens to batches whose outcome is unknown; default `report`. */
  onDoubt?: 'report' | 'resend'
  /** If both limits are given, both apply. */
  rateLimit?: {
    /** Counts bytes on the wire, before compression, like `rate.bytesPerSec` of the result. */
    bytesPerSecond?: number
    /** Counts the rows of the input, before a transform. */
    rowsPerSecond?: number
  }
}

/** Where a run records its progress, so that another process can resume the run after a kill (docs/resume.md). */
export interface JournalOptions {
  /** Holds one file per run, named after its `runId`. */
  folder: string
  /** Base of relative paths, recorded for a process that resumes from another folder; if left out, none is recorded. */
  workingFolder?: string
  /** Starts over, whatever an existing journal of this name says. */
  restart?: boolean
  /** Starts over if no row of the run was stored, even if the input has changed. */
  restartUntouched?: boolean
}

/** One of several processes that load a run. */
export interface Shard {
  /** From 1; 0 for a process that loads nothing, and only looks whether everything is loaded. */
  readonly index: number
  /** Number of the shards of this pass; the next pass may have another one. */
  readonly count: number
}

/** All options of `load`; only `inputs`, `server` and `target` are required. */
export interface LoadOptions {
  /** Paths, globs, folders, or `-`. */
  inputs: readonly string[]
  /** Where the server is, and who logs in. */
  server: ServerTarget
  /** The table or function that receives the rows. */
  target: TargetOptions
  /** How the inputs are read: format, encoding, delimiters. */
  input?: InputOptions
  /** Which field or JSON member fills which column. */
  mapping?: MappingOptions
  /** What texts mean: nulls, dates, numbers. */
  cells?: CellOptions
  /** What happens to rows that cannot be loaded. */
  rejects?: RejectOptions
  /** How rows travel, and how their arrival is confirmed. */
  delivery?: DeliveryOptions
  /** The run fails with DDB_EXPECTATION unless exactly, or at least, this many rows were delivered. */
  expectRows?:
    | number
    | {
        /** The smallest number of delivered rows with which the run succeeds. */
        readonly atLeast: number
      }
  /** Names the run in receipts and rejects; default random. */
  runId?: string
  /** Keeps a journal, so that a killed run can be resumed. */
  journal?: JournalOptions
  /**
   * Loads a share of the inputs of a run that several processes load, with the same options and on as many machines as you like
   * (docs/many-machines.md#shards). Needs a `runId`, and keeps no journal.
   */
  shard?: Shard
  /** Called with the progress at most ten times a second, never in the hot path. */
  onReport?: (report: LoadReport) => void
  /** Receives one sentence at a time for the user: fallbacks, doubts, the first rejects. */
  onNotice?: (notice: string) => void
  /**
   * Receives the options that the inputs still need: before a run ends with DDB_USAGE because `target.create` lacks them, and after a check
   * in which some rows needed them. `isWhole`: the check has read every row.
   */
  onNeeded?: (needed: NeededOptions, isWhole?: boolean) => void
  /** Ends the run cleanly: batches in flight are still confirmed, and rows not handed over count as unsent. */
  signal?: AbortSignal
  /** Ends the run at once without waiting: batches in flight count as unconfirmed. */
  leave?: AbortSignal
}

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
